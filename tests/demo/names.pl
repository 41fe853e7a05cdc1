# Domain names in ASCII form (RFC 3492): for the sample and for the proof.
use strict;
use warnings;

sub adapt {
	my ($delta, $points, $first) = @_;
	$delta = int($first ? $delta / 700 : $delta / 2);
	$delta += int($delta / $points);
	my $k = 0;
	while ($delta > 455) {
		$delta = int($delta / 35);
		$k += 36;
	}
	return $k + int(36 * $delta / ($delta + 38));
}

sub punycode {
	my @code = map { ord } split //, shift;
	my $out = join '', map { chr } grep { $_ < 128 } @code;
	my $basic = my $handled = length $out;
	my ($n, $delta, $bias) = (128, 0, 72);
	$out .= '-' if $basic;
	while ($handled < @code) {
		my ($m) = sort { $a <=> $b } grep { $_ >= $n } @code;
		$delta += ($m - $n) * ($handled + 1);
		$n = $m;
		for my $c (@code) {
			$delta++ if $c < $n;
			next if $c != $n;
			my $q = $delta;
			for (my $k = 36;; $k += 36) {
				my $t = $k <= $bias ? 1 : $k >= $bias + 26 ? 26 : $k - $bias;
				last if $q < $t && ($out .= ('a' .. 'z', 0 .. 9)[$q]);
				$out .= ('a' .. 'z', 0 .. 9)[$t + ($q - $t) % (36 - $t)];
				$q = int(($q - $t) / (36 - $t));
			}
			$bias = adapt($delta, $handled + 1, $handled == $basic);
			$delta = 0;
			$handled++;
		}
		$delta++;
		$n++;
	}
	return $out;
}

sub ascii {
	return join '.', map { /[^\x00-\x7f]/ ? 'xn--' . punycode($_) : $_ } split /\./, shift;
}

1;
