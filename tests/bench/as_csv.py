"""Lines of NDJSON as CSV: as_csv.py PREFIX <FILE. Every reference gets the prefix, so that the lines are new ones."""
import csv, json, sys


def flat(value, path=""):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from flat(inner, path + "." + name if path else name)
    elif path == "ns":
        yield path, " ".join(host["name"] for host in value)
    elif path == "evidence":
        yield from flat(value[0], path)
    else:
        yield path, value


columns = None
out = csv.writer(sys.stdout, lineterminator="\r\n")
for text in sys.stdin:
    row = dict(flat(json.loads(text)))
    row["ref"] = sys.argv[1] + row["ref"]
    if columns is None:
        columns = list(row)
        out.writerow(columns)
    out.writerow([row[c] for c in columns])
