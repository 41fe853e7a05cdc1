#!/usr/bin/env bash
# Fifty and more planted secrets and identity numbers: passwords, keys, tokens, citizens' and tax numbers go through the real
# daemon at its most talkative, through good lines and bad ones, messages of the registry, reviews, lists, reloads that fail,
# a trace and a crash, and through vnepp-webhookd. None of them may appear in what anybody but their owner reads, nor in what
# partners are told of their items, nor in the parts of a backup that are no item.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh
hooks="" receiver=""
trap 'kill $hooks $receiver 2>/dev/null; clean_up' EXIT

start() { # what it says goes into $seen; a core file would lie in $dir/run
	rm -f "$dir/ports"
	(cd "$dir/run" && ulimit -c unlimited && exec "$build/vneppd" --config "$dir/vneppd.yaml" --ports-file "$dir/ports" >>"$seen/stderr.$1" 2>&1) &
	pid=$!
	wait_for test -s "$dir/ports"
	port=$(sed -n 's/^api=//p' "$dir/ports")
	web=$(sed -n 's/^admin=//p' "$dir/ports")
}
vnepp() { # NAME COMMAND...: what it prints is seen by operators
	local name=$1
	shift
	timeout 30 "$build/vnepp" "$@" --socket "$dir/control.sock" >>"$seen/control.$name" 2>&1
}
admin() { # PATH [CURL OPTION...]
	curl -s --max-time 3 -H "Authorization: Bearer $(cat "$dir/token")" "http://127.0.0.1:$web$1" "${@:2}" >>"$seen/web" 2>&1
}

# ---- what is planted ----
seen=$dir/seen
mkdir "$seen" "$dir/run"
make_certificates
plant() { printf '%s\n' "$@" >>"$dir/planted"; }
old=Pw-old-7fK2q new=Pw-new-9xZ4w wrong=Pw-bad-3mT8v token=Tk-5c1e9a77d0b34f26a8 stale=Tk-stale-88aa01b2c3d4
signing=$(openssl rand -base64 32) mistyped=Mistyped-4d1e88c0aa3b
for s in "$old" "$new" "$wrong" "$token" "$stale" "$signing" "$mistyped"; do plant "$s"; done
for k in api gateway anphat ca; do # the middle of each private key
	plant "$(grep -v -- - "$dir/certs/$k.key" | sed -n 2p)"
done
perl -Mutf8 -e '
	use strict; use warnings; binmode STDOUT, ":utf8"; binmode STDERR, ":utf8";
	my ($planted) = @ARGV; open my $p, ">>", $planted or die;
	my $address = q({"street":"1 Lê Lợi","ward":"Xuân Hương","province":"68","province_list":"2025-07-01","country":"VN"});
	my $contact = qq("phone":"+84.281234567","email":"a\@example.vn","address":$address);
	my $evidence = q("evidence":[{"type":"ekyc","issuer":"VNPT","reference":"K-1","date":"2026-11-18","result":"confirmed"}]);
	for my $i (1 .. 18) { # citizens: some granted, some without evidence, one of another age
		my $id = sprintf "0682040%05d", 71230 + 37 * $i; print $p "$id\n";
		my $birth = $i % 6 == 5 ? "1990-05-06" : "2004-05-06";
		my $with = $i % 5 == 4 ? "" : "$evidence,";
		print qq({"ref":"c$i","op":"create","domain":"nguoi-$i.id.vn","period":2,"applicant":{"kind":"citizen","name":"Nguyễn Văn A","citizenship":"VN","birth_date":"$birth","gender":"male","id_number":"$id",$contact},$with"ns":[{"name":"ns1.example.vn"}],"if_not_free":"refuse"}\n);
	}
	for my $i (1 .. 12) { # enterprises
		my $tax = sprintf "031%07d", 4402917 + 1013 * $i; print $p "$tax\n";
		my $who = sprintf "0790850%05d", 55012 + 41 * $i; print $p "$who\n";
		print qq({"ref":"e$i","op":"create","domain":"cty-$i.biz.vn","period":2,"applicant":{"kind":"enterprise","name":"Công ty $i","tax_code":"$tax","founded_on":"2026-06-01",$contact,"representative":{"name":"Trần B","position":"Giám đốc","id_number":"$who"}},$evidence,"ns":[{"name":"ns1.example.vn"}],"if_not_free":"refuse"}\n);
	}
	for my $i (1 .. 6) { # household businesses: most wait for a person or a list
		my $no = sprintf "41A80%05d", 62801 + 59 * $i; print $p "$no\n";
		print qq({"ref":"h$i","op":"create","domain":"ho-$i.biz.vn","period":2,"applicant":{"kind":"household_business","name":"Hộ $i","registration_number":"$no","registered_on":"2026-03-01",$contact},"ns":[{"name":"ns1.example.vn"}],"if_not_free":"refuse"}\n);
	}
	# one that costs, so that the deposit runs low and the registry says so
	print qq({"ref":"p1","op":"create","domain":"tra-tien.com.vn","period":1,"if_not_free":"charge","max_fee_vnd":900000,"applicant":{"kind":"other","name":"Ban Tổ chức",$contact}}\n);
