"""What one partner can learn of another, or do to it: nothing.

  partners.py PORT CERTS_FOLDER FEED

One partner hands in batches of every kind; another one then tries every call of the API with what belongs to the first: its
batches, refs, cursors, Idempotency-Keys and names. Each answer must be the one that it would get for something that is not there
at all, byte for byte, and none may hold a word of the first one's.
"""
import http.client
import json
import re
import ssl
import sys
import time

port, certs = sys.argv[1:3]
passed = failed = 0
SECRET = "tuyet-mat"  # in every name, reference and text of the first partner


def check(what, good, more=""):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good:
        print(f"FAILED: {what} {str(more)[:600]}")


def ask(partner, method, path, body=None, **fields):
    context = ssl.create_default_context(cafile=certs + "/ca.pem")
    context.load_cert_chain(f"{certs}/{partner}.pem", f"{certs}/{partner}.key")
    c = http.client.HTTPSConnection("localhost", int(port), context=context, timeout=60)
    c.request(method, path, body=body.encode() if body else None, headers={k.replace("_", "-"): v for k, v in fields.items()})
    r = c.getresponse()
    return r.status, r.headers, "" if r.headers.get_content_type() == "text/event-stream" else r.read().decode()


def person(ref, name, number, **more):
    return {"ref": ref, "op": "create", "domain": name, "period": 2,
            "applicant": {"kind": "citizen", "name": f"Nguyễn {SECRET}", "citizenship": "VN", "birth_date": "2004-05-06", "gender": "male",
                          "id_number": f"0682040{number:05d}", "phone": "+84.912345678", "email": f"{SECRET}@example.vn",
                          "address": {"street": "12 Hùng Vương", "ward": "Xuân Hương", "province": "68",
                                      "province_list": "2025-07-01", "country": "VN"}},
            "evidence": [{"type": "ekyc", "issuer": "x", "reference": "K", "date": "2026-11-18", "result": "confirmed"}], **more}


def submit(partner, items, query="", **fields):
    body = "".join(json.dumps(i, ensure_ascii=False) + "\n" for i in items)
    return ask(partner, "POST", "/v1/batches" + query, body, Content_Type="application/x-ndjson", **fields)


def without_trace(text):
    return re.sub(r'"(trace|instance|request)":"[^"]*"', "", text)


def rested(partner, batch):
    deadline = time.time() + 30
    while json.loads(ask(partner, "GET", f"/v1/batches/{batch}")[2])["moving"] and time.time() < deadline:
        time.sleep(0.05)


# ---- the first one's ----
waiting = person(f"{SECRET}-w", f"{SECRET}-w.id.vn", 3)
del waiting["evidence"]
items = [person(f"{SECRET}-1", f"{SECRET}-1.id.vn", 1), person(f"{SECRET}-2", f"{SECRET}-2.id.vn", 2), waiting]
status, headers, text = submit("anphat", items, Idempotency_Key="the-key")
check("the first one's batch is taken", status == 202, text)
batch = json.loads(text)["batch"]
rested("anphat", batch)
theirs = json.loads(ask("anphat", "GET", f"/v1/batches/{batch}/items")[2])["items"]
check("… and has names and what waits", [i["state"] for i in theirs] == ["done", "done", "waiting"], theirs)
feed = json.loads(ask("anphat", "GET", "/v1/changes")[2])
check("… and a feed", len(feed["changes"]) >= 5, feed)

# ---- what the other one hears of it ----
heard = []


def other(method, path, body=None, **fields):
    answer = ask("hoasen", method, path, body, **fields)
    heard.append((f"{method} {path}", str(answer[1]) + answer[2]))
    return answer


def same_as_nothing(what, method, theirs_path, nothing_path, body=None, **fields):
    """As for something that nobody has."""
    mine, nothing = other(method, theirs_path, body, **fields), other(method, nothing_path, body, **fields)
    check(f"{what}: {method} {theirs_path} is as if it were not there", mine[0] == nothing[0] == 404 and
          without_trace(mine[2]) == without_trace(nothing[2]), (mine, nothing))


evidence = json.dumps([{"type": "ekyc", "issuer": "x", "reference": "K", "date": "2026-11-18", "result": "confirmed"}])
for tail in ("", "/items", "/items?limit=1&after=1", "/events"):
    same_as_nothing("a batch", "GET", f"/v1/batches/{batch}{tail}", f"/v1/batches/471100{tail}")
