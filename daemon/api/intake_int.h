/* Shared by the files of POST /v1/batches: intake_ask.c (the head), intake.c (life), intake_line.c (a line to a
 * chunk), intake_chunk.c (a chunk to the store), intake_answer.c. */
#ifndef VNEPP_API_INTAKE_INT_H
#define VNEPP_API_INTAKE_INT_H

#include "daemon/api/api_int.h"
#include "daemon/api/item_csv.h"
#include "daemon/api/item_draft.h"
#include "daemon/api/split.h"
#include "daemon/api/unzip.h"
#include "daemon/core/sm.h"
#include "daemon/sched/sched.h"
#include "daemon/store/store_preview.h"
#include "epp/base/hash.h"

#define INTAKE_CHUNK_LINES 1000       /* STORE_CHUNK_MAX */
#define INTAKE_CHUNK_BYTES (1u << 20) /* of lines that are unusually long */
#define INTAKE_IN_FLIGHT \
	8 /* chunks at the store; then the body waits. Groups of several share pages: half the writing */
#define INTAKE_TURN_LINES 200 /* lines per loop turn: below a millisecond */
#define INTAKE_TURN_PIECES \
	20 /* of a packed body, unpacked per loop turn when they hold no lines: about a millisecond */
#define INTAKE_KEY_MAX 255 /* bytes of an Idempotency-Key */

#define INTAKE_DRY_LINES_MAX \
	10000 /* of a dry run: its results are held until all lines are read, some kilobytes each */

enum intake_state {
	INTAKE_BEGINNING, /* the store makes a batch */
	INTAKE_RECEIVING, /* the body comes in */
	INTAKE_REPLAYING, /* the key is known: the body is only compared */
	INTAKE_FLUSHING,  /* the body is through, or given up: chunks are still at the store */
	INTAKE_PUBLISHING,
	INTAKE_ABORTING,
	INTAKE_LOOKING_UP, /* the batch that the key belongs to */
	INTAKE_ENDED,
};

struct intake_chunk {
	struct store_batch_chunk op;
	struct intake *owner;
	struct decider *decider; /* one reference while it has lines */
	struct arena arena;
	struct store_line *lines; /* owned; INTAKE_CHUNK_LINES */
	bool at_store;
};

/* A line of a dry run that asks the registry, too: where its result is open for what the registry says. */
struct intake_place {
	size_t at; /* in intake_dry.results */
	bool asked;
	uint32_t account;
	struct str name, reason;
	enum sched_name_is is;
};

struct intake_names {
	struct arena arena;
	struct intake_place *places; /* owned; in order */
	size_t count, waiting;
};

/* A dry run: results instead of a batch. */
struct intake_dry {
	struct intake *owner;
	struct store_sofar sofar;
	struct store_preview op;
	struct store_preview_line *lines; /* owned; INTAKE_CHUNK_LINES */
	struct arena arena;
	struct buf results;
	int as; /* index into api_item_types */
	int64_t fee_vnd;
	uint64_t unpriced;
	struct intake_names *names; /* owned; NULL: no registry is asked */
};

struct intake {
	struct api_call call;
	struct sm sm;
	struct loop_task task;
	uint64_t started_ms;
	/* what was asked */
	enum split_format format;
	bool admit_valid;
	bool bulk;              /* in no hurry: its own lane */
	struct intake_dry *dry; /* owned; NULL: for good */
	/* the body */
	struct split split;
	struct unzip *unzip;        /* owned; NULL: it comes as it is */
	struct sha256_stream *hash; /* of the unpacked body; owned until the body is complete, NULL then */
	struct sha256 digest;
	uint64_t packed_bytes, body_bytes;
	bool body_ended, paused, cut; /* cut: split has nothing more to give */
	/* the lines */
	struct item_csv csv;
	bool have_header;
	struct arena error_arena, scratch, line_arena;
	struct item_request request; /* of the line being read; its texts in line_arena */
	struct buf payload;
	struct line_errors errors;
	uint64_t lines_seen, lines_new, lines_same, lines_busy;
	uint64_t counts[ITEM_STATE__COUNT];
	struct intake_chunk chunks[INTAKE_IN_FLIGHT + 1];
	struct intake_chunk *filling; /* or NULL */
	size_t in_flight;
	struct api_limiter *limiter;
	/* the store */
	batch_id_t batch;
	instant_ms_t tomorrow;  /* with a day that is used up */
	struct store_room room; /* when the store said that there is none */
	struct store_batch_begin begin;
	struct store_batch_publish publish;
	struct store_batch_abort abort;
	struct store_get_batch lookup;
	/* how it ends when it does not end well; status 0: it may */
	struct api_problem problem;
};

/* What the head of the request says. */
struct intake_asked {
	enum split_format format;
	bool admit_valid, bulk, dry, check, gzip; /* check: with dry */
	int dry_as;                               /* index into api_item_types */
	struct str key;                           /* empty: none */
};

