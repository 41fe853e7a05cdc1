#!/usr/bin/env perl
# Hands a batch in, waits until nothing of it moves without a person, prints "ref state" for each line. HTTP::Tiny and
# JSON::PP come with Perl; TLS needs IO::Socket::SSL.
#   submit.pl batch.ndjson       VNEPP_URL, VNEPP_CERT, VNEPP_KEY, VNEPP_CA: the gateway, and who we are
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use HTTP::Tiny;
use JSON::PP qw(decode_json);
binmode STDOUT, ':utf8';

my $http = HTTP::Tiny->new(
    verify_SSL  => 1,
    SSL_options => {
        SSL_cert_file => $ENV{VNEPP_CERT},
        SSL_key_file  => $ENV{VNEPP_KEY},
        SSL_ca_file   => $ENV{VNEPP_CA},
    },
);

# Sends until the answer is no request to wait. 599 is HTTP::Tiny's word for a connection that broke.
sub ask {
    my ($method, $path, $fields, $body) = @_;
    while (1) {
        my $answer = $http->request($method, $ENV{VNEPP_URL} . $path,
            { headers => $fields || {}, defined $body ? (content => $body) : () });
        my $wait = $answer->{headers}{'retry-after'};
        return $answer if $answer->{status} !~ /^(409|429|503|599)$/;
        return $answer if $answer->{status} =~ /^4/ && !$wait;
        sleep($wait || 2);
    }
}

open my $in, '<:raw', $ARGV[0] or die "$ARGV[0]: $!\n";
my $file = do { local $/; <$in> };

# The same file under the same key may be sent again at any time: it is taken once.
my $taken = ask('POST', '/v1/batches',
    { 'Content-Type' => 'application/x-ndjson', 'Idempotency-Key' => sha256_hex($file) }, $file);
die $taken->{content} if $taken->{status} != 202;
my $batch = $taken->{headers}{location};

sleep 1 while decode_json(ask('GET', $batch)->{content})->{moving} > 0;

my $after = 0;
while (defined $after) {
    my $answer = decode_json(ask('GET', "$batch/items?limit=1000&after=$after", { Accept => 'application/json' })->{content});
    print "$_->{ref} $_->{state}\n" for @{ $answer->{items} };
    $after = $answer->{next};
}
