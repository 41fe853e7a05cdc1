/* All SQL but the schema. Included with SQ(id, text) defined; no include guard on purpose. */
SQ(BEGIN, "BEGIN IMMEDIATE")
SQ(BEGIN_READ, "BEGIN")
SQ(COMMIT, "COMMIT")
SQ(ROLLBACK, "ROLLBACK")
SQ(SAVEPOINT, "SAVEPOINT op")
SQ(RELEASE, "RELEASE op")
SQ(ROLLBACK_TO, "ROLLBACK TO op")

SQ(NAME_GET, "SELECT id FROM name WHERE kind = ?1 AND name = ?2")
SQ(NAME_ADD, "INSERT INTO name(kind, name) VALUES(?1, ?2)")
SQ(META_GET, "SELECT value FROM meta WHERE key = ?1")
SQ(META_SET, "INSERT INTO meta(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = ?2")
SQ(TEXT_GET, "SELECT id FROM text WHERE body = ?1")
SQ(TEXT_ADD, "INSERT INTO text(body) VALUES(?1)")

SQ(BATCH_ADD, "INSERT INTO batch(partner, idem, created, lines, items, repeats, version, trace) VALUES(?1, "
              "?2, ?3, 0, 0, 0, 0, ?4)")
SQ(BATCH_BY_KEY, "SELECT id, published, hash FROM batch WHERE partner = ?1 AND idem = ?2")
SQ(BATCH_FORGET_KEY, "UPDATE batch SET idem = NULL WHERE id = ?1")
SQ(BATCH_GROW, "UPDATE batch SET lines = lines + ?2, items = items + ?3, repeats = repeats + ?4 WHERE id = "
               "?1 AND published IS NULL")
SQ(BATCH_PUBLISH, "UPDATE batch SET published = ?2, hash = ?3 WHERE id = ?1 AND published IS NULL")
SQ(BATCH_TOUCH, "UPDATE batch SET version = version + 1 WHERE id = ?1")
SQ(BATCH_OWNER, "SELECT partner, items FROM batch WHERE id = ?1")
SQ(BATCH_GET, "SELECT partner, lines, items, created, version, repeats FROM batch WHERE id = ?1 AND "
              "published IS NOT NULL")
SQ(BATCH_ORPHANS, "SELECT id FROM batch WHERE published IS NULL")
SQ(BATCH_DEL, "DELETE FROM batch WHERE id = ?1 AND published IS NULL")
SQ(BATCH_IS_OPEN, "SELECT published IS NULL FROM batch WHERE id = ?1")
/* What waits is in `work` or `ready`: so only the batches that are being sent are looked at. */
SQ(PARTNER_QUEUED,
   "SELECT coalesce(sum(n), 0) FROM batch_count WHERE state = ?2 AND batch IN (SELECT batch FROM work WHERE "
   "partner = ?1 UNION SELECT i.batch FROM ready r JOIN item i ON i.id = r.item WHERE r.partner = ?1)")
SQ(BATCH_QUEUED, "SELECT coalesce(sum(n), 0) FROM batch_count WHERE state = ?2 AND batch = ?1")
/* An item's mark is the keys of its subject, one after the other: sixteen bytes each, three at most. */
SQ(BATCH_DEL_GRANTS,
   "DELETE FROM grant_ledger WHERE key IN (SELECT substr(i.grant_key, n.at, 16) FROM item i JOIN (SELECT 1 "
   "AS at "
   "UNION ALL SELECT 17 UNION ALL SELECT 33) n WHERE i.batch = ?1 AND length(i.grant_key) > n.at)")
SQ(BATCH_GRANTS, "SELECT count(*) FROM item WHERE batch = ?1 AND grant_key IS NOT NULL")
SQ(BATCH_DEL_FRESH,
   "DELETE FROM grant_fresh WHERE key IN (SELECT substr(i.grant_key, n.at, 16) FROM item i JOIN (SELECT 1 AS "
   "at "
   "UNION ALL SELECT 17 UNION ALL SELECT 33) n WHERE i.batch = ?1 AND length(i.grant_key) > n.at)")
