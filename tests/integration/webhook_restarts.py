"""What goes on around vnepp-webhookd: it, the daemon, the database and the feed go and come back. Part of webhook.py."""
import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import time

from receiver import Holding
from webhook_world import compare, configure, ended, receivers, reload, submit
from world import (BUILD, PARTNERS, ROOT, check, comes, events, folder, kill, path, processes, read, read_port, skip, start_gateway,
                   start_webhookd, until, write)


def try_stop(p, a):
    """What is on its way when it is asked to stop comes back first."""
    configure({"anphat": (a, {}), "hoasen": (receivers["hoasen"], {})}, timeout="20s")
    reload(p)
    a.behave = holding = Holding()
    before = len(a.all())
    refs = submit("anphat", 4)
    ended("anphat", refs)
    until("one under way", lambda: holding.seen)  # of a receiver that has taken nothing yet there is one at a time
    p.send_signal(signal.SIGTERM)
    until("the stop", lambda: "signal=15" in events("signal")[-1])
    check("it waits for what is on its way", p.poll() is None)
    holding.answer()
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
        a.behave = holding = Holding()
        refs = submit("anphat", 3)
        until("one under way", lambda: holding.seen)
        db.execute("BEGIN IMMEDIATE")
        holding.answer()
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
    read_port("daemon/new-ports")
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
