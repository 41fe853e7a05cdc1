#!/usr/bin/env bash
# The daemon as an operator meets it: --check, a second daemon, certificates, reload, stop.
set -u
cd "$(dirname "$0")/../.." || exit 2
root=$PWD build=$PWD/${BUILD:-build} dir=$(mktemp -d) passed=0 failed=0 pid="" registry=""
trap 'kill $pid $registry 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT

check() { # WHAT COMMAND...
	local what=$1
	shift
	if "$@" >/dev/null 2>&1; then passed=$((passed + 1)); else
		failed=$((failed + 1))
		echo "FAILED: $what"
		tail -n 5 "$dir/d.log" "$dir/out" 2>/dev/null
	fi
}
wait_for() { # COMMAND...: true within 20 s
	for _ in $(seq 400); do "$@" >/dev/null 2>&1 && return 0; sleep 0.05; done
	return 1
}
gone() { ! kill -0 "$1" 2>/dev/null; }
start() {
	rm -f "$dir/ports"
	"$build/vneppd" --config "$dir/vneppd.yaml" --ports-file "$dir/ports" >>"$dir/d.log" 2>&1 &
	pid=$!
	wait_for test -s "$dir/ports"
	port=$(sed -n 's/^api=//p' "$dir/ports")
}
stop() { kill -TERM "$pid" && wait "$pid"; }
ask() { # PARTNER PATH [CURL OPTION...]: the status
	local cert=$1 path=$2
	shift 2
	curl -s -o "$dir/out" -w '%{http_code}' --cert "$dir/certs/$cert.pem" --key "$dir/certs/$cert.key" \
		--cacert "$dir/certs/ca.pem" "https://localhost:$port$path" "$@"
}
answers() { [ "$(ask "${@:2}")" = "$1" ]; }
line() { # REF NAME
	printf '{"ref":"%s","op":"create","domain":"%s.com.vn","period":1,"if_not_free":"charge","max_fee_vnd":900000,' "$1" "$2"
	printf '"applicant":{"kind":"other","name":"Ban Tổ chức","phone":"+84.281234567","email":"a@example.vn","address":'
	printf '{"street":"1 Lê Lợi","ward":"Bến Thành","province":"79","province_list":"2025-07-01","country":"VN"}}}\n'
}
submit() { ask anphat /v1/batches -H 'Content-Type: application/x-ndjson' --data-binary "@$1"; }

sh certs/dev-ca.sh "$dir/certs" >/dev/null 2>&1
echo testpw12 >"$dir/pw" && chmod 600 "$dir/pw"
"$build/vnepp-regsim" --listen 127.0.0.1:0 --cert "$dir/certs/registry.pem" --key "$dir/certs/registry.key" \
	--ca "$dir/certs/ca.pem" --account anphat:testpw12 --port-file "$dir/rport" >"$dir/r.log" 2>&1 &
registry=$!
wait_for test -s "$dir/rport"
cat >"$dir/vneppd.yaml" <<END
instance: test
sandbox: {clock: "2026-11-20T09:00:00+07:00"}
store: {path: vnepp.db}
api: {listen: "127.0.0.1:0", certificate: certs/api.pem, key: certs/api.key, client_ca: certs/ca.pem}
admin: {control_socket: none}
policy: {rules: "$root/policy/rules"}
log: {format: logfmt}
stop_timeout: 5s
partners: partners.yaml
registries:
  - name: sim
    endpoints: ["127.0.0.1:$(cat "$dir/rport")"]
    zones: [id.vn, biz.vn, com.vn]
    tls: {ca: certs/ca.pem, server_name: localhost}
    accounts:
      - {name: anphat, login: anphat, password_file: pw, certificate: certs/gateway.pem, key: certs/gateway.key}
END
one='partners: [{name: anphat, certificates: [{san_uri: "urn:vnepp:partner:anphat"}], account: anphat}]'
two='partners: [{name: anphat, certificates: [{san_uri: "urn:vnepp:partner:anphat"}], account: anphat}, {name: hoasen, certificates: [{san_uri: "urn:vnepp:partner:hoasen"}], account: anphat}]'
echo "$one" >"$dir/partners.yaml"

check "--check of a good configuration" "$build/vneppd" --check --config "$dir/vneppd.yaml"
sed 's/stop_timeout: 5s/stop_timeout: soon/; s/port: 1/port: x/; s/zones: .id.vn/zones: [_bad/' "$dir/vneppd.yaml" >"$dir/bad.yaml"
"$build/vneppd" --check --config "$dir/bad.yaml" >"$dir/out" 2>&1
check "--check of a bad one fails" test $? -eq 1
check "… and names every error with its place" test "$(grep -c 'bad.yaml:[0-9]*:[0-9]*: error' "$dir/out")" -ge 2
check "an unknown option is usage" bash -c "'$build/vneppd' --nonsense; test \$? -eq 2"

