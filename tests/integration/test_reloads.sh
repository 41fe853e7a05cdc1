#!/usr/bin/env bash
# Reloads under load: no request of a partner fails, no command of the registry is lost or done twice. RELOADS=200 (`make sim`
# does 1,000), REQUESTS=500 per second.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh
reloads=${RELOADS:-200} requests=${REQUESTS:-500}
blame=("$dir/d.log" "$dir/figures")
figure() { sed -n "s/.*\"$1\": \([0-9.]*\).*/\1/p" "$dir/figures"; }

make_certificates
start_registry --account anphat:testpw12 --delay-ms 5 --ledger "$dir/ledger" --ledger-mode all
{ config_top; ACCOUNT="sessions: 2, window: 4" config_registry "zones: [com.vn]"; } >"$dir/vneppd.yaml"
echo 'partners: [{name: anphat, certificates: [{san_uri: "urn:vnepp:partner:anphat"}], account: anphat, weight: 1}]' >"$dir/partners.yaml"
timeout $((reloads * 2 + 60)) python3 tests/integration/reloads.py "$dir" "$build/vneppd" "$reloads" "$requests" >"$dir/figures" 2>&1
check "$reloads reloads came to their end" grep -q "\"reloads\": $reloads" "$dir/figures"
pid=$(figure pid)
check "no request failed" test "$(figure failed)" = 0
check "… and there were as many as wanted (half of it where the machine has other work)" test "$(figure per_second)" -ge $((requests / 2))
check "what was wrong was refused" test "$(figure refused)" -ge $((reloads / 7))
check "… and said" grep -q event=config.refused "$dir/d.log"
check "sessions came back with other settings" grep -q event=account.changed "$dir/d.log"
check "nothing moves in the end" vnepp wait --idle --timeout 25
check "every line is done" bash -c "'$build/vnepp' store --json --socket '$dir/control.sock' | grep -q '\"done\": $(($(figure submitted) + 1))\b'"
check "no answer was lost" bash -c "! grep -q 'event=session.closed.*unknown=[1-9]' '$dir/d.log'"
kill -TERM "$pid"
check "it stops" wait_for gone "$pid"
kill -TERM $registry
wait $registry
# The registry's own list of what it carried out, and of what it was told.
grep '"op":"create","kind":"domain"' "$dir/ledger" >"$dir/creates"
names() { sed -n 's/.*"name":"\([^"]*\)".*/\1/p' "$1" | sort; }
check "the registry created each name" test "$(grep -c '"code":1000' "$dir/creates")" -eq $(($(figure submitted) + 1))
check "… and was told of none twice" test -z "$(names "$dir/creates" | uniq -d)"
cat "$dir/figures"
finish
