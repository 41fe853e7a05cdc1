#!/usr/bin/env bash
# Recorded decisions again: the demo's sample through a real daemon, replayed under the rules that decided it, under others
# and after a restart; one decision explained from its record; what cannot be replayed.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh

status=0 blame=("$dir/d.log" "$dir/out" "$dir/err")
run() {
	timeout 60 "$build/vnepp" policy "$@" --socket "$dir/control.sock" >"$dir/out" 2>"$dir/err"
	status=$?
}
is() { [ "$1" = "$2" ]; }
told() { grep -qE -- "$1" "$dir/out"; }
warned() { grep -qF -- "$1" "$dir/err"; }
lines() { wc -l <"$dir/out"; }

for command in replay diff explain; do
	timeout 20 "$build/vnepp" help policy $command >"$dir/out"
	check "help policy $command" told "Usage: vnepp policy $command"
	timeout 20 "$build/vnepp" completion bash >"$dir/out"
	check "completion knows policy $command" told "'policy $command'\)"
done
run replay
check "without a daemon it fails" is $status 1
check "… and says so" warned "cannot reach the daemon"
run replay --from 2026-02-30
check "a day that is none is usage" is $status 2
check "… with the option" warned "--from: '2026-02-30' is not a date"

make_certificates
perl tests/demo/sample.pl "$dir"
cp -r policy/rules "$dir/rules"
{ config_top "policy: {rules: rules, activate: staged}"; config_registry "zones: [id.vn, biz.vn, com.vn, vn, io.vn, name.vn, org.vn, edu.vn, info.vn]"; } >"$dir/vneppd.yaml"
config_partners anphat hoasen >"$dir/partners.yaml"
start
timeout 60 "$build/vnepp" ledger import "$dir/history.ndjson" --socket "$dir/control.sock" >"$dir/out" 2>"$dir/err"
submit anphat "$dir/anphat.ndjson" >/dev/null
submit hoasen "$dir/hoasen.ndjson" >/dev/null
run replay
check "under their own rules all come out the same" is $status 0
check "… which is said" told "^[0-9]+ decisions replayed, each under its own rules$"
check "… of all lines" told "^2[0-9]{3} decisions"
check "… to the byte" told " come out the same, 0 with another outcome or reason, 0 in details, 0 unreadable$"
numbers=$(grep -oh '"id_number":"[0-9]*"' "$dir/anphat.ndjson" | grep -o '[0-9]\{12\}' | sort -u | head -n 400)
sqlite3 "$dir/vnepp.db" "SELECT hex(record) FROM item" | perl -lne 'print pack "H*", $_' >"$dir/records"
check "there are records" test "$(stat -c %s "$dir/records")" -gt 100000
check "… and no identity number in them" bash -c "! grep -aoFf <(printf '%s\n' $numbers) '$dir/records' | grep -v '000001$' | grep -q ."
run replay --rules "$dir/rules" --json
check "under the same files, too" is $status 0
check "… as JSON nothing but the counts" is "$(lines)" 1
check "… with the revision" told '"outcome":0,"details":0,"unreadable":0,"rules":"sha256:'

# other rules: who is 24 or 25 is granted, and the levy of what is paid is another
cp -r policy/rules "$dir/new"
sed -i 's/age: {at_most: 23/age: {at_most: 25/' "$dir/new/grants.yaml"
run replay --rules "$dir/new"
check "what would change ends with 1" is $status 1
check "… in a table" told "before  *after  *grant  *province  *decisions"
check "… by outcome, grant and province" told "no_grant AGE_OVER_23  *grant OK  *youth-id  *[0-9]{2}  *[0-9]+$"
changed=$(grep -oE '[0-9]+ with another outcome' "$dir/out" | grep -oE '^[0-9]+')
run replay --rules "$dir/new" --json
check "… as JSON a line for each" is "$(grep -c '"changes":"outcome"' "$dir/out")" "$changed"
check "… with the decision before" told '"before":\{"stage":"admission","outcome":"no_grant","grant":"youth-id","reasons":\["AGE_OVER_23"'
check "… and after" told '"after":\{"stage":"admission","outcome":"grant"'
check "… and every line is JSON" perl -MJSON::PP -ne 'decode_json($_)' "$dir/out"
item=$(sed -n 's/^{"item":\([0-9]*\),.*AGE_OVER_23.*/\1/p' "$dir/out" | head -n 1)
run replay --rules "$dir/new" --item "$item"
check "one item alone" told "^1 decisions replayed"
run replay --rules "$dir/new" --from 2026-11-21
check "from a later day there is none" told "^0 decisions replayed"
check "… which is the same" is $status 0
run replay --rules "$dir/new" --to 2026-11-20
check "up to its day all" told "^2[0-9]{3} decisions"
sed -i 's/business: {levy: 100000, maintenance: 250000}/business: {levy: 100000, maintenance: 260000}/' "$dir/new/fees.yaml"
run replay --rules "$dir/new"
check "fees are details" told "the same but for fee_vnd.expected"

