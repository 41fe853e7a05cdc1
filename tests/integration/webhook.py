#!/usr/bin/env python3
"""
Webhooks from end to end: partners submit to the daemon, vnepp-webhookd reads its feed socket, receivers of this script take what
comes over HTTPS, verify it as the Standard Webhooks specification has it, and compare it with GET /v1/changes.
"""
import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time

from receiver import Receiver, is_signed, new_secret
from webhook_receivers import (try_certificates, try_failures, try_giving_up, try_gone, try_hostile, try_inside, try_slow)
from webhook_restarts import try_feed, try_kills, try_restored, try_stop, try_store, try_users
from webhook_world import ask, changes, compare, configure, ended, prepare, receivers, reload, secrets, submit, webhookd
from world import (BUILD, PARTNERS, ROOT, check, comes, folder, kill, path, processes, read, run, skip, start_gateway, start_webhookd,
                   until, write)


def try_delivery(a, h):
    refs_a, refs_h = submit("anphat", 40), submit("hoasen", 40)
    taken = compare("anphat", a, "anphat", refs_a) or []
    compare("hoasen", h, "hoasen", refs_h)
    check("each has its signature", taken and all(is_signed(s, secrets["anphat"]) for s in taken))
    check("… which another secret does not make", not any(is_signed(s, secrets["hoasen"]) for s in taken))
    check("… one for one secret", all(" " not in s["signature"] for s in taken))
    s = taken[0]
    changed = dict(s, body=s["body"].replace(b"anphat", b"anphut"))
    check("… and which does not fit another body", not is_signed(changed, secrets["anphat"]))
    check("… or another time", not is_signed(dict(s, timestamp=str(int(s["timestamp"]) + 1)), secrets["anphat"]))
    check("the URL is the partner's", {s["path"] for s in taken} == {"/hook?of=vnepp"})
    check("it is JSON and says who sends", all(s["headers"]["Content-Type"] == "application/json" and
                                               s["headers"]["User-Agent"].startswith("vnepp-webhookd/") for s in taken))
    check("a message is some hundred bytes", max(len(s["body"]) for s in taken) < 1000)
    check("no partner sees another's", {s["change"]["ref"].split("-")[0] for s in a.all()} == {"anphat"} and
          {s["change"]["ref"].split("-")[0] for s in h.all()} == {"hoasen"})
    check("connections are kept", a.connections <= 40, a.connections)


def try_contract(a):
    """What was sent, against the section webhooks of the contract."""
    try:
        from jsonschema import Draft202012Validator, FormatChecker
    except ImportError:
        return skip("python3-jsonschema is not installed (make deps-test)")
    doc = json.loads(ask("anphat", "GET", "/v1/openapi.json")[1])
    hook = doc["webhooks"]["change"]["post"]
    schema = {**hook["requestBody"]["content"]["application/json"]["schema"], "components": doc["components"]}
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    wrong = [e.message for s in a.all() for e in validator.iter_errors(s["change"])]
    check("messages are what the contract says", not wrong, wrong[:3])
    fields = {f["name"]: Draft202012Validator(f["schema"]) for f in hook["parameters"] if f["in"] == "header"}
    check("… and their fields", set(fields) == {"webhook-id", "webhook-timestamp", "webhook-signature"} and
          all(v.is_valid(s["headers"][name]) for s in a.all() for name, v in fields.items()))


