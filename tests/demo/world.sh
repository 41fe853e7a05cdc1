# shellcheck shell=sh
# A registry simulator and the gateway with two partners, anphat and hoasen, on this machine: what the demo and `make try`
# have in common. Sourced, with `set -eu`, after
#
#   here     this folder
#   build    what was built
#   demo     the folder for all that is written, and the working folder from then on; what was in it is removed
#
# Certificates, keys and passwords are in $demo/secrets, which clean_up removes. The registry knows the names in
# $demo/registry.csv. clean_up stops what was started; it is to be called however the script ends.

root=$(cd "$here/../.." && pwd -P)
clock=2026-11-20T09:00:00+07:00 # the sandbox's: the sample's ages and dates are meant for this day
secrets=$demo/secrets
gateway_pid=""
registry_pid=""
sockets=""

for program in vneppd vnepp vnepp-regsim; do
	[ -x "$build/$program" ] || {
		echo "demo: $build/$program is missing: make all" >&2
		exit 1
	}
done
umask 077
rm -rf "$demo"
mkdir -p "$secrets"
cd "$demo"

say() { printf '\n== %s\n\n' "$*"; }

tails() {
	for log in "$demo/registry.log" "$demo/vneppd.log"; do
		[ -s "$log" ] || continue
		echo "---- the end of $log" >&2
		tail -n 20 "$log" >&2
	done
}

fail() {
	echo "demo: $*" >&2
	tails
	exit 1
}

alive() { [ -n "$1" ] && kill -0 "$1" 2>/dev/null; }

# Stops a process and waits for it: stop PID SECONDS
stop() {
	alive "$1" || return 0
	kill -TERM "$1"
	tries=$(($2 * 20))
	while alive "$1"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || {
			kill -KILL "$1"
			echo "demo: process $1 did not stop in $2 s" >&2
			return 1
		}
		sleep 0.05
	done
	wait "$1" 2>/dev/null || true
}

# Waits for a file to appear while a process lives: wait_file FILE PID WHAT
wait_file() {
	tries=400
	until [ -s "$1" ]; do
		alive "$2" || fail "$3 ended before it was ready"
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "$3 was not ready within 20 s"
		sleep 0.05
	done
}

clean_up() {
	[ ! -s "$demo/gateway.pid" ] || stop "$(cat "$demo/gateway.pid")" 10 || true
	stop "$registry_pid" 10 || true
	rm -rf "$secrets" "$demo/gateway.pid"
	[ -z "$sockets" ] || rm -rf "$sockets"
}

# Sets socket.
make_secrets() {
	sh "$root/certs/dev-ca.sh" "$secrets" >certs.log 2>&1 || fail "certificates: $(cat certs.log)"
	# A socket's path is at most 107 bytes long, and this folder's may be longer.
	socket=$secrets/c.sock
	[ ${#socket} -le 100 ] || {
		sockets=$(mktemp -d)
		socket=$sockets/c.sock
	}
	# A password of RFC 5730 has at most 16 characters.
	for partner in anphat hoasen; do
		od -An -N8 -tx1 /dev/urandom | tr -d ' \n' >"$secrets/$partner.password"
		echo >>"$secrets/$partner.password"
	done
}

# start_registry [LINE]...: further lines of its configuration. Sets registry_port.
start_registry() {
	shift_ms=$((($(date -d "$clock" +%s) - $(date +%s)) * 1000))
	{
		echo "listen 127.0.0.1:0"
		echo "cert $secrets/registry.pem"
		echo "key $secrets/registry.key"
		echo "ca $secrets/ca.pem"
		for partner in anphat hoasen; do
			echo "account $partner:$(cat "$secrets/$partner.password"),sessions=8,rate=2000,subject=gateway"
			echo "contact OLD-$(echo $partner | tr "[:lower:]" "[:upper:]"),$partner"
		done
		echo "domains $demo/registry.csv"
		echo "clock-shift-ms $shift_ms"
		echo "pending-glob *-cho-duyet.id.vn"
		echo "refuse-glob *-tu-choi-cho-duyet.id.vn"
		echo "pending-ms 500-2000"
		echo "ledger $demo/ledger.ndjson"
		echo "state $demo/state.ndjson"
		echo "port-file $demo/registry.port"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$secrets/registry.conf"
	"$build/vnepp-regsim" --config "$secrets/registry.conf" >registry.log 2>&1 &
	registry_pid=$!
	wait_file registry.port $registry_pid "the registry simulator"
	registry_port=$(cat registry.port)
}

# start_gateway [LINE]...: further lines of `admin:`. Sets gateway_pid and api_port, and makes PARTNER.yaml, each partner's
# profile for `vnepp`.
start_gateway() {
	cat >vneppd.yaml <<END
instance: demo
sandbox:
  clock: "$clock"
store:
  path: vnepp.db
api:
  listen: "127.0.0.1:0"
  certificate: secrets/api.pem
  key: secrets/api.key
  client_ca: secrets/ca.pem
admin:
  control_socket: "$socket"
$([ $# -eq 0 ] || printf '  %s\n' "$@")
policy:
  rules: "$root/policy/rules"
log:
  format: logfmt
partners: partners.yaml
limits: limits.yaml
registries:
  - name: sim
    endpoints: ["127.0.0.1:$registry_port"]
    zones: [id.vn, biz.vn, com.vn]
    tls:
      ca: secrets/ca.pem
      server_name: localhost
    hosts: attributes
    contacts: create
    settle: 500ms
    poll: 250ms
    accounts:
      - name: anphat
        login: anphat
        password_file: secrets/anphat.password
        certificate: secrets/gateway.pem
        key: secrets/gateway.key
        sessions: 4
        window: 8
      - name: hoasen
        login: hoasen
        password_file: secrets/hoasen.password
        certificate: secrets/gateway.pem
        key: secrets/gateway.key
        sessions: 2
        window: 8
END
	cat >partners.yaml <<END
partners:
  - name: anphat
    certificates:
      - san_uri: "urn:vnepp:partner:anphat"
    account: anphat
  - name: hoasen
    certificates:
      - san_uri: "urn:vnepp:partner:hoasen"
    account: hoasen
END
	cat >limits.yaml <<END
registries:
  sim:
    commands_per_second: 400
partners:
  default:
    lines_per_second: 1000
    burst: 10000
END
	"$build/vneppd" --config vneppd.yaml --ports-file ports >vneppd.log 2>&1 &
	gateway_pid=$!
	echo $gateway_pid >gateway.pid
	wait_file ports $gateway_pid "the gateway"
	api_port=$(sed -n 's/^api=//p' ports)
	# Whoever starts it again finds it under the same address.
	sed "s/^  listen: .127.0.0.1:0.\$/  listen: \"127.0.0.1:$api_port\"/" vneppd.yaml >vneppd.new && mv vneppd.new vneppd.yaml
	for partner in anphat hoasen; do
		cat >"$partner.yaml" <<END
url: "https://127.0.0.1:$api_port"
cert: $secrets/$partner.pem
key: $secrets/$partner.key
ca: $secrets/ca.pem
END
	done
	unset VNEPP_URL VNEPP_CERT VNEPP_KEY VNEPP_CA VNEPP_SOCKET VNEPP_CONFIG
}
