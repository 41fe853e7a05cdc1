# shellcheck shell=sh
# The command line, run in a folder of its own that is removed at the end. Sourced at the root of the tree.
#
#   run ARGUMENT...    vnepp; leaves out, err and $status
#   server             a process that ends with the script; empty: none
set -u
root=$(pwd -P)
build=$(cd "${BUILD:-$root/build}" && pwd -P)
work=$(mktemp -d)
passed=0
failed=0
server=""
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
unset VNEPP_URL VNEPP_CERT VNEPP_KEY VNEPP_CA VNEPP_SOCKET VNEPP_CONFIG
export HOME="$work" XDG_CONFIG_HOME="$work/.config"
printf '{"ref":"a"}\n' >a.ndjson

check() { # WHAT CONDITION...
	what=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $what"
		for f in out err requests; do
			[ -s "$f" ] && sed "s/^/  $f: /" "$f"
		done
	fi
}

is() { [ "$1" = "$2" ]; }
has() { grep -qF -- "$2" "$1"; }
lacks() { ! grep -qF -- "$2" "$1"; }

run() {
	timeout 20 "$build/vnepp" "$@" >out 2>err </dev/null
	status=$?
}

finish() {
	echo "$passed passed, $failed failed"
	[ $failed -eq 0 ]
	exit
}
