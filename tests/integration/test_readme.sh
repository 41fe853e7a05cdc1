#!/usr/bin/env bash
# The pages for people: their links lead somewhere, here and installed; every command of vnepp that they name is there with its
# options; and what README.md and policy/README.md tell a newcomer to type works word for word, with the gateway of `make try`.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh
blame=("$dir/said" "$dir/try.out")

# ---- links ----

cat >"$dir/links.pl" <<'END'
use strict; use warnings; use File::Basename; use Cwd 'realpath';
my ($bad, $n, %anchors) = (0, 0);
sub page { my ($f) = @_; open my $h, '<:utf8', $f or die "$f: $!"; local $/; return scalar <$h>; }
sub has_anchor {
	my ($f, $a) = @_;
	if (!$anchors{$f}) {
		for (page($f) =~ /^#+ +(.*)$/mg) { s/[`*]//g; $_ = lc; s/[^\w\- ]//g; s/ /-/g; $anchors{$f}{$_} = 1; }
	}
	return $anchors{$f}{$a};
}
for my $f (@ARGV) {
	for (page($f) =~ /\]\(([^)\s]+)\)/g) {
		next if /^https?:/;
		my ($to, $anchor) = /^([^#]*)#?(.*)$/;
		my $path = $to eq '' ? $f : dirname($f) . "/$to";
		$n++;
		if (!-e $path) { $bad++; print "$f: there is no $to\n"; next; }
		next if $anchor eq '' || has_anchor(realpath($path), $anchor);
		$bad++; print "$f: $to has no heading $anchor\n";
	}
}
print "$n links\n";
exit($bad > 0 || $n == 0);
END
links() { perl "$dir/links.pl" "$@" >"$dir/said"; }
pages() { find "$1" -name '*.md' -not -path '*/build/*'; }
check "links lead somewhere" links $(pages .)
check "… with all pages that there are" test "$(pages . | wc -l)" -ge 20
check "the pages are installed" make -s install DESTDIR="$dir/root" PREFIX=/usr B="$build"
installed=$dir/root/usr/share/doc/vnepp
check "installed links lead somewhere" links $(pages "$installed") "$installed"/systemd/runbook/*.md
for page in $(pages .); do
	case $page in ./tests/*) continue ;; esac
	check "$page is installed" test -s "$installed/$page"
done

# ---- commands ----

cat >"$dir/commands.pl" <<'END'
use strict; use warnings;
my ($vnepp, @files) = @ARGV;
my (%known, %options, $n);
for (`$vnepp help`) { $known{$1} = 1 if /^  ([a-z]+(?: [a-z]+)?)(?= |$)/; }
my %group = map { /^(\w+) / ? ($1 => 1) : () } keys %known;
sub options {
	my ($c) = @_;
	return $options{$c} //= {map { $_ => 1 } `$vnepp help $c` =~ /(--[a-z-]+)/g};
}
my $bad = 0;
for my $f (@files) {
	open my $h, '<', $f or die; my $text = do { local $/; <$h> };
	my @code = $text =~ /^```[a-z]*\n(.*?)^```/msg;
	$text =~ s/^```.*?^```//msg;
	push @code, $text =~ /(?:^ {4}.*\n)+/mg;
	$text =~ s/^ {4}.*$//mg;
	push @code, map { s/\s+/ /gr } $text =~ /`([^`]+)`/g;
	for (map { s/\\\n//g; split /\n(?! {20})/ } @code) {
		s/\s+#.*//; s/\s+/ /g;
		while (/(?<![\w\/.-])vnepp ([a-z]+)((?: [^|;&]*)?)/g) {
			my ($c, $rest) = ($1, $2);
			$c = "$c $1" if $group{$c} && !$known{$c} && $rest =~ /^ ([a-z]+)/;
			$n++;
			if (!$known{$c}) { $bad++; print "$f: there is no command vnepp $c\n"; next; }
			for my $o ($rest =~ /(?<=[ \[])(--[a-z-]+)/g) {
				next if options($c)->{$o};
				$bad++; print "$f: vnepp $c has no $o\n";
			}
		}
	}
}
print "$n commands\n";
exit($bad > 0 || $n < 100);
END
check "commands of vnepp are there, with their options" perl "$dir/commands.pl" "$build/vnepp" $(pages .)
perl "$dir/commands.pl" "$build/vnepp" $(pages .) >"$dir/said"

# ---- what a newcomer types ----

# The indented lines of a section, a command each.
commands_of() { # FILE HEADING
	awk -v h="## $2" '$0 == h { on = 1; next } /^## / { on = 0 } on && sub(/^    /, "")' "$1" |
		sed -e ':a' -e '/\\$/N; s/\\\n *//; ta'
}
mkdir -p "$dir/w/build"
ln -s "$dir/try" "$dir/w/build/try"
ln -s "$root/policy" "$dir/w/policy"
TRY_DIR=$dir/try tests/demo/try.sh "$build" >"$dir/try.out" 2>&1 &
registry=$!
check "make try says how" wait_for grep -q "in another shell" "$dir/try.out"
cd "$dir/w" || exit 1
. build/try/env
typed=0
while IFS= read -r c; do
	[ "$c" = "make try" ] && continue
	typed=$((typed + 1))
	want=0
	case $c in
	*"policy diff"*) want=1 ;;
	*"policy test"*) want=1 ;; # as the page says
	esac
	bash -c "$c" >"$dir/said" 2>&1
	check "$c" test $? -eq $want
	case $c in
	*--dry-run*) check "… says what it would cost" grep -q '250' "$dir/said" ;;
	*--follow) check "… both are done" grep -q '2 of 2 lines done' "$dir/said" ;;
	*results.csv) check "… a title and two results" test "$(grep -c ',done,' results.csv)/$(wc -l <results.csv)" = 2/3 ;;
	*--data-binary*) check "… taken before" grep -q '"repeated":2' "$dir/said" ;;
	*/batches/2/items) check "… with their outcomes" test "$(grep -o '"state":"done"' "$dir/said" | wc -l)" -eq 2 ;;
	*--item*) check "… the grant" grep -q 'grant youth-id' "$dir/said" ;;
	*"policy diff"*) check "… names the rule" grep -q 'because of rule period' "$dir/said" ;;
	*"policy test"*) check "… two failures, one case" grep -q ', 2 failed' "$dir/said" ;;
	*B055*) check "… why" grep -q 'PERIOD_OUT_OF_RANGE' "$dir/said" ;;
	esac
done < <(commands_of "$root/README.md" "A first batch" && commands_of "$root/policy/README.md" "Try it")
check "all of them were found" test $typed -eq 16
while IFS= read -r c; do check "$c" bash -c "$c"; done < <(commands_of "$root/certs/README.md" "A partner's certificate")
check "… a certificate that is good for a partner" openssl verify -purpose sslclient -CAfile partners-ca.crt partner.crt
check "… with the name of the sample" bash -c "openssl x509 -in partner.crt -noout -ext subjectAltName | grep -q '$(sed -n 's/.*san_dns: //p' "$root/systemd/partners.yaml" | head -n 1)'"
cd "$root" || exit 1
kill -TERM $registry
check "it ends when it is told to, and well" wait $registry
registry=""
check "… and no key stays" test ! -e "$dir/try/secrets" -a ! -e "$dir/try/env"
finish
