#!/usr/bin/env bash
# Reloads under load: no request of a partner fails, no command of the registry is lost or done twice. RELOADS=200 (`make sim`
# does 1,000), REQUESTS=500 per second.
set -u
cd "$(dirname "$0")/../.." || exit 2
root=$PWD build=$PWD/${BUILD:-build} dir=$(mktemp -d) passed=0 failed=0 pid="" registry=""
reloads=${RELOADS:-200} requests=${REQUESTS:-500}
trap 'kill $pid $registry 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT

check() { # WHAT COMMAND...
	local what=$1
	shift
	if "$@" >/dev/null 2>&1; then passed=$((passed + 1)); else
		failed=$((failed + 1))
		echo "FAILED: $what"
		tail -n 3 "$dir/d.log" "$dir/figures" 2>/dev/null
	fi
}
wait_for() { # COMMAND...: true within 20 s
	for _ in $(seq 400); do "$@" >/dev/null 2>&1 && return 0; sleep 0.05; done
	return 1
}
figure() { sed -n "s/.*\"$1\": \([0-9.]*\).*/\1/p" "$dir/figures"; }
vnepp() { timeout 120 "$build/vnepp" "$@" --socket "$dir/control.sock" >"$dir/out" 2>&1; }

sh certs/dev-ca.sh "$dir/certs" >/dev/null 2>&1
echo testpw12 >"$dir/pw" && chmod 600 "$dir/pw"
"$build/vnepp-regsim" --listen 127.0.0.1:0 --cert "$dir/certs/registry.pem" --key "$dir/certs/registry.key" \
	--ca "$dir/certs/ca.pem" --account anphat:testpw12 --delay-ms 5 --ledger "$dir/ledger" --ledger-mode all --port-file "$dir/rport" >"$dir/r.log" 2>&1 &
registry=$!
wait_for test -s "$dir/rport"
cat >"$dir/vneppd.yaml" <<END
instance: test
sandbox: {clock: "2026-11-20T09:00:00+07:00"}
store: {path: vnepp.db}
api: {listen: "127.0.0.1:0", certificate: certs/api.pem, key: certs/api.key, client_ca: certs/ca.pem}
admin: {control_socket: $dir/control.sock}
policy: {rules: "$root/policy/rules"}
log: {format: logfmt}
stop_timeout: 5s
partners: partners.yaml
registries:
  - name: sim
    endpoints: ["127.0.0.1:$(cat "$dir/rport")"]
    zones: [com.vn]
    tls: {ca: certs/ca.pem, server_name: localhost}
    accounts:
      - {name: anphat, login: anphat, password_file: pw, certificate: certs/gateway.pem, key: certs/gateway.key, sessions: 2, window: 4}
END
echo 'partners: [{name: anphat, certificates: [{san_uri: "urn:vnepp:partner:anphat"}], account: anphat, weight: 1}]' >"$dir/partners.yaml"
timeout $((reloads * 2 + 60)) python3 tests/integration/reloads.py "$dir" "$build/vneppd" "$reloads" "$requests" >"$dir/figures" 2>&1
check "$reloads reloads came to their end" grep -q "\"reloads\": $reloads" "$dir/figures"
pid=$(figure pid)
check "no request failed" test "$(figure failed)" = 0
check "… and there were as many as wanted (half of it where the machine has other work)" test "$(figure per_second)" -ge $((requests / 2))
check "what was wrong was refused" test "$(figure refused)" -ge $((reloads / 7))
check "… and said" grep -q event=config.refused "$dir/d.log"
check "sessions came back with other settings" grep -q event=account.changed "$dir/d.log"
check "nothing moves in the end" vnepp wait --idle --timeout 60
check "every line is done" bash -c "'$build/vnepp' store --json --socket '$dir/control.sock' | grep -q '\"done\": $(($(figure submitted) + 1))\b'"
check "no answer was lost" bash -c "! grep -q 'event=session.closed.*unknown=[1-9]' '$dir/d.log'"
kill -TERM "$pid"
gone() { ! kill -0 "$pid" 2>/dev/null; }
check "it stops" wait_for gone
kill -TERM $registry
wait $registry
# The registry's own list of what it carried out, and of what it was told.
grep '"op":"create","kind":"domain"' "$dir/ledger" >"$dir/creates"
names() { sed -n 's/.*"name":"\([^"]*\)".*/\1/p' "$1" | sort; }
check "the registry created each name" test "$(grep -c '"code":1000' "$dir/creates")" -eq $(($(figure submitted) + 1))
check "… and was told of none twice" test -z "$(names "$dir/creates" | uniq -d)"
cat "$dir/figures"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
