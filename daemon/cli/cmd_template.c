/* vnepp template csv: a file to begin with. */
#include "daemon/api/item_csv_names.h"
#include "daemon/cli/cli.h"

#include <string.h>

struct template_args {
	bool examples, vietnamese;
};

static const struct opt opts[] = {
    {"examples", 0, OPT_FLAG, offsetof(struct template_args, examples), NULL,
     "add a creation and a renewal to look at", NULL, 0, 0},
    {"vietnamese", 0, OPT_FLAG, offsetof(struct template_args, vietnamese), NULL,
     "with Vietnamese headings, which mean the same", NULL, 0, 0},
};

static const char header[] =
    "ref,op,domain,period,cur_exp_date,if_not_free,max_fee_vnd,applicant.kind,applicant.name,"
    "applicant.citizenship,applicant.birth_date,applicant.gender,applicant.id_number,applicant.tax_code,"
    "applicant.founded_on,applicant.registration_number,applicant.registered_on,applicant.registration_"
    "exempt,"
    "applicant.phone,applicant.email,applicant.address.street,applicant.address.ward,"
    "applicant.address.province,applicant.address.province_list,applicant.address.country,evidence.type,"
    "evidence.issuer,evidence.reference,evidence.date,evidence.result,ns,services";

static const char examples[] =
    "vi-du-1,create,nguyenvana.id.vn,2,,refuse,,citizen,Nguyễn Văn A,VN,2004-05-06,male,068204001234,,,,,,"
    "+84.912345678,a@example.vn,\"12, phố Hùng Vương\",Lâm Viên - Đà Lạt,68,2025-07-01,VN,ekyc,eKYC,K-991,"
    "2026-11-18,confirmed,ns1.example.vn ns2.example.vn,website email cv\r\n"
    "vi-du-2,renew,shop.biz.vn,1,2026-12-01,charge,300000,,,,,,,,,,,,,,,,,,,,,,,,,\r\n";

static void add_header(struct buf *out, bool vietnamese)
{
	struct str rest = str_c(header);
	while (rest.len) {
		struct str path = str_split(&rest, ',');
		const char *name = vietnamese ? item_csv_vietnamese(path) : NULL;
		buf_add(out, name ? str_c(name) : path);
		buf_add(out, rest.len ? STR(",") : STR("\r\n"));
	}
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct template_args *a = args;
	struct buf out;
	(void)cli, (void)count;
	if (strcmp(operands[0], "csv") != 0) {
		cli_error("there is no template '%s', only csv", operands[0]);
		return CLI_USAGE;
	}
	buf_init(&out, 16u << 10);
	buf_lit(&out, "\xef\xbb\xbf"); /* without the mark, spreadsheets take UTF-8 for something else */
	add_header(&out, a->vietnamese);
	if (a->examples)
		buf_add(&out, str_c(examples));
	bool printed = cli_print(&out);
	buf_fini(&out);
	return printed ? CLI_DONE : CLI_FAILED;
}

const struct cli_command cmd_template = {
    .name = "template",
    .operands = "csv",
    .summary = "an empty batch file for a spreadsheet",
    .help =
        "Cells that are not needed stay empty. Several name servers, services or addresses stand in one "
        "cell,\n"
        "separated by spaces; an address follows its name server behind a slash: ns1.a.vn/192.0.2.1.\n"
        "Headings may be in Vietnamese, in upper or lower case, with or without marks; columns that are not\n"
        "needed may be left out, whatever their order.\n",
    .uses = CLI_USES_NOTHING,
    .min_operands = 1,
    .max_operands = 1,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct template_args),
    .run = run,
};
