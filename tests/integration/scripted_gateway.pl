#!/usr/bin/perl
# An HTTPS server that answers requests from a script, for tests of the command line.
#
#   scripted_gateway.pl CERTIFICATES PORT_FILE REQUEST_LOG < SCRIPT
#
# A line of the script is one step, taken by the next request: STATUS|HEADER: value|...|BODY, where BODY is the last field
# ("-" for none; "~" stands for a line break), or one of the words `drop` (read the request, then close) and `cut` (close half-way through the answer), or
# `reset` (the next connection breaks in the middle of its TLS handshake).
# The log gets one line per request: method, path, Idempotency-Key, Content-Type and the body's length. Ends after the
# last step.
use strict;
use warnings;
use IO::Socket::SSL;
use Socket ();

my ($certificates, $port_file, $log_file) = @ARGV;
my @steps = grep { /\S/ } <STDIN>;
chomp @steps;
alarm 60; # a test that hangs must not leave a server behind
$SIG{PIPE} = 'IGNORE';
open my $log, '>', $log_file or die "$log_file: $!\n";
$log->autoflush(1);
my $listener = IO::Socket::SSL->new(
	Listen => 5, LocalAddr => '127.0.0.1', LocalPort => 0, SSL_cert_file => "$certificates/api.pem",
	SSL_key_file => "$certificates/api.key", SSL_ca_file => "$certificates/ca.pem",
	SSL_verify_mode => SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT) or die "listen: $! $SSL_ERROR\n";
open my $port, '>', "$port_file.new" or die "$port_file: $!\n";
print {$port} $listener->sockport, "\n";
close $port;
rename "$port_file.new", $port_file or die "$port_file: $!\n";

# One request: its head as a hash, its body read to the end. Undefined: the peer closed.
sub request {
	my ($c) = @_;
	my $line = <$c> // return undef;
	my ($method, $path) = split / /, $line;
	my %head;
	while (defined($line = <$c>) && $line =~ /^([^:]+):\s*(.*?)\r?\n/) {
		$head{lc $1} = $2;
	}
	my $length = $head{'content-length'} // 0;
	my $body = '';
	read $c, $body, $length if $length;
	printf {$log} "%s %s %s %s %d\n", $method, $path, $head{'idempotency-key'} // '-', $head{'content-type'} // '-', length $body;
	return 1;
}

while (@steps) {
	if ($steps[0] eq 'reset') {
		my $c = IO::Socket::accept($listener, 'IO::Socket::INET') or next;
		shift @steps;
		sysread $c, my $hello, 100;
		setsockopt $c, Socket::SOL_SOCKET(), Socket::SO_LINGER(), pack 'ii', 1, 0;
		close $c;
		next;
	}
	my $c = $listener->accept or next;
	while (@steps && $steps[0] ne 'reset' && request($c)) {
		my ($status, @fields) = split /\|/, shift(@steps), -1;
		last if $status eq 'drop';
		my $body = $status eq 'cut' ? 'half' : pop @fields;
		$body = '' if $body eq '-';
		$body =~ s/~/\n/g;
		my $length = $status eq 'cut' ? 100 : length $body;
		$status = 200 if $status eq 'cut';
		print {$c} join "\r\n", "HTTP/1.1 $status Scripted", "Content-Length: $length", @fields, '', $body;
		last if $length != length $body;
	}
	close $c;
}
