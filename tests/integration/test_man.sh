#!/bin/sh
# The man pages: well-formed, and true. Every command and option of `vnepp help`, every option of vneppd, every key that
# the sample configurations explain and every key of the rule files' schema is in them; and they name none that is gone.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd -P)
build=$(cd "${BUILD:-$root/build}" && pwd -P)
man=$root/systemd/man
work=$(mktemp -d)
passed=0
failed=0
skipped=0
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

check() { # WHAT FILE: what must be empty
	if [ -s "$2" ]; then
		failed=$((failed + 1))
		echo "FAILED: $1"
		sed 's/^/  /' "$2"
	else
		passed=$((passed + 1))
	fi
}

# ---- vnepp(1): under `.It Cm NAME` every option that `vnepp help NAME` has, and no other command ----

"$build/vnepp" help >help || exit 1
# "command operands  summary": the words before the first operand, of which there are two where the first is a group
perl -ne 'print "$1\n" if /^  ([a-z]+(?: [a-z]+)?)(?= |$)/ && !/^  help/' help >lines
perl -e '
	open my $m, "<", $ARGV[0] or die; my ($name, %page);
	while (<$m>) {
		if (/^\.It Cm (.*)/) {
			my @words; for (split / /, $1) { last unless /^[a-z][a-z-]*$/; push @words, $_ }
			$name = "@words[0 .. ($#words > 1 ? 1 : $#words)]"; $page{$name} = $1;
		} elsif (/^\.(Sh|Ss)/) { undef $name } elsif (defined $name) { $page{$name} .= $_ }
	}
	my ($vnepp, $n, %known) = ($ARGV[1], 0);
	open my $l, "<", "lines" or die;
	while (<$l>) {
		chomp; my ($first) = split / /;
		my $cmd = exists $page{$_} ? $_ : $first;
		$n++; $known{$cmd} = 1;
		if (!exists $page{$cmd}) { print "command $_ is not there\n"; next }
		my ($help) = `$vnepp help $cmd` =~ /\nOptions:\n(.*?)(?:\n\n|\z)/s;
		for my $o (($help // "") =~ /^ {2}(?:-\w,)? *--([a-z-]+)/mg) {
			print "$cmd: --$o is not there\n" unless $page{$cmd} =~ /Fl -$o\b(?!-)/
		}
		while ($page{$cmd} =~ /Oo Fl -([a-z-]+)/g) {
			my $o = $1; print "$cmd has no --$o\n" unless ($help // "") =~ /--$o\b(?!-)/
		}
	}
	$known{help} = 1;
	for (sort keys %page) { print "there is no command $_\n" unless $known{$_} }
	print "only $n commands were found\n" if $n < 40;
' "$man/vnepp.1" "$build/vnepp" >wrong
check "vnepp(1) has every command with its options" wrong
"$build/vnepp" help items | grep -o -- '--\(url\|cert\|key\|ca\|profile\)' >options
"$build/vnepp" help status | grep -o -- '--socket' >>options
while read -r o; do grep -q "Fl.* $(printf %s "$o" | cut -c2-)\b" "$man/vnepp.1" || echo "$o is not there"; done <options >wrong
[ "$(wc -l <options)" -ge 6 ] || echo "the connection's options were not found" >>wrong
check "vnepp(1) has the connection's options" wrong

# ---- vneppd(8) ----

"$build/vneppd" --help | grep -o -- '--[a-z-]*' | sort -u >options
while read -r o; do grep -q "Fl $(printf %s "$o" | cut -c2-)\b" "$man/vneppd.8" || echo "$o is not there"; done <options >wrong
[ "$(wc -l <options)" -ge 6 ] || echo "the options were not found" >>wrong
check "vneppd(8) has every option" wrong

# ---- vnepp-webhookd(8): options, and keys of its sample ----

"$build/vnepp-webhookd" --help | grep -o -- '--[a-z-]*' | sort -u >options
while read -r o; do grep -q "Fl $(printf %s "$o" | cut -c2-)\b" "$man/vnepp-webhookd.8" || echo "$o is not there"; done <options >wrong
[ "$(wc -l <options)" -ge 7 ] || echo "the options were not found" >>wrong
check "vnepp-webhookd(8) has every option" wrong
perl -ne 'print "$1\n" if /^\s*#?\s*(?:- )?([a-z][a-z_]*):(?:\s|$)/' "$root/systemd/webhooks.yaml" | sort -u >keys
sed -n '/^\.Sh CONFIGURATION/,/^\.Sh SIGNALS/s/^\.It Ic //p' "$man/vnepp-webhookd.8" | sed 's/Br[oc]//g; s/\bIc\b//g' |
	grep -o '[a-z][a-z_]*' | sort -u >words
comm -3 keys words | sed 's/$/ is in the sample or the page alone/' >wrong
[ "$(wc -l <keys)" -ge 16 ] || echo "only $(wc -l <keys) keys were found" >>wrong
check "vnepp-webhookd(8) has the keys of the sample" wrong

# ---- vneppd.yaml(5): keys of the samples, those behind a # too ----

cd "$root/systemd" || exit 1
perl -ne '
	s/("[^"]*")/x/g;
	print "$1\n" if /^\s*#?\s*(?:- )?([a-z][a-z_]*):(?:\s|$)/;
	print "$1\n" while /[{,]\s*([a-z][a-z_]*): /g;
' vneppd.yaml partners.yaml limits.yaml >"$work/all"
perl -ne 'print "$1\n" if /^#   ([a-z_]+):/; print "$1\n" while /\b(keep_empty|other|at_most|present|not):/g; last if /^# All facts/' \
	mapping-vn-example.yaml >>"$work/all"
perl -ne 'print "$1\n" if /^#   ([a-z_]+)   /' partners.yaml >>"$work/all"
cd "$work" || exit 1
printf 'namespaces\ncommands\n' >>all
# an account's name is no key, nor are the values that the samples explain
grep -vxE 'staged|files|warn|connect|message|command' all | sort -u >keys
perl -ne 'if (/^\.(It )?Ic (.*)/ || /Bro Ic (\w+)/) { my $l = $2 // $1; print "$1\n" while $l =~ /\b([a-z][a-z_]*)\b/g }
	print "$1\n" if /Bro Ic (\w+)/' "$man/vneppd.yaml.5" | sort -u >words
comm -23 keys words | sed 's/$/ is not there/' >wrong
[ "$(wc -l <keys)" -ge 90 ] || echo "only $(wc -l <keys) keys were found" >>wrong
check "vneppd.yaml(5) has every key of the samples" wrong
sed -n 's/^\.It Ic //p' "$man/vneppd.yaml.5" | sed 's/Br[oc]//g' | grep -o '[a-z][a-z_]*' | sort -u >words
cat "$root"/systemd/*.yaml | grep -o '[a-z][a-z_]*' | sort -u >have
comm -23 words have | sed 's/$/ is in no sample/' >wrong
check "vneppd.yaml(5) has no key that is gone" wrong

# ---- vnepp-rules(5): sections of the schema ----

"$build/vnepp" policy schema >schema || exit 1
sed -n '/^"properties":{/,/^"\$defs"/s/^"\([a-z_]*\)":{"anyOf".*/\1/p' schema | sort -u >keys
sed -n 's/^\.It Ic //p' "$man/vnepp-rules.5" | grep -o '[a-z][a-z_]*' | sort -u >words
comm -23 keys words | sed 's/$/ is not there/' >wrong
[ "$(wc -l <keys)" -ge 18 ] || echo "the schema's sections were not found" >>wrong
check "vnepp-rules(5) has every section" wrong
grep -o '^\.Ic [a-z_]*\|^\.It Ic .*' "$man/vnepp-rules.5" | sed 's/^\.\(It \)\{0,1\}Ic //' | grep -o '[a-z][a-z_]*' | sort -u >words
{ grep -o '"[a-z_]*"' schema | tr -d '"'; cat "$root"/policy/cases/*.yaml | grep -o '[a-z][a-z_]*'; } | sort -u >have
comm -23 words have | sed 's/$/ is no key/' >wrong
check "vnepp-rules(5) has no key that is gone" wrong

# ---- form ----

for page in vneppd.8 vnepp-webhookd.8 vnepp.1 vneppd.yaml.5 vnepp-rules.5; do
	if command -v mandoc >/dev/null 2>&1; then
		mandoc -Tlint -W warning "$man/$page" >wrong 2>&1
		check "mandoc finds nothing in $page" wrong
	else
		skipped=$((skipped + 1))
	fi
	if command -v groff >/dev/null 2>&1; then
		groff -mandoc -Tutf8 -ww -z "$man/$page" >wrong 2>&1
		check "groff finds nothing in $page" wrong
	fi
done
[ $skipped -eq 0 ] || echo "SKIPPED: the form of man pages (mandoc is not installed; make deps-test)"

make -s -C "$root" install DESTDIR="$work/root" PREFIX=/usr B="$build" >out 2>&1 || cp out wrong
for page in man8/vneppd.8 man8/vnepp-webhookd.8 man1/vnepp.1 man5/vneppd.yaml.5 man5/vnepp-rules.5; do
	[ -s "$work/root/usr/share/man/$page" ] || echo "$page is not installed"
done >wrong
check "make install brings the pages" wrong

echo "$passed passed, $failed failed$([ $skipped -eq 0 ] || echo ", $skipped skipped")"
[ $failed -eq 0 ]
