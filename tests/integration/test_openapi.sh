#!/usr/bin/env bash
# The partners' API of a running daemon, with a registry behind it, against its own contract (/v1/openapi.json).
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh

if ! python3 -c 'import jsonschema' 2>/dev/null; then
	echo "SKIPPED: python3-jsonschema is not installed (make deps-test)"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
make_certificates
start_registry --account anphat:testpw12,balance=60000000
{ config_top "limits: limits.yaml"; config_registry "contacts: create"; } >"$dir/vneppd.yaml"
config_partners anphat hoasen >"$dir/partners.yaml"
cat >"$dir/limits.yaml" <<END
registries: {sim: {commands_per_second: {max: 5000}}}
partners: {hoasen: {lines_per_second: 1000, burst: 1000, lines_per_day: 30, max_queued: 5000}}
END
start || {
	cat "$dir/d.log"
	echo "0 passed, 1 failed"
	exit 1
}
echo kept-back >"$dir/names.txt"
vnepp names import "$dir/names.txt" --kind blocked --issuer VNNIC --date 2026-11-01
printf '{"domain":"paid-soon.id.vn","partner":"anphat","account":"sim/anphat","created":"2024-12-01","expires":"2026-12-01","grant_from":"2024-12-01"}\n' >"$dir/ledger"
vnepp ledger import "$dir/ledger"
timeout 120 python3 tests/integration/openapi_check.py "$port" "$dir/certs" daemon/api/api.c 2>"$dir/err"
status=$?
[ $status -le 1 ] && [ ! -s "$dir/err" ] || {
	cat "$dir/err"
	tail -n 5 "$dir/d.log"
	echo "0 passed, 1 failed"
	exit 1
}
exit $status
