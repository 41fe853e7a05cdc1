#!/usr/bin/env python3
"""Hands a batch in, waits until nothing of it moves without a person, prints "ref state" for each line.

    submit.py batch.ndjson       VNEPP_URL, VNEPP_CERT, VNEPP_KEY, VNEPP_CA: the gateway, and who we are
"""
import hashlib
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request

tls = ssl.create_default_context(cafile=os.environ["VNEPP_CA"])
tls.load_cert_chain(os.environ["VNEPP_CERT"], os.environ["VNEPP_KEY"])


def ask(method, path, fields={}, body=None):
    """Sends until the answer is no request to wait. Returns status, header fields, body."""
    while True:
        request = urllib.request.Request(os.environ["VNEPP_URL"] + path, body, fields, method=method)
        wait = None
        try:
            with urllib.request.urlopen(request, context=tls, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as e:
            wait = e.headers.get("Retry-After")
            if e.code not in (409, 429, 503) or (e.code != 503 and not wait):
                return e.code, e.headers, e.read()
        except OSError:
            pass  # the link: the gateway may have taken it, and sending it again is harmless
        time.sleep(float(wait or 2))


with open(sys.argv[1], "rb") as f:
    batch_file = f.read()
# The same file under the same key may be sent again at any time: it is taken once.
status, head, body = ask("POST", "/v1/batches", {
    "Content-Type": "application/x-ndjson",
    "Idempotency-Key": hashlib.sha256(batch_file).hexdigest()}, batch_file)
if status != 202:
    sys.exit(body.decode())
batch = head["Location"]

while json.loads(ask("GET", batch)[2])["moving"] > 0:
    time.sleep(1)

after = "0"
while after:
    path = batch + "/items?limit=1000&after=" + after
    answer = json.loads(ask("GET", path, {"Accept": "application/json"})[2])
    for item in answer["items"]:
        print(item["ref"], item["state"])
    after = answer["next"]
