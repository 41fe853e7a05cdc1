#!/usr/bin/env bash
# A registry's own extensions, end to end: the sample mapping with a real daemon and two registries that demand them and
# check every frame against EPP's schemas; ASCII and Vietnamese names go to one registry each, two partners to an
# account each; what lacks a fact never leaves; a reload takes a changed mapping; no personal fact is in a log.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh
registries=()
trap 'kill "${registries[@]}" 2>/dev/null; clean_up' EXIT

xsd=${VNEPP_XSD_DIR:-$root/../shared/xsd}
if [ -r "$xsd/epp-all.xsd" ]; then strict=(--xsd "$xsd"); else
	strict=()
	echo "SKIPPED: the registries do not check frames, there is no $xsd/epp-all.xsd"
fi
contact=urn:example:vn-registry:contact-1.0 domain=urn:example:vn-registry:domain-1.0
registry() { # NAME OPTION...: its port in $dir/NAME.port
	local name=$1
	shift
	"$build/vnepp-regsim" --listen 127.0.0.1:0 --cert "$dir/certs/registry.pem" --key "$dir/certs/registry.key" \
		--ca "$dir/certs/ca.pem" --account anphat:testpw12 --account hoasen:testpw12 --ext "$contact" --ext "$domain" \
		--port-file "$dir/$name.port" --ledger "$dir/$name.ledger" --ledger-mode transforms "${strict[@]}" "$@" \
		>"$dir/$name.log" 2>&1 &
	registries+=($!)
	wait_for test -s "$dir/$name.port"
}
# LEDGER OP KIND NAME TEXT: an entry of it with the text
recorded() { grep "\"op\":\"$2\",\"kind\":\"$3\",\"name\":\"$4\"" "$dir/$1.ledger" | grep -qF "$5"; }
dump() { kill -USR1 "${registries[@]}"; sleep 0.1; }
ended() { # PARTNER BATCH
	[ "$(ask "$1" "/v1/batches/$2")" = 200 ] && grep -q '"moving":0' "$dir/out"
}
item() { # PARTNER BATCH TEXT: the batch's items have it
	ask "$1" "/v1/batches/$2/items" >/dev/null && grep -q "$3" "$dir/out"
}
line() { # REF NAME GENDER NUMBER
	printf '{"ref":"%s","op":"create","domain":"%s","period":2,"if_not_free":"refuse","applicant":{"kind":"citizen",' "$1" "$2"
	printf '"name":"Nguyễn Văn <A>","citizenship":"VN","birth_date":"2004-05-06",%s"id_number":"%s",' "$3" "$4"
	printf '"phone":"+84.281234567","email":"a@example.vn","address":{"street":"1 Lê Lợi & con","ward":"Bến Thành",'
	printf '"province":"79","province_list":"2025-07-01","country":"VN"}},"services":["website","email","cv"],"evidence":'
	printf '[{"type":"ekyc","issuer":"X","reference":"K-991","date":"2026-11-18","result":"confirmed"}]}\n'
}

make_certificates
registry ascii --need "create,contact,$contact,idNumber" --need "create,contact,$contact,birthDate,??/??/????" \
	--need "create,domain,$domain,grant,youth-*"
