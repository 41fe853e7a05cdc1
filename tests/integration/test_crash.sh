#!/usr/bin/env bash
# Real daemon, real TLS, real SQLite, a registry: the gateway is killed with SIGKILL at 50 random moments while 2,600
# lines are handed in and sent, and started again each time. At the end the registry's ledger and what was reported
# must agree: nothing lost, nothing doubled. The seed of the moments is printed: CRASH_SEED=N repeats them.
set -u
cd "$(dirname "$0")/../.." || exit 2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
CRASHES=${CRASHES:-50} DEMO_DIR=$dir/run tests/demo/run.sh "${BUILD:-build}" >"$dir/log" 2>&1
status=$?
grep -E '^(crash seed|killed) ' "$dir/log"
passed=$(grep -c '^  yes  ' "$dir/log")
failed=$(grep -c '^  NO   ' "$dir/log")
if grep -q "^killed ${CRASHES:-50} times" "$dir/log"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
# Some of them must have hit commands under way, or the test shows nothing.
doubts=$(sed -n 's/.*event=store.recovered.* unknown=\([1-9][0-9]*\).*/\1/p' "$dir/run/vneppd.log" | wc -l)
echo "$doubts starts found items of unknown outcome"
if [ "$doubts" -ge 3 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
if [ $status -ne 0 ] || [ $failed -ne 0 ]; then
	[ $failed -gt 0 ] || failed=1
	tail -n 60 "$dir/log"
fi
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
