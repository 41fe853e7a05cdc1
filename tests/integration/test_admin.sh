#!/usr/bin/env bash
# The administration listener of a real daemon: health, figures (promtool), the page in a browser, alerts, and every command
# of the runbook word for word. What needs a tool that is not there is skipped, and said.
#
# VNEPP_SCREENSHOTS=FOLDER keeps pictures of the page: desk and phone, both languages, day and night, a good and a bad one.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh
PATH=$PWD/build/deps:$PATH # promtool, when it was fetched alone
driver="" session=""
end_browser() {
	[ -n "$session" ] && wd DELETE "/session/$session" >/dev/null 2>&1
	kill $driver 2>/dev/null
	clean_up
}
trap end_browser EXIT

check() { # WHAT COMMAND...: what the command itself says is shown
	local what=$1
	shift
	if "$@" >"$dir/said" 2>&1; then passed=$((passed + 1)); else
		failed=$((failed + 1))
		echo "FAILED: $what"
		head -c 2000 "$dir/said"
		tail -n 3 "$dir/d.log" 2>/dev/null
	fi
}

installed() { command -v "$1" >/dev/null; }

# ---- a gateway with some work behind it ----

secret=4f1c-not-in-any-answer
make_certificates extra
echo "$secret" >"$dir/token"
chmod 600 "$dir/token"
start_registry --account anphat:testpw12
config() { # STORE CONTROL LISTEN TOKEN: vneppd.yaml on stdout; the other files lie beside it
	config_top "store: {path: $1}" "admin: {control_socket: $2, listen: $3$4}" "limits: limits.yaml" \
		'api: {listen: "127.0.0.1:0", certificate: certs/api.pem, key: certs/api.key, client_ca: certs/ca.pem, client_crl: certs/ca.crl}'
	config_registry
}
config vnepp.db "$dir/c.sock" "[\"127.0.0.1:0\", $dir/a.sock]" ', token_file: token' >"$dir/vneppd.yaml"
config_partners anphat >"$dir/partners.yaml"
cat >"$dir/limits.yaml" <<END
partners: {default: {lines_per_second: 100, burst: 1000}}
quotas: [{name: com-names, zone: com.vn, period: month, counts: names, max: 1000}]
END
start() {
	launch || {
		tail -n 5 "$dir/d.log"
		echo "$passed passed, $((failed + 1)) failed"
		exit 1
	}
	admin=http://127.0.0.1:$(sed -n 's/^admin=//p' "$dir/ports")
}
ask() { # PATH [CURL OPTION...]: the status; the answer in $dir/out
	curl -s -m 10 -o "$dir/out" -w '%{http_code}' "${@:2}" "$admin$1"
}
answers() { test "$(ask "${@:2}")" = "$1"; }
known() { ask "$1" -H "Authorization: Bearer $secret"; }
figure() { curl -s "$admin/metrics" | grep -F "$1 " | sed 's/.* //'; }
start
paid_lines 1 200 >"$dir/batch"

check "it lives" answers 200 /livez
check "it is ready" answers 200 /readyz
check "a batch is taken" test "$(fetch anphat /v1/batches -H 'Content-Type: application/x-ndjson' --data-binary "@$dir/batch" -o "$dir/out" -w '%{http_code}')" = 202
all_done() { test "$(figure 'vnepp_items_total{state="done"}')" = 200; }
check "its items are counted" wait_for all_done

# ---- who may see what ----

check "the status needs the token" answers 401 /status.json
check "a wrong token is none" answers 401 /status.json -H 'Authorization: Bearer wrong'
check "a page of elsewhere sees nothing" answers 403 /metrics -H 'Origin: http://evil.example'
check "a name that leads here is refused" answers 421 /metrics -H 'Host: evil.example'
check "with the token the status is JSON" test "$(known /status.json)" = 200
check "… that a parser takes" perl -MJSON::PP -0777 -ne 'my $s = decode_json($_); exit !($s->{state} eq "running" && @{$s->{certificates}} == 5 && $s->{partners}[0]{name} eq "anphat")' "$dir/out"
complete() {
	known /status.json >/dev/null
	perl -MJSON::PP -0777 -ne 'my $s = decode_json($_); exit !(@{$s->{sessions}} && @{$s->{endpoints}} && @{$s->{limits}} && !@{$s->{pauses}} && $s->{policy}{revision} eq $s->{rules})' "$dir/out"
}
check "… and knows sessions, limits, pauses and the rule set" wait_for complete
check "over the Unix socket the user is enough" curl -sf --unix-socket "$dir/a.sock" http://localhost/status.json
check "… without a secret" bash -c "! grep -qE '$secret|testpw12' '$dir/out'"
check "a browser gets the form" bash -c "curl -s '$admin/' | grep -q 'action=\"/login\"'"

