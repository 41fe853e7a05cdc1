#!/usr/bin/perl
# Hands batches of 1,000 lines in through a link that counts bytes, kills the client, the daemon or the link itself after
# a random number of them, and sends the same file again until it is answered.
#
#   resend.pl FOLDER CUTS SEED
#
# FOLDER holds vneppd.yaml (api.listen with port 0), certs/ and the registry's ledger. In VNEPPD is the daemon.
# Prints "ok WHAT" or "FAILED WHAT: WHY", one line for each cut and one for the registry's ledger.
use strict;
use warnings;
use IO::Compress::Gzip qw(gzip $GzipError);
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use POSIX qw(_exit);
use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(sleep time);

use constant {LINES => 1000, PATIENCE_S => 60, TAIL => 2000};
my ($folder, $cuts, $seed) = @ARGV;
my $json = JSON::PP->new->utf8->canonical;
my ($daemon, $port) = (0, 0);
my %victims = (client => 0, daemon => 0, link => 0);
my %told;       # how often which status was heard
my $packed = 0; # the batch goes out packed
srand $seed;
$SIG{PIPE} = 'IGNORE';

# ---- the daemon ----

sub start_daemon {
	open my $in, '<', "$folder/vneppd.in" or die "$folder/vneppd.in: $!\n";
	my $conf = join '', <$in>;
	$conf =~ s/127\.0\.0\.1:0/127.0.0.1:$port/;
	open my $out, '>', "$folder/vneppd.yaml" or die "$folder/vneppd.yaml: $!\n";
	print $out $conf;
	close $out;
	unlink "$folder/ports";
	$daemon = fork // die "fork: $!\n";
	if ($daemon == 0) {
		open STDERR, '>>', "$folder/d.log";
		exec $ENV{VNEPPD}, '--config', "$folder/vneppd.yaml", '--ports-file', "$folder/ports" or _exit 127;
	}
	my $until = time + PATIENCE_S;
	until (-s "$folder/ports") {
		die "the daemon did not start\n" if time > $until || waitpid($daemon, POSIX::WNOHANG()) == $daemon;
		sleep 0.02;
	}
	open my $ports, '<', "$folder/ports" or die "$folder/ports: $!\n";
	($port) = join('', <$ports>) =~ /^api=(\d+)/m or die "no port of the API\n";
}

sub end_process {
	my ($pid, $signal) = @_;
	kill $signal, $pid;
	waitpid $pid, 0;
}
END { end_process($daemon, 'TERM') if $daemon }

# ---- the client ----

# curl, in the background; its status goes to FOLDER/status and its answer to FOLDER/answer.
sub curl {
	my ($to, $path, @more) = @_;
	my $pid = fork // die "fork: $!\n";
	return $pid if $pid;
	$daemon = 0;
	open STDOUT, '>', "$folder/status";
	open STDERR, '>', '/dev/null';
	exec 'curl', '-s', '--max-time', PATIENCE_S, '--cert', "$folder/certs/anphat.pem", '--key', "$folder/certs/anphat.key",
		'--cacert', "$folder/certs/ca.pem", '-o', "$folder/answer", '-w', '%{http_code}', @more,
		"https://localhost:$to$path" or _exit 127;
}

sub slurp {
	my ($name) = @_;
	open my $f, '<', "$folder/$name" or return '';
	local $/;
	return <$f> // '';
}

# Status and body of a GET.
sub get {
	my ($path, @more) = @_;
	waitpid curl($port, $path, @more), 0;
	return (slurp('status') || 0, slurp('answer'));
}

sub hand_in {
	my ($to, $key) = @_;
	unlink "$folder/answer", "$folder/status";
	return curl($to, '/v1/batches', '-X', 'POST', '-T', "$folder/batch" . ($packed ? '.gz' : ''),
		'-H', 'Content-Type: application/x-ndjson', $packed ? ('-H', 'Content-Encoding: gzip') : (),
		$key ? ('-H', "Idempotency-Key: $key") : ());
}