/* ---- intake_ask.c ---- */
/* The partner may hand something in now; else 429, and false. */
bool intake_check_rate(const struct api_request *q);
/* Lines that have come, of its rate. */
void intake_charge(const struct api_call *call, uint64_t lines);
/* Whether the lines that wait have come near their limit, or beyond it. */
void intake_count_queued(const struct api_call *call, const struct store_room *r);

/* ---- intake_chunk.c ---- */
/* The chunk being filled, with room for a line; NULL while the store has as many as it may. */
struct intake_chunk *intake_chunk_room(struct intake *x);
/* The store may have another chunk. */
bool intake_chunk_may_go(const struct intake *x);
/* The chunk being filled goes to the store, which intake_chunk_done() hears of; an empty one is only put away. */
void intake_chunk_submit(struct intake *x);
/* The lines of the chunk being filled are given up. */
void intake_chunk_drop(struct intake *x);
/* It holds nothing any more. */
void intake_chunk_clear(struct intake_chunk *k);

/* ---- intake.c ---- */
/* Takes the request over. */
void intake_start(const struct api_request *q, const struct intake_asked *asked);

/* A chunk has come back from the store. */
void intake_chunk_done(struct intake *x, struct intake_chunk *k);
/* Given up; nothing of it is kept. */
void intake_abort(struct intake *x);
/* The answer has been given. */
void intake_end(struct intake *x);

/* ---- intake_zip.c ---- */
/* Bytes of the body, not packed any more, to the hash and the splitter. */
void intake_body_bytes(struct intake *x, struct str data);
/* There are no more of them: the hash is known. */
void intake_body_complete(struct intake *x);
/* Bytes of a packed body; intake_unpack() takes them. */
void intake_zip_bytes(struct intake *x, struct str data);
/* A piece of a packed body, or its end, to the splitter. False when it has nothing for it: not packed, all was
 * unpacked that has come, or it is refused. */
bool intake_unpack(struct intake *x);

/* ---- intake_dry.c ---- */
void intake_dry_new(struct intake *x, int as, bool check);
void intake_dry_free(struct intake *x);
/* Instead of the store's intake: decided, and forgotten. */
void intake_dry_chunk(struct intake *x, struct intake_chunk *k);
/* Instead of the publication: is there room? Then the answer. */
void intake_dry_publish(struct intake *x);
/* 200 with what is known, and the end. */
void intake_dry_answer(struct intake *x);

/* ---- intake_names.c ---- */
#define INTAKE_NAMES_WAIT_MS 20000 /* for the registries, all in all */
void intake_names_new(struct intake_dry *d);
void intake_names_free(struct intake_dry *d);
/* A result is open at `at`. */
void intake_names_place(struct intake_dry *d, size_t at, const struct store_preview_line *line);
/* Then intake_dry_answer(). */
void intake_names_ask(struct intake *x);
/* All results, with what the registries say. */
void intake_names_results(const struct intake_dry *d, struct buf *b);
/* "check":{…} */
void intake_names_summary(const struct intake_dry *d, struct buf *b);

/* ---- intake_line.c ---- */
struct intake_checked {
	uint32_t account;
	char contact_id[ITEM_CONTACT_MAX];
};
/* What a well-formed item must have besides: open to this partner, an account, hosts and contacts as its registry wants. */
bool intake_check(const struct api_call *call, struct item_draft *d, const struct decider *decider,
                  struct intake_checked *out);
/* One item's text into the filling chunk (there is room), or into the errors. */
void intake_line(struct intake *x, struct str text, uint32_t line);
/* What the store says of a line into the counts, or the errors. */
void intake_take_line(struct intake *x, const struct store_line *l);

/* ---- intake_answer.c ---- */
/* A problem instead of an answer; the first one counts. */
void intake_fail(struct intake *x, int status, const char *type, const char *title, struct str detail);
/* The same is being received by another request: come again. */
void intake_fail_busy(struct intake *x, const char *title);
/* The store has said no. */
void intake_fail_store(struct intake *x, const struct store_op *op);
/* More lines of the partner would wait to be sent than may. */
void intake_fail_room(struct intake *x, const struct store_room *room);
void intake_answer_problem(struct intake *x);
/* 202 after the publication; `replayed`: from the looked-up batch. */
void intake_answer_accepted(struct intake *x, bool replayed);
/* RateLimit-Policy and RateLimit of the answer. */
size_t intake_limit_fields(struct intake *x, struct http_field out[API_LIMIT_FIELDS]);
/* Lines are in another upload, which may be given up: whether they will be known cannot be told yet, and nothing else
 * is wrong that refuses the whole. */
bool intake_is_busy(const struct intake *x);
/* Some line is bad enough to refuse the whole. */
bool intake_refused_by_lines(const struct intake *x);

#endif
