#!/usr/bin/env bash
# What waits: for a person's decision, for evidence; on a running daemon, over its control socket and its HTTPS API.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh

citizen() { # REF NAME NUMBER EVIDENCE
	printf '{"ref":"%s","op":"create","domain":"%s.id.vn","period":2,"if_not_free":"refuse","applicant":{"kind":"citizen",' "$1" "$2"
	printf '"name":"Nguyễn Văn A","citizenship":"VN","birth_date":"2004-05-06","gender":"male","id_number":"%s",' "$3"
	printf '"phone":"+84.912345678","email":"a@example.vn","address":{"street":"1 Lê Lợi","ward":"Bến Thành","province":"79",'
	printf '"province_list":"2025-07-01","country":"VN"}},"evidence":[%s]}\n' "$4"
}
ekyc() { printf '{"type":"ekyc","issuer":"x","reference":"%s","date":"2026-11-18","result":"%s"}' "$1" "$2"; }
state_is() { fetch anphat "/v1/items/$1" >"$dir/out" && has "\"state\":\"$2\""; }

make_certificates
start_registry --account anphat:testpw12
{ config_top "limits: limits.yaml"; config_registry "poll: 100ms"; } >"$dir/vneppd.yaml"
config_partners anphat hoasen >"$dir/partners.yaml"
cat >"$dir/limits.yaml" <<END
registries: {sim: {commands_per_second: {max: 5000}}}
partners: {default: {lines_per_second: 1000, burst: 100000, lines_per_day: 100000, uploads: 4, max_queued: 50000}}
END
start

{
	citizen v1 review-1 079204000001 "$(ekyc K-1 contradicted)"
	citizen v2 review-2 079204000002 "$(ekyc K-2 contradicted),$(ekyc K-2b confirmed)"
	citizen v3 review-3 079204000003 "$(ekyc K-3 contradicted),$(ekyc K-3b confirmed)"
	citizen v4 review-4 079204000004 "$(ekyc K-4 contradicted),$(ekyc K-4b confirmed)"
	citizen w1 waiting-1 079204000011 ""
	citizen w2 waiting-2 079204000012 ""
} | submit anphat - >/dev/null
check "four applications wait for a person" vnepp review list --json
check "… each with the day on which its waiting ends" bash -c "[ \$(grep -c '\"expires\": \"2026-12-20T09:00' '$dir/out') = 4 ]"
check "… for people, too" bash -c "'$build/vnepp' review list --socket '$dir/control.sock' | grep -q 'review-2.id.vn.*EVIDENCE_CONTRADICTED'"
check "the partner is told until when" bash -c "$(declare -f fetch has state_is); dir=$dir port=$port; state_is v2 review && has '\"held\":{\"by\":\"review\",\"until\":\"2026-12-20'"
check "one is shown" vnepp review show 2 --json
check "… with its reason in words" bash -c "grep -q '\"vi\": \"[^\"]' '$dir/out' && grep -q '\"en\": \"[^\"]' '$dir/out'"
check "… the evidence" has K-2b
check "… and no more of a number than its end" bash -c "grep -q '\*\*\*\*\*\*\*\*0002' '$dir/out' && ! grep -q 079204000002 '$dir/out'"
check "an item that is not there is said" says "no such item" review show 4711
check "a decision needs a reason" says "say why" review approve 2
check "an approval queues it" vnepp review approve 2 --why "compared with the card" --json
check "… and says so" has '"state": "queued"'
check "… and it is registered" wait_for state_is v2 done
check "… the decision shows the exception" has APPROVED_BY_PERSON
check "… who, when and why are kept" bash -c "'$build/vnepp' review show 2 --json --socket '$dir/control.sock' | tr -d '\n' | grep -q '\"decision\": \"approved\".*\"by\": \"$(id -un)\".*compared with the card'"
check "… and are in the log" grep -q "event=review.decided.*by=$(id -un)" "$dir/d.log"
check "nobody decides it twice" says "does not wait for a person" review approve 2 --why x
check "a refusal ends it" vnepp review refuse 3 --why "the card is another person's"
check "… with the person's words" bash -c "$(declare -f fetch has state_is); dir=$dir port=$port; state_is v3 refused && has 'another person' && has REVIEW_REFUSED"
check "what the partner must add is no person's to decide" says "does not wait for a person" review approve 5 --why x

