#!/usr/bin/env bash
# Speed and memory of the whole and of its parts, on this machine, as ratios from one run.
#
#   tests/bench/run.sh BUILD_FOLDER        BENCH_NAMES=400000 (the programme's national target), BENCH_QUICK=1 for 20,000
#                                          BENCH_PARTS="whole admission crowd": some of it only
#                                          BENCH_FIRST=1: on a busy machine, gateway, registry and clients go before
#                                          everybody else (real-time scheduling; needs root)
#
# CPU time is what counts: wall time on a shared machine is noise, and is printed beside it.
set -eu
[ -z "${BENCH_FIRST:-}" ] || chrt -a -r -p 1 $$ >/dev/null
root=$(cd "$(dirname "$0")/../.." && pwd -P)
build=$(cd "${1:?usage: tests/bench/run.sh BUILD_FOLDER}" && pwd -P)
names=${BENCH_NAMES:-400000}
[ -z "${BENCH_QUICK:-}" ] || names=20000
dir=$(mktemp -d)
registry_pid="" gateway_pid="" crowd_pid="" second_pid=""
finish() {
	for pid in $gateway_pid $registry_pid $crowd_pid $second_pid; do kill "$pid" 2>/dev/null || true; done
	rm -rf "$dir"
}
trap finish EXIT
cd "$root"
sh certs/dev-ca.sh "$dir/certs" >/dev/null
echo benchpw12 >"$dir/pw"
chmod 600 "$dir/pw"

wait_file() {
	for _ in $(seq 400); do [ -s "$1" ] && return 0; sleep 0.05; done
	echo "bench: $1 did not appear" >&2
	tail -n 5 "$dir"/*.log >&2
	exit 1
}
cpu_ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
resident_kb() { awk '/^VmRSS/ {print $2}' "/proc/$1/status"; }
resident_mb() { awk '/^VmRSS/ {printf "%.0f", $2 / 1024}' "/proc/$1/status"; }
peak_mb() { awk '/^VmHWM/ {printf "%.0f", $2 / 1024}' "/proc/$1/status"; }

start_registry() { # DELAY_MS [LEDGER]
	rm -f "$dir/port"
	local ledger=(--ledger-mode off)
	[ -z "${2:-}" ] || ledger=(--ledger-mode all --ledger "$2")
	"$build/vnepp-regsim" --listen 127.0.0.1:0 --cert "$dir/certs/registry.pem" --key "$dir/certs/registry.key" \
		--ca "$dir/certs/ca.pem" --account anphat:benchpw12,sessions=200 --contact BENCH1,anphat "${ledger[@]}" \
		--delay-ms "$1" --port-file "$dir/port" >"$dir/registry.log" 2>&1 &
	registry_pid=$!
	wait_file "$dir/port"
}

start_gateway() { # SESSIONS WINDOW given|create [COMMANDS_PER_SECOND]
	[ -n "${keep_store:-}" ] || rm -f "$dir"/vnepp.db*
	rm -f "$dir/ports"
	echo "registries: {${4:+sim: {commands_per_second: $4\}}}" >"$dir/limits.yaml"
	cat >"$dir/vneppd.yaml" <<END
instance: bench
sandbox: {clock: "2026-11-20T09:00:00+07:00"}
store: {path: vnepp.db}
api: {listen: "127.0.0.1:0", certificate: certs/api.pem, key: certs/api.key, client_ca: certs/ca.pem, max_body: 2000MB, max_lines: 2000000${api_limits:-}}
admin: {control_socket: control.sock}
policy: {rules: "$root/policy/rules"}
log: {format: logfmt, level: warning}
partners: partners.yaml
limits: limits.yaml
registries:
  - name: sim
    endpoints: ["127.0.0.1:$(cat "$dir/port")"]
    zones: [id.vn, biz.vn]
    tls: {ca: certs/ca.pem, server_name: localhost}
    contacts: $3
    poll: 10m
    accounts:
      - {name: anphat, login: anphat, password_file: pw, certificate: certs/gateway.pem, key: certs/gateway.key, sessions: $1, window: $2}
END
	for name in anphat hoasen; do echo "{name: $name, certificates: [{san_uri: \"urn:vnepp:partner:$name\"}], account: anphat}"; done |
		paste -sd, | sed 's/.*/partners: [&]/' >"$dir/partners.yaml"
	"$build/vneppd" --config "$dir/vneppd.yaml" --ports-file "$dir/ports" >"$dir/vneppd.log" 2>&1 &
	gateway_pid=$!
	wait_file "$dir/ports"
	api=$(sed -n 's/^api=//p' "$dir/ports")
}

stop_all() {
	kill "$gateway_pid" "$registry_pid"
	wait "$gateway_pid" "$registry_pid" 2>/dev/null || true
	gateway_pid="" registry_pid=""
}

ask() { curl -s --cert "$dir/certs/anphat.pem" --key "$dir/certs/anphat.key" --cacert "$dir/certs/ca.pem" "https://localhost:$api$1" "${@:2}"; }