start
"$build/vneppd" --config "$dir/vneppd.yaml" >"$dir/out" 2>&1
check "a second daemon is refused" test $? -eq 1
check "… and told who has the store" grep -q "process $pid" "$dir/out"
check "a partner is answered" answers 404 anphat /v1/batches/99
check "a certificate of nobody gets 403" answers 403 hoasen /v1/batches/99
check "no certificate, no connection" bash -c "! curl -sf --cacert '$dir/certs/ca.pem' 'https://localhost:$port/v1/batches/1'"

echo "$two" >"$dir/partners.yaml"
kill -HUP $pid
check "a reload takes up a new partner" wait_for answers 404 hoasen /v1/batches/99
echo 'partners: [{name: anphat, certificates: []' >"$dir/partners.yaml"
kill -HUP $pid
check "a broken file is refused and said" wait_for grep -q 'event=config.refused' "$dir/d.log"
check "… and changes nothing" answers 404 hoasen /v1/batches/99
echo "$two" >"$dir/partners.yaml"

events() { grep -c "event=$1" "$dir/d.log"; }
at_least() { [ "$(events "$1")" -ge "$2" ]; }
exactly() { [ "$(events "$1")" -eq "$2" ]; }
wait_for at_least session.ready 4
kill -HUP $pid
wait_for at_least config.reloaded 2
check "a reload without a change keeps the sessions" exactly account.changed 0
sed -i 's|key: certs/gateway.key}|key: certs/gateway.key, sessions: 2}|' "$dir/vneppd.yaml"
kill -HUP $pid
check "another number of sessions is taken up" wait_for at_least session.ready 6
check "… and said" exactly account.changed 1
check "… after the old ones have logged out" at_least session.closed 4
cp "$dir/certs/gateway.key" "$dir/keep.key"
cp "$dir/certs/hoasen.key" "$dir/certs/gateway.key"
kill -HUP $pid
check "a key that does not fit its certificate is refused" wait_for at_least config.refused 2
check "… and changes nothing" exactly account.changed 1
cp "$dir/certs/hoasen.pem" "$dir/certs/gateway.pem"
kill -HUP $pid
check "a new certificate in the old place is taken up" wait_for at_least account.changed 2
check "… by new sessions" wait_for at_least session.ready 8
echo testpw34 >"$dir/pw.new" && chmod 600 "$dir/pw.new"
sed -i 's|password_file: pw,|password_file: pw, new_password_file: pw.new,|' "$dir/vneppd.yaml"
kill -HUP $pid
check "a new password is asked for" wait_for at_least account.password_changed 1
check "… and used by all sessions" wait_for at_least session.ready 10
mv "$dir/pw.new" "$dir/pw"
sed -i 's| new_password_file: pw.new,||' "$dir/vneppd.yaml"
kill -HUP $pid
check "… and takes the old one's place" wait_for at_least session.ready 12
check "… once" exactly account.password_changed 1
check "no password is in the log" bash -c "! grep -q 'testpw[13]' '$dir/d.log'"

for i in $(seq 300); do line "r$i" "ten-$i"; done >"$dir/batch"
check "a batch is taken" test "$(submit "$dir/batch")" = 202
kill -TERM $pid
check "it stops within its deadline" wait_for gone $pid
wait $pid
check "… with 0" test $? -eq 0
start
check "nothing of it is in doubt afterwards" grep -q 'event=store.recovered.*epoch=2.*unknown=0' "$dir/d.log"
done_all() { ask anphat /v1/batches/1 >/dev/null && grep -q '"moving":0' "$dir/out" && grep -q '"done":300' "$dir/out"; }
check "everything is done after the restart" wait_for done_all
stop
# At any moment of its start: 143 is before it listens to signals.
ends=""
for ms in $(seq 1 40); do
	timeout --preserve-status -k 20 -s TERM "$(printf '0.%03d' "$ms")" "$build/vneppd" --config "$dir/vneppd.yaml" >>"$dir/d.log" 2>&1
	ends="$ends $?"
done
others=$(tr ' ' '\n' <<<"$ends" | grep -vxE '|0|143')
check "a stop in the middle of the start: ends with $others" test -z "$others"
check "… breaks no promise" bash -c "! grep -qE '(REQUIRE|INVARIANT) failed' '$dir/d.log'"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
