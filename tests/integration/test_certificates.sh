#!/usr/bin/env bash
# The registry's client certificate, exchanged while the daemon runs: a good pair is taken without a reload, what is in flight
# is answered, nothing is lost or doubled; a wrong pair is refused and the old one kept.
set -u
cd "$(dirname "$0")/../.." || exit 2
root=$PWD build=$PWD/${BUILD:-build} dir=$(mktemp -d) passed=0 failed=0 pid="" registry=""
trap 'kill $pid $registry 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT

check() { # WHAT COMMAND...
	local what=$1
	shift
	if "$@" >/dev/null 2>&1; then passed=$((passed + 1)); else
		failed=$((failed + 1))
		echo "FAILED: $what"
		tail -n 5 "$dir/d.log" "$dir/out" 2>/dev/null
	fi
}
wait_for() { # COMMAND...: true within 20 s
	for _ in $(seq 400); do "$@" >/dev/null 2>&1 && return 0; sleep 0.05; done
	return 1
}
vnepp() { timeout 30 "$build/vnepp" "$@" --socket "$dir/control.sock" >"$dir/out" 2>&1; }
lines() { # FROM TO
	local i
	for i in $(seq "$1" "$2"); do
		printf '{"ref":"r%d","op":"create","domain":"ten-%d.com.vn","period":1,"if_not_free":"charge","max_fee_vnd":900000,' "$i" "$i"
		printf '"applicant":{"kind":"other","name":"Ban Tổ chức","phone":"+84.281234567","email":"a@example.vn","address":'
		printf '{"street":"1 Lê Lợi","ward":"Bến Thành","province":"79","province_list":"2025-07-01","country":"VN"}}}\n'
	done
}
submit() { # FROM TO
	lines "$1" "$2" | curl -s --cert "$dir/certs/anphat.pem" --key "$dir/certs/anphat.key" --cacert "$dir/certs/ca.pem" \
		"https://localhost:$port/v1/batches" -H 'Content-Type: application/x-ndjson' --data-binary @- >"$dir/out"
}
events() { grep -c "event=$1" "$dir/d.log"; }
happened() { [ "$(events "$1")" -ge "$2" ]; }
two_ready() { vnepp sessions --json && [ "$(grep -c '"state": "ready"' "$dir/out")" -eq 2 ]; }
until_day() { vnepp sessions --json && sed -n 's/.*our_certificate_until": "\([^"]*\)".*/\1/p' "$dir/out" | sort -u; }

sh certs/dev-ca.sh "$dir/certs" extra >/dev/null 2>&1
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
echo testpw12 >"$dir/pw" && chmod 600 "$dir/pw"
"$build/vnepp-regsim" --listen 127.0.0.1:0 --cert "$dir/certs/registry.pem" --key "$dir/certs/registry.key" \
	--ca "$dir/certs/ca.pem" --account anphat:testpw12 --delay-ms 20 --ledger "$dir/ledger" --port-file "$dir/rport" >"$dir/r.log" 2>&1 &
registry=$!
wait_for test -s "$dir/rport"
cat >"$dir/vneppd.yaml" <<END
instance: test
sandbox: {clock: "2026-11-20T09:00:00+07:00"}
store: {path: vnepp.db}
api: {listen: "127.0.0.1:0", certificate: certs/api.pem, key: certs/api.key, client_ca: certs/ca.pem}
admin: {control_socket: $dir/control.sock}
policy: {rules: "$root/policy/rules"}
log: {format: logfmt}
stop_timeout: 5s
partners: partners.yaml
registries:
  - name: sim
    endpoints: ["127.0.0.1:$(cat "$dir/rport")"]
    zones: [com.vn]
    settle: 1s
    tls: {ca: certs/ca.pem, server_name: localhost}
    accounts:
      - {name: anphat, login: anphat, password_file: pw, certificate: client.pem, key: client.key, sessions: 2, window: 2}
END
echo 'partners: [{name: anphat, certificates: [{san_uri: "urn:vnepp:partner:anphat"}], account: anphat}]' >"$dir/partners.yaml"
"$build/vneppd" --config "$dir/vneppd.yaml" --ports-file "$dir/ports" >>"$dir/d.log" 2>&1 &
pid=$!
wait_for test -s "$dir/ports"
port=$(sed -n 's/^api=//p' "$dir/ports")
check "it starts on the first pair" wait_for two_ready
first=$(until_day)

# While much is sent.
submit 1 1500
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
submit 2001 2005
check "… and commands are sent with it" vnepp wait --batch 2 --timeout 20
check "the status page's list says until when" bash -c "'$build/vnepp' certs --socket '$dir/control.sock' | grep -q client.pem"
exchange "$dir/third.pem" "$dir/third.key"
check "the right pair after all is taken" wait_for happened certificate.taken 2
check "… and used" wait_for two_ready
touch "$dir/client.pem" "$dir/client.key"
submit 2006 2007
check "a touched file is no new pair" vnepp wait --batch 3 --timeout 20
kill -TERM $pid
wait $pid
check "it stops well" test $? -eq 0
check "nothing was said twice" bash -c "[ \$(grep -c event=certificate.refused '$dir/d.log') -eq 4 ] && [ \$(grep -c event=certificate.taken '$dir/d.log') -eq 2 ]"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