' "$dir/planted" >"$dir/good.ndjson"
# Where it does not belong: a number as a name's field, in a broken line, with a wrong length.
stray=079088812345 half=068204099887
plant $stray $half 068204077665
{
	printf '{"ref":"b1","op":"create","domain":"sai.id.vn","period":"%s","applicant":{"kind":"citizen","id_number":"%s0"}}\n' $stray $stray
	printf '{"ref":"b2","op":"create","domain":"sai-2.id.vn","period":2,"applicant":{"kind":"citizen","id_number":"%s"\n' $half
	printf '{"ref":"b3","op":"nonsense","domain":"sai-3.id.vn","applicant":{"kind":"citizen","id_number":"068204077665"}}\n'
} >"$dir/bad.ndjson"
listed=41A8099001
plant $listed
printf 'number,date\n%s,2026-03-01\n' $listed >"$dir/list.csv"
imported=068204055443
plant $imported
echo "{\"domain\":\"cu.id.vn\",\"partner\":\"anphat\",\"expires\":\"2027-01-01\",\"grant_from\":\"2026-01-01\",\"subject\":{\"kind\":\"citizen\",\"id_number\":\"$imported\"}}" >"$dir/ledger.ndjson"
check "fifty are planted, and more" test "$(sort -u "$dir/planted" | wc -l)" -ge 50

