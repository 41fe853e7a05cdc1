#!/usr/bin/env python3
"""
Names, states and numbers never disagree: a random part of the demo's sample goes through the daemon and a registry that
answers late, refuses, loses answers and decides by message; people approve, refuse, pause, cancel and send again; and
then everything that tells of it must tell the same, field by field, before and after a kill.
"""
import csv
import http.client
import io
import json
import os
import random
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from receiver import Receiver, is_signed, new_secret

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
ROOT = os.getcwd()
LINES = int(os.environ.get("HISTORY_LINES", "300"))
SEED = int(os.environ.get("HISTORY_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
CLOCK = "2026-11-20T09:00:00+07:00"
RESTING = {"waiting", "review", "refused", "done", "failed", "needs_human", "cancelled"}
FINAL = {"refused", "done", "failed", "cancelled"}

rng = random.Random(SEED)
folder = tempfile.mkdtemp()
processes = []
passed = failed = 0


def check(what, fine, detail=""):
    global passed, failed
    if fine:
        passed += 1
        return
    failed += 1
    if failed <= 20:
        print(f"FAILED: {what}: {detail}"[:1500])


def same(what, a, b):
    """Equal, or the first difference by name."""
    if a == b:
        return check(what, True)
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted(set(a) | set(b)):
            if a.get(key, "(absent)") != b.get(key, "(absent)"):
                return check(f"{what}, {key}", False, f"{a.get(key, '(absent)')!r} is not {b.get(key, '(absent)')!r}")
    check(what, False, f"{a!r} is not {b!r}")


def give_up(why):
    print(f"FAILED: {why} (HISTORY_SEED={SEED})")
    for log in ("d.log", "w.log", "r.log"):
        with open(os.path.join(folder, log), errors="replace") as f:
            print("".join(f.readlines()[-8:]))
    print(f"{passed} passed, {failed + 1} failed")
    sys.exit(1)


def until(what, condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    give_up(f"{what} did not come within {seconds} s")


def read(path):
    with open(os.path.join(folder, path)) as f:
        return f.read()


def write(path, text):
    with open(os.path.join(folder, path), "w") as f:
        f.write(text)


# ---- processes ----

def start(program, *args, log):
    with open(os.path.join(folder, log), "ab") as f:
        p = subprocess.Popen([os.path.join(BUILD, program), *args], cwd=folder, stdout=f, stderr=f, stdin=subprocess.DEVNULL)
    processes.append(p)
    return p


def start_registry():
    conf = ["listen 127.0.0.1:0", "cert certs/registry.pem", "key certs/registry.key", "ca certs/ca.pem",
            "account anphat:testpw12,sessions=8,rate=2000,subject=gateway",
            "account hoasen:testpw12,sessions=8,rate=2000,subject=gateway",
            "contact OLD-ANPHAT,anphat", "contact OLD-HOASEN,hoasen", "domains registry.csv", "port-file rport", f"seed {SEED}",
            "pending-per-mille 150", "refuse-glob *1*.id.vn", "pending-ms 100-1500", "fault-transforms-only",
            # few: the gateway slows down for each
            "fault close_after_commit=5", "fault close_before_commit=3", "fault drop_in_answer=3", "fault fail_2400=3",
            "fault fail_2400_committed=3", "fault delay=50", "fault-delay-ms 20-200",
            f"clock-shift-ms {1000 * (1795140000 - int(time.time()))}"]
    write("registry.conf", "\n".join(conf) + "\n")
    start("vnepp-regsim", "--config", "registry.conf", log="r.log")
    until("the registry", lambda: os.path.exists(os.path.join(folder, "rport")))


def start_gateway():
    ports = os.path.join(folder, "ports")
    if os.path.exists(ports):
        os.remove(ports)
    p = start("vneppd", "--config", "vneppd.yaml", "--ports-file", "ports", log="d.log")
    until("the gateway", lambda: p.poll() is not None or (os.path.exists(ports) and "api=" in read("ports")))
    if p.poll() is not None:
        give_up("the gateway does not start")
    global port
    port = int(dict(line.split("=") for line in read("ports").split())["api"])
    write("profile.yaml", f"url: 'https://127.0.0.1:{port}'\ncert: certs/anphat.pem\nkey: certs/anphat.key\nca: certs/ca.pem\n"
          f"socket: c.sock\n")
    return p


SECRET = new_secret()


def start_webhookd():
    known = read("w.log").count("event=ready") if os.path.exists(os.path.join(folder, "w.log")) else 0
    p = start("vnepp-webhookd", "--config", "webhooks.yaml", log="w.log")
    until("vnepp-webhookd", lambda: p.poll() is not None or read("w.log").count("event=ready") > known)
    return p


def prepare_webhook():
    """Its receiver refuses some, so that there is something to try again."""
    receiver, dice = Receiver(folder), random.Random(SEED)
    receiver.behave = lambda seen: 500 if dice.random() < 0.1 else 200
    write("secret", SECRET + "\n")
    os.chmod(os.path.join(folder, "secret"), 0o600)
    write("webhooks.yaml", f"""feed: f.sock
database: hooks.db
retry: {{first: 20ms, longest: 200ms}}
log: {{format: logfmt}}
receivers:
  - {{partner: anphat, url: "{receiver.url()}", ca: certs/ca.pem, internal: true, secrets: secret, from: beginning}}
""")
    return receiver


def prepare():
    subprocess.run(["sh", f"{ROOT}/certs/dev-ca.sh", f"{folder}/certs"], check=True, capture_output=True)
    subprocess.run(["perl", f"{ROOT}/tests/demo/sample.pl", folder], check=True)
    write("pw", "testpw12\n")
    os.chmod(os.path.join(folder, "pw"), 0o600)
    start_registry()
    accounts = "\n".join(f"      - {{name: {n}, login: {n}, password_file: pw, certificate: certs/gateway.pem, key: "
                         "certs/gateway.key, sessions: 2}" for n in ("anphat", "hoasen"))
    write("vneppd.yaml", f"""instance: history
sandbox: {{clock: "{CLOCK}"}}
store: {{path: vnepp.db}}
api: {{listen: "127.0.0.1:0", certificate: certs/api.pem, key: certs/api.key, client_ca: certs/ca.pem}}
admin: {{control_socket: "{folder}/c.sock", feed_socket: "{folder}/f.sock"}}
policy: {{rules: "{ROOT}/policy/rules"}}
log: {{format: logfmt}}
stop_timeout: 5s
partners: partners.yaml
registries:
  - name: sim
    endpoints: ["127.0.0.1:{read('rport').strip()}"]
    zones: [id.vn, biz.vn, com.vn]
    tls: {{ca: certs/ca.pem, server_name: localhost}}
    contacts: create
    settle: 300ms
    poll: 100ms
    backoff: {{min: 50ms, max: 500ms}}
    timeouts: {{answer: 3s}}
    accounts:
{accounts}
""")
    write("partners.yaml", "partners:\n" + "".join(
        f"  - {{name: {n}, certificates: [{{san_uri: 'urn:vnepp:partner:{n}'}}], account: {n}}}\n" for n in ("anphat", "hoasen")))


# ---- asking ----

def tls():
    context = ssl.create_default_context(cafile=f"{folder}/certs/ca.pem")
    context.load_cert_chain(f"{folder}/certs/anphat.pem", f"{folder}/certs/anphat.key")
    return context


connection = None


def ask(method, path, accept="application/json", body=None, **fields):
    """Status, header fields, body as text."""
    global connection
    for _ in range(50):
        connection = connection or http.client.HTTPSConnection("127.0.0.1", port, context=tls(), timeout=70)
        try:
            connection.request(method, path, body, {"Accept": accept, **{k.replace("_", "-"): v for k, v in fields.items()}})
            answer = connection.getresponse()
            text = answer.read().decode()
            if answer.status not in (429, 503):
                return answer.status, answer.headers, text
        except (OSError, http.client.HTTPException):
            connection = None
        time.sleep(0.2)
    give_up(f"{method} {path} is not answered")


def get(path, accept="application/json"):
    status, _, text = ask("GET", path, accept)
    check(f"GET {path} is answered", status == 200, f"{status} {text}")
    return text


def quoted(ref):
    return urllib.parse.quote(ref, safe="")


def vnepp(*args):
    r = subprocess.run([f"{BUILD}/vnepp", *args, "--profile", "profile.yaml"], cwd=folder, capture_output=True, timeout=60)
    return r.returncode, r.stdout.decode()


def pages(path, key, accept="application/json"):
    """All entries of a list that comes in pages, of a random size each."""
    rows, after = [], None
    while True:
        limit = rng.choice((1, 7, 50, 333, 1000)) if len(rows) % 7 else 333
        text = get(f"{path}{'&' if '?' in path else '?'}limit={limit}" + (f"&after={after}" if after else ""))
        page = json.loads(text)
        rows += page[key]
        if key == "changes":
            if not page["more"]:
                return rows
        elif page["next"] is None:
            return rows
        after = page["next"]


class Events(threading.Thread):
    """Server-sent events of a batch, over as many connections as it takes: each ends after some events or a kill."""

    def __init__(self, batch):
        super().__init__(daemon=True)
        self.batch, self.changes, self.counts, self.last, self.stop, self.lines = batch, [], None, None, False, 0
        self.rng = random.Random(SEED + int(batch))
        self.start()

    def run(self):
        while not self.stop:
            try:
                self.once()
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(0.1)

    def once(self):
        c = http.client.HTTPSConnection("127.0.0.1", port, context=tls(), timeout=2)
        c.request("GET", f"/v1/batches/{self.batch}/events", headers={"Last-Event-ID": self.last} if self.last else {})
        answer = c.getresponse()
        if answer.status != 200:
            time.sleep(0.2)
            return
        left, fields = self.rng.randrange(1, 120), {}
        while not self.stop and left:
            line = answer.readline()
            if not line:
                return
            line = line.decode().rstrip("\n")
            if line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields:
                self.take(fields)
                left -= fields.get("event") == "change"
                fields = {}
        c.close()

    def take(self, fields):
        if fields.get("event") == "batch":
            self.counts = json.loads(fields["data"])
        elif fields.get("event") == "change":
            self.last = fields["id"]
            change = json.loads(fields["data"])
            check("an event's id is its cursor", change["cursor"] == fields["id"])
            self.changes.append(change)


# ---- what happens ----

def sample():
    with open(os.path.join(folder, "anphat.ndjson"), encoding="utf-8") as f:
        all_lines = [json.loads(line) for line in f]
    lines = [all_lines[i] for i in sorted(rng.sample(range(len(all_lines)), LINES))]
    odd = ["=1+2", "+84", "-5", "@a", 'a,"b";c', "'x'", "a/b?c=d&e#f", "%2e%2e", "..%2f", "<b>"]
    for item, ref in zip(rng.sample(lines, len(odd)), odd):
        item["ref"] = ref
    with_evidence = [i for i in lines if i["op"] == "create" and i["domain"].endswith(".id.vn") and "evidence" in i]
    for item in rng.sample(with_evidence, 5):
        del item["evidence"]
    return lines


def submit(lines, key):
    body = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in lines).encode()
    status, _, text = ask("POST", "/v1/batches", body=body, Content_Type="application/x-ndjson", Idempotency_Key=key)
    if status != 202:
        give_up(f"the batch {key} is refused: {status} {text[:500]}")
    return json.loads(text)["batch"]


def items(batch):
    return pages(f"/v1/batches/{batch}/items", "items")


def rested(batch):
    return until(f"the rest of batch {batch}", lambda: (lambda b: b["moving"] == 0 and b["counts"]["pending"] == 0 and b)(
        json.loads(get(f"/v1/batches/{batch}"))), 120)


def people(batch, numbers):
    """Approve and refuse what waits for a person, add evidence, try again what failed, decide what nobody can tell."""
    for item in items(batch):
        n, ref, dice = numbers[item["ref"]], item["ref"], rng.random()
        if item["state"] == "review" and dice < 0.7:
            vnepp("review", "approve" if dice < 0.4 else "refuse", str(n), "--why", rng.choice(("=looked, \"seen\"", "thẻ khác người")))
        elif item["state"] == "waiting" and dice < 0.7:
            piece = {"type": "ekyc", "issuer": "UBND, \"xã\"", "reference": f"E-{n}", "date": "2026-11-18", "result": "confirmed"}
            ask("POST", f"/v1/items/{quoted(ref)}/evidence", body=json.dumps(piece), Content_Type="application/json")
        elif item["state"] in ("failed", "refused") and dice < 0.3:
            ask("POST", f"/v1/items/{quoted(ref)}/retry")
        elif item["state"] == "needs_human":
            vnepp("item", str(n), "resolve", rng.choice(("failed", "retry")), "--why", "looked, =seen")


def number_items(count):
    """Item numbers by ref, as the operator's view has them."""
    views = {}
    for n in range(1, count + 1):
        status, out = vnepp("item", str(n), "--json")
        if status:
            break
        view = json.loads(out)
        views[view["ref"]] = view
    return views


def play():
    """Two batches and a repetition. Returns the batches and the lines of each."""
    status, out = vnepp("ledger", "import", "history.ndjson")
    if status:
        give_up(f"the history could not be imported: {out}")
    lines = sample()
    cut = len(lines) * 3 // 4
    batches = {submit(lines[:cut], "first"): lines[:cut]}
    first = next(iter(batches))
    listeners = {first: Events(first)}
    rested(first)
    seen = {item["state"] for item in compare_lists(first, batches[first])}
    # What fails or goes to review is rare: a draw of lines may be without.
    check("the history has much in it", {"done", "refused", "waiting"} <= seen, seen)
    vnepp("pause", "--partner", "anphat", "--why", "to have some to cancel")
    second = submit(lines[cut - 20:], "second")  # 20 of them are the first batch's
    batches[second] = lines[cut - 20:]
    listeners[second] = Events(second)
    ask("POST", f"/v1/batches/{second}/cancel")
    third = submit(rng.sample(lines, 30), "third")
    batches[third] = None
    listeners[third] = Events(third)
    vnepp("resume")
    numbers = {ref: view["item"] for ref, view in number_items(len(lines)).items()}
    for _ in range(2):
        for batch in (first, second):
            people(batch, numbers)
        for batch in batches:
            rested(batch)
    return batches, listeners, len(lines)


# ---- what is compared ----

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
    same(f"batch {batch}: vnepp batch", [told["lines"], told["moving"], {s: n for s, n in told["states"].items() if n}],
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
        status, _, text = ask("GET", f"/v1/domains/{quoted(name)}")
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
    until("the last message", lambda: len(receiver.taken()) >= len(changes))
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
    check("each is signed", all(is_signed(s, SECRET) for s in receiver.all()))
    check("some were refused, and came again", len(receiver.all()) > len(taken))


def main():
    prepare()
    receiver = prepare_webhook()
    gateway = start_gateway()
    webhookd = start_webhookd()
    batches, listeners, count = play()
    before = {b: compare_lists(b, lines) for b, lines in batches.items()}
    views = number_items(count)
    all_rows = {item["ref"]: item for rows in before.values() for item in rows}
    same("every item has a number", set(views), set(all_rows))
    for rows in before.values():
        for item in rows:
            theirs = dict(all_rows[item["ref"]], line=item["line"])
            same(f"{item['ref']} in two batches", item, theirs)
    compare_single(list(all_rows.values()), views)
    compare_names(all_rows.values())
    for batch, rows in before.items():
        compare_commands(batch, rows)
    for p in (gateway, webhookd):
        p.send_signal(signal.SIGKILL)
        p.wait()
    start_gateway()
    start_webhookd()
    for batch, rows in before.items():
        same(f"batch {batch} after a kill", items(batch), rows)
    compare_changes(all_rows, listeners)
    compare_webhook(receiver)
    check("something was cancelled", any(i["state"] == "cancelled" for i in all_rows.values()))


try:
    main()
except Exception as e:  # what the comparison stumbles over is a failure, with its place
    import traceback
    traceback.print_exc()
    check("the test itself", False, repr(e))
finally:
    for p in processes:
        if p.poll() is None:
            p.terminate()
    for p in processes:
        try:
            p.wait(10)
        except subprocess.TimeoutExpired:
            p.kill()
    if not os.environ.get("HISTORY_KEEP"):
        shutil.rmtree(folder, ignore_errors=True)
    else:
        print(folder)
if failed:
    print(f"again with HISTORY_SEED={SEED}")
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
