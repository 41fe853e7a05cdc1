"""What is told of one history must be the same everywhere, field by field. Part of history.py."""
import csv
import io
import json

from history_told import ask, get, items, pages, quoted, rng, vnepp
from receiver import is_signed
from webhook_world import secrets
from world import check, same, until

RESTING = {"waiting", "review", "refused", "done", "failed", "needs_human", "cancelled"}
FINAL = {"refused", "done", "failed", "cancelled"}
CELLS = ["ref", "line", "op", "domain", "account", "state", "code", "reason", "message", "fault", "retryable", "created",
         "expires", "expires_on", "attempts", "at"]
DECISION = ["outcome", "grant", "free_years", "charged_years", "free_from", "free_until"]


def as_cell(value):
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return "'" + text if text[:1] in tuple("=+-@\t\r") else text


def row_of(item):
    """The cells that its line in CSV must have, by the title."""
    row = {name: as_cell(item[name]) for name in CELLS}
    decision = item["decision"] or {}
    row.update({f"decision.{name}": as_cell(decision.get(name)) for name in DECISION})
    row.update({f"decision.{name}": as_cell(" ".join(decision.get(name) or [])) for name in ("reasons", "flags")})
    row["trid.client"], row["trid.server"] = (as_cell(item["trid"][name]) for name in ("client", "server"))
    row["flags"] = as_cell(" ".join(item["flags"]))
    return row


def compare_lists(batch, lines):
    """A batch's results in all forms. Returns them."""
    path = f"/v1/batches/{batch}"
    rows = items(batch)
    same(f"batch {batch}: lines in input order", [r["line"] for r in rows], list(range(1, len(rows) + 1)))
    if lines:
        same(f"batch {batch}: each line's own ref", [r["ref"] for r in rows], [i["ref"] for i in lines])
        same(f"batch {batch}: and op", [r["op"] for r in rows], [i["op"] for i in lines])
    same(f"batch {batch}: NDJSON", [json.loads(x) for x in get(f"{path}/items?limit=1000", "application/x-ndjson").splitlines()], rows)
    table = list(csv.reader(io.StringIO(get(f"{path}/items?limit=1000", "text/csv"), newline="")))
    same(f"batch {batch}: CSV has every line", len(table), len(rows) + 1)
    for item, cells in zip(rows, table[1:]):
        same(f"batch {batch}: CSV of {item['ref']} is whole", len(cells), len(table[0]))
        row = dict(zip(table[0], cells))
        needs = row.pop("needs")
        same(f"batch {batch}: CSV of {item['ref']}", row, row_of(item))
        same(f"batch {batch}: needs of {item['ref']}", [n for n in needs.replace(",", " ").split()], item["needs"])
    counts = json.loads(get(path))
    have = {}
    for item in rows:
        have[item["state"]] = have.get(item["state"], 0) + 1
    same(f"batch {batch}: counts", {s: n for s, n in counts["counts"].items() if n}, have)
    same(f"batch {batch}: lines", counts["lines"], len(rows))
    same(f"batch {batch}: moving", counts["moving"], sum(i["state"] not in RESTING and i["state"] != "pending" for i in rows))
    for state in counts["counts"]:
        same(f"batch {batch}: only {state}", pages(f"{path}/items?state={state}", "items"), [i for i in rows if i["state"] == state])
    return rows


def compare_commands(batch, rows):
    _, out = vnepp("items", batch, "--format", "ndjson")
    same(f"batch {batch}: vnepp items, NDJSON", [json.loads(x) for x in out.splitlines()], rows)
    _, out = vnepp("items", batch, "--format", "json")
    same(f"batch {batch}: vnepp items, JSON", json.loads(out)["items"], rows)
    _, out = vnepp("items", batch, "--format", "csv")
    table = list(csv.reader(io.StringIO(out, newline="")))
    same(f"batch {batch}: vnepp items, CSV", out.replace("\r\n", "\n"), get(f"/v1/batches/{batch}/items?limit=1000", "text/csv").replace("\r\n", "\n"))
    same(f"batch {batch}: vnepp items, CSV refs", [c[0] for c in table[1:]], [as_cell(i["ref"]) for i in rows])
    _, out = vnepp("items", batch, "--format", "table")
    for item, line in zip(rows, out.splitlines()[1:]):
        words = line.split()
        same(f"batch {batch}: table of {item['ref']}", words[:2] + words[4:5], [str(item["line"]), item["ref"][:24], item["state"]])
        check(f"batch {batch}: table's reason of {item['ref']}", not item["reason"] or item["reason"][:20] in line, line)
        check(f"batch {batch}: table's expiry of {item['ref']}", not item["expires_on"] or item["expires_on"] in line, line)
    _, out = vnepp("batch", batch, "--json")
    counts = json.loads(get(f"/v1/batches/{batch}"))
    told = json.loads(out)
    same(f"batch {batch}: vnepp batch", [told["lines"], told["moving"], {s: n for s, n in told["counts"].items() if n}],
         [counts["lines"], counts["moving"], {s: n for s, n in counts["counts"].items() if n}])


