#!/usr/bin/env bash
# Names that are kept back: lists come, count, are replaced and undone; what partners, officials and replays see of them.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh

has_all() { for text in "$@"; do has "$text" || return 1; done; }
citizen() { # REF NAME NUMBER
	printf '{"ref":"%s","op":"create","domain":"%s","period":2,"if_not_free":"refuse","applicant":{"kind":"citizen",' "$1" "$2"
	printf '"name":"Nguyễn Văn A","citizenship":"VN","birth_date":"2004-05-06","gender":"male","id_number":"%s",' "$3"
	printf '"phone":"+84.912345678","email":"a@example.vn","address":{"street":"1 Lê Lợi","ward":"Bến Thành","province":"79",'
	printf '"province_list":"2025-07-01","country":"VN"}},"evidence":[{"type":"ekyc","issuer":"x","reference":"K","date":"2026-11-18","result":"confirmed"}]}\n'
}
send() { ask anphat "/v1/batches$1" -H 'Content-Type: application/x-ndjson' --data-binary @- >/dev/null; } # QUERY
state_is() { ask anphat "/v1/items/$1" >/dev/null && has "\"state\":\"$2\""; }

make_certificates
start_registry --account anphat:testpw12
cp -r policy/rules "$dir/rules"
{ config_top "policy: {rules: rules}" "limits: limits.yaml"; config_registry; } >"$dir/vneppd.yaml"
config_partners anphat >"$dir/partners.yaml"
cat >"$dir/limits.yaml" <<END
registries: {sim: {commands_per_second: {max: 5000}}}
partners: {default: {lines_per_second: 1000, burst: 100000, lines_per_day: 100000, uploads: 4, max_queued: 50000}}
END
start

# ---- a list comes
blocked=(names import "$dir/blocked.txt" --kind blocked --issuer "VNNIC" --date 2026-11-01)
printf '# not for anybody\nchinhphu\nbad name.vn\nxo-so.id.vn\nxo-so.id.vn\n' >"$dir/blocked.txt"
check "a bad list is refused, with the place of every error" bash -c "! '$build/vnepp' ${blocked[*]} --socket '$dir/control.sock' >'$dir/out' 2>&1 && grep -q 'blocked.txt:3:1: error: name' '$dir/out' && grep -q 'blocked.txt:5:1: error: name: line 4' '$dir/out'"
printf '# not for anybody\nchinhphu\nxo-so.id.vn\nđánh-bạc.id.vn\n' >"$dir/blocked.txt"
check "it needs an issuer and a date" says "say who has issued" names import "$dir/blocked.txt"
check "a preview" vnepp "${blocked[@]}" --preview
check "… says what would be added" has "3 entries: 3 new, 0 of another kind than before, 0 known already"
check "… and changes nothing" bash -c "'$build/vnepp' names list --json --socket '$dir/control.sock' | tr -d '\n ' | grep -q '\"lists\":\[\]'"
check "an import" vnepp "${blocked[@]}"
check "the list is told, with its checksum" bash -c "'$build/vnepp' names list --json --socket '$dir/control.sock' | tr -d '\n' | grep -q '\"kind\": \"blocked\".*$(sha256sum "$dir/blocked.txt" | cut -c1-64)'"
check "… not among the departments'" bash -c "'$build/vnepp' evidence list --json --socket '$dir/control.sock' | tr -d '\n ' | grep -q '\"lists\":\[\]'"