registry idn --ledger-mode all
cp systemd/mapping-vn-example.yaml "$dir/mapping.yaml"
{
	cat systemd/mapping-vn-example.yaml
	echo '  login: [{element: vnDomain:client, fact: account.login}]'
	echo '  poll: [{element: vnDomain:poll, content: [{element: wants, text: all}]}]'
	echo '  logout: [{element: vnDomain:client, text: bye}]'
} >"$dir/mapping-sessions.yaml"
account() { printf '{name: %s, login: %s, password_file: pw, certificate: certs/gateway.pem, key: certs/gateway.key, sessions: 1}' "$1" "$1"; }
{
	config_top "admin: {control_socket: none}" "log: {format: logfmt, level: debug}"
	cat <<END
registries:
  - name: ascii
    endpoints: ["127.0.0.1:$(cat "$dir/ascii.port")"]
    zones: [id.vn, vn]
    script: ascii
    tls: {ca: certs/ca.pem, server_name: localhost}
    mapping: mapping.yaml
    accounts: [$(account anphat), $(account hoasen)]
  - name: idn
    endpoints: ["127.0.0.1:$(cat "$dir/idn.port")"]
    zones: [id.vn, vn]
    script: idn
    tls: {ca: certs/ca.pem, server_name: localhost}
    mapping: mapping-sessions.yaml
    accounts: [$(account anphat), $(account hoasen)]
END
} >"$dir/vneppd.yaml"
cat >"$dir/partners.yaml" <<END
partners:
  - {name: anphat, certificates: [{san_uri: "urn:vnepp:partner:anphat"}], account: anphat}
  - {name: hoasen, certificates: [{san_uri: "urn:vnepp:partner:hoasen"}], account: hoasen}
END

# ---- before anything runs
check "--check takes the sample mapping" "$build/vneppd" --check --config "$dir/vneppd.yaml"
sed 's/applicant.birth_date, format: DD/applicant.birthday, format: DD/; s/"urn:example:vn-registry:domain-1.0"/nothing/' \
	systemd/mapping-vn-example.yaml >"$dir/bad.yaml"
sed 's/mapping: mapping.yaml/mapping: bad.yaml/; s/stop_timeout: 5s/stop_timeout: soon/' "$dir/vneppd.yaml" >"$dir/vneppd-bad.yaml"
"$build/vneppd" --check --config "$dir/vneppd-bad.yaml" >"$dir/out" 2>&1
check "--check of a wrong mapping fails" test $? -eq 1
check "… names the fact, with its place" grep -qE "bad.yaml:[0-9]+:[0-9]+: error: there is no fact 'applicant.birthday'" "$dir/out"
check "… and the namespace" grep -qE "bad.yaml:[0-9]+:[0-9]+: error: namespaces.vnDomain: 'nothing' is not a URI" "$dir/out"
check "… each once, with all the rest" grep -q '^3 errors' "$dir/out"
line r0 nguyenvana.id.vn '"gender":"male",' 068204001234 >"$dir/one.ndjson"
"$build/vnepp" epp show create "$dir/one.ndjson" --config "$dir/vneppd.yaml" >"$dir/out" 2>&1
check "epp show finds the registry by the name" grep -q 'at registry ascii' "$dir/out"
check "… and shows what goes where" grep -q 'vnContact:birthDate: \[hidden\]  (applicant.birth_date)' "$dir/out"
check "… and the decision" grep -q 'vnDomain:grant: youth-id  (decision.grant)' "$dir/out"
check "… without what is personal" bash -c "! grep -qE '068204001234|06/05/2004|2004-05-06' '$dir/out'"

