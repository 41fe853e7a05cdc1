#!/bin/sh
# The demo: a registry, the gateway and two partners on this machine. `make demo` calls it after building.
#
#   tests/demo/run.sh BUILD_FOLDER
#
# For the crash test: DEMO_DIR is another folder to work in, CRASHES how often the gateway is killed with SIGKILL at
# random moments (from CRASH_SEED) while the batches are handed in and sent, and started again.
#
# Everything it writes is under BUILD_FOLDER/demo, logs too. It ends with 0 only when the registry's own ledger agrees
# with what the gateway reported.
set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
build=$(cd "${1:?usage: tests/demo/run.sh BUILD_FOLDER}" && pwd -P)
demo=${DEMO_DIR:-$build/demo}
. "$here/world.sh"
crashes=${CRASHES:-0}
killer_pid=""

cleanup() {
	status=$?
	trap - EXIT INT TERM
	[ -z "$killer_pid" ] || touch "$demo/crash.stop"
	clean_up
	exit $status
}

trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
make_secrets
perl "$here/sample.pl" "$demo"

say "Starting the registry simulator and the gateway (their clock: $clock)"
# Commands leave as an even stream: with a registry of some milliseconds a kill would hardly find one under way.
if [ "$crashes" -gt 0 ]; then start_registry "delay-ms 60"; else start_registry; fi
start_gateway

# Kills and starts the gateway again, `crashes` times, 20 to 400 ms after it was ready, or 1.2 s more.
crash_loop() {
	trap - EXIT INT TERM
	seed=${CRASH_SEED:-$(date +%s)} n=0
	echo "crash seed $seed"
	pid=$(cat gateway.pid)
	while [ $n -lt "$crashes" ] && [ ! -e crash.stop ]; do
		seed=$(((seed * 1103515245 + 12345) % 2147483648))
		sleep "$(printf '0.%03d' $((20 + seed / 65536 % 380)))"
		# In its first second nothing is sent, because a restart counts as having used up the ceiling: now and then it
		# lives long enough to be killed with commands under way.
		[ $((n % 4)) -ne 0 ] || sleep 1.2
		kill -KILL "$pid"
		wait "$pid" 2>/dev/null || true
		rm -f ports
		"$build/vneppd" --config vneppd.yaml --ports-file ports >>vneppd.log 2>&1 &
		pid=$!
		echo $pid >gateway.pid
		n=$((n + 1))
		echo $n >crash.count
		wait_file ports $pid "the gateway, started again,"
	done
	wait "$pid"
}

# ---- what a partner types ----

# Refused and held lines are part of the sample: 3 (partly) is what we want. submit PARTNER FILE [OPTION...]
submit() {
	partner=$1 file=$2
	shift 2
	echo "\$ vnepp submit $file --follow $*"
	result=0
	timeout $((120 + 5 * crashes)) "$build/vnepp" submit "$file" --follow --profile "$partner.yaml" "$@" >"$file.summary" || result=$?
	cat "$file.summary"
	[ $result -eq 3 ] || fail "submit $file: exit status $result"
	batch=$(sed -n 's/^Batch \([^:]*\):.*/\1/p' "$file.summary" | head -n 1)
}

results() {
	"$build/vnepp" items "$batch" --profile "$1.yaml" --format ndjson --output "$2" || fail "results of batch $batch"
}

say "Names from before go into the gateway's ledger"
"$build/vnepp" ledger import history.ndjson --socket "$socket" || fail "the history could not be imported"
if [ "$crashes" -gt 0 ]; then
	say "From now on the gateway is killed $crashes times"
	crash_loop &
	killer_pid=$!
fi
hoasen() {
	say "hoasen hands in 200 lines"
	submit hoasen hoasen.ndjson
	results hoasen hoasen-results.ndjson
}
# Lines in doubt come to rest when the killing has ended, so that nobody waits for them before that.
if [ "$crashes" -gt 0 ]; then
	(trap - EXIT INT TERM && hoasen >hoasen.log) &
	hoasen_pid=$!
else
	hoasen
fi
say "anphat hands in 2,400 lines"
submit anphat anphat.ndjson
results anphat anphat-results.ndjson
if [ "$crashes" -gt 0 ]; then
	wait "$hoasen_pid" || fail "hoasen: $(cat hoasen.log)"
	cat hoasen.log
fi
"$build/vnepp" items "$batch" --profile anphat.yaml --format csv --output anphat-results.csv || fail "results as CSV"
[ "$(wc -l <anphat-results.csv)" -eq 2401 ] || fail "the results as CSV are not 2,400 lines and a title"
say "anphat hands in the same again as CSV, under another key: nothing is done twice"
submit anphat anphat.csv --idempotency-key demo-csv-twin
results anphat anphat-csv-results.ndjson
say "What the gateway says of itself"
"$build/vnepp" status --socket "$socket" || fail "status"

# ---- the proof ----

touch crash.stop
[ "$crashes" -eq 0 ] || echo "killed $(cat crash.count) times"
stop "$(cat gateway.pid)" 15 || fail "the gateway did not stop in time"
gateway_pid=
rm -f gateway.pid
stop "$registry_pid" 15 || fail "the registry simulator did not stop in time"
registry_pid=
if [ ! -s ledger.ndjson ] || [ ! -s state.ndjson ]; then
	fail "the registry left no ledger"
fi
say "The closing proof: the registry's own ledger against what the gateway reported"
perl "$here/proof.pl" "$demo" || fail "the proof does not hold"
echo
echo "Logs, results and both ledgers are in $demo"
