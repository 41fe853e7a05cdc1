#!/usr/bin/env bash
# Runs every fuzz target for a time, from the corpora in the tree; they grow in BUILD/corpus, what breaks is kept beside
# them.
#   tests/fuzz/run.sh BUILD_FOLDER SECONDS
set -eu
build=$(cd "${1:?usage: tests/fuzz/run.sh BUILD_FOLDER SECONDS}" && pwd -P)
seconds=${2:?usage: tests/fuzz/run.sh BUILD_FOLDER SECONDS}
cd "$(dirname "$0")/../.."
seeds() { # what a target starts from: small files of our own, and files of the tree
	[ -d "tests/fuzz/corpus/$1" ] && echo "tests/fuzz/corpus/$1"
	case $1 in
	fuzz_yaml) echo policy/rules systemd ;;
	esac
}
failed=0
for target in "$build"/fuzz_*; do
	[ -x "$target" ] && [ -f "$target" ] || continue
	name=${target##*/}
	mkdir -p "$build/corpus/$name"
	# shellcheck disable=SC2046 # several folders
	if "$target" -max_total_time="$seconds" -max_len=16384 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$build/$name-" "$build/corpus/$name" $(seeds "$name") >"$build/$name.log" 2>&1; then
		echo "$name: $(awk '/number_of_executed_units/ {print $2}' "$build/$name.log") inputs, nothing found"
	else
		echo "$name: FOUND SOMETHING, see $build/$name.log" >&2
		failed=1
	fi
done
exit $failed