# Sends until the answer is no request to come again. The batch's address, or undef and why.
sub hand_in_until_answered {
	my ($key) = @_;
	my $until = time + PATIENCE_S;
	while (time < $until) {
		waitpid hand_in($port, $key), 0;
		my ($status, $body) = (slurp('status') || 0, slurp('answer'));
		$told{$status}++;
		return (undef, "status $status: $body") if $status != 0 && $status !~ /^(202|409|429|503|000)$/;
		return "/v1/batches/" . $json->decode($body)->{batch} if $status == 202;
		sleep 0.02;
	}
	return (undef, 'not answered in time');
}

# ---- the link ----

my $listener = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1', LocalPort => 0) or die "listen: $!\n";
my $through = $listener->sockport;

sub break_link {
	for my $s (@_) {
		setsockopt $s, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
		close $s;
	}
}

# One connection of `client`, both ways, until it ends or `most` bytes have passed; the bytes that did.
sub carry {
	my ($client, $most) = @_;
	my $near = $listener->accept or die "accept: $!\n";
	my $far = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "connect: $!\n";
	my $select = IO::Select->new($near, $far);
	my ($passed, $open) = (0, 1);
	while ($open && $passed < $most) {
		for my $s ($select->can_read) {
			my $room = $most - $passed;
			my $got = sysread $s, my $data, $room < 16384 ? $room : 16384;
			$open = 0 unless $got;
			last unless $open && $room;
			syswrite $s == $near ? $far : $near, $data;
			$passed += $got;
		}
	}
	return ($passed, $near, $far);
}

# Hands in once; after `most` bytes `victim` ends. The bytes that passed.
sub hand_in_and_cut {
	my ($key, $most, $victim) = @_;
	my $client = hand_in($through, $key);
	my ($passed, $near, $far) = carry($client, $most);
	end_process($client, 'KILL') if $victim eq 'client';
	end_process($daemon, 'KILL') if $victim eq 'daemon';
	break_link($near, $far);
	waitpid $client, 0 if $victim ne 'client';
	start_daemon() if $victim eq 'daemon';
	return $passed;
}

# ---- the batch ----

sub person {
	my ($trial, $i) = @_;
	return sprintf '{"kind":"citizen","name":"Trần Thị %d","citizenship":"VN","birth_date":"2003-12-15","gender":"male",'
		. '"id_number":"068203%03d%03d","phone":"+84.912345678","email":"a%d@example.vn","address":{"street":"%d Hùng Vương",'
		. '"ward":"Xuân Hương","province":"68","province_list":"2025-07-01","country":"VN"}}', $i, $trial, $i, $i, $i;
}

# Plain and packed: free names, one that a person has had already, charged, refused, held and taken ones.
sub write_batch {
	my ($trial) = @_;
	my $organisers = '{"kind":"other","name":"Ban Tổ chức","phone":"+84.281234567","email":"a@example.vn","address":'
		. '{"street":"1 Lê Lợi","ward":"Bến Thành","province":"79","province_list":"2025-07-01","country":"VN"}}';
	my $evidence = ',"evidence":[{"type":"ekyc","issuer":"b","reference":"K","date":"2026-11-18","result":"confirmed"}]';
	open my $f, '>', "$folder/batch" or die "$folder/batch: $!\n";
	for my $i (0 .. LINES - 1) {
		my $ref = sprintf 't%03d-%04d', $trial, $i;
		my $kind = $i % 10;
		my $name = $kind == 9 ? sprintf 'taken-%04d.com.vn', $i : $kind >= 6 ? "$ref.com.vn" : "$ref.id.vn";
		my $who = $kind >= 6 ? $organisers : person($trial, $kind == 4 ? $i - 1 : $i);
		my $pays = $kind == 6 || $kind == 7 || $kind == 9 ? '"charge","max_fee_vnd":900000' : '"refuse"';
		printf $f '{"ref":"%s","op":"create","domain":"%s","period":%d,"applicant":%s%s,"contacts":{"registrant":"REG-1"},'
			. '"if_not_free":%s}' . "\n", $ref, $name, $kind < 6 ? 2 : 1, $who, $kind < 5 ? $evidence : '', $pays;
	}
	close $f;
	gzip("$folder/batch", "$folder/batch.gz") or die "gzip: $GzipError\n";
}

