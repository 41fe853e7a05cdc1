/*
 * The control protocol between `vnepp` and the daemon, over a Unix socket: one JSON object per line each way. The
 * request is {"cmd":"status", ...arguments}; the answer {"ok":true, ...} or {"ok":false,"error":"..."} . One request
 * at a time; the connection stays open. Lines are at most ADMIN_LINE_MAX bytes.
 */
#ifndef VNEPP_ADMIN_PROTO_H
#define VNEPP_ADMIN_PROTO_H

#define ADMIN_LINE_MAX (1u << 20)

/* Commands, their arguments and the members of their answers. */
#define ADMIN_CMD_STATUS \
	"status" /* → instance version state since now …, items{}, accounts[], pauses[], attention[]: what is not fine */
/* Arguments, all text: registry, account ("registry/account"), partner, lane (urgent, renew, create, bulk), zone, grant (its
 * id), only (paid); for pause also why, or "all": true instead. Resume without names resumes everything. → pauses[]: what is paused now, with since and why */
#define ADMIN_CMD_PAUSE  "pause"
#define ADMIN_CMD_RESUME "resume"
/* → limits[]: of, limit, max, used, left, resets, near, over, shadow, reason; queue[]: account, lane, partner, items … */
#define ADMIN_CMD_LIMITS "limits"
#define ADMIN_CMD_QUEUE  "queue"
/* item: its number → ref, domain, state, held_by, who_can_change_it, detail, reason, cltrid … Without it: items[] that are
 * pending, in doubt or for a person: item state op domain partner account at reason message cltrid; more: ask again with
 * after: the last one's number */
#define ADMIN_CMD_ITEM "item"
/* item: a number; outcome: done, failed, retry; why: text; for done also expires, and created for a create, when the
 * answer did not say: dates in Hanoi, or RFC 3339 */
#define ADMIN_CMD_RESOLVE "resolve"
/* On the feed socket only. partner: its name; after: a cursor, or from: "now" or "beginning"; limit → changes[] as partners read
 * them, oldest first; next: the cursor to go on from; more */
#define ADMIN_CMD_CHANGES "changes"
/* all: true for every message, else those that wait for a person → messages[], newest first; or message: a number → that
 * one, with its frame. Done: message: a number, why: text */
#define ADMIN_CMD_MESSAGES     "messages"
#define ADMIN_CMD_MESSAGE_DONE "message done"
/* Rule sets. All but status may have `as`, text: how whoever asks calls themselves (the login is the kernel's), and why: text.
 * stage: text: the canonical rule set, at: "now", a date, a time. activate: confirm_within: "15m"; revision: what is believed to
 * be staged, or its beginning. rollback and withdraw need why. → activate, two_people, active{}, staged{} or null, files{},
 * previous[]; status also history[], with limit: a number */
#define ADMIN_CMD_POLICY_STAGE    "policy stage"
#define ADMIN_CMD_POLICY_ACTIVATE "policy activate"
#define ADMIN_CMD_POLICY_CONFIRM  "policy confirm"
#define ADMIN_CMD_POLICY_ROLLBACK "policy rollback"
#define ADMIN_CMD_POLICY_WITHDRAW "policy withdraw"
#define ADMIN_CMD_POLICY_STATUS   "policy status"
/* limit: a number → kept[], newest first: revision, first_seen, state. Or revision: one, its beginning, "active" or "staged" →
 * revision, first_seen, state, text: canonical, itself a rule file */
#define ADMIN_CMD_POLICY_KEPT "policy kept"
/* after: an item's number (0 at first), limit: items → decisions[] of them: item, seq (0: at admission), ref, domain, common:
 * an index into commons[] (JSON members as text), detail (the same), record: hex; after, more. Or item: one */
#define ADMIN_CMD_POLICY_RECORDS "policy records"
/* → as policy status, without history; findings, as text, when the new files were refused */
/* → review[]: what waits for a person, oldest first, with since and expires; or item: a number → that one, with its
 * reasons, applicant, evidence and earlier decisions. Approve and refuse: item, why: text → item, state, reason, detail */
