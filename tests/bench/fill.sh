#!/usr/bin/env bash
# Makes a store large: what it holds, the finished batch 1 of the daemon, is copied until there are so many items. Each
# copy is a batch of its own with everything that the daemon keeps of a finished name: the item, its results, the name,
# its grant, the counts, its place in the change feed. The rows go in through all indexes, as the daemon's do, so that
# the pages are as full as its are. References and names of every second batch are random, the grants' keys always;
# only the request inside a row is still the one that it was copied from. No daemon may run on it.
#
#   tests/bench/fill.sh STORE.db ITEMS
set -eu
store=${1:?usage: fill.sh STORE.db ITEMS} want=${2:?usage: fill.sh STORE.db ITEMS}
ask() { sqlite3 "$store" "$1"; }
have=$(ask "SELECT count(*) FROM item") results=$(ask "SELECT max(seq) FROM result")
script=$(mktemp)
trap 'rm -f "$script"' EXIT
columns() { # TABLE: its columns, with what the arguments NAME=EXPRESSION say instead
	local table=$1 out="" name other pair
	shift
	for name in $(ask "SELECT name FROM pragma_table_info('$table') ORDER BY cid"); do
		other=$name
		for pair in "$@"; do [ "${pair%%=*}" = "$name" ] && other=${pair#*=}; done
		out="$out,$other"
	done
	echo "${out#,}"
}
{
	echo "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -3000000; PRAGMA locking_mode = EXCLUSIVE;"
	echo "BEGIN;"
	for ((k = 1; k * have < want; k++)); do
		ref="'s-' || ($k * $have + id)" domain="'k$k-' || domain"
		[ $((k % 2)) -eq 0 ] || ref="lower(hex(randomblob(8)))" domain="lower(hex(randomblob(6))) || '-' || domain"
		echo "INSERT INTO item SELECT $(columns item "id=id + $k * $have" "batch=batch + $k" "ref=$ref" "domain=$domain" \
			"grant_key=randomblob(length(grant_key))") FROM item WHERE batch = 1 ORDER BY id;"
		echo "INSERT INTO grant_ledger SELECT grant_key, id FROM item WHERE batch = 1 + $k;"
		echo "INSERT INTO domain SELECT $(columns domain "name=i.domain" "item=i.id" "partner=d.partner" "account=d.account" \
			"grant_from=d.grant_from" "free_until=d.free_until") FROM item i JOIN item o ON o.id = i.id - $k * $have" \
			"JOIN domain d ON d.name = o.domain WHERE i.batch = 1 + $k;"
		echo "INSERT INTO result SELECT $(columns result "seq=seq + $k * $results" "item=item + $k * $have") FROM result" \
			"WHERE seq <= $results ORDER BY seq;"
		echo "INSERT INTO batch SELECT $(columns batch "id=id + $k" "idem=NULL") FROM batch WHERE id = 1;"
		echo "INSERT INTO batch_count SELECT batch + $k, state, n FROM batch_count WHERE batch = 1;"
		echo "INSERT INTO publication SELECT $(columns publication "id=id + $k" "batch=batch + $k" "after_seq=$k * $results")" \
			"FROM publication WHERE batch = 1;"
	done
	# The figures of the programme are counted from the feed as it goes: they have gone as far.
	echo "INSERT INTO meta SELECT 'progress', max(seq) FROM result WHERE true ON CONFLICT(key) DO UPDATE SET value = excluded.value;"
	echo "UPDATE progress SET names = names * $k, granted = granted * $k;"
	echo "COMMIT;"
} >"$script"
sqlite3 -bail "$store" <"$script" >/dev/null
