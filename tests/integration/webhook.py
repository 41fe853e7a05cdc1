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
import sys
import threading
import time
from email.utils import formatdate

import webhook_world as world
from receiver import Receiver, is_signed, new_secret
from webhook_world import (BUILD, PARTNERS, ROOT, ask, changes, check, comes, compare, configure, ended, events, folder, give_up, kill,
                           path, prepare, processes, read, reload, skip, start_gateway, start_webhookd, submit, until, write)


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
    """The receiver in PHP that README.md shows, behind this script's."""
    if not shutil.which("php"):
        return skip("php is not installed (make deps-ci)")
    with open(f"{ROOT}/README.md") as f:
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


def try_failures(a):
    failing, lock = set(), threading.Lock()

    def once(seen):
        with lock:
            first = seen["id"] not in failing
            failing.add(seen["id"])
        return 500 if first and int(seen["change"]["ref"].split("-")[1]) % 3 == 0 else 200

    a.behave = once
    refs = submit("anphat", 30)
    compare("500, then 200", a, "anphat", refs)
    check("… it was refused at first", any(s["status"] == 500 for s in a.all()))
    tries = {}
    for s in a.all():
        tries.setdefault(s["id"], []).append(s)
    check("… and each attempt is signed anew", all(is_signed(s, secrets["anphat"]) for t in tries.values() if len(t) > 1 for s in t))
    check("… in the log", events("webhook.failed") and "status=500" in events("webhook.failed")[-1])
    for status, wait in ((503, lambda: "2"), (429, lambda: formatdate(time.time() + 3, usegmt=True))):
        asked = []

        def later(seen):
            asked.append((seen["id"], seen["at"]))
            return (status, {"Retry-After": wait()}) if len(asked) == 1 else 200

        a.behave = later
        compare(f"{status} with Retry-After", a, "anphat", submit("anphat", 1))
        check("… is heeded", asked[1][1] - asked[0][1] >= 1.9, asked)
    a.behave = lambda seen: 200


def status_of(partner):
    r = subprocess.run([f"{BUILD}/vnepp-webhookd", "--status", "--json", "--config", "webhooks.yaml"], cwd=folder, capture_output=True)
    return {x["partner"]: x for x in json.loads(r.stdout)["receivers"]}[partner]


def run(*args):
    r = subprocess.run([f"{BUILD}/vnepp-webhookd", *args, "--config", "webhooks.yaml"], cwd=folder, capture_output=True, timeout=30)
    return r.returncode, (r.stdout + r.stderr).decode()


def try_gone(p, a):
    check("status: fine", status_of("anphat")["state"] == "fine", status_of("anphat"))
    a.behave = lambda seen: 410
    refs = submit("anphat", 10)
    until("the end", lambda: events("webhook.disabled"))
    ended("anphat", refs)
    until("no more attempts", lambda: not [s for s in a.all() if s["at"] > time.monotonic() - 0.7])
    before = len(a.all())
    a.behave = lambda seen: 200
    refs += submit("anphat", 5)
    ended("anphat", refs)
    kill(p)
    p = start_webhookd()
    compare("another receiver goes on", receivers["hoasen"], "hoasen", submit("hoasen", 5))
    check("410: nothing is sent any more, nor after a restart", len(a.all()) == before)
    standing = status_of("anphat")
    check("status: off, and why", standing["state"] == "off" and "410" in standing["trouble"] and standing["waiting"] > 0, standing)
    check("status: a table, too", "anphat" in run("--status")[1] and "off" in run("--status")[1])
    code, text = run("--enable", "hoasen")
    check("what is not off cannot be switched on", code == 1 and "not switched off" in text, text)
    code, text = run("--enable", "nobody")
    check("nor whom nobody knows", code == 1 and "no receiver" in text, text)
    code, text = run("--enable", "anphat")
    check("enable", code == 0, text)
    compare("enabled", a, "anphat", refs)
    comes("status: fine again", lambda: status_of("anphat")["state"] == "fine")
    check("… in the log", len(events("webhook.enabled")) == 1)
    return p


