#!/usr/bin/env bash
# Credentials as an operator meets them: what --check says of certificates, keys and passwords, and what the log says of
# certificates that have run out or soon will.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh

run_check() { "$build/vneppd" --check --config "$dir/vneppd.yaml" >"$dir/out" 2>&1; }
# A certificate of the CA with its own dates: NAME FROM UNTIL
dated() {
	openssl req -new -subj "/CN=$1" -key "$dir/certs/gateway.key" -out "$dir/$1.csr" 2>/dev/null
	mkdir -p "$dir/ca" && : >"$dir/ca/index.txt" && echo 01 >"$dir/ca/serial"
	cat >"$dir/ca/conf" <<-END
		[ca]
		default_ca = it
		[it]
		database = $dir/ca/index.txt
		serial = $dir/ca/serial
		new_certs_dir = $dir/ca
		policy = any
		default_md = sha256
		unique_subject = no
		[any]
		commonName = supplied
	END
	openssl ca -batch -notext -config "$dir/ca/conf" -cert "$dir/certs/ca.pem" -keyfile "$dir/certs/ca.key" \
		-startdate "$2" -enddate "$3" -in "$dir/$1.csr" -out "$dir/certs/$1.pem" 2>/dev/null
}
days() { date -u -d "$1 days" +%Y%m%d%H%M%SZ; }

make_certificates extra
dated expired-gw "$(days -100)" "$(days -1)"
dated future-gw "$(days +2)" "$(days +800)"
dated soon-gw "$(days -100)" "$(days +20)"
{
	config_top "sandbox:" "admin: {control_socket: none}"
	config_registry "accounts:" # two, a line each, so that one can be changed
	cat <<-END
	    accounts:
	      - {name: one, login: onelogin, password_file: pw, certificate: certs/gateway.pem, key: certs/gateway.key}
	      - {name: two, login: twologin, password_file: pw2, certificate: certs/gateway.pem, key: certs/gateway.key}
	END
} >"$dir/good.yaml"
cp "$dir/pw" "$dir/pw2"
echo 'partners: [{name: anphat, certificates: [{san_uri: "urn:vnepp:partner:anphat"}], account: one}]' >"$dir/partners.yaml"
config() { sed "$@" "$dir/good.yaml" >"$dir/vneppd.yaml"; }
says() { # WHAT STATUS WORDS [SED EXPRESSION]
	config -e "${4-}"
	run_check
	check "$1: exit $2" test $? -eq "$2"
	check "$1: says '$3'" grep -q -- "$3" "$dir/out"
}

says "good" 0 'fine (1 registries, 1 partners'
check "good: nothing else" test "$(wc -l <"$dir/out")" -eq 1

two='/two/s|certs/gateway'
says "an expired account certificate" 1 "error: account sim/two: certificate '.*expired-gw.pem' has expired on" "$two.pem|certs/expired-gw.pem|"
says "one that is not valid yet" 1 "error: account sim/two: certificate '.*future-gw.pem' is not valid before" "$two.pem|certs/future-gw.pem|"
check "… and asks for the clock" grep -q "clock right" "$dir/out"
says "one that runs out" 0 "warning: account sim/two: certificate '.*soon-gw.pem' expires on .*, in 19 days" "$two.pem|certs/soon-gw.pem|"
says "an expired certificate of the API" 1 "error: api: certificate '.*expired.pem' has expired on" \
	's|certs/api.pem, key: certs/api.key|certs/expired.pem, key: certs/expired.key|'
says "a key of another certificate" 1 "account sim/two: private key .* does not belong to the certificate" "$two.key|certs/anphat.key|"
cp "$dir/certs/gateway.key" "$dir/certs/garbage.pem"
says "a key where a certificate should be" 1 "account sim/two: certificate '.*garbage.pem': not a chain" "$two.pem|certs/garbage.pem|"
says "a CA that is none" 1 "account sim/one: CA file '.*': no certificates" 's|ca: certs/ca.pem, server|ca: pw, server|'
says "a certificate that is not there" 1 "nowhere.pem" "$two.pem|certs/nowhere.pem|"
cp "$dir/certs/gateway.key" "$dir/certs/open.key" && chmod 644 "$dir/certs/open.key"
says "a key that is open to others" 1 "open.key' is open to others" "$two.key|certs/open.key|"
says "a password file that is not there" 1 "nopw" 's|password_file: pw2|password_file: nopw|'
cp "$dir/pw" "$dir/openpw" && chmod 644 "$dir/openpw"
says "a password file that is open to others" 1 "openpw' is open to others" 's|password_file: pw2|password_file: openpw|'
: >"$dir/emptypw" && chmod 600 "$dir/emptypw"
says "an empty password file" 1 "emptypw': the first line is not a password" 's|password_file: pw2|password_file: emptypw|'
echo "a password that is far too long for EPP" >"$dir/longpw" && chmod 600 "$dir/longpw"
says "a password that EPP cannot carry" 0 "warning: account sim/two: the password has 39 characters" 's|password_file: pw2|password_file: longpw|'
check "… and never shows it" bash -c "! grep -q 'far too long for EPP' '$dir/out'"

says "a revocation list that has run out" 1 "error: api: revocation list '.*outdated.crl' has expired on" \
	's|client_ca: certs/ca.pem}|client_ca: certs/ca.pem, client_crl: certs/outdated.crl}|'
