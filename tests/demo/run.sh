#!/bin/sh
# The demo: a registry, the gateway and two partners on this machine. `make demo` calls it after building.
#
#   tests/demo/run.sh BUILD_FOLDER
#
# For the crash test: DEMO_DIR is another folder to work in, CRASHES how often the gateway is killed with SIGKILL at
# random moments (from CRASH_SEED) while the batches are handed in and sent, and started again.
#
# Everything it writes is under BUILD_FOLDER/demo, logs too. It ends with 0 only when the registry's own ledger agrees
# with what the gateway reported. All processes that it starts are stopped at the end, however it ends.
set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
build=$(cd "${1:?usage: tests/demo/run.sh BUILD_FOLDER}" && pwd -P)
demo=${DEMO_DIR:-$build/demo}
crashes=${CRASHES:-0}
killer_pid=""
clock=2026-11-20T09:00:00+07:00 # the sandbox's: the sample's ages and dates are meant for this day
gateway_pid=""
registry_pid=""
sockets=""

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

cleanup() {
	status=$?
	trap - EXIT INT TERM
	[ -z "$killer_pid" ] || touch "$demo/crash.stop"
	[ ! -s "$demo/gateway.pid" ] || stop "$(cat "$demo/gateway.pid")" 10 || true
	stop "$registry_pid" 10 || true
	rm -rf "$secrets"
	[ -z "$sockets" ] || rm -rf "$sockets"
	exit $status
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

for program in vneppd vnepp vnepp-regsim; do
	[ -x "$build/$program" ] || {
		echo "demo: $build/$program is missing: make all" >&2
		exit 1
	}
done
rm -rf "$demo"
mkdir -p "$demo"
umask 077
secrets=$demo/secrets
mkdir "$secrets"
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$demo"

# ---- certificates, passwords, sample ----

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
perl "$here/sample.pl" "$demo"

# ---- the registry ----

say "Starting the registry simulator and the gateway (their clock: $clock)"
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
	# Commands leave as an even stream: with a registry of some milliseconds a kill would hardly find one under way.
	[ "$crashes" -eq 0 ] || echo "delay-ms 60"
	echo "pending-glob *-cho-duyet.id.vn"
	echo "refuse-glob *-tu-choi-cho-duyet.id.vn"
	echo "pending-ms 500-2000"
	echo "ledger $demo/ledger.ndjson"
	echo "state $demo/state.ndjson"
	echo "port-file $demo/registry.port"
} >"$secrets/registry.conf"
"$build/vnepp-regsim" --config "$secrets/registry.conf" >registry.log 2>&1 &
registry_pid=$!
wait_file registry.port $registry_pid "the registry simulator"
registry_port=$(cat registry.port)

# ---- the gateway ----

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
sed "s/listen: .127.0.0.1:0./listen: \"127.0.0.1:$api_port\"/" vneppd.yaml >vneppd.new && mv vneppd.new vneppd.yaml

# Kills and starts the gateway again, `crashes` times, 20 to 400 ms after it was ready, or 1.2 s more.
crash_loop() {
	trap - EXIT INT TERM
	seed=${CRASH_SEED:-$(date +%s)} n=0
	echo "crash seed $seed"
	pid=$(cat gateway.pid)
	while [ $n -lt "$crashes" ] && [ ! -e crash.stop ]; do
		seed=$(((seed * 1103515245 + 12345) % 2147483648))
		sleep "$(printf '0.%03d' $((20 + seed / 65536 % 380)))"
		# In its first second nothing is sent, because a restart counts as having used up the ceiling: now and then it
		# lives long enough to be killed with commands under way.
		[ $((n % 4)) -ne 0 ] || sleep 1.2
		kill -KILL "$pid"
		wait "$pid" 2>/dev/null || true
		rm -f ports
		"$build/vneppd" --config vneppd.yaml --ports-file ports >>vneppd.log 2>&1 &
		pid=$!
		echo $pid >gateway.pid
		n=$((n + 1))
		echo $n >crash.count
		wait_file ports $pid "the gateway, started again,"
	done
	wait "$pid"
}

# ---- what a partner types ----

for partner in anphat hoasen; do
	cat >"$partner.yaml" <<END
url: "https://127.0.0.1:$api_port"
cert: secrets/$partner.pem
key: secrets/$partner.key
ca: secrets/ca.pem
END
done
unset VNEPP_URL VNEPP_CERT VNEPP_KEY VNEPP_CA VNEPP_SOCKET VNEPP_CONFIG

# Refused and held lines are part of the sample: 3 (partly) is what we want. submit PARTNER FILE [OPTION...]
submit() {
	partner=$1 file=$2
	shift 2
	echo "\$ vnepp submit $file --follow $*"
	result=0
	timeout $((120 + 5 * crashes)) "$build/vnepp" submit "$file" --follow --profile "$partner.yaml" "$@" >"$file.summary" || result=$?
	cat "$file.summary"
	[ $result -eq 3 ] || fail "submit $file: exit status $result"
	batch=$(sed -n 's/^Batch \([^:]*\):.*/\1/p' "$file.summary" | head -n 1)
}

results() {
	"$build/vnepp" items "$batch" --profile "$1.yaml" --format ndjson --output "$2" || fail "results of batch $batch"
}

say "Names from before go into the gateway's ledger"
"$build/vnepp" ledger import history.ndjson --socket "$socket" || fail "the history could not be imported"
if [ "$crashes" -gt 0 ]; then
	say "From now on the gateway is killed $crashes times"
	crash_loop &
	killer_pid=$!
fi
hoasen() {
	say "hoasen hands in 200 lines"
	submit hoasen hoasen.ndjson
	results hoasen hoasen-results.ndjson
}
# Lines in doubt come to rest when the killing has ended, so that nobody waits for them before that.
if [ "$crashes" -gt 0 ]; then
	(trap - EXIT INT TERM && hoasen >hoasen.log) &
	hoasen_pid=$!
else
	hoasen
fi
say "anphat hands in 2,400 lines"
submit anphat anphat.ndjson
results anphat anphat-results.ndjson
if [ "$crashes" -gt 0 ]; then
	wait "$hoasen_pid" || fail "hoasen: $(cat hoasen.log)"
	cat hoasen.log
fi
"$build/vnepp" items "$batch" --profile anphat.yaml --format csv --output anphat-results.csv || fail "results as CSV"
[ "$(wc -l <anphat-results.csv)" -eq 2401 ] || fail "the results as CSV are not 2,400 lines and a title"
say "anphat hands in the same again as CSV, under another key: nothing is done twice"
submit anphat anphat.csv --idempotency-key demo-csv-twin
results anphat anphat-csv-results.ndjson
say "What the gateway says of itself"
"$build/vnepp" status --socket "$socket" || fail "status"

# ---- the proof ----

touch crash.stop
[ "$crashes" -eq 0 ] || echo "killed $(cat crash.count) times"
stop "$(cat gateway.pid)" 15 || fail "the gateway did not stop in time"
gateway_pid=
rm -f gateway.pid
stop "$registry_pid" 15 || fail "the registry simulator did not stop in time"
registry_pid=
if [ ! -s ledger.ndjson ] || [ ! -s state.ndjson ]; then
	fail "the registry left no ledger"
fi
say "The closing proof: the registry's own ledger against what the gateway reported"
perl "$here/proof.pl" "$demo" || fail "the proof does not hold"
echo
echo "Logs, results and both ledgers are in $demo"