# ---- through the registries
"$build/vneppd" --config "$dir/vneppd.yaml" --ports-file "$dir/ports" >>"$dir/d.log" 2>&1 &
pid=$!
wait_for test -s "$dir/ports"
port=$(sed -n 's/^api=//p' "$dir/ports")
{
	line r1 nguyenvana.id.vn '"gender":"male",' 068204001234
	line r2 nguyễnvănb.id.vn '"gender":"female",' 068304001235
} >"$dir/batch"
check "a batch is taken" test "$(submit anphat "$dir/batch")" = 202
line r1 levanc.id.vn '"gender":"male",' 068204001236 >"$dir/batch"
check "another partner's, too" test "$(submit hoasen "$dir/batch")" = 202
check "it is done" wait_for ended anphat 1
check "… all of it" bash -c "grep -q '\"done\":2' '$dir/out'"
check "… both" wait_for ended hoasen 2
contact_of() { sed -n 's/.*"kind":"contact","name":"\([^"]*\)".*'"$2"'.*/\1/p' "$dir/$1.ledger"; }
dump
check "the person's data arrived in the registry's own words" test -n "$(contact_of ascii 'idNumber=068204001234; birthDate=06\/05\/2004; sex=1; nationality=VN; street=1 Lê Lợi & con; ward=Bến Thành; province=79; country=VN')"
check "another's, too" test -n "$(contact_of idn 'idNumber=068304001235; birthDate=06\/05\/2004; sex=2')"
check "the decision and its evidence, too" recorded ascii create domain nguyenvana.id.vn 'grant=youth-id; freeUntil=2028-11-20; waiver=64/2025/TT-BTC; issuer=X; reference=K-991; date=2026-11-18; service=website; service=email; service=cv'
check "a Vietnamese name goes to its own registry" recorded idn create domain "$(grep -o 'xn--[a-z0-9-]*.id.vn' "$dir/idn.ledger" | head -n 1)" 'grant=youth-id'
check "… and only there" bash -c "! grep -q xn-- '$dir/ascii.ledger'"
check "… an ASCII name does not" bash -c "! grep -q nguyenvana '$dir/idn.ledger'"
check "each partner's by its own account: anphat" bash -c "grep nguyenvana '$dir/ascii.ledger' | grep -q '\"account\":\"anphat\"'"
check "… hoasen" bash -c "grep levanc '$dir/ascii.ledger' | grep -q '\"account\":\"hoasen\"'"

# ---- a reload
sed -i 's|fact: applicant.address.district|fact: applicant.address.district, required: true|' "$dir/mapping.yaml"
kill -HUP "$pid"
check "a reload takes a changed mapping" wait_for grep -q 'event=account.changed' "$dir/d.log"
check "… and logs in again" wait_for bash -c "test \$(grep -c event=session.ready '$dir/d.log') -ge 6"
before=$(wc -l <"$dir/ascii.ledger")
line r3 tranvand.id.vn '"gender":"male",' 068204001237 >"$dir/batch"
check "an item without a demanded fact is taken" test "$(submit anphat "$dir/batch")" = 202
check "… and ends" wait_for ended anphat 3
check "… with the reason" item anphat 3 '"reason":"REGISTRY_FACT_MISSING"'
check "… that names the fact" grep -q 'applicant.address.district' "$dir/out"
check "… and whose fault it is" grep -q '"fault":"partner"' "$dir/out"
dump
check "… and nothing was sent" test "$(wc -l <"$dir/ascii.ledger")" -eq "$before"
echo 'commands: {contact:create: 5}' >>"$dir/mapping.yaml"
kill -HUP "$pid"
check "a broken mapping changes nothing" wait_for grep -q 'event=config.refused' "$dir/d.log"
cp systemd/mapping-vn-example.yaml "$dir/mapping.yaml"
sed -i 's|format: DD/MM/YYYY, required|format: YYYYMMDD, required|' "$dir/mapping.yaml"
kill -HUP "$pid"
check "the next reload is taken" wait_for bash -c "test \$(grep -c event=session.ready '$dir/d.log') -ge 8"
line r4 phamvane.id.vn '"gender":"male",' 068204001238 >"$dir/batch"
check "what the registry refuses" test "$(submit anphat "$dir/batch")" = 202
check "… ends" wait_for ended anphat 4
check "… with its code" item anphat 4 '"code":2306'
check "no personal fact is in the log" bash -c "! grep -qE '068[23]04|2004-05-06|06/05/2004|20040506|Lê Lợi' '$dir/d.log'"
kill -TERM "$pid"
wait "$pid"
check "it stops" test $? -eq 0
dump
check "a log-in says what the registry wants" bash -c "grep '\"op\":\"login\"' '$dir/idn.ledger' | grep -q '\"code\":1000.*\"ext\":\"client=anphat\"'"
check "… a look at the messages, too" bash -c "grep '\"op\":\"poll\"' '$dir/idn.ledger' | grep -q '\"ext\":\"wants=all\"'"
check "… and a log-out" bash -c "grep '\"op\":\"logout\"' '$dir/idn.ledger' | grep -q '\"ext\":\"client=bye\"'"
finish
