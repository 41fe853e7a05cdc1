#!/usr/bin/env bash
# Partners: who they are, what they may do, what a reload changes of it, and that one never sees another's.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh

pin() { openssl x509 -in "$dir/certs/$1.pem" -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1; }
make_certificates extra
start_registry --account anphat:testpw12,balance=60000000
{
	config_top "limits: limits.yaml"
	config_registry
} >"$dir/vneppd.yaml"
config_partners anphat hoasen >"$dir/partners.yaml"
echo 'partners: {default: {lines_per_second: 1000, burst: 10000, uploads: 8}}' >"$dir/limits.yaml"
start

# ---- one and another
python3 tests/integration/partners.py "$port" "$dir/certs" >"$dir/isolation"
grep FAILED "$dir/isolation"
read -r more _ wrong _ < <(tail -n 1 "$dir/isolation" | tr -d ,)
passed=$((passed + ${more:-0})) failed=$((failed + ${wrong:-1}))

# ---- who: several certificates, by what they say or by their key; taken by a reload, without an answer lost
check "a certificate that nobody has: told so, with its fingerprint" answers 403 gateway /v1/limits
check "… in words that help" has "belongs to no partner"
cat >"$dir/partners.yaml" <<END
partners:
  - {name: anphat, certificates: [{san_uri: "urn:vnepp:partner:anphat"}, {pin: $(pin gateway)}], account: anphat, zones: [id.vn], operations: [create]}
  - {name: hoasen, certificates: [{san_uri: "urn:vnepp:partner:hoasen"}], account: anphat}
END
check "a reload takes a second certificate, by the pin of its key" vnepp reload
check "… which comes in as the same partner" bash -c "$(declare -f fetch); dir=$dir port=$port; fetch gateway /v1/limits | grep -q '\"partner\":\"anphat\"'"
check "… beside the first one" bash -c "$(declare -f fetch); dir=$dir port=$port; fetch anphat /v1/limits | grep -q '\"partner\":\"anphat\"'"

# ---- what: zones, operations
paid_line z1 cong-ty >"$dir/zone"
check "a zone that is not theirs: refused, with line and column" bash -c "$(declare -f fetch ask submit); dir=$dir port=$port; [ \$(submit anphat '$dir/zone') = 422 ] && grep -q '\"line\":1,\"text_line\":1,\"column\":[0-9]*,\"field\":\"domain\",\"reason\":\"ZONE_NOT_ALLOWED\"' '$dir/out'"
printf '{"ref":"o1","op":"renew","domain":"a.id.vn","cur_exp_date":"2026-12-01","period":1}\n' >"$dir/op"
check "an operation that is not theirs: the same" bash -c "$(declare -f fetch ask submit); dir=$dir port=$port; [ \$(submit anphat '$dir/op') = 422 ] && grep -q '\"field\":\"op\",\"reason\":\"OP_NOT_ALLOWED\"' '$dir/out'"
check "another one may" bash -c "$(declare -f fetch ask submit); dir=$dir port=$port; [ \$(submit hoasen '$dir/zone') = 202 ]"

# ---- how much: rates, quotas
cat >"$dir/limits.yaml" <<END
partners: {default: {lines_per_second: 1000, burst: 10000, uploads: 8}, hoasen: {lines_per_second: 1000, burst: 10000, uploads: 8, lines_per_day: 3}}
END
check "a reload takes limits" vnepp reload
paid_lines 1 5 >"$dir/many"
check "… beyond the day's lines: 429, and until when" bash -c "$(declare -f fetch ask submit); dir=$dir port=$port; [ \$(submit hoasen '$dir/many') = 429 ] && grep -q 'retry_at\|day' '$dir/out'"

check "a partner sees its own limits on the command line" bash -c "'$build/vnepp' limits --url https://localhost:$port --cert '$dir/certs/hoasen.pem' --key '$dir/certs/hoasen.key' --ca '$dir/certs/ca.pem' >'$dir/out' && grep -q 'partner hoasen' '$dir/out' && ! grep -q anphat '$dir/out'"
check "an operator all of them" bash -c "'$build/vnepp' limits --socket '$dir/control.sock' | grep -q anphat"

# ---- off the list
config_partners hoasen >"$dir/partners.yaml"
check "a reload takes one off the list" vnepp reload
check "… who is told so" answers 403 anphat /v1/limits
check "… on a connection that is open, too" bash -c "curl -s --cert '$dir/certs/anphat.pem' --key '$dir/certs/anphat.key' --cacert '$dir/certs/ca.pem' 'https://localhost:$port/v1/limits' 'https://localhost:$port/v1/limits' | grep -c unknown-partner | grep -q '[12]'"
check "… others go on" answers 200 hoasen /v1/limits
printf 'partners:\n  - {name: anphat, certificate: [{pin: "abc"}], account: anphat, zones: [foo.vn], operations: [transfer], weight: 0}\n' >"$dir/partners.yaml"
check "a reload tells every error" says "operations" reload
check "… to the last one, and how many there are" has "^[0-9]* errors"
check "… the zone as well" has "foo.vn"
printf 'partners:\n  - {name: a, certificates: [{san_uri: "urn:x"}], account: anphat}\n  - {name: b, certificates: [{san_uri: "urn:x"}], account: anphat}\n' >"$dir/partners.yaml"
check "two partners with one certificate: the reload is refused" says "partners.yaml:3:" reload
check "… and changes nothing" answers 200 hoasen /v1/limits
finish