# One batch from its first byte to the last durable result: sets wall (s), cpu and registry_cpu (us per name), peak (MB).
life() { # SESSIONS WINDOW given|create COUNT DELAY_MS
	start_registry "$5"
	start_gateway "$1" "$2" "$3"
	perl tests/bench/lines.pl 1 "$4" "$3" >"$dir/batch.ndjson"
	sleep 1
	idle=$(resident_mb "$gateway_pid")
	local t0 c0 r0 body
	t0=$(date +%s%N) c0=$(cpu_ticks "$gateway_pid") r0=$(cpu_ticks "$registry_pid")
	ask /v1/batches -T "$dir/batch.ndjson" -X POST -H 'Content-Type: application/x-ndjson' >"$dir/answer"
	for _ in $(seq 6000); do
		body=$(ask /v1/batches/1)
		case $body in *'"moving":0'*) break ;; esac
		sleep 0.1
	done
	wall=$(awk -v a="$t0" -v b="$(date +%s%N)" 'BEGIN {printf "%.2f", (b - a) / 1e9}')
	cpu=$(awk -v t=$(($(cpu_ticks "$gateway_pid") - c0)) -v n="$4" 'BEGIN {printf "%.1f", t * 10000 / n}')
	registry_cpu=$(awk -v t=$(($(cpu_ticks "$registry_pid") - r0)) -v n="$4" 'BEGIN {printf "%.1f", t * 10000 / n}')
	peak=$(peak_mb "$gateway_pid")
	case $body in *"\"done\":$4"*) ;; *) echo "bench: not every name was created: $body" >&2; exit 1 ;; esac
	stop_all
}

# A ceiling with work behind it for so many seconds: sets used, the part of it that the registry saw (use.pl).
under_ceiling() { # COMMANDS_PER_SECOND SECONDS SESSIONS WINDOW
	start_registry 5 "$dir/ledger"
	start_gateway "$3" "$4" given "$1"
	perl tests/bench/lines.pl 1 $(($1 * $2)) given >"$dir/batch.ndjson"
	ask /v1/batches -T "$dir/batch.ndjson" -X POST -H 'Content-Type: application/x-ndjson' >/dev/null
	for _ in $(seq 600); do
		case $(ask /v1/batches/1) in *'"moving":0'*) break ;; esac
		sleep 0.2
	done
	stop_all
	read -r used _ < <(perl tests/bench/use.pl "$dir/ledger" "$1")
}

# The middle of eleven times, in milliseconds.
middle_ms() { # COMMAND...
	local t0
	for _ in $(seq 11); do
		t0=$(date +%s%N)
		"$@" >"$dir/out" || echo 99999999 # a failure is not quick
		echo $((($(date +%s%N) - t0) / 10000))
	done | sort -n | sed -n 6p | awk '{printf "%.1f", $1 / 100}'
}

row() { printf '%-66s %12s   %-16s %s\n' "$@"; }
reached() { awk -v a="$1" -v b="$2" 'BEGIN {print (a <= b) ? "reached" : "NOT REACHED"}'; }

