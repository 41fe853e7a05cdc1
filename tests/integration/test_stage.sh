#!/usr/bin/env bash
# Rule sets of a running daemon as people change them: staged, activated by somebody else, confirmed or not, rolled back,
# for a date, over restarts; files that activate by themselves; what is refused. Two people are two users of this system:
# the second one is uid 65534, which only root can become; without it those checks are skipped.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh

start() { launch && chmod 666 "$dir/control.sock"; }
vnepp() { "$dir/vnepp" "$@" --socket "$dir/control.sock" >"$dir/out" 2>&1; }
other() { setpriv --reuid=65534 --regid=65534 --clear-groups "$dir/vnepp" "$@" --socket "$dir/control.sock" >"$dir/out" 2>&1; }
says() { # TEXT COMMAND...: it fails and says so
	local text=$1
	shift
	! "$@" && told "$text"
}
told() { grep -qF -- "$1" "$dir/out"; }
revision() { "$dir/vnepp" policy show "$1" | sha256sum | sed 's/^\([0-9a-f]*\).*/sha256:\1/'; }
in_force() { vnepp policy status && grep -q "^in force *$1" "$dir/out"; }
staged() { vnepp policy status && grep -q "^staged *$1" "$dir/out"; }
folder() { # NAME WORDS: the shipped rules with other words
	cp -r policy/rules "$dir/$1"
	sed -i "0,/trong hai năm đầu\\./s//trong hai năm đầu. ($2)/" "$dir/$1/reasons.yaml"
}
hand_in() { paid_line "$1" "$2" | submit anphat - >/dev/null; } # REF NAME
decided_under() { ask anphat "/v1/items/$1" >/dev/null && has "\"rules\":\"$2\""; } # REF REVISION

chmod 711 "$dir"
cp "$build/vnepp" "$dir/vnepp"
make_certificates
cp -r policy/rules "$dir/rules"
folder two 2
folder three 3
cp -r "$dir/rules" "$dir/broken"
sed -i 's/^reasons:/reasons: 5\nreasonz:/' "$dir/broken/reasons.yaml"
one=$(revision "$dir/rules") two=$(revision "$dir/two") three=$(revision "$dir/three")
{ config_top "sandbox:" "policy: {rules: rules, activate: staged}"; config_registry; } >"$dir/vneppd.yaml"
config_partners anphat >"$dir/partners.yaml"

for command in stage activate confirm rollback withdraw status kept; do
	check "help policy $command" bash -c "'$dir/vnepp' help policy $command | grep -q 'Usage: vnepp policy $command'"
	check "completion knows policy $command" bash -c "'$dir/vnepp' completion bash | grep -qF \"'policy $command')\""
done
check "completion knows reload" bash -c "'$dir/vnepp' completion bash | grep -q \"'reload \""
check "without a daemon it is said" says "cannot reach the daemon" vnepp policy status

# The very first start.
mv "$dir/rules" "$dir/away" && mkdir "$dir/rules"
"$build/vneppd" --config "$dir/vneppd.yaml" >"$dir/out" 2>&1
check "without any rule set it does not start" test $? -eq 1
check "… and says what to do" told "no rule set was ever in force"
rmdir "$dir/rules" && mv "$dir/away" "$dir/rules"
start
check "the very first start adopts the folder" in_force "$one"
check "… which is recorded" told adopted
check "… and is in the log" grep -q 'event=rules.changed.*step=adopted' "$dir/d.log"
hand_in r1 mot
check "decisions name it" decided_under r1 "$one"

# What is wrong is said, and stages nothing.
"$dir/vnepp" policy stage "$dir/broken" --at now --socket "$dir/control.sock" >"$dir/out" 2>&1
check "a broken folder fails" test $? -eq 1
check "… with file, line and caret" grep -q '/broken/reasons.yaml:[0-9]*:[0-9]*: error' "$dir/out"
check "… a help line" told "= help:"
check "… and that nothing is staged" told "nothing is staged"
check "… which is true" staged nothing
"$dir/vnepp" policy stage "$dir/two" --socket "$dir/control.sock" >"$dir/out" 2>&1
check "without --at it is usage" test $? -eq 2
check "an unknown date is refused" says "is not 'now', a date" vnepp policy stage "$dir/two" --at 2027-13-01
check "a date in the past, too" says "in the past" vnepp policy stage "$dir/two" --at 2020-01-01
check "what is in force is not staged" says "in force already" vnepp policy stage "$dir/rules" --at now
check "nothing to activate" says "nothing is staged" vnepp policy activate
check "nothing to confirm" says "nothing waits to be confirmed" vnepp policy confirm
check "nothing to withdraw" says "nothing is staged" vnepp policy withdraw --why x
check "nothing to go back to" says "no previous revision" vnepp policy rollback --why x
check "going back needs a reason" says "say why" vnepp policy rollback

