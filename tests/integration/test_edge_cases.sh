#!/usr/bin/env bash
# tests/edge-cases.md names tests: each must exist, and each row must name one.
set -u
cd "$(dirname "$0")/../.." || exit 2
table=tests/edge-cases.md passed=0 failed=0

# FOLDER/test_FILE:NAME is defined and in the list of its program; integration/SCRIPT is there; harness/FILE:NAME is a
# test of a suite that several programs run.
exists() {
	local file=tests/unit/${1%%:*}.c name=${1#*:}
	case $1 in
	integration/*) [ -x "tests/$1" ] ;;
	harness/*) grep -q "CONTRACT_TEST(\s*$name)" "tests/${1%%:*}.c" ;;
	*) [ -f "$file" ] && grep -q "^static void $name(void \*\*" "$file" &&
		sed -n '/^int main/,$p' "$file" | grep -q "[(]$name[,)]" ;;
	esac
}

while IFS= read -r row; do
	names=$(printf %s "${row#|*|}" | grep -o '`[^`]*`' | tr -d '`')
	if [ -z "$names" ]; then
		failed=$((failed + 1))
		echo "FAILED: no test in: $row"
	fi
	for name in $names; do
		if exists "$name"; then passed=$((passed + 1)); else
			failed=$((failed + 1))
			echo "FAILED: $table names $name, which is no test"
		fi
	done
done < <(grep '^|' "$table" | grep -v -e '^| what happens' -e '^|---')

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
