"""Live answers of the partners' API against its own contract: every call, every answer that is no error of the gateway's.

  openapi_check.py PORT CERTS_FOLDER API_C

Each answer must have a status, a media type, fields and a body that the contract allows for that call; each call, and each
of its answers without fault, must come up; the contract and the table of routes in API_C must name the same calls.
"""
import csv
import http.client
import io
import json
import re
import ssl
import sys
import time

from jsonschema import Draft202012Validator, FormatChecker

port, certs, api_c = sys.argv[1:4]
passed = failed = 0
seen = set()


def tell(good, what):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good:
        print("FAILED: " + what)


def connect(partner):
    context = ssl.create_default_context(cafile=certs + "/ca.pem")
    if partner:
        context.load_cert_chain(f"{certs}/{partner}.pem", f"{certs}/{partner}.key")
    return http.client.HTTPSConnection("localhost", int(port), context=context, timeout=60)


def send(method, path, headers=None, body=None, partner="anphat"):
    c = connect(partner)
    c.request(method, path, body=body.encode() if isinstance(body, str) else body, headers=headers or {})
    return c, c.getresponse()


c, answer = send("GET", "/v1/openapi.json")
text, etag = answer.read(), answer.headers["ETag"]
doc = json.loads(text)
STANDARD = {"date", "content-length", "content-type", "connection", "transfer-encoding", "cache-control", "vary", "allow"}


def follow(node):
    while "$ref" in node:
        found = doc
        for step in node["$ref"][2:].split("/"):
            found = found[step]
        node = found
    return node


def errors_of(schema, value):
    whole = {**schema, "components": doc["components"]}
    return [f"{list(e.absolute_path)}: {e.message[:200]}" for e in
            Draft202012Validator(whole, format_checker=FormatChecker()).iter_errors(value)]


def call(template, method, path, expected, headers=None, body=None, partner="anphat"):
    """One exchange, held against the contract; the body, parsed when it is JSON."""
    c, r = send(method, path, headers, body, partner)
    what = f"{method} {path} -> {r.status}"
    data = b"" if r.headers.get_content_type() == "text/event-stream" else r.read()
    operation = doc["paths"][template][method.lower()]
    seen.add((template, method, str(r.status)))
    tell(r.status == expected, f"{what}, not {expected}: {data[:300]}")
    tell(str(r.status) in operation["responses"], f"{what}: the contract does not know this status")
    allowed = follow(operation["responses"].get(str(r.status), {}))
    kind = r.headers.get_content_type() if "Content-Type" in r.headers else None
    tell((kind in allowed.get("content", {})) == (kind is not None), f"{what}: {kind} is not in the contract")
    extra = {k.lower() for k in r.headers.keys()} - STANDARD - {k.lower() for k in allowed.get("headers", {})}
    if "Retry-After" in r.headers and r.status >= 400:
        extra.discard("retry-after")
    if r.status >= 400:
        extra -= {"ratelimit", "ratelimit-policy"}
    tell(not extra, f"{what}: fields that are not in the contract: {extra}")
    if kind not in ("application/json", "application/problem+json"):
        return r if kind == "text/event-stream" else data.decode()
    value = json.loads(data)
    wrong = errors_of(allowed.get("content", {}).get(kind, {}).get("schema", {}), value)
    tell(not wrong, f"{what}: {wrong[:3]}")
    if kind == "application/problem+json":
        tell(value.get("status") == r.status, f"{what}: the problem says {value.get('status')}")
    return value


def person(i, **changes):
    item = {"ref": f"p-{i}", "op": "create", "domain": f"nguoi{i}.id.vn", "period": 2,
            "applicant": {"kind": "citizen", "name": "Nguyễn Văn A", "citizenship": "VN", "birth_date": "2004-05-06",
                          "gender": "male", "id_number": f"0682040{i:05d}", "phone": "+84.912345678",
                          "email": "a@example.vn",
                          "address": {"street": "12 Hùng Vương", "ward": "Xuân Hương", "province": "68",
                                      "province_list": "2025-07-01", "country": "VN"}},
            "evidence": [{"type": "ekyc", "issuer": "x", "reference": "K", "date": "2026-11-18", "result": "confirmed"}],
            "ns": [{"name": "ns1.example.vn"}, {"name": "ns2.example.vn"}]}
    item.update(changes)
    for key in [k for k, v in item.items() if v is None]:
        del item[key]
    return item


