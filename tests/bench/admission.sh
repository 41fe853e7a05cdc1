# Batches coming in, as run.sh counts them: memory while 100 MB come in, and how soon 100,000 lines are validated, durable
# and answered, on a store that holds five million items. Read by run.sh.

# A hundred megabytes in one body: how much the daemon's memory rises above what it was, in MB, at any moment.
rise() { # WHAT CONTENT_TYPE FILE [CURL OPTION...]
	local before peak
	before=$(resident_kb "$gateway_pid")
	echo 5 >"/proc/$gateway_pid/clear_refs" # the peak counts from here
	status=$(ask /v1/batches -T "$3" -X POST -H "Content-Type: $2" -o "$dir/answer" -w '%{http_code}' "${@:4}")
	peak=$(awk '/^VmHWM/ {print $2}' "/proc/$gateway_pid/status")
	row "  $1 ($(($(stat -c %s "$3") / 1000000)) MB): $status, memory rises by MB" $(((peak - before + 1023) / 1024)) 32 \
		"$(reached $(((peak - before + 1023) / 1024)) 32)"
}

# Until the daemon has tidied up: it does little for a second.
calm() {
	local before now=-100
	for _ in $(seq 120); do
		before=$now now=$(cpu_ticks "$gateway_pid")
		[ $((now - before)) -gt 5 ] || break
		sleep 1
	done
}

# The middle of three batches of 100,000 lines: seconds from the first byte to 202, and the daemon's CPU.
admit() { # FIRST given random|sequence
	local i t c
	for i in 0 1 2; do
		calm
		perl tests/bench/lines.pl $(($1 + i * 100000)) 100000 given "${2#sequence}" >"$dir/batch.ndjson"
		c=$(cpu_ticks "$gateway_pid")
		t=$(ask /v1/batches -T "$dir/batch.ndjson" -X POST -H 'Content-Type: application/x-ndjson' -o "$dir/answer" -w '%{time_total} %{http_code}')
		case $t in *' 202') ;; *) echo "bench: the batch was not admitted: $t $(head -c 500 "$dir/answer")" >&2; exit 1 ;; esac
		echo "${t% *} $(($(cpu_ticks "$gateway_pid") - c))"
	done | sort -n >"$dir/times"
	read -r seconds ticks < <(sed -n 2p "$dir/times")
	cpu=$(awk -v t="$ticks" 'BEGIN {printf "%.2f", t / 100}')
}

admission() {
	local items=5000000 base=100000 t0
	[ -z "${BENCH_QUICK:-}" ] || items=200000 base=20000
	if [ "$(df --output=avail -k "$dir" | tail -n 1)" -lt $((items * 2)) ]; then
		row "a store of $items names: not made, TMPDIR needs $((items / 500000)) GB" "" "" "NOT REACHED"
		return
	fi
	life 10 32 given $base 0
	t0=$(date +%s%N)
	tests/bench/fill.sh "$dir/vnepp.db" $items
	row "a store filled with $items finished names: size, MB" "$(($(stat -c %s "$dir/vnepp.db") / 1000000))" "" ""
	row "  … made in, s" $((($(date +%s%N) - t0) / 1000000000)) "" ""
	keep_store=1
	start_registry 60000
	t0=$(date +%s%N)
	start_gateway 1 1 given
	row "  … opened by the daemon in, ms" $((($(date +%s%N) - t0) / 1000000)) "" ""
	calm
	perl tests/bench/lines.pl 3000001 165000 given >"$dir/big.ndjson"
	rise "the first body, NDJSON" application/x-ndjson "$dir/big.ndjson"
	{ echo "["; sed 's/"ref":"/&j/; s/$/,/; $s/,$//' "$dir/big.ndjson"; echo "]"; } >"$dir/big.json"
	rise "a JSON array" application/json "$dir/big.json"
	python3 tests/bench/as_csv.py c <"$dir/big.ndjson" >"$dir/big.csv"
	rise "CSV" text/csv "$dir/big.csv"
	sed 's/"op":"create"/"op":"creat"/' "$dir/big.ndjson" >"$dir/bad.ndjson"
	rise "every line wrong" application/x-ndjson "$dir/bad.ndjson"
	sed 's/"ref":"/&z/' "$dir/big.ndjson" | gzip -1 >"$dir/big.gz"
	rise "gzip of 100 MB" application/x-ndjson "$dir/big.gz" -H 'Content-Encoding: gzip'
	rm -f "$dir"/big.* "$dir/bad.ndjson"
	admit 1000001 sequence
	row "100,000 lines, refs in sequence: durable and answered in, s" "$seconds" 2 "$(reached "$seconds" 2)"
	row "  CPU of the daemon, s" "$cpu" "" ""
	admit 2000001 random
	row "100,000 lines, random refs: durable and answered in, s" "$seconds" "" ""
	row "  CPU of the daemon, s" "$cpu" "" ""
	keep_store=""
	stop_all
}
