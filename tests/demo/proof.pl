#!/usr/bin/perl
# Compares what the registry holds with what the gateway reported. Ends with 0 only when everything agrees.
#
#   proof.pl FOLDER
#
# FOLDER holds what run.sh left: the sample (sample.pl), NAME-results.ndjson of every batch, anphat-csv-results.ndjson,
# and the simulator's ledger.ndjson and state.ndjson.
use strict;
use warnings;
use utf8;
use FindBin;
use JSON::PP;
use Time::Local qw(timegm);
require "$FindBin::Bin/names.pl";

binmode STDOUT, ':utf8';
my $folder = shift // die "usage: proof.pl FOLDER\n";
my $json = JSON::PP->new->utf8;
my $failures = 0;

sub rows {
	my ($name) = @_;
	open my $f, '<', "$folder/$name" or die "$folder/$name: $!\n";
	return map { $json->decode($_) } grep { /\S/ } <$f>;
}

# RFC 3339 to seconds since 1970.
sub seconds {
	my ($text) = @_;
	my ($y, $mo, $d, $h, $mi, $s, $zone) = $text =~ /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/
		or die "not a time: $text\n";
	my $at = timegm($s, $mi, $h, $d, $mo - 1, $y);
	return $at if $zone eq 'Z';
	my ($sign, $hours, $minutes) = $zone =~ /^([+-])(\d\d):(\d\d)$/;
	return $at - ($sign eq '-' ? -1 : 1) * ($hours * 3600 + $minutes * 60);
}