def lines(*items):
    return "".join(json.dumps(i, ensure_ascii=False) + "\n" for i in items)


ND, JS, CSV = ({"Content-Type": t} for t in ("application/x-ndjson", "application/json", "text/csv"))

# ---- the contract itself ----
tell(doc["openapi"].startswith("3.1"), "it is no OpenAPI 3.1")
for name, schema in doc["components"]["schemas"].items():
    try:
        Draft202012Validator.check_schema(schema)
        tell(True, name)
    except Exception as e:
        tell(False, f"schema {name}: {e}")
with open(api_c, encoding="utf-8") as f:
    routes = set(re.findall(r'\{"(GET|POST)", "(/v1/[^"]*)"', f.read()))
written = {(m.upper(), re.sub(r"\{[^}]*\}", "*", p)) for p, o in doc["paths"].items() for m in o}
tell(len(routes) > 10 and routes == written, f"the contract and the program have other calls: {routes ^ written}")
call("/v1/openapi.json", "GET", "/v1/openapi.json", 200)
call("/v1/openapi.json", "GET", "/v1/openapi.json", 304, {"If-None-Match": etag})
item_schema = {"$ref": "#/components/schemas/Item"}
tell(not errors_of(item_schema, person(1)), f"an item does not fit: {errors_of(item_schema, person(1))}")

# ---- batches ----
young = person(2)
young["applicant"] = {**young["applicant"], "birth_date": "2010-01-01", "id_number": "068210000002"}
batch = [person(1), young, person(3, evidence=None), person(4, domain="nguoi1.id.vn")]
B = "/v1/batches"
dry = call(B, "POST", B + "?dry_run=true", 200, ND, lines(*batch))
call(B, "POST", B + "?dry_run=true", 200, {**ND, "Accept": "application/x-ndjson"}, lines(*batch))
call(B, "POST", B + "?dry_run=true", 200, {**ND, "Accept": "text/csv"}, lines(*batch))
asked = call(B, "POST", B + "?dry_run=true&check=true", 200, ND, lines(*batch))
tell([i["registry"]["asked"] for i in asked["items"]] == [True, False, True, True] and asked["check"]["asked"] == 3,
     f"a dry run that asks the registry: {asked['check']}")
tell(all(i["registry"]["available"] for i in asked["items"] if i["registry"]["asked"]), "free names are taken")
call(B, "POST", B + "?check=true", 400, ND, lines(batch[0]))
call(B, "POST", B + "?dry_run=true&check=perhaps", 400, ND, lines(batch[0]))
table = call(B, "POST", B + "?dry_run=true&check=true", 200, {**ND, "Accept": "text/csv"}, lines(*batch))
tell([x["registry.available"] for x in csv.DictReader(io.StringIO(table))] == ["true", "", "true", "true"], f"CSV: {table}")
nd = call(B, "POST", B + "?dry_run=true&check=true", 200, {**ND, "Accept": "application/x-ndjson"}, lines(*batch))
tell([json.loads(l)["registry"] for l in nd.splitlines()] == [i["registry"] for i in asked["items"]], "NDJSON and JSON disagree")
taken = call(B, "POST", B, 202, {**ND, "Idempotency-Key": "k1"}, lines(*batch))
call(B, "POST", B, 202, {**ND, "Idempotency-Key": "k1"}, lines(*batch))
call(B, "POST", B, 422, {**ND, "Idempotency-Key": "k1"}, lines(batch[0]))
call(B, "POST", B + "?admission=valid", 202, ND, lines(batch[0]) + "no item\n")
call(B, "POST", B, 422, ND, "{}\nno item\n")
call(B, "POST", B, 202, JS, json.dumps(batch))
call(B, "POST", B, 415, {"Content-Type": "text/plain"}, "x")
call(B, "POST", B + "?admission=some", 400, ND, lines(batch[0]))
call(B, "POST", B + "?dry_run=true", 413, ND, "{}\n" * 10001)
call(B, "POST", B + "?dry_run=true", 406, {**ND, "Accept": "image/png"}, "{}\n")
call(B, "POST", B, 403, ND, "{}\n", partner="gateway")
call(B, "POST", B, 202, ND, lines(*[person(i) for i in range(100, 130)]), partner="hoasen")
call(B, "POST", B, 429, ND, lines(person(200)), partner="hoasen")
one = f"{B}/{taken['batch']}"
I = B + "/{id}"
deadline = time.time() + 30
while call(I, "GET", one, 200)["moving"] and time.time() < deadline:
    time.sleep(0.1)
