"""The world of webhook.py: a registry, a daemon, vnepp-webhookd, partners who submit, and what must hold of all that is received."""
import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
ROOT = os.getcwd()
folder = tempfile.mkdtemp()
processes = []
passed = failed = skipped = 0
PARTNERS = ("anphat", "hoasen")


def check(what, fine, detail=""):
    global passed, failed
    if fine:
        passed += 1
        return
    failed += 1
    print(f"FAILED: {what}: {detail}"[:1500])


def skip(why):
    global skipped
    skipped += 1
    print(f"SKIPPED: {why}")


def path(name):
    return os.path.join(folder, name)


def read(name):
    with open(path(name), errors="replace") as f:
        return f.read()


def write(name, text, mode=0o600):
    with open(path(name), "w") as f:
        f.write(text)
    os.chmod(path(name), mode)


def give_up(why):
    print(f"FAILED: {why}")
    for log in ("w.log", "d.log", "r.log"):
        if os.path.exists(path(log)):
            print("".join(read(log).splitlines(True)[-8:]))
    print(f"{passed} passed, {failed + 1} failed")
    sys.exit(1)


def until(what, condition, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    give_up(f"{what} did not come within {seconds} s")


def comes(what, condition, seconds=30):
    """The same as a check: what follows can do without it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return check(what, True)
        time.sleep(0.02)
    check(what, False, f"not within {seconds} s\n" + "".join(read("w.log").splitlines(True)[-6:]))


# ---- processes ----

def start(program, *args, log):
    with open(path(log), "ab") as f:
        p = subprocess.Popen([os.path.join(BUILD, program), *args], cwd=folder, stdout=f, stderr=f, stdin=subprocess.DEVNULL)
    processes.append(p)
    return p


def start_registry():
    start("vnepp-regsim", "--listen", "127.0.0.1:0", "--cert", "certs/registry.pem", "--key", "certs/registry.key", "--ca",
          "certs/ca.pem", "--account", "anphat:testpw12,sessions=8,rate=2000", "--port-file", "rport", log="r.log")
    until("the registry", lambda: os.path.exists(path("rport")))


def start_gateway():
    global port
    if os.path.exists(path("ports")):
        os.remove(path("ports"))
    p = start("vneppd", "--config", "vneppd.yaml", "--ports-file", "ports", log="d.log")
    until("the gateway", lambda: p.poll() is not None or (os.path.exists(path("ports")) and "api=" in read("ports")))
    if p.poll() is not None:
        give_up("the gateway does not start")
    port = int(dict(line.split("=") for line in read("ports").split())["api"])
    return p


def start_webhookd():
    ready = read("w.log").count("event=ready") if os.path.exists(path("w.log")) else 0
    p = start("vnepp-webhookd", "--config", "webhooks.yaml", log="w.log")
    until("vnepp-webhookd", lambda: p.poll() is not None or read("w.log").count("event=ready") > ready)
    if p.poll() is not None:
        give_up("vnepp-webhookd does not start")
    return p


def kill(p, how=signal.SIGKILL):
    p.send_signal(how)
    return p.wait(30)


def events(name, log="w.log"):
    return [line for line in read(log).splitlines() if f"event={name} " in line]


def prepare():
    subprocess.run(["sh", f"{ROOT}/certs/dev-ca.sh", path("certs"), "extra"], check=True, capture_output=True)
    write("pw", "testpw12\n")
    start_registry()
    write("vneppd.yaml", f"""instance: hooks
sandbox: {{clock: "2026-11-20T09:00:00+07:00"}}
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
    backoff: {{min: 50ms, max: 500ms}}
    settle: 300ms
    accounts:
      - {{name: anphat, login: anphat, password_file: pw, certificate: certs/gateway.pem, key: certs/gateway.key, sessions: 2}}
""")
    write("partners.yaml", "partners:\n" + "".join(
        f"  - {{name: {n}, certificates: [{{san_uri: 'urn:vnepp:partner:{n}'}}], account: anphat}}\n" for n in PARTNERS))


def configure(entries, give_up_after="5d", timeout="2s", first="100ms", parallel=8):
    """entries: partner -> (receiver or URL, further settings)."""
    text = (f"feed: f.sock\ndatabase: hooks.db\ntimeout: {timeout}\nparallel: {parallel}\nlog: {{format: logfmt}}\n"
            f"retry: {{first: {first}, longest: 1s, give_up: {give_up_after}}}\nreceivers:\n")
    for partner, (to, more) in entries.items():
        url = to if isinstance(to, str) else to.url()
        more = {"ca": "certs/ca.pem", "internal": "true", "secrets": f"{partner}.secrets", **more}
        text += f"  - partner: {partner}\n    url: \"{url}\"\n" + "".join(f"    {k}: {v}\n" for k, v in more.items() if v)
    write("webhooks.yaml", text, 0o644)


def reload(p):
    before = len(events("config.reloaded"))
    p.send_signal(signal.SIGHUP)
    until("the reload", lambda: len(events("config.reloaded")) > before)


# ---- partners ----

def ask(partner, method, where, body=None):
    context = ssl.create_default_context(cafile=path("certs/ca.pem"))
    context.load_cert_chain(path(f"certs/{partner}.pem"), path(f"certs/{partner}.key"))
    for _ in range(100):
        try:
            c = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=30)
            c.request(method, where, body, {"Content-Type": "application/x-ndjson"} if body else {})
            answer = c.getresponse()
            text = answer.read().decode()
            c.close()
            if answer.status not in (409, 429, 503):
                return answer.status, text
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.1)
    give_up(f"{method} {where} is not answered")


serial = 0


def submit(partner, count):
    """Refs of new lines, each its own name."""
    global serial
    refs, lines = [], []
    for _ in range(count):
        serial += 1
        refs.append(f"{partner}-{serial}")
        lines.append(json.dumps({
            "ref": refs[-1], "op": "create", "domain": f"ten{serial}.com.vn", "period": 1, "if_not_free": "charge",
            "max_fee_vnd": 900000, "applicant": {
                "kind": "other", "name": "Ban Tổ chức", "phone": "+84.281234567", "email": "a@example.vn", "address": {
                    "street": "1 Lê Lợi", "ward": "Bến Thành", "province": "79", "province_list": "2025-07-01", "country": "VN"}}}))
    status, text = ask(partner, "POST", "/v1/batches", ("\n".join(lines) + "\n").encode())
    if status != 202:
        give_up(f"a batch is refused: {status} {text[:500]}")
    return refs


def changes(partner):
    rows, after = [], None
    while True:
        page = json.loads(ask(partner, "GET", "/v1/changes?limit=1000" + (f"&after={after}" if after else ""))[1])
        rows += page["changes"]
        if not page["more"]:
            return rows
        after = page["next"]


def ended(partner, refs):
    """All changes, once every ref has a last word."""
    def look():
        rows = changes(partner)
        last = {c["ref"]: c["state"] for c in rows}
        return rows if all(last.get(r) in ("done", "failed") for r in refs) else None
    return until(f"the end of {len(refs)} items of {partner}", look)


def compare(what, receiver, partner, refs):
    """Everything about the refs has come, is what the API says, signed, each change under one id, in order of each item."""
    told = [c for c in ended(partner, refs) if c["ref"] in set(refs)]
    comes(f"{what}: everything arrives", lambda: {s["change"]["cursor"] for s in receiver.taken().values()} >= {c["cursor"] for c in told})
    taken = [s for s in receiver.taken().values() if s["change"]["ref"] in set(refs)]
    by_cursor = {s["change"]["cursor"]: s["change"] for s in taken}
    check(f"{what}: each change as GET /v1/changes tells it", all(by_cursor.get(c["cursor"]) == c for c in told))
    check(f"{what}: nothing else", len(taken) == len(told), f"{len(taken)} messages, {len(told)} changes")
    ids = {}
    for s in receiver.all():
        ids.setdefault(s["change"]["cursor"], set()).add(s["id"])
    check(f"{what}: a change keeps its id", all(len(i) == 1 for i in ids.values()))
    order = {}
    for s in sorted(taken, key=lambda s: s["at"]):
        order.setdefault(s["change"]["ref"], []).append(s["change"]["cursor"])
    for ref in refs:
        want = [c["cursor"] for c in told if c["ref"] == ref]
        if order.get(ref) != want:
            return check(f"{what}: in order of {ref}", False, f"{order.get(ref)} is not {want}")
    check(f"{what}: in order of each item", True)
    return taken


def finish():
    for p in processes:
        if p.poll() is None:
            p.terminate()
    for p in processes:
        try:
            p.wait(10)
        except subprocess.TimeoutExpired:
            p.kill()
    if not os.environ.get("WEBHOOK_KEEP"):
        shutil.rmtree(folder, ignore_errors=True)
    else:
        print(folder)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