def try_inside(p, a):
    """The same receiver, to which connections are open, for a partner that may not go there."""
    for host in ("localhost", "127.0.0.1", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "0x7f.1"):
        configure({"anphat": (a, {}), "hoasen": (a.url(host), {"internal": "false"})})
        reload(p)
        before = len(events("webhook.failed"))
        compare(f"a connection is open ({host})", a, "anphat", submit("anphat", 2))
        submit("hoasen", 1)
        until("a refusal", lambda: len(events("webhook.failed")) > before)
        check(f"{host} is inside", "inside our own network" in events("webhook.failed")[-1], events("webhook.failed")[-1])
    check("nothing of hoasen's went there", not any(s["change"]["ref"].startswith("hoasen") for s in a.all()))


def try_kills(p, gateway, a, h):
    refs = {"anphat": [], "hoasen": []}
    for i in range(12):
        for partner in PARTNERS:
            refs[partner] += submit(partner, 25)
        time.sleep(0.05 * (i % 4))  # a moment of its own for each kill
        kill(p)
        if i % 3 == 1:
            kill(gateway)
            gateway = start_gateway()
        p = start_webhookd()
    for partner, receiver in (("anphat", a), ("hoasen", h)):
        compare(f"killed 12 times, {partner}", receiver, partner, refs[partner])
    twice = sum(len(r.all()) - len(r.taken()) for r in (a, h))
    print(f"  {sum(map(len, refs.values()))} items, 12 kills of vnepp-webhookd, 4 of vneppd: {twice} messages came again")
    return p, gateway


def try_feed(p, gateway, a):
    lost = len(events("feed.lost"))
    kill(gateway, signal.SIGTERM)
    comes("the feed's end is told", lambda: len(events("feed.lost")) == lost + 1)
    time.sleep(2.2)  # two more attempts to connect
    check("… once", len(events("feed.lost")) == lost + 1)
    back = len(events("feed.connected"))
    gateway = start_gateway()
    comes("and its return", lambda: len(events("feed.connected")) == back + 1)
    compare("after the daemon's return", a, "anphat", submit("anphat", 5))
    return gateway


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


def resident_kb(p):
    with open(f"/proc/{p.pid}/status") as f:
        return int(next(line for line in f if line.startswith("VmRSS")).split()[1])


def stream(head, piece, pause=0.0, most=2000):
    def write_all(out):
        out.write(head)
        for _ in range(most):
            out.write(piece)
            out.flush()
            if pause:
                time.sleep(pause)
    return write_all


def try_stop(p, a):
    """What is on its way when it is asked to stop comes back first."""
    answers, entered = threading.Event(), []

    def slow(seen):
        entered.append(seen)
        answers.wait(15)
        return 200

    configure({"anphat": (a, {}), "hoasen": (receivers["hoasen"], {})}, timeout="20s")
    reload(p)
    a.behave = slow
    before = len(a.all())
    refs = submit("anphat", 4)
    ended("anphat", refs)
    until("one under way", lambda: entered)  # of a receiver that has taken nothing yet there is one at a time
    p.send_signal(signal.SIGTERM)
    until("the stop", lambda: "signal=15" in events("signal")[-1])
    check("it waits for what is on its way", p.poll() is None)
    answers.set()
    check("… and stops then", p.wait(10) == 0)
    p = start_webhookd()
    compare("before and after a stop", a, "anphat", refs)
    check("… nothing came twice", len(a.all()) - before == len({s["id"] for s in a.all()[before:]}), f"{len(a.all()) - before} messages")
    a.behave = lambda seen: 200
    configure({"anphat": (a, {}), "hoasen": (receivers["hoasen"], {})})
    reload(p)
    return p


def try_store(p, a):
    """Somebody holds the database; a reload that is wrong; one that wants another database."""
    before = len(a.all())
    with contextlib.closing(sqlite3.connect(path("hooks.db"), isolation_level=None)) as db:
        answers, entered = threading.Event(), []

        def slow(seen):
            entered.append(seen)
            answers.wait(15)
            return 200

        a.behave = slow
        refs = submit("anphat", 3)
        until("one under way", lambda: entered)
        db.execute("BEGIN IMMEDIATE")
        answers.set()
        comes("a database that cannot be written is told", lambda: events("webhook.store_failed"))
        ended("anphat", refs)
        db.execute("ROLLBACK")
    compare("after that", a, "anphat", refs)
    check("… nothing came twice", len(a.all()) - before == len({s["id"] for s in a.all()[before:]}), len(a.all()) - before)
    a.behave = lambda seen: 200
    good = read("webhooks.yaml")
    write("webhooks.yaml", good.replace("receivers:", "recievers:"), 0o644)
    p.send_signal(signal.SIGHUP)
    comes("a wrong configuration is refused", lambda: events("config.refused"))
    check("… with its place", "webhooks.yaml:" in read("w.log") and "unknown key 'recievers'" in read("w.log"))
    compare("… and changes nothing", a, "anphat", submit("anphat", 2))
    write("webhooks.yaml", good.replace("database: hooks.db", "database: none/of/it.db"), 0o644)
    reload(p)
    check("another database waits for the next start", "it.db" in events("config.restart_needed")[-1])
    compare("… until then it is this one", a, "anphat", submit("anphat", 2))
    write("webhooks.yaml", good, 0o644)
    reload(p)