SQ(BATCH_DEL_ITEMS, "DELETE FROM item WHERE batch = ?1")
SQ(BATCH_DEL_LINES, "DELETE FROM line WHERE batch = ?1")
SQ(BATCH_DEL_COUNTS, "DELETE FROM batch_count WHERE batch = ?1")
SQ(BATCH_WORK,
   "INSERT INTO work(account, partner, lane, due, batch, next_item, end_item, waiting) SELECT account, "
   "partner, lane, coalesce(due, 9007199254740991), ?1, min(id), max(id), count(*) "
   "FROM item WHERE batch = ?1 AND state = ?2 GROUP BY account, partner, lane, due")
SQ(COUNT_ADD, "INSERT INTO batch_count(batch, state, n) VALUES(?1, ?2, ?3) ON CONFLICT(batch, state) DO "
              "UPDATE SET n = n + ?3")
SQ(COUNT_GET, "SELECT state, n FROM batch_count WHERE batch = ?1")

SQ(ITEM_BY_REF,
   "SELECT i.id, i.payload, coalesce((SELECT r.state FROM result r WHERE r.item = i.id ORDER BY r.seq DESC "
   "LIMIT 1), i.state), i.reason, b.published IS NULL, i.batch FROM item i JOIN batch b ON b.id = i.batch "
   "WHERE i.partner = ?1 AND i.ref = ?2")
SQ(ITEM_ADD,
   "INSERT INTO item(batch, line, partner, account, lane, op, state, fault, ref, domain, contact, reason, "
   "needs, "
   "decided_on, rules, common, ditem, grant_key, grant_from, free_until, payload, due, paid, quota, fee, "
   "record) "
   "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, "
   "?22, ?23, ?24, ?25, ?26)")
SQ(LINE_ADD, "INSERT INTO line(batch, line, item) VALUES(?1, ?2, ?3)")
SQ(ITEM_LOAD, "SELECT batch, partner, account, lane, op, state, domain, grant_key, grant_from, free_until, "
              "due, paid, quota IS NOT NULL, decided_on "
              "FROM item WHERE id = ?1")
SQ(RESULT_LAST, "SELECT state, attempt, counted, grant_from, free_until FROM result WHERE item = ?1 ORDER BY "
                "seq DESC LIMIT 1")
SQ(RESULT_ADD, "INSERT INTO result(item, attempt, state, counted, body, common, ditem, grant_from, "
               "free_until, record, partner) "
               "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")

SQ(PUBLICATION_ADD,
   "INSERT INTO publication(partner, after_seq, batch) SELECT partner, (SELECT coalesce(max(seq), "
   "0) FROM result), id FROM batch WHERE id = ?1")
SQ(PUBLICATION_NEXT,
   "SELECT id, after_seq, batch FROM publication WHERE partner = ?1 AND id >= ?2 ORDER BY id LIMIT 1")
SQ(PUBLICATION_OF, "SELECT id, after_seq, partner FROM publication WHERE batch = ?1")
SQ(PUBLICATION_LINES,
   "SELECT i.id, i.line, i.op, i.ref, i.domain, i.state, i.fault, i.reason, b.published, (SELECT r.body FROM "
   "result r WHERE r.item = i.id AND r.seq <= ?4 ORDER BY r.seq DESC LIMIT 1) FROM item i JOIN batch b ON "
   "b.id = "
   "i.batch WHERE i.batch = ?1 AND i.line > ?2 ORDER BY i.line LIMIT ?3")
SQ(RESULTS_AFTER, "SELECT seq, item, body FROM result WHERE partner = ?1 AND seq > ?2 ORDER BY seq")
/* Item 0, state -1: a notice (store_changes.h). 25200000: Hanoi's seven hours. A day more than the free term may come from
 * how the registry counts. */
SQ(NOTICE_DUE,
   "SELECT d.name, d.partner, d.expires, d.free_until FROM domain d WHERE d.free_until IS NOT NULL AND "
   "(d.free_until, d.name) > (?1, ?2) AND d.free_until <= ?3 AND d.partner <> 0 AND d.expires > ?4 AND "
   "(d.expires + 25200000) / 86400000 <= d.free_until + 1 AND NOT EXISTS (SELECT 1 FROM told t WHERE t.name "
   "= "
   "d.name AND t.partner = d.partner AND t.free_until = d.free_until) ORDER BY d.free_until, d.name LIMIT ?5")
