#!/usr/bin/env bash
# The same file sent again ends with the same results: client, daemon (SIGKILL) or link are cut at random bytes of a
# batch of 1,000 lines, and the file is sent again until it is answered. RESEND_CUTS=200 is what `make sim` runs;
# RESEND_SEED=N repeats the cuts of a run.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh
seed=${RESEND_SEED:-$$} cuts=${RESEND_CUTS:-30}

make_certificates
for i in $(seq 9 10 999); do printf 'taken-%04d.com.vn,other,OTHER-1,2025-01-01T00:00:00Z,2028-01-01T00:00:00Z\n' "$i"; done >"$dir/taken.csv"
start_registry --account anphat:testpw12 --account other:testpw12 --contact REG-1,anphat --contact OTHER-1,other \
	--domains "$dir/taken.csv" --ledger "$dir/ledger" --ledger-mode transforms --delay-ms 2 \
	--clock-shift-ms $((($(date -d 2026-11-20T09:00:00+07:00 +%s) - $(date +%s)) * 1000))
{
	config_top "admin: {control_socket: control.sock}" "limits: limits.yaml"
	ACCOUNT="sessions: 4, window: 8" config_registry "zones: [com.vn, id.vn]" "contacts: given" "settle: 500ms"
} >"$dir/vneppd.in"
config_partners anphat >"$dir/partners.yaml"
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
finish