check "a rule set is staged" vnepp policy stage "$dir/two" --at now --as An --why "Thông tư mới"
check "… and does not decide yet" in_force "$one"
check "… it is shown with its person" told "by An (login $(id -un))"
check "the same login does not activate it" says "staged from this login" vnepp policy activate --as Binh
check "the folder is what is in force" bash -c "'$dir/vnepp' policy status --socket '$dir/control.sock' | grep -q '^folder .* is in force'"
check "it can be withdrawn" vnepp policy withdraw --why "not signed"
check "… and is gone" staged nothing

if [ "$(id -u)" -eq 0 ] && setpriv --reuid=65534 --regid=65534 --clear-groups "$dir/vnepp" --version >/dev/null 2>&1; then
	check "staged again" vnepp policy stage "$dir/two" --at now --as An
	check "not under the same name either" says "was staged by An" other policy activate --as An
	check "not what was not staged" says "what is staged is $two" other policy activate sha256:0000
	check "somebody else activates it" other policy activate "${two:0:16}" --as Bình --why "checked"
	check "… it is in force" in_force "$two"
	check "… by that login" told "Bình"
	check "… which is the kernel's word" grep -q 'event=rules.changed.*step="in force".*person="*Bình"* login='"$(id -nu 65534)" "$dir/d.log"
	hand_in r2 hai
	check "decisions name it" decided_under r2 "$two"
	check "the status page's figures, too" bash -c "'$dir/vnepp' status --socket '$dir/control.sock' | grep -q '$two'"
	stop
	start
	check "a restart keeps it" in_force "$two"
	check "… and says that the folder differs" grep -q 'event=rules.differ' "$dir/d.log"
	kill -HUP $pid
	check "a reload" wait_for grep -q 'event=config.reloaded' "$dir/d.log"
	check "… does not change it" in_force "$two"
	check "… and answers with the difference" bash -c "'$dir/vnepp' reload --socket '$dir/control.sock' | grep -q 'differs from what is in force'"
	check "… it is still in force" in_force "$two"
	check "back at once" vnepp policy rollback --why "wrong fee"
	check "… to the one before" in_force "$one"
	check "… with the reason kept" told "wrong fee"
	check "… and no further" says "no previous revision" vnepp policy rollback --why x

	# Confirmation.
	check "staged for confirmation" vnepp policy stage "$dir/two" --at now
	check "activated for ten minutes" other policy activate --confirm-within 10m
	check "… shown with its deadline" told "waits to be confirmed before"
	vnepp policy stage "$dir/three" --at now
	check "the next one waits for that" says "waits for its own confirmation" other policy activate
	check "confirmed" vnepp policy confirm
	check "… twice is said" says "nothing waits" vnepp policy confirm
	check "activated for two seconds" other policy activate --confirm-within 2s
	check "… in force" told "in force    $three"
	check "nobody confirms: the one before is back" wait_for in_force "$two"
	check "too late" says "too late" vnepp policy confirm
	check "… and in the log" grep -q 'level=warning event=rules.changed.*step="fell back"' "$dir/d.log"
	vnepp policy stage "$dir/three" --at now
	check "once more, for two seconds" other policy activate --confirm-within 2s
	crash
	deadline=$(($(date +%s) + 3))
	past() { [ "$(date +%s)" -ge "$deadline" ]; }
	wait_for past
	: >"$dir/d.log"
	start
	check "the deadline passed while nobody was there" in_force "$two"
	check "… and was seen to before anything else" bash -c "sed -n '/event=ready/q; p' '$dir/d.log' | grep -q 'step=\"fell back\"'"
	check "… confirming is too late" says "too late" vnepp policy confirm
	vnepp policy stage "$dir/three" --at now
	other policy activate --confirm-within 10m
	crash
	start
	check "a deadline that has not passed is kept" in_force "$three"
	check "… and can be kept" vnepp policy confirm

	# Dates.
	soon=$(date -u -d '+3 seconds' +%Y-%m-%dT%H:%M:%SZ)
	check "staged for a time" vnepp policy stage "$dir/two" --at "$soon"
	check "approved" other policy activate
	check "… comes by itself" wait_for in_force "$two"
	soon=$(date -u -d '+3 seconds' +%Y-%m-%dT%H:%M:%SZ)
	vnepp policy stage "$dir/three" --at "$soon"
	check "approved for a time, and then the power fails" other policy activate
	crash
	deadline=$(($(date +%s) + 4))
	wait_for past
	start
	check "… it is in force at the start" in_force "$three"
	check "a far date is approved" vnepp policy stage "$dir/two" --at 2100-01-01
	check "… waits" bash -c "$(declare -f other); dir=$dir; other policy activate && grep -q 'approved; takes effect by itself' '$dir/out'"
	check "… cannot be approved twice" says "approved already" other policy activate
	check "… and is withdrawn" other policy withdraw --why "repealed"

	# What does not load any more, as after another version of the program.
	folder four 4
	four=$(revision "$dir/four")
	check "one more is staged" vnepp policy stage "$dir/four" --at now
	sqlite3 "$dir/vnepp.db" "PRAGMA busy_timeout = 5000; UPDATE rules SET body = 'zones: 1' WHERE revision = '$four'" >/dev/null
	check "what does not load any more is refused" says "does not load in this version" other policy activate
	check "… and changes nothing" in_force "$three"
