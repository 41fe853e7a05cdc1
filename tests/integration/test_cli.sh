#!/bin/sh
# The command line against a server that answers from a script: what it prints, how often it asks, how it ends.
cd "$(dirname "$0")/../.." || exit 2
. tests/harness/cli.sh

if ! perl -MIO::Socket::SSL -e 1 2>/dev/null; then
	echo "SKIPPED: perl's IO::Socket::SSL is not installed (make deps-test)"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
sh "$root/certs/dev-ca.sh" certs >/dev/null 2>&1 || exit 1
item='{"ref":"a","line":1,"op":"create","domain":"a.id.vn","state":"done","code":1000,"message":"OK","expires_on":"2028-11-20","decision":{"outcome":"grant","reasons":["OK"]}}'
done_status='200|{"id":7,"lines":1,"counts":{"done":1},"moving":0}'
accepted='202|Location: /v1/batches/7|{"id":7,"lines":1,"counts":{"queued":1},"moving":1}'
page="200|{\"items\":[$item],\"next\":null}"

# Starts the server with the script on stdin, runs vnepp, leaves out, err, requests and $status.
with_server() { # ARGUMENT...
	rm -f port requests
	cat >script # a background process would not get our standard input
	perl "$root/tests/integration/scripted_gateway.pl" certs port requests <script &
	server=$!
	tries=200
	until [ -s port ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] && kill -0 $server 2>/dev/null || {
			echo "FAILED: the scripted server did not start"
			exit 1
		}
		sleep 0.05
	done
	run "$@" --url "https://127.0.0.1:$(cat port)/" --cert certs/anphat.pem --key certs/anphat.key --ca certs/ca.pem
	kill $server 2>/dev/null
	wait $server 2>/dev/null
	server=""
}

# ---- submit ----

with_server submit a.ndjson <<END
$accepted
END
check "submit ends with 0" is $status 0
check "submit names the batch" has out "Batch 7 "
check "submit sends NDJSON" has requests "application/x-ndjson 12"
check "submit sends a key" has requests "POST /v1/batches vnepp-"

with_server submit a.ndjson --follow <<END
$accepted
200|{"id":7,"lines":1,"counts":{"queued":1},"moving":1}
304|ETag: "1"|-
$done_status
$page
END
check "follow ends with 0 when all is done" is $status 0
check "follow prints a summary" has out "Batch 7: 1 of 1 lines done"
check "follow shows progress" has err "0 of 1 lines"

with_server submit a.ndjson --dry-run --priority bulk <<END
200|{"dry_run":true,"lines":3,"counts":{"queued":2,"refused":1},"moving":2,"fee_vnd":{"expected":250000,"unknown_lines":1},"items":[]}
END
check "a dry run ends with 0" is $status 0
check "a dry run asks for one" has requests "POST /v1/batches?priority=bulk&dry_run=true"
check "a dry run tells states" has out "Of 3 lines would be: 2 queued, 1 refused"
check "a dry run tells the price" has out "Expected fee: 250000 VND, and 1 lines whose fee is not known"

with_server submit a.ndjson -n <<END
202|Location: /v1/batches/7|{"id":7}
END
check "an older gateway's answer is not taken for a dry run" is $status 1

# ---- retry ----

with_server retry 'inv/7' <<END
202|{"domain":"a.id.vn","state":"queued","reason":"OK","message":null}
END
check "retry ends with 0" is $status 0
check "retry asks under the reference" has requests "POST /v1/items/inv%2F7/retry"
check "retry says where it stands" has out "a.id.vn: queued OK"

with_server retry inv-7 <<END
200|{"domain":"a.id.vn","state":"sending","reason":null,"message":null}
END
check "retry of what moves is 0" is $status 0
check "… and says so" has out "nothing has happened"

with_server retry inv-7 --json <<END
202|{"domain":"a.id.vn","state":"refused","reason":"AGE_UNDER_18","message":"Sorry."}
END
check "refused again is 1" is $status 1
check "retry --json" has out '"AGE_UNDER_18"'

