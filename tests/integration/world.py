"""
A registry, a daemon and vnepp-webhookd for tests in Python, on free ports and in a folder that is removed at the end, and the
counting of what was checked. (tests/harness/gateway.sh is the same for scripts.)
"""
import http.client
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import traceback

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
ROOT = os.getcwd()
CLOCK = "2026-11-20T09:00:00+07:00"
PARTNERS = ("anphat", "hoasen")
TOLD_FAILURES = 20  # all are counted
folder = tempfile.mkdtemp()
processes = []
port = None  # of the partners' API
passed = failed = skipped = 0


# ---- counting ----

def check(what, fine, detail=""):
    global passed, failed
    if fine:
        passed += 1
        return
    failed += 1
    if failed <= TOLD_FAILURES:
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


def skip(why):
    global skipped
    skipped += 1
    print(f"SKIPPED: {why}")


def give_up(why):
    """Ends the test: what follows cannot do without it."""
    global failed
    failed += 1
    print(f"FAILED: {why}")
    for log in ("d.log", "w.log", "r.log"):
        if os.path.exists(path(log)):
            print(last_lines(log, 8))
    sys.exit(1)


def comes_true(condition, seconds):
    """What it was at last: within so many seconds, or nothing."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    return None


def until(what, condition, seconds=30):
    return comes_true(condition, seconds) or give_up(f"{what} did not come within {seconds} s")


def comes(what, condition, seconds=30):
    """The same as a check: what follows can do without it."""
    fine = comes_true(condition, seconds)
    check(what, fine, "" if fine else f"not within {seconds} s\n{last_lines('w.log', 6)}")


# ---- files ----

def path(name):
    return os.path.join(folder, name)


def read(name):
    with open(path(name), errors="replace") as f:
        return f.read()


def write(name, text, mode=0o600):
    with open(path(name), "w") as f:
        f.write(text)
    os.chmod(path(name), mode)


def last_lines(name, count):
    return "".join(read(name).splitlines(True)[-count:])


def events(name, log="w.log"):
    return [line for line in read(log).splitlines() if f"event={name} " in line]


# ---- what is needed before ----

def make_certificates(*extra):
    """And the accounts' password."""
    subprocess.run(["sh", f"{ROOT}/certs/dev-ca.sh", path("certs"), *extra], check=True, capture_output=True)
    write("pw", "testpw12\n")


def write_gateway(instance, accounts, settings):
    """The daemon's configuration, for the registry that runs: accounts of it, the account of each partner, more settings of it."""
    write("vneppd.yaml", f"""instance: {instance}
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
""" + "".join(f"    {key}: {value}\n" for key, value in settings.items()) + "    accounts:\n" + "".join(
        f"      - {{name: {name}, login: {name}, password_file: pw, certificate: certs/gateway.pem, key: certs/gateway.key, "
        "sessions: 2}\n" for name in sorted(set(accounts.values()))))
    write("partners.yaml", "partners:\n" + "".join(
        f"  - {{name: {name}, certificates: [{{san_uri: 'urn:vnepp:partner:{name}'}}], account: {account}}}\n"
        for name, account in accounts.items()))


# ---- processes ----

def start(program, *args, log):
    with open(path(log), "ab") as f:
        p = subprocess.Popen([os.path.join(BUILD, program), *args], cwd=folder, stdout=f, stderr=f, stdin=subprocess.DEVNULL)
    processes.append(p)
    return p


def start_registry(*args):
    start("vnepp-regsim", *args, log="r.log")
    until("the registry", lambda: os.path.exists(path("rport")))


def read_port(ports):
    global port
    port = int(dict(line.split("=") for line in read(ports).split())["api"])


def start_gateway():
    if os.path.exists(path("ports")):
        os.remove(path("ports"))
    p = start("vneppd", "--config", "vneppd.yaml", "--ports-file", "ports", log="d.log")
    until("the gateway", lambda: p.poll() is not None or (os.path.exists(path("ports")) and "api=" in read("ports")))
    if p.poll() is not None:
        give_up("the gateway does not start")
    read_port("ports")
    return p


def start_webhookd():
    ready = len(events("ready")) if os.path.exists(path("w.log")) else 0
    p = start("vnepp-webhookd", "--config", "webhooks.yaml", log="w.log")
    until("vnepp-webhookd", lambda: p.poll() is not None or len(events("ready")) > ready)
    if p.poll() is not None:
        give_up("vnepp-webhookd does not start")
    return p


def kill(p, how=signal.SIGKILL):
    p.send_signal(how)
    return p.wait(30)


# ---- asking ----

def tls(partner):
    context = ssl.create_default_context(cafile=path("certs/ca.pem"))
    context.load_cert_chain(path(f"certs/{partner}.pem"), path(f"certs/{partner}.key"))
    return context


connections = {}  # one that is kept, by partner


def ask(partner, method, where, body=None, busy=(429, 503), **fields):
    """Status, header fields, body as text. Asked again as long as nobody answers, or one who is busy."""
    fields = {name.replace("_", "-"): value for name, value in fields.items()}
    for _ in range(100):
        c = connections.pop(partner, None) or http.client.HTTPSConnection("127.0.0.1", port, context=tls(partner), timeout=70)
        try:
            c.request(method, where, body, fields)
            answer = c.getresponse()
            text = answer.read().decode()
            connections[partner] = c
            if answer.status not in busy:
                return answer.status, answer.headers, text
        except (OSError, http.client.HTTPException):
            pass  # nobody is there, or goes just now
        time.sleep(0.1)
    give_up(f"{method} {where} is not answered")


# ---- the end ----

def finish(keep, again):
    for p in processes:
        if p.poll() is None:
            p.terminate()
    for p in processes:
        try:
            p.wait(10)
        except subprocess.TimeoutExpired:
            p.kill()
    if os.environ.get(keep):
        print(folder)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    if failed and again:
        print(f"again with {again}")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))


def run(test, keep, again=None):
    """A test from its beginning to its end, and of the program. keep: the variable of the environment that leaves the folder."""
    try:
        test()
    except Exception as e:  # what it stumbles over is a failure, with its place
        traceback.print_exc()
        check("the test itself", False, repr(e))
    finally:
        finish(keep, again)
    sys.exit(failed > 0)
