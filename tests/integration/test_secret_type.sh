#!/usr/bin/env bash
# A secret cannot be written into a log line, a message or a figure: the compiler refuses it. Each snippet is compiled twice,
# with the secret and with what is harmless, so that it is the secret that is refused.
set -u
cd "$(dirname "$0")/../.." || exit 2
passed=0 failed=0 dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

compiles() { # COMPILER TYPE STATEMENT
	cat >"$dir/t.c" <<END
#include "epp/base/err.h"
#include "epp/base/logapi.h"
#include "epp/base/secret.h"
#include <stdio.h>
void f(struct log *log, $2, struct errmsg *e);
void f(struct log *log, $2, struct errmsg *e)
{
	(void)log, (void)e, (void)x;
	$3
}
END
	$1 -std=c11 -Wall -Wextra -Wformat=2 -Werror -D_GNU_SOURCE -I. -fsyntax-only "$dir/t.c" >"$dir/out" 2>&1
}
refused() { # COMPILER HARMLESS SECRET STATEMENT
	if compiles "$1" "$2" "$4" && ! compiles "$1" "$3" "$4" && grep -q error "$dir/out"; then passed=$((passed + 1)); else
		failed=$((failed + 1))
		echo "FAILED: $1: $3: $4"
		head -5 "$dir/out"
	fi
}
tried=0
for cc in gcc clang; do
	command -v $cc >/dev/null || continue
	tried=$((tried + 1))
	for secret in "struct secret x" "struct secret_box x" "const struct secret_box *x" "const struct secret *x"; do
		refused $cc "const char *x" "$secret" 'LOG(log, LOG_INFO, "e", "m", F_C("k", x));'
		refused $cc "const char *x" "$secret" 'LOG(log, LOG_INFO, "e", x, F_U64("k", 1));'
		refused $cc "struct str x" "$secret" 'LOG(log, LOG_INFO, "e", "m", F_STR("k", x));'
		refused $cc "const char *x" "$secret" '(void)err_set(e, ERR_IO, "%s", x);'
		refused $cc "const char *x" "$secret" 'printf("%s", x);'
		refused $cc "const char *x" "$secret" '(void)str_c(x);'
	done
	refused $cc "int x" "struct secret x" 'LOG(log, LOG_INFO, "e", "m", F_U64("k", x));'
done
[ $tried -gt 0 ] || { failed=1; echo "FAILED: no compiler"; }
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