c, r = send("GET", one)
r.read()
call(I, "GET", one, 304, {"If-None-Match": r.headers["ETag"]})
call(I, "GET", B + "/4711", 404)
call(I, "GET", one, 404, partner="hoasen")
call(I, "GET", one, 406, {"Accept": "text/csv"})
call(I, "GET", one + "?x=1", 400)
items = call(I + "/items", "GET", one + "/items", 200)["items"]
call(I + "/items", "GET", one + "/items?limit=1", 200)
nd = call(I + "/items", "GET", one + "/items", 200, {"Accept": "application/x-ndjson"})
table = call(I + "/items", "GET", one + "/items", 200, {"Accept": "text/csv"})
call(I + "/items", "GET", one + "/items?state=asleep", 400)
call(I + "/items", "GET", one + "/items", 406, {"Accept": "image/png"})
states = {i["ref"]: i["state"] for i in items}
tell(states == {"p-1": "done", "p-2": "refused", "p-3": "waiting", "p-4": "failed"}, f"not what was to be shown: {states}")
tell([json.loads(l) for l in nd.splitlines()] == items, "NDJSON and JSON disagree")
rows = list(csv.DictReader(io.StringIO(table)))
tell([(x["ref"], x["state"], x["domain"], x["reason"]) for x in rows] ==
     [(x["ref"], x["state"], x["domain"], x["reason"] or "") for x in items], "CSV and JSON disagree")
tell([x["domain"] for x in dry["items"]] == [x["domain"] for x in items], "the dry run has other lines")
call(I + "/cancel", "POST", one + "/cancel", 200)
call(I + "/cancel", "POST", B + "/4711/cancel", 404)

# ---- changes ----
C = "/v1/changes"
page = call(C, "GET", C + "?limit=2", 200)
told, notices, after = {}, [], ""
while True:
    page = call(C, "GET", f"{C}?limit=3{after}", 200)
    for change in page["changes"]:
        if change["kind"] == "notice":
            notices.append((change["domain"], change["on"]))
        elif change["batch"] == taken["batch"]:
            told[change["ref"]] = change["state"]
    after = "&after=" + page["next"]
    if not page["more"]:
        break
tell(notices == [("paid-soon.id.vn", "2026-12-01")], f"notices: {notices}")
now = {i["ref"]: i["state"] for i in call(I + "/items", "GET", one + "/items", 200)["items"]}
tell(told == now, f"the feed says {told}, the items {now}")
call(C, "GET", C + "?after=now&wait=1", 200)
call(C, "GET", C + "?after=x", 400)
call(C, "GET", C, 406, {"Accept": "text/csv"})
E = I + "/events"
stream = call(E, "GET", one + "/events", 200, {"Accept": "text/event-stream"})
event, last, events, counts = {}, "", {}, None
while counts is None:
    line = stream.readline().decode().rstrip("\n")
    if not line and event:
        value = json.loads(event["data"]) if "data" in event else None
        if event.get("event") == "change":
            tell(not errors_of({"$ref": "#/components/schemas/Change"}, value), f"an event: {value}")
            tell(event["id"] == value["cursor"], "the event's id is not its cursor")
            events[value["ref"]], last = value["state"], event["id"]
        elif event.get("event") == "batch":
            tell(not errors_of({"$ref": "#/components/schemas/Batch"}, value), f"an event: {value}")
            counts = value["counts"]
        event = {}
    elif ":" in line:
        key, value = line.split(":", 1)
        event[key] = value.strip()
tell(events == now, f"the stream says {events}, the items {now}")
tell(counts == call(I, "GET", one, 200)["counts"], "the stream has other counts")
stream.close()
stream = call(E, "GET", one + "/events", 200, {"Last-Event-ID": last})
tell(stream.readline().startswith(b"retry:") and not stream.readline().strip() and
     stream.readline().startswith(b"event: batch"), "a resumed stream tells changes again")
stream.close()
call(E, "GET", B + "/4711/events", 404)
call(E, "GET", one + "/events", 400, {"Last-Event-ID": "x"})