# One line of the proof. Findings are printed, the first ten of them.
sub holds {
	my ($what, @findings) = @_;
	printf "  %-4s %s\n", @findings ? 'NO' : 'yes', $what;
	return unless @findings;
	$failures++;
	print "         $_\n" for @findings[0 .. ($#findings < 9 ? $#findings : 9)];
	printf "         ... and %d more\n", @findings - 10 if @findings > 10;
}

# ---- what was asked and what was reported ----

my (%asked, %reported, @order);
for my $partner (qw(anphat hoasen)) {
	my @lines = rows("$partner.ndjson");
	my @results = rows("$partner-results.ndjson");
	my @wrong;
	for my $i (0 .. ($#lines > $#results ? $#lines : $#results)) {
		my ($line, $result) = ($lines[$i], $results[$i]);
		my ($want, $got) = ($line ? $line->{ref} : 'nothing', $result ? $result->{ref} : 'nothing');
		push @wrong, "line ${\($i + 1)}: $want was asked, $got answered" if $want ne $got;
		next unless $line && $result;
		$line->{partner} = $partner;
		$line->{name} = ascii($line->{domain});
		$asked{$line->{ref}} = $line;
		$reported{$line->{ref}} = $result;
		push @order, $line->{ref};
	}
	holds(sprintf('%s: one result for each of %d lines, in their order', $partner, scalar @lines), @wrong);
}

# ---- what the registry did ----

my (%created, %renewed, %state, %pending, @times, %commands);
my $commands = 0;
for my $e (rows('ledger.ndjson')) {
	next if $e->{op} eq 'connect';
	$commands{"$e->{op} $e->{kind}"}++;
	if ($e->{account} ne '' && $e->{op} =~ /^(?:check|info|create|renew)$/) {
		$commands++;
		push @times, $e->{at};
	}
	next unless $e->{committed} && $e->{kind} eq 'domain';
	push @{$created{$e->{name}}}, $e if $e->{op} eq 'create';
	push @{$renewed{$e->{name}}}, $e if $e->{op} eq 'renew';
	if ($e->{op} eq 'refuse') { # a pending create that the registry took back
		pop @{$created{$e->{name}}};
		delete $created{$e->{name}} unless @{$created{$e->{name}}};
	}
}
$state{$_->{domain}} = $_ for rows('state.ndjson');

sub agrees {
	my ($ref, $entries, $times) = @_;
	my ($line, $result, $held) = ($asked{$ref}, $reported{$ref}, $state{$asked{$ref}{name}});
	my $where = "$ref $line->{op} $line->{domain}";
	return "$where: reported done, the registry has no such name" unless $held && $held->{exists};
	return "$where: $times times at the registry" if $times != 1;
	return "$where: sponsored by $held->{account}" if $held->{account} ne $line->{partner};
	return "$where: expires $result->{expires}, at the registry $held->{expires}"
		if seconds($result->{expires}) != seconds($held->{expires});
	my $trid = $result->{trid}{client} // '';
	return "$where: the registry did it as $entries->[0]{cltrid}, reported $trid" if $entries->[0]{cltrid} ne $trid;
	return ();
}

my (%done, @wrong_create, @wrong_renew, @unreported);
for my $ref (@order) {
	my ($line, $result) = ($asked{$ref}, $reported{$ref});
	next unless $result->{state} eq 'done';
	$done{$line->{op}}++;
	$done{"$line->{op} $line->{name}"}++;
	my $did = ($line->{op} eq 'create' ? \%created : \%renewed)->{$line->{name}} // [];
	push @{$line->{op} eq 'create' ? \@wrong_create : \@wrong_renew}, agrees($ref, $did, scalar @$did);
}
holds(sprintf('%d names reported as created: each created once, ours, with that expiry and that clTRID', $done{create} // 0), @wrong_create);
holds(sprintf('%d names reported as renewed: each renewed once, with that expiry and that clTRID', $done{renew} // 0), @wrong_renew);
for (['create', \%created], ['renew', \%renewed]) {
	my ($op, $did) = @$_;
	push @unreported, map { "$op $_: done at the registry, reported by nobody" } grep { !$done{"$op $_"} } sort keys %$did;
}
holds('nothing was done at the registry that was not reported', @unreported);

# ---- the twin, and the outcomes that the sample was made for ----

my %twin = map { $_->{ref} => $_ } rows('anphat-csv-results.ndjson');
my @differs;
for my $ref (grep { $asked{$_}{partner} eq 'anphat' } @order) {
	my ($first, $second) = map { my $r = {%$_}; delete $r->{line}; JSON::PP->new->canonical->encode($r) } $reported{$ref}, $twin{$ref} // {};
	push @differs, "$ref: first $first, then $second" if $first ne $second;
}
holds('the same batch as CSV under another key: every line answered with the first outcome', @differs);

my (@moving, @unexpected);
for my $ref (@order) {
	my $s = $reported{$ref}{state};
	push @moving, "$ref is $s" unless $s =~ /^(?:done|failed|refused|review|waiting|needs_human|cancelled)$/;
}
holds('nothing is left moving', @moving);

open my $f, '<:utf8', "$folder/expected.tsv" or die "$folder/expected.tsv: $!\n";
while (<$f>) {
	chomp;
	my ($partner, $ref, $about, $want_state, $want_outcome, $want_reason) = split /\t/, $_, -1;
	my $r = $reported{$ref} or next;
	my $decision = $r->{decision} // {};
	my $outcome = $decision->{outcome} // '';
	my @reasons = (@{$decision->{reasons} // []}, $r->{reason} // ());
	push @unexpected, "$ref, $about: state $r->{state}, not $want_state" if $want_state && $r->{state} ne $want_state;
	push @unexpected, "$ref, $about: decision $outcome, not $want_outcome" if $want_outcome && $outcome ne $want_outcome;
	push @unexpected, "$ref, $about: reasons @reasons, not $want_reason" if $want_reason && !grep { $_ eq $want_reason } @reasons;
}
holds('every line came out as the sample meant it', @unexpected);

# ---- figures ----

@times = sort @times;
my $span = @times ? seconds($times[-1]) - seconds($times[0]) : 0;
my $ms = sub { $_[0] =~ /\.(\d\d\d)/ ? $1 / 1000 : 0 };
$span += $ms->($times[-1]) - $ms->($times[0]) if @times;
printf "\n  The registry executed %d commands in %.1f s: %.0f per second (%s).\n", $commands, $span,
	$span > 0 ? $commands / $span : 0,
	join(', ', map { "$commands{$_} $_" } grep { /^(?:check|info|create|renew) / } sort keys %commands);
print $failures ? "\n  The two ledgers DISAGREE.\n" : "\n  The two ledgers agree: nothing lost, nothing doubled.\n";
exit($failures ? 1 : 0);