else
	skipped=1
	echo "SKIPPED: two people with rule sets: only root can act as two users"
fi

# A broken folder, while the store knows what is in force.
cp "$dir/broken/reasons.yaml" "$dir/rules/"
check "a reload with a broken folder takes up the rest" vnepp reload
check "… and says so" told "does not load"
check "… in the log, too" grep -q 'event=config.reloaded' "$dir/d.log"
stop
start
check "a start with a broken folder is a start" vnepp policy status
stop
sed -i 's/activate: staged/activate: files/' "$dir/vneppd.yaml"
"$build/vneppd" --config "$dir/vneppd.yaml" >"$dir/out" 2>&1
check "where files activate, it is not" test $? -eq 1
cp policy/rules/reasons.yaml "$dir/rules/"
start
check "files come into force at a start" in_force "$one"
cp "$dir/two/reasons.yaml" "$dir/rules/"
check "… and at a reload" vnepp reload
check "… these" in_force "$two"
cp "$dir/broken/reasons.yaml" "$dir/rules/"
check "a broken folder is refused" says "reasons.yaml:" vnepp reload
check "… and changes nothing" in_force "$two"
hand_in r3 ba
check "… for nobody" decided_under r3 "$two"
check "one person may do both there" vnepp policy stage "$dir/three" --at now
check "… at once" vnepp policy activate
check "… as the answer says" told "in force    $three"
check "as JSON" bash -c "'$dir/vnepp' policy status --json --limit 2 --socket '$dir/control.sock' | grep -q '\"more\": true'"
check "what is kept is listed" bash -c "'$dir/vnepp' policy kept --socket '$dir/control.sock' | grep -q '$three  *in force'"
check "… and printed whole" bash -c "'$dir/vnepp' policy kept '${one:0:18}' --socket '$dir/control.sock' | sha256sum | grep -q '${one#sha256:}'"
check "… by what it is" bash -c "'$dir/vnepp' policy kept active --socket '$dir/control.sock' | sha256sum | grep -q '${three#sha256:}'"
check "… as a rule folder" bash -c "mkdir '$dir/back' && '$dir/vnepp' policy kept active --socket '$dir/control.sock' >'$dir/back/all.yaml' && '$dir/vnepp' policy check '$dir/back'"
check "what is not kept is said" says "no rule set that begins with" vnepp policy kept sha256:00
check "nothing is staged, which is said" says "nothing is staged" vnepp policy kept staged
check "every rule set that was in force is kept" test "$(sqlite3 "$dir/vnepp.db" "SELECT count(*) FROM rules WHERE revision IN ('$one', '$two', '$three') AND length(body) > 10000")" = 3
stop
finish