def try_hostile(p, a, h):  # p: whose memory is looked at
    """What a receiver answers beside a status is its own affair, as long as it costs us nothing."""
    ok = b"HTTP/1.1 200 OK\r\n"
    cases = [  # what, the answer, is it a success?
        ("a body of 100 MB", stream(ok + b"Content-Length: 104857600\r\n\r\n", b"x" * 65536, most=1600), True),
        ("an endless body", stream(ok + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 4096 + b"\r\n", most=20000), True),
        ("a body that never ends to come", stream(ok + b"Content-Length: 1000\r\n\r\n", b"x", 0.1, 100), True),
        ("a body that is cut", stream(ok + b"Content-Length: 1000\r\n\r\n", b"", most=1), True),
        ("an endless head", stream(ok, b"X-Filler: " + b"y" * 1000 + b"\r\n", most=20000), False),
        ("a line without end", stream(b"HTTP/1.1 200 " + b"z" * 1000, b"z" * 65536, most=200), False),
        ("a slow head", stream(b"H", b"T", 0.2, 100), False),
        ("garbage", stream(bytes(range(256)) * 8, b"\0\xff" * 100, most=10), False),
        ("nothing at all", stream(b"", b"", most=1), False),
        ("100 for ever", stream(b"", b"HTTP/1.1 100 Continue\r\n\r\n", most=20000), False),
        ("silence", stream(b"", b"", 0.5, 20), False),
        ("a status that is none", stream(b"HTTP/1.1 2000 OK\r\n\r\n", b"", most=1), False),
        ("a redirect", stream(f"HTTP/1.1 307 Go\r\nLocation: {h.url()}\r\nContent-Length: 0\r\n\r\n".encode(), b"", most=1), False),
    ]
    for what, answer, success in cases:
        done = []

        def behave(seen):
            if done:
                return 200
            done.append(seen["id"])
            return answer

        before, refused = len(a.all()), len(events("webhook.failed"))
        a.behave = behave
        ref = submit("anphat", 1)[0]
        at = time.monotonic()
        told = ended("anphat", [ref])
        wanted = [c for c in told if c["ref"] == ref]
        have = lambda: {s["change"]["cursor"] for s in a.all()[before:]}
        until(f"{what}: all of it", lambda: have() >= {c["cursor"] for c in wanted} and status_of("anphat")["waiting"] == 0)
        again = [s for s in a.all()[before:] if s["id"] == done[0]]
        check(f"{what}: {'the status counts' if success else 'it is sent again'}", (len(again) == 1) == success,
              f"{len(again)} attempts; " + "".join(events("webhook.failed")[-1:]))
        # libcurl itself tries again when a kept connection turns out to be closed
        check(f"{what}: {'no' if success else 'a'} failure in the log", (len(events("webhook.failed")) > refused) != success or
              what == "nothing at all")
        check(f"{what}: in bounded time", time.monotonic() - at < 10, time.monotonic() - at)
    a.behave = lambda seen: 200
    check("no redirect was followed", not any(s["change"]["ref"].startswith("anphat") for s in h.all()))
    check("memory stays small", resident_kb(p) < 64 << 10, f"{resident_kb(p)} KB")


def try_certificates(p, a, h):
    for certificate in ("wrong-name", "expired", "stranger"):
        other = Receiver(folder, certificate)
        configure({"anphat": (other, {}), "hoasen": (h, {})})
        reload(p)
        before = len(events("webhook.failed"))
        refs = submit("anphat", 1)
        until("a refusal", lambda: len(events("webhook.failed")) > before)
        check(f"a receiver with the certificate '{certificate}' gets nothing", not other.all())
        check("… and the log says why", "certificate" in events("webhook.failed")[-1].lower() or "SSL" in events("webhook.failed")[-1],
              events("webhook.failed")[-1])
        configure({"anphat": (a, {}), "hoasen": (h, {})})
        reload(p)
        compare(f"with another URL than '{certificate}'", a, "anphat", refs)