with_server retry inv-7 <<END
409|Content-Type: application/problem+json|{"title":"Only what failed or was refused is tried again","detail":"the item is done: nothing is tried again"}
END
check "retry of what is done is 1" is $status 1
check "… in the gateway's words" has err "the item is done"
run retry "" --url https://127.0.0.1:1
check "retry of no reference is usage" is $status 2

# ---- decide ----

printf '{"op":"renew"}\n' >item.json
with_server decide item.json <<END
200|{"result":{"domain":"a.id.vn","state":"refused","reason":"AGE_UNDER_18","decision":{"outcome":"no_grant","eligible_until":null,"fee_vnd":{"expected":50000}}},"told":{"vi":"Rất tiếc.","en":"Sorry."},"explanation":null}
END
check "decide: refused is 1" is $status 1
check "decide asks once" has requests "POST /v1/decisions"
check "decide says what" has out "a.id.vn: refused AGE_UNDER_18 (no_grant)"
check "decide says the price" has out "fee: 50000 VND"
check "decide speaks both languages" has out "Rất tiếc."
check "decide speaks both languages, really" has out "Sorry."

with_server decide item.json --json <<END
200|{"result":{"state":"queued"},"told":{},"explanation":null}
END
check "decide: not refused is 0" is $status 0
check "decide --json" has out '"explanation":null'

with_server decide item.json <<END
422|Content-Type: application/problem+json|{"title":"The item is not right","errors":[{"line":1,"column":2,"field":"domain","reason":"MISSING","expected":"the domain name"}]}
END
check "decide: a bad item is 1" is $status 1
check "decide: a bad item has a place" has err "item.json:1:2: error: domain: MISSING"

with_server submit a.ndjson --follow --json <<END
$accepted
$done_status
200|{"items":[$item,{"ref":"b","state":"refused","decision":{"outcome":"no_grant","reasons":["AGE_UNDER_18"]}}],"next":null}
END
check "partly done is 3" is $status 3
check "the summary as JSON" has out '"AGE_UNDER_18"'

with_server submit a.ndjson --follow <<END
$accepted
$done_status
200|{"items":[{"ref":"b","state":"failed","code":2302}],"next":null}
END
check "nothing done is 1" is $status 1

with_server submit a.ndjson <<END
422|Content-Type: application/problem+json|{"title":"Bad lines","errors":[{"line":1,"column":2,"field":"op","reason":"MISSING","expected":"create or renew"}]}
END
check "bad lines end with 1" is $status 1
check "bad lines are shown with their place" has err "a.ndjson:1:2: error: op: MISSING (expected create or renew)"

with_server submit a.ndjson <<END
429|Retry-After: 1|{"title":"Too many lines"}
503|Retry-After: 0|{"title":"Not now"}
409|Retry-After: 0|{"title":"Being received"}
$accepted
END
check "told to wait: waits and gets through" is $status 0
check "told to wait: says for how long" has err "trying again in 1.0 s"
check "told to wait: asks four times" is "$(wc -l <requests)" 4
check "told to wait: always the same key" is "$(cut -d' ' -f3 requests | sort -u | wc -l)" 1

with_server submit a.ndjson <<END
409|{"title":"This key belongs to another file"}
END
check "a conflict is not repeated" is $status 1
check "a conflict is told" has err "409 This key belongs to another file"

with_server submit a.ndjson <<END
drop
$accepted
END
check "a lost connection: sent again" is $status 0
check "a lost connection: under the same key" is "$(cut -d' ' -f3 requests | sort -u | wc -l)" 1

with_server submit a.ndjson <<END
reset
$accepted
END
check "a connection lost in its handshake: sent again" is $status 0

with_server submit a.ndjson --follow <<END
$accepted
reset
$done_status
$page
END
check "a handshake lost while following: asked again" is $status 0
check "a handshake lost while following: said" has err "asking again in 1.0 s"

with_server submit a.ndjson <<END
202|{"id":7}
END
check "an answer without a Location is no success" is $status 1

with_server submit a.ndjson --idempotency-key mine --format csv --admission valid <<END
$accepted
END
check "key, format and admission can be given" has requests "POST /v1/batches?admission=valid mine text/csv 12"

