#!/usr/bin/env bash
# The tables of log events in systemd/logs.md against the LOG() calls in the code, both ways: every event, its levels, and
# exactly its fields. A row may name several events; its levels and fields are those of all of them.
#
#   tests/integration/test_events.sh [--table]   --table: prints what the code logs, to write rows from
set -u
cd "$(dirname "$0")/../.." || exit 2
exec perl - "${1-}" <<'END'
use strict;
use warnings;

my $page = 'systemd/logs.md';
my ($passed, $failed) = (0, 0);
sub fine { my ($what, $ok, $why) = @_; $ok ? $passed++ : $failed++; print "FAILED: $what: $why\n" if !$ok; }
sub list { join(', ', sort @_) }

# Arguments of a call at the top level, from the text after its parenthesis.
sub arguments {
	my ($text) = @_;
	my ($depth, $quoted, $arg, @args) = (1, 0, '');
	for (my $i = 0; $i < length $text; $i++) {
		my $c = substr $text, $i, 1;
		if ($quoted) {
			$arg .= $c;
			if ($c eq '\\') { $arg .= substr $text, ++$i, 1; next; }
			$quoted = 0 if $c eq '"';
			next;
		}
		$quoted = 1 if $c eq '"';
		$depth++ if $c eq '(';
		$depth-- if $c eq ')';
		return (@args, $arg) if $depth == 0;
		if ($c eq ',' && $depth == 1) { push @args, $arg; $arg = ''; next; }
		$arg .= $c;
	}
	return ();
}

sub content { my ($file) = @_; open my $f, '<', $file or die "$file: $!"; local $/; return scalar <$f>; }

# Macros that stand for fields: SESSION_FIELDS(s)
my %macro;
for my $file (split /\0/, `find daemon epp -name '*.[ch]' -print0`) {
	my $text = content($file);
	$macro{$1} = $2 while $text =~ /^#define (\w+)\([^)]*\)[ \t\\]*((?:[^\n]*\\\n)*[^\n]*\bF_(?:STR|C|U64|I64)\(\s*"(?:[^\n]*\\\n)*[^\n]*)/mg;
}
delete $macro{$_} for qw(LOG F_STR F_C F_U64 F_I64);

my (%code, %at);
for my $file (split /\0/, `find daemon epp policy certs -name '*.c' -print0`) {
	my $text = content($file);
	while ($text =~ /\bLOG\(/g) {
		my @args = arguments(substr $text, pos $text);
		my @events = ($args[2] // '') =~ /"([^"]+)"/g;
		my @levels = ($args[1] // '') =~ /\bLOG_([A-Z]+)\b/g;
		my $rest = join ',', @args[4 .. $#args];
		$rest =~ s/\b(\w+)\(/($macro{$1} \/\/ $1) . '('/ge;
		my @fields = $rest =~ /\bF_(?:STR|C|U64|I64)\(\s*"([a-z_]+)"/g;
		my $line = 1 + (substr($text, 0, pos $text) =~ tr/\n//);
		fine("$file:$line", @events && @levels && @args > 4, 'an event and a level by name, and fields') or 1;
		for my $e (@events) {
			$code{$e}{levels}{lc $_} = 1 for @levels;
			$code{$e}{fields}{$_} = 1 for @fields;
			fine("$file:$line", 0, "'$_' is a member of every line already") for grep { /^(time|level|event|msg)$/ } @fields;
			$at{$e} = "$file:$line";
		}
	}
}
if ($ARGV[0] eq '--table') {
	print "| `$_` | ", list(keys %{$code{$_}{levels}}), " | ", list(map { "`$_`" } keys %{$code{$_}{fields}}), " |\n"
		for sort keys %code;
	exit 0;
}

my %told;
open my $rows, '<', $page or die "$page: $!";
while (<$rows>) {
	next unless /^\| event \| level \| fields \|/ .. /^\s*$/;
	next unless /^\| `/;
	my (undef, $events, $levels, $fields) = split / *\| */;
	my @events = $events =~ /`([^`]+)`/g;
	my %levels = map { $_ => 1 } $levels =~ /[a-z]+/g;
	my %fields = map { $_ => 1 } $fields =~ /`([^`]+)`/g;
	my (%has_levels, %has_fields);
	for my $e (@events) {
		fine("$page:$.: $e", !$told{$e}++, 'is in two rows');
		fine("$page:$.: $e", $code{$e}, 'no code logs it');
		$has_levels{$_} = 1 for keys %{$code{$e}{levels}};
		$has_fields{$_} = 1 for keys %{$code{$e}{fields}};
	}
	fine("$page:$.: @events", list(keys %levels) eq list(keys %has_levels),
		'levels are ' . list(keys %has_levels) . ', the table says ' . list(keys %levels));
	for my $name (sort keys %{{%fields, %has_fields}}) {
		fine("$page:$.: @events", $fields{$name}, "'$name' is not in the table") if !$fields{$name};
		fine("$page:$.: @events", $has_fields{$name}, "no code gives '$name'") if !$has_fields{$name};
		$passed++ if $fields{$name} && $has_fields{$name};
	}
}
fine($page, %told, 'the tables of events were not found');
fine($at{$_}, $told{$_}, "$_ is not in a table of $page") for sort keys %code;
# Every level has a written meaning, and is one of the journal's.
my ($names) = content('daemon/core/log.c') =~ /log_level_names\[\] = \{([^}]*)\}/;
my @levels = ($names // '') =~ /"([a-z]+)"/g;
my %meant = content($page) =~ /^\| `([a-z]+)` \| ([^|]{10,}) \| `-p [a-z]+` \|$/mg;
fine('levels', @levels == 5, 'five names were not found in log.c');
fine("level $_", $meant{$_}, "$page does not say what it means") for @levels;
fine("level $_", $names =~ /"$_"/, 'is no level') for sort keys %meant;
# The journal's ids: the same ones, each for an event that there is, none twice.
my %ids = content('daemon/core/log_journal.c') =~ /\{"([a-z_.]+)", "([0-9a-f]{32})"\}/g;
my %listed = content($page) =~ /^\| `([a-z_.]+)` \| `([0-9a-f]{32})` \|$/mg;
fine('MESSAGE_ID', %ids > 0, 'none was found');
fine("MESSAGE_ID of $_", ($listed{$_} // '') eq ($ids{$_} // ''), "$page and log_journal.c differ") for sort keys %{{%ids, %listed}};
fine("MESSAGE_ID of $_", $code{$_}, 'no code logs it') for sort keys %ids;
my %seen;
fine("MESSAGE_ID of $_", !$seen{$ids{$_}}++, 'is that of another event') for sort keys %ids;
# What joins lines with each other and with the registry's own logs.
my %all = map { $_ => 1 } map { keys %{$_->{fields}} } values %code;
fine('fields', $all{$_}, "no event has '$_'") for qw(registry account partner session batch item cltrid svtrid code attempt reason);
fine('item.end', $code{'item.end'}{fields}{$_}, "does not have '$_'") for qw(item batch partner session cltrid svtrid registry account code attempt reason);
print "$passed passed, $failed failed\n";
exit($failed > 0);
END