# ---- words ----

# What the daemon says of limits, the page says in both languages.
while read -r key; do
	check "the page has words for '$key'" test "$(grep -o "'$key':" daemon/admin/page/words.js | wc -l)" -eq 2
done < <(
	grep -oE 'json_string\("[^"]+"' daemon/gateway_limits.c | sed 's/.*"\(.*\)"/r.\1/'
	grep -oE '(list|whose), "[a-z_]+", &' daemon/gateway_limits.c | sed 's/.*"\(.*\)".*/n.\1/'
	grep -oE 'sizeof whose, "[a-z]+ %s"' daemon/gateway_limits.c | sed 's/.*"\([a-z]*\) .*/o.\1/'
)

# ---- figures ----

curl -s "$admin/metrics" >"$dir/metrics"
families=$(grep -v '^#' "$dir/metrics" | grep 'partner="' | sed 's/{.*//' | sort -u | wc -l)
check "three families carry the partner" test "$families" -eq 3
check "the lines of the partner are counted" test "$(figure 'vnepp_lines_total{partner="anphat",outcome="new"}')" = 200
check "every create was timed" test "$(figure 'vnepp_registry_command_seconds_count{registry="sim",account="anphat",command="create"}')" -ge 200
check "the API's request was timed" test "$(figure 'vnepp_api_request_seconds_count{route="submit"}')" = 1
check "the store's transactions were" test "$(figure 'vnepp_store_group_seconds_count{thread="writer"}')" -gt 5
check "the last admission has its time" test "$(figure 'vnepp_last_success_timestamp_seconds{what="admission"}' | cut -d. -f1)" -ge 1795140000
check "certificates have their ends" test "$(grep -c '^vnepp_certificate_expiry_timestamp_seconds{' "$dir/metrics")" = 4
check "… and so has the revocation list" grep -q '^vnepp_revocation_list_expiry_timestamp_seconds{use="partners_crl",name="test"} [1-9]' "$dir/metrics"
limited() { curl -s "$admin/metrics" | grep -qE '^vnepp_limit_used_ratio\{of="programme",limit="com-names"\} 0\.2'; }
check "how much of a quota is used" wait_for limited
check "no secret among the figures" bash -c "! grep -qE '$secret|testpw12' '$dir/metrics'"
check "OpenMetrics ends as it must" test "$(curl -s -H 'Accept: application/openmetrics-text' "$admin/metrics" | tail -n 1)" = '# EOF'
# Names that alerts and dashboard use are names that the daemon has.
names() { grep -oE '\b(vnepp|process)_[a-z_]+' "$@" | sed 's/.*://; s/_bucket$//; s/_sum$//; s/_count$//' | sort -u | grep -v '^vnepp_exporter'; }
known_names=$(grep '^# TYPE' "$dir/metrics" | cut -d' ' -f3)
strangers=$(names systemd/vnepp-alerts.yml systemd/vnepp-dashboard.json | grep -vxF "$known_names")
check "alerts and dashboard ask for figures that exist: $strangers" test -z "$strangers"
check "the dashboard is JSON" perl -MJSON::PP -0777 -ne 'exit !(@{decode_json($_)->{panels}} > 10)' systemd/vnepp-dashboard.json
alerts=$(grep -oP '(?<=- alert: )\w+' systemd/vnepp-alerts.yml)
check "at most twelve alerts" test "$(echo "$alerts" | wc -l)" -le 12
for a in $alerts; do
	check "$a has a page and a test" bash -c "test -s systemd/runbook/$a.md && grep -q 'runbook/$a.md' systemd/vnepp-alerts.yml && grep -q 'alertname: $a' systemd/vnepp-alerts.test.yml"
