"""What hostile or broken partners do to the daemon, over TLS, and the exact answer to each.

hostile.py DIR PORT: prints "FAILED: …" for each that is not so, and how many are ("N passed, N failed").

Two partners: anphat does all this, hoasen is the honest one beside it. See test_hostile.sh for the daemon's limits.
"""
import gzip, json, socket, ssl, struct, sys, threading, time

from lines import paid_line

folder, port = sys.argv[1], int(sys.argv[2])
HEAD_S, BODY_S, HANDSHAKE_S = 10, 30, 10  # the daemon's deadlines
MAX_LINE, MAX_BODY, MAX_LINES, MAX_CONNECTIONS, MAX_REQUESTS = 4096, 1 << 20, 100, 60, 12
passed, failed, lock = 0, 0, threading.Lock()


def context(partner):
    c = ssl.create_default_context(cafile=folder + "/certs/ca.pem")
    c.load_cert_chain("%s/certs/%s.pem" % (folder, partner), "%s/certs/%s.key" % (folder, partner))
    return c


contexts = {name: context(name) for name in ("anphat", "hoasen")}


def check(what, good, seen=""):
    global passed, failed
    with lock:
        if good:
            passed += 1
        else:
            failed += 1
            print("FAILED: %s: %s" % (what, str(seen)[:600]), flush=True)


def dial(partner="anphat", source="127.0.0.1"):
    raw = socket.create_connection(("127.0.0.1", port), 60, (source, 0))
    return contexts[partner].wrap_socket(raw, server_hostname="localhost")


def hear(s):
    """Everything up to the end of the connection."""
    out = b""
    try:
        while True:
            piece = s.recv(65536)
            if not piece:
                return out
            out += piece
    except (ssl.SSLError, OSError):
        return out


def answers(heard):
    """[(status, headers, body)], the bodies by Content-Length; None for what is no answer."""
    out = []
    while heard:
        head, mark, rest = heard.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        if not mark or not lines[0].startswith("HTTP/1.1 "):
            return out + [None]
        fields = dict((n.lower(), v.strip()) for n, _, v in (line.partition(":") for line in lines[1:]))
        length = int(fields.get("content-length", 0))
        if int(lines[0][9:12]) != 100:
            out.append((int(lines[0][9:12]), fields, rest[:length]))
        heard = rest[length:]
    return out


def ask(data, partner="anphat", half_close=False):
    s = dial(partner)
    try:
        s.sendall(data)
    except OSError:
        pass  # it has said no already, and nobody listens
    if half_close:
        s.unwrap()
    heard = hear(s)
    s.close()
    return answers(heard)


def refused(what, data, status, word, urn=None):
    """One answer, a problem with this status whose text holds the word; then the end."""
    got = ask(data)
    good = len(got) == 1 and got[0] is not None and got[0][0] == status
    if good:
        problem = json.loads(got[0][2])
        good = (got[0][1].get("content-type") == "application/problem+json" and problem["status"] == status
                and word in json.dumps(problem, ensure_ascii=False) and got[0][1].get("connection") == "close")
        good = good and (urn is None or problem["type"] == "urn:vnepp:problem:" + urn)
    check(what, good, got)


def post(body, kind="application/x-ndjson", more="", path="/v1/batches"):
    return ("POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: %s\r\n%sContent-Length: %d\r\n\r\n"
            % (path, kind, more, len(body))).encode() + body


def line(ref, **more):
    return json.dumps(paid_line(ref, ref + ".com.vn", **more), ensure_ascii=False).encode() + b"\n"


def bad_line(what, body, number, reason, word, kind="application/x-ndjson", column=None):
    """422, and among the errors one of this line with this reason, and this word in what was expected."""
    got = ask(post(body, kind))
    errors = json.loads(got[0][2]).get("errors", []) if got and got[0] and got[0][0] == 422 else []
    good = any(e["line"] == number and e["reason"] == reason and word in e["expected"] and column in (None, e["column"]) for e in errors)
    check(what, good, got)