def compare_single(rows, views):
    for item in rows:
        ref = item["ref"]
        one = json.loads(get(f"/v1/items/{quoted(ref)}"))
        view = views[ref]
        same(f"GET of {ref}", dict(one, line=item["line"]), item)  # its line in the first batch in which it stood
        named = {"ref": ref, "op": item["op"], "domain": item["domain"], "state": item["state"], "reason": item["reason"],
                 "attempts": item["attempts"], "code": item["code"], "cltrid": item["trid"]["client"],
                 "svtrid": item["trid"]["server"], "at": item["at"], "needs": item["needs"], "message": item["message"]}
        seen = {k: view[k] for k in named}
        seen["needs"] = [n.strip() for n in (view["needs"] or "").split(",") if n.strip()]
        for k in ("reason", "code", "cltrid", "svtrid", "message"):
            seen[k] = view[k] or None
        same(f"vnepp item of {ref}", seen, named)
        if item["state"] not in FINAL:
            same(f"vnepp item says what holds {ref}", [view["held_by"], view["held_until"], view["who_can_change_it"], view["detail"]],
                 [item["held"][k] for k in ("by", "until", "who", "detail")])


def compare_names(rows):
    by_name = {}
    for item in sorted((i for i in rows if i["state"] == "done"), key=lambda i: i["at"]):
        by_name[item["domain"]] = item
    for name, item in by_name.items():
        status, text = ask("GET", f"/v1/domains/{quoted(name)}")
        check(f"GET of the name {name}", status == 200, text)
        if status == 200:
            known = json.loads(text)
            same(f"{name}", [known["expires"], known["expires_on"], known["account"]],
                 [item["expires"], item["expires_on"], item["account"]])


TOLD = ["ref", "op", "domain", "state", "code", "reason", "fault", "expires", "at"]


def compare_changes(all_rows, listeners):
    feed = pages("/v1/changes", "changes")
    changes = [c for c in feed if c["kind"] == "item"]
    noticed = [c for c in feed if c["kind"] == "notice"]
    check("each name is told of once", len({c["domain"] for c in noticed}) == len(noticed) > 0, noticed)
    cursors = [c["cursor"] for c in feed]
    check("no change comes twice", len(set(cursors)) == len(cursors))
    last = {}
    for change in changes:
        before = last.get(change["ref"])
        check(f"{change['ref']}: nothing comes after done", not before or before["state"] not in ("done", "cancelled"), f"{before} {change}")
        last[change["ref"]] = change
    for ref, item in all_rows.items():
        told = last.pop(ref, None)
        check(f"the feed knows {ref}", told is not None)
        if told:
            # what was decided at intake has no result of its own, and came about with its batch
            when = item["at"] or json.loads(get(f"/v1/batches/{told['batch']}"))["created"]
            same(f"the feed's last word on {ref}", {k: told[k] for k in TOLD}, {**{k: item[k] for k in TOLD}, "at": when})
    same("the feed knows nothing else", last, {})
    for batch, events in listeners.items():
        mine = [c for c in changes if c["batch"] == batch]
        until(f"the last event of batch {batch}", lambda e=events, m=mine: len(e.changes) >= len(m), 20)
        until(f"the last counts of batch {batch}", lambda e=events, b=batch: e.counts and json.loads(get(f"/v1/batches/{b}")) == e.counts, 20)
        events.stop = True
        same(f"events of batch {batch} are its changes, each once and in order", [c["cursor"] for c in events.changes], [c["cursor"] for c in mine])
        same(f"… in every field", events.changes, mine)
    for _ in range(5):
        at = rng.randrange(len(feed))
        page = json.loads(get(f"/v1/changes?after={cursors[at]}&limit=40"))
        same("a page from the middle", page["changes"], feed[at + 1:at + 41])


def of(change):
    """What keeps its order: an item, or the name of a notice."""
    return change.get("ref", change["domain"])


def compare_webhook(receiver):
    changes = pages("/v1/changes", "changes")
    until("the last message", lambda: len(receiver.taken()) >= len(changes), 60)
    taken = receiver.taken().values()
    told = {s["change"]["cursor"]: s["change"] for s in taken}
    same("the webhook tells each change once", len(taken), len(changes))
    for change in changes:
        same(f"webhook of {of(change)}, {change['cursor']}", told.get(change["cursor"]), change)
    order = {}
    for s in taken:
        order.setdefault(of(s["change"]), []).append(s["change"]["cursor"])
    for ref in order:
        same(f"webhooks of {ref} come in order", order[ref], [c["cursor"] for c in changes if of(c) == ref])
    check("each is signed", all(is_signed(s, secrets["anphat"]) for s in receiver.all()))
    check("some were refused, and came again", len(receiver.all()) > len(taken))