done
if installed promtool; then
	check "promtool finds nothing in the figures" bash -c "promtool check metrics <'$dir/metrics' 2>&1 | tee '$dir/lint' && test ! -s '$dir/lint'"
	check "the rules are rules" promtool check rules systemd/vnepp-alerts.yml
	check "the alerts fire when they should" promtool test rules systemd/vnepp-alerts.test.yml
else
	skip 3 "promtool (Debian package prometheus) is not installed: figures and alert rules are not checked with it"
fi

# ---- history outlives the daemon ----

points() { known "/history.json?step=$1" >/dev/null && perl -MJSON::PP -0777 -ne 'my $h = decode_json($_)->{series}; my $n = 0; $n += $_->[1] * 1 for @{$h->{done}}; print scalar(@{$h->{queued}}), " ", $n' "$dir/out"; }
sampled() { test "$(points 10 | cut -d' ' -f2)" -ge 200; }
check "the history has what was done" wait_for sampled
progressed() { known /status.json >/dev/null && grep -q '"id":"national-2026".*"names":200,' "$dir/out"; }
check "progress counts the names" wait_for progressed
before=$(points 10)
kill -TERM "$pid" && wait "$pid"
check "it stops with 0" test $? -eq 0
start
check "after a restart the history is there: $before" sampled
check "… and so is the progress" wait_for progressed

# ---- reload: another token, a bad file ----

echo "another-$secret" >"$dir/token"
kill -HUP "$pid"
refused() { test "$(known /status.json)" = 401; }
check "a new token takes effect with a reload" wait_for refused
echo "$secret" >"$dir/token"
kill -HUP "$pid"
let_in() { test "$(known /status.json)" = 200; }
check "… and the old one again" wait_for let_in
echo 'partners: [{name: x}]' >"$dir/partners.yaml"
kill -HUP "$pid"
counted() { test "$(figure 'vnepp_reloads_total{result="refused"}')" = 1; }
check "a refused reload is counted" wait_for counted
shown() { known /status.json >/dev/null && grep -q '"event":"config.refused"' "$dir/out"; }
check "… and shown on the page" wait_for shown
config_partners anphat >"$dir/partners.yaml"

# ---- the page in a browser ----

