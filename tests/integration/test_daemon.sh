#!/usr/bin/env bash
# The daemon as an operator meets it: --check, a second daemon, certificates, reload, stop.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh


make_certificates
start_registry --account anphat:testpw12
{ config_top "admin: {control_socket: none}"; config_registry; } >"$dir/vneppd.yaml"
config_partners anphat >"$dir/partners.yaml"

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

config_partners anphat hoasen >"$dir/partners.yaml"
kill -HUP $pid
check "a reload takes up a new partner" wait_for answers 404 hoasen /v1/batches/99
echo 'partners: [{name: anphat, certificates: []' >"$dir/partners.yaml"
kill -HUP $pid
check "a broken file is refused and said" wait_for grep -q 'event=config.refused' "$dir/d.log"
check "… and changes nothing" answers 404 hoasen /v1/batches/99
config_partners anphat hoasen >"$dir/partners.yaml"

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

paid_lines 1 300 >"$dir/batch"
trace=4bf92f3577b34da6a3ce929d0e0e4736
check "a batch is taken" test "$(submit anphat "$dir/batch" -H "traceparent: 00-$trace-00f067aa0ba902b7-01")" = 202
check "its trace is in the log" grep -q "event=batch.admitted.*trace=$trace" "$dir/d.log"
kill -TERM $pid
check "it stops within its deadline" wait_for gone $pid
wait $pid
check "… with 0" test $? -eq 0
start
check "nothing of it is in doubt afterwards" grep -q 'event=store.recovered.*epoch=2.*unknown=0' "$dir/d.log"
done_all() { ask anphat /v1/batches/1 >/dev/null && grep -q '"moving":0' "$dir/out" && grep -q '"done":300' "$dir/out"; }
check "everything is done after the restart" wait_for done_all
check "the trace is in the clTRID of each command that made a name, over the restart, too" test \
	"$(grep 'event=item.end' "$dir/d.log" | grep -c 'cltrid=VN-[^ ]*-t-0e0e4736 ')" -eq 300
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
finish