# What of the results must be the same: reference, line, state, expiry, decision; not when the decision was made last,
# for what is sent again is decided again. Undef and why when there are none.
sub results {
	my ($batch) = @_;
	my $until = time + PATIENCE_S;
	for (my $moving = 1; $moving; sleep 0.02) {
		my ($status, $body) = get($batch);
		return (undef, "status $status for $batch") if $status != 200 || time > $until;
		$moving = $json->decode($body)->{moving};
		last unless $moving;
	}
	my ($status, $body) = get("$batch/items?limit=1000", '-H', 'Accept: application/x-ndjson');
	return (undef, "status $status for $batch/items") if $status != 200;
	my @rows;
	for my $row (map { $json->decode($_) } split /\n/, $body) {
		$row->{ref} =~ s/^t\d+/t/;
		delete $row->{decision}{stage};
		push @rows, $json->encode({map { $_ => $row->{$_} } qw(ref line state expires_on decision)});
	}
	return \@rows;
}

sub difference {
	my ($want, $have) = @_;
	return @$have . ' lines instead of ' . @$want if @$have != @$want;
	for my $i (grep { $want->[$_] ne $have->[$_] } 0 .. $#$want) {
		my ($old, $new) = map { my $r = $json->decode($_); +{%$r, %{$r->{decision}}} } $want->[$i], $have->[$i];
		return "line $old->{line}: " . join '; ', map { "$_->[0] was $_->[1], is $_->[2]" } grep { $_->[1] ne $_->[2] }
			map { [$_, map { $json->encode([$_]) } $old->{$_}, $new->{$_}] } grep { $_ ne 'decision' } sort keys %$old;
	}
	return '';
}

sub report {
	my ($what, $why) = @_;
	print $why ? "FAILED $what: $why\n" : "ok $what\n";
}

# ---- the ledger: what the registry carried out ----

sub twice {
	my (%created, @twice);
	for (grep { /\S/ } split /\n/, slurp('ledger')) {
		my $entry = $json->decode($_);
		next unless $entry->{op} eq 'create' && $entry->{committed} && $entry->{kind} eq 'domain';
		push @twice, $entry->{name} if $created{$entry->{name}}++;
	}
	return (scalar keys %created, @twice ? "created twice: @twice" : '');
}

# ---- the whole ----

start_daemon();
write_batch(0);
my $whole = hand_in_and_cut('', 1 << 30, 'none');
my ($batch, $why) = hand_in_until_answered('');
(my $undisturbed, $why) = results($batch) if $batch;
die "the undisturbed batch: $why\n" unless $undisturbed;
my %states;
$states{$json->decode($_)->{state}}++ for @$undisturbed;
print "undisturbed: $whole bytes; ", join(', ', map { "$states{$_} $_" } sort keys %states), "\n";
report('the batch has lines of every kind', keys %states >= 4 ? '' : 'only ' . join ' ', keys %states);

# The results are read at the end: what was admitted before is being sent while the next batch is cut.
my @trials;
for my $trial (1 .. $cuts) {
	my $victim = (sort keys %victims)[int rand 3];
	my $key = rand() < 0.5 ? "trial-$trial" : '';
	write_batch($trial);
	$packed = $trial % 3 == 0;
	my $bytes = $packed ? $whole - (-s "$folder/batch") + (-s "$folder/batch.gz") : $whole;
	my $at = 1 + int($trial % 4 ? rand $bytes : $bytes - rand TAIL); # every fourth where the answer is made
	$victims{$victim}++;
	hand_in_and_cut($key, $at, $victim);
	($batch, $why) = hand_in_until_answered($key);
	push @trials, ["$victim after $at bytes" . ($packed ? ', packed' : '') . ($key ? '' : ', no key'), $batch, $why];
}
for (@trials) {
	my ($what, $address, $failure) = @$_;
	my $rows;
	($rows, $failure) = results($address) if $address;
	report($what, $rows ? difference($undisturbed, $rows) : $failure);
}
my ($created, $doubled) = twice();
$doubled ||= "$created" if $created != $states{done} * ($cuts + 1);
report('the registry carried out each create once', $doubled);
report('every kind of victim was met', $cuts < 20 || !grep({ !$_ } values %victims) ? '' : 'no');
print "answers on the way: ", join(', ', map { "$told{$_} x $_" } sort keys %told), "\n";
end_process($daemon, 'TERM');
$daemon = 0;
