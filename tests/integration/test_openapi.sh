#!/usr/bin/env bash
# The partners' API of a running daemon, with a registry behind it, against its own contract (/v1/openapi.json).
set -u
cd "$(dirname "$0")/../.." || exit 2
root=$PWD build=$PWD/${BUILD:-build} dir=$(mktemp -d) pid="" registry=""
trap 'kill $pid $registry 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT

if ! python3 -c 'import jsonschema' 2>/dev/null; then
	echo "SKIPPED: python3-jsonschema is not installed (make deps-test)"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
wait_for() { # COMMAND...: true within 20 s
	for _ in $(seq 400); do "$@" >/dev/null 2>&1 && return 0; sleep 0.05; done
	return 1
}
sh certs/dev-ca.sh "$dir/certs" >/dev/null 2>&1
echo testpw12 >"$dir/pw" && chmod 600 "$dir/pw"
"$build/vnepp-regsim" --listen 127.0.0.1:0 --cert "$dir/certs/registry.pem" --key "$dir/certs/registry.key" \
	--ca "$dir/certs/ca.pem" --account anphat:testpw12,balance=60000000 --port-file "$dir/rport" >"$dir/r.log" 2>&1 &
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
limits: limits.yaml
registries:
  - name: sim
    endpoints: ["127.0.0.1:$(cat "$dir/rport")"]
    zones: [id.vn, biz.vn, com.vn]
    contacts: create
    tls: {ca: certs/ca.pem, server_name: localhost}
    accounts:
      - {name: anphat, login: anphat, password_file: pw, certificate: certs/gateway.pem, key: certs/gateway.key}
END
cat >"$dir/partners.yaml" <<END
partners:
  - {name: anphat, certificates: [{san_uri: "urn:vnepp:partner:anphat"}], account: anphat}
  - {name: hoasen, certificates: [{san_uri: "urn:vnepp:partner:hoasen"}], account: anphat}
END
cat >"$dir/limits.yaml" <<END
registries: {sim: {commands_per_second: {max: 5000}}}
partners: {hoasen: {lines_per_second: 1000, burst: 1000, lines_per_day: 30, max_queued: 5000}}
END
"$build/vneppd" --config "$dir/vneppd.yaml" --ports-file "$dir/ports" >"$dir/d.log" 2>&1 &
pid=$!
wait_for test -s "$dir/ports" || {
	cat "$dir/d.log"
	echo "0 passed, 1 failed"
	exit 1
}
echo kept-back >"$dir/names.txt"
timeout 60 "$build/vnepp" names import "$dir/names.txt" --kind blocked --issuer VNNIC --date 2026-11-01 --socket "$dir/control.sock" >/dev/null
timeout 120 python3 tests/integration/openapi_check.py "$(sed -n 's/^api=//p' "$dir/ports")" "$dir/certs" daemon/api/api.c 2>"$dir/err"
status=$?
[ $status -le 1 ] && [ ! -s "$dir/err" ] || {
	cat "$dir/err"
	tail -n 5 "$dir/d.log"
	echo "0 passed, 1 failed"
	exit 1
}
exit $status
