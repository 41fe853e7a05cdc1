#!/usr/bin/env python3
"""
Names, states and numbers never disagree: a random part of the demo's sample goes through the daemon and a registry that
answers late, refuses, loses answers and decides by message; people approve, refuse, pause, cancel and send again; and
then everything that tells of it must tell the same, field by field, before and after a kill.
"""
import json
import os
import random
import subprocess
import time

import world
from history_compare import compare_changes, compare_commands, compare_lists, compare_names, compare_single, compare_webhook
from history_told import SEED, Events, ask, get, items, number_items, quoted, rng, vnepp
from receiver import Receiver
from webhook_world import configure, write_secrets
from world import (PARTNERS, ROOT, check, folder, give_up, kill, make_certificates, path, run, same, start_registry, start_webhookd,
                   until, write, write_gateway)

LINES = int(os.environ.get("HISTORY_LINES", "300"))


# ---- what there is ----

def prepare_registry():
    conf = ["listen 127.0.0.1:0", "cert certs/registry.pem", "key certs/registry.key", "ca certs/ca.pem",
            "account anphat:testpw12,sessions=8,rate=2000,subject=gateway",
            "account hoasen:testpw12,sessions=8,rate=2000,subject=gateway",
            "contact OLD-ANPHAT,anphat", "contact OLD-HOASEN,hoasen", "domains registry.csv", "port-file rport", f"seed {SEED}",
            "pending-per-mille 150", "refuse-glob *1*.id.vn", "pending-ms 100-1500", "fault-transforms-only",
            # few: the gateway slows down for each
            "fault close_after_commit=5", "fault close_before_commit=3", "fault drop_in_answer=3", "fault fail_2400=3",
            "fault fail_2400_committed=3", "fault delay=50", "fault-delay-ms 20-200",
            f"clock-shift-ms {1000 * (1795140000 - int(time.time()))}"]
    write("registry.conf", "\n".join(conf) + "\n")
    start_registry("--config", "registry.conf")


def prepare_webhook():
    """Its receiver refuses some, the first one among them, so that there is something to try again."""
    receiver, dice = Receiver(folder), random.Random(SEED)
    receiver.behave = lambda seen: 500 if not receiver.all() or dice.random() < 0.1 else 200
    write_secrets()
    configure({"anphat": (receiver, {"from": "beginning"})}, first="20ms", longest="200ms")
    return receiver


def prepare():
    make_certificates()
    subprocess.run(["perl", f"{ROOT}/tests/demo/sample.pl", folder], check=True)
    prepare_registry()
    write_gateway("history", {name: name for name in PARTNERS}, {
        "contacts": "create", "settle": "300ms", "poll": "100ms", "backoff": "{min: 50ms, max: 500ms}", "timeouts": "{answer: 3s}"})


def start_gateway():
    p = world.start_gateway()
    write("profile.yaml", f"url: 'https://127.0.0.1:{world.port}'\ncert: certs/anphat.pem\nkey: certs/anphat.key\n"
          "ca: certs/ca.pem\nsocket: c.sock\n")
    return p


# ---- what happens ----

# What lines of the sample are about, and the state in which they come to rest, whatever the registry does to others.
ENDS = {"enterprise of this year": "done", "too young": "refused", "century digit does not fit": "review",
        "the name exists already": "failed", "citizen of 18 to 23": "waiting"}


def without_evidence(lines):
    for item in lines:
        del item["evidence"]


def draw():
    """Lines at random; the first ones come to every end there is, the last ones can be cancelled, whatever is drawn."""
    with open(path("anphat.ndjson"), encoding="utf-8") as f:
        sample = {item["ref"]: item for item in map(json.loads, f)}
    with open(path("expected.tsv"), encoding="utf-8") as f:
        about = {ref: what for _, ref, what, *_ in (line.split("\t") for line in f)}
    left = list(sample)

    def some(count, kind=None):
        drawn = set(rng.sample([ref for ref in left if kind in (None, about[ref])], count))
        left[:] = [ref for ref in left if ref not in drawn]
        return [item for ref, item in sample.items() if ref in drawn]

    first = [item for kind in ENDS for item in some(4, kind)]
    without_evidence(first[-4:])
    last = some(4, "enterprise of this year")
    middle = some(LINES - len(first) - len(last))
    without_evidence(rng.sample([i for i in middle if i["op"] == "create" and i["domain"].endswith(".id.vn") and "evidence" in i], 5))
    lines = first + middle + last
    odd = ["=1+2", "+84", "-5", "@a", 'a,"b";c', "'x'", "a/b?c=d&e#f", "%2e%2e", "..%2f", "<b>"]
    for item, ref in zip(rng.sample(lines, len(odd)), odd):
        item["ref"] = ref
    return lines


