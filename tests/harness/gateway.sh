# shellcheck shell=bash
# A registry and a gateway for the scripts of tests/integration: on free ports, in a folder that is removed at the end.
# Sourced at the root of the tree. A script that wants something otherwise defines the function anew.
#
#   dir      the folder: certs/, pw, vneppd.yaml, d.log (the daemon), r.log (the registry), out (the last answer)
#   pid, registry, port   of the daemon, the registry, and the partners' API
#   blame    files whose ends are shown when a check fails
set -u
root=$PWD build=$PWD/${BUILD:-build} dir=$(mktemp -d) passed=0 failed=0 skipped=0 pid="" registry="" port=""
blame=("$dir/d.log" "$dir/out")
clean_up() {
	kill $pid $registry 2>/dev/null
	wait 2>/dev/null
	rm -rf "$dir"
}
trap clean_up EXIT

# ---- counting ----

check() { # WHAT COMMAND...
	local what=$1
	shift
	if "$@" >/dev/null 2>&1; then passed=$((passed + 1)); else
		failed=$((failed + 1))
		echo "FAILED: $what"
		tail -n 5 "${blame[@]}" 2>/dev/null
	fi
}
skip() { # HOW MANY WHY
	skipped=$((skipped + $1))
	echo "SKIPPED: $2"
}
finish() {
	local skips=""
	[ $skipped -eq 0 ] || skips=", $skipped skipped"
	echo "$passed passed, $failed failed$skips"
	[ "$failed" -eq 0 ]
	exit
}
wait_for() { # COMMAND...: true within 30 s
	for _ in $(seq 600); do "$@" >/dev/null 2>&1 && return 0; sleep 0.05; done
	return 1
}

# ---- what is needed before ----

make_certificates() { # [extra]; and the account's password
	sh certs/dev-ca.sh "$dir/certs" "$@" >/dev/null 2>&1
	echo testpw12 >"$dir/pw"
	chmod 600 "$dir/pw"
}
start_registry() { # OPTION...
	rm -f "$dir/rport"
	"$build/vnepp-regsim" --listen 127.0.0.1:0 --cert "$dir/certs/registry.pem" --key "$dir/certs/registry.key" \
		--ca "$dir/certs/ca.pem" --port-file "$dir/rport" "$@" >"$dir/r.log" 2>&1 &
	registry=$!
	wait_for test -s "$dir/rport"
}
# Lines "KEY: VALUE"; one that is given stands in place of the one with its key, or is added; "KEY:" takes it away.
lines_with() { # DEFAULTS LINE...
	local line defaults=$1
	shift
	for line in "$@"; do defaults=$(grep -v "^${line%%:*}:" <<<"$defaults"); done
	printf '%s\n' "$defaults" "$@" | grep -v '^[a-z_]*:$'
}
config_top() { # [LINE]...
	lines_with "instance: test
sandbox: {clock: \"2026-11-20T09:00:00+07:00\"}
store: {path: vnepp.db}
api: {listen: \"127.0.0.1:0\", certificate: certs/api.pem, key: certs/api.key, client_ca: certs/ca.pem}
admin: {control_socket: $dir/control.sock}
policy: {rules: \"$root/policy/rules\"}
log: {format: logfmt}
stop_timeout: 5s
partners: partners.yaml" "$@"
}
config_registry() { # [LINE]...: the one that start_registry has started; $ACCOUNT: more settings of its account
	echo "registries:"
	lines_with "name: sim
endpoints: [\"127.0.0.1:$(cat "$dir/rport" 2>/dev/null || echo 1)\"]
zones: [id.vn, biz.vn, com.vn]
tls: {ca: certs/ca.pem, server_name: localhost}
accounts: [{name: anphat, login: anphat, password_file: pw, certificate: certs/gateway.pem, key: certs/gateway.key${ACCOUNT:+, $ACCOUNT}}]" "$@" |
		sed '1s/^/  - /; 2,$s/^/    /'
}
config_partners() { # NAME...
	local name
	echo "partners:"
	for name in "$@"; do echo "  - {name: $name, certificates: [{san_uri: \"urn:vnepp:partner:$name\"}], account: anphat}"; done
}

# ---- the daemon ----

launch() { # [COMMAND...]: which runs the daemon
	rm -f "$dir/ports"
	"$@" "$build/vneppd" --config "$dir/vneppd.yaml" --ports-file "$dir/ports" >>"$dir/d.log" 2>&1 &
	pid=$!
	launched
}
launched() {
	wait_for test -s "$dir/ports" || return 1
	port=$(sed -n 's/^api=//p' "$dir/ports")
}
start() { launch; }
stop() { kill -TERM "$pid" && wait "$pid"; }
crash() {
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
}
gone() { ! kill -0 "$1" 2>/dev/null; }

# ---- asking ----

vnepp() { timeout 30 "$build/vnepp" "$@" --socket "$dir/control.sock" >"$dir/out" 2>&1; }
has() { grep -q -- "$1" "$dir/out"; }
says() { # TEXT COMMAND...: it fails and says so
	local text=$1
	shift
	! vnepp "$@" && has "$text"
}
fetch() { # PARTNER PATH [CURL OPTION...]: the answer
	curl -s --cert "$dir/certs/$1.pem" --key "$dir/certs/$1.key" --cacert "$dir/certs/ca.pem" "https://localhost:$port$2" "${@:3}"
}
ask() { # PARTNER PATH [CURL OPTION...]: the status; the answer in $dir/out
	fetch "$@" -o "$dir/out" -w '%{http_code}'
}
answers() { [ "$(ask "${@:2}")" = "$1" ]; } # STATUS PARTNER PATH [CURL OPTION...]
submit() { # PARTNER FILE [CURL OPTION...]: as ask; FILE may be -
	ask "$1" /v1/batches -H 'Content-Type: application/x-ndjson' --data-binary "@$2" "${@:3}"
}
paid_line() { # REF NAME: a create that costs, and needs no evidence
	printf '{"ref":"%s","op":"create","domain":"%s.com.vn","period":1,"if_not_free":"charge","max_fee_vnd":900000,' "$1" "$2"
	printf '"applicant":{"kind":"other","name":"Ban Tổ chức","phone":"+84.281234567","email":"a@example.vn","address":'
	printf '{"street":"1 Lê Lợi","ward":"Bến Thành","province":"79","province_list":"2025-07-01","country":"VN"}}}\n'
}
paid_lines() { # FROM TO
	local i
	for i in $(seq "$1" "$2"); do paid_line "r$i" "ten-$i"; done
}
