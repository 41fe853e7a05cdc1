#!/usr/bin/env bash
# The service manager's side: sockets and credentials that it passes, what it is told, its watchdog, its opinion of the unit.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh
ear=""
trap 'kill -CONT $pid 2>/dev/null; kill $ear 2>/dev/null; clean_up' EXIT

# Opens listening sockets and starts the daemon with them: with.pl NAME=ADDRESS… -- COMMAND…; ADDRESS a port or a path.
cat >"$dir/with.pl" <<'END'
use strict; use warnings;
use Socket; use Fcntl; use POSIX ();
my (@names, @keep);
while (@ARGV && (my $a = shift) ne '--') {
	my ($name, $at) = split /=/, $a, 2;
	my $s;
	if ($at =~ m{^/}) { socket($s, AF_UNIX, SOCK_STREAM, 0) or die; bind($s, pack_sockaddr_un($at)) or die "$at: $!"; }
	elsif ($at eq 'udp') { socket($s, AF_INET, SOCK_DGRAM, 0) or die; bind($s, pack_sockaddr_in(0, INADDR_LOOPBACK)) or die; }
	else {
		my ($host, $port) = $at =~ /^(.*):(\d+)$/;
		socket($s, AF_INET, SOCK_STREAM, 0) or die; setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
		bind($s, pack_sockaddr_in($port, inet_aton($host))) or die "$at: $!";
	}
	listen($s, 16) if $at ne 'udp';
	push @names, $name; push @keep, $s;
}
# first out of the way, then to 3, 4, …
my @high = map { fcntl($_, F_DUPFD, 20) or die } @keep;
for my $i (0 .. $#high) { POSIX::dup2($high[$i], 3 + $i) // die; POSIX::close($high[$i]); }
$ENV{LISTEN_FDS} = @names; $ENV{LISTEN_PID} = $ENV{NOT_FOR_US} ? 1 : $$; $ENV{LISTEN_FDNAMES} = join ':', @names;
exec @ARGV or die "exec: $!";
END
start() { # [NAME=ADDRESS]…
	if [ $# -gt 0 ]; then launch perl "$dir/with.pl" "$@" --; else launch; fi
}
fails() { # TEXT [NAME=ADDRESS]…: it does not start, and says so
	local text=$1
	shift
	: >"$dir/d.log"
	timeout 20 perl "$dir/with.pl" "$@" -- "$build/vneppd" --config "$dir/vneppd.yaml" >>"$dir/d.log" 2>&1
	[ $? -eq 1 ] && grep -q -- "$text" "$dir/d.log"
}

sh certs/dev-ca.sh "$dir/certs" >/dev/null 2>&1
mkdir -m 700 "$dir/credentials"
echo testpw12 >"$dir/credentials/registry.password"
cp "$dir/certs/api.key" "$dir/credentials/api.key"
chmod 400 "$dir/credentials"/*
start_registry --account anphat:testpw12
{
	config_top 'api: {listen: "127.0.0.1:0", certificate: certs/api.pem, key: "credential:api.key", client_ca: certs/ca.pem}'
	config_registry 'accounts: [{name: anphat, login: anphat, password_file: "credential:registry.password", certificate: certs/gateway.pem, key: certs/gateway.key}]'
} >"$dir/vneppd.yaml"
config_partners anphat >"$dir/partners.yaml"

# ---- credentials ----
"$build/vneppd" --check --config "$dir/vneppd.yaml" >"$dir/out" 2>&1
check "without credentials the check says which are missing" bash -c "[ \$(grep -c 'CREDENTIALS_DIRECTORY is not set' '$dir/out') -eq 2 ]"
export CREDENTIALS_DIRECTORY=$dir/credentials
check "with them it is fine" "$build/vneppd" --check --config "$dir/vneppd.yaml"
start
check "… and the daemon logs in with them" wait_for grep -q event=session.ready "$dir/d.log"
check "… and serves its API with the key" wait_for answers 404 anphat /v1/batches/1
stop

# ---- sockets ----
start "api=127.0.0.1:0" "admin=$dir/admin.sock" "control=$dir/passed.sock"
check "the passed socket is the API" wait_for answers 404 anphat /v1/batches/1
check "… under the address that it has" grep -q "event=ready.*api=127.0.0.1:$port" "$dir/d.log"
check "the passed Unix socket is the administration's" bash -c "curl -s --unix-socket '$dir/admin.sock' http://localhost/livez | grep -q ok"
check "… and the control socket" bash -c "'$build/vnepp' status --socket '$dir/passed.sock' | grep -q instance"
check "… what is configured is not opened beside it" test ! -e "$dir/control.sock"
stop
ask_socket() { # SOCKET LINE: the answer
	perl -MSocket -e 'socket(my $s, AF_UNIX, SOCK_STREAM, 0); connect($s, pack_sockaddr_un($ARGV[0])) or die; syswrite $s, "$ARGV[1]\n"; print scalar <$s>' "$1" "$2"
}
start "feed=$dir/feed.sock"
check "the passed socket is the feed" bash -c "$(declare -f ask_socket); ask_socket '$dir/feed.sock' '{\"cmd\":\"changes\",\"partner\":\"anphat\",\"from\":\"now\"}' | grep -q '\"ok\":true'"
check "… at which nothing else can be asked" bash -c "$(declare -f ask_socket); ask_socket '$dir/feed.sock' '{\"cmd\":\"status\"}' | grep -q 'no such command'"
check "… and the configured control socket is opened beside it" test -S "$dir/control.sock"
stop
check "its sockets are left where they are: they are not ours" test -S "$dir/passed.sock" -a -S "$dir/admin.sock"
rm -f "$dir/passed.sock" "$dir/admin.sock" "$dir/feed.sock"
start "other=127.0.0.1:0"
check "a name that nobody knows is named" wait_for grep -q 'event=listen.unknown.*name=other' "$dir/d.log"
check "… and what is configured is opened" wait_for answers 404 anphat /v1/batches/1
stop
NOT_FOR_US=1 start "control=$dir/passed.sock"
check "what is meant for another process is left alone" wait_for test -S "$dir/control.sock"
stop
rm -f "$dir/passed.sock"
check "an administration that others could reach is refused" fails "other machines could reach it" "admin=0.0.0.0:0"
check "a control socket must be one that knows who asks" fails "is not a Unix socket" "control=127.0.0.1:0"
check "so must the feed" fails "is not a Unix socket" "feed=127.0.0.1:0"
check "what is no listening socket is refused" fails "no listening stream socket" "api=udp"
if command -v systemd-socket-activate >/dev/null; then
	free=$(perl -MSocket -e 'socket(my $s, AF_INET, SOCK_STREAM, 0); bind($s, pack_sockaddr_in(0, INADDR_LOOPBACK)); print((unpack_sockaddr_in(getsockname($s)))[0])')
	rm -f "$dir/ports"
	systemd-socket-activate -l "127.0.0.1:$free" --fdname=api -E CREDENTIALS_DIRECTORY "$build/vneppd" --config "$dir/vneppd.yaml" --ports-file "$dir/ports" >>"$dir/d.log" 2>&1 &
	pid=$!
	port=$free
	check "systemd's own activator: the first request starts it and is answered" wait_for answers 404 anphat /v1/batches/1
	check "… and stops well" stop
else
	skip 2 "systemd-socket-activate is not installed"
fi

# ---- what it is told, and the watchdog ----
cat >"$dir/ear.pl" <<'END'
use strict; use warnings; use Socket; use Time::HiRes 'time';
$| = 1;
socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die; bind($s, pack_sockaddr_un($ARGV[0])) or die;
while (defined recv($s, my $m, 4096, 0)) { $m =~ s/\n/ /g; printf "%.3f %s\n", time, $m; }
END
perl "$dir/ear.pl" "$dir/notify" >"$dir/told" &
ear=$!
wait_for test -S "$dir/notify"
export NOTIFY_SOCKET=$dir/notify WATCHDOG_USEC=400000
start
unset NOTIFY_SOCKET WATCHDOG_USEC
check "it says when it is ready" wait_for grep -q 'READY=1' "$dir/told"
feeds() { [ "$(grep -c WATCHDOG=1 "$dir/told")" -ge "$1" ]; }
check "the watchdog is fed" wait_for feeds 3
kill -STOP "$pid"
sleep 0.3 # what was on its way has come; from here on nothing may
n=$(grep -c WATCHDOG=1 "$dir/told")
sleep 0.6
check "… by the loop: one that stands still feeds nothing" test "$(grep -c WATCHDOG=1 "$dir/told")" -eq "$n"
kill -CONT "$pid"
check "… and goes on when it goes on" wait_for feeds $((n + 2))
kill -HUP "$pid"
check "a reload is told with its time" wait_for grep -q 'RELOADING=1 MONOTONIC_USEC=[0-9]' "$dir/told"
ready_twice() { [ "$(grep -c READY=1 "$dir/told")" -ge 2 ]; }
check "… and its end" wait_for ready_twice
echo "x: [" >>"$dir/partners.yaml"
kill -HUP "$pid"
ready_thrice() { [ "$(grep -c READY=1 "$dir/told")" -ge 3 ]; }
check "… also when it is refused" wait_for ready_thrice
stop
check "it says that it stops" grep -q STOPPING=1 "$dir/told"

# ---- vnepp-webhookd tells the same ----
printf 'feed: %s/none.sock\ndatabase: %s/hooks.db\nreceivers: []\n' "$dir" "$dir" >"$dir/webhooks.yaml"
: >"$dir/told"
NOTIFY_SOCKET=$dir/notify WATCHDOG_USEC=400000 "$build/vnepp-webhookd" --config "$dir/webhooks.yaml" >"$dir/d.log" 2>&1 &
pid=$!
check "vnepp-webhookd says when it is ready" wait_for grep -q 'READY=1' "$dir/told"
check "… feeds the watchdog" wait_for feeds 3
check "… says how it fares" wait_for grep -q 'STATUS=0 receivers' "$dir/told"
kill -HUP "$pid"
check "… tells of a reload and its end" wait_for ready_twice
check "… with its time" grep -q 'RELOADING=1 MONOTONIC_USEC=[0-9]' "$dir/told"
stop
check "… and that it stops" grep -q STOPPING=1 "$dir/told"

# ---- users and folders ----
if command -v systemd-sysusers >/dev/null && command -v systemd-tmpfiles >/dev/null && [ "$(id -u)" -eq 0 ]; then
	mkdir -p "$dir/root/etc" "$dir/root/usr/lib/tmpfiles.d"
	check "it is installed" make -s install DESTDIR="$dir/root" PREFIX=/usr B="$build"
	(umask 077 && for f in tls/api.crt tls/partners.crl tls/api.key secrets/admin.token; do echo x >"$dir/root/etc/vnepp/$f"; done)
	check "users are made" systemd-sysusers --root="$dir/root" "$root/systemd/vnepp.sysusers"
	check "… and folders" systemd-tmpfiles --root="$dir/root" --create vnepp.conf
	of() { stat -c '%a %u:%g' "$dir/root/$1"; }
	ids() { awk -F: -v n="$1" '$1 == n { print $3 }' "$dir/root/etc/$2"; }
	daemon=$(ids vnepp passwd) hooks=$(ids vnepp-webhook passwd) hooks_group=$(ids vnepp-webhook group)
	check "the feed's folder is the daemon's, its group vnepp-webhookd's" test "$(of run/vnepp-feed)" = "2750 $daemon:$hooks_group"
	check "what the daemon reads is closed to vnepp-webhookd" test "$(of etc/vnepp/secrets)" = "750 0:$(ids vnepp group)"
	check "… and the other way" test "$(of etc/vnepp-webhook/secrets)" = "750 0:$hooks_group"
	group=$(ids vnepp group) wrong=""
	for f in "$dir"/root/etc/vnepp/*.yaml "$dir"/root/etc/vnepp/*/*; do
		f=${f#"$dir/root/"} mode=640
		case $f in *.crt | *.crl) mode=644 ;; esac
		[ "$(of "$f")" = "$mode 0:$group" ] || wrong="$wrong $f"
	done
	check "every file of the configuration can be read by the daemon and changed by root alone, but:$wrong" test -z "$wrong"
	check "… as are their states" test "$(of var/lib/vnepp) $(of var/lib/vnepp-webhook)" = "700 $daemon:$(ids vnepp group) 700 $hooks:$hooks_group"
else
	skip 8 "systemd-sysusers needs root"
fi

# ---- the unit ----
if command -v systemd-analyze >/dev/null; then
	mkdir "$dir/unit"
	sed "s|/usr/bin/vneppd|$build/vneppd|" systemd/vneppd.service >"$dir/unit/vneppd.service"
	cp systemd/vneppd.socket "$dir/unit/"
	exposure() { systemd-analyze security --offline=true --no-pager --threshold="$1" "$dir/unit/vneppd.service" >"$dir/out" 2>&1; }
	check "the unit as it is: at most 1.0" exposure 10
	mkdir "$dir/unit/vneppd.service.d"
	cp systemd/vneppd-network.conf "$dir/unit/vneppd.service.d/"
	check "with every network open, as installed: at most 1.0" exposure 10
	sed -i 's/^IPAddressAllow=.*/IPAddressAllow=192.0.2.0\/24 2001:db8::\/32/' "$dir/unit/vneppd.service.d/vneppd-network.conf"
	check "with a site's own networks: at most 1.0" exposure 10
	check "units that systemd understands" bash -c "systemd-analyze verify --man=no '$dir/unit/vneppd.service' '$dir/unit/vneppd.socket' >'$dir/out' 2>&1; ! grep -E 'vneppd\.(service|socket)' '$dir/out' | grep -vE 'not found|User|Permission'"
	sed "s|/usr/bin/vnepp-webhookd|$build/vnepp-webhookd|" systemd/vnepp-webhookd.service >"$dir/unit/vnepp-webhookd.service"
	webhook_exposure() { systemd-analyze security --offline=true --no-pager --threshold=11 "$dir/unit/vnepp-webhookd.service" >"$dir/out" 2>&1; }
	check "the unit of vnepp-webhookd: at most 1.1" webhook_exposure
	check "… which systemd understands" bash -c "systemd-analyze verify --man=no '$dir/unit/vnepp-webhookd.service' >'$dir/out' 2>&1; ! grep 'vnepp-webhookd.service' '$dir/out' | grep -vE 'not found|User|Permission'"
else
	skip 6 "systemd-analyze is not installed"
fi
finish
