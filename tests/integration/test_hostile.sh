#!/usr/bin/env bash
# Hostile and broken partners at the real daemon, over TLS: every one gets its exact answer, and nobody else is harmed.
set -u
cd "$(dirname "$0")/../.." || exit 2
root=$PWD build=$PWD/${BUILD:-build} dir=$(mktemp -d) pid=""
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
wait_for() { # COMMAND...: true within 20 s
	for _ in $(seq 400); do "$@" >/dev/null 2>&1 && return 0; sleep 0.05; done
	return 1
}

sh certs/dev-ca.sh "$dir/certs" >/dev/null 2>&1
echo testpw12 >"$dir/pw" && chmod 600 "$dir/pw"
cat >"$dir/vneppd.yaml" <<END
instance: test
sandbox: {clock: "2026-11-20T09:00:00+07:00"}
store: {path: vnepp.db}
api: {listen: "127.0.0.1:0", certificate: certs/api.pem, key: certs/api.key, client_ca: certs/ca.pem, max_line: 4KB,
  max_body: 1MB, max_lines: 100, max_connections: 60, max_per_address: 40, max_per_partner: 12}
admin: {control_socket: none}
policy: {rules: "$root/policy/rules"}
log: {format: logfmt}
partners: partners.yaml
registries:
  - name: none
    endpoints: ["127.0.0.1:1"]
    zones: [id.vn, biz.vn, com.vn]
    tls: {ca: certs/ca.pem, server_name: localhost}
    contacts: create
    accounts:
      - {name: anphat, login: anphat, password_file: pw, certificate: certs/gateway.pem, key: certs/gateway.key}
END
for name in anphat hoasen; do echo "{name: $name, certificates: [{san_uri: \"urn:vnepp:partner:$name\"}], account: anphat}"; done |
	paste -sd, | sed 's/.*/partners: [&]/' >"$dir/partners.yaml"
"$build/vneppd" --config "$dir/vneppd.yaml" --ports-file "$dir/ports" >"$dir/d.log" 2>&1 &
pid=$!
wait_for test -s "$dir/ports"
timeout 300 python3 tests/integration/hostile.py "$dir" "$(sed -n 's/^api=//p' "$dir/ports")" >"$dir/out" 2>&1
last=$(tail -n 1 "$dir/out")
passed=0 failed=1
[[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]] && passed=${BASH_REMATCH[1]} failed=${BASH_REMATCH[2]}
[ "$failed" -eq 0 ] || { cat "$dir/out"; tail -n 5 "$dir/d.log"; }

check() { # WHAT COMMAND...
	local what=$1
	shift
	if "$@"; then passed=$((passed + 1)); else
		failed=$((failed + 1))
		echo "FAILED: $what"
		tail -n 5 "$dir/d.log"
	fi
}
no_errors() { ! grep -q 'level=error' "$dir/d.log"; }
few_sockets() { [ "$(ls -l "/proc/$pid/fd" | grep -c socket:)" -le 4 ]; }
check "the daemon has had no error of its own" no_errors
check "no connection is left over" wait_for few_sockets
kill -TERM "$pid"
wait "$pid"
check "it stops as always" test $? -eq 0
pid=""
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
