"""A receiver of webhooks, for tests: takes what comes over HTTPS, and verifies it as the Standard Webhooks specification has it."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import ssl
import threading
import time


def new_secret():
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()


def is_signed(seen, secret):
    """As a partner does it."""
    key = base64.b64decode(secret[len("whsec_"):])
    mac = hmac.new(key, f"{seen['id']}.{seen['timestamp']}.".encode() + seen["body"], hashlib.sha256).digest()
    fresh = abs(time.time() - int(seen["timestamp"])) < 300
    return fresh and any(hmac.compare_digest(s, "v1," + base64.b64encode(mac).decode()) for s in seen["signature"].split(" "))


class Receiver:
    """Takes messages. `behave` decides on each: a status, or (status, fields), or a function that writes an answer of its own."""

    def __init__(self, folder, certificate="api"):
        self.seen, self.connections, self.behave, self.lock = [], 0, lambda seen: 200, threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                seen = {"id": self.headers["webhook-id"], "timestamp": self.headers["webhook-timestamp"],
                        "signature": self.headers["webhook-signature"], "body": body, "path": self.path,
                        "at": time.monotonic(), "change": json.loads(body), "headers": self.headers}
                answer = outer.behave(seen)
                if callable(answer):
                    with outer.lock:
                        outer.seen.append(seen)
                    self.close_connection = True
                    try:
                        return answer(self.wfile)
                    except OSError:
                        return
                status, fields = answer if isinstance(answer, tuple) else (answer, {})
                seen["status"] = status
                with outer.lock:
                    outer.seen.append(seen)
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def get_request(self):
                outer.connections += 1
                return super().get_request()

            def handle_error(self, request, address):
                pass  # a peer that goes

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/certs/{certificate}.pem", f"{folder}/certs/{certificate}.key")
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, host="localhost"):
        return f"https://{host}:{self.port}/hook?of=vnepp"

    def all(self):
        with self.lock:
            return list(self.seen)

    def taken(self):
        """What was answered with 2xx, by id, in order of the first time."""
        first = {}
        for s in self.all():
            if 200 <= s.get("status", 0) < 300:
                first.setdefault(s["id"], s)
        return first


class Holding:
    """A behaviour: what comes is not answered before it may be."""

    def __init__(self):
        self.seen, self.may = [], threading.Event()

    def __call__(self, seen):
        self.seen.append(seen)
        self.may.wait(15)
        return 200

    def answer(self):
        self.may.set()


def stream(head, piece, pause=0.0, most=2000):
    """An answer that goes on and on."""
    def write_all(out):
        out.write(head)
        for _ in range(most):
            out.write(piece)
            out.flush()
            if pause:
                time.sleep(pause)
    return write_all
