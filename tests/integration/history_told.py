"""Where a history is told, and asked for: the API as the partner anphat, the command line, the events of a batch. Part of history.py."""
import http.client
import json
import os
import random
import subprocess
import threading
import time
import urllib.parse

import world
from world import BUILD, check, folder, tls

SEED = int(os.environ.get("HISTORY_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
rng = random.Random(SEED)


def ask(method, where, body=None, Accept="application/json", **fields):
    """Status and text."""
    status, _, text = world.ask("anphat", method, where, body, Accept=Accept, **fields)
    return status, text


def get(where, accept="application/json"):
    status, text = ask("GET", where, Accept=accept)
    check(f"GET {where} is answered", status == 200, f"{status} {text}")
    return text


def quoted(ref):
    return urllib.parse.quote(ref, safe="")


def vnepp(*args):
    r = subprocess.run([f"{BUILD}/vnepp", *args, "--profile", "profile.yaml"], cwd=folder, capture_output=True, timeout=60)
    return r.returncode, r.stdout.decode()


def pages(where, key):
    """All entries of a list that comes in pages, of a random size each."""
    rows, after = [], None
    while True:
        limit = rng.choice((1, 7, 50, 333, 1000)) if len(rows) % 7 else 333
        page = json.loads(get(f"{where}{'&' if '?' in where else '?'}limit={limit}" + (f"&after={after}" if after else "")))
        rows += page[key]
        if key == "changes":
            if not page["more"]:
                return rows
        elif page["next"] is None:
            return rows
        after = page["next"]


def items(batch):
    return pages(f"/v1/batches/{batch}/items", "items")


def number_items(count):
    """Item numbers by ref, as the operator's view has them."""
    views = {}
    for n in range(1, count + 1):
        status, out = vnepp("item", str(n), "--json")
        if status:
            break
        view = json.loads(out)
        views[view["ref"]] = view
    return views


class Events(threading.Thread):
    """Server-sent events of a batch, over as many connections as it takes: each ends after some events or a kill."""

    def __init__(self, batch):
        super().__init__(daemon=True)
        self.batch, self.changes, self.counts, self.last, self.stop = batch, [], None, None, False
        self.rng = random.Random(SEED + int(batch))
        self.start()

    def run(self):
        while not self.stop:
            try:
                self.once()
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(0.1)

    def once(self):
        c = http.client.HTTPSConnection("127.0.0.1", world.port, context=tls("anphat"), timeout=2)
        c.request("GET", f"/v1/batches/{self.batch}/events", headers={"Last-Event-ID": self.last} if self.last else {})
        answer = c.getresponse()
        if answer.status != 200:
            time.sleep(0.2)
            return
        left, fields = self.rng.randrange(1, 120), {}
        while not self.stop and left:
            line = answer.readline()
            if not line:
                return
            line = line.decode().rstrip("\n")
            if line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields:
                self.take(fields)
                left -= fields.get("event") == "change"
                fields = {}
        c.close()

    def take(self, fields):
        if fields.get("event") == "batch":
            self.counts = json.loads(fields["data"])
        elif fields.get("event") == "change":
            self.last = fields["id"]
            change = json.loads(fields["data"])
            check("an event's id is its cursor", change["cursor"] == fields["id"])
            self.changes.append(change)
