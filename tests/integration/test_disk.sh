#!/usr/bin/env bash
# A full disk under the real daemon. Its place is taken by the limit on the size of files (prlimit), which is set and
# lifted on the running process without any rights: everything behind the first byte of a file is as if the disk were
# full. The daemon's own log goes through a pipe, so that it can still be written.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh
LINES=1500 LAST=4000

start() { # with its log through a pipe
	rm -f "$dir/ports"
	"$build/vneppd" --config "$dir/vneppd.yaml" --ports-file "$dir/ports" 2> >(exec cat >>"$dir/d.log") &
	pid=$!
	launched
}
hand_in() { submit anphat "$1" -H "Idempotency-Key: $2" -D "$dir/head"; } # FILE KEY: the status
fill_disk() { prlimit --pid "$pid" --fsize=1:; }
free_disk() { prlimit --pid "$pid" --fsize=unlimited:; }
count() { # STATE: of batch $batch
	ask anphat "/v1/batches/$batch" >/dev/null
	grep -o "\"$1\":[0-9]*" "$dir/out" | head -n 1 | cut -d: -f2
}
at_least() { [ "$(count "$1")" -ge "$2" ]; }
at_rest() { [ "$(count moving)" = 0 ]; }
status() { "$build/vnepp" status --socket "$dir/control.sock" "$@"; }
state_is() { status --json | grep -q "\"state\": *\"$1\""; }
nothing_in_flight() { status --json | tr -d ' \n' | grep -q '"jobs":{[^}]*"in_flight":0'; }
said() { # EVENT TIMES
	[ "$(grep -c "event=$1" "$dir/d.log")" -ge "$2" ]
}
claimed() { status --json | tr -d ' \n' | grep -o '"claimed":[0-9]*'; }

make_certificates
start_registry --account anphat:testpw12 --delay-ms 5 --ledger "$dir/ledger"
{ config_top "stop_timeout: 1s"; config_registry "settle: 1s"; } >"$dir/vneppd.yaml"
config_partners anphat >"$dir/partners.yaml"
paid_lines 1 $LINES >"$dir/batch"
for i in $(seq 50); do paid_line "s$i" "moi-$i"; done >"$dir/other"

start
batch=1
check "a batch is taken" test "$(hand_in "$dir/batch" one)" = 202
round=0
for after in 50 400 800; do
	round=$((round + 1))
	check "round $round: it is being sent" wait_for at_least done $after
	fill_disk
	check "… a full disk is noticed" wait_for said store.failing $round
	check "… and said: nothing is admitted or sent" wait_for said admission.closed $round
	check "… and vnepp status says it" wait_for state_is "store failing"
	check "… a batch is refused for now" test "$(hand_in "$dir/other" two)" = 503
	check "… with a problem that says why" grep -q '"type":"urn:vnepp:problem:' "$dir/out"
	check "… … as a problem document" grep -qi '^content-type: application/problem+json' "$dir/head"
	check "… … and when to come again" grep -qi '^retry-after: [1-9]' "$dir/head"
	check "… what was sent is answered, and nothing more is sent" wait_for nothing_in_flight
	before=$(claimed)
	for _ in $(seq 30); do ask anphat /v1/batches/$batch >/dev/null; done
	check "… nothing is claimed meanwhile" test "$(claimed)" = "$before"
	check "… it can be read" answers 200 anphat /v1/batches/$batch
	check "… it waits" nothing_in_flight
	check "… and lives" kill -0 "$pid"
	free_disk
	check "… with room it goes on by itself" wait_for said admission.open $round
	check "… and says so" wait_for state_is running
done
check "the batch that was refused is taken now" test "$(hand_in "$dir/other" two)" = 202
check "all of the first is done" wait_for at_rest
check "… every line" test "$(count done)" = $LINES
batch=$(sed -n 's/^[Ll]ocation: .*batches\/\([0-9]*\).*/\1/p' "$dir/head" | tail -n 1)
batch=${batch:-2}
hand_in "$dir/other" two >/dev/null
batch=$(sed -n 's/^[Ll]ocation: .*batches\/\([0-9]*\).*/\1/p' "$dir/head" | tail -n 1)
check "and all of the other" wait_for at_rest
check "… every line" test "$(count done)" = 50

# A stop while the disk is full has its end, too; the next start finds out what could not be stored.
for i in $(seq $LAST); do paid_line "t$i" "sau-$i"; done >"$dir/last"
check "another batch is taken" test "$(hand_in "$dir/last" three)" = 202
batch=$(sed -n 's/^[Ll]ocation: .*batches\/\([0-9]*\).*/\1/p' "$dir/head" | tail -n 1)
check "… and being sent" wait_for at_least done 20
fill_disk
check "… when the disk is full" wait_for said store.failing 4
kill -TERM "$pid"
check "it ends although it cannot store what it knows" wait_for gone "$pid"
check "… and says so" said stop.given_up 1
start
check "it starts again" said store.recovered 2
check "… and brings the batch to its end" wait_for at_rest
check "… every line" test "$(count done)" = $LAST
kill -TERM "$pid"
check "it stops" wait_for gone "$pid"
wait "$pid"
check "… well" test $? -eq 0

# The registry's own ledger: every name once.
kill -TERM "$registry"
wait "$registry" 2>/dev/null
creates=$(grep '"op":"create"' "$dir/ledger" | grep '"kind":"domain"' | grep -c '"committed":true')
names=$(grep '"op":"create"' "$dir/ledger" | grep '"kind":"domain"' | grep '"committed":true' | grep -o '"name":"[^"]*"' | sort -u | wc -l)
check "the registry made every name ($names)" test "$names" = $((LINES + LAST + 50))
check "… once ($creates)" test "$creates" = "$names"
finish
