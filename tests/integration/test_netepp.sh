#!/usr/bin/env bash
# The simulator by another client's hands: Net::EPP logs in, checks, creates, asks, renews, polls and logs out.
set -u
cd "$(dirname "$0")/../.." || exit 2
build=$PWD/${BUILD:-build} here=$PWD/tests/integration dir=$(mktemp -d) registry=""
trap 'kill $registry 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT

if ! perl -MNet::EPP::Simple -e 1 2>/dev/null; then
	echo "SKIPPED: Net::EPP is not installed (libnet-epp-perl)"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
sh certs/dev-ca.sh "$dir/certs" >/dev/null 2>&1
# Its frames are its own: what it writes is not judged by our grammar.
env -u VNEPP_GRAMMAR -u VNEPP_XSD_DIR "$build/vnepp-regsim" --listen 127.0.0.1:0 --cert "$dir/certs/registry.pem" \
	--key "$dir/certs/registry.key" --ca "$dir/certs/ca.pem" --account anphat:testpw12 --low-balance-vnd 9000000000000000000 \
	--ledger "$dir/ledger" --port-file "$dir/port" >"$dir/log" 2>&1 &
registry=$!
for _ in $(seq 400); do [ -s "$dir/port" ] && break; sleep 0.05; done
perl -X "$here/netepp.pl" "$(cat "$dir/port")" "$dir/certs" >"$dir/out" 2>&1
passed=$(grep -c '^ok ' "$dir/out")
failed=$(grep -c '^not ok ' "$dir/out")
grep -v -e '^ok ' -e '^end$' "$dir/out"
if ! grep -q '^end$' "$dir/out"; then
	failed=$((failed + 1))
	tail -n 5 "$dir/log"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
