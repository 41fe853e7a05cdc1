#!/usr/bin/perl
# Makes the demo's sample: batches of two partners, the history of names from before, and what the registry holds at the
# start. Everything is invented and follows from one seed: the same call gives the same bytes.
#
#   sample.pl FOLDER
#
#   anphat.ndjson, anphat.csv   2,400 lines, the same content twice
#   hoasen.ndjson               200 lines
#   history.ndjson              for `vnepp ledger import`
#   registry.csv                for the simulator: names that exist already (--domains)
#   expected.tsv                partner, ref, what the line is about, state, outcome, reason
#
# The clock of the sample is 2026-11-20 in Hanoi: ages, founding dates and the free years are chosen for that day.
use strict;
use warnings;
use utf8;

use FindBin;
require "$FindBin::Bin/names.pl";

my $folder = shift // die "usage: sample.pl FOLDER\n";
my $partner; # whose batch is being made
my (@lines, @history, @seeds, @expected, %names, %citizens);

# ---- chance: a generator of our own, so that no version of perl changes the sample ----

my $state = 20261120;

sub below {
	my ($n) = @_;
	$state = ($state * 1103515245 + 12345) & 0x7fffffff;
	return int($state / 65536) % $n;
}

sub pick { return $_[below(scalar @_)] }

# ---- words ----

my @families = qw(Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Trịnh Lâm Mai Tô Hà Cao
	Châu Tạ Quách La Thạch Lò Giàng Ksor Điểu);
my @middles_m = qw(Văn Hữu Đức Minh Quốc Thành Công Xuân Gia Tuấn Hoàng Đình Ngọc Thế Trọng);
my @middles_f = qw(Thị Ngọc Thu Phương Thanh Thùy Bảo Khánh Mỹ Diệu Hoài Kim Tường Ánh);
my @given_m = qw(An Bình Cường Dũng Đạt Hải Hiếu Hùng Huy Khang Khoa Kiên Lâm Long Mạnh Nam Nghĩa Phong Phúc Quân
	Quang Sơn Tài Thắng Thiện Toàn Trí Trung Tú Việt Vinh Đăng Ước);
my @given_f = qw(Anh Châu Chi Dung Duyên Giang Hà Hân Hạnh Hiền Hoa Hồng Hương Huyền Lan Linh Loan Mai My Nga Ngân Nhi
	Nhung Oanh Quỳnh Thảo Trang Trinh Tuyết Uyên Vân Vy Yến Thủy);
my @brand_a = qw(An Bảo Cát Đại Gia Hải Hưng Kim Lạc Minh Nam Phú Quang Tân Thiên Trường Việt Đông Tây Ngọc);
my @brand_b = qw(Bình Cường Đạt Hà Khang Lộc Mỹ Nguyên Phong Sơn Thịnh Tín Vinh Thảo Điền Giang Trà Lúa Cội Nghệ);
my @trades = ('Thương mại', 'Sản xuất', 'Xây dựng', 'Dịch vụ số', 'Nông sản', 'Thủy sản', 'Du lịch', 'Vận tải', 'Cơ khí',
	'Thiết kế', 'Giáo dục', 'Dược liệu');
my @shops = ('Phở', 'Bún bò', 'Bánh mì', 'Cà phê', 'Trà sữa', 'Tạp hóa', 'May đo', 'Gạo sạch', 'Mật ong', 'Đồ gỗ',
	'Gốm', 'Nước mắm', 'Hoa tươi', 'Sửa xe', 'Chè Thái Nguyên');
my @owners = ('Bà Hạnh', 'Cô Ba', 'Chú Tư', 'Anh Đức', 'Chị Út', 'Ông Sáu', 'Bà Năm', 'Cô Mười', 'Thím Bảy', 'Cậu Tám');
my @streets = ('Hùng Vương', 'Lê Lợi', 'Trần Phú', 'Nguyễn Trãi', 'Hai Bà Trưng', 'Phan Đình Phùng', 'Quang Trung',
	'Lý Thường Kiệt', 'Trần Hưng Đạo', 'Ngô Quyền', 'Điện Biên Phủ', 'Võ Thị Sáu');
