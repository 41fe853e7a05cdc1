"""Webhooks in tests: what vnepp-webhookd is told to do, partners who submit, and what must hold of all that is received."""
import json
import signal
import subprocess

import world
from lines import paid_line
from receiver import new_secret
from world import (BUILD, PARTNERS, check, comes, events, folder, give_up, make_certificates, start_registry, until, write, write_gateway)

secrets = {name: new_secret() for name in PARTNERS}
receivers = {}  # by partner


def prepare():
    make_certificates("extra")
    start_registry("--listen", "127.0.0.1:0", "--cert", "certs/registry.pem", "--key", "certs/registry.key", "--ca",
                   "certs/ca.pem", "--account", "anphat:testpw12,sessions=8,rate=2000", "--port-file", "rport")
    write_gateway("hooks", dict.fromkeys(PARTNERS, "anphat"), {"backoff": "{min: 50ms, max: 500ms}", "settle": "300ms"})
    write_secrets()


# ---- vnepp-webhookd ----

def write_secrets():
    for name, secret in secrets.items():
        write(f"{name}.secrets", secret + "\n")


def configure(entries, give_up_after="5d", timeout="2s", first="100ms", longest="1s", parallel=8):
    """entries: partner -> (receiver or URL, further settings)."""
    text = (f"feed: f.sock\ndatabase: hooks.db\ntimeout: {timeout}\nparallel: {parallel}\nlog: {{format: logfmt}}\n"
            f"retry: {{first: {first}, longest: {longest}, give_up: {give_up_after}}}\nreceivers:\n")
    for partner, (to, more) in entries.items():
        url = to if isinstance(to, str) else to.url()
        more = {"ca": "certs/ca.pem", "internal": "true", "secrets": f"{partner}.secrets", **more}
        text += f"  - partner: {partner}\n    url: \"{url}\"\n" + "".join(f"    {k}: {v}\n" for k, v in more.items() if v)
    write("webhooks.yaml", text, 0o644)


def reload(p):
    before = len(events("config.reloaded"))
    p.send_signal(signal.SIGHUP)
    until("the reload", lambda: len(events("config.reloaded")) > before)


def webhookd(*args):
    r = subprocess.run([f"{BUILD}/vnepp-webhookd", *args, "--config", "webhooks.yaml"], cwd=folder, capture_output=True, timeout=30)
    return r.returncode, (r.stdout + r.stderr).decode()


def status_of(partner):
    r = subprocess.run([f"{BUILD}/vnepp-webhookd", "--status", "--json", "--config", "webhooks.yaml"], cwd=folder, capture_output=True)
    return {x["partner"]: x for x in json.loads(r.stdout)["receivers"]}[partner]


# ---- partners ----

def ask(partner, method, where, body=None, **fields):
    """Status and text. 409: the same lines are still on their way, from the time before a kill."""
    status, _, text = world.ask(partner, method, where, body, (409, 429, 503), **fields)
    return status, text


serial = 0


def submit(partner, count):
    """Refs of new lines, each its own name."""
    global serial
    refs, lines = [], []
    for _ in range(count):
        serial += 1
        refs.append(f"{partner}-{serial}")
        lines.append(json.dumps(paid_line(refs[-1], f"ten{serial}.com.vn")) + "\n")
    status, text = ask(partner, "POST", "/v1/batches", "".join(lines).encode(), Content_Type="application/x-ndjson")
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
