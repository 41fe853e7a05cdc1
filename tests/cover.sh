#!/usr/bin/env bash
# What the tests reached, by folder: lines and branches, from the counters of a run.
#   tests/cover.sh BUILD_FOLDER
set -eu
build=$(cd "${1:?usage: tests/cover.sh BUILD_FOLDER}" && pwd -P)
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for folder in epp/base epp policy certs daemon/core daemon/net daemon/session daemon/job daemon/store daemon/sched \
	daemon/api daemon/admin; do
	counters=$(find "$build/obj/$folder" -maxdepth 1 -name '*.gcda')
	[ -n "$counters" ] || { printf '%-16s nothing was run\n' "$folder"; continue; }
	# shellcheck disable=SC2086 # a list of files
	(cd "$work" && gcov -b -r -s "$OLDPWD" $counters 2>/dev/null) >"$work/report"
	awk -v folder="$folder" '
		/^File/ { own = index($0, "\x27" folder "/") && !/\.h\x27/ }
		own && /^Lines executed/ { split($0, a, /[:% ]+/); lines += $NF; hit += a[3] * $NF / 100 }
		own && /^Branches executed/ { next }
		own && /^Taken at least once/ { split($0, a, /[:% ]+/); branches += $NF; taken += a[5] * $NF / 100 }
		/^$/ { own = 0 }
		END { printf "%-16s lines %5.1f %% of %5d   branches taken %5.1f %% of %5d\n", folder,
			lines ? 100 * hit / lines : 0, lines, branches ? 100 * taken / branches : 0, branches }' "$work/report"
done
