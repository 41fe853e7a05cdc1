#!/usr/bin/env bash
# Names whose free years end: their partner reads so in the change feed, once and ahead of time, whatever happens in between.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh

config() { # NOTICE
	{
		config_top "api: {listen: \"127.0.0.1:0\", certificate: certs/api.pem, key: certs/api.key, client_ca: certs/ca.pem, notice: $1}"
		config_registry
	} >"$dir/vneppd.yaml"
}
api() { # PARTNER COMMAND...
	local who=$1
	shift
	"$build/vnepp" "$@" --url "https://localhost:$port" --cert "$dir/certs/$who.pem" --key "$dir/certs/$who.key" --ca "$dir/certs/ca.pem" >"$dir/out" 2>"$dir/err"
}
says() { # TEXT: what was printed
	[ "$(tr '\n' ' ' <"$dir/out" | sed 's/ *$//')" = "$1" ]
}
notices() { api "$1" changes --json && sed -n 's/.*"notice":"starts_to_cost","domain":"\([^"]*\)".*"on":"\([^"]*\)".*/\1@\2/p' "$dir/out" >"$dir/n" && mv "$dir/n" "$dir/out"; }
told() { notices "$1" && says "$2"; }

make_certificates
config_partners anphat hoasen >"$dir/partners.yaml"
config 30d
start
name() { # NAME PARTNER EXPIRES GRANT_FROM
	printf '{"domain":"%s","partner":"%s","account":"sim/anphat","created":"2024-12-01","expires":"%s"%s}\n' "$1" "$2" "$3" "${4:+,\"grant_from\":\"$4\"}"
}
{
	name soon.id.vn anphat 2026-12-01 2024-12-01
	name later.id.vn anphat 2027-01-15 2025-01-15
	name paid.com.vn anphat 2026-12-01 ""
	name theirs.id.vn hoasen 2026-12-05 2024-12-05
} >"$dir/ledger"
check "a ledger is brought in" "$build/vnepp" ledger import "$dir/ledger" --socket "$dir/control.sock"
check "what begins to cost in 30 days is told" wait_for told anphat "soon.id.vn@2026-12-01"
check "… each partner of its own" wait_for told hoasen "theirs.id.vn@2026-12-05"
check "… the log has it" grep -q "event=notice.told.*names=2" "$dir/d.log"
crash
wait $pid 2>/dev/null || true
start
check "after a crash it is not told again" wait_for told anphat "soon.id.vn@2026-12-01"
config 90d
check "told earlier from now on" "$build/vnepp" reload --socket "$dir/control.sock"
check "… what has come into sight is told" wait_for told anphat "soon.id.vn@2026-12-01 later.id.vn@2027-01-15"
config 0d
check "never" "$build/vnepp" reload --socket "$dir/control.sock"

# ---- on the command line
check "changes, for people" api anphat changes
check "… say what costs from when on" bash -c "grep -q 'notice *soon.id.vn costs from 2026-12-01 on' '$dir/out' && grep -q 'Go on from here with: vnepp changes --after 3-0' '$dir/err'"
check "… and go on from a cursor" bash -c "$(declare -f api says); build=$build dir=$dir port=$port; api anphat changes --after 1-0 && grep -q later.id.vn '$dir/out' && ! grep -q soon.id.vn '$dir/out'"
check "… or from now" bash -c "$(declare -f api); build=$build dir=$dir port=$port; api anphat changes --after now && [ ! -s '$dir/out' ]"
check "a cursor that is none: usage" bash -c "$(declare -f api); build=$build dir=$dir port=$port; api anphat changes --after x; [ \$? = 2 ]"
"$build/vnepp" changes --follow --json --url "https://localhost:$port" --cert "$dir/certs/anphat.pem" --key "$dir/certs/anphat.key" --ca "$dir/certs/ca.pem" >"$dir/out" 2>"$dir/err" &
follower=$!
check "following shows what was there" wait_for grep -q later.id.vn "$dir/out"
config 60d
"$build/vnepp" reload --socket "$dir/control.sock" >/dev/null
name new.id.vn anphat 2026-12-09 2024-12-09 | "$build/vnepp" ledger import - --socket "$dir/control.sock" >/dev/null
check "… and what comes" wait_for grep -q new.id.vn "$dir/out"
kill -INT $follower
wait $follower
check "… Ctrl-C tells where to go on" grep -q "vnepp changes --after" "$dir/err"
check "domains that end" api anphat domains --expiring 30d
check "… in a table" bash -c "grep -q 'soon.id.vn *expires *2026-12-01' '$dir/out' && grep -q 'paid.com.vn' '$dir/out' && ! grep -q theirs '$dir/out'"
check "… as JSON" bash -c "$(declare -f api); build=$build dir=$dir port=$port; api hoasen domains --json && grep -q '\"domain\":\"theirs.id.vn\"' '$dir/out'"
check "days that are none: usage" bash -c "$(declare -f api); build=$build dir=$dir port=$port; api anphat domains --expiring soon; [ \$? = 2 ]"

# ---- a registry that cannot be asked
printf '{"ref":"a","op":"create","domain":"nguyenvana.id.vn","period":2,"if_not_free":"refuse","applicant":{"kind":"citizen","name":"A","citizenship":"VN","birth_date":"2004-05-06","gender":"male","id_number":"079204000001","phone":"+84.912345678","email":"a@example.vn","address":{"street":"1","ward":"X","province":"79","province_list":"2025-07-01","country":"VN"}},"evidence":[{"type":"ekyc","issuer":"x","reference":"K","date":"2026-11-18","result":"confirmed"}]}\n' >"$dir/b.ndjson"
check "a dry run does not wait for a registry that is away" timeout 5 "$build/vnepp" submit "$dir/b.ndjson" --dry-run --check --url "https://localhost:$port" --cert "$dir/certs/anphat.pem" --key "$dir/certs/anphat.key" --ca "$dir/certs/ca.pem"
check "… and says so" bash -c "$(declare -f api); build=$build dir=$dir port=$port; api anphat submit '$dir/b.ndjson' --dry-run --check; grep -q 'b.ndjson:1: nguyenvana.id.vn is not known: the registry cannot be reached at the moment' '$dir/out' && grep -q '0 free, 0 not free, 1 not known' '$dir/out'"
check "--check goes with --dry-run" bash -c "$(declare -f api); build=$build dir=$dir port=$port; api anphat submit '$dir/b.ndjson' --check; [ \$? = 2 ]"
finish