check "… and what that means" grep -q "refuses everybody" "$dir/out"
says "one of a registry" 1 "error: registry sim: revocation list '.*outdated.crl' has expired on" \
	's|ca: certs/ca.pem, server|ca: certs/ca.pem, crl: certs/outdated.crl, server|'
says "an authority that has expired" 1 "error: registry sim: authority '.*expired-gw.pem' has expired on" 's|ca: certs/ca.pem, server|ca: certs/expired-gw.pem, server|'
# Each at its place in the file.
says "a place" 1 "vneppd.yaml:16:[0-9]*: error: account sim/two: certificate" "$two.pem|certs/expired-gw.pem|"
check "… with the line" grep -q '16 | .*name: two' "$dir/out"
check "… and a caret below what is wrong" bash -c "perl -0777 -ne 'exit !/certificate: certs\/expired-gw.pem.*\n *\| *\^/' '$dir/out'"
says "the key's place" 1 "vneppd.yaml:16:9[0-9]: error: account sim/two: private key" "$two.key|certs/anphat.key|"
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	mkdir -m 755 "$dir/theirs" && chmod -R a+rX "$dir" && chmod 640 "$dir"/*pw* "$dir"/certs/*.key && chgrp -R nogroup "$dir"
	config -e "s|store: {path: vnepp.db}|store: {path: $dir/theirs/vnepp.db}|"
	chmod 644 "$dir/vneppd.yaml"
	setpriv --reuid nobody --regid nogroup --clear-groups "$build/vneppd" --check --config "$dir/vneppd.yaml" >"$dir/out" 2>&1
	check "a store in a folder of somebody else: said" grep -q "vneppd.yaml:2:[0-9]*: warning: store.path: nothing can be written into '$dir/theirs' by this user" "$dir/out"
else
	skip 1 "another user's folder (needs root and setpriv)"
fi

# All of it at once, with the rules.
mkdir "$dir/rules" && cp policy/rules/*.yaml "$dir/rules" && echo 'reasons: [{id: }]' >>"$dir/rules/reasons.yaml"
config -e "s|$root/policy/rules|$dir/rules|; s|certs/api.pem, key: certs/api.key|certs/expired.pem, key: certs/expired.key|" \
	-e "$two.pem|certs/expired-gw.pem|" -e 's|password_file: pw,|password_file: longpw,|'
run_check
check "all errors at once: exit 1" test $? -eq 1
for words in 'reasons.yaml:[0-9]*:[0-9]*: error' 'error: api: certificate' 'error: account sim/two: certificate' \
	'warning: account sim/one: the password has'; do
	check "all errors at once: $words" grep -q "$words" "$dir/out"
done

# The main file itself, the partners, the limits, a certificate and the rules: one does not hide another, and nothing is touched.
cp "$dir/partners.yaml" "$dir/partners.kept"
echo 'partners: [{name: anphat, certificates: [{san_uri: "urn:vnepp:partner:anphat"}], account: nobody}]' >"$dir/partners.yaml"
echo 'registries: {sim: {commands_per_second: -1}}' >"$dir/limits.yaml"
config -e "s|$root/policy/rules|$dir/rules|; s|certs/api.pem, key: certs/api.key|certs/expired.pem, key: certs/expired.key|" \
	-e "$two.pem|certs/expired-gw.pem|" -e 's|stop_timeout: 5s|stop_timeout: never\nlimits: limits.yaml|'
(cd "$dir" && find . -type f ! -name out -printf '%p %s %T@ %m\n' | sort) >"/tmp/vnepp-before.$$"
run_check
check "errors everywhere: exit 1" test $? -eq 1
for words in 'vneppd.yaml:[0-9]*:[0-9]*: error: stop_timeout' 'partners.yaml:1:[0-9]*: error' 'limits.yaml:1:[0-9]*: error' 'reasons.yaml:[0-9]*:[0-9]*: error' \
	'vneppd.yaml:[0-9]*:[0-9]*: error: api: certificate' 'vneppd.yaml:[0-9]*:[0-9]*: error: account sim/two: certificate'; do
	check "errors everywhere: $words" grep -q "$words" "$dir/out"
done
check "… and nothing was touched" bash -c "(cd '$dir' && find . -type f ! -name out -printf '%p %s %T@ %m\n' | sort) | cmp - /tmp/vnepp-before.$$"
rm -f "/tmp/vnepp-before.$$"
mv "$dir/partners.kept" "$dir/partners.yaml"

# It starts all the same, and says so.
config -e "$two.pem|certs/soon-gw.pem|" -e 's|certs/gateway.pem|certs/expired-gw.pem|'
"$build/vneppd" --config "$dir/vneppd.yaml" --ports-file "$dir/ports" >"$dir/d.log" 2>&1 &
pid=$!
check "it starts with certificates that are not valid" wait_for test -s "$dir/ports"
check "… an error for the expired one" wait_for grep -q 'level=error event=certificate.invalid.*has expired.*account sim/one' "$dir/d.log"
check "… a warning for the one that runs out" grep -q 'level=warning event=certificate.runs_out.*in 19 days.*account sim/two' "$dir/d.log"
kill -TERM $pid
wait $pid
check "… and stops" test $? -eq 0
finish
