# Ten thousand slow connections, as run.sh counts them: what an honest partner feels of them. Read by run.sh.

crowd_held() { awk 'END {print $2}' "$dir/crowd.txt"; }

# Sets kept and new: median, 99th percentile and worst time of requests, and how many failed.
honest() {
	"$build/bench-crowd" renew "$api" "$dir/certs" "${crowd_seconds:-20}" 20 >"$dir/renewing.txt" &
	local renewing=$!
	"$build/bench-crowd" keep "$api" "$dir/certs" "${crowd_seconds:-20}" 200 >"$dir/keeping.txt"
	wait "$renewing"
	read -r kept50 kept99 kept_worst _ kept_failed <"$dir/keeping.txt"
	read -r new50 new99 new_worst _ new_failed <"$dir/renewing.txt"
	failed=$((kept_failed + new_failed))
}
tell_honest() { # WHAT
	row "$1: requests on a kept connection, p50 / p99 / worst, ms" "$kept50 / $kept99 / $kept_worst" "" ""
	row "  … each on a new connection" "$new50 / $new99 / $new_worst" "" ""
	row "  … that failed" "$failed" 0 "$(reached "$failed" 0)"
}

# A second gateway on this machine, which nobody presses: what it feels of the crowd is the machine's share.
start_second() {
	local first=$dir first_pid=$gateway_pid first_api=$api
	mkdir -p "$dir/second"
	dir=$first/second
	ln -sf "$first/certs" "$first/pw" "$first/port" "$dir"
	start_gateway 1 1 given
	second_pid=$gateway_pid second_api=$api
	dir=$first gateway_pid=$first_pid api=$first_api
}
stop_gateway() { # PID
	kill "$1"
	wait "$1" 2>/dev/null || true
}

beside() { # WHAT CONNECTIONS
	local before pressed99 pressed_api=$api
	before=$(resident_kb "$gateway_pid")
	"$build/bench-crowd" slow "$api" "$dir/certs" "$2" >"$dir/crowd.txt" &
	crowd_pid=$!
	for _ in $(seq 120); do
		[ -s "$dir/crowd.txt" ] && [ "$(crowd_held)" -ge $(($2 * 9 / 10)) ] && break
		sleep 0.5
	done
	sleep "${crowd_settle:-15}" # until the first ones were ended and made again
	honest
	pressed99=$kept99
	row "$2 slow connections from 200 addresses, $1: held" "$(crowd_held)" "" ""
	row "  … resident memory of each, kB" $((($(resident_kb "$gateway_pid") - before) / $(crowd_held))) "" ""
	tell_honest "  an honest partner beside them"
	row "  … its p99, ms" "$pressed99" 10 "$(reached "$pressed99" 10)"
	row "  … its p99 to that without them, on an idle machine" "$(part "$pressed99" "$quiet99")" "" ""
	api=$second_api
	honest
	api=$pressed_api
	tell_honest "  the same at a second gateway meanwhile, which nobody presses"
	ratio=$(part "$pressed99" "$kept99")
	row "  … the honest partner's p99 to that" "$ratio" 1.5 "$(reached "$ratio" 1.5)"
	kill "$crowd_pid"
	wait "$crowd_pid" 2>/dev/null || true
	crowd_pid=""
}
part() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.2f", a / b}'; }

crowd() {
	local count=10000
	[ -z "${BENCH_QUICK:-}" ] || count=1000
	start_registry 0
	api_limits=", max_connections: 12000"
	start_gateway 1 1 given
	start_second
	honest
	quiet99=$kept99
	tell_honest "nobody else"
	beside "room for all" $count
	stop_gateway "$gateway_pid"
	api_limits=""
	start_gateway 1 1 given
	beside "limits as shipped" $count
	stop_gateway "$second_pid"
	second_pid=""
	stop_all
}
