#!/usr/bin/perl
# Net::EPP through a whole session with the simulator: netepp.pl PORT CERTS_FOLDER. Prints "ok" or "not ok" and a word.
use strict;
use warnings;
use Net::EPP::Simple;
use Net::EPP::Frame::Command::Poll::Req;
use Net::EPP::Frame::Command::Poll::Ack;

my ($port, $certs) = @ARGV;
sub check { my ($ok, $what) = @_; print $ok ? "ok" : "not ok", " $what", $ok ? "" : ": $Net::EPP::Simple::Code $Net::EPP::Simple::Message", "\n"; return $ok }

my $epp = Net::EPP::Simple->new(
	host => 'localhost', port => $port, user => 'anphat', pass => 'testpw12', timeout => 20, reconnect => 0,
	key => "$certs/gateway.key", cert => "$certs/gateway.pem", ca_file => "$certs/ca.pem", verify => 1,
);
check(defined $epp, "log-in") or exit 1;
check($epp->{greeting}->getElementsByTagName('svID')->size == 1, "greeting");
check($epp->check_domain('perl-1.id.vn') == 1, "a name that is free");
check(!defined $epp->domain_info('perl-1.id.vn') && $Net::EPP::Simple::Code == 2303, "what is not there is 2303");
check($epp->create_contact({id => 'PERL1', postalInfo => {loc => {name => 'Trần Thị B', addr => {
	street => ['12 Hùng Vương'], city => 'Đà Lạt', sp => '68', cc => 'VN'}}},
	voice => '+84.912345678', email => 'b@example.vn', authInfo => 'secret-1'}), "a contact");
my $contact = $epp->contact_info('PERL1');
check($contact && $contact->{email} eq 'b@example.vn', "… and what it is");
check($epp->create_host({name => 'ns1.example.net', addrs => []}), "a host");
check($epp->create_domain({name => 'perl-1.id.vn', period => 2, registrant => 'PERL1', contacts => {}, ns => ['ns1.example.net'],
	authInfo => 'secret-1'}), "create");
check($epp->check_domain('perl-1.id.vn') == 0, "a name that is taken");
my $info = $epp->domain_info('perl-1.id.vn');
check($info && $info->{clID} eq 'anphat' && $info->{registrant} eq 'PERL1', "info");
check(!defined $epp->create_domain({name => 'perl-1.id.vn', period => 1, registrant => 'PERL1', contacts => {},
	authInfo => 'secret-1'}) && $Net::EPP::Simple::Code == 2302, "a second create is 2302");
my ($date) = $info->{exDate} =~ /^(\d{4}-\d\d-\d\d)/;
check($epp->renew_domain({name => 'perl-1.id.vn', cur_exp_date => $date, period => 1}), "renew");
my $later = $epp->domain_info('perl-1.id.vn');
check(substr($later->{exDate}, 0, 4) == substr($date, 0, 4) + 1, "… for a year");
check(!defined $epp->renew_domain({name => 'perl-1.id.vn', cur_exp_date => $date, period => 1}), "the same again is refused");

my $req = Net::EPP::Frame::Command::Poll::Req->new;
my $answer = $epp->request($req);
my ($queue) = $answer->getElementsByTagName('msgQ');
check($answer->code == 1301 && $queue && $queue->getAttribute('count') == 1, "poll");
my $ack = Net::EPP::Frame::Command::Poll::Ack->new;
$ack->setMsgID($queue->getAttribute('id'));
check($epp->request($ack)->code == 1000, "… and its acknowledgement");
check($epp->request(Net::EPP::Frame::Command::Poll::Req->new)->code == 1300, "the queue is empty");
check($epp->logout, "log-out");
print "end\n";
