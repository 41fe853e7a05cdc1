#!/usr/bin/env bash
# The operator's hand on a running daemon: pause and resume, what they refuse, and a restart in between.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh

send() { paid_lines "$2" "$3" | submit "$1" - >/dev/null; } # PARTNER FROM TO
is_done() { fetch "$1" "/v1/batches/$2" | grep -q "\"done\":$3"; }
claimed() { vnepp status --json && grep -q "\"claimed\": $1\b" "$dir/out"; }

make_certificates
start_registry --account anphat:testpw12,balance=60000000 --low-balance-vnd 1000000
{ config_top "limits: limits.yaml"; config_registry "poll: 100ms" "low_balance_marks: [low account balance]"; } >"$dir/vneppd.yaml"
config_partners anphat hoasen >"$dir/partners.yaml"
cat >"$dir/limits.yaml" <<END
registries: {sim: {commands_per_second: {max: 5000, reason: "the contract"}, classes_per_second: {create: {max: 1, shadow: true}}, sessions: {max: 3, reason: "annex 2"}, window: {max: 1, shadow: true}}}
partners: {default: {lines_per_second: 1000, burst: 100000, lines_per_day: 100000, uploads: 4, max_queued: 50000}}
quotas:
  - {name: com-names, zone: com.vn, period: month, counts: names, max: 1000}
END
start

check "a pause of nothing is refused" says "say what" pause
check "… of an unknown partner, too" says "no such partner" pause --partner nobody
check "… of an unknown registry" says "no such registry" pause --registry nowhere
check "… of an unknown account" says "no such registry or account" pause --account sim/nobody
check "… of an unknown lane" says "the lanes are" pause --lane slow
check "… of a zone that nobody serves" says "no registry serves this zone" pause --zone example
check "… of a grant that no rule has" says "no such grant" pause --grant nothing
check "resuming what is not paused is refused" says "nothing is paused under exactly" resume --partner anphat
check "a partner is paused" vnepp pause --partner anphat --why "wrong file"
check "… and the answer shows it" grep -q "wrong file" "$dir/out"
check "… and status, among what needs attention" bash -c "'$build/vnepp' status --socket '$dir/control.sock' | grep -qE '^ +pauses +1 in force'"
send anphat 1 20
send hoasen 21 40
check "the other partner's items are done" wait_for is_done hoasen 2 20
check "nothing of the paused one's was claimed" claimed 20
held() { # ITEM STATE HELD_BY
	vnepp item "$1" --json && grep -q "\"state\": \"$2\"" "$dir/out" && grep -q "\"held_by\": \"$3\"" "$dir/out"
}
row() { # COMMAND LIMIT MEMBER VALUE: of the JSON's entry
	vnepp "$1" --json && tr -d '\n' <"$dir/out" | grep -o '{[^{}]*}' | grep "\"$2\"" | grep -qE "\"$3\": *$4( |,|\})"
}
check "limits: the registry's, with its reason" row limits commands_per_second reason '"the contract"'
check "… what a shadow would have stopped" row limits create_per_second over '[1-9][0-9]*'
check "… an account's sessions" row limits sessions max 3
check "… with their reason" row limits sessions reason '"annex 2"'
check "… how often its window in shadow was exceeded" row limits window over '[1-9][0-9]*'
logged_in() { # SESSIONS: so many and no more, each with a window of WINDOW
	vnepp sessions --json && [ "$(grep -c '"state": "ready"' "$dir/out")" = "$1" ] && [ "$(grep -c "\"window\": $2" "$dir/out")" = "$1" ]
}
check "as many as that are logged in" wait_for logged_in 3 8
sed -i 's/sessions: {max: 3, reason: "annex 2"}, window: {max: 1, shadow: true}/sessions: {max: 2, reason: "annex 3"}, window: 4/' "$dir/limits.yaml"
check "both may be changed" vnepp reload
check "… and the sessions are" wait_for logged_in 2 4
check "… with what is shown" row limits sessions reason '"annex 3"'
check "… the partner's day" row limits lines_per_day used 20
check "… the programme's" row limits com-names used 40
check "… for people" bash -c "'$build/vnepp' limits --socket '$dir/control.sock' | grep -q 'com-names'"
check "queue: what waits, and that it is paused" row queue create state '"paused"'
check "an item that waits says for what" held 1 queued pause
check "one that has ended says so" held 21 done nothing
check "the partner is told the same" bash -c "$(declare -f fetch); dir=$dir port=$port; fetch anphat /v1/items/r1 | grep -q '\"held\":{\"by\":\"pause\",\"until\":null,\"who\":\"operator\"'"
check "… and of what has ended nothing" bash -c "$(declare -f fetch); dir=$dir port=$port; fetch hoasen /v1/items/r21 | grep -q '\"held\":null'"
check "an item that is not there is said" says "no such item" item 4711
check "what is no number is usage" says "is not the number" item x1
kill -TERM $pid
wait $pid
# A damaged row is what a person has to look at: items 1 to 3 cannot be read any more.
sqlite3 "$dir/vnepp.db" "UPDATE item SET payload = x'00' WHERE id <= 3"
start
check "a restart does not resume" wait_for grep -q 'event=pause.kept' "$dir/d.log"
check "… and status tells" bash -c "'$build/vnepp' status --socket '$dir/control.sock' | grep -q 'wrong file'"
check "nothing was claimed after it" claimed 0
check "resume under the same name" vnepp resume --partner anphat
check "everything is done then, but what needs a person" wait_for is_done anphat 1 17
check "… and says so" wait_for held 1 needs_human doubt
check "a decision needs a reason" says "say why" item 1 resolve failed
check "… and one of three outcomes" says "done, failed or retry" item 1 resolve maybe --why x
check "… and done needs a date" says "needs --expires" item 1 resolve done --why x
check "… a real one" says "a date (YYYY-MM-DD)" item 1 resolve done --why x --expires 2026-02-30
check "what has ended is not decided again" says "only an item in needs_human" item 21 resolve failed --why x
check "what is not there, neither" says "no such item" item 4711 resolve failed --why x
check "it was not done" vnepp item 1 resolve failed --why "not at the registry"
check "… and that is its end" held 1 failed nothing
check "… with the reason kept" bash -c "grep -q 'not at the registry' '$dir/out'"
check "it was done" vnepp item 2 resolve done --why "seen there" --created 2026-11-20 --expires 2027-11-20
check "… and the partner sees it" is_done anphat 1 18
check "send it again" vnepp item 3 resolve retry --why "try again"
check "… it comes back, because it is still damaged" wait_for grep -q 'event=item.resolved.*item=3' "$dir/d.log"
check "… to a person" wait_for held 3 needs_human doubt
check "pausing everything" vnepp pause --all --why night
check "… twice is once" vnepp pause --all
check "… and resuming it" vnepp resume
send anphat 41 45
check "goes on" wait_for is_done anphat 3 5

