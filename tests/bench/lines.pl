#!/usr/bin/perl
# Creates for the bench as NDJSON: lines.pl FIRST COUNT given|create [random]   (the registrant's contact is given, or is
# to be made from the applicant, each line another person; references in sequence, or as if by chance)
use strict;
use warnings;
use Digest::MD5 qw(md5_hex);

my ($first, $count, $contacts, $random) = @ARGV;
my $given = $contacts eq 'given' ? '"contacts":{"registrant":"BENCH1"},' : '';
for my $i ($first .. $first + $count - 1) {
	my $id = sprintf '0682%02d%06d', 3 + int($i / 1000000) % 6, $i % 1000000;
	my $year = 2003 + int($i / 1000000) % 6;
	my $ref = $random ? substr md5_hex($i), 0, 16 : "b-$i";
	print qq({"ref":"$ref","op":"create","domain":"ten$i.id.vn","period":2,"applicant":{"kind":"citizen",),
		qq("name":"Trần Thị $i","citizenship":"VN","birth_date":"$year-12-15","gender":"male","id_number":"$id",),
		qq("phone":"+84.912345678","email":"a$i\@example.vn","address":{"street":"$i Hùng Vương","ward":"Xuân Hương",),
		qq("province":"68","province_list":"2025-07-01","country":"VN"}},$given"evidence":[{"type":"ekyc",),
		qq("issuer":"b","reference":"K-$i","date":"2026-11-18","result":"confirmed"}],),
		qq("ns":[{"name":"ns1.example.vn"},{"name":"ns2.example.vn"}],"if_not_free":"refuse"}\n);
}