my @wards = ('phường Hòa Bình', 'phường Trung Tâm', 'xã Tân Phú', 'xã Đông Sơn', 'phường Bến Nghé Mới', 'xã Long Thạnh',
	'phường Xuân Hương', 'xã Mường Thanh', 'đặc khu Đảo Xanh', 'xã Ea Nuôl Hạ');

# Provinces from 1 July 2025 (Quyết định 19/2025/QĐ-TTg).
my %provinces = ('01' => 'Hà Nội', '04' => 'Cao Bằng', '08' => 'Tuyên Quang', '11' => 'Điện Biên', '12' => 'Lai Châu',
	'14' => 'Sơn La', '15' => 'Lào Cai', '19' => 'Thái Nguyên', '20' => 'Lạng Sơn', '22' => 'Quảng Ninh',
	'24' => 'Bắc Ninh', '25' => 'Phú Thọ', '31' => 'Hải Phòng', '33' => 'Hưng Yên', '37' => 'Ninh Bình',
	'38' => 'Thanh Hóa', '40' => 'Nghệ An', '42' => 'Hà Tĩnh', '44' => 'Quảng Trị', '46' => 'Huế', '48' => 'Đà Nẵng',
	'51' => 'Quảng Ngãi', '52' => 'Gia Lai', '56' => 'Khánh Hòa', '66' => 'Đắk Lắk', '68' => 'Lâm Đồng',
	'75' => 'Đồng Nai', '79' => 'Hồ Chí Minh', '80' => 'Tây Ninh', '82' => 'Đồng Tháp', '86' => 'Vĩnh Long',
	'91' => 'An Giang', '92' => 'Cần Thơ', '96' => 'Cà Mau');
my @provinces = sort keys %provinces;
# Codes in identity numbers are those of the 63 provinces before, with a 0 in front.
my @birth_provinces = map { "0$_" } qw(01 02 04 06 08 10 11 12 14 15 17 19 20 22 24 25 26 27 30 31 33 34 35 36 37 38 40 42
	44 45 46 48 49 51 52 54 56 58 60 62 64 66 67 68 70 72 74 75 77 79 80 82 83 84 86 87 89 91 92 93 94 95 96);

my %plain;
for (['a', 'àáảãạăằắẳẵặâầấẩẫậ'], ['e', 'èéẻẽẹêềếểễệ'], ['i', 'ìíỉĩị'], ['o', 'òóỏõọôồốổỗộơờớởỡợ'], ['u', 'ùúủũụưừứửữự'],
	['y', 'ỳýỷỹỵ'], ['d', 'đ']) {
	my ($base, $letters) = @$_;
	$plain{$_} = $base for split //, $letters;
}

# "Nguyễn Văn Ước" as part of a name: with its letters, or without accents.
sub label {
	my ($text, $idn, $join) = @_;
	$text = lc $text;
	$text =~ s/(.)/exists $plain{$1} ? $plain{$1} : $1/ge unless $idn;
	$text =~ s/ /$join/g;
	return $text;
}

# A name that no other line has.
sub fresh {
	my ($base, $zone) = @_;
	my $name = "$base.$zone";
	for (my $i = 2; $names{$name}; $i++) {
		$name = "$base$i.$zone";
	}
	$names{$name} = 1;
	return $name;
}

# ---- people, numbers, places ----

my $serial = 0;

# 12 digits: province of birth registration, century and sex, year, six digits. Each once.
sub citizen_number {
	my ($birth, $male, %o) = @_;
	my ($year) = $birth =~ /^(\d{4})/;
	my $century = (int($year / 100) - 19) * 2 + ($male ? 0 : 1);
	$century = $o{century} if defined $o{century};
	return sprintf '%s%d%02d9%05d', $o{province} // pick(@birth_provinces), $century, $year % 100, ++$serial;
}

