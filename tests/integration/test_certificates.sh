#!/usr/bin/env bash
# The registry's client certificate, exchanged while the daemon runs: a good pair is taken without a reload, what is in flight
# is answered, nothing is lost or doubled; a wrong pair is refused and the old one kept. And partners whose certificate is revoked.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh

hand_in() { paid_lines "$1" "$2" | submit anphat - >/dev/null; } # FROM TO
events() { grep -c "event=$1" "$dir/d.log"; }
happened() { [ "$(events "$1")" -ge "$2" ]; }
two_ready() { vnepp sessions --json && [ "$(grep -c '"state": "ready"' "$dir/out")" -eq 2 ]; }
until_day() { vnepp sessions --json && sed -n 's/.*our_certificate_until": "\([^"]*\)".*/\1/p' "$dir/out" | sort -u; }

make_certificates extra
# Another pair of the same subject, valid a shorter time.
pair() { # NAME DAYS
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/$1.key" -subj "/O=vnepp test/CN=gateway" \
		-addext "basicConstraints=critical,CA:FALSE" -out "$dir/$1.csr" 2>/dev/null
	printf 'basicConstraints=critical,CA:FALSE\nextendedKeyUsage=clientAuth\nkeyUsage=critical,digitalSignature\n' >"$dir/ext"
	openssl x509 -req -in "$dir/$1.csr" -CA "$dir/certs/ca.pem" -CAkey "$dir/certs/ca.key" -CAcreateserial -days "$2" -sha256 \
		-extfile "$dir/ext" -out "$dir/$1.pem" 2>/dev/null
	chmod 600 "$dir/$1.key"
}
pair second 77
pair third 55
cp "$dir/certs/gateway.pem" "$dir/client.pem"
cp -p "$dir/certs/gateway.key" "$dir/client.key"
exchange() { # CERTIFICATE KEY: as an operator does, one after the other
	cp "$1" "$dir/client.pem.new" && mv "$dir/client.pem.new" "$dir/client.pem"
	cp -p "$2" "$dir/client.key.new" && mv "$dir/client.key.new" "$dir/client.key"
}
start_registry --account anphat:testpw12 --delay-ms 20 --ledger "$dir/ledger"
{
	config_top
	config_registry "zones: [com.vn]" "settle: 1s" "accounts: [{name: anphat, login: anphat, password_file: pw, certificate: client.pem, key: client.key, sessions: 2, window: 2}]"
} >"$dir/vneppd.yaml"
config_partners anphat >"$dir/partners.yaml"
start
check "it starts on the first pair" wait_for two_ready
first=$(until_day)

# While much is sent.
hand_in 1 1500
check "commands are under way" wait_for happened item.end 20
exchange "$dir/second.pem" "$dir/second.key"
check "a new pair is taken without a reload" wait_for happened certificate.taken 1
check "… before everything was sent" bash -c "[ \$(grep -c event=item.end '$dir/d.log') -lt 1500 ]"
check "… new sessions are on it" wait_for two_ready
check "… as operators see" bash -c "[ '$(until_day)' != '$first' ]"
check "the old ones were drained: they logged out" bash -c "[ \$(grep 'event=session.closed' '$dir/d.log' | grep -c 'reason=clean unknown=0') -ge 2 ]"
check "everything is done" vnepp wait --batch 1 --timeout 60
check "… each name once" bash -c "'$build/vnepp' store --json --socket '$dir/control.sock' | grep -q '\"done\": 1500'"
check "… none had to be asked about" bash -c "! grep -q 'reason=.*unknown=[1-9]' '$dir/d.log'"

second=$(until_day)
closed=$(events session.closed)
# Wrong ones: the key of another, an expired certificate, a key that others may read, no file at all.
exchange "$dir/third.pem" "$dir/second.key"
check "a key that does not fit is refused" wait_for happened certificate.refused 1
exchange "$dir/certs/expired.pem" "$dir/certs/expired.key"
check "an expired one is refused" wait_for happened certificate.refused 2
check "… with its date" grep -q 'certificate.refused.*expired on' "$dir/d.log"
exchange "$dir/third.pem" "$dir/third.key"
chmod 644 "$dir/client.key"
check "a key that is open to others is refused" wait_for happened certificate.refused 3
rm "$dir/client.key"
check "a missing one is refused" wait_for happened certificate.refused 4
check "the old pair stays in use" bash -c "[ '$(until_day)' = '$second' ] && [ \$(grep -c event=session.closed '$dir/d.log') -eq $closed ]"
hand_in 2001 2005
check "… and commands are sent with it" vnepp wait --batch 2 --timeout 20
check "the status page's list says until when" bash -c "'$build/vnepp' certs --socket '$dir/control.sock' | grep -q client.pem"
exchange "$dir/third.pem" "$dir/third.key"
check "the right pair after all is taken" wait_for happened certificate.taken 2
check "… and used" wait_for two_ready
touch "$dir/client.pem" "$dir/client.key"
hand_in 2006 2007
check "a touched file is no new pair" vnepp wait --batch 3 --timeout 20