def try_slow(p, a, h):
    """One receiver takes all the time there is, with all its slots."""
    a.behave = lambda seen: stream(b"", b"", 0.5, 20)
    refs = submit("anphat", 30)
    until("slow ones under way", lambda: len([s for s in a.all() if s["change"]["ref"] in set(refs)]) >= 3)
    at = time.monotonic()
    mine = submit("hoasen", 20)
    compare("beside a slow receiver", h, "hoasen", mine)
    worst = max(s["at"] for s in h.all() if s["change"]["ref"] in set(mine)) - at
    check("… without delay", worst < 5, f"{worst:.1f} s")
    a.behave = lambda seen: 200
    compare("the slow one, when it is quick again", a, "anphat", refs)


def try_giving_up(p, a, h):
    configure({"anphat": (a, {}), "hoasen": (h, {})}, give_up_after="2s")
    reload(p)
    poisoned = submit("anphat", 1)[0]
    a.behave = lambda seen: 400 if seen["change"]["ref"] == poisoned else 200
    refused = "status 400"
    end = time.monotonic() + 30
    while len(events("webhook.given_up")) < 2 and time.monotonic() < end:
        compare("beside a message that is refused", a, "anphat", submit("anphat", 2))
    check("a message that is refused for long, while others are taken, is given up", refused in "".join(events("webhook.given_up")[-1:]),
          read("w.log")[-600:])
    check("… and the receiver stays on", status_of("anphat")["state"] != "off")
    off = len(events("webhook.disabled"))
    a.behave = lambda seen: 502
    refs = submit("anphat", 3)
    comes("a receiver that takes nothing for long is switched off", lambda: len(events("webhook.disabled")) > off)
    a.behave = lambda seen: 200
    check("… its messages wait", status_of("anphat")["waiting"] > 0)
    run("--enable", "anphat")
    compare("… until it is switched on", a, "anphat", refs)
    configure({"anphat": (a, {}), "hoasen": (h, {})})
    reload(p)


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


def try_restored(gateway):
    """The gateway's store is an earlier one (here: a fresh one) than vnepp-webhookd has read."""
    kill(gateway, signal.SIGTERM)
    for name in os.listdir(folder):
        if name.startswith("vnepp.db"):
            os.remove(path(name))
    gateway = start_gateway()
    p = start_webhookd()
    comes("a store that is older than what was read is told", lambda: "ahead of everything" in "".join(events("feed.refused")[-1:]))
    kill(p, signal.SIGTERM)
    os.remove(path("hooks.db"))
    return gateway


def owned_by(names, uid, gid):
    for name in names:
        for at, folders, files in os.walk(path(name)):
            for one in folders + files:
                os.chown(os.path.join(at, one), uid, gid)
        os.chown(path(name), uid, gid)