# 10 digits with a valid last one. The digits after the office's two are 99: no such company is known to us.
sub tax_code {
	my @weight = (31, 29, 23, 19, 17, 13, 7, 5, 3);
	while (1) {
		my $nine = sprintf '%02d99%05d', 1 + below(60), ++$serial;
		my $sum = 0;
		$sum += $weight[$_] * substr $nine, $_, 1 for 0 .. 8;
		my $rest = $sum % 11;
		return $nine . (10 - $rest) if $rest;
	}
}

sub person {
	my ($male) = @_;
	return join ' ', pick(@families), $male ? (pick(@middles_m), pick(@given_m)) : (pick(@middles_f), pick(@given_f));
}

sub date { return sprintf '%04d-%02d-%02d', @_ }

# Born so that the age on 2026-11-20 is 18 to 22, or 23 before the contested day.
sub young_birth {
	my $year = 2004 + below(4);
	return date($year, 1 + below(12), 1 + below(28));
}

sub phone { return '+84.9' . sprintf '%08d', 10000000 + below(30000) * 2000 + below(2000) }

sub address {
	my $street = (1 + below(400)) . ' ' . pick(@streets);
	my $kind = below(40);
	$street = 'Số ' . (1 + below(90)) . ', ngõ ' . (1 + below(60)) . ", phố " . pick(@streets) if $kind < 8;
	$street = 'Tổ ' . (1 + below(12)) . ', thôn "' . pick(@brand_a) . ' ' . pick(@brand_b) . '"' if $kind == 8;
	$street = "Tầng 5, tòa nhà \"Sông Hồng\"\n" . $street if $kind == 9;
	return {street => $street, ward => pick(@wards), province => pick(@provinces), province_list => '2025-07-01',
		country => 'VN'};
}

sub email { return label($_[0], 0, '.') . (1 + below(900)) . '@example.vn' }

sub citizen {
	my (%o) = @_;
	my $male = $o{male} // below(2);
	my $name = $o{name} // person($male);
	my $birth = $o{birth} // young_birth();
	return {kind => 'citizen', name => $name, citizenship => $o{citizenship} // 'VN', birth_date => $birth,
		gender => ($male xor $o{other_gender}) ? 'male' : 'female',
		id_number => $o{number} // citizen_number($birth, $male, %o),
		phone => phone(), email => email($name), address => address()};
}

