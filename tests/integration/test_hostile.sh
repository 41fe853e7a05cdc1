#!/usr/bin/env bash
# Hostile and broken partners at the real daemon, over TLS: every one gets its exact answer, and nobody else is harmed.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh

make_certificates
{
	config_top "admin: {control_socket: none}" "stop_timeout:" \
		'api: {listen: "127.0.0.1:0", certificate: certs/api.pem, key: certs/api.key, client_ca: certs/ca.pem, max_line: 4KB, max_body: 1MB, max_lines: 100, max_connections: 60, max_per_address: 40, max_per_partner: 12}'
	config_registry "contacts: create"
} >"$dir/vneppd.yaml"
config_partners anphat hoasen >"$dir/partners.yaml"
start
timeout 300 python3 tests/integration/hostile.py "$dir" "$port" >"$dir/out" 2>&1
last=$(tail -n 1 "$dir/out")
passed=0 failed=1
[[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]] && passed=${BASH_REMATCH[1]} failed=${BASH_REMATCH[2]}
[ "$failed" -eq 0 ] || { cat "$dir/out"; tail -n 5 "$dir/d.log"; }

no_errors() { ! grep -q 'level=error' "$dir/d.log"; }
few_sockets() { [ "$(ls -l "/proc/$pid/fd" | grep -c socket:)" -le 4 ]; }
check "the daemon has had no error of its own" no_errors
check "no connection is left over" wait_for few_sockets
# Stopped in the middle of uploads, of which one has begun to come in.
upload() { # what comes, and then nothing for a long time
	{ cat; exec sleep 5; } | curl -s -m 20 --cert "$dir/certs/anphat.pem" --key "$dir/certs/anphat.key" --cacert "$dir/certs/ca.pem" \
		-H 'Content-Type: application/x-ndjson' -T - -X POST -o "$dir/answer" "https://localhost:$port/v1/batches" >/dev/null 2>&1
}
sockets=$(ls -l "/proc/$pid/fd" | grep -c socket:)
echo '{"ref":"late"' | upload &
upload </dev/null &
uploads_run() { [ "$(ls -l "/proc/$pid/fd" | grep -c socket:)" -ge $((sockets + 2)) ]; }
check "two uploads are under way" wait_for uploads_run
check "it stops as always, in the middle of uploads" stop
finish