# ---- items and names ----
gone = call(B, "POST", B + "?dry_run=true&check=true", 200, ND, lines(person(300, domain="nguoi1.id.vn"), person(301)))
tell([(i["registry"]["available"], bool(i["registry"]["reason"])) for i in gone["items"]] == [(False, True), (True, False)],
     f"a name that is taken: {[i['registry'] for i in gone['items']]}")
D = "/v1/domains"
call("/v1/items/{ref}", "GET", "/v1/items/p-1", 200)
call("/v1/items/{ref}", "GET", "/v1/items/none", 404)
T = "/v1/items/{ref}/evidence"
again = person(5, evidence=None)
call(D, "POST", D, 202, JS, json.dumps(again))
call(T, "POST", "/v1/items/p-5/evidence", 200, JS, json.dumps(person(5)["evidence"]))
call(T, "POST", "/v1/items/p-5/evidence", 422, JS, "{}")
call(T, "POST", "/v1/items/p-1/evidence", 409, JS, json.dumps({"type": "letter"}))
call(D, "POST", D, 201, {**JS, "Prefer": "wait=20"}, json.dumps(person(6)))
call(D, "POST", D, 201, {**JS, "Prefer": "wait=20"}, json.dumps(person(6)))
call(D, "POST", D, 200, {**JS, "Prefer": "wait=20"}, json.dumps({**young, "ref": "p-7", "domain": "nguoi7.id.vn"}))
call(D, "POST", D, 409, JS, json.dumps(person(6, period=1)))
call(D, "POST", D, 422, JS, "{}")
call(D, "POST", D, 413, JS, json.dumps(person(8, services=["x" * 30] * 9000)))
Y = "/v1/items/{ref}/retry"
call(Y, "POST", "/v1/items/p-2/retry", 202)
call(D, "POST", D, 202, JS, json.dumps(person(9, evidence=None)))
call(Y, "POST", "/v1/items/p-9/retry", 200)
call(Y, "POST", "/v1/items/p-1/retry", 409)
call(Y, "POST", "/v1/items/none/retry", 404)
call(D + "/{name}", "GET", D + "/nguoi1.id.vn", 200)
call(D + "/{name}", "GET", D + "/nobody.id.vn", 404)
call(D + "/{name}", "GET", D + "/a_b", 400)
ending = call(D, "GET", D + "?expiring=3000d&limit=1", 200)
tell(ending["domains"] and ending["next"], "no name ends")
call(D, "GET", f"{D}?expiring=3000d&after={ending['next']}", 200)
call(D, "GET", D, 400)

# ---- decisions and limits ----
answer = call("/v1/decisions", "POST", "/v1/decisions", 200, JS, json.dumps(person(10)))
tell(answer["result"]["state"] == "queued" and answer["told"]["vi"], f"a decision: {answer['result']}")
call("/v1/decisions", "POST", "/v1/decisions", 200, JS, json.dumps(young))
kept = call("/v1/decisions", "POST", "/v1/decisions", 200, JS, json.dumps(person(11, domain="kept-back.id.vn")))
tell(kept["result"]["decision"]["name_list"]["issuer"] == "VNNIC" and "VNNIC" in kept["result"]["message"],
     f"a name that is kept back: {kept['result']}")
call("/v1/decisions", "POST", "/v1/decisions", 422, JS, "{}")
limits = call("/v1/limits", "GET", "/v1/limits", 200, partner="hoasen")
tell(limits["partner"] == "hoasen" and limits["limits"] and all(x["of"] == "partner hoasen" for x in limits["limits"]),
     f"another's limits: {limits}")
tell(any(x["limit"] == "lines_per_day" and x["used"] == 30 for x in limits["limits"]), f"limits: {limits}")
call("/v1/limits", "GET", "/v1/limits", 406, {"Accept": "text/csv"})

# ---- was everything seen? ----
for path, operations in doc["paths"].items():
    for method, operation in operations.items():
        for status in operation["responses"]:
            if status < "400":
                tell((path, method.upper(), status) in seen, f"{method.upper()} {path}: no answer {status} was seen")
for status in ("400", "403", "404", "406", "409", "413", "415", "422", "429"):
    tell(any(s == status for _, _, s in seen), f"no problem {status} was seen")
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
