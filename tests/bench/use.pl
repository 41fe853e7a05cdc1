#!/usr/bin/perl
# How much of a ceiling was used: use.pl LEDGER COMMANDS_PER_SECOND. From the registry's ledger, log-ins and all: the
# allowed number of commands takes a second; here is the mean of what it took, over all places in the ledger. Then the
# most commands in any second as they arrived (the network may push together what left apart).
use strict;
use warnings;

my ($file, $limit) = @ARGV;
my @at;
open my $in, '<', $file or die "$file: $!\n";
while (<$in>) {
	push @at, 3600000 * $1 + 60000 * $2 + 1000 * $3 + $4 if /"at":"[^T]*T(\d\d):(\d\d):(\d\d)\.(\d\d\d)Z"/;
}
die "$file: only ", scalar @at, " commands\n" if @at <= 2 * $limit;
for my $i (1 .. $#at) { $at[$i] += 86400000 while $at[$i] < $at[0] } # midnight
@at = sort { $a <=> $b } @at;
my ($sum, $first, $most) = (0, 0, 0);
for my $i (0 .. $#at) {
	$sum += $at[$i + $limit] - $at[$i] if $i + $limit <= $#at;
	$first++ while $at[$i] - $at[$first] >= 1000;
	$most = $i - $first + 1 if $i - $first + 1 > $most;
}
printf "%.4f %d\n", 1000 * (@at - $limit) / $sum, $most;
