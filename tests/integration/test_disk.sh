#!/usr/bin/env bash
# A full disk under the real daemon. Its place is taken by the limit on the size of files (prlimit), which is set and
# lifted on the running process without any rights: everything behind the first byte of a file is as if the disk were
# full. The daemon's own log goes through a pipe, so that it can still be written.
set -u
cd "$(dirname "$0")/../.." || exit 2
root=$PWD build=$PWD/${BUILD:-build} dir=$(mktemp -d) passed=0 failed=0 pid="" registry=""
trap 'kill $pid $registry 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
LINES=1500 LAST=4000

check() { # WHAT COMMAND...
	local what=$1
	shift
	if "$@" >/dev/null 2>&1; then passed=$((passed + 1)); else
		failed=$((failed + 1))
		echo "FAILED: $what"
		grep -v 'event=item.end' "$dir/d.log" | tail -n 8
		tail -n 5 "$dir/out" 2>/dev/null
	fi
}
wait_for() { # COMMAND...: true within 30 s
	for _ in $(seq 600); do "$@" >/dev/null 2>&1 && return 0; sleep 0.05; done
	return 1
}
gone() { ! kill -0 "$1" 2>/dev/null; }
start() {
	rm -f "$dir/ports"
	"$build/vneppd" --config "$dir/vneppd.yaml" --ports-file "$dir/ports" 2> >(exec cat >>"$dir/d.log") &
	pid=$!
	wait_for test -s "$dir/ports"
	port=$(sed -n 's/^api=//p' "$dir/ports")
}
fill_disk() { prlimit --pid "$pid" --fsize=1:; }
free_disk() { prlimit --pid "$pid" --fsize=unlimited:; }
ask() { # PATH [CURL OPTION...]: the status
	local path=$1
	shift
	curl -s -D "$dir/head" -o "$dir/out" -w '%{http_code}' --cert "$dir/certs/anphat.pem" --key "$dir/certs/anphat.key" \
		--cacert "$dir/certs/ca.pem" "https://localhost:$port$path" "$@"
}
answers() { [ "$(ask "${@:2}")" = "$1" ]; }
submit() { ask /v1/batches -H 'Content-Type: application/x-ndjson' -H "Idempotency-Key: $2" --data-binary "@$1"; }
count() { # STATE: of batch $batch
	ask "/v1/batches/$batch" >/dev/null
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
line() { # REF NAME
	printf '{"ref":"%s","op":"create","domain":"%s.com.vn","period":1,"if_not_free":"charge","max_fee_vnd":900000,' "$1" "$2"
	printf '"applicant":{"kind":"other","name":"Ban Tổ chức","phone":"+84.281234567","email":"a@example.vn","address":'
	printf '{"street":"1 Lê Lợi","ward":"Bến Thành","province":"79","province_list":"2025-07-01","country":"VN"}}}\n'
}

sh certs/dev-ca.sh "$dir/certs" >/dev/null 2>&1
echo testpw12 >"$dir/pw" && chmod 600 "$dir/pw"
"$build/vnepp-regsim" --listen 127.0.0.1:0 --cert "$dir/certs/registry.pem" --key "$dir/certs/registry.key" \
	--ca "$dir/certs/ca.pem" --account anphat:testpw12 --port-file "$dir/rport" --delay-ms 5 --ledger "$dir/ledger" \
	>"$dir/r.log" 2>&1 &
registry=$!
wait_for test -s "$dir/rport"
cat >"$dir/vneppd.yaml" <<END_OF_FILE
instance: test
sandbox: {clock: "2026-11-20T09:00:00+07:00"}
store: {path: vnepp.db}
api: {listen: "127.0.0.1:0", certificate: certs/api.pem, key: certs/api.key, client_ca: certs/ca.pem}
admin: {control_socket: control.sock}
policy: {rules: "$root/policy/rules"}
log: {format: logfmt}
stop_timeout: 1s
partners: partners.yaml
registries:
  - name: sim
    endpoints: ["127.0.0.1:$(cat "$dir/rport")"]
    zones: [id.vn, biz.vn, com.vn]
    settle: 1s
    tls: {ca: certs/ca.pem, server_name: localhost}
    accounts:
      - {name: anphat, login: anphat, password_file: pw, certificate: certs/gateway.pem, key: certs/gateway.key}
END_OF_FILE
echo 'partners: [{name: anphat, certificates: [{san_uri: "urn:vnepp:partner:anphat"}], account: anphat}]' >"$dir/partners.yaml"
for i in $(seq $LINES); do line "r$i" "ten-$i"; done >"$dir/batch"
for i in $(seq 50); do line "s$i" "moi-$i"; done >"$dir/other"

start
batch=1
check "a batch is taken" test "$(submit "$dir/batch" one)" = 202
round=0
for after in 50 400 800; do
	round=$((round + 1))
	check "round $round: it is being sent" wait_for at_least done $after
	fill_disk
	check "… a full disk is noticed" wait_for said store.failing $round
	check "… and said: nothing is admitted or sent" wait_for said admission.closed $round
	check "… and vnepp status says it" wait_for state_is "store failing"
	check "… a batch is refused for now" test "$(submit "$dir/other" two)" = 503
	check "… with a problem that says why" grep -q '"type":"urn:vnepp:problem:' "$dir/out"
	check "… … as a problem document" grep -qi '^content-type: application/problem+json' "$dir/head"
	check "… … and when to come again" grep -qi '^retry-after: [1-9]' "$dir/head"
	check "… what was sent is answered, and nothing more is sent" wait_for nothing_in_flight
	before=$(claimed)
	for _ in $(seq 30); do ask /v1/batches/$batch >/dev/null; done
	check "… nothing is claimed meanwhile" test "$(claimed)" = "$before"
	check "… it can be read" answers 200 /v1/batches/$batch
	check "… it waits" nothing_in_flight
	check "… and lives" kill -0 "$pid"
	free_disk
	check "… with room it goes on by itself" wait_for said admission.open $round
	check "… and says so" wait_for state_is running
done
check "the batch that was refused is taken now" test "$(submit "$dir/other" two)" = 202
check "all of the first is done" wait_for at_rest
check "… every line" test "$(count done)" = $LINES
batch=$(sed -n 's/^[Ll]ocation: .*batches\/\([0-9]*\).*/\1/p' "$dir/head" | tail -n 1)
batch=${batch:-2}
submit "$dir/other" two >/dev/null
batch=$(sed -n 's/^[Ll]ocation: .*batches\/\([0-9]*\).*/\1/p' "$dir/head" | tail -n 1)
check "and all of the other" wait_for at_rest
check "… every line" test "$(count done)" = 50

# A stop while the disk is full has its end, too; the next start finds out what could not be stored.
for i in $(seq $LAST); do line "t$i" "sau-$i"; done >"$dir/last"
check "another batch is taken" test "$(submit "$dir/last" three)" = 202
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
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
