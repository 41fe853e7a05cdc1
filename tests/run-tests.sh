#!/usr/bin/env bash
# Runs test programs, two at a time, and counts. A program is either a cmocka binary (its "[ OK ]" lines are counted)
# or prints "N passed, N failed" (", N skipped") as its last line. A program that ends badly without a failed test, or
# that ran no test, counts as one failure. The logs of failures are printed.
#
#   tests/run-tests.sh LOGDIR PROGRAM...
set -u
logs=$1
shift
mkdir -p "$logs"
rm -f "$logs"/*.log "$logs"/*.count
limit=${TEST_TIMEOUT:-900}
# Every frame of the gateway that reaches the simulator is validated: against the grammar of our own, and against the
# published schemas where they are.
export VNEPP_GRAMMAR=$PWD/tests/grammar/epp.rng VNEPP_FRAMES_LOG
VNEPP_FRAMES_LOG=$(cd "$logs" && pwd)/frames-not-valid
[ -n "${VNEPP_XSD_DIR:-}" ] || [ ! -r ../shared/xsd/epp-all.xsd ] || export VNEPP_XSD_DIR=$PWD/../shared/xsd
[ -n "${VNEPP_XSD_DIR:-}" ] || echo "SKIPPED: validation against the published EPP schemas (set VNEPP_XSD_DIR to a folder with epp-all.xsd)"
rm -f "$VNEPP_FRAMES_LOG"

run_one() {
	local program=$1 log count name
	name=$(printf %s "${program#build/}" | tr -c 'A-Za-z0-9._\n-' '_')
	log=$logs/$name.log
	count=$logs/$name.count
	local start=$SECONDS status passed failed skipped
	timeout "$limit" "$program" >"$log" 2>&1 </dev/null
	status=$?
	if tail -n 1 "$log" | grep -Eq '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$'; then
		read -r passed failed skipped < <(tail -n 1 "$log" | tr -c '0-9\n' ' ')
	else
		passed=$(grep -c '^\[       OK \]' "$log")
		failed=$(grep -c '^\[  FAILED  \] [A-Za-z_]' "$log")
		skipped=$(grep -c '^\[  SKIPPED \] [A-Za-z_]' "$log")
		# cmocka names every failed test a second time in its summary.
		failed=$(((failed + 1) / 2))
	fi
	if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
	if [ $((passed + failed + ${skipped:-0})) -eq 0 ]; then failed=1; fi
	echo "$passed $failed ${skipped:-0}" >"$count"
	printf '%-44s %5d passed %3d failed %3d skipped  %ds\n' "$name" "$passed" "$failed" "${skipped:-0}" \
		$((SECONDS - start))
	grep -h '^SKIPPED: ' "$log" | sed "s/^/  /"
	if [ "$failed" -ne 0 ]; then
		echo "---- $program (exit $status), end of $log"
		tail -n 60 "$log"
		echo "----"
	fi
}
export -f run_one
export logs limit
printf '%s\n' "$@" | xargs -P "${TEST_JOBS:-2}" -I{} bash -c 'run_one "$1"' _ {}
if [ -s "$VNEPP_FRAMES_LOG" ]; then
	echo "---- frames of the gateway that are not valid, see $VNEPP_FRAMES_LOG"
	head -c 2000 "$VNEPP_FRAMES_LOG"
	echo "0 1 0" >"$logs/frames.count"
else
	echo "1 0 0" >"$logs/frames.count"
fi
cat "$logs"/*.count 2>/dev/null | awk '{p += $1; f += $2; s += $3}
	END {printf "%d passed, %d failed", p, f; if (s) printf ", %d skipped", s; printf "\n"; exit f > 0 || p == 0}'
