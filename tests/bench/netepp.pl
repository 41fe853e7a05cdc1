#!/usr/bin/perl
# The same creates by Net::EPP::Simple, one after the other as it works: netepp.pl PORT CERTS_FOLDER COUNT
# Without name servers: Net::EPP knows them as objects only, and the simulator has none. Prints its own CPU microseconds per create.
use strict;
use warnings;
use Net::EPP::Simple;

my ($port, $certs, $count) = @ARGV;
my $epp = Net::EPP::Simple->new(
	host => 'localhost', port => $port, user => 'anphat', pass => 'benchpw12', timeout => 30, reconnect => 0,
	key => "$certs/gateway.key", cert => "$certs/gateway.pem", ca_file => "$certs/ca.pem", verify => 1,
) or die "Net::EPP: $Net::EPP::Simple::Message\n";
my @before = times;
for my $i (1 .. $count) {
	$epp->create_domain({name => "perl$i.id.vn", period => 2, registrant => 'BENCH1', contacts => {}, authInfo => 'secret'}) or die "create $i: $Net::EPP::Simple::Message\n";
}
my @after = times;
printf "%.1f\n", ($after[0] + $after[1] - $before[0] - $before[1]) * 1e6 / $count;
$epp->logout;