wd() { # METHOD PATH [JSON]: the driver's answer
	curl -s -m 60 -X "$1" -H 'Content-Type: application/json' ${3+--data "$3"} "http://127.0.0.1:$driver_port$2"
}
value() { perl -MJSON::PP -0777 -ne 'my $v = JSON::PP->new->utf8->allow_nonref->decode($_)->{value}; binmode STDOUT, ":utf8"; print ref $v ? JSON::PP->new->canonical->encode($v) : $v // ""'; }
js() { # SCRIPT: its result
	wd POST "/session/$session/execute/sync" "$(SCRIPT=$1 perl -MJSON::PP -MEncode -e 'print encode_json({script => decode("UTF-8", $ENV{SCRIPT}), args => []})')" | value
}
cdp() { wd POST "/session/$session/goog/cdp/execute" "{\"cmd\":\"$1\",\"params\":$2}"; }
is() { # WANTED SCRIPT
	local got
	for _ in $(seq 100); do
		got=$(js "$2")
		[ "$got" = "$1" ] && return 0
		sleep 0.1
	done
	echo "wanted '$1', got '$got': $2"
	return 1
}
size() { cdp Emulation.setDeviceMetricsOverride "{\"width\":$1,\"height\":$2,\"deviceScaleFactor\":1,\"mobile\":$3}" >/dev/null; }
picture() {
	[ -n "${VNEPP_SCREENSHOTS-}" ] || return 0
	mkdir -p "$VNEPP_SCREENSHOTS"
	cdp Page.captureScreenshot '{"captureBeyondViewport":true}' | perl -MJSON::PP -MMIME::Base64 -0777 -ne 'print decode_base64(decode_json($_)->{value}{data})' >"$VNEPP_SCREENSHOTS/$1.png"
}
key() { # NAME CODE [TEXT]
	local k="\"key\":\"$1\",\"code\":\"$1\",\"windowsVirtualKeyCode\":$2"
	cdp Input.dispatchKeyEvent "{\"type\":\"keyDown\",$k${3+,\"text\":\"$3\"}}" >/dev/null
	cdp Input.dispatchKeyEvent "{\"type\":\"keyUp\",$k}" >/dev/null
}
browse() {
	local options='["--headless=new","--no-sandbox","--disable-dev-shm-usage","--hide-scrollbars","--disable-gpu","--disable-background-networking","--lang=vi","--user-data-dir='$dir/profile'"]'
	chromedriver --port=0 >"$dir/driver.log" 2>&1 &
	driver=$!
	wait_for grep -q 'started successfully' "$dir/driver.log"
	driver_port=$(grep -oP '(?<=on port )\d+' "$dir/driver.log" | tail -n 1)
	session=$(wd POST /session "{\"capabilities\":{\"alwaysMatch\":{\"goog:chromeOptions\":{\"args\":$options,\"prefs\":{\"intl.accept_languages\":\"vi\"}},\"goog:loggingPrefs\":{\"browser\":\"ALL\",\"performance\":\"ALL\"}}}}" |
		perl -MJSON::PP -0777 -ne 'print decode_json($_)->{value}{sessionId} // ""')
	check "the browser starts" test -n "$session"
	[ -n "$session" ] || return
	size 1280 900 false
	wd POST "/session/$session/url" "{\"url\":\"$admin/\"}" >/dev/null
	check "the form has the focus" is token 'return document.activeElement.id'
	picture login
	js "document.getElementById('token').value = 'wrong'; document.querySelector('button').click()" >/dev/null
	check "a wrong token brings the form again" is "/login token" 'return location.pathname + " " + (document.getElementById("token") || {}).id'
	js "document.getElementById('token').value = '$secret'; document.querySelector('button').click()" >/dev/null
	check "the token opens the page" is test 'return (document.getElementById("instance") || {}).textContent'
	check "it says that it is live, in Vietnamese" is 'trực tiếp' 'return document.getElementById("live").textContent'
	check "… what the gateway does" is 'đang chạy · thử nghiệm' 'return document.getElementById("state").textContent'
	check "… and how far the programme is" is true 'return document.getElementById("progress-list").textContent.includes("507/QĐ-BKHCN")'
	check "registries, partners, certificates, errors are there" is '1 1 5 true' 'return ["registry", "partner", "certificate"].map((t) => document.querySelectorAll("#" + t + "-list tbody tr").length).join(" ") + " " + document.getElementById("error-list").textContent.includes("config.refused")'
	check "four plots have lines" is true 'return document.querySelectorAll("svg path.c0:not(.area)").length >= 3 && document.querySelectorAll("svg").length === 4'
	check "every word is there in both languages" is '' 'const a = Object.keys(WORDS.vi), b = Object.keys(WORDS.en); return a.filter((k) => !b.includes(k)).concat(b.filter((k) => !a.includes(k))).join(" ")'
	is true 'return status.limits.length > 0'
	check "no word of what the gateway says is missing" is '' 'return [...document.querySelectorAll("main *")].filter((e) => !e.children.length && /^(st|se|i|l|c|m|o|n|r|p|v)\.[a-z_]/.test(e.textContent)).map((e) => e.textContent).join(" ")'
	# What limits are called, and when they reset, in the code and in the page's words.
	for word in $(sed -n 's/.*add[a-z_]*(list,[^"]*whose, "\([a-z_]*\)".*/n.\1/p; s/.*whose, "\([a-z]*\) %s".*/o.\1/p' daemon/gateway_limits.c) $(sed -n 's/.*json_string("\([a-z ]*\)").*/r.\1/p' daemon/gateway_limits.c | tr ' ' _); do
		check "the page has a word for ${word//_/ }" is true "return '$word' in WORDS.vi || '$word'.replaceAll('_', ' ') in WORDS.vi"
	done
	check "no word is missing" is '' 'return [...document.querySelectorAll("[data-w]")].filter((e) => !WORDS.vi[e.dataset.w]).map((e) => e.dataset.w).join(" ")'
	picture vi-desk
	js 'document.getElementById("lang").focus()' >/dev/null
	key Enter 13 '\r'
	check "another language at the touch of a key" is 'en live' 'return document.documentElement.lang + " " + document.getElementById("live").textContent'
	picture en-desk
	js 'document.querySelector("svg").focus()' >/dev/null
	key ArrowLeft 37
	check "arrow keys read a plot" is true 'return document.querySelector(".readout").textContent.includes("done")'
	js 'document.querySelector("#ranges input").focus()' >/dev/null
	key ArrowRight 39
	check "… and choose the range" is 60 'return document.querySelector("#ranges input:checked").value'
	wd POST "/session/$session/refresh" '{}' >/dev/null
	check "the language is kept" is 'en true' 'return document.documentElement.lang + " " + (document.querySelectorAll("#certificate-list tr").length > 0)'
	key Tab 9
	check "the first stop of the Tab key leads past the menu" is '#main' 'return document.activeElement.getAttribute("href")'
	check "everything that can be chosen has a name" is '' 'return [...document.querySelectorAll("a, button, input, svg, progress")].filter((e) => !(e.textContent.trim() || e.getAttribute("aria-label") || (e.labels && e.labels.length))).map((e) => e.outerHTML).join(" ")'
	for l in en vi; do
		wd POST "/session/$session/url" "{\"url\":\"$admin/?lang=$l\"}" >/dev/null
		size 390 844 true
		check "on a phone nothing is wider than the screen ($l)" is 'true true' 'return (document.querySelectorAll("#certificate-list tr").length > 0) + " " + (document.documentElement.scrollWidth <= 390)'
		picture "$l-phone"
		size 1280 900 false
	done
	# A bad night, and a gateway where nothing has happened yet: in both languages, on desk and phone, by day and night.
	for l in vi en; do
		wd POST "/session/$session/url" "{\"url\":\"$admin/?lang=$l\"}" >/dev/null
		is true 'return document.querySelectorAll("#certificate-list tr").length > 0'
		js "$(cat tests/browser/page_trouble.js)" >/dev/null
		js 'document.querySelectorAll("details").forEach((d) => { d.open = true; })' >/dev/null
		for scheme in light dark; do
			cdp Emulation.setEmulatedMedia "{\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"$scheme\"}]}" >/dev/null
			for place in desk phone; do
				if [ $place = phone ]; then size 390 844 true; else size 1280 900 false; fi
				for scene in trouble nothing; do
					check "$scene, $l, $scheme, $place: nothing is wider than the screen" is ' 0' "$scene(); return wide() + ' ' + Math.max(0, document.documentElement.scrollWidth - innerWidth)"
					check "$scene, $l, $scheme, $place: everything can be read" is '' "$scene(); return faint()"
					js "if ('$scene' === 'trouble') hours(); $scene()" >/dev/null
					picture "$scene-$l-$scheme-$place"
				done
			done
		done
		check "what is wrong is said ($l)" is 'true true true' "trouble(); return [$([ $l = vi ] && echo "'đang ngừng nhận', 'ĐÃ HẾT HẠN', 'hết tiền'" || echo "'draining', 'EXPIRED', 'out of money'")].map((t) => document.body.textContent.includes(t)).join(' ')"
		check "no word of it is missing ($l)" is '' "trouble(); return [...document.querySelectorAll('main *')].filter((e) => !e.children.length && /^(st|se|i|l|c|m|o|n|r|p|v)\\.[a-z_]/.test(e.textContent)).map((e) => e.textContent).join(' ')"
		size 1280 900 false
	done
	cdp Emulation.setEmulatedMedia '{"features":[]}' >/dev/null
	wd POST "/session/$session/se/log" '{"type":"browser"}' >"$dir/console"
	check "the console has no complaint" perl -MJSON::PP -0777 -ne 'my @bad = grep { $_->{level} eq "SEVERE" && $_->{message} !~ /401 \(Unauthorized\)/ } @{decode_json($_)->{value}}; print $_->{message}, "\n" for @bad; exit @bad > 0' "$dir/console"
	wd POST "/session/$session/se/log" '{"type":"performance"}' >"$dir/network"
	check "nothing is asked of anybody else" perl -MJSON::PP -0777 -ne 'my %to; for (@{decode_json($_)->{value}}) { my $m = JSON::PP->new->decode($_->{message})->{message}; $to{$1}++ if $m->{method} eq "Network.requestWillBeSent" && $m->{params}{request}{url} =~ m{^(\w+://[^/]*)}; } print join(" ", %to), "\n"; exit !(join(" ", grep { !m{^chrome:} } keys %to) eq "'"$admin"'")' "$dir/network"
	js 'document.querySelector("form[action=\"/logout\"] button").click()' >/dev/null
	check "signing out takes the page away" is token 'return (document.getElementById("token") || {}).id'
}
if installed chromedriver && installed chromium; then browse; else
	skip 76 "chromium and chromium-driver are not installed: the page was not looked at in a browser"