# ---- heads: what two readers could read in two ways, and what is too much ---------------------------------------------

HOST = b"Host: localhost\r\n"
SMUGGLED = b"GET /v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"


def heads():
    chunked, both = b"0\r\n\r\n", b"there must be one Content-Length, or one Transfer-Encoding"
    for what, fields, status, word in [
            ("a length and an encoding", b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400, both),
            ("an encoding and a length", b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400, both),
            ("two lengths", b"Content-Length: 5\r\nContent-Length: 50\r\n", 400, both),
            ("two lengths that agree", b"Content-Length: 5\r\nContent-Length: 5\r\n", 400, both),
            ("two encodings", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 400, both),
            ("a list of lengths", b"Content-Length: 5, 5\r\n", 400, b"Content-Length is not a number"),
            ("a signed length", b"Content-Length: +5\r\n", 400, b"Content-Length is not a number"),
            ("a length in hexadecimal", b"Content-Length: 0x5\r\n", 400, b"Content-Length is not a number"),
            ("a length beyond all numbers", b"Content-Length: 99999999999999999999\r\n", 400, b"Content-Length is not a number"),
            ("chunked, twice", b"Transfer-Encoding: chunked, chunked\r\n", 501, b"the only Transfer-Encoding known here is chunked"),
            ("chunked, but not last", b"Transfer-Encoding: chunked, identity\r\n", 501, b"the only Transfer-Encoding"),
            ("chunked with a tab", b"Transfer-Encoding:\x0bchunked\r\n", 400, b"a header line is not 'Name: value'"),
            ("a space before the colon", b"Transfer-Encoding : chunked\r\n", 400, b"a header line is not 'Name: value'"),
            ("a folded line", b"X: a\r\n Content-Length: 5\r\n", 400, b"folded header lines are not accepted"),
            ("a lonely LF", b"X: a\nContent-Length: 5\r\n", 400, b"lines must end with CR and LF"),
            ("a lonely CR", b"X: a\rContent-Length: 5\r\n", 400, b""),
            ("a NUL", b"X: a\0b\r\n", 400, b"a header line is not 'Name: value'"),
            ("a second host", b"Host: other\r\n", 400, b"exactly one Host"),
            ("an unknown expectation", b"Expect: 200-ok\r\n", 417, b"the only expectation known here")]:
        refused(what, b"POST /v1/batches HTTP/1.1\r\n" + HOST + fields + b"\r\n" + chunked + SMUGGLED, status, word.decode())
    post_chunked = b"POST /v1/batches HTTP/1.1\r\n" + HOST + b"Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
    for what, body in [("a chunk's size that is no number", b"5x\r\nabcde\r\n0\r\n\r\n"), ("a negative chunk", b"-5\r\nabcde\r\n0\r\n\r\n"),
                       ("a chunk longer than it says", b"3\r\nabcde\r\n0\r\n\r\n"), ("a chunk that ends with LF", b"5\nabcde\r\n0\r\n\r\n"),
                       ("a chunk beyond all numbers", b"ffffffffffffffffff\r\nab\r\n0\r\n\r\n")]:
        refused(what, post_chunked + body + SMUGGLED, 400, "the request body is not valid HTTP")
    refused("chunk extensions without end", post_chunked + b"5;" + b"a" * 20000 + b"\r\nabcde\r\n0\r\n\r\n", 431, "chunk extensions are too long")
    refused("trailers without end", post_chunked + b"0\r\n" + b"X: aaaaaaaaaa\r\n" * 2000 + b"\r\n", 431, "trailers")
    refused("a long request line", b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414, "the request line is too long")
    refused("a long header", b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 17000 + b"\r\n\r\n", 431, "the header section is too long")
    refused("many headers", b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 64 + b"\r\n", 431, "too many header fields")
    refused("no host", b"GET / HTTP/1.1\r\n\r\n", 400, "exactly one Host")
    refused("another protocol", b"\x00\x01\x02 hello\r\n\r\n", 400, "the request line is not")
    refused("another version", b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", 505, "only HTTP/1.1")
    refused("another method", b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n", 501, "this method is not implemented")


# ---- bodies ------------------------------------------------------------------------------------------------------------

def bodies():
    ok = line("good-1")
    refused("a body that says it is too large", post(b"")[:-5].replace(b"Content-Length: ", b"Content-Length: 2000000") + b"\r\n\r\n",
            413, "At most 1048576 bytes", "body-too-large")
    chunk = b"POST /v1/batches HTTP/1.1\r\n" + HOST + b"Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
    refused("a body that is too large without saying so", chunk + (b"10000\r\n" + b" " * 0xffff + b"\n\r\n") * 17 + b"0\r\n\r\n",
            413, "At most 1048576 bytes", "body-too-large")
    refused("more lines than may be", post(b"".join(line("many-%d" % i) for i in range(MAX_LINES + 1))), 413, "At most 100", "too-many-lines")
    refused("a packed body that unpacks to too much", post(gzip.compress(b" " * (MAX_BODY + 1)), more="Content-Encoding: gzip\r\n"),
            413, "At most 1048576 bytes, unpacked", "body-too-large")
    refused("a packed body that is broken", post(gzip.compress(ok)[:-9] + b"123456789", more="Content-Encoding: gzip\r\n"),
            400, "gzip:", "bad-encoding")
    refused("a packed body that ends early", post(gzip.compress(ok)[:-9], more="Content-Encoding: gzip\r\n"), 400, "it ends in the middle", "bad-encoding")
    refused("another packing", post(ok, more="Content-Encoding: br\r\n"), 415, "gzip, or not compressed", "unsupported-coding")
    refused("another media type", post(ok, kind="text/html"), 415, "application/x-ndjson, application/json or text/csv", "unsupported-media-type")
    refused("another charset", post(ok, kind="text/csv; charset=windows-1258"), 415, "in UTF-8", "unsupported-media-type")
    refused("an array that does not end", post(b"[" + ok.strip(), kind="application/json"), 400, "", "bad-body")
    refused("an array of nothing but brackets", post(b"[" * 100000, kind="application/json"), 400, "", "bad-body")
    refused("an empty body", post(b""), 422, "", "empty-batch")
    bad_line("a line that is too long", line("long-0") + line("long", services=["x" * MAX_LINE]) + line("long-2"), 2, "LINE_TOO_LONG", "at most 4096 bytes")
    bad_line("a line that is not UTF-8", line("bytes-0") + line("bytes").replace(b"Ban", b"\xff\xfe\xc0\x80") + line("bytes-2"), 2, "SYNTAX", "UTF-8")
    bad_line("UTF-8 of a surrogate", line("surrogate").replace(b"Ban", b"\xed\xa0\x80"), 1, "SYNTAX", "UTF-8")
    bad_line("UTF-8 in a longer form", line("overlong").replace(b"Ban", b"\xc0\xaf"), 1, "SYNTAX", "UTF-8")
    bad_line("a NUL", line("nul").replace(b"Ban", b"a\0b"), 1, "SYNTAX", "NUL", column=line("nul").decode().index("Ban") + 2)
    bad_line("half an escaped pair", line("half").replace(b"Ban", b"\\ud800"), 1, "SYNTAX", "both halves of a surrogate pair")
    bad_line("deep JSON", b'{"ref":"deep","x":' + b"[" * 1000 + b"]" * 1000 + b"}\n", 1, "SYNTAX", "less deep nesting")
    bad_line("deep JSON in a field that is known", b'{"ref":"deep2","ns":' + b'{"a":' * 300 + b"1" + b"}" * 300 + b"}\n", 1, "SYNTAX", "less deep nesting")
    bad_line("a name twice", b'{"ref":"twice","ref":"again"}\n', 1, "DUPLICATE", "only once")
    bad_line("a number beyond all numbers", line("number").replace(b'"period": 1', b'"period": 1e400'), 1, "WRONG_TYPE", "a whole number from 1 to 10")
    bad_line("a CSV cell that does not end", b'ref,op,domain\r\n"open,create,a.com.vn\r\n', 2, "SYNTAX", "closing quote", "text/csv")
    bad_line("a CSV that is not UTF-8", b"ref,op,domain\r\n\xff,create,a.com.vn\r\n", 2, "BAD_UTF8", "UTF-8", "text/csv", column=1)
    for what, path in [("a query that is badly encoded", "/v1/changes?after=%G1"), ("an unknown parameter", "/v1/changes?afer=1"),
                       ("a number beyond all numbers in a query", "/v1/changes?limit=99999999999999999999")]:
        refused(what, ("GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % path).encode(), 400, "")
    for what, key in [("a key with a space", "a b"), ("a key of 256 bytes", "k" * 256), ("a key in Vietnamese", "khoá")]:
        refused(what, post(ok, more="Idempotency-Key: %s\r\n" % key), 400, "1 to 255 visible ASCII characters", "bad-idempotency-key")


# ---- those who go early, and what they leave ---------------------------------------------------------------------------

def early():
    whole = post(line("early-1") + line("early-2"), more="Idempotency-Key: early\r\n")
    for cut in (1, 30, 120, len(whole) - 600, len(whole) - 1):
        for how in ("close", "unwrap", "reset"):
            s = dial()
            s.sendall(whole[:cut])
            if how == "unwrap":
                try:
                    s.unwrap()
                except (ssl.SSLError, OSError):
                    pass
            elif how == "reset":
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()
    deadline, got = time.monotonic() + 60, None
    while time.monotonic() < deadline:  # 409 as long as the daemon has not heard of the end of one
        got = ask(whole)
        if got and got[0] and got[0][0] != 409:
            break
        time.sleep(0.1)
    check("those who went early have left nothing behind", got and got[0] and got[0][0] == 202 and json.loads(got[0][2])["new"] == 2, got)
    s = dial()
    s.sendall(b"GET /v1/openapi.json HTTP/1.1\r\n" + HOST + b"\r\n")
    s.close()  # and does not listen
    got = ask(b"GET /v1/limits HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", half_close=False)
    check("one who asks and goes harms nobody", got and got[0] and got[0][0] == 200, got)
    got = ask(b"GET /v1/limits HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 5000000\r\nContent-Type: application/x-ndjson\r\n"
              b"Connection: close\r\n\r\n")
    check("who waits for 100 in vain is answered", len(got) == 1 and got[0] and got[0][0] == 200, got)


# ---- the slow ones --------------------------------------------------------------------------------------------------------

def ends_in(what, begin, drip, seconds, status, partner="anphat"):
    """Slow in this way, it gets this answer after so many seconds, and not much later."""
    s, from_ = dial(partner), time.monotonic()
    s.sendall(begin)
    over = threading.Event()

    def drip_on():
        while not over.wait(0.5):
            try:
                s.sendall(drip)
            except OSError:
                return
    t = threading.Thread(target=drip_on)
    if drip:
        t.start()
    heard = hear(s)
    took = time.monotonic() - from_
    over.set()
    if drip:
        t.join()
    s.close()
    got = answers(heard)
    good = len(got) == 1 and got[0] and got[0][0] == status and "the request did not come in time" in got[0][2].decode()
    check(what, good and seconds - 1 < took < seconds + 8, (took, got))


def slow_handshake():
    for what, begin in [("nothing said", b""), ("half a hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")]:
        s, from_ = socket.create_connection(("127.0.0.1", port), 60), time.monotonic()
        s.sendall(begin)
        try:
            while s.recv(4096):
                pass
        except OSError:
            pass
        took = time.monotonic() - from_
        check("a handshake with %s ends" % what, HANDSHAKE_S - 1 < took < HANDSHAKE_S + 8, took)
        s.close()


def slow():
    body = b"POST /v1/batches HTTP/1.1\r\n" + HOST + b"Content-Type: application/x-ndjson\r\nContent-Length: 100000\r\n\r\n"
    ways = [("a slow request line", b"GET /", b"a", HEAD_S), ("a slow header", b"GET / HTTP/1.1\r\n" + HOST + b"X: ", b"a", HEAD_S),
            ("a header that stops", b"GET / HTTP/1.1\r\n" + HOST, b"", HEAD_S), ("a body that does not begin", body, b"", BODY_S),
            ("a slow body", body, b" ", BODY_S),
            ("a slow body in chunks", body.replace(b"Content-Length: 100000", b"Transfer-Encoding: chunked"), b"1\r\n \r\n", BODY_S)]
    threads = [threading.Thread(target=ends_in, args=(w[0], w[1], w[2], w[3], 408)) for w in ways] + [threading.Thread(target=slow_handshake)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


# ---- crowds ---------------------------------------------------------------------------------------------------------------

def honest_is_served(what):
    for i in range(5):
        got = ask(b"GET /v1/limits HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", "hoasen")
        check("%s: an honest partner is served" % what, len(got) == 1 and got[0] and got[0][0] == 200, got)


def crowds():
    # Strangers who say nothing, from many addresses and from the honest partner's own.
    crowd = []
    for i in range(3 * MAX_CONNECTIONS):
        crowd.append(socket.create_connection(("127.0.0.1", port), 60, ("127.0.%d.%d" % (1 + i // 100, 1 + i % 100), 0)))
    honest_is_served("a silent crowd of many addresses")
    for i in range(2 * MAX_CONNECTIONS):
        crowd.append(socket.create_connection(("127.0.0.1", port), 60))
    honest_is_served("a silent crowd at the same address")
    for s in crowd:
        s.close()
    # Partners that are slow with their heads.
    crowd = []
    for i in range(2 * MAX_CONNECTIONS):
        try:
            s = dial(source="127.0.9.%d" % (1 + i // 4))
            s.sendall(b"GET / HTTP/1.1\r\nHo")
            crowd.append(s)
        except OSError:
            pass  # it had to make room at once
    honest_is_served("a crowd of slow heads")
    for s in crowd:
        s.close()
    # One partner that uses all its requests up, with bodies that do not come.
    crowd = []
    deadline, got = time.monotonic() + 60, None
    while time.monotonic() < deadline:  # the first ones may meet requests of before, and be refused themselves
        if len(crowd) < 2 * MAX_REQUESTS:
            s = dial()
            s.sendall(b"POST /v1/batches HTTP/1.1\r\n" + HOST + b"Content-Type: application/x-ndjson\r\nContent-Length: 1000\r\n\r\n")
            crowd.append(s)
        got = ask(b"GET /v1/limits HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        if got and got[0] and got[0][0] == 429:
            break
    check("… but not before they are used up", len(crowd) >= MAX_REQUESTS, len(crowd))
    problem = json.loads(got[0][2]) if got and got[0] else {}
    check("beyond its requests a partner hears 429", got and got[0] and got[0][0] == 429 and got[0][1].get("retry-after") == "1"
          and problem["type"] == "urn:vnepp:problem:too-many-requests" and "At most %d at a time" % MAX_REQUESTS in problem["detail"], got)
    honest_is_served("a partner whose bodies do not come")
    for s in crowd:
        s.close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        got = ask(b"GET /v1/limits HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        if got and got[0] and got[0][0] == 200:
            break
    check("when they are gone, it is served again", got and got[0] and got[0][0] == 200, got)


heads()
bodies()
early()
crowds()
slow()
honest_is_served("after all that")
print("%d passed, %d failed" % (passed, failed))