with_server submit a.ndjson --admission valid --priority bulk <<END
202|Location: /v1/batches/7|{"batch":"7","lines":1,"counts":{"queued":1},"moving":1,"bad_lines":1,"errors":[{"line":2,"column":1,"reason":"MISSING"}]}
END
check "bad lines that were left out: partly" is $status 3
check "a priority is sent with it" has requests "POST /v1/batches?admission=valid&priority=bulk "
check "bad lines that were left out are shown" has err "a.ndjson:2:1: error: MISSING"
check "… and how many of each" has out "Batch 7: 1 lines are taken and safe, 1 left out."
check "… under a key of its own, for it is another request" has requests "-valid-bulk"

# ---- batch, items, cancel ----

with_server batch 7 <<END
200|{"id":7,"lines":3,"counts":{"done":1,"queued":2},"moving":2}
END
check "batch shows where it stands" has out "3 lines, 2 still moving"

with_server batch 7 --json <<END
200|{"batch":"7","lines":3,"new":3,"counts":{"done":1,"queued":2},"moving":2}
END
check "batch --json is what the gateway says" has out '{"batch":"7","lines":3,"new":3,"counts":{"done":1,"queued":2},"moving":2}'

with_server batch 7 <<END
404|{"title":"No such batch"}
END
check "an unknown batch fails" is $status 1
check "an unknown batch is told" has err "404 No such batch"

run items 7 --state lost --url https://127.0.0.1:1
check "a state that is none is usage" is $status 2
check "… which says what there is" has err "reconciling, needs_human, cancelled"
run batch ../7 --url https://127.0.0.1:1
check "an id that is none is usage" is $status 2

with_server items 7 --format ndjson --output got.ndjson <<END
200|{"items":[$item],"next":1}
200|{"items":[$item],"next":"x-9"}
200|{"items":[$item],"next":null}
END
check "items go through all pages" is "$(wc -l <got.ndjson)" 3
check "items follow the cursor" has requests "after=x-9"
check "items keep every member" is "$(head -n 1 got.ndjson)" "$item"

with_server items 7 --output half.ndjson <<END
200|{"items":[$item],"next":1}
404|{"title":"Gone"}
END
check "half a result is a failure" is $status 1
check "half a result leaves no file" is "$(find . -name 'half*' | wc -l)" 0

with_server items 7 <<END
200|{"items":[$item],"next":1}
200|{"items":[],"next":1}
END
check "a cursor that stands still ends" is $status 1

with_server items 7 <<END
cut
$page
END
check "an answer that breaks off is asked for again" is $status 0

with_server items 7 --format table <<END
$page
END
check "items as a table" has out "a.id.vn"
with_server items 7 --format csv <<END
200|Content-Type: text/csv|Link: </v1/batches/7/items?after=1&limit=1>; rel="next"|ref,line~a,1~
200|Content-Type: text/csv|ref,line~b,2~
END
check "items as CSV: one title, all pages" is "$(tr '\n' ' ' <out)" "ref,line a,1 b,2 "
check "items as CSV: the next page as told" has requests "/v1/batches/7/items?after=1&limit=1"
with_server items 7 --format csv <<END
$page
END
check "items as CSV from a gateway that has none" is $status 1
with_server items 7 --format json <<END
$page
END
check "items as JSON" has out '{"batch":"7","items":['
run items 7 --output missing/out --url https://127.0.0.1:1 --cert certs/anphat.pem --key certs/anphat.key
check "an output that cannot be written fails" is $status 1

with_server cancel 7 <<END
200|{"lines":15,"cancelled":5,"too_late":3,"too_late_states":{"sending":1,"done":2},"over":4,"over_states":{"refused":4},"repeated":3}
END
check "cancel says what it did" has out "5 of 15 lines cancelled"
check "… what was too late" has out "3 were too far gone (1 sending, 2 done)"
check "… what was over before" has out "4 were over before, and nothing was sent (4 refused)"
check "… and what is another batch's" has out "3 belong to an earlier batch"

finish
