/* Words and days as they are said in each language. */
#include "policy/policy_int.h"
#include "policy/tongue_int.h"

#include <stdio.h>

struct str word_in_tongue(struct str word, enum policy_lang lang)
{
	static const char *const words[][2] = {{"create", "đăng ký mới"},
	                                       {"renew", "gia hạn"},
	                                       {"male", "nam"},
	                                       {"female", "nữ"},
	                                       {"citizen", "công dân"},
	                                       {"enterprise", "doanh nghiệp"},
	                                       {"household_business", "hộ kinh doanh"},
	                                       {"cooperative", "hợp tác xã"},
	                                       {"other", "khác"},
	                                       {"reserved", "được bảo vệ"},
	                                       {"blocked", "bị chặn"},
	                                       {"none", "không có"},
	                                       {"true", "có"},
	                                       {"false", "không"}};
	if (lang == POLICY_EN)
		return str_eq_c(word, "true") ? STR("yes") : str_eq_c(word, "false") ? STR("no") : word;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq_c(word, words[i][0]))
			return str_c(words[i][1]);
	return word;
}

const char *day_in_tongue(date_t d, enum policy_lang lang, char text[DAY_IN_TONGUE_MAX])
{
	int y, m, day;
	if (lang == POLICY_EN)
		return date_format(text, d);
	date_split(d, &y, &m, &day);
	snprintf(text, DAY_IN_TONGUE_MAX, "%02d/%02d/%04d", day % 100, m % 100, y % 10000);
	return text;
}
