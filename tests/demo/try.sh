#!/bin/sh
# A gateway to try things with: the demo's, without its batches, running until Ctrl-C. `make try` calls it after building.
#
#   tests/demo/try.sh BUILD_FOLDER
#
# Everything it writes is under BUILD_FOLDER/try (TRY_DIR: elsewhere); `. BUILD_FOLDER/try/env` in another shell makes `vnepp`
# and curl speak with it. The registry has one name at the start, which is known to the gateway: the one that the second line
# of `vnepp template csv --examples` renews.
set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
build=$(cd "${1:?usage: tests/demo/try.sh BUILD_FOLDER}" && pwd -P)
demo=${TRY_DIR:-$build/try}
. "$here/world.sh"

cleanup() {
	status=$?
	trap - EXIT INT TERM
	rm -f "$demo/env"
	clean_up
	exit $status
}

trap cleanup EXIT
trap 'exit 0' INT TERM
make_secrets
od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$secrets/admin.token"
echo "shop.biz.vn,anphat,OLD-ANPHAT,2024-12-01T03:00:00Z,2026-12-01T03:00:00Z" >registry.csv
start_registry
start_gateway 'listen: ["127.0.0.1:0"]' 'token_file: secrets/admin.token'
echo '{"domain":"shop.biz.vn","partner":"anphat","account":"sim/anphat","created":"2024-12-01T03:00:00Z","expires":"2026-12-01T03:00:00Z","grant_from":"2024-12-01","subject":{"kind":"enterprise","tax_code":"0199001349"}}' |
	"$build/vnepp" ledger import - --socket "$socket" >/dev/null || fail "the history could not be imported"

# One profile for both sides: a partner's certificate, and the operators' socket.
echo "socket: $socket" >>anphat.yaml
cat >env.new <<END
PATH='$build':\$PATH
export VNEPP_CONFIG='$demo/anphat.yaml' VNEPP_URL=https://127.0.0.1:$api_port
export VNEPP_CERT='$secrets/anphat.pem' VNEPP_KEY='$secrets/anphat.key' VNEPP_CA='$secrets/ca.pem'
END
mv env.new env
cat <<END
A gateway and a registry are running; for them it is 20 November 2026. Ctrl-C ends both.

  in another shell     . $demo/env
  a partner's side     vnepp template csv --examples >batch.csv; vnepp submit batch.csv --follow
  an operator's side   vnepp status; vnepp top; tail -f $demo/vneppd.log
  the status page      http://127.0.0.1:$(sed -n 's/^admin=//p' ports)/    token: $(cat "$secrets/admin.token")
END
wait "$gateway_pid" || fail "the gateway has ended"