# ---- evidence that comes later
add() { # PARTNER REF JSON [OPTIONS]: the answer's status line is last
	printf '%s' "$3" | fetch "$1" "/v1/items/$2/evidence" -w '\n%{http_code}\n' -H 'Content-Type: application/json' --data-binary @- "${@:4}" >"$dir/out"
}
code() { [ "$(tail -n 1 "$dir/out")" = "$1" ]; }
add anphat w1 '{"type":"ekyc","result":"perhaps"}'
check "bad evidence: 422" code 422
check "… with the place and what is expected" has '"column":25,"field":"evidence\[0\].result","reason":"NOT_ONE_OF"'
add anphat w1 '[{"typ":"ekyc"},{"type":'
check "… and every error of it" bash -c "grep -q UNKNOWN_MEMBER '$dir/out' && grep -q SYNTAX '$dir/out'"
add anphat nobody "$(ekyc K-11 confirmed)"
check "an unknown ref: 404" code 404
add hoasen w1 "$(ekyc K-11 confirmed)"
check "another partner's: 404" code 404
fetch anphat /v1/items/w1/evidence -w '\n%{http_code}\n' -H 'Content-Type: text/plain' -d x >"$dir/out"
check "another media type: 415" code 415
add anphat w1 "$(ekyc K-11 confirmed)"
check "evidence: 200" code 200
check "… and the item's result, decided again" bash -c "grep -q '\"ref\":\"w1\"' '$dir/out' && grep -q '\"stage\":\"again\",\"outcome\":\"grant\"' '$dir/out'"
check "… it is registered" wait_for state_is w1 done
add anphat w1 "$(ekyc K-11 confirmed)"
check "the same again: 200, and nothing changes" bash -c "tail -n 1 '$dir/out' | grep -q 200 && grep -q '\"state\":\"done\"' '$dir/out'"
add anphat w1 "$(ekyc K-12 confirmed)"
check "more when it waits for nothing: 409" code 409
check "… with its state" has '"state":"done"'
ekyc K-21 confirmed >"$dir/paper.json"
api=(--url "https://localhost:$port" --cert "$dir/certs/anphat.pem" --key "$dir/certs/anphat.key" --ca "$dir/certs/ca.pem")
check "the command line adds it, too" "$build/vnepp" evidence add w2 "$dir/paper.json" "${api[@]}"
check "… and it is registered" wait_for state_is w2 done
check "… a refusal is told" bash -c "! '$build/vnepp' evidence add w3 '$dir/paper.json' ${api[*]} 2>'$dir/out' && grep -q 'no item with this ref' '$dir/out'"
check "… what was added is shown to a person" bash -c "'$build/vnepp' review show 6 --socket '$dir/control.sock' | grep -q K-21"

