"""A daemon under load that reloads again and again.

reloads.py DIR VNEPPD RELOADS RATE: starts VNEPPD with DIR/vneppd.yaml, and prints what happened as one line of JSON.

Requests go at RATE per second over kept connections: queries, and every tenth a batch of one new line. Each reload is a
SIGHUP, over when the daemon has said READY=1. Files change before each: weights, sometimes the account's window (its
sessions log out and come back), sometimes something that is wrong (and must change nothing).
"""
import http.client, json, os, re, signal, socket, ssl, subprocess, sys, threading, time

from lines import paid_line

folder, daemon, reloads, rate = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
THREADS = 8
PAUSE_S = 0.03  # a reload takes some milliseconds: requests must come between them, too
context = ssl.create_default_context(cafile=folder + "/certs/ca.pem")
context.load_cert_chain(folder + "/certs/anphat.pem", folder + "/certs/anphat.key")
over, lock = threading.Event(), threading.Lock()
sent = {"asked": 0, "submitted": 0}
failures, slowest = [], 0.0


def request(connection, number):
    if number % 10:
        connection.request("GET", "/v1/limits" if number % 3 else "/v1/batches/1")
        expected = (200,)
    else:
        line = paid_line("n%d" % number, "ten-%d.com.vn" % number)
        connection.request("POST", "/v1/batches", json.dumps(line), {"Content-Type": "application/x-ndjson"})
        expected = (202,)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status not in expected:
        raise RuntimeError("%d %s" % (answer.status, body[:200]))


def load(thread):
    global slowest
    connection = http.client.HTTPSConnection("localhost", port, timeout=30, context=context)
    number, start = thread + THREADS, time.monotonic()
    while not over.is_set():
        wait = start + (number // THREADS - 1) * THREADS / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        begin = time.monotonic()
        try:
            request(connection, number)
        except Exception as e:  # whatever it is, a partner would have seen it
            with lock:
                failures.append("request %d: %s %s" % (number, type(e).__name__, e))
            connection.close()
        with lock:
            sent["submitted" if number % 10 == 0 else "asked"] += 1
            slowest = max(slowest, time.monotonic() - begin)
        number += THREADS
    connection.close()


def write(name, text):
    with open(folder + "/" + name + ".new", "w") as f:
        f.write(text)
    os.rename(folder + "/" + name + ".new", folder + "/" + name)


def await_ready(ear, seconds):
    ear.settimeout(seconds)
    while b"READY=1" not in ear.recv(4096):
        pass


def reload_once(i, ear, process, main, partners):
    bad = i % 7 == 3
    write("partners.yaml", re.sub("weight: [0-9]+", "weight: %s" % ("many" if bad else 1 + i % 9), partners))
    if i % 10 == 5:
        write("vneppd.yaml", re.sub("window: [0-9]+", "window: %d" % (2 + i % 4), main))
    process.send_signal(signal.SIGHUP)
    await_ready(ear, 60)
    return bad


def run():
    main, partners = open(folder + "/vneppd.yaml").read(), open(folder + "/partners.yaml").read()
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.bind(folder + "/notify")
    log = open(folder + "/d.log", "ab")
    process = subprocess.Popen([daemon, "--config", folder + "/vneppd.yaml", "--ports-file", folder + "/ports"],
                               env=dict(os.environ, NOTIFY_SOCKET=folder + "/notify"), stderr=log)
    await_ready(ear, 60)
    global port
    port = int(re.search("api=([0-9]+)", open(folder + "/ports").read()).group(1))
    first = http.client.HTTPSConnection("localhost", port, timeout=30, context=context)
    request(first, 0)  # the batch that is asked about
    threads = [threading.Thread(target=load, args=(t,)) for t in range(THREADS)]
    begin, bad = time.monotonic(), 0
    for t in threads:
        t.start()
    try:
        for i in range(reloads):
            bad += reload_once(i, ear, process, main, partners)
            time.sleep(PAUSE_S)
    finally:
        seconds = time.monotonic() - begin
        over.set()
        for t in threads:
            t.join()
    write("partners.yaml", partners)
    print(json.dumps({"reloads": reloads, "refused": bad, "seconds": round(seconds, 1), "asked": sent["asked"],
                      "submitted": sent["submitted"], "per_second": round(sum(sent.values()) / seconds), "failed": len(failures),
                      "slowest_ms": round(slowest * 1000), "first_failures": failures[:5], "pid": process.pid}))


run()