#define ADMIN_CMD_REVIEW  "review"
#define ADMIN_CMD_APPROVE "review approve"
#define ADMIN_CMD_REFUSE  "review refuse"
/*
 * A department's list, or one of names. begin: kind (enterprise, household; reserved, blocked), type of evidence, issuer, date,
 * file → list, its number. rows: list, kind, rows[] of [line, number, day or null] or [line, name] (without a dot: a label under
 * every zone), at most ADMIN_IMPORT_ROWS → added, changed, repeated; a bad row refuses its group ("row N: …").
 * preview: list, after (0 at first) → items[]: item, domain, partner, ref, now, then, reason; after, more. publish: list, sha256 of the file, replaces: a list → rows; until then nothing of it counts. drop: list. undo: list, why.
 * lists: names (of names, not of departments) → lists[], newest first. names check: name → name, kept (none, reserved, blocked), entries[] of lists in force.
 */
#define ADMIN_CMD_LIST_BEGIN   "evidence begin"
#define ADMIN_CMD_LIST_ROWS    "evidence rows"
#define ADMIN_CMD_LIST_PREVIEW "evidence preview"
#define ADMIN_CMD_LIST_PUBLISH "evidence publish"
#define ADMIN_CMD_LIST_DROP    "evidence drop"
#define ADMIN_CMD_LIST_UNDO    "evidence undo"
#define ADMIN_CMD_LISTS        "evidence lists"
#define ADMIN_CMD_NAMES_CHECK  "names check"
/* → sessions[]: session registry account endpoint address state age_s window in_flight tls our_certificate_until
 * their_certificate_until; endpoints[]: registry account endpoint state sessions connecting failures retry_in_s */
#define ADMIN_CMD_SESSIONS "sessions"
#define ADMIN_CMD_CERTS    "certs" /* → certificates[]: use name subject expires days file */
#define ADMIN_CMD_STORE    "store" /* → path bytes log_bytes schema epoch written items_total items{} */
/* → partners[]: name paused queued max_queued lines_today max_today (0: no limit) rate_used_percent weight, and lines since
 * the start: new repeated bad */
#define ADMIN_CMD_PARTNERS "partners"
#define ADMIN_CMD_ERRORS \
	"errors" /* → warnings_total errors_total errors[]: at last count level event text fields */
#define ADMIN_CMD_CONFIG  "config"  /* → what is in force; files are named, secrets are not in it */
#define ADMIN_CMD_VERSION "version" /* → version instance schema rules openssl sqlite */
#define ADMIN_CMD_READY   "ready"   /* → ready checks[]: check health text */
/* batch: a number, or nothing for everything → idle moving requests draining items{} */
#define ADMIN_CMD_MOVING "moving"
#define ADMIN_CMD_DRAIN  "drain" /* end: true: batches are taken again → as moving */
/* registry, seconds → registry frames left_out; before that a line per frame: event ("frame") at registry account session
 * direction (sent, received) bytes cut text; and each second one with event "alive". No other command has lines before its answer. */
#define ADMIN_CMD_TRACE     "trace"
#define ADMIN_CMD_RECONCILE "reconcile" /* item: a number */
#define ADMIN_CMD_RELOAD    "reload"
#define ADMIN_CMD_IMPORT    "import" /* rows[] of the ledger, at most ADMIN_IMPORT_ROWS → added, replaced */

/*
 * One row of an import: a name that was registered before this gateway kept the ledger. Unknown members are an error; a
 * bad row refuses its whole group, and "error" begins with "row N: " (N from 0, in rows[]).
 *
 *   domain      text, needed: U-labels or A-labels
 *   partner     text, needed: whose name it is, as in the partners file
 *   account     text: "registry/account" that sponsors it; absent: the one that the partner uses at the registry which
 *               serves the name
 *   created     when the registry created it: RFC 3339 with a zone, or a date (00:00 in Hanoi)
 *   expires     needed, the same form
 *   grant_from  date in Hanoi of the first free day; absent or null: registered at full fee, no grant
 *   subject     object: who took the grant; absent or null: not known (then it bars nobody from another grant)
 *     kind, id_number, tax_code, registration_number   as in an applicant; the kind is needed, and the number by which
 *                                                      that kind is known
 */
#define ADMIN_IMPORT_ROWS 1000

#endif