# ---- the run ----
echo $old >"$dir/pw"
echo $token >"$dir/token"
chmod 600 "$dir/pw" "$dir/token"
start_registry --account anphat:$old,balance=60000000 --low-balance-vnd 59999999 --contact known,anphat --ledger "$dir/ledger.out" --ledger-mode all
configure() { # FORMAT EXTRA-OF-ACCOUNT
	{
		config_top "admin: {control_socket: $dir/control.sock, feed_socket: $dir/feed.sock, listen: \"127.0.0.1:0\", token_file: token}" "log: {format: $1, level: debug}"
		ACCOUNT=$2 config_registry "poll: 100ms" "settle: 1s" "low_balance_marks: [low account balance]"
	} >"$dir/vneppd.yaml"
}
config_partners anphat >"$dir/partners.yaml"
looks() { # everything that shows anything
	local c
	vnepp item item
	for c in status sessions partners limits queue messages certs store errors config version "policy status" "policy kept" "evidence list" "review list"; do
		# shellcheck disable=SC2086
		vnepp tables $c
		# shellcheck disable=SC2086
		vnepp json $c --json
	done
	for c in $(seq 1 40); do vnepp item item "$c" --json; done
	for c in $(timeout 5 "$build/vnepp" review list --json --socket "$dir/control.sock" | sed -n 's/.*"item": \([0-9]*\).*/\1/p'); do vnepp review review show "$c"; done
	vnepp message message 1
	admin /metrics
	admin /metrics -H 'Accept: application/openmetrics-text'
	admin '/readyz?verbose'
	admin /
	admin /status.json
	admin '/history.json?step=10'
	admin /events
	curl -s -H "Authorization: Bearer $stale" "http://127.0.0.1:$web/" >>"$seen/web"
	curl -s --data "token=$stale" "http://127.0.0.1:$web/login" >>"$seen/web"
}
configure json ""
start json
wait_for vnepp ready wait --ready
(timeout 30 "$build/vnepp" trace --registry sim --seconds 6 --socket "$dir/control.sock" >"$seen/trace" 2>&1) &
tracing=$!
wait_for grep -q trace.begun "$seen/stderr.json"
fetch anphat /v1/batches -H 'Content-Type: application/x-ndjson' --data-binary @"$dir/bad.ndjson" >"$dir/answer"
check "a bad file is refused" grep -q '"status":422' "$dir/answer"
fetch anphat /v1/batches -H 'Content-Type: application/x-ndjson' --data-binary @"$dir/good.ndjson" >"$dir/answer"
check "a good one is taken" grep -q '"new":37' "$dir/answer"
sed 's/"period":2/"period":3/' "$dir/good.ndjson" | fetch anphat /v1/batches -H 'Content-Type: application/x-ndjson' --data-binary @- >"$dir/answer"
check "the same refs with other content are a conflict" grep -q REF_CONFLICT "$dir/answer"
vnepp import ledger import "$dir/ledger.ndjson"
check "the ledger of before is in" grep -qi added "$seen/control.import"
vnepp list evidence import "$dir/list.csv" --issuer "Phòng Kinh tế" --date 2026-11-19 --kind household --preview
vnepp list evidence import "$dir/list.csv" --issuer "Phòng Kinh tế" --date 2026-11-19 --kind household
check "the department's list is in" bash -c "'$build/vnepp' evidence list --socket '$dir/control.sock' | grep -q Kinh"
vnepp wait wait --idle --timeout 20
check "something was created" bash -c "'$build/vnepp' store --json --socket '$dir/control.sock' | grep -qE '\"done\": [1-9]'"
check "a message of the registry came" wait_for grep -q poll.message "$seen/stderr.json"
wait $tracing
check "the trace has seen commands" grep -q 'create' "$seen/trace"
looks
# What partners are told: results, changes, events, names, messages to their receivers. Numbers are not repeated to anybody.
fetch anphat '/v1/batches/1/items?limit=1000' >"$seen/results"
fetch anphat '/v1/batches/1/items?limit=1000' -H 'Accept: text/csv' >"$seen/results.csv"
fetch anphat '/v1/changes?after=0&limit=1000' >"$seen/changes"
fetch anphat '/v1/domains?expiring=4000d' >"$seen/domains"
fetch anphat /v1/batches/1/events --max-time 2 >"$seen/events"
fetch anphat /v1/items/c1 >"$seen/one"
curl -s --cert "$dir/certs/anphat.pem" --key "$dir/certs/anphat.key" --cacert "$dir/certs/ca.pem" --data-binary @<(head -n 1 "$dir/good.ndjson") -H 'Content-Type: application/json' "https://localhost:$port/v1/decisions" >"$seen/decision"
check "a decision is explained" grep -q '"outcome"' "$seen/decision"
cat >"$dir/receive.py" <<'END'
import sys, time
sys.path.insert(0, sys.argv[1] + "/tests/integration")
from receiver import Receiver
r = Receiver(sys.argv[2])
open(sys.argv[2] + "/hook.port", "w").write(str(r.port))
with open(sys.argv[2] + "/seen/hooks.received", "w") as out:
    n = 0
    while True:
        for s in r.all()[n:]:
            n += 1
            out.write(f"{dict(s['headers'])} {s['body'].decode()}\n")
            out.flush()
        time.sleep(0.05)
