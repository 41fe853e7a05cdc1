#!/bin/sh
# The command line without a gateway: what is usage, what it says of profiles, and what it does with files.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/cli.sh

# ---- usage ----

run
check "no command is a mistake of usage" is $status 2
run nothing
check "an unknown command, too" is $status 2
run policy
check "a group of commands without one is usage" is $status 2
check "… and lists what there is" has err "policy check"
run policy --help
check "… as help when it was asked for" has out "policy replay"
run policy chek
check "a wrong word of a group is named" has err "no such command: policy chek"
run submit
check "a missing operand, too" is $status 2
run submit a.ndjson b.ndjson
check "too many operands, too" is $status 2
run submit a.ndjson
check "no gateway given: usage" is $status 2
check "no gateway given: says how" has err "VNEPP_URL"
run submit a.txt --url https://127.0.0.1:1
check "format not known from the name" is $status 2
run submit missing.csv --url https://127.0.0.1:1
check "a file that is not there fails" is $status 1
run submit a.ndjson --url http://127.0.0.1:1
check "without TLS nothing is sent" has err "https://"
run submit a.ndjson --url https://127.0.0.1:1 --cert certs/anphat.pem
check "a certificate without its key" has err "--key is missing"
for command in submit batch items cancel status item messages message pause resume sessions partners certs store errors config version drain wait reconcile top trace "policy check" "policy test" "policy clauses" "ledger import" "epp decode" "epp show" template completion; do
	# shellcheck disable=SC2086 # two words on purpose
	run help $command
	check "help $command" is $status 0
	check "help $command says something" has out "Usage: vnepp $command"
done
run --version
check "version" has out "vnepp "

# ---- profile ----

mkdir -p .config/vnepp
printf 'url: https://127.0.0.1:1\nurk: x\n' >.config/vnepp/vnepp.yaml
run batch 7
check "a profile with an unknown key is refused" is $status 2
check "a profile's error has its place" has err "vnepp.yaml:2:1: error"
rm .config/vnepp/vnepp.yaml
run batch 7 --profile missing.yaml
check "a profile that was named must be there" is $status 2

# ---- the rest ----

run epp decode - # nothing comes
check "epp decode of nothing fails" is $status 1
printf '<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><login><clID>me</clID><pw>hidden</pw></login></command></epp>' >frame.xml
run epp decode frame.xml
check "epp decode prints" has out "clID: me"
check "epp decode hides" lacks out "hidden"
run template csv --examples
cp out show.csv
run epp show create show.csv --mapping "$root/systemd/mapping-vn-example.yaml" --rules "$root/policy/rules"
check "epp show prints frames" is $status 0
check "… of the contact" has out "# contact:create"
check "… and of the name" has out "# domain:create"
check "… with what a mapping fills, and from what" has out "vnContact:birthDate: [hidden]  (applicant.birth_date)"
check "… and what is open" has out "vnContact:country: VN"
check "… without identity numbers" lacks out 068204001234
run epp show contact show.csv --mapping "$root/systemd/mapping-vn-example.yaml" --rules "$root/policy/rules" --no-notes
check "epp show of the contact alone" lacks out "domain:create"
check "… without notes" lacks out "(applicant"
run epp show renew show.csv --line 3 --mapping "$root/systemd/mapping-vn-example.yaml" --rules "$root/policy/rules"
check "epp show of a line" has out "domain:curExpDate: 2026-12-01"
run epp show renew show.csv --mapping "$root/systemd/mapping-vn-example.yaml" --rules "$root/policy/rules"
check "epp show of another operation fails" is $status 1
check "… and says so" has err "line 2 is a create, not a renew"
run epp show create show.csv --line 9 --mapping "$root/systemd/mapping-vn-example.yaml" --rules "$root/policy/rules"
check "epp show of no line" has err "there is no item at line 9"
sed 's/2004-05-06/2004-13-06/' show.csv >wrong.csv
run epp show create wrong.csv --mapping "$root/systemd/mapping-vn-example.yaml" --rules "$root/policy/rules"
check "epp show of a wrong line says what is wrong" has err "wrong.csv:2:"
check "… and how it should be" has err "a calendar date YYYY-MM-DD"
printf 'namespaces: {x: "urn:x"}\ncommands: {domain:renew: [{element: x:a, fact: applicant.name, required: true}]}\n' >wants.yaml
run epp show renew show.csv --line 3 --mapping wants.yaml --rules "$root/policy/rules"
check "epp show of what cannot be sent fails" is $status 1
check "… and names the fact" has err "what the item does not have: applicant.name"
sed 's/applicant.name/applicant.nam/' wants.yaml >wrong.yaml
run epp show renew show.csv --line 3 --mapping wrong.yaml
check "epp show of a wrong mapping has its place" has err "wrong.yaml:2:"
check "… and what was meant" has err "did you mean 'applicant.name'?"
run epp show delete show.csv
check "epp show of no such command is usage" is $status 2
run epp show create show.csv --mapping wants.yaml --registry x
check "epp show with a mapping and a registry is usage" is $status 2
run epp show create show.csv --config "$work/none.yaml"
check "epp show without a configuration says so" has err "none.yaml"
run status --socket "$work/none.sock"
check "no daemon: fails" is $status 1
check "no daemon: says so" has err "cannot reach the daemon"
printf '{"domain":\n' >bad.ndjson
run ledger import bad.ndjson --socket "$work/none.sock"
check "ledger import without a daemon fails" is $status 1
run template csv --examples
check "template has a header" has out "ref,op,domain"
run template csv --examples --vietnamese
check "… in Vietnamese" has out "mã tham chiếu,thao tác,tên miền"
cp out vn.csv
run epp show create vn.csv --mapping "$root/systemd/mapping-vn-example.yaml" --rules "$root/policy/rules"
check "… which is read as the other one" has out "vnContact:birthDate: [hidden]  (applicant.birth_date)"
run completion bash
check "completion for bash" sh -c 'bash -n out'
run completion tcsh
check "completion for another shell is usage" is $status 2
run policy clauses "$root/policy/rules"
check "every clause that is to be enforced is carried" is $status 0
check "… and the list says so" grep -q ", 0 to be enforced that no rule carries" out
check "… with rules and cases" grep -q "QD-7 .*enforce .*E02" out
check "… through a switch, too" grep -q "CM-3 .*enforce .*switches upper-age .*S01" out
run policy clauses "$root/policy/rules" --json
check "… and nothing to be enforced is without a case" perl -MJSON::PP -e 'local $/; exit grep { $_->{kind} eq "enforce" && !@{$_->{cases}} } @{decode_json(<>)}' out
cp -r "$root/policy/rules" lost
sed -i '0,/- id: QD-7$/s//- id: QD-77/; s/QD-7\b/QD-6/g; s/QD-77/QD-7/' lost/*.yaml
run policy clauses lost --cases "$root/policy/cases"
check "a clause that nothing carries is told" grep -q "QD-7 .*NOT CARRIED" out
check "… and ends with 1" is $status 1
run policy clauses nowhere
check "rules that are not there end with 1" is $status 1
run policy check "$root/policy/rules"
check "the shipped rules are clean" is $status 0
mkdir rules
printf 'x: [\n' >rules/a.yaml
run policy check rules
check "broken rules fail" is $status 1

finish