SQ(NOTICE_ADD, "INSERT INTO result(item, attempt, state, counted, body, partner) VALUES(0, 0, -1, 0, ?2, ?1)")
SQ(TOLD_PUT, "INSERT INTO told(name, partner, free_until) VALUES(?1, ?2, ?3) ON CONFLICT(name) DO UPDATE SET "
             "partner = ?2, free_until = ?3")
SQ(CHANGED_ITEM,
   "SELECT i.batch, i.line, i.op, i.ref, i.domain FROM item i CROSS JOIN publication p ON p.batch = "
   "i.batch WHERE i.id = ?1 AND p.after_seq < ?2")
SQ(CHANGES_LAST,
   "SELECT (SELECT coalesce(max(seq), 0) FROM result), (SELECT coalesce(max(id), 0) FROM publication)")
SQ(CHANGES_END,
   "SELECT max((SELECT coalesce(max(seq), 0) FROM result WHERE partner = ?1), coalesce(max(after_seq), 0)), "
   "coalesce(max(id), 0) FROM publication WHERE partner = ?1")

SQ(QUEUES, "SELECT account, partner, lane FROM work UNION SELECT account, partner, lane FROM ready WHERE "
           "not_before <= ?1")
SQ(READY_NEXT, "SELECT min(not_before) FROM ready WHERE not_before > ?1 AND not_before <> 9007199254740991")
SQ(READY_ADD,
   "INSERT INTO ready(account, partner, lane, not_before, item, due) VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
SQ(READY_DEL, "DELETE FROM ready WHERE item = ?1")
SQ(PARKED_GET,
   "SELECT item FROM ready WHERE account = ?1 AND not_before = 9007199254740991 ORDER BY item LIMIT ?2")
SQ(READY_HAS, "SELECT not_before FROM ready WHERE item = ?1")
/* The earliest deadline first; few of these have to wait, so that leaving them out costs nothing. */
SQ(READY_TAKE_DUE,
   "SELECT r.item, i.batch, i.line, i.contact, i.payload, i.decided_on, i.rules, i.paid, i.fee FROM ready r "
   "CROSS JOIN item i ON i.id = r.item WHERE r.account = ?1 AND r.partner = ?2 AND r.lane = ?3 AND "
   "r.due < 9007199254740991 AND r.not_before <= ?4 ORDER BY r.due, r.not_before, r.item LIMIT ?5")
SQ(READY_TAKE,
   "SELECT r.item, i.batch, i.line, i.contact, i.payload, i.decided_on, i.rules, i.paid, i.fee FROM ready r "
   "CROSS JOIN item i ON i.id = r.item WHERE r.account = ?1 AND r.partner = ?2 AND r.lane = ?3 AND "
   "r.due = 9007199254740991 AND r.not_before <= ?4 ORDER BY r.not_before, r.item LIMIT ?5")
/* What is due first, then in the order of admission. */
SQ(WORK_GET,
   "SELECT batch, next_item, end_item, due FROM work WHERE account = ?1 AND partner = ?2 AND lane = ?3 "
   "ORDER BY due, batch LIMIT 1")
SQ(WORK_SET, "UPDATE work SET next_item = ?6, waiting = waiting - ?7 WHERE account = ?1 AND partner = ?2 AND "
             "lane = ?3 AND due = ?4 AND batch = ?5")
SQ(WORK_DEL, "DELETE FROM work WHERE account = ?1 AND partner = ?2 AND lane = ?3 AND due = ?4 AND batch = ?5")
SQ(WORK_DEL_BATCH, "DELETE FROM work WHERE batch = ?1")
SQ(WORK_COVERS,
   "SELECT 1 FROM item i JOIN work w ON w.account = ?1 AND w.partner = ?2 AND w.lane = ?3 AND "
   "w.due = coalesce(i.due, 9007199254740991) AND w.batch = ?4 AND w.next_item <= ?5 WHERE i.id = ?5 "
   "UNION ALL SELECT 1 FROM ready WHERE item = ?5")
SQ(WORK_NEXT_DUE, "SELECT min(due) FROM work WHERE lane <> ?1 AND due < 9007199254740991")
SQ(WORK_URGENT,
   "SELECT account, partner, lane, batch, next_item, end_item, due FROM work WHERE due <= ?1 AND lane <> "
   "?2 ORDER BY due LIMIT 1")
SQ(ITEMS_URGENT,
   "SELECT id FROM item INDEXED BY item_work WHERE batch = ?1 AND account = ?2 AND lane = ?3 AND "
   "due = ?4 AND id >= ?5 AND id <= ?6 AND state = ?7 ORDER BY id LIMIT ?8")
SQ(WORK_TAKE,
   "SELECT id, batch, line, contact, payload, decided_on, rules, paid, fee, op, domain, grant_key, "
   "grant_from, free_until, due, quota IS NOT NULL FROM item INDEXED BY item_work WHERE batch = ?1 AND "
   "account "
   "= ?2 AND lane = ?3 AND due IS ?4 AND id >= ?5 AND id <= ?6 AND state = ?7 ORDER BY id LIMIT ?8")
SQ(USED_GET, "SELECT n FROM used WHERE scope = ?1 AND day = ?2")
SQ(USED_ADD,
   "INSERT INTO used(scope, day, n) VALUES(?1, ?2, ?3) ON CONFLICT(scope, day) DO UPDATE SET n = n + ?3")
SQ(USED_ALL, "SELECT scope, day, n FROM used WHERE n > 0 ORDER BY scope, day")
SQ(USED_TRIM, "DELETE FROM used WHERE (scope LIKE 'lines/%' OR scope LIKE 'day/%') AND day < ?1")
SQ(ITEM_QUOTA, "SELECT quota FROM item WHERE id = ?1")
SQ(ITEM_QUOTA_DROP, "UPDATE item SET quota = NULL WHERE id = ?1")
SQ(BATCH_QUOTAS, "SELECT quota FROM item WHERE batch = ?1 AND quota IS NOT NULL")
SQ(CLAIM_ADD, "INSERT INTO claim(epoch, at, runs) VALUES(?1, ?2, ?3)")
SQ(CLAIM_DEL, "DELETE FROM claim WHERE id = ?1")
/* Newest first: of an item that was claimed again the last command counts. */
SQ(CLAIM_ALL, "SELECT id, at, runs, epoch FROM claim ORDER BY id DESC")
SQ(BATCH_CREATED, "SELECT created, published IS NOT NULL, trace FROM batch WHERE id = ?1")
SQ(CONTACT_HAS, "SELECT 1 FROM contact WHERE account = ?1 AND id = ?2")
SQ(CONTACT_ADD, "INSERT OR IGNORE INTO contact(account, id) VALUES(?1, ?2)")

SQ(GRANT_GET, "SELECT item FROM grant_ledger WHERE key = ?1")
SQ(GRANT_ADD, "INSERT INTO grant_ledger(key, item) VALUES(?1, ?2)")
SQ(GRANT_DEL, "DELETE FROM grant_ledger WHERE key = ?1 AND item = ?2")
SQ(PAID_GET, "SELECT 1 FROM paid_subject WHERE key = ?1")
SQ(PAID_ADD, "INSERT INTO paid_subject(key) VALUES(?1) ON CONFLICT DO NOTHING")
SQ(GRANT_KEYS, "SELECT key FROM grant_ledger WHERE key > ?1 ORDER BY key LIMIT ?2")
SQ(GRANT_MOVE,
   "INSERT INTO grant_ledger(key, item) SELECT key, item FROM grant_fresh WHERE key <= ?1 ORDER BY key")
SQ(GRANT_FRESH_GET, "SELECT item FROM grant_fresh WHERE key = ?1")
SQ(GRANT_FRESH_ADD, "INSERT INTO grant_fresh(key, item) VALUES(?1, ?2)")
SQ(GRANT_FRESH_DEL, "DELETE FROM grant_fresh WHERE key = ?1 AND item = ?2")
SQ(GRANT_FRESH_KEYS, "SELECT key FROM grant_fresh WHERE key > ?1 ORDER BY key LIMIT ?2")
SQ(GRANT_FRESH_NTH, "SELECT key FROM grant_fresh ORDER BY key LIMIT 1 OFFSET ?1")
SQ(GRANT_FRESH_TRIM, "DELETE FROM grant_fresh WHERE key <= ?1")
SQ(GRANT_FRESH_COUNT, "SELECT count(*) FROM grant_fresh")
SQ(ITEM_LAST, "SELECT coalesce(max(id), 0) FROM item")
SQ(DOMAIN_GET, "SELECT partner, account, item, created, expires, grant_from, free_until, renewed_by FROM "
               "domain WHERE name = ?1")
SQ(DOMAIN_NEW, "INSERT INTO domain(name, partner, account, item, created, expires, grant_from, free_until) "
               "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(name) DO NOTHING")
SQ(DOMAIN_PUT,
   "INSERT INTO domain(name, partner, account, item, created, expires, grant_from, free_until) "
   "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(name) DO UPDATE SET partner = ?2, account = ?3, "
   "item = ?4, created = ?5, expires = ?6, grant_from = ?7, free_until = ?8")
SQ(DOMAIN_RENEW, "UPDATE domain SET expires = ?2, renewed_by = ?3 WHERE name = ?1")
SQ(DOMAINS_EXPIRING, "SELECT name, account, created, expires, grant_from, free_until FROM domain WHERE "
                     "partner = ?1 AND expires IS NOT "
                     "NULL AND (expires, name) > (?2, ?3) AND expires < ?4 ORDER BY expires, name")
/* 25200000: Hanoi's seven hours; a day of the calendar is a day since 1970 there. */
SQ(DOMAINS_COSTING, "SELECT name, account, created, expires, grant_from, free_until FROM domain WHERE "
                    "partner = ?1 AND free_until IS NOT "
                    "NULL AND (free_until, name) > (?2, ?3) AND free_until <= ?4 AND free_until < (expires + "
                    "25200000) / 86400000 ORDER "
                    "BY free_until, name")
SQ(MESSAGE_ADD,
   "INSERT OR IGNORE INTO message(account, msg_id, at, stored, kind, domain, text, body, waits, attention) "
   "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, '')")
SQ(MESSAGE_SETTLES, "UPDATE message SET item = ?2, waits = ?3, attention = ?4 WHERE id = ?1")
SQ(MESSAGE_DONE, "UPDATE message SET waits = 0, done_at = ?2, done_why = ?3 WHERE id = ?1 AND waits = 1")
SQ(MESSAGES, "SELECT id, account, msg_id, at, stored, kind, domain, item, waits, attention, done_at, "
             "done_why, text, '' "
             "FROM message ORDER BY id DESC LIMIT ?1")
SQ(MESSAGES_WAITING, "SELECT id, account, msg_id, at, stored, kind, domain, item, waits, attention, done_at, "
                     "done_why, text, '' "
                     "FROM message WHERE waits = 1 ORDER BY id DESC LIMIT ?1")
SQ(MESSAGE_ONE,
   "SELECT id, account, msg_id, at, stored, kind, domain, item, waits, attention, done_at, done_why, text, "
   "body FROM message WHERE id = ?1")
SQ(RULES_HAS, "SELECT 1 FROM rules WHERE revision = ?1")
SQ(RULES_ADD, "INSERT INTO rules(revision, first_seen, body) VALUES(?1, ?2, ?3)")
SQ(RULES_ONE, "SELECT revision, first_seen, body FROM rules WHERE revision = ?1")
SQ(RULES_ALL, "SELECT revision, first_seen, '' FROM rules ORDER BY id DESC LIMIT ?1")
SQ(RULES_STEP_ADD,
   "INSERT INTO rules_step(at, step, revision, person, login, why) VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
SQ(RULES_STEPS, "SELECT at, step, revision, person, login, why FROM rules_step ORDER BY id DESC LIMIT ?1")
SQ(DOMAIN_GONE, "UPDATE domain SET partner = 0 WHERE name = ?1 AND account = ?2 AND partner <> 0")
SQ(DOMAIN_LATER, "UPDATE domain SET expires = ?3, renewed_by = NULL WHERE name = ?1 AND account = ?2 AND "
                 "partner <> 0 AND expires < ?3")
SQ(DOMAIN_IS_OF, "SELECT 1 FROM domain WHERE name = ?1 AND account = ?2 AND partner <> 0")
SQ(PENDING_BY_NAME,
   "SELECT o.item FROM open_item o CROSS JOIN item i ON i.id = o.item WHERE i.domain = ?1 AND i.account = ?2")
SQ(OPEN_ADD, "INSERT OR IGNORE INTO open_item(item) VALUES(?1)")
SQ(OPEN_DEL, "DELETE FROM open_item WHERE item = ?1")
SQ(OPEN_ALL, "SELECT item FROM open_item WHERE item > ?1 ORDER BY item LIMIT ?2")

SQ(CANCEL_ITEMS, "SELECT id FROM item WHERE batch = ?1 ORDER BY id")
SQ(PAGE, "SELECT id, line FROM (SELECT id, line FROM item WHERE batch = ?1 AND line > ?2 UNION ALL "
         "SELECT item, line FROM line WHERE batch = ?1 AND line > ?2) ORDER BY line LIMIT ?3")
SQ(REPEATS, "SELECT item FROM line WHERE batch = ?1")
SQ(ROW,
   "SELECT i.batch, i.line, i.partner, i.account, i.lane, i.op, i.state, i.fault, i.ref, i.domain, i.reason, "
   "i.needs, "
   "i.payload, c.body, i.ditem, r.body, rc.body, r.ditem, i.paid FROM item i LEFT JOIN text c ON c.id = "
   "i.common "
   "LEFT JOIN result r ON r.seq = (SELECT max(seq) FROM result WHERE item = i.id) "
   "LEFT JOIN text rc ON rc.id = r.common WHERE i.id = ?1")
SQ(RECORD_ITEMS, "SELECT i.id, i.ref, i.domain, t.body, i.ditem, i.record FROM item i JOIN batch b ON b.id = "
                 "i.batch JOIN text t ON "
                 "t.id = i.common WHERE i.id > ?1 AND b.published IS NOT NULL ORDER BY i.id LIMIT ?2")
SQ(RECORD_LATER,
   "SELECT r.seq, t.body, r.ditem, r.record FROM result r JOIN text t ON t.id = r.common WHERE r.item = ?1 "
   "AND r.record IS NOT NULL ORDER BY r.seq")
SQ(REKEY_ITEMS, "UPDATE item SET grant_key = rekey(grant_key) WHERE grant_key IS NOT NULL")
SQ(REKEY_GRANTS, "UPDATE grant_ledger SET key = rekey(key)")
SQ(REKEY_FRESH, "UPDATE grant_fresh SET key = rekey(key)")
SQ(REKEY_PAID, "UPDATE paid_subject SET key = rekey(key)")
SQ(REKEY_LISTS, "UPDATE list_row SET key = rekey(key)")
SQ(REKEY_HELD, "UPDATE held SET subject = rekey(subject) WHERE subject IS NOT NULL")
SQ(DECIDED_LAST, "SELECT t.body, r.ditem FROM result r JOIN text t ON t.id = r.common WHERE r.item = ?1 AND "
                 "r.common IS NOT "
                 "NULL ORDER BY r.seq DESC LIMIT 1")
SQ(DECIDED_FIRST, "SELECT t.body, i.ditem FROM item i JOIN text t ON t.id = i.common WHERE i.id = ?1")
SQ(ITEM_ID_BY_REF,
   "SELECT i.id FROM item i JOIN batch b ON b.id = i.batch WHERE i.partner = ?1 AND i.ref = ?2 AND "
   "b.published IS NOT NULL")
SQ(COUNTS_ALL, "SELECT state, sum(n) FROM batch_count GROUP BY state")
SQ(TOTALS, "SELECT (SELECT count(*) FROM batch WHERE published IS NOT NULL), (SELECT count(*) FROM domain), "
           "(SELECT count(*) FROM grant_ledger) + (SELECT count(*) FROM grant_fresh), (SELECT count(*) FROM "
           "message WHERE waits = 1)")

SQ(HELD_PUT,
   "INSERT INTO held(item, state, since, subject, look) VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(item) DO "
   "UPDATE SET since = CASE WHEN state = ?2 THEN since ELSE ?3 END, state = ?2, subject = coalesce(?4, "
   "subject)")
SQ(HELD_LOOKED,
   "UPDATE held SET look = 0 WHERE item = ?1 AND look = 1 AND EXISTS (SELECT 1 FROM item i JOIN batch b ON "
   "b.id = i.batch WHERE i.id = ?1 AND b.published IS NOT NULL)")
SQ(HELD_UNREAD, "SELECT h.item FROM held h JOIN item i ON i.id = h.item JOIN batch b ON b.id = i.batch WHERE "
                "h.look = 1 AND h.item > "
                "?1 AND b.published IS NOT NULL ORDER BY h.item LIMIT ?2")
SQ(HELD_SINCE, "SELECT since FROM held WHERE item = ?1")
SQ(HELD_DEL, "DELETE FROM held WHERE item = ?1")
SQ(BATCH_DEL_HELD, "DELETE FROM held WHERE item IN (SELECT id FROM item WHERE batch = ?1)")
SQ(HELD_PAGE,
   "SELECT h.item, h.since FROM held h JOIN item i ON i.id = h.item JOIN batch b ON b.id = i.batch WHERE "
   "h.state = "
   "?1 AND (h.since, h.item) > (?2, ?3) AND b.published IS NOT NULL ORDER BY h.since, h.item LIMIT ?4")
SQ(NOTES, "SELECT kind, at, who, body FROM note WHERE item = ?1 ORDER BY n")
SQ(NOTE_ADD,
   "INSERT INTO note(item, n, kind, at, who, body) SELECT ?1, coalesce(max(n), 0) + 1, ?2, ?3, ?4, ?5 FROM "
   "note WHERE item = ?1")
SQ(ITEM_PAYLOAD, "SELECT payload FROM item WHERE id = ?1")
/* An item's row says what it takes: money, a grant, quotas. A later decision may take something else. */
SQ(ITEM_DUE, "UPDATE item SET due = ?2 WHERE id = ?1")
SQ(ITEM_TAKES, "UPDATE item SET paid = ?2, fee = ?3, grant_key = ?4, quota = ?5, due = ?6 WHERE id = ?1")

SQ(LIST_FIND,
   "SELECT e.list, e.line, e.on_date, l.type, l.issuer, l.date FROM list_row e JOIN list l ON l.id = e.list "
   "WHERE e.key = ?1 AND (l.state = 1 OR l.id = ?2) ORDER BY e.list DESC, e.line DESC LIMIT 1")
SQ(LISTS_IN_FORCE,
   "SELECT (SELECT count(*) FROM list WHERE state = 1 AND kind < 16), coalesce((SELECT value FROM meta WHERE "
   "key = 'stale'), 0), (SELECT count(*) FROM list WHERE state = 1 AND kind >= 16)")
/* Lists of names have kinds from 16 on (store_list.h); a blocked name counts more than a reserved one. */
SQ(NAME_FIND,
   "SELECT e.list, e.line, l.kind, e.key = ?2, l.issuer, l.date, l.file, l.who, l.at FROM list_row e JOIN "
   "list l ON l.id = e.list WHERE e.key IN (?1, ?2) AND (l.state = 1 OR l.id = ?3) ORDER BY l.kind DESC, "
   "e.list DESC, e.line DESC LIMIT ?4")
SQ(NAME_HELD, "SELECT h.item, i.domain FROM held h JOIN item i ON i.id = h.item WHERE i.op = ?1 AND h.item > "
              "?2 ORDER BY h.item LIMIT ?3")
SQ(NAME_IN_LIST, "SELECT 1 FROM list_row WHERE key IN (?1, ?2) AND list = ?3 LIMIT 1")
SQ(LIST_STALE,
   "INSERT INTO meta(key, value) VALUES('stale', (SELECT coalesce(max(id), 0) FROM item)) ON CONFLICT(key) "
   "DO UPDATE SET value = excluded.value")
SQ(LIST_LEFT_ROWS, "DELETE FROM list_row WHERE list IN (SELECT id FROM list WHERE state = 0 AND at <= ?1)")
SQ(LIST_LEFT, "DELETE FROM list WHERE state = 0 AND at <= ?1")
SQ(LIST_ADD,
   "INSERT INTO list(kind, type, issuer, date, file, who, at, state, rows, decided) VALUES(?1, ?2, ?3, ?4, "
   "?5, ?6, ?7, 0, 0, 0)")
SQ(LIST_STATE, "SELECT state, kind FROM list WHERE id = ?1")
SQ(LIST_ROW_ADD, "INSERT INTO list_row(list, line, key, on_date) VALUES(?1, ?2, ?3, ?4)")
SQ(LIST_PUBLISH,
   "UPDATE list SET state = 1, hash = ?2, due = 0, rows = (SELECT count(*) FROM list_row WHERE list = ?1) "
   "WHERE id = ?1")
SQ(LIST_ROWS, "SELECT rows FROM list WHERE id = ?1")
SQ(LIST_DROP_ROWS,
   "DELETE FROM list_row WHERE list = ?1 AND line IN (SELECT line FROM list_row WHERE list = ?1 ORDER "
   "BY line LIMIT ?2)")
SQ(LIST_DROP, "DELETE FROM list WHERE id = ?1 AND state = 0")
SQ(LIST_UNDO,
   "UPDATE list SET state = 2, due = 0, undone_at = ?2, undone_by = ?3, undone_why = ?4 WHERE id = ?1")
SQ(LIST_HELD,
   "SELECT h.item, EXISTS (SELECT 1 FROM list_row e WHERE e.key = h.subject AND e.list = ?1) FROM held h "
   "WHERE h.subject IS NOT NULL AND h.item > ?2 ORDER BY h.item LIMIT ?3")
SQ(LIST_DUE, "SELECT id, due, decided, kind FROM list WHERE due IS NOT NULL ORDER BY id LIMIT 1")
SQ(LIST_DUE_SET, "UPDATE list SET due = ?2, decided = ?3 WHERE id = ?1")
SQ(LISTS, "SELECT id, kind, type, issuer, date, file, who, at, hash, state, rows, decided, due, undone_at, "
          "undone_by, "
          "undone_why FROM list WHERE state <> 0 ORDER BY id DESC LIMIT ?1")

SQ(WORK_DEPTHS, "SELECT w.account, w.partner, w.lane, sum(w.waiting), min(b.created) FROM work w "
                "JOIN batch b ON b.id = w.batch GROUP BY 1, 2, 3")
SQ(READY_DEPTHS,
   "SELECT r.account, r.partner, r.lane, count(*), min(b.created) FROM ready r JOIN item i ON i.id = "
   "r.item JOIN batch b ON b.id = i.batch GROUP BY 1, 2, 3")
SQ(PARTNER_DEPTHS,
   "SELECT b.partner, sum(c.n) FROM batch_count c JOIN batch b ON b.id = c.batch WHERE c.state = ?1 "
   "AND c.batch IN (SELECT batch FROM work UNION SELECT i.batch FROM ready r JOIN item i ON i.id = "
   "r.item) AND b.published IS NOT NULL GROUP BY 1 HAVING sum(c.n) > 0")
SQ(HISTORY_ADD, "INSERT INTO history(step, series, at, n, sum, high) VALUES(?1, ?2, ?3, 1, ?4, ?4) "
                "ON CONFLICT(step, series, at) DO UPDATE SET n = n + 1, sum = sum + ?4, high = max(high, ?4)")
SQ(HISTORY_TRIM, "DELETE FROM history WHERE step = ?1 AND series = ?2 AND at < ?3")
SQ(HISTORY_GET,
   "SELECT series, at, n, sum, high FROM history WHERE step = ?1 AND at >= ?2 ORDER BY series, at")
SQ(PROGRESS_SEQ, "SELECT value FROM meta WHERE key = 'progress'")
SQ(PROGRESS_SEQ_SET,
   "INSERT INTO meta(key, value) VALUES('progress', ?1) ON CONFLICT(key) DO UPDATE SET value = ?1")
SQ(PROGRESS_NEXT, "SELECT seq, item, state, body FROM result WHERE seq > ?1 ORDER BY seq LIMIT ?2")
SQ(PROGRESS_ITEM,
   "SELECT i.op, i.domain, t.body, d.grant_from FROM item i JOIN text t ON t.id = i.common LEFT JOIN "
   "domain d ON d.name = i.domain AND d.item = i.id WHERE i.id = ?1")
SQ(PROGRESS_ADD, "INSERT INTO progress(day, zone, province, names, granted) VALUES(?1, ?2, ?3, 1, ?4) "
                 "ON CONFLICT(day, zone, province) DO UPDATE SET names = names + 1, granted = granted + ?4")
SQ(PROGRESS_GET,
   "SELECT zone, province, sum(names), sum(granted) FROM progress WHERE day >= ?1 AND day <= ?2 "
   "GROUP BY zone, province")