END
python3 "$dir/receive.py" "$root" "$dir" >"$dir/receive.log" 2>&1 &
receiver=$!
wait_for test -s "$dir/hook.port"
hook() { # SECRET: webhooks.yaml
	echo "$1" >"$dir/hook.secret" && chmod 600 "$dir/hook.secret"
	cat >"$dir/webhooks.yaml" <<END
feed: feed.sock
database: hooks.db
log: {format: logfmt, level: debug}
receivers:
  - {partner: anphat, url: "https://localhost:$(cat "$dir/hook.port")/hook", secrets: hook.secret, ca: certs/ca.pem, internal: true, from: beginning}
END
}
hook "whsec_$mistyped"
"$build/vnepp-webhookd" --check --config "$dir/webhooks.yaml" >"$seen/hooks.check" 2>&1
check "a signing secret that is none is refused" grep -q error "$seen/hooks.check"
hook "whsec_$signing"
(cd "$dir/run" && ulimit -c unlimited && exec "$build/vnepp-webhookd" --config "$dir/webhooks.yaml" >>"$seen/hooks.stderr" 2>&1) &
hooks=$!
all_received() { [ "$(grep -c '"state":"done"' "$seen/hooks.received")" -ge 3 ]; }
check "changes are posted to the receiver" wait_for all_received
"$build/vnepp-webhookd" --status --config "$dir/webhooks.yaml" >"$seen/hooks.status" 2>&1
"$build/vnepp-webhookd" --status --json --config "$dir/webhooks.yaml" >>"$seen/hooks.status" 2>&1
kill -SEGV $hooks
wait $hooks 2>>"$seen/shell"
check "its crash leaves no core file" bash -c "[ -z \"\$(ls -A '$dir/run')\" ]"
# A reload with a password file that is none, a key that does not fit, a password that the registry refuses.
: >"$dir/pw"
vnepp reload reload
check "a reload without a password is refused" grep -q "first line" "$seen/control.reload"
echo $wrong >"$dir/pw"
vnepp reload reload
check "a wrong password stops the account" wait_for grep -q pool.stopped "$seen/stderr.json"
echo $old >"$dir/pw"
echo $new >"$dir/pw.new" && chmod 600 "$dir/pw.new"
configure json "new_password_file: pw.new"
vnepp reload reload
check "the password is changed" wait_for grep -q account.password_changed "$seen/stderr.json"
sed -i 's/certs\/gateway.key/certs\/api.key/' "$dir/vneppd.yaml"
"$build/vneppd" --check --config "$dir/vneppd.yaml" >>"$seen/check" 2>&1
check "a key that does not fit is said" grep -qi "does not" "$seen/check"
vnepp reload reload
looks

# ---- a crash ----
kill -SEGV $pid
wait $pid 2>>"$seen/shell"
check "it crashed" test $? -gt 128
check "no core file is left" bash -c "[ -z \"\$(ls -A '$dir/run')\" ]"
echo $new >"$dir/pw"
configure logfmt ""
start logfmt
check "it comes back" wait_for grep -q session.ready "$seen/stderr.logfmt"
looks
kill -TERM $pid
wait $pid

# ---- nowhere ----
# Of the store: everything but what items, evidence and the registry's messages hold on purpose.
sqlite3 "$dir/vnepp.db" ".backup $dir/backup.db"
sqlite3 "$dir/backup.db" .schema >"$seen/store"
for t in $(sqlite3 "$dir/backup.db" "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('item', 'note', 'rules', 'sqlite_sequence')"); do
	sqlite3 "$dir/backup.db" "SELECT * FROM \"$t\"" >>"$seen/store" 2>/dev/null
done
ls -laR "$dir/vnepp.db"* "$dir/backup.db" >>"$seen/store"
sqlite3 "$dir/hooks.db" .dump >"$seen/hooks.store"
sort -u "$dir/planted" >"$dir/patterns"
for f in "$seen"/*; do
	case ${f##*/} in control.ready | control.wait) ;; *) check "${f##*/} has something in it" test -s "$f" ;; esac
	leaks=$(grep -aoFf "$dir/patterns" "$f" | sort -u | tr '\n' ' ')
	check "${f##*/} shows none of them${leaks:+ — but it has: $leaks}" test -z "$leaks"
done
# The scan is no proof if it could not find anything.
check "they went in" test "$(grep -ohFf "$dir/patterns" "$dir/good.ndjson" "$dir/bad.ndjson" "$dir/list.csv" "$dir/ledger.ndjson" "$dir"/certs/*.key | sort -u | wc -l)" -ge 45
kill -USR1 $registry
check "… and to the registry, as far as it must know" wait_for grep -q nguoi-1.id.vn "$dir/ledger.out"
check "the logs tell of it all the same" grep -q batch.admitted "$seen/stderr.json"
finish
