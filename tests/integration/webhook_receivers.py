"""What receivers of webhooks may do: refuse, be slow, be gone, be hostile, be somewhere else. Part of webhook.py."""
import re
import threading
import time
from email.utils import formatdate

from receiver import Receiver, is_signed, stream
from webhook_world import compare, configure, ended, receivers, reload, secrets, status_of, submit, webhookd
from world import check, comes, events, folder, kill, read, start_webhookd, until


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


def metrics():
    """Of each figure, by partner."""
    code, text = webhookd("--metrics")
    check("metrics: fine", code == 0, text)
    lines = [l for l in text.splitlines() if not l.startswith("#")]
    families = [l.split()[2] for l in text.splitlines() if l.startswith("# TYPE")]
    check("metrics: each family once", len(families) == len(set(families)) and len(lines) == len(families) * len(receivers), text)
    found = re.findall(r'^(vnepp_webhook_[a-z_]+)\{partner="([^"]+)"\} (\d+)$', text, re.M)
    check("metrics: nothing else", len(found) == len(lines), text)
    return {(name, partner): int(value) for name, partner, value in found}


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
    check("status: a table, too", "anphat" in webhookd("--status")[1] and "off" in webhookd("--status")[1])
    m = metrics()
    check("metrics: off, and what waits since when", (m["vnepp_webhook_off", "anphat"], m["vnepp_webhook_off", "hoasen"]) == (1, 0)
          and m["vnepp_webhook_waiting", "anphat"] == standing["waiting"] and 0 < m["vnepp_webhook_oldest_timestamp_seconds", "anphat"] <= time.time(), m)
    check("metrics: the other one is fine", m["vnepp_webhook_delivered_timestamp_seconds", "hoasen"] > 0
          and (m["vnepp_webhook_waiting", "hoasen"], m["vnepp_webhook_failing", "hoasen"]) == (0, 0), m)
    code, text = webhookd("--enable", "hoasen")
    check("what is not off cannot be switched on", code == 1 and "not switched off" in text, text)
    code, text = webhookd("--enable", "nobody")
    check("nor whom nobody knows", code == 1 and "no receiver" in text, text)
    code, text = webhookd("--enable", "anphat")
    check("enable", code == 0, text)
    compare("enabled", a, "anphat", refs)
    comes("status: fine again", lambda: status_of("anphat")["state"] == "fine")
    check("… in the log", len(events("webhook.enabled")) == 1)
    return p


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


def resident_kb(p):
    with open(f"/proc/{p.pid}/status") as f:
        return int(next(line for line in f if line.startswith("VmRSS")).split()[1])


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
    webhookd("--enable", "anphat")
    compare("… until it is switched on", a, "anphat", refs)
    configure({"anphat": (a, {}), "hoasen": (h, {})})
    reload(p)


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
