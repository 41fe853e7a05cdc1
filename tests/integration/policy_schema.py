"""The schema that `vnepp policy schema` prints against the loader: the shipped rules are changed at random, one place at
a time, and both must agree on whether the file still has the form of a rule file.

  policy_schema.py VNEPP RULES_FOLDER SCRATCH_FOLDER [COUNT]
"""
import copy
import json
import os
import random
import re
import subprocess
import sys

from jsonschema import Draft202012Validator

vnepp, rules, scratch = sys.argv[1:4]
count = int(sys.argv[4]) if len(sys.argv) > 4 else 300
seed = int(os.environ.get("SEED", "1"))
rng = random.Random(seed)
passed = failed = 0


def run(*words):
    return subprocess.run([vnepp, "policy", *words], capture_output=True, text=True)


def tell(good, what):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAILED: " + what)


schema = json.loads(run("schema").stdout)
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
base = json.loads(run("show", rules).stdout)

# Facts of every type, so that what declares them is changed, too.
base["facts"] += [
    {"id": "attended", "type": "flag", "vi": "a", "en": "b"},
    {"id": "staff", "type": "number", "min": "0", "max": "10", "vi": "a", "en": "b"},
    {"id": "field", "type": "code", "codes": ["farm", "shop"], "vi": "a", "en": "b", "cite": ["QD-1"]},
    {"id": "since", "type": "date", "vi": "a", "en": "b"},
]
spec = {"outcome": "no_grant", "reason": "AGE_OVER_23"}
base["grants"][0]["conditions"] += [
    {"id": "d1", "require": {"fact": "attended", "in": ["true"]}, "otherwise": spec, "cite": ["QD-1"]},
    {"id": "d2", "require": {"fact": "staff", "min": "1", "max": "9"}, "otherwise": spec, "cite": ["QD-1"]},
    {"id": "d3", "when": {"field": ["farm"]}, "require": {"fact": "since", "from": "2020-01-01", "to": "2026-01-01"},
     "otherwise": spec, "cite": ["QD-1"]},
    {"id": "d4", "require": {"fact": "registered_on", "present": "true"}, "otherwise": spec, "cite": ["QD-1"]},
    {"id": "d5", "require": {"fact": "birth_date", "to": "2026-01-01"}, "otherwise": spec, "cite": ["QD-1"]},
]
base["values"][0]["dated"].append({"from": "2030-01-01", "value": "2", "expected": "true", "cite": ["QD-1"]})


def typed(node):
    """Half of the words as numbers and truths, as a person writes them; the canonical text has them all quoted."""
    if isinstance(node, dict):
        return {k: typed(v) for k, v in node.items()}
    if isinstance(node, list):
        return [typed(v) for v in node]
    if isinstance(node, str) and rng.random() < 0.5:
        if node in ("true", "false"):
            return node == "true"
        if re.fullmatch(r"[1-9][0-9]{0,10}", node):
            return int(node)
    return node


def places(node, path=()):
    """Every container and key in it; long lists by a sample."""
    items = list(node.items()) if isinstance(node, dict) else list(enumerate(node))
    if len(items) > 60 and isinstance(node, list):
        items = rng.sample(items, 60)
    for key, value in items:
        yield path, key
        if isinstance(value, (dict, list)):
            yield from places(value, path + (key,))


JUNK = ["", "zzz", "2026-02-30", "2024-02-29", "2023-02-29", "0", "-1", "7", "99999999999999", "true", 5, 0, -3, 1000, True,
        False, None, [], {}, ["zzz"], {"zzz": "y"}, {"switch": "upper-age"}, {"value": "period-max"}, "decision", "flag",
        "review", "quarter", " "]


def change(root):
    path, key = rng.choice(all_places)
    node = root
    for step in path:
        node = node[step]
    how = rng.choice(["drop", "junk", "junk", "junk", "rename", "extra", "double"])
    if how == "drop":
        del node[key]
    elif how == "junk":
        node[key] = copy.deepcopy(rng.choice(JUNK))
    elif isinstance(node, list):
        node.append(copy.deepcopy(node[key]))
    elif how == "rename":
        node[key + "x"] = node.pop(key)
    elif how == "extra":
        node["zzz"] = "y"
    elif isinstance(node[key], list) and node[key]:
        node[key] = node[key] + [copy.deepcopy(node[key][0])]
    return f"{how} {'.'.join(map(str, path + (key,)))}"


os.makedirs(scratch, exist_ok=True)


def loader_takes(root):
    with open(os.path.join(scratch, "rules.yaml"), "w", encoding="utf-8") as f:
        json.dump(root, f, ensure_ascii=False)
    out = run("check", "--json", scratch).stdout
    report = json.loads(out)
    return report["misshapen"] == 0, report


def explain(report, errors):
    said = [f["message"] for f in report["findings"] if f["level"] == "error"][:2]
    return f" loader {said}; schema {[(list(e.absolute_path), e.message[:120]) for e in errors][:1]}"


tell(not list(validator.iter_errors(base)), "the shipped rules do not fit the schema")
good, report = loader_takes(base)
tell(good and report["errors"] == 0, f"the loader does not take the rules: {report['findings'][:2]}")
all_places = list(places(base))
# Places are drawn by section, or the longest ones would take all the changes.
by_section = {}
for place in all_places:
    by_section.setdefault((place[0] + (place[1],))[0], []).append(place)
sections = sorted(by_section)
refused = 0
for i in range(count):
    root = typed(copy.deepcopy(base))
    all_places = by_section[sections[i % len(sections)]]
    what = change(root)
    errors = list(validator.iter_errors(root))
    good, report = loader_takes(root)
    refused += not good
    tell(good == (not errors), f"seed {seed}, change {i}: {what}: {explain(report, errors)}")
tell(count < 100 or count // 5 < refused < count, f"{refused} of {count} changes were refused: too few or too many to tell")
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
