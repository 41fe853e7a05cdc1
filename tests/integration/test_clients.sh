#!/usr/bin/env bash
# The examples of tests/clients against the real daemon: each hands its batch in while nobody listens yet, is told to come
# again (429), follows it and reads 1,200 results in two pages; all must print the same. A batch that no waiting mends ends them.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh
LINES=1200
blame=("$dir/d.log" "$dir/err")

start() { # [PORT]
	sed "s/127.0.0.1:0/127.0.0.1:${1:-0}/" "$dir/vneppd.in" >"$dir/vneppd.yaml"
	launch || { cat "$dir/d.log"; exit 1; }
}

make_certificates
start_registry --account anphat:testpw12
{ config_top "limits: limits.yaml"; config_registry "zones: [com.vn]"; } >"$dir/vneppd.in"
config_partners anphat >"$dir/partners.yaml"
# After a start a rate counts as used up: the first word of the gateway is 429, with the moment to come again.
echo 'partners: {default: {lines_per_second: 2000, burst: 2000}}' >"$dir/limits.yaml"
export VNEPP_CERT=$dir/certs/anphat.pem VNEPP_KEY=$dir/certs/anphat.key VNEPP_CA=$dir/certs/ca.pem
start
export VNEPP_URL=https://localhost:$port

client() { # NAME PROGRAM COMMAND...
	local name=$1 program=$2 at=$port
	shift 2
	if ! command -v "$program" >/dev/null 2>&1; then
		skip 1 "$name: no $program here"
		return
	fi
	for i in $(seq $LINES); do paid_line "$name-$i" "$name-$i"; done >"$dir/batch"
	stop
	"$@" "$dir/batch" >"$dir/out" 2>"$dir/err" &
	local client=$!
	start "$at"
	wait "$client"
	check "$name: it ends well" test $? -eq 0
	for i in $(seq $LINES); do echo "$name-$i done"; done >"$dir/want"
	check "$name: every line's outcome, in input order" cmp "$dir/want" "$dir/out"
	check "$name: the file is taken once" test "$(grep -c "event=batch.admitted .* lines=$LINES new=$LINES " "$dir/d.log")" -eq $((++done))
	check "$name: at most 60 lines" test "$(wc -l <"${*: -1}")" -le 60
}
# Twenty lines for one that may have ten waiting: no time mends that.
too_many() { # NAME PROGRAM COMMAND...
	local name=$1 program=$2 status
	shift 2
	if ! command -v "$program" >/dev/null 2>&1; then
		skip 1 "$name: no $program here"
		return
	fi
	timeout 30 "$@" "$dir/batch" >"$dir/out" 2>"$dir/err"
	status=$?
	check "$name: a batch that is too large ends it ($status)" test $status -ne 0 -a $status -ne 124
	check "$name: … in the gateway's words" grep -q "Divide it" "$dir/err"
}
each() { # FUNCTION
	"$1" curl curl tests/clients/submit.sh
	"$1" php php php tests/clients/submit.php
	"$1" python python3 python3 tests/clients/submit.py
	"$1" node node node tests/clients/submit.js
	"$1" perl perl perl tests/clients/submit.pl
	"$1" java java java tests/clients/Submit.java
}
done=0
each client
stop
echo 'partners: {default: {max_queued: 10}}' >"$dir/limits.yaml"
for i in $(seq 20); do paid_line "many-$i" "many-$i"; done >"$dir/batch"
start "$port"
each too_many

finish