# ---- a partner's certificate is revoked ----
mkdir "$dir/ca" && : >"$dir/ca/index" && echo 01 >"$dir/ca/number"
cat >"$dir/ca/conf" <<END
[ca]
default_ca = it
[it]
database = $dir/ca/index
crlnumber = $dir/ca/number
default_md = sha256
END
list() { # FROM UNTIL, as openssl wants them
	openssl ca -gencrl -config "$dir/ca/conf" -cert "$dir/certs/ca.pem" -keyfile "$dir/certs/ca.key" -crl_lastupdate "$1" -crl_nextupdate "$2" \
		-out "$dir/partners.crl.new" 2>/dev/null && mv "$dir/partners.crl.new" "$dir/partners.crl"
}
days() { date -u -d "$1 days" +%Y%m%d%H%M%SZ; }
may() { curl -s -o "$dir/out" -m 5 --cert "$dir/certs/$1.pem" --key "$dir/certs/$1.key" --cacert "$dir/certs/ca.pem" "https://localhost:$port/v1/batches/1"; }
may_not() { ! may "$1"; }
list "$(days -1)" "$(days 30)"
sed -i 's|client_ca: certs/ca.pem}|client_ca: certs/ca.pem, client_crl: partners.crl}|' "$dir/vneppd.yaml"
check "a list of revoked certificates is taken" vnepp reload
check "… while it names nobody, partners come in" may anphat
check "… it is among what ends" bash -c "'$build/vnepp' certs --socket '$dir/control.sock' | grep -qE '^ +partners_crl .* 29 +valid'"
echo "{}" >"$dir/revoked.ndjson"
openssl ca -revoke "$dir/certs/anphat.pem" -config "$dir/ca/conf" -cert "$dir/certs/ca.pem" -keyfile "$dir/certs/ca.key" 2>/dev/null
list "$(days -1)" "$(days 30)"
check "a new list is taken by a reload" vnepp reload
check "… whose certificate it names is refused" wait_for may_not anphat
check "… the log has it" grep -q 'event=api.refused_certificate.*CN=anphat.*revoked.*address=127' "$dir/d.log"
check "… and the command line says it, at once" bash -c "timeout 5 '$build/vnepp' submit '$dir/revoked.ndjson' --url https://localhost:$port --cert '$dir/certs/anphat.pem' --key '$dir/certs/anphat.key' --ca '$dir/certs/ca.pem' >'$dir/out' 2>&1; [ \$? = 1 ] && grep -q 'it is revoked; ask its operator' '$dir/out'"
check "… who brings none is asked for one" bash -c "timeout 5 '$build/vnepp' batch 1 --url https://localhost:$port --ca '$dir/certs/ca.pem' >'$dir/out' 2>&1; grep -q 'give --cert and --key' '$dir/out'"
check "… others come in" may hoasen
list "$(days -10)" "$(days -1)"
check "one that has run out is an error" bash -c "! '$build/vneppd' --check --config '$dir/vneppd.yaml' >'$dir/out' 2>&1 && grep -q 'vneppd.yaml:[0-9]*:[0-9]*: error: api: revocation list .* has expired' '$dir/out'"
check "… taken all the same: it must not let in whom it may name" vnepp reload
check "… everybody is refused" wait_for may_not hoasen
check "… and the log says why" grep -q 'level=error event=certificate.invalid.*has expired.*revocation list' "$dir/d.log"
echo rubbish >"$dir/partners.crl"
check "one that cannot be read is refused, as a whole reload" bash -c "! '$build/vnepp' reload --socket '$dir/control.sock' >'$dir/out' 2>&1 && grep -q 'no list in PEM form' '$dir/out'"
list "$(days -1)" "$(days 30)"
check "a good one again" vnepp reload
check "… lets others in again" wait_for may hoasen
check "… and not the one" may_not anphat
kill -TERM $pid
wait $pid
check "it stops well" test $? -eq 0
check "nothing was said twice" bash -c "[ \$(grep -c event=certificate.refused '$dir/d.log') -eq 4 ] && [ \$(grep -c event=certificate.taken '$dir/d.log') -eq 2 ]"
finish
