# Ten thousand slow connections, as run.sh counts them: what an honest partner feels of them. Read by run.sh.

crowd_held() { awk 'END {print $2}' "$dir/crowd.txt"; }

# Sets kept and new: median, 99th percentile and worst time of requests, and how many failed.
honest() {
	"$build/bench-crowd" ask "$api" "$dir/certs" "${crowd_seconds:-20}" 200 >"$dir/honest.txt"
	read -r _ kept50 kept99 kept_worst _ new50 new99 new_worst _ failed <"$dir/honest.txt"
}
tell_honest() { # WHAT
	row "$1: requests on a kept connection, p50 / p99 / worst, ms" "$kept50 / $kept99 / $kept_worst" "" ""
	row "  … each on a new connection" "$new50 / $new99 / $new_worst" "" ""
	row "  … that failed" "$failed" 0 "$(reached "$failed" 0)"
}

beside() { # WHAT CONNECTIONS
	local before
	before=$(resident_kb "$gateway_pid")
	"$build/bench-crowd" slow "$api" "$dir/certs" "$2" >"$dir/crowd.txt" &
	crowd_pid=$!
	for _ in $(seq 120); do
		[ -s "$dir/crowd.txt" ] && [ "$(crowd_held)" -ge $(($2 * 9 / 10)) ] && break
		sleep 0.5
	done
	sleep "${crowd_settle:-15}" # until the first ones were ended and made again
	honest
	row "$2 slow connections from 200 addresses, $1: held" "$(crowd_held)" "" ""
	row "  … resident memory of each, kB" $((($(resident_kb "$gateway_pid") - before) / $(crowd_held))) "" ""
	tell_honest "  an honest partner beside them"
	row "  … its p99 to that without them" "$(awk -v a="$kept99" -v b="$quiet99" 'BEGIN {printf "%.2f", a / b}')" "" ""
	row "  … its p99, ms" "$kept99" 10 "$(reached "$kept99" 10)"
	kill "$crowd_pid"
	wait "$crowd_pid" 2>/dev/null || true
	crowd_pid=""
}

crowd() {
	local count=10000
	[ -z "${BENCH_QUICK:-}" ] || count=1000
	start_registry 0
	api_limits=", max_connections: 12000"
	start_gateway 1 1 given
	honest
	quiet99=$kept99
	tell_honest "nobody else"
	beside "room for all" $count
	kill "$gateway_pid"
	wait "$gateway_pid" 2>/dev/null || true
	api_limits=""
	start_gateway 1 1 given
	beside "limits as shipped" $count
	stop_all
}
