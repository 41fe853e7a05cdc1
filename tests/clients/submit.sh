#!/usr/bin/env bash
# Hands a batch in, waits until nothing of it moves without a person, prints "ref state" for each line. Only curl.
#   submit.sh batch.ndjson       VNEPP_URL, VNEPP_CERT, VNEPP_KEY, VNEPP_CA: the gateway, and who we are
set -u
head=$(mktemp) body=$(mktemp)
trap 'rm -f "$head" "$body"' EXIT
field() { tr -d '\r' <"$head" | sed -n "s/^$1: //Ip" | tail -n 1; }

# PATH [CURL OPTION...]: sends until the answer is no request to wait; then the status is in $status.
ask() {
	while status=$(curl -s -D "$head" -o "$body" -w '%{http_code}' --cert "$VNEPP_CERT" --key "$VNEPP_KEY" \
		--cacert "$VNEPP_CA" "${@:2}" "$VNEPP_URL$1"); :; do
		wait=$(field Retry-After)
		case $status in
		000 | 503) sleep "${wait:-2}" ;;
		409 | 429) [ -n "$wait" ] || return 0; sleep "$wait" ;; # still at work on the first call with this key; too fast
		*) return 0 ;;
		esac
	done
}

# The same file under the same key may be sent again at any time: it is taken once.
key=$(sha256sum "$1" | cut -c1-64)
ask /v1/batches -H 'Content-Type: application/x-ndjson' -H "Idempotency-Key: $key" --data-binary "@$1"
[ "$status" = 202 ] || { cat "$body" >&2; exit 1; }
batch=$(field Location)

until ask "$batch" && grep -q '"moving":0' "$body"; do sleep 1; done

page="$batch/items?limit=1000"
while [ -n "$page" ]; do
	ask "$page" -H 'Accept: application/x-ndjson'
	sed -n 's/^{"ref":"\([^"]*\)".*"state":"\([a-z_]*\)".*/\1 \2/p' "$body"
	page=$(field Link | sed -n 's/^<\(.*\)>; rel="next"$/\1/p')
done
