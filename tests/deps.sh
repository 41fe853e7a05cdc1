#!/usr/bin/env bash
# Installs the Debian packages that are missing, and nothing when none is. With sudo when not root.
#   tests/deps.sh build|test|ci      ci: what the tests of the status page and of the alert rules need, too
set -u
cd "$(dirname "$0")/.." || exit 2

build="gcc make pkg-config libc6-dev libuv1-dev libssl-dev openssl libxml2-dev libyaml-dev libjansson-dev libidn2-dev \
libsqlite3-dev libcurl4-openssl-dev zlib1g-dev perl"
test="libcmocka-dev clang clang-format libclang-rt-dev libxml2-utils libnet-epp-perl curl sqlite3 python3-jsonschema \
mandoc zsh"

ci="chromium chromium-driver fonts-dejavu-core"

as_root() {
	if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

missing() {
	local p
	for p in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || echo "$p"
	done
}

install() {
	[ $# -gt 0 ] || return 0
	echo "installing: $*"
	as_root apt-get update -qq >/dev/null &&
		DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null || {
		echo "deps: apt-get could not install: $*" >&2
		exit 1
	}
}

# llhttp: a library of its own from Debian 13 on; before, the generated C inside the node-llhttp package, which is
# unpacked without installing it (it would bring Node.js along).
llhttp() {
	[ -e /usr/include/llhttp.h ] || [ -e build/deps/llhttp/llhttp.h ] && return 0
	if apt-cache show libllhttp-dev >/dev/null 2>&1; then
		install libllhttp-dev
		return
	fi
	local dir
	dir=$(mktemp -d)
	as_root apt-get update -qq >/dev/null
	(cd "$dir" && apt-get download -qq -o APT::Sandbox::User=root node-llhttp >/dev/null && dpkg-deb -x node-llhttp_*.deb x) || {
		echo "deps: the package node-llhttp could not be fetched" >&2
		rm -rf "$dir"
		exit 1
	}
	mkdir -p build/deps/llhttp
	find "$dir/x" \( -path '*llhttp*/*.c' -o -name llhttp.h \) -exec cp {} build/deps/llhttp/ \;
	rm -rf "$dir"
}

# promtool alone: the package prometheus, which it comes with, would start a service.
promtool() {
	command -v promtool >/dev/null 2>&1 || [ -x build/deps/promtool ] && return 0
	local dir
	dir=$(mktemp -d)
	as_root apt-get update -qq >/dev/null
	(cd "$dir" && apt-get download -qq -o APT::Sandbox::User=root prometheus >/dev/null && dpkg-deb -x prometheus_*.deb x) || {
		echo "deps: the package prometheus could not be fetched" >&2
		rm -rf "$dir"
		exit 1
	}
	mkdir -p build/deps
	cp "$dir/x/usr/bin/promtool" build/deps/promtool
	rm -rf "$dir"
}

# The languages of tests/clients, where they are missing in any version.
languages() {
	local wanted=""
	command -v php >/dev/null 2>&1 || wanted="$wanted php-cli"
	command -v node >/dev/null 2>&1 || wanted="$wanted nodejs"
	command -v javac >/dev/null 2>&1 || wanted="$wanted default-jdk-headless"
	# shellcheck disable=SC2086 # several packages
	install $wanted
}

case ${1-} in
build) install $(missing $build) && llhttp ;;
test) install $(missing $build $test) && llhttp ;;
ci) install $(missing $build $test $ci) && llhttp && promtool && languages ;;
*) echo "usage: $0 build|test|ci" >&2; exit 2 ;;
esac