def try_readme(a):
    """The receiver in PHP that daemon/webhook/README.md shows, behind this script's."""
    if not shutil.which("php"):
        return skip("php is not installed (make deps-ci)")
    with open(f"{ROOT}/daemon/webhook/README.md") as f:
        text = f.read()
    code = text[text.index("    [$id, $time, $signed]"):]
    code = code[:code.index("\n\n")]
    write("hook.php", f"<?php $secret = '{secrets['anphat']}';\n{code}\nhttp_response_code(204);\n")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        php_port = s.getsockname()[1]
    with open(path("php.log"), "w") as log:
        p = subprocess.Popen(["php", "-S", f"127.0.0.1:{php_port}", "hook.php"], cwd=folder, stdout=log, stderr=log)
    processes.append(p)

    def forward(seen, **changed):
        c = http.client.HTTPConnection("127.0.0.1", php_port, timeout=10)
        fields = {n: seen["headers"][n] for n in ("webhook-id", "webhook-timestamp", "webhook-signature", "Content-Type")}
        c.request("POST", "/", changed.pop("body", seen["body"]), {**fields, **{k.replace("_", "-"): v for k, v in changed.items()}})
        answer = c.getresponse()
        answer.read()
        return answer.status

    def listens():
        try:
            socket.create_connection(("127.0.0.1", php_port), 1).close()
            return True
        except OSError:
            return False

    until("php", listens)
    a.behave = forward
    taken = compare("README's receiver", a, "anphat", submit("anphat", 3)) or []
    s = taken[-1]
    check("README's receiver: 204", {x["status"] for x in taken} == {204})
    check("… another body: 401", forward(s, body=s["body"] + b" ") == 401)
    check("… another id: 401", forward(s, webhook_id="msg_0") == 401)
    check("… another time: 401", forward(s, webhook_timestamp="1614265330") == 401)
    check("… no signature: 401", forward(s, webhook_signature="") == 401)
    check("… one that fits among others: 204", forward(s, webhook_signature="v1,AAAA " + s["signature"]) == 204)
    a.behave = lambda seen: 200
    p.kill()


def try_rotation(p, a):
    old, new = secrets["anphat"], new_secret()
    write("anphat.secrets", f"{new}\n{old}\n")
    reload(p)
    taken = compare("two secrets", a, "anphat", submit("anphat", 5)) or []
    check("two secrets: both sign", all(is_signed(s, old) and is_signed(s, new) and s["signature"].count("v1,") == 2 for s in taken))
    write("anphat.secrets", new + "\n")
    reload(p)
    taken = compare("the new secret", a, "anphat", submit("anphat", 5)) or []
    check("the new secret alone signs", all(is_signed(s, new) and not is_signed(s, old) for s in taken))
    secrets["anphat"] = new


def say(sock, line):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(20)
        s.connect(path(sock))
        s.sendall(json.dumps(line).encode() + b"\n")
        return json.loads(s.makefile().readline())


def try_feed_socket():
    for command in ("status", "reload", "pause", "config", "drain", "item", "store", "policy kept"):
        answer = say("f.sock", {"cmd": command, "item": 1})
        check(f"the feed socket does not know '{command}'", answer["ok"] is False and "no such command" in answer["error"], answer)
    check("… and the control socket knows no changes", not say("c.sock", {"cmd": "changes", "partner": "anphat", "from": "now"})["ok"])
    page = say("f.sock", {"cmd": "changes", "partner": "anphat", "from": "beginning", "limit": 4})
    check("a page of changes", page["ok"] and page["changes"] == changes("anphat")[:4] and page["more"] is True, page)
    page = say("f.sock", {"cmd": "changes", "partner": "anphat", "after": page["next"], "limit": 2})
    check("… and the next", page["changes"] == changes("anphat")[4:6], page)
    check("… of one partner", all(c["ref"].startswith("anphat") for c in page["changes"]))
    now = say("f.sock", {"cmd": "changes", "partner": "anphat", "from": "now"})
    check("… from now on", now["changes"] == [] and now["more"] is False)
    for wrong in ({}, {"partner": "nobody", "from": "now"}, {"partner": "anphat"}, {"partner": "anphat", "after": "x"},
                  {"partner": "anphat", "from": "later"}):
        answer = say("f.sock", {"cmd": "changes", **wrong})
        check(f"{wrong} is refused", answer["ok"] is False and answer["error"], answer)


