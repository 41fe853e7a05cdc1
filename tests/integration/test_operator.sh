#!/usr/bin/env bash
# What an operator sees and steers on a running daemon: looking commands, roles, draining, waiting, asking again.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/gateway.sh

shows() { # TEXT COMMAND...: it succeeds and shows that
	local text=$1
	shift
	vnepp "$@" && grep -qE -- "$text" "$dir/out"
}
usage() { vnepp "$@"; [ $? -eq 2 ]; }
watches() { # PATTERN COMMAND...: it is shown twice and more until it is ended
	local pattern=$1 watcher well
	shift
	"$build/vnepp" "$@" --watch --every 1 --socket "$dir/control.sock" >"$dir/watched" 2>&1 &
	watcher=$!
	seen_twice() { [ "$(grep -cE -- "$pattern" "$dir/watched")" -ge 2 ]; }
	wait_for seen_twice
	well=$?
	kill "$watcher"
	wait "$watcher"
	return $well
}
submits() { [ "$(paid_lines "$2" "$3" | submit anphat -)" = "$1" ]; } # STATUS FROM TO
webs() { [ "$(curl -s -o "$dir/out" -w '%{http_code}' --unix-socket "$dir/admin.sock" "http://localhost$2")" = "$1" ]; }

make_certificates
start_registry --account anphat:testpw12 --pending-glob 'ten-77.*' --pending-ms 3600000-3600000
configure() { # ROLES
	{
		config_top "admin: {control_socket: $dir/control.sock, listen: $dir/admin.sock$1}"
		ACCOUNT="sessions: 2, window: 3" config_registry "endpoints: [\"127.0.0.1:1\", \"127.0.0.1:$(cat "$dir/rport")\"]" "settle: 1s"
	} >"$dir/vneppd.yaml"
}
configure ""
config_partners anphat >"$dir/partners.yaml"

# ---- waiting, and a daemon that is not there ----
check "nobody there: the looking commands say so" says "cannot reach the daemon" sessions
check "… so does waiting for a batch" says "cannot reach the daemon" wait --batch 1
check "waiting for readiness gives up in time" says "not so after 1 s" wait --ready --timeout 1
check "waiting for nothing is usage" usage wait
check "… and for two things" usage wait --idle --ready
check "… and for no number" usage wait --batch x
(sleep 0.5; exec "$build/vneppd" --config "$dir/vneppd.yaml" --ports-file "$dir/ports" >>"$dir/d.log" 2>&1) &
pid=$!
check "waiting for readiness outlasts a start" vnepp wait --ready --timeout 20
launched

# ---- looking ----
two_ready() { vnepp sessions --json && [ "$(grep -c '"state": "ready"' "$dir/out")" -eq 2 ]; }
check "sessions: each of them, ready" wait_for two_ready
check "… with TLS, window and certificates" bash -c "grep -q '\"tls\": \"TLSv1.3\"' '$dir/out' && grep -q '\"window\": 3' '$dir/out' && grep -qE 'our_certificate_until\": \"20' '$dir/out' && grep -qE 'their_certificate_until\": \"20' '$dir/out'"
check "… and the endpoint that is out, with its back-off" bash -c "tr -d '\n' <'$dir/out' | grep -qE '\"endpoint\": \"127.0.0.1:1\", *\"state\": \"(out|doubtful)\"'"
check "… beside the one in use" bash -c "tr -d '\n' <'$dir/out' | grep -qE '\"state\": \"working\", *\"sessions\": 2'"
check "… for people" shows 'sim +anphat' sessions
check "partners: what waits, and their rate" shows 'anphat +no +0 ' partners
check "… with what came since the start" shows '"new": [0-9]+' partners --json
check "certs: with days left" shows 'registry_client +sim/anphat' certs
check "… and where they are" shows 'certs/gateway.pem' certs --json
check "store: path, schema, epoch" shows '"schema": [0-9]+' store --json
check "… its size" bash -c "grep -qE '\"bytes\": [1-9]' '$dir/out' && grep -q '\"path\": \"$dir/vnepp.db\"' '$dir/out'"
check "errors: what is in the log" shows 'session.closed' errors
check "… with what it was about" grep -q 'registry=sim account=anphat' "$dir/out"
check "config: what is in force" shows 'password_file: .*/pw$' config
check "… with defaults" grep -q 'keepalive_s: 240' "$dir/out"
check "… without secrets" bash -c "! grep -q testpw12 '$dir/out'"
check "version: of both" shows 'this program' version
check "… with the libraries" grep -qE '^openssl +[0-9]' "$dir/out"
check "watching shows it again" watches '^instance ' status
check "… as JSON, a line each" watches '^{.*}$' queue --json
check "… and how often goes with it" usage status --every 1
check "the rule set in force is watched, too" watches '^in force' policy status
check "a list of items is not watched" usage item --watch

check "top, where no terminal is, shows one moment and says so" shows 'is no terminal' top
check "… with accounts and sessions" bash -c "grep -q '^  sim ' '$dir/out' && grep -q 'TLSv1.3' '$dir/out' && ! grep -q $'\\033' '$dir/out'"
on_terminal() { # COMMAND: its screen; q is typed after a while
	(sleep 2; printf q) | timeout 10 script -qec "$1" /dev/null >"$dir/out" 2>&1
}
if command -v script >/dev/null; then
	check "on a terminal it is live, until q" on_terminal "stty rows 40 cols 100; $build/vnepp top --socket $dir/control.sock"
	check "… drawn more than once" test "$(grep -o 'q: end' "$dir/out" | wc -l)" -ge 2
	check "… with the rate, and the screen given back" bash -c "grep -q '/s)' '$dir/out' && grep -q $'\\033\\[?1049l' '$dir/out'"
	check "… and a daemon that is away is said" on_terminal "$build/vnepp top --socket $dir/nowhere.sock"
	check "… in words" grep -q "cannot reach the daemon" "$dir/out"
else
	skip 5 "top on a terminal (needs script)"
fi

# ---- frames ----
check "a trace needs a registry" usage trace
check "… one that there is" says "no such registry" trace --registry nowhere
check "… and a time" usage trace --registry sim --seconds 0
(
	wait_for grep -q event=trace.begun "$dir/d.log"
	paid_lines 90 92 | fetch anphat /v1/batches -H 'Content-Type: application/x-ndjson' --data-binary @- >/dev/null
) &
tracing=$!
check "a trace shows what goes by" shows 'sim/anphat session [0-9]+ sent, [0-9]+ bytes' trace --registry sim --seconds 3
wait $tracing
check "… commands and answers" bash -c "grep -q 'name: ten-90.com.vn' '$dir/out' && grep -q ' received, ' '$dir/out'"
check "… without secrets" bash -c "grep -q 'authInfo' '$dir/out' && ! grep -q 'testpw12' '$dir/out' && grep -A1 'authInfo' '$dir/out' | grep -q removed"
check "… and says how many there were" grep -qE '^[1-9][0-9]* frames$' "$dir/out"
check "as JSON, a frame a line" bash -c "timeout 30 '$build/vnepp' trace --registry sim --seconds 1 --json --socket '$dir/control.sock' 2>/dev/null | grep -vc '^{.*}\$' | grep -qx 0"
check "the log says who looked" grep -q 'event=trace.begun.*login=' "$dir/d.log"
check "who goes away does not keep it up" bash -c "timeout 1 '$build/vnepp' trace --registry sim --seconds 600 --socket '$dir/control.sock'; for i in \$(seq 100); do [ \$(grep -c event=trace.ended '$dir/d.log') -eq 3 ] && exit 0; sleep 0.1; done; exit 1"

# ---- draining ----
check "a batch is admitted" submits 202 1 10
check "waiting for it" vnepp wait --batch 2 --timeout 20
check "… then it is through" bash -c "'$build/vnepp' store --json --socket '$dir/control.sock' | grep -q '\"done\": 13'"
check "what is not there is said" says "no such batch" wait --batch 99
check "something is paused" vnepp pause --lane create --why "so that it stays"
check "another batch" submits 202 11 20
check "draining waits for what is there" says "not so after 1 s" drain --timeout 1
check "… takes nothing new" submits 503 21 22
check "… and says why" grep -q 'an operator drains it' "$dir/out"
check "… so does readiness" webs 503 '/readyz?verbose'
check "… and status" shows 'state +draining' status
check "what is there is sent" vnepp resume
check "… and then draining is over" shows 'drained' drain --timeout 20
check "… the log says that, too" wait_for grep -q 'event=drain.empty' "$dir/d.log"
check "draining ends" vnepp drain --end
check "… and batches are taken again" submits 202 21 22
check "nothing moves in the end" vnepp wait --idle --timeout 20
check "readiness is back" webs 200 /readyz

# ---- asking again ----
check "what is not in doubt is not asked about" says "it is done" reconcile 1
check "what is not there, neither" says "no such item" reconcile 4711
check "what is no number is usage" usage reconcile x1
vnepp pause --all --why "for the next"
check "two more" submits 202 31 32
stop
sqlite3 "$dir/vnepp.db" "CREATE TABLE kept AS SELECT id, payload FROM item WHERE id IN (26, 27); UPDATE item SET payload = x'00' WHERE id IN (26, 27)"
start
vnepp resume
stands() { vnepp item "$1" --json && grep -q "\"state\": \"$2\"" "$dir/out"; }
check "what cannot be read waits for a person" wait_for stands 26 needs_human
check "… and asked again it still cannot be read" bash -c "'$build/vnepp' reconcile 26 --socket '$dir/control.sock'"
check "… so it is a person's again" wait_for stands 26 needs_human
wait_for stands 27 needs_human
check "those that wait for a person are listed" shows '^ *26 +needs_human +create +ten-31.com.vn +anphat' item
check "… with how many" grep -qE '^count +2$' "$dir/out"
check "one is watched" watches '^state .*needs_human' item 26
check "… by state" shows '^count +2$' item --state needs_human
check "… others are not there" shows '^count +0$' item --state pending
check "… for programs" bash -c "'$build/vnepp' item --json --socket '$dir/control.sock' | grep -q '\"domain\": \"ten-32.com.vn\"'"
check "… a state that is none" usage item --state broken
stop
sqlite3 "$dir/vnepp.db" "UPDATE item SET payload = (SELECT payload FROM kept WHERE kept.id = item.id) WHERE id = 27; DROP TABLE kept"
start
check "asking again about one that can" vnepp reconcile 27
check "… a second time, while it is being asked" says "is being asked already" reconcile 27
check "… it was not carried out, so it is sent" wait_for stands 27 done
check "… once" bash -c "kill -USR1 $registry; grep -q 'event=item.reconcile.*item=27' '$dir/d.log'"

# ---- roles ----
stop
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	configure ", roles: {viewer: {users: [daemon]}, operator: {groups: [bin]}, policy_stage: {users: [bin]}}"
	echo '{"domain":"old.com.vn","partner":"anphat","expires":"2027-01-01"}' >"$dir/ledger.ndjson"
	start
	chmod 755 "$dir" && chmod 644 "$dir/ledger.ndjson" && wait_for test -S "$dir/control.sock" && chmod 666 "$dir/control.sock"
	as() { # USER GROUP EXPECTED COMMAND...
		local user=$1 group=$2 text=$3
		shift 3
		setpriv --reuid "$user" --regid "$group" --clear-groups timeout 30 "$build/vnepp" "$@" --socket "$dir/control.sock" 2>&1 | grep -q -- "$text"
	}
	check "root may do everything" vnepp pause --all
	check "… but bring rules into force" says "'policy activate' needs the role policy_activate" policy activate
	check "a viewer may look" as daemon daemon "instance" status
	check "… and no more" as daemon daemon "'resume' needs the role operator; daemon has viewer" resume
	check "an operator by their group may steer" as nobody bin "pauses" resume --json
	check "… but not import" as nobody bin "'import' needs the role admin" ledger import "$dir/ledger.ndjson"
	check "who stages does not activate" as bin nogroup "'policy activate' needs the role policy_activate; bin has viewer, policy_stage" policy activate
	check "… nor steer" as bin nogroup "needs the role operator" drain
	check "somebody without a role may nothing" as nobody nogroup "'status' needs the role viewer; nobody has none" status
	configure ""
	vnepp reload
	check "a reload takes the roles away" as nobody nogroup "instance" status
else
	skip 10 "roles (needs root and setpriv)"
	start
fi

# ---- what another command for the name holds back ----
last_item() { sqlite3 "$dir/vnepp.db" "SELECT max(id) FROM item"; }
check "a create that the registry decides later" submits 202 77 77
pending=$(last_item)
check "… is pending" wait_for stands "$pending" pending
again() { [ "$(paid_line again ten-77 | submit anphat -)" = 202 ]; }
check "another one for the same name" again
held_by_name() { vnepp item "$(last_item)" --json && grep -q '"held_by": "name"' "$dir/out"; }
check "… is held by it" wait_for held_by_name
check "… until then it is tried again" grep -qE '"held_until": "20' "$dir/out"
check "… and an operator can look after the first" grep -q '"who_can_change_it": "operator"' "$dir/out"
stop
check "it stopped well" test $? -eq 0
finish