same_as_nothing("a batch", "GET", f"/v1/batches/{batch}", "/v1/batches/471100", If_None_Match=ask("anphat", "GET", f"/v1/batches/{batch}")[1]["ETag"])
same_as_nothing("a batch", "POST", f"/v1/batches/{batch}/cancel", "/v1/batches/471100/cancel")
same_as_nothing("an event's cursor", "GET", f"/v1/batches/{batch}/events", "/v1/batches/471100/events", Last_Event_ID=feed["changes"][0]["cursor"])
for ref in (f"{SECRET}-1", f"{SECRET}-w"):
    same_as_nothing("an item", "GET", f"/v1/items/{ref}", "/v1/items/nobody-has-it")
    same_as_nothing("an item", "POST", f"/v1/items/{ref}/retry", "/v1/items/nobody-has-it/retry")
    same_as_nothing("an item", "POST", f"/v1/items/{ref}/evidence", "/v1/items/nobody-has-it/evidence", evidence, Content_Type="application/json")
same_as_nothing("a name", "GET", f"/v1/domains/{SECRET}-1.id.vn", "/v1/domains/nobody-has-it.id.vn")

# ---- the same words mean something else for another one ----
status, _, text = other("GET", "/v1/changes")
check("another one's feed is empty", status == 200 and json.loads(text)["changes"] == [], text)
for change in feed["changes"]:
    status, _, text = other("GET", f"/v1/changes?after={change['cursor']}")
    check("a cursor of somebody else's shows nothing of theirs", status in (200, 400) and not json.loads(text).get("changes"), text)
status, _, text = other("GET", "/v1/domains?expiring=3660d")
check("no name of theirs ends", json.loads(text)["domains"] == [], text)
last = json.loads(ask("anphat", "GET", "/v1/domains?expiring=3660d&limit=1")[2])["next"]
status, _, text = other("GET", f"/v1/domains?expiring=3660d&after={last}")
check("… nor after their cursor", json.loads(text)["domains"] == [], text)
own = person("mine-1", "cua-toi.id.vn", 11)
own["applicant"].update(name="B", email="b@example.vn")
status, _, text = submit("hoasen", [own], Idempotency_Key="the-key")
heard.append(("the same key", text))
check("the same Idempotency-Key is one's own", status == 202 and json.loads(text)["batch"] != batch, text)
mine = json.loads(text)["batch"]
status, _, text = submit("anphat", items, Idempotency_Key="the-key")
check("… and stays the first one's", status == 202 and json.loads(text)["batch"] == batch, text)
same_ref = person(f"{SECRET}-1", "cua-toi-2.id.vn", 12)
same_ref["applicant"].update(name="B", email="b@example.vn")
status, _, text = submit("hoasen", [same_ref])
check("the same ref is one's own", status == 202 and json.loads(text)["new"] == 1, text)
rested("hoasen", json.loads(text)["batch"])
now = json.loads(ask("anphat", "GET", f"/v1/items/{SECRET}-1")[2])
check("… and the first one's stands as it was", now == theirs[0] | {"held": now.get("held")} or now == theirs[0], (now, theirs[0]))
check("… the other's is another name", json.loads(ask("hoasen", "GET", f"/v1/items/{SECRET}-1")[2])["domain"] == "cua-toi-2.id.vn")

# ---- their names ----
renewal = {"ref": "take-1", "op": "renew", "domain": f"{SECRET}-1.id.vn", "cur_exp_date": theirs[0]["expires_on"], "period": 1,
           "if_not_free": "charge", "max_fee_vnd": 900000}
for query in ("?dry_run=true", ""):
    status, _, text = submit("hoasen", [renewal], query)
    if not query:
        text = ask("hoasen", "GET", "/v1/items/take-1")[2]
    told = json.loads(text)
    told = told["items"][0] if query else told
    check(f"their name is not renewed {query}", told["state"] == "refused" and told["reason"] == "NOT_YOURS", told)
    check("… and nothing is told of it", told["expires"] is None and told["created"] is None and "free_until" not in told["decision"], told)
decided = json.loads(ask("hoasen", "POST", "/v1/decisions", json.dumps(renewal), Content_Type="application/json")[2])
check("a decision tells nothing of it", decided["result"]["reason"] == "NOT_YOURS" and decided["explanation"] is None, decided)
grab = person("grab-1", f"{SECRET}-2.id.vn", 13)
grab["applicant"].update(name="B", email="b@example.vn")
status, _, text = ask("hoasen", "POST", "/v1/domains", json.dumps(grab), Content_Type="application/json", Prefer="wait=20")
check("their name cannot be had", json.loads(text)["state"] == "failed", text)
check("… and is theirs still", json.loads(ask("anphat", "GET", f"/v1/domains/{SECRET}-2.id.vn")[2])["expires"] == theirs[1]["expires"])

# ---- limits ----
status, _, text = other("GET", "/v1/limits")
check("one's own limits alone", json.loads(text)["partner"] == "hoasen", text)

for what, text in heard:
    check(f"{what} names nothing of somebody else's", SECRET not in re.sub(r"/v1/\S*", "", text).replace(what, ""), text)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