# ---- a department's list
enterprise() { # REF NAME CODE
	printf '{"ref":"%s","op":"create","domain":"%s.biz.vn","period":2,"if_not_free":"refuse","applicant":{"kind":"enterprise",' "$1" "$2"
	printf '"name":"Công ty %s","tax_code":"%s","founded_on":"2026-05-01","phone":"+84.912345678","email":"a@example.vn",' "$2" "$3"
	printf '"address":{"street":"1 Lê Lợi","ward":"Bến Thành","province":"79","province_list":"2025-07-01","country":"VN"}}}\n'
}
enterprises() { # FIRST LAST: of the codes below
	local codes=(0 0199999007 0199999014 0199999021 0199999039) i
	for i in $(seq "$1" "$2"); do enterprise "e$i" "company-$i" "${codes[$i]}"; done |
		submit anphat - >/dev/null
}
import=(evidence import "$dir/list.csv" --issuer "Sở Tài chính" --date 2026-11-19)
enterprises 1 2
check "an enterprise without a paper waits" state_is e1 waiting
printf 'name,tax_code,founded_on\nA,0199999007,2026-05-01\nB,0199999008,2026-13-01\nC,0199999007,2026-05-01\n' >"$dir/list.csv"
check "a bad list is refused" bash -c "! '$build/vnepp' ${import[0]} ${import[1]} '$dir/list.csv' --issuer x --date 2026-11-19 --socket '$dir/control.sock' >'$dir/out' 2>&1"
check "… with every error and its place" bash -c "grep -q 'list.csv:3:3: error: number' '$dir/out' && grep -q 'list.csv:3:14: error: date' '$dir/out' && grep -q 'list.csv:4:3: error: number: line 2' '$dir/out' && grep -q 'nothing was imported' '$dir/out'"
printf 'name,tax_code,founded_on\nA,0199999007,2026-05-01\nC,0199999021,2026-05-01\nD,0199999039,2019-05-01\n' >"$dir/list.csv"
check "a list needs an issuer and a date" says "say who has issued" evidence import "$dir/list.csv" --issuer x
check "a list of tomorrow is refused" says "today at the latest" evidence import "$dir/list.csv" --issuer x --date 2026-11-21
check "a type that no rule counts is refused" says "no rule counts evidence of type 'gossip'" "${import[@]}" --type gossip
check "a preview" vnepp "${import[@]}" --preview
check "… says what would be added" has "3 entries: 3 new, 0 with another date than before, 0 known already"
check "… and what would become of what waits" bash -c "grep -q '1 applications that wait would be decided again: 1 would be sent' '$dir/out' && grep -q 'company-1.biz.vn.*waiting.*queued.*OK' '$dir/out'"
check "… and changes nothing" bash -c "$(declare -f fetch has state_is); dir=$dir port=$port; state_is e1 waiting && '$build/vnepp' evidence list --json --socket '$dir/control.sock' | tr -d '\n ' | grep -q '\"lists\":\[\]'"
check "an import" vnepp "${import[@]}" --json
check "… decides what waited" has '"decided": 1'
check "… and it is registered" wait_for state_is e1 done
check "… the decision names the list and the line" has '"line":2,"date":"2026-11-19","result":"confirmed"'
check "… another one still waits" state_is e2 waiting
enterprises 3 4
check "who is on the list needs no paper" wait_for state_is e3 done
check "who declares another date goes to a person" state_is e4 review
check "… and is told why" has EVIDENCE_CONTRADICTED
list=$("$build/vnepp" evidence list --json --socket "$dir/control.sock" | grep -o '"list": [0-9]*' | grep -o '[0-9]*')
check "the list is told, with its file's checksum and who brought it in" bash -c "'$build/vnepp' evidence list --json --socket '$dir/control.sock' | tr -d '\n' | grep -q \"\\\"by\\\": \\\"$(id -un)\\\".*$(sha256sum "$dir/list.csv" | cut -c1-64)\""
check "… the log has it" grep -q "event=evidence.imported.*rows=3.*by=$(id -un)" "$dir/d.log"
check "no number is stored" bash -c "! sqlite3 '$dir/vnepp.db' 'SELECT hex(key) FROM list_row; SELECT * FROM list' | grep -q 0199999021"
check "an import again says what is known" bash -c "'$build/vnepp' evidence import '$dir/list.csv' --issuer x --date 2026-11-19 --preview --socket '$dir/control.sock' | grep -q '0 new, 0 with another date than before, 3 known already'"
check "undoing needs a reason" says "say why" evidence undo "$list"
check "undoing" vnepp evidence undo "$list" --why "the wrong file"
check "… what it contradicted is not contradicted any more" wait_for state_is e4 waiting
check "… twice is refused" says "was undone before" evidence undo "$list" --why x
check "… a list that is not there" says "there is no list" evidence undo 4711 --why x

kill -TERM $pid
wait $pid
sqlite3 "$dir/vnepp.db" "UPDATE held SET since = since - 31 * 86400000 WHERE item = 4; DELETE FROM domain WHERE name = 'review-2.id.vn'"
start
check "what nobody decides expires" wait_for state_is v4 refused
check "… with its reason, in Vietnamese and English" bash -c "$(declare -f has); dir=$dir; has REVIEW_EXPIRED && has 'quá thời hạn' && has 'closed undecided'"
check "… and it is in the log" grep -q "event=review.expired" "$dir/d.log"
check "what waits for the partner does not expire" bash -c "$(declare -f fetch has state_is); dir=$dir port=$port; state_is w2 waiting || state_is w2 done"

# ---- renewals of names without history
for name in review-2 nobody-knows; do
	printf '{"ref":"renew-%s","op":"renew","domain":"%s.id.vn","cur_exp_date":"2028-11-21","period":1,"if_not_free":"refuse"}\n' $name $name
done | submit anphat - >/dev/null
number() { fetch anphat "/v1/batches" >/dev/null; vnepp review list --json && tr -d '\n' <"$dir/out" | grep -o '{[^{}]*}' | grep "$1" | grep -o '"item": [0-9]*' | grep -o '[0-9]*'; }
known=$(number renew-review-2) unknown=$(number renew-nobody-knows)
registry_says() { vnepp review show "$1" && grep -q "registry_says.*$2" "$dir/out"; }
check "a renewal without history waits for a person" state_is renew-review-2 review
check "… and the person sees what the registry says" wait_for registry_says "$known" "sponsor anphat (this account), registrant VN.*created.*expires"
check "… or that it does not know the name" wait_for registry_says "$unknown" "does not know the name"
check "… which changes nothing by itself" state_is renew-review-2 review
check "approved, it is still not free: nothing says so" vnepp review approve "$known" --why "seen at the registry" --json
check "… and the answer says why" bash -c "grep -q '\"state\": \"refused\"' '$dir/out' && grep -q LEDGER_UNKNOWN '$dir/out' && grep -q 'still refused' '$dir/out'"
check "an item shows until when it is free" bash -c "'$build/vnepp' item 5 --json --socket '$dir/control.sock' | grep -q '\"eligible_until\": \"2026-12-31\"'"
finish