def try_users(p, gateway, other):
    """As installed: each a user of its own, and a folder for the socket that gives it to the other's group."""
    if os.geteuid() != 0:
        return skip("two users of their own need root")
    daemon, webhook = 64101, 64102
    kill(p, signal.SIGTERM)
    kill(gateway, signal.SIGTERM)
    ours = ["pw", "vneppd.yaml", "partners.yaml", "d.log", "ports"] + [n for n in os.listdir(folder) if n.startswith("vnepp.db")]
    theirs = ["webhooks.yaml", "w.log", "anphat.secrets", "hoasen.secrets"] + [n for n in os.listdir(folder) if n.startswith("hooks.db")]
    for name in ("daemon", "webhook"):
        os.mkdir(path(name), 0o700)
    shutil.copytree(path("certs"), path("daemon/certs"))
    shutil.copytree(f"{ROOT}/policy/rules", path("daemon/rules"))
    for where, names, uid in (("daemon", ours, daemon), ("webhook", theirs, webhook)):
        for name in names:
            os.rename(path(name), path(f"{where}/{name}"))
        owned_by([where], uid, uid)
    shutil.copy(path("certs/ca.pem"), path("webhook/ca.pem"))
    os.chmod(path("webhook/ca.pem"), 0o644)
    os.mkdir(path("feed"))
    os.chown(path("feed"), daemon, webhook)
    os.chmod(path("feed"), 0o2750)
    os.chmod(folder, 0o711)
    for name, changes in (("daemon/vneppd.yaml", ((f"{folder}/f.sock", f"{folder}/feed/f.sock"), (f"{folder}/c.sock", f"{folder}/daemon/c.sock"),
                                                  (f"{ROOT}/policy/rules", "rules"))),
                          ("webhook/webhooks.yaml", (("feed: f.sock", "feed: ../feed/f.sock"), ("certs/ca.pem", "ca.pem")))):
        text = read(name)
        for before, after in changes:
            text = text.replace(before, after)
        with open(path(name), "w") as f:
            f.write(text)

    for program in ("vneppd", "vnepp-webhookd"):  # the tree may lie where other users do not get
        shutil.copy(f"{BUILD}/{program}", path(program))

    def as_user(uid, *args, log):
        with open(path(log), "ab") as f:
            q = subprocess.Popen(args, cwd=folder, stdout=f, stderr=f, stdin=subprocess.DEVNULL, user=uid, group=uid, extra_groups=[])
        processes.append(q)
        return q

    gateway = as_user(daemon, path("vneppd"), "--config", "daemon/vneppd.yaml", "--ports-file", "daemon/new-ports", log="daemon/d.log")
    until("the gateway, as its user", lambda: gateway.poll() is not None or os.path.exists(path("daemon/new-ports")))
    if gateway.poll() is not None:
        print(read("daemon/d.log")[-2000:])
    world.port = int(dict(line.split("=") for line in read("daemon/new-ports").split())["api"])
    socket_is = os.stat(path("feed/f.sock"))
    check("the feed socket is for vnepp-webhookd's group", (socket_is.st_uid, socket_is.st_gid, socket_is.st_mode & 0o777) ==
          (daemon, webhook, 0o660), socket_is)
    p = as_user(webhook, path("vnepp-webhookd"), "--config", "webhook/webhooks.yaml", log="webhook/w.log")
    refs = submit("anphat", 5)
    until("messages, as their user", lambda: p.poll() is not None or {s["change"]["ref"] for s in other.taken().values()} >= set(refs))
    check("each as a user of its own: everything arrives", p.poll() is None)
    for name in ["daemon/" + n for n in ours] + ["daemon/certs/gateway.key", "daemon/c.sock"]:
        r = subprocess.run(["cat", path(name)], user=webhook, group=webhook, extra_groups=[], capture_output=True)
        check(f"vnepp-webhookd's user cannot read {name}", r.returncode != 0 and b"Permission denied" in r.stderr, r.stderr)
    r = subprocess.run(["ls", path("feed")], user=64103, group=64103, extra_groups=[], capture_output=True)
    check("nobody else gets to the feed socket", r.returncode != 0)

def positions():
    with contextlib.closing(sqlite3.connect(path("hooks.db"))) as db:
        return db.execute("SELECT count(*) FROM feed").fetchone()[0]


def try_start():
    write("bad.yaml", "feed: f.sock\nreceiver: []\n", 0o644)
    r = subprocess.run([f"{BUILD}/vnepp-webhookd", "--check", "--config", "bad.yaml"], cwd=folder, capture_output=True)
    check("--check of a bad configuration", r.returncode == 1 and b"bad.yaml:2:1: error" in r.stderr, r.stderr)
    code, text = run("--check")
    check("--check of a good one", code == 0 and "fine" in text, text)
    os.chmod(path("anphat.secrets"), 0o644)
    code, text = run("--check")
    check("secrets that others can read are refused", code == 1 and "open to others" in text, text)
    os.chmod(path("anphat.secrets"), 0o600)
    code, text = run("--status")
    check("--status before the first start", code == 1 and "has not run yet" in text, text)
    r = subprocess.run([f"{BUILD}/vnepp-webhookd", "--status", "--enable", "x"], cwd=folder, capture_output=True)
    check("two things at once are usage", r.returncode == 2)


secrets = {n: new_secret() for n in PARTNERS}
receivers = {}


def main():
    prepare()
    gateway = start_gateway()
    a, h = Receiver(folder), Receiver(folder)
    receivers.update(anphat=a, hoasen=h)
    for name, secret in secrets.items():
        write(f"{name}.secrets", secret + "\n")
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


try:
    main()
except Exception as e:  # what the script stumbles over is a failure, with its place
    import traceback
    traceback.print_exc()
    check("the test itself", False, repr(e))
finally:
    world.finish()
sys.exit(world.failed > 0)
