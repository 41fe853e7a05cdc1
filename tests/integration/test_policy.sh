#!/usr/bin/env bash
# The tools for rule files as a policy admin uses them: check, fmt, test, explain, schema, show.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd -P)
build=$(cd "${BUILD:-$root/build}" && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0 failed=0 status=0

check() { # WHAT CONDITION...
	local what=$1
	shift
	if "$@"; then passed=$((passed + 1)); else
		failed=$((failed + 1))
		echo "FAILED: $what (status $status)"
		head -n 20 out err | cut -c1-160 | sed 's/^/  /'
	fi
}
run() {
	timeout 60 "$build/vnepp" policy "$@" >out 2>err
	status=$?
}
is() { [ "$1" = "$2" ]; }
has() { grep -qF -- "$2" "$1"; }
lacks() { ! grep -qF -- "$2" "$1"; }
json() { python3 -m json.tool "$1" >/dev/null 2>&1 || perl -MJSON::PP -e 'local $/; decode_json(<>)' "$1" 2>/dev/null; }
rules() { rm -rf rules && cp -r "$root/policy/rules" rules; }

for command in check fmt test diff explain clauses reports show schema; do
	timeout 60 "$build/vnepp" help policy $command >out 2>err
	status=$?
	check "help policy $command" has out "Usage: vnepp policy $command"
	timeout 60 "$build/vnepp" completion bash >out
	check "completion knows policy $command" has out "'policy $command')"
done

# ---- check: 0 nothing, 1 errors, 2 usage, 3 warnings
run check "$root/policy/rules"
check "the shipped rules are clean" is $status 0
check "… and name what they rest on" has out "unverified sources, accepted by the site file"
rules
sed -i 's/require: {fact: prior_grants, max: 0}/require: {fact: prior_grants, min: 1, max: 0}/' rules/checks.yaml
run check rules
check "a warning ends with 3" is $status 3
check "… with file, line and caret" has out "rules/checks.yaml:"
check "… and what can be done" has out "= help: exchange the two"
sed -i 's/fact: citizenship,/fact: citizenshp,/; s/outcome: reject, reason: NOT_CITIZEN/outcome: rejct, reason: NOT_CITIZEN/' rules/grants.yaml
run check rules
check "errors end with 1" is $status 1
check "… all at once: a fact" has out "there is no fact 'citizenshp'"
check "… with the nearest" has out "did you mean 'citizenship'?"
check "… and an outcome" has out "'rejct' is none of"
run check rules --json
check "as JSON" json out
check "… with help" has out '"help":"did you mean'
run check rules extra
check "usage ends with 2" is $status 2
run check "$root/policy/rules" --site "$root/policy/cases/strict-site.yaml" --json
check "how each switch stands" has out '{"switch":"upper-age","ambiguity":"A1","stands_at":"until_birthday","default":"completed_years"}'
run check "$root/policy/rules" --site "$root/policy/cases/strict-site.yaml"
check "… and in words where it is otherwise" has out "switch upper-age stands at until_birthday (default completed_years)"
run check "$root/policy/rules"
check "… of the shipped ones, none" lacks out "stands at"
check "plans that a switch takes out are not counted" has out " 4 plans, "
run reports "$root/policy/rules" --from 2026-01-01 --to 2026-03-31
check "reports and their days" has out "2026-03-31  ca-mau-0109"
run reports "$root/policy/rules" --from 2026-01-01 --to 2026-03-31 --json
check "… as JSON" json out
run reports "$root/policy/rules" --from 2026-02-30
check "… a day that there is not is usage" is $status 2
run reports "$root/policy/rules" --from 2026-02-01 --to 2026-01-01
check "… and so is a time that ends before it begins" is $status 2
run reports "$root/policy/rules" --from 2031-02-01 --to 2031-03-01
check "… without any it says so" has out "no report is due"

# ---- diff: 0 the same, 1 something changes, 2 usage, 3 does not load
rules
echo "# a comment more" >>rules/grants.yaml
run diff "$root/policy/rules" rules
check "a comment changes nothing" is $status 0
check "… and the report says so" has out "no input is decided differently"
sed -i 's/age: {at_most: 23/age: {at_most: 25/' rules/grants.yaml
run diff "$root/policy/rules" rules
check "changes end with 1" is $status 1
check "… the region" has out "no_grant AGE_OVER_23  ->  grant"
check "… the rule" has out "because of rule age-to-23"
check "… where it lies" has out "date of birth: "
check "… and the text" has out "grants/youth-id/conditions/age-to-23/require/age/at_most"
sed -n 's/^   for example //p' out | head -n 1 >witness.json
run explain witness.json --rules rules
check "explain takes the witness" has out "grant OK"
run explain witness.json --rules "$root/policy/rules"
check "… and tells of the old rules" has out "no_grant AGE_OVER_23"
run diff "$root/policy/rules" rules --words vi
check "… in Vietnamese, too" has out "ngày sinh: "
run diff "$root/policy/rules" rules --json
check "as JSON" json out
check "… complete" has out '"complete":true'
run diff "$root/policy/rules"
check "one folder is usage" is $status 2
echo "rubbish: [" >rules/grants.yaml
run diff "$root/policy/rules" rules
check "rules that do not load end with 3" is $status 3
check "… with the place" has err "rules/grants.yaml:"

# ---- fmt
rules
run fmt --check rules "$root/policy/cases"
check "the shipped files are canonical" is $status 0
printf '# mine\nvalues:\n- id:   spare   # why\n  unit: days\n  dated:\n  - {from: 2026-01-01, value: 5, cite: [QD-1]}\n' >rules/zz.yaml
chmod 640 rules/zz.yaml
run fmt --check rules
check "fmt --check ends with 3" is $status 3
check "… and names the file" has out "would change: rules/zz.yaml"
check "… which is as it was" has rules/zz.yaml "id:   spare"
run fmt rules
check "fmt changes it" is $status 0
check "… keeps comments" has rules/zz.yaml "  - id: spare # why"
check "… keeps its permissions" is "$(stat -c %a rules/zz.yaml)" 640
run fmt --check rules
check "… once and for all" is $status 0
printf 'a: [\n' >rules/zz.yaml
run fmt rules
check "a file that cannot be read ends with 1" is $status 1
check "… and is left alone" is "$(cat rules/zz.yaml)" "a: ["

# ---- test
rules
run test rules
check "without cases beside the rules it fails" is $status 1
check "… and says how to name them" has err "--cases names another folder"
run test "$root/policy/rules" --coverage
check "the shipped cases reach everything" is $status 0
check "… rules, clauses and boundaries" has out "boundaries (100 %)"
mkdir few
sed -n '1,/^  - id: E02/p' "$root/policy/cases/age.yaml" | sed '$d' >few/a.yaml
run test "$root/policy/rules" --cases few --coverage
check "a few cases do not: 3" is $status 3
check "… what is missing has its place" grep -q "grants.yaml:[0-9]*: not reached: rule age-from-18: failing" out
run test "$root/policy/rules" --cases few --coverage --json
tail -n 1 out >last
check "as JSON" json last
sed -i 's/outcome: grant/outcome: review/' few/a.yaml
run test "$root/policy/rules" --cases few
check "a case that fails ends with 1" is $status 1

# ---- explain
cat >item.json <<'END'
{"ref":"inv-1","op":"create","domain":"tên-đẹp.id.vn","period":2,"applicant":{"kind":"citizen","name":"A","citizenship":"VN",
 "birth_date":"2002-05-06","gender":"male","id_number":"068202001234","phone":"+84.912345678","email":"a@example.vn",
 "address":{"street":"1","ward":"B","province":"68","province_list":"2025-07-01","country":"VN"}},"contacts":{"admin":"X"},
 "evidence":[{"type":"ekyc","issuer":"K","reference":"K-1","date":"2025-01-18","result":"confirmed"}],
 "ns":[{"name":"ns1.example.vn"}],"ledger":{"prior_grants":0,"prior_paid":false},"if_not_free":"refuse"}
END
run explain item.json --rules "$root/policy/rules" --as-of 2026-11-20
check "an item is explained" is $status 0
check "… with the rule that fails" has out "FAIL    age-to-23"
check "… the clause's words" has out "“Từ đủ 18 tuổi đến 23 tuổi.”"
check "… the change that would grant it" has out "birth_date: 2002-11-21 instead of 2002-05-06 (199 apart) gives grant"
check "… what can be done" has out "What can be done: Register the name at the usual fee"
check "… in Vietnamese" has out "Kết quả: không thuộc diện miễn phí."
check "… no personal number" lacks out "068202001234"
run explain item.json --rules "$root/policy/rules" --as-of 2025-11-20
check "as of a year before it was granted" has out "grant OK_CONTESTED_AGE: send"
run explain item.json --rules "$root/policy/rules" --as-of 2026-11-20 --json
check "as JSON" json out
check "… with the changes" has out '"changes":[{"fact":"at"'
run explain item.json --rules "$root/policy/rules" --as-of 2026-11-20 --words vi
check "only the applicant's words" is "$(head -c 9 out)" "$(printf 'Yêu cầu' | head -c 9)"
tr -d '\n' <item.json >one.ndjson && echo >>one.ndjson && cat one.ndjson one.ndjson >two.ndjson
run explain two.ndjson --line 2 --rules "$root/policy/rules" --as-of 2026-11-20
check "a line of a batch" has out "no_grant AGE_OVER_23"
run explain two.ndjson --line 3 --rules "$root/policy/rules"
check "a line that is not there" has err "has no line 3"
run explain "$root/policy/cases/age.yaml" --case E02 --rules "$root/policy/rules"
check "a case" has out "no_grant AGE_UNDER_18"
check "… on its own day" has out "as of 2026-11-20"
run explain item.json --as-of yesterday
check "a date that is none is usage" is $status 2
sed 's/"op"/"facts":{"attended":true},"op"/' item.json >extra.json
run explain extra.json --rules "$root/policy/rules"
check "a fact that nobody asks for is told" has err "expected a fact that the rules ask for: certificate_on"

# ---- show and schema
run show "$root/policy/rules"
check "the rule set as one text" json out
mkdir one && cp out one/rules.yaml
run check "$root/policy/rules"
revision=$(sed -n 's/^revision //p' out)
run check one
check "… is the same revision" has out "$revision"
run schema
check "the schema" json out
if python3 -c 'import jsonschema' 2>/dev/null; then
	line=$(timeout 300 python3 "$root/tests/integration/policy_schema.py" "$build/vnepp" "$root/policy/rules" "$work/scratch" 150 2>err | tee out | tail -n 1)
	grep FAILED out
	case $line in
	*" passed, "*" failed")
		passed=$((passed + ${line%% *}))
		line=${line#*, } failed=$((failed + ${line%% *}))
		;;
	*) check "the schema against the loader runs" false ;;
	esac
else
	echo "SKIPPED: the schema against the loader: python3-jsonschema is not installed (make deps-test)"
	echo "$passed passed, $failed failed, 1 skipped"
	exit $((failed > 0))
fi
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