# ---- what it means
{
	citizen b1 xo-so.id.vn 079204000001
	citizen b2 CHINHPHU.id.vn 079204000002
	citizen b3 "đánh-bạc.id.vn" 079204000003
	citizen b4 xo-so-2.id.vn 079204000004
} >"$dir/batch"
send "?dry_run=true" <"$dir/batch"
check "a dry run says it" has_all '"refused":3' '"queued":1' 'NAME_BLOCKED' '"name_list":{"list":[0-9]*,"line":2,"kind":"blocked","match":"label","issuer":"VNNIC","date":"2026-11-01"}'
ask anphat /v1/decisions -H 'Content-Type: application/json' --data-binary "$(citizen b1 xo-so.id.vn 079204000001)" >/dev/null
check "a decision says it" has_all '"state":"refused"' 'Danh sách số [0-9]* do VNNIC ban hành ngày 01/11/2026, dòng 3\.' 'List [0-9]*, issued by VNNIC on 2026-11-01, line 3\.'
send "" <"$dir/batch"
check "a blocked name is refused" state_is b1 refused
check "… the message names the list, its issuer and date, in both languages" has_all '"reason":"NAME_BLOCKED"' 'do VNNIC ban hành ngày 01/11/2026' 'issued by VNNIC on 2026-11-01'
check "a label is, in every zone and case" state_is b2 refused
check "… and says so" has 'this label in every zone'
check "Vietnamese letters are compared as the registry has them" state_is b3 refused
check "another name goes on" wait_for state_is b4 done
check "names check" vnepp names check "Đánh-Bạc.id.vn"
check "… has the list" has_all "blocked" "VNNIC" "xn--"
check "… and of a free one, none" bash -c "'$build/vnepp' names check xo-so-2.id.vn --socket '$dir/control.sock' | grep -q 'kept *none'"
check "an official reads why" bash -c "'$build/vnepp' policy explain --item 1 --socket '$dir/control.sock' >'$dir/out' 2>&1; grep -q 'FAIL.*name-not-blocked' '$dir/out' && grep -q 'issued by VNNIC on 2026-11-01' '$dir/out'"

# ---- reserved: for somebody
printf 'name\nbenh-vien.id.vn\ntruong-hoc.id.vn\n' >"$dir/reserved.csv"
check "a list of reserved names" vnepp names import "$dir/reserved.csv" --kind reserved --issuer "Bộ KH&CN" --date 2026-11-02
old=$("$build/vnepp" names list --json --socket "$dir/control.sock" | grep -o '"list": [0-9]*' | grep -o '[0-9]*' | head -1)
{ citizen r1 benh-vien.id.vn 079204000011; citizen r2 truong-hoc.id.vn 079204000012; } | send ""
check "a reserved name goes to a person" state_is r1 review
check "… who sees the list" bash -c "'$build/vnepp' review show 5 --json --socket '$dir/control.sock' | grep -q 'Bộ KH&CN'"
check "… and approves" vnepp review approve 5 --why "it is the hospital itself"
check "… and it is registered" wait_for state_is r1 done
check "… as an exception" has APPROVED_BY_PERSON
printf 'name\nbenh-vien.id.vn\n' >"$dir/reserved.csv"
check "a new edition takes the old one's place" vnepp names import "$dir/reserved.csv" --kind reserved --issuer "Bộ KH&CN" --date 2026-11-20 --replaces "$old"
check "… and what waited because of that goes on" wait_for state_is r2 done
check "… an edition of another kind does not" says "of another kind" "${blocked[@]}" --replaces $((old + 1))

# ---- undone, and a restart between
kill -TERM $pid
wait $pid
start
check "a restart forgets nothing" bash -c "'$build/vnepp' names check xo-so.id.vn --socket '$dir/control.sock' | grep -q blocked"
first=$("$build/vnepp" names list --json --socket "$dir/control.sock" | grep -o '"list": [0-9]*' | grep -o '[0-9]*' | tail -1)
check "undoing needs a reason" says "say why" names undo "$first"
check "undoing" vnepp names undo "$first" --why "the wrong file"
check "… a refused one is tried again" bash -c "$(declare -f fetch ask has state_is wait_for); dir=$dir port=$port; ask anphat /v1/items/b1/retry -X POST; wait_for state_is b1 done"
check "what was decided is decided again from its record, to the byte" vnepp policy replay

# ---- rules that do not ask
sed -i 's/{fact: name_listed, not_in: .*/{fact: period, present: true}/' "$dir/rules/checks.yaml"
check "rules that ask for no list" vnepp reload
check "… take none: it would do nothing" says "no check of the rule files asks" "${blocked[@]}"

finish