# One zone, one grant: the rest goes on, over a restart, too.
person() { # NUMBER NAME: a citizen's free name
	printf '{"ref":"z%d","op":"create","domain":"%s","period":2,"if_not_free":"refuse","applicant":{"kind":"citizen","name":"Nguyễn Văn A","citizenship":"VN","birth_date":"2004-05-06","gender":"male","id_number":"0682040%05d","phone":"+84.281234567","email":"a@example.vn",' "$1" "$2" "$1"
	printf '"address":{"street":"1 Lê Lợi","ward":"Bến Thành","province":"79","province_list":"2025-07-01","country":"VN"}},"evidence":[{"type":"ekyc","issuer":"VNPT","reference":"K-1","date":"2026-11-18","result":"confirmed"}],"ns":[{"name":"ns1.example.vn"}]}\n'
}
items_of() { ask "$1" "/v1/batches/$2/items" >/dev/null && grep -q "\"ref\":\"$3\"[^}]*\"state\":\"$4\"" "$dir/out"; }
check "a zone is paused" vnepp pause --zone id.vn --why "a rule in doubt"
for i in 1 2 3; do person $i nguoi-$i.id.vn; done >"$dir/mixed"
paid_lines 51 55 >>"$dir/mixed"
submit anphat "$dir/mixed" >/dev/null
check "what is in other zones goes on" wait_for is_done anphat 4 5
check "… what is in this one waits" items_of anphat 4 z1 queued
check "… and an operator sees for what" bash -c "$(declare -f fetch); dir=$dir port=$port; fetch anphat /v1/items/z1 | grep -q 'its zone or its grant is paused'"
kill -TERM $pid
wait $pid
start
check "… after a restart, too" bash -c "sleep 1; $(declare -f fetch); dir=$dir port=$port; fetch anphat /v1/items/z1 | grep -q '\"state\":\"queued\"'"
check "resumed by its name" vnepp resume --zone id.vn
check "it goes on" wait_for is_done anphat 4 8
check "a grant is paused" vnepp pause --grant youth-id
for i in 4 5; do person $i nguoi-$i.id.vn; done >"$dir/mixed"
paid_lines 56 58 >>"$dir/mixed"
submit anphat "$dir/mixed" >/dev/null
check "what another decision covers goes on" wait_for is_done anphat 5 3
check "… what has this grant waits" items_of anphat 5 z4 queued
check "lifting everything" vnepp resume
check "… lets it go" wait_for is_done anphat 5 5

# The deposit: what 50 names cost is gone, and the registry says so in its queue.
money() { # MEMBER VALUE: of the account, in status
	vnepp status --json && grep -q "\"$1\": \"$2\"" "$dir/out"
}
check "money is there" money money ok
send anphat 100 400
check "it runs out, and the log says so" wait_for grep -q 'event=account.billing' "$dir/d.log"
check "… and status" money money out
check "… as something that needs attention" bash -c "'$build/vnepp' status --socket '$dir/control.sock' | grep -q 'out of money: what costs waits'"
check "a message has paused what costs" wait_for grep -q 'event=poll.message.*kind=balance' "$dir/d.log"
check "… and status lists it" bash -c "'$build/vnepp' status --socket '$dir/control.sock' | grep -q 'deposit runs low'"
check "the message waits for a person" bash -c "'$build/vnepp' messages --socket '$dir/control.sock' | grep -q balance"
check "… and is shown as it came" bash -c "'$build/vnepp' message 1 --socket '$dir/control.sock' | grep -qi 'low account balance'"
last_item() { sqlite3 "$dir/vnepp.db" "SELECT max(id) FROM item"; }
check "an item says that it waits for money" held "$(last_item)" queued pause
check "done needs a reason" says "say why" message 1 done
check "… and takes it off the list" vnepp message 1 done --why "topped up"
check "… where it is no more" bash -c "! '$build/vnepp' messages --socket '$dir/control.sock' | grep -q balance"
check "… but among all" bash -c "'$build/vnepp' messages --all --socket '$dir/control.sock' | grep -q balance"
check "twice is refused" says "no message of this number" message 1 done --why x
check "what is not there is said" says "no such message" message 99
check "a word that is none is usage" says "nothing that can be said" message 1 undone
check "what costs goes on by name" vnepp resume --account sim/anphat --paid
check "… and the item says for what it waits then" held "$(last_item)" queued money
finish