def try_beginning(p, h, other):
    """A receiver that is new, from the beginning."""
    kill(p, signal.SIGTERM)
    os.remove(path("hooks.db"))
    configure({"anphat": (other, {"from": "beginning"}), "hoasen": (h, {})}, parallel=1)
    all_told = changes("anphat")
    at = time.monotonic()
    p = start_webhookd()
    comes("from the beginning: everything that ever was", lambda: len(other.taken()) >= len(all_told), 60)
    rate = len(all_told) / (time.monotonic() - at)
    check("… one after the other without a pause between", rate > 60, f"{rate:.0f} messages a second")
    check("… each as it was told", sorted((s["change"] for s in other.taken().values()), key=str) == sorted(all_told, key=str))
    return p


def positions():
    with contextlib.closing(sqlite3.connect(path("hooks.db"))) as db:
        return db.execute("SELECT count(*) FROM feed").fetchone()[0]


def try_start():
    write("bad.yaml", "feed: f.sock\nreceiver: []\n", 0o644)
    r = subprocess.run([f"{BUILD}/vnepp-webhookd", "--check", "--config", "bad.yaml"], cwd=folder, capture_output=True)
    check("--check of a bad configuration", r.returncode == 1 and b"bad.yaml:2:1: error" in r.stderr, r.stderr)
    code, text = webhookd("--check")
    check("--check of a good one", code == 0 and "fine" in text, text)
    os.chmod(path("anphat.secrets"), 0o644)
    code, text = webhookd("--check")
    check("secrets that others can read are refused", code == 1 and "open to others" in text, text)
    os.chmod(path("anphat.secrets"), 0o600)
    code, text = webhookd("--status")
    check("--status before the first start", code == 1 and "has not run yet" in text, text)
    r = subprocess.run([f"{BUILD}/vnepp-webhookd", "--status", "--enable", "x"], cwd=folder, capture_output=True)
    check("two things at once are usage", r.returncode == 2)


def main():
    prepare()
    gateway = start_gateway()
    a, h = Receiver(folder), Receiver(folder)
    receivers.update(anphat=a, hoasen=h)
    configure({"anphat": (a, {}), "hoasen": (h, {})})
    try_start()
    ended("anphat", submit("anphat", 3))  # before anybody listens
    p = start_webhookd()
    until("a position in both feeds", lambda: positions() == len(PARTNERS))
    check("the database is for its own user", os.stat(path("hooks.db")).st_mode & 0o777 == 0o600)
    r = subprocess.run([f"{BUILD}/vnepp-webhookd", "--config", "webhooks.yaml"], cwd=folder, capture_output=True, timeout=30)
    check("a second one on the same database is refused", r.returncode == 1 and b"another vnepp-webhookd" in r.stderr, r.stderr)
    try_feed_socket()
    try_delivery(a, h)
    try_contract(a)
    try_readme(a)
    try_rotation(p, a)
    try_failures(a)
    p = try_gone(p, a)
    try_slow(p, a, h)
    p = try_stop(p, a)
    try_store(p, a)
    try_hostile(p, a, h)
    try_certificates(p, a, h)
    p, gateway = try_kills(p, gateway, a, h)
    gateway = try_feed(p, gateway, a)
    try_giving_up(p, a, h)
    try_inside(p, a)
    configure({"anphat": (a, {}), "hoasen": (h, {})})
    reload(p)
    compare("what was refused inside, elsewhere", h, "hoasen", submit("hoasen", 1))
    other = Receiver(folder)
    p = try_beginning(p, h, other)
    check("it stops when asked", kill(p, signal.SIGTERM) == 0 and "event=stopped" in read("w.log"))
    for secret in secrets.values():
        check("no secret is in a log", secret not in read("w.log") and secret[10:30] not in read("w.log"))
    gateway = try_restored(gateway)
    try_users(start_webhookd(), gateway, other)


run(main, "WEBHOOK_KEEP")