whole() {
	life 10 32 given "$names" 0
	whole=$cpu
	row "$names names, 10 sessions x 32, contacts given: wall, s" "$wall" "20 for 400,000" "$(reached "$wall" "$(awk -v n="$names" 'BEGIN {print 20 * n / 400000}')")"
	row "  CPU per name, gateway, us" "$cpu" "" ""
	row "  CPU per name, registry simulator, us" "$registry_cpu" "" ""
	row "  resident memory: idle, MB" "$idle" "" ""
	row "  resident memory: peak, MB" "$peak" 150 "$(reached "$peak" 150)"
	mkdir "$dir/parts"
	"$build/bench-parts" "$dir/certs" "$dir/parts" >"$dir/parts.txt"
	while read -r _ part us; do row "  part alone: $part, us" "$us" "" ""; done <"$dir/parts.txt"
	"$build/bench-frames" >"$dir/frames.txt"
	read -r _ frame_ms _ frame_kib _ < <(tail -n 1 "$dir/frames.txt")
	row "the worst frame of 1 MiB of $(($(wc -l <"$dir/frames.txt") - 1)) kinds: CPU, ms" "$frame_ms" 10 "$(reached "$frame_ms" 10)"
	row "  … and memory, KiB" "$frame_kib" 2048 "$(reached "$frame_kib" 2048)"
	"$build/bench-policy" >"$dir/policy.txt"
	load=$(awk '$1 == "load" {print $2}' "$dir/policy.txt") decide=$(awk '$1 == "decide" {print $2}' "$dir/policy.txt")
	row "rules: load and check the shipped ones, ms" "$load" 50 "$(reached "$load" 50)"
	row "rules: one decision, us (a million in $(awk -v d="$decide" 'BEGIN {printf "%.1f", d}') s)" "$decide" 3 "$(reached "$decide" 3)"
	"$build/bench-replay" >"$dir/replay.txt"
	read -r _ replay _ record <"$dir/replay.txt"
	row "rules: a million recorded decisions replayed to the byte, s" "$replay" 3 "$(reached "$replay" 3)"
	row "  … and the size of a record, bytes" "$record" "" ""
	compare=$(awk '$1 == "diff" {print $2}' "$dir/policy.txt")
	row "rules: two sets of 200 rules compared, ms" "$compare" 1000 "$(reached "$compare" 1000)"
	"$build/bench-limits" >"$dir/limits.txt"
	while read -r _ name ns; do row "limiter, one decision ($name), ns" "$ns" 200 "$(reached "$ns" 200)"; done < <(grep ^decision "$dir/limits.txt")
	key=$(awk '$1 == "key" {print $2}' "$dir/limits.txt")
	row "limiter, a key that is not used, bytes" "$key" 64 "$(reached "$key" 64)"
	under_ceiling 100 20 4 8
	row "a ceiling of 100/s for 20 s: used while there is work" "$used" "at least 0.995" "$(reached 0.995 "$used")"
	under_ceiling 2000 10 10 32
	row "a ceiling of 2,000/s for 10 s: used while there is work" "$used" "at least 0.995" "$(reached 0.995 "$used")"
	sum=$(awk '$2 == "sum" {print $3}' "$dir/parts.txt")
	ratio=$(awk -v a="$whole" -v b="$sum" 'BEGIN {printf "%.2f", a / b}')
	row "  the whole to the sum of its parts" "$ratio" 3 "$(reached "$ratio" 3)"
	life 30 1 given $((names / 4)) 0
	row "$((names / 4)) names, 30 sessions x 1: wall, s" "$wall" "" ""
	row "  CPU per name, gateway, us" "$cpu" "" ""
	life 10 32 create $((names / 4)) 0
	row "$((names / 4)) names with a contact each, 10 x 32: wall, s" "$wall" "" ""
	row "  CPU per name (two commands), gateway, us" "$cpu" "" ""
	life 10 32 given $((names / 8)) 20
	share=$(awk -v n=$((names / 8)) -v w="$wall" 'BEGIN {printf "%.2f", n / w / (320 / 0.020)}')
	row "$((names / 8)) names, registry with 20 ms: share of sessions x window / delay" "$share" "" ""
	start_registry 0
	perl_cpu=$(perl tests/bench/netepp.pl "$(cat "$dir/port")" "$dir/certs" 3000)
	kill "$registry_pid"
	wait "$registry_pid" 2>/dev/null || true
	registry_pid=""
	row "Net::EPP, 3,000 creates: CPU per command, us" "$perl_cpu" "" ""
	tenth=$(awk -v a="$whole" -v b="$perl_cpu" 'BEGIN {printf "%.3f", a / b}')
	row "  the gateway's whole life of a name to it" "$tenth" 0.1 "$(reached "$tenth" 0.1)"
	start_registry 0
	for sessions in 1 100; do
		start_gateway $sessions 32 given
		for _ in $(seq 100); do # until all are logged in
			[ "$(ls -l "/proc/$gateway_pid/fd" | grep -c socket:)" -ge $((sessions + 3)) ] && break
			sleep 0.05
		done
		sleep 1
		eval "kb_$sessions=$(resident_kb "$gateway_pid")"
		kill "$gateway_pid"
		wait "$gateway_pid" 2>/dev/null || true
		gateway_pid=""
	done
	kill "$registry_pid"
	wait "$registry_pid" 2>/dev/null || true
	row "resident memory of one more idle session, kB" "$(((kb_100 - kb_1) / 99))" "" ""
	start_registry 60000
	start_gateway 1 1 given
	perl tests/bench/lines.pl 1 $((names * 5 / 2)) given >"$dir/batch.ndjson"
	ask /v1/batches -T "$dir/batch.ndjson" -X POST -H 'Content-Type: application/x-ndjson' >/dev/null
	queued=$((names * 5 / 2))
	row "with $queued items queued: resident memory, MB" "$(resident_mb "$gateway_pid")" 100 "$(reached "$(resident_mb "$gateway_pid")" 100)"
	for n in 1 $((queued / 2)) "$queued"; do
		ms=$(middle_ms "$build/vnepp" item "$n" --socket "$dir/control.sock")
		row "  vnepp item $n: what holds it, ms with the program's start" "$ms" 50 "$(reached "$ms" 50)"
	done
	ms=$(middle_ms ask "/v1/batches/1/items?after=$((queued / 2))&limit=100")
	row "  100 lines from the middle with what holds them, ms with TLS" "$ms" 50 "$(reached "$ms" 50)"
	ms=$(middle_ms ask "/v1/items/b-$((queued / 2))")
	row "  a line by its ref, ms with TLS" "$ms" 50 "$(reached "$ms" 50)"
	kill -KILL "$gateway_pid"
	wait "$gateway_pid" 2>/dev/null || true
	gateway_pid=""
	kill "$registry_pid"
	wait "$registry_pid" 2>/dev/null || true
	registry_pid=""
}

. tests/bench/admission.sh
. tests/bench/crowd.sh
row figure measured goal ""
for part in ${BENCH_PARTS:-whole admission crowd}; do "$part"; done
