#!/usr/bin/env bash
# The examples of tests/clients against the real daemon: each hands its batch in while nobody listens yet, is told to come
# again (429), follows it and reads 1,200 results in two pages; all must print the same.
set -u
cd "$(dirname "$0")/../.." || exit 2
root=$PWD build=$PWD/${BUILD:-build} dir=$(mktemp -d) passed=0 failed=0 skipped=0 pid="" registry=""
trap 'kill $pid $registry 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
LINES=1200

check() { # WHAT COMMAND...
	local what=$1
	shift
	if "$@" >/dev/null 2>&1; then passed=$((passed + 1)); else
		failed=$((failed + 1))
		echo "FAILED: $what"
		tail -n 5 "$dir/d.log" "$dir/err"
	fi
}
wait_for() { # COMMAND...: true within 30 s
	for _ in $(seq 600); do "$@" >/dev/null 2>&1 && return 0; sleep 0.05; done
	return 1
}
line() { # REF NAME
	printf '{"ref":"%s","op":"create","domain":"%s.com.vn","period":1,"if_not_free":"charge","max_fee_vnd":900000,' "$1" "$2"
	printf '"applicant":{"kind":"other","name":"Ban Tổ chức","phone":"+84.281234567","email":"a@example.vn","address":'
	printf '{"street":"1 Lê Lợi","ward":"Bến Thành","province":"79","province_list":"2025-07-01","country":"VN"}}}\n'
}
start() { # [PORT]
	sed "s/127.0.0.1:0/127.0.0.1:${1:-0}/" "$dir/vneppd.in" >"$dir/vneppd.yaml"
	rm -f "$dir/ports"
	"$build/vneppd" --config "$dir/vneppd.yaml" --ports-file "$dir/ports" 2>>"$dir/d.log" &
	pid=$!
	wait_for test -s "$dir/ports" || { cat "$dir/d.log"; exit 1; }
	port=$(sed -n 's/^api=//p' "$dir/ports")
}
stop() {
	kill "$pid"
	wait "$pid"
}

sh certs/dev-ca.sh "$dir/certs" >/dev/null 2>&1
echo testpw12 >"$dir/pw" && chmod 600 "$dir/pw"
"$build/vnepp-regsim" --listen 127.0.0.1:0 --cert "$dir/certs/registry.pem" --key "$dir/certs/registry.key" \
	--ca "$dir/certs/ca.pem" --account anphat:testpw12 --port-file "$dir/rport" >"$dir/r.log" 2>&1 &
registry=$!
wait_for test -s "$dir/rport"
cat >"$dir/vneppd.in" <<END_OF_FILE
instance: test
sandbox: {clock: "2026-11-20T09:00:00+07:00"}
store: {path: vnepp.db}
api: {listen: "127.0.0.1:0", certificate: certs/api.pem, key: certs/api.key, client_ca: certs/ca.pem}
admin: {control_socket: control.sock}
policy: {rules: "$root/policy/rules"}
log: {format: logfmt}
partners: partners.yaml
limits: limits.yaml
registries:
  - name: sim
    endpoints: ["127.0.0.1:$(cat "$dir/rport")"]
    zones: [com.vn]
    tls: {ca: certs/ca.pem, server_name: localhost}
    accounts:
      - {name: anphat, login: anphat, password_file: pw, certificate: certs/gateway.pem, key: certs/gateway.key}
END_OF_FILE
echo 'partners: [{name: anphat, certificates: [{san_uri: "urn:vnepp:partner:anphat"}], account: anphat}]' >"$dir/partners.yaml"
# After a start a rate counts as used up: the first word of the gateway is 429, with the moment to come again.
echo 'partners: {default: {lines_per_second: 2000, burst: 2000}}' >"$dir/limits.yaml"
export VNEPP_CERT=$dir/certs/anphat.pem VNEPP_KEY=$dir/certs/anphat.key VNEPP_CA=$dir/certs/ca.pem
start
export VNEPP_URL=https://localhost:$port

client() { # NAME PROGRAM COMMAND...
	local name=$1 program=$2 at=$port
	shift 2
	if ! command -v "$program" >/dev/null 2>&1; then
		skipped=$((skipped + 1))
		echo "SKIPPED: $name: no $program here"
		return
	fi
	for i in $(seq $LINES); do line "$name-$i" "$name-$i"; done >"$dir/batch"
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
done=0
client curl curl tests/clients/submit.sh
client php php php tests/clients/submit.php
client python python3 python3 tests/clients/submit.py
client node node node tests/clients/submit.js
client perl perl perl tests/clients/submit.pl
client java java java tests/clients/Submit.java

echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
