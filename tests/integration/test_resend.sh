#!/usr/bin/env bash
# The same file sent again ends with the same results: client, daemon (SIGKILL) or link are cut at random bytes of a
# batch of 1,000 lines, and the file is sent again until it is answered. RESEND_CUTS=200 is what `make sim` runs;
# RESEND_SEED=N repeats the cuts of a run.
set -u
cd "$(dirname "$0")/../.." || exit 2
root=$PWD build=$PWD/${BUILD:-build} dir=$(mktemp -d) registry=""
trap '[ -z "$registry" ] || kill "$registry" 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
seed=${RESEND_SEED:-$$} cuts=${RESEND_CUTS:-30}

sh certs/dev-ca.sh "$dir/certs" >/dev/null 2>&1
echo testpw12 >"$dir/pw" && chmod 600 "$dir/pw"
for i in $(seq 9 10 999); do printf 'taken-%04d.com.vn,other,OTHER-1,2025-01-01T00:00:00Z,2028-01-01T00:00:00Z\n' "$i"; done >"$dir/taken.csv"
"$build/vnepp-regsim" --listen 127.0.0.1:0 --cert "$dir/certs/registry.pem" --key "$dir/certs/registry.key" \
	--ca "$dir/certs/ca.pem" --account anphat:testpw12 --account other:testpw12 --contact REG-1,anphat --contact OTHER-1,other \
	--domains "$dir/taken.csv" --ledger "$dir/ledger" --ledger-mode transforms --delay-ms 2 --port-file "$dir/rport" \
	--clock-shift-ms $((($(date -d 2026-11-20T09:00:00+07:00 +%s) - $(date +%s)) * 1000)) >"$dir/r.log" 2>&1 &
registry=$!
for _ in $(seq 600); do [ -s "$dir/rport" ] && break; sleep 0.05; done
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
    zones: [com.vn, id.vn]
    tls: {ca: certs/ca.pem, server_name: localhost}
    contacts: given
    settle: 500ms
    accounts:
      - {name: anphat, login: anphat, password_file: pw, certificate: certs/gateway.pem, key: certs/gateway.key, sessions: 4, window: 8}
END_OF_FILE
echo 'partners: [{name: anphat, certificates: [{san_uri: "urn:vnepp:partner:anphat"}], account: anphat}]' >"$dir/partners.yaml"
: >"$dir/limits.yaml"
echo "resend seed $seed"
VNEPPD=$build/vneppd perl tests/integration/resend.pl "$dir" "$cuts" "$seed" >"$dir/out" 2>"$dir/err"
status=$?
grep -E '^(undisturbed|answers)|^FAILED' "$dir/out"
passed=$(grep -c '^ok ' "$dir/out")
failed=$(grep -c '^FAILED' "$dir/out")
if [ $status -ne 0 ] || [ "$passed" -lt "$cuts" ]; then
	[ "$failed" -gt 0 ] || failed=1
	cat "$dir/err"
	tail -n 20 "$dir/d.log" "$dir/r.log"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