# explain a decision that was taken
run explain --item "$item"
check "a decision is explained from its record" told "^no_grant AGE_OVER_23"
check "… with its clause" told "826/QĐ-BTTTT"
run explain --item "$item" --rules "$dir/new"
check "… under other rules" told "^grant OK: send"
run explain --item "$item" --decision 2
check "there is no second decision" warned "item $item has 1 decision"
run explain --item 999999
check "there is no such item" warned "there is no such item"
run explain
check "without anything it is usage" is $status 2

# the daemon's rule sets by name
run stage "$dir/new" --at now
run activate
run diff active "$dir/rules"
check "diff takes a revision that is kept" told "because of rule age-to-23"
run diff sha256:000000 "$dir/rules"
check "… and says when it is not" is $status 3
check "… which one" warned "sha256:000000"
run replay --rules active
check "replay takes one, too" test $status -le 1
check "… by its name" told "decisions replayed, under sha256:"

# what was decided stays as it is, over a restart and whatever is in force
stop
start
run replay
check "after a restart all come out the same" is $status 0
# another secret key: who has had a grant gets none; the daemon must not run
timeout 60 "$build/vneppd" --rotate-key --config "$dir/vneppd.yaml" >"$dir/out" 2>"$dir/err"
status=$?
check "a running daemon keeps the key" is $status 1
check "… and says why" warned "in use by another vneppd"
stop
keys() { sqlite3 "$dir/vnepp.db" "SELECT hex(key) FROM grant_ledger UNION ALL SELECT hex(key) FROM grant_fresh ORDER BY 1" >"$1"; }
keys "$dir/keys.before"
timeout 60 "$build/vneppd" --rotate-key --config "$dir/vneppd.yaml" >"$dir/out" 2>"$dir/err"
status=$?
check "without it the key is changed" is $status 0
check "… and all that is hashed under it" told "[0-9]{3,} keys of subjects are hashed under a new secret key, the 2. of its chain"
keys "$dir/keys.after"
check "… none is left" is "$(LC_ALL=C comm -12 "$dir/keys.before" "$dir/keys.after" | wc -l)" 0
check "… and none is lost" is "$(wc -l <"$dir/keys.before")" "$(wc -l <"$dir/keys.after")"
start
taken=$(sqlite3 "$dir/vnepp.db" "SELECT line FROM item WHERE batch = 1 AND grant_key IS NOT NULL AND domain LIKE '%.id.vn' ORDER BY id LIMIT 1")
sed -n "${taken}p" "$dir/anphat.ndjson" | sed 's/"ref":"[^"]*"/"ref":"again"/; s/"domain":"[^"]*"/"domain":"motlan-nua.id.vn"/' >"$dir/again.ndjson"
curl -s -o "$dir/answer" --cert "$dir/certs/anphat.pem" --key "$dir/certs/anphat.key" --cacert "$dir/certs/ca.pem" \
	"https://localhost:$port/v1/batches" -H 'Content-Type: application/x-ndjson' --data-binary "@$dir/again.ndjson"
curl -s -o "$dir/out" --cert "$dir/certs/anphat.pem" --key "$dir/certs/anphat.key" --cacert "$dir/certs/ca.pem" "https://localhost:$port/v1/items/again"
check "who has had a grant under the old key gets none" told '"state":"refused".*ONE_PER_SUBJECT'
sqlite3 "$dir/vnepp.db" "UPDATE item SET record = x'0102' WHERE id = $item" 2>"$dir/err"
run replay
check "a damaged record is told" told ", 1 unreadable$"
check "… and ends with 1" is $status 1
run explain --item "$item"
check "… and explained as what it is" warned "the record cannot be read"
stop
finish
