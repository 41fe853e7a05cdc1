#!/usr/bin/env bash
# Completion in a real bash and in a real zsh: what TAB offers, and that both offer the same.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh
PATH=$build:$PATH
mkdir "$dir/empty" && cd "$dir/empty" || exit 2
touch batch.ndjson

# SHELL WORD...: what TAB offers behind these words, sorted, in one line
offered() {
	local shell=$1
	shift
	rm -f "$dir/offers"
	if [ "$shell" = bash ]; then
		bash -c 'source <(vnepp completion bash); COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _vnepp; printf "%s\n" "${COMPREPLY[@]}"' bash "$@" >"$dir/offers"
	else
		timeout 60 zsh -f "$dir/tab.zsh" "$dir/offers" "$shell" "$*" >/dev/null 2>&1
	fi
	grep -v '^ *$\|^end of offers$' "$dir/offers" | sort -u | paste -sd' '
}
# Keeps what the completion hands to zsh; the screen would have to be read otherwise.
cat >"$dir/tab.zsh" <<'END'
zmodload zsh/zpty
zpty -b shell zsh -f -i
zpty -w shell "cd $PWD; unset zle_bracketed_paste; PATH=$PATH"
if [[ $2 = sourced ]] zpty -w shell "source <(vnepp completion zsh)"
if [[ $2 = found ]] zpty -w shell "mkdir -p ../functions; vnepp completion zsh >../functions/_vnepp; fpath=(\${PWD:h}/functions \$fpath); autoload -Uz compinit && compinit -u -D"
zpty -w shell "compadd() { builtin compadd -O offers \"\$@\"; print -rl -- \$offers >>$1; builtin compadd \"\$@\" }"
zpty -w shell "tab() { zle complete-word; print 'end of offers' >>$1 }; zle -N tab; bindkey '^X' tab; LISTMAX=9999"
zpty -w -n shell "$3"$'\x18'
for i in {1..600}; do
	zpty -r -t shell screen
	grep -qx 'end of offers' $1 2>/dev/null && break
	sleep 0.05
done
zpty -d shell
END

offers() { # WHAT EXPECTED SHELL WORD...
	local what=$1 expected=$2 got
	shift 2
	got=$(offered "$@")
	check "$1: $what" test "$got" = "$expected"
	[ "$got" = "$expected" ] || echo "  wanted: $expected"$'\n'"  got:    $got"
}
tabs() { # SHELL
	offers "a command's first letters" "policy" "$1" vnepp pol
	offers "a second word" "schema show stage status" "$1" vnepp policy s
	offers "options" "--dry-run" "$1" vnepp submit --dr
	offers "what an option may be" "all valid" "$1" vnepp submit --admission ""
	offers "… as its first letters say" "refused" "$1" vnepp items 7 --state refu
	offers "… by its letter" "waiting" "$1" vnepp items -s wa
	offers "… of a command of two words" "en vi" "$1" vnepp policy diff --words ""
	offers "the same option of another command" "ndjson" "$1" vnepp submit --format nd
	offers "a file" "batch.ndjson" "$1" vnepp submit b
}
tabs bash
check "bash: a value behind '='" test "$(offered bash vnepp submit --admission = va)" = valid
check "bash: every value behind '='" test "$(offered bash vnepp submit --admission =)" = "all valid"
if command -v zsh >/dev/null 2>&1; then
	tabs sourced
	tabs found
	check "zsh: a value behind '='" test "$(offered sourced vnepp submit --admission=va)" = valid
	# What both offer, for every command.
	for command in "" policy evidence; do
		check "both offer the same behind 'vnepp $command'" test \
			"$(offered bash vnepp $command "" | tr ' ' '\n' | grep -v '^-\|batch.ndjson')" = \
			"$(offered sourced vnepp $command "" | tr ' ' '\n' | grep -v '^-\|batch.ndjson')"
	done
else
	skip 23 "no zsh here (make deps-test)"
fi
finish