fi
kill -TERM "$pid" && wait "$pid"
pid=""

# ---- the runbook, word for word, with the paths of an installed gateway in a mount namespace of its own ----

commands=$(awk '/^```sh$/ {inside = 1; next} /^```$/ {inside = 0} inside' systemd/runbook/*.md | sort -u)
mkdir -p "$dir/bin" "$dir/t"
ln -s "$build/vneppd" "$build/vnepp" "$dir/bin/"
# In place of systemd: what the unit would do.
cat >"$dir/bin/systemctl" <<END
#!/bin/bash
case \$1 in
status) kill -0 \$(cat $dir/pid) ;;
reload) kill -HUP \$(cat $dir/pid); sleep 0.3; kill -0 \$(cat $dir/pid) ;;
restart)
	kill -TERM \$(cat $dir/pid)
	while kill -0 \$(cat $dir/pid) 2>/dev/null; do sleep 0.05; done
	$dir/bin/start ;;
*) exit 2 ;;
esac
END
cat >"$dir/bin/start" <<END
#!/bin/bash
setsid $build/vneppd --config /etc/vnepp/vneppd.yaml >>$dir/book.log 2>&1 &
echo \$! >$dir/pid
for _ in \$(seq 200); do
	curl -sf --unix-socket /run/vnepp/admin.sock http://localhost/readyz >/dev/null && exit 0
	sleep 0.05
done
exit 1
END
cat >"$dir/bin/journalctl" <<END
#!/bin/bash
[ "\$1 \$2" = "-u vneppd" ] && tail -n 5 $dir/book.log
END
cat >"$dir/book" <<END
mount -t tmpfs tmpfs "$dir/t" && mkdir "$dir/t/up" "$dir/t/work" &&
	mount -t overlay overlay -o "lowerdir=/etc,upperdir=$dir/t/up,workdir=$dir/t/work" /etc &&
	mount -t tmpfs tmpfs /var/lib && mount -t tmpfs tmpfs /run || exit 77
export PATH=$dir/bin:\$PATH
mkdir -p /etc/vnepp/tls /etc/vnepp/secrets /var/lib/vnepp /run/vnepp
cp -r "$dir/certs" "$dir/pw" "$dir/partners.yaml" "$dir/limits.yaml" "$dir/book.yaml" /etc/vnepp && mv /etc/vnepp/book.yaml /etc/vnepp/vneppd.yaml
start || exit 1
curl -sf --unix-socket /run/vnepp/admin.sock http://localhost/status.json >"$dir/local.json" || exit 1
while read -r c; do
	bash -c "\$c" >"$dir/cmd.out" 2>&1 </dev/null && [ -s "$dir/cmd.out" -o "\${c%% *}" = systemctl ] && echo "good \$c" || { echo "BAD \$c"; cat "$dir/cmd.out"; }
done <"$dir/commands" >"$dir/book.out" 2>&1
kill -TERM \$(cat "$dir/pid")
END
chmod +x "$dir/bin/systemctl" "$dir/bin/start" "$dir/bin/journalctl"
echo "$commands" >"$dir/commands"
config /var/lib/vnepp/vnepp.db /run/vnepp/control.sock /run/vnepp/admin.sock '' >"$dir/book.yaml"
if [ "$(id -u)" -eq 0 ]; then unshare=(unshare -m); else unshare=(unshare -rm); fi
"${unshare[@]}" bash "$dir/book" >"$dir/said" 2>&1
case $? in
77 | 1) if [ -s "$dir/book.log" ]; then check "the gateway of the runbook starts: $(tail -n 2 "$dir/book.log")" false; else
	skip "$(echo "$commands" | wc -l)" "no mount namespace with an overlay: the runbook's commands were not run ($(tail -n 1 "$dir/said"))"
fi ;;
*)
	check "over a Unix socket the kernel says who asks" grep -q '"instance":"test"' "$dir/local.json"
	while IFS= read -r c; do
		check "runbook: $c" grep -qxF "good $c" "$dir/book.out"
	done <"$dir/commands"
	grep -A 5 '^BAD' "$dir/book.out"
	;;
esac

finish