def submit(lines, key):
    body = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in lines).encode()
    status, text = ask("POST", "/v1/batches", body=body, Content_Type="application/x-ndjson", Idempotency_Key=key)
    if status != 202:
        give_up(f"the batch {key} is refused: {status} {text[:500]}")
    return json.loads(text)["batch"]


def rested(batch):
    return until(f"the rest of batch {batch}", lambda: (lambda b: b["moving"] == 0 and b["counts"]["pending"] == 0 and b)(
        json.loads(get(f"/v1/batches/{batch}"))), 120)


def people(batch, numbers):
    """Approve and refuse what waits for a person, add evidence, try again what failed, decide what nobody can tell."""
    for item in items(batch):
        n, ref, dice = numbers[item["ref"]], item["ref"], rng.random()
        if item["state"] == "review" and dice < 0.7:
            vnepp("review", "approve" if dice < 0.4 else "refuse", str(n), "--why", rng.choice(("=looked, \"seen\"", "thẻ khác người")))
        elif item["state"] == "waiting" and dice < 0.7:
            piece = {"type": "ekyc", "issuer": "UBND, \"xã\"", "reference": f"E-{n}", "date": "2026-11-18", "result": "confirmed"}
            ask("POST", f"/v1/items/{quoted(ref)}/evidence", body=json.dumps(piece), Content_Type="application/json")
        elif item["state"] in ("failed", "refused") and dice < 0.3:
            ask("POST", f"/v1/items/{quoted(ref)}/retry")
        elif item["state"] == "needs_human":
            vnepp("item", str(n), "resolve", rng.choice(("failed", "retry")), "--why", "looked, =seen")


def play():
    """Two batches and a repetition. Returns the batches and the lines of each."""
    status, out = vnepp("ledger", "import", "history.ndjson")
    if status:
        give_up(f"the history could not be imported: {out}")
    lines = draw()
    cut = len(lines) * 3 // 4
    batches = {submit(lines[:cut], "first"): lines[:cut]}
    first = next(iter(batches))
    listeners = {first: Events(first)}
    rested(first)
    seen = {item["state"] for item in compare_lists(first, batches[first])}
    check("the history has much in it", set(ENDS.values()) <= seen, seen)
    vnepp("pause", "--partner", "anphat", "--why", "to have some to cancel")
    second = submit(lines[cut - 20:], "second")  # 20 of them are the first batch's
    batches[second] = lines[cut - 20:]
    listeners[second] = Events(second)
    ask("POST", f"/v1/batches/{second}/cancel")
    third = submit(rng.sample(lines, 30), "third")
    batches[third] = None
    listeners[third] = Events(third)
    vnepp("resume")
    numbers = {ref: view["item"] for ref, view in number_items(len(lines)).items()}
    for _ in range(2):
        for batch in (first, second):
            people(batch, numbers)
        for batch in batches:
            rested(batch)
    return batches, listeners, len(lines)


def main():
    prepare()
    receiver = prepare_webhook()
    gateway = start_gateway()
    webhookd = start_webhookd()
    batches, listeners, count = play()
    before = {b: compare_lists(b, lines) for b, lines in batches.items()}
    views = number_items(count)
    all_rows = {item["ref"]: item for rows in before.values() for item in rows}
    same("every item has a number", set(views), set(all_rows))
    for rows in before.values():
        for item in rows:
            theirs = dict(all_rows[item["ref"]], line=item["line"])
            same(f"{item['ref']} in two batches", item, theirs)
    compare_single(list(all_rows.values()), views)
    compare_names(all_rows.values())
    for batch, rows in before.items():
        compare_commands(batch, rows)
    for p in (gateway, webhookd):
        kill(p)
    start_gateway()
    start_webhookd()
    for batch, rows in before.items():
        same(f"batch {batch} after a kill", items(batch), rows)
    compare_changes(all_rows, listeners)
    compare_webhook(receiver)
    check("something was cancelled", any(i["state"] == "cancelled" for i in all_rows.values()))


run(main, "HISTORY_KEEP", f"HISTORY_SEED={SEED}")