sub enterprise {
	my (%o) = @_;
	my $name = sprintf 'Công ty %s %s %s %s', pick('TNHH', 'Cổ phần', 'TNHH Một thành viên'), pick(@trades),
		pick(@brand_a), pick(@brand_b);
	$name .= ' & Cộng sự' unless below(25);
	my $tax = $o{tax} // tax_code();
	return {kind => $o{kind} // 'enterprise', name => $o{name} // $name, tax_code => $tax,
		founded_on => $o{founded} // founded_lately(), phone => phone(),
		email => 'info@' . label($name =~ s/^.* (\S+ \S+)$/$1/r =~ s/&.*//r, 0, '') . $serial . '.example', address => address()};
}

# Within a year before 2026-11-20, and not on the contested anniversary.
sub founded_lately {
	my $month = below(11);
	return $month < 10 ? date(2026, 1 + $month, 1 + below(28)) : date(2025, 12, 1 + below(28));
}

my @old_letters = ('A' .. 'H');

sub household {
	my (%o) = @_;
	my $shape = below(3);
	my $owner = citizen_number(date(1965 + below(35), 1 + below(12), 1 + below(28)), below(2));
	my $number = $shape == 0 ? sprintf('%02d%s8%06d', pick(@provinces), pick(@old_letters), ++$serial)
		: $shape == 1 ? tax_code() : $owner;
	my $name = $o{name} // join ' ', pick(@shops), pick(@owners), pick(@brand_b);
	my $a = {kind => 'household_business', name => "Hộ kinh doanh $name", phone => phone(), email => email($name),
		address => address()};
	if ($o{exempt}) {
		@$a{qw(id_number registration_exempt)} = ($owner, 1);
	} elsif ($o{no_paper}) {
		$a->{id_number} = $owner;
	} else {
		@$a{qw(registration_number registered_on)} = ($number, date(2008 + below(18), 1 + below(12), 1 + below(28)));
	}
	return $a;
}

sub evidence {
	my ($type, $result) = @_;
	my %issuer = (ekyc => 'eKYC An Phát', document_check => 'Quầy giao dịch', certificate => 'UBND phường, xã',
		finance_department_list => 'Sở Tài chính', national_enterprise_db => 'Cơ sở dữ liệu quốc gia về đăng ký doanh nghiệp');
	return {type => $type, issuer => $issuer{$type}, reference => sprintf('%s-%05d', uc substr($type, 0, 2), ++$serial),
		date => date(2026, 11, 1 + below(19)), result => $result // 'confirmed'};
}

# ---- lines ----

my $ref = 0;

sub add {
	my ($about, $expect, %item) = @_;
	$item{ref} = sprintf '%s-2026-%06d', $partner eq 'anphat' ? 'inv' : 'hs', ++$ref;
	push @lines, \%item;
	push @expected, [$partner, $item{ref}, $about, @$expect];
	return \%item;
}

sub create {
	my ($about, $expect, $domain, $applicant, %o) = @_;
	my $evidence = delete $o{evidence} // [];
	my %item = (op => 'create', domain => $domain, period => 2, applicant => $applicant, if_not_free => 'refuse', %o);
	$item{evidence} = $evidence if @$evidence;
	$item{ns} = below(30) ? [{name => 'ns1.example.vn'}, {name => 'ns2.example.vn'}]
		: [{name => "ns1.$domain", addrs => ['192.0.2.' . (1 + below(250)), '2001:db8::' . (1 + below(250))]},
			{name => 'ns2.example.vn'}];
	$item{services} = $domain =~ /\.id\.vn$/ ? [pick('website', 'blog'), 'email', 'cv'] : ['website', 'email'];
	return add($about, $expect, %item);
}

my @granted = ('done', 'grant', 'OK');

sub youth_label {
	my ($name) = @_;
	my @words = split / /, $name;
	my $idn = !below(12);
	my $kind = below(4);
	return label($name, $idn, '-') if $idn || $kind == 0;
	return label($name, 0, '') if $kind == 1;
	return label("$words[-1]$words[0]", 0, '') . (10 + below(90)) if $kind == 2;
	return label("$words[-2]$words[-1]", 0, '') . (100 + below(900));
}

sub youth {
	my ($about, $expect, %o) = @_;
	my $a = citizen(%o);
	my $domain = $o{domain} // fresh(($o{label} // youth_label($a->{name})) . ($o{suffix} // ''), $o{zone} // 'id.vn');
	return create($about, $expect, $domain, $a, evidence => $o{evidence} // [evidence(below(8) ? 'ekyc' : 'document_check')],
		%{$o{item} // {}});
}

sub brand_label {
	my ($name) = @_;
	my @words = split / /, $name =~ s/ & .*//r;
	my $idn = !below(12);
	return label("$words[-2] $words[-1]", $idn, $idn ? '-' : pick('', '-'));
}

sub firm {
	my ($about, $expect, %o) = @_;
	my $a = enterprise(%o);
	return create($about, $expect, fresh(brand_label($a->{name}) . ($o{suffix} // ''), $o{zone} // 'biz.vn'), $a,
		evidence => $o{evidence} // [evidence(pick('finance_department_list', 'national_enterprise_db'))], %{$o{item} // {}});
}

sub shop {
	my ($about, $expect, %o) = @_;
	my $a = household(%o);
	my $name = $a->{name} =~ s/^Hộ kinh doanh //r;
	my $idn = !below(10);
	return create($about, $expect, fresh(label($name, $idn, $idn || below(2) ? '-' : '') . ($o{suffix} // ''), $o{zone} // 'biz.vn'), $a,
		evidence => $o{evidence} // [evidence('certificate')], %{$o{item} // {}});
}

# ---- names from before ----

# Puts a name into the registry and, unless told otherwise, into the history. Times of day are such that the date is the
# same in Hanoi and at the registry.
sub existing {
	my ($owner, $domain, $created, $expires, %o) = @_;
	my $time = sprintf 'T%02d:%02d:%02dZ', 2 + below(8), below(60), below(60);
	push @seeds, join(",", ascii($domain), $owner, "OLD-" . uc $owner, "$created$time", "$expires$time");
	return if $o{unknown};
	my %row = (domain => $domain, partner => $owner, created => "$created$time", expires => "$expires$time");
	$row{grant_from} = $created if $o{granted};
	$row{subject} = $o{subject} if $o{subject};
	push @history, \%row;
}

sub renewal {
	my ($about, $expect, %o) = @_;
	my $a = $o{biz} ? enterprise() : citizen(birth => '2004-06-01');
	my $base = $o{biz} ? brand_label($a->{name}) : youth_label($a->{name});
	my $domain = fresh($base . ($o{suffix} // ''), $o{biz} ? 'biz.vn' : 'id.vn');
	my $subject = $o{biz} ? {kind => 'enterprise', tax_code => $a->{tax_code}} : {kind => 'citizen', id_number => $a->{id_number}};
	my ($created, $expires) = ($o{created}, $o{expires});
	existing($o{owner} // $partner, $domain, $created, $expires, granted => $o{granted}, unknown => $o{unknown},
		subject => $o{granted} ? $subject : undef);
	return add($about, $expect, op => 'renew', domain => $domain, period => $o{period} // 1,
		cur_exp_date => $o{cur_exp_date} // $expires, if_not_free => 'refuse', %{$o{item} // {}});
}

# A day of the coming weeks, and the same day a year before or two.
sub soon { return sprintf '%02d-%02d', @{pick([11, 21 + below(9)], [12, 1 + below(20)])} }

sub repeat { my ($n, $code) = @_; $code->() for 1 .. $n }

# ---- the batch of anphat: mostly grants, and everything else that can happen ----

my $charge = sub { return {if_not_free => 'charge', max_fee_vnd => $_[0]} };

sub make_grants {
	my ($youths, $firms, $shops, $renewals) = @_;
	repeat($youths, sub { youth('citizen of 18 to 23', \@granted) });
	repeat($firms, sub { firm('enterprise of this year', \@granted) });
	repeat($shops, sub { shop('household business with its certificate', \@granted) });
	repeat($renewals, sub {
		my $day = soon();
		renewal('second free year', ['done', 'grant', 'SECOND_FREE_YEAR'], biz => below(3) == 0, granted => 1,
			created => "2025-$day", expires => "2026-$day");
	});
}

sub make_boundaries {
	youth('18 years old today', \@granted, birth => '2008-11-20');
	youth('18 years old today', \@granted, birth => '2008-11-20', male => 0);
	youth('23 years old today', \@granted, birth => '2003-11-20');
	youth('23 years and a day: contested', ['done', 'grant', 'OK_CONTESTED_AGE'], birth => '2003-11-19');
	youth('24 years old tomorrow: contested', ['done', 'grant', 'OK_CONTESTED_AGE'], birth => '2002-11-21');
	youth('18 years old tomorrow', ['refused', 'no_grant', 'AGE_UNDER_18'], birth => '2008-11-21');
	youth('24 years old today', ['refused', 'no_grant', 'AGE_OVER_23'], birth => '2002-11-20');
	firm('founded a year ago today', ['done', 'grant', 'OK_BOUNDARY'], founded => '2025-11-20');
	firm('founded a year and a day ago', ['refused', 'no_grant', 'FOUNDED_OVER_1Y'], founded => '2025-11-19');
	firm('founded today', \@granted, founded => '2026-11-20');
	youth('a name with its accents', \@granted, domain => fresh('phở-hà-nội', 'id.vn'));
	youth('a name with its accents', \@granted, domain => fresh('ước-mơ-của-thủy', 'id.vn'), name => 'Đặng Thị Ước Mơ', male => 0);
	firm('quotes, commas and a line break in one line', \@granted, name => qq{Công ty TNHH "Gốm, Sứ" Bát Tràng Mới});
}

sub make_charged {
	repeat(30, sub { youth('five years, two of them free', ['done', 'grant_partial', undef], item => {period => 5, %{$charge->(1000000)}}) });
	repeat(15, sub { firm('three years, two of them free', ['done', 'grant_partial', undef], item => {period => 3, %{$charge->(2000000)}}) });
	repeat(15, sub {
		my $day = soon();
		renewal('two years, one of them free', ['done', 'grant_partial', undef], granted => 1, created => "2025-$day",
			expires => "2026-$day", period => 2, item => $charge->(500000));
	});
	repeat(60, sub {
		my $day = soon();
		renewal('third year, paid', ['done', 'no_grant', 'GRANT_EXHAUSTED'], biz => below(2), granted => 1,
			created => "2024-$day", expires => "2026-$day", item => $charge->(500000));
	});
	repeat(40, sub { firm('com.vn, paid', ['done', 'no_grant', 'ZONE_NOT_GRANTED'], zone => 'com.vn', item => $charge->(2000000)) });
	repeat(20, sub { youth('too old, paid', ['done', 'no_grant', 'AGE_OVER_23'], birth => date(1975 + below(26), 1 + below(12), 1 + below(28)), item => $charge->(500000)) });
}

sub make_refused {
	repeat(22, sub { youth('too young', ['refused', 'no_grant', 'AGE_UNDER_18'], birth => date(2009 + below(3), 1 + below(12), 1 + below(28))) });
	repeat(22, sub { youth('too old', ['refused', 'no_grant', 'AGE_OVER_23'], birth => date(1980 + below(20), 1 + below(12), 1 + below(28))) });
	repeat(20, sub { firm('founded long ago', ['refused', 'no_grant', 'FOUNDED_OVER_1Y'], founded => date(2015 + below(10), 1 + below(12), 1 + below(28))) });
	repeat(12, sub { firm('a cooperative', ['refused', 'no_grant', 'NOT_LISTED_SUBJECT'], kind => 'cooperative', name => 'Hợp tác xã ' . pick(@trades) . ' ' . pick(@brand_a) . ' ' . pick(@brand_b)) });
	repeat(6, sub { firm('a school', ['refused', 'no_grant', 'NOT_LISTED_SUBJECT'], kind => 'other', name => 'Trường Trung học ' . pick(@brand_a) . ' ' . pick(@brand_b)) });
	repeat(8, sub { shop('exempt household, no certificate', ['refused', 'no_grant', 'NO_CERTIFICATE'], exempt => 1, evidence => []) });
	repeat(10, sub {
		my $day = soon();
		renewal('third year, not to be paid', ['refused', 'no_grant', 'GRANT_EXHAUSTED'], granted => 1, created => "2024-$day", expires => "2026-$day");
	});
	repeat(12, sub { # twice the same citizen: the first line takes the grant
		my $first = youth('first name of a citizen', \@granted);
		my $number = $first->{applicant}{id_number};
		youth('second name of the same citizen', ['refused', 'no_grant', 'ONE_PER_SUBJECT'], number => $number,
			birth => $first->{applicant}{birth_date}, male => $first->{applicant}{gender} eq 'male');
	});
	repeat(6, sub { # the first name was granted before our time
		my $birth = young_birth();
		my $number = citizen_number($birth, 1);
		my $domain = fresh('truoc-day' . ++$serial, 'id.vn');
		existing('anphat', $domain, '2026-03-05', '2027-03-05', granted => 1, subject => {kind => 'citizen', id_number => $number});
		youth('second name, the first is in the history', ['refused', 'no_grant', 'ONE_PER_SUBJECT'], number => $number, birth => $birth, male => 1);
	});
	repeat(6, sub {
		my $day = soon();
		renewal("another partner's name", ['refused', undef, 'NOT_YOURS'], owner => 'hoasen', granted => 1, created => "2025-$day", expires => "2026-$day");
	});
}

sub make_held {
	repeat(5, sub { youth('century digit does not fit', ['review', 'review', 'ID_CENTURY_MISMATCH'], male => 1, century => 0) });
	repeat(5, sub { youth('sex digit does not fit', ['review', 'review', 'ID_GENDER_MISMATCH'], male => 1, other_gender => 1) });
	repeat(5, sub { youth('old number of nine digits', ['review', 'review', 'ID_LEGACY_9'], number => sprintf('1%08d', 90000000 + ++$serial)) });
	repeat(12, sub { firm('founding date not confirmed', ['review', 'review', 'EVIDENCE_UNCONFIRMED'], evidence => [evidence('finance_department_list', 'unconfirmed')]) });
	repeat(8, sub { shop('certificate not given', [undef, 'review', 'EVIDENCE_MISSING'], no_paper => 1, evidence => []) });
	repeat(6, sub {
		my $day = soon();
		renewal('a name that the ledger does not know', ['review', 'review', 'LEDGER_UNKNOWN'], unknown => 1, created => "2025-$day", expires => "2026-$day");
	});
}

sub make_rejected {
	repeat(6, sub {
		my $tax = tax_code();
		substr($tax, -1) = (substr($tax, -1) + 1) % 10;
		firm('check digit is wrong', ['refused', 'reject', 'ID_CHECKSUM'], tax => $tax);
	});
	repeat(5, sub { youth('no such province', ['refused', 'reject', 'ID_PROVINCE_UNKNOWN'], province => '003') });
	repeat(5, sub { youth('a foreigner asks for id.vn', ['refused', 'reject', 'NOT_CITIZEN'], citizenship => pick('LA', 'JP', 'FR'), name => pick('Somchai Vongsa', 'Yuki Tanaka', 'Chloé Lefèvre'), number => 'P' . (1234000 + ++$serial)) });
	repeat(4, sub { firm('an enterprise asks for id.vn', ['refused', 'reject', 'ZONE_SUBJECT_MISMATCH'], zone => 'id.vn') });
	repeat(3, sub { shop('a household asks for id.vn', ['refused', 'reject', 'ZONE_SUBJECT_MISMATCH'], zone => 'id.vn') });
}

# What the registry alone decides.
sub make_registry {
	repeat(10, sub {
		my $taken = youth('the name exists already', ['failed', 'grant', undef], suffix => '-da-co');
		existing(below(2) ? 'hoasen' : 'anphat', $taken->{domain}, '2024-05-0' . (1 + below(9)), '2027-05-0' . (1 + below(9)), unknown => 1);
	});
	repeat(14, sub { youth('the registry takes its time, and approves', \@granted, suffix => '-cho-duyet') });
	repeat(4, sub { youth('the registry takes its time, and refuses', ['failed', 'grant', undef], suffix => '-tu-choi-cho-duyet') });
	repeat(2, sub { # two want one name: the second is sent when the first is settled
		my $first = youth('first of two for one name', \@granted);
		youth('second of two for one name', ['failed', 'grant', undef], domain => $first->{domain});
	});
}

# Mixed, so that a glance anywhere shows everything; but what must come in order stays in order.
sub mix {
	my ($keep) = @_;
	my (@order, %first);
	for my $i (0 .. $#lines) {
		my $key = $lines[$i]{applicant} && $lines[$i]{applicant}{id_number} ? "id $lines[$i]{applicant}{id_number}" : "n $lines[$i]{domain}";
		$key = "n $lines[$i]{domain}" if $first{"n $lines[$i]{domain}"};
		my $place = $first{$key} // below(30000) * 30000 + below(30000);
		$first{$key} = $first{"n $lines[$i]{domain}"} = $place;
		push @order, [$place, $i];
	}
	@lines = map { $lines[$_->[1]] } sort { $a->[0] <=> $b->[0] || $a->[1] <=> $b->[1] } @order;
}

# ---- writing ----

sub quoted {
	my ($s) = @_;
	$s =~ s/(["\\])/\\$1/g;
	$s =~ s/\n/\\n/g;
	return qq{"$s"};
}

# The order of members is fixed; what is not named here is an error of this program.
my @order = qw(ref op domain period cur_exp_date partner account registrant created expires grant_from kind name citizenship
	birth_date gender id_number tax_code founded_on registration_number registered_on registration_exempt phone email
	applicant contact street ward province province_list country address evidence type issuer reference date result
	subject ns addrs services if_not_free max_fee_vnd);
my %numbers = map { $_ => 1 } qw(period max_fee_vnd);

sub json {
	my ($value, $key) = @_;
	return '[' . join(',', map { json($_, '') } @$value) . ']' if ref $value eq 'ARRAY';
	return $key eq 'registration_exempt' ? 'true' : $numbers{$key} ? $value : quoted($value) unless ref $value;
	my %left = %$value;
	my @members = map { my $v = delete $left{$_}; defined $v ? quoted($_) . ":" . json($v, $_) : () } @order;
	die 'members without a place: ', join(' ', keys %left), "\n" if %left;
	return '{' . join(',', @members) . '}';
}

my @columns = qw(ref op domain period cur_exp_date if_not_free max_fee_vnd applicant.kind applicant.name applicant.citizenship
	applicant.birth_date applicant.gender applicant.id_number applicant.tax_code applicant.founded_on
	applicant.registration_number applicant.registered_on applicant.registration_exempt applicant.phone applicant.email
	applicant.address.street applicant.address.ward applicant.address.province applicant.address.province_list
	applicant.address.country evidence.type evidence.issuer evidence.reference evidence.date evidence.result ns services);

sub cell {
	my ($item, $path) = @_;
	my $value = $item;
	for (split /\./, $path) {
		$value = $value->[0] if ref $value eq 'ARRAY';
		$value = $value->{$_};
		return '' unless defined $value;
	}
	return 'true' if $path =~ /_exempt$/;
	$value = join ' ', map { ref $_ ? join('/', $_->{name}, @{$_->{addrs} // []}) : $_ } @$value if ref $value;
	return $value unless $value =~ /[",\n]/;
	return '"' . $value =~ s/"/""/gr . '"';
}

sub write_file {
	my ($name, @text) = @_;
	open my $f, '>:utf8', "$folder/$name" or die "$folder/$name: $!\n";
	print {$f} @text or die "$folder/$name: $!\n";
	close $f or die "$folder/$name: $!\n";
}

$partner = 'anphat';
make_boundaries();
make_charged();
make_refused();
make_held();
make_rejected();
make_registry();
my $rest = 2400 - @lines;
my ($firms, $shops, $renewals) = (330, 250, 150);
make_grants($rest - $firms - $shops - $renewals, $firms, $shops, $renewals);
mix();
write_file('anphat.ndjson', map { json($_, '') . "\n" } @lines);
write_file('anphat.csv', join(',', @columns) . "\r\n", map { my $i = $_; join(',', map { cell($i, $_) } @columns) . "\r\n" } @lines);

$partner = 'hoasen';
@lines = ();
make_grants(120, 30, 25, 15);
youth('too young', ['refused', 'no_grant', 'AGE_UNDER_18'], birth => '2010-01-15') for 1 .. 5;
firm('founding date not confirmed', ['review', 'review', 'EVIDENCE_UNCONFIRMED'], evidence => [evidence('finance_department_list', 'unconfirmed')]) for 1 .. 5;
mix();
write_file('hoasen.ndjson', map { json($_, '') . "\n" } @lines);

write_file('history.ndjson', map { json($_, '') . "\n" } @history);
write_file("registry.csv", map { "$_\n" } @seeds);
write_file('expected.tsv', map { join("\t", map { $_ // '' } @$_) . "\n" } @expected);
printf "%d lines of anphat, %d of hoasen, %d names from before, %d at the registry\n", 2400, scalar @lines, scalar @history,
	scalar @seeds;
