#!/usr/bin/env bash
# vnepp epp decode: captured frames of all kinds and encodings, whole and broken; secrets never.
set -u
cd "$(dirname "$0")/../.." || exit 2
vnepp=$PWD/${BUILD:-build}/vnepp dir=$(mktemp -d) passed=0 failed=0
trap 'rm -rf "$dir"' EXIT

check() { # WHAT COMMAND...
	local what=$1
	shift
	if "$@" >/dev/null 2>&1; then passed=$((passed + 1)); else
		failed=$((failed + 1))
		echo "FAILED: $what"
		head -n 12 "$dir/out"
	fi
}
decode() { # STATUS FILE OPTION...
	local want=$1
	shift
	"$vnepp" epp decode "$@" >"$dir/out" 2>&1
	[ $? -eq "$want" ]
}
says() { grep -q -- "$1" "$dir/out"; }
frame() { # FILE: with its length header
	local n=$(($(stat -c %s "$1") + 4))
	printf "\\x$(printf %02x $((n >> 24 & 255)))\\x$(printf %02x $((n >> 16 & 255)))\\x$(printf %02x $((n >> 8 & 255)))\\x$(printf %02x $((n & 255)))"
	cat "$1"
}
fx=tests/fixtures/epp

for f in $fx/*.xml; do check "$f" decode 0 "$f"; done
decode 0 $fx/refusal.xml
check "a code with its meaning" says 'result     2306 POLICY_ERROR (permanent): Parameter value policy error'
for f in $fx/*.xml; do frame "$f"; done >"$dir/stream"
check "frames with headers, one after the other" decode 0 "$dir/stream"
check "… all of them" [ "$(grep -c '^# frame' "$dir/out")" -eq 5 ]
cat $fx/*.xml >"$dir/documents"
check "documents without headers" decode 0 "$dir/documents"
check "… all of them" [ "$(grep -c '^# frame' "$dir/out")" -eq 5 ]
(cat $fx/greeting.xml && frame $fx/refusal.xml) >"$dir/mixed"
check "a document, then a frame" decode 0 "$dir/mixed"
check "… both" [ "$(grep -c '^# frame' "$dir/out")" -eq 2 ]
for enc in UTF-16LE UTF-16BE; do
	mark='\xff\xfe' && [ $enc = UTF-16BE ] && mark='\xfe\xff'
	(printf "$mark" && sed 's/encoding="[^"]*"/encoding="UTF-16"/' $fx/refusal.xml | iconv -f UTF-8 -t $enc) >"$dir/$enc"
	check "$enc" decode 0 "$dir/$enc"
	check "… with its words" says 'Giá trị không hợp lệ'
	frame "$dir/$enc" >"$dir/$enc.frame"
	check "$enc with a header" decode 0 "$dir/$enc.frame"
done
(printf '\xef\xbb\xbf' && cat $fx/greeting.xml) >"$dir/bom"
check "a byte order mark" decode 0 "$dir/bom"
frame $fx/domain-info.xml | head -c 900 >"$dir/cut"
check "a frame that is cut off" decode 1 "$dir/cut"
check "… says so" says 'cut off'
check "… and shows what there is" says 'nguyenvana.id.vn'
printf 'Access from your address is not allowed\r\n' >"$dir/words"
check "plain words" decode 1 "$dir/words"
check "… are told" says 'broken'
: >"$dir/empty"
check "nothing at all" decode 1 "$dir/empty"
check "a file that is not there" decode 1 "$dir/nowhere"
head -c 100000 /dev/urandom >"$dir/noise"
check "noise does no harm" decode 1 "$dir/noise"

secrets='s3cr3t-passw0rd N3w-passw0rd Auth-1nf0 068204001234 Nguyễn'
cat >"$dir/secret.xml" <<'END'
<?xml version="1.0"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><login><clID>us</clID><pw>s3cr3t-passw0rd</pw>
<newPW>N3w-passw0rd</newPW></login><clTRID>C</clTRID></command></epp>
<?xml version="1.0"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><create><d:create
xmlns:d="urn:ietf:params:xml:ns:domain-1.0"><d:name>a.vn</d:name><d:authInfo><d:pw>Auth-1nf0</d:pw></d:authInfo></d:create>
</create><extension><p:person xmlns:p="urn:p"><p:who>Nguyễn</p:who><p:paper>068204001234</p:paper></p:person></extension>
</command></epp>
END
for how in "" --json; do
	check "secrets $how" decode 0 "$dir/secret.xml" $how
	for s in $secrets; do check "… not $s" bash -c "! grep -q -- '$s' '$dir/out'"; done
done
cat >"$dir/mapping.yaml" <<'END'
extensions:
  - {namespace: "urn:p"}
END
check "JSON can be read" python3 -c "import json; f = json.load(open('$dir/out'))['frames']; assert len(f) == 2 and f[1]['name'] == 'a.vn' and f[0]['login'] == 'us' and f[1]['extensions'] == ['urn:p'] and f[0]['error'] is None"
decode 1 "$dir/cut" --json
check "… of broken frames, too" python3 -c "import json; f = json.load(open('$dir/out'))['frames']; assert f[0]['missing'] > 0 and f[0]['error'] and f[0]['results'][0]['code'] == 1000"
"$vnepp" epp decode - <$fx/greeting.xml >"$dir/out" 2>&1
check "standard input" says 'svID\|server'
check "a mapping that is none" decode 1 $fx/greeting.xml --mapping "$dir/mapping.yaml"
check "… says where" says 'mapping.yaml:'
"$vnepp" epp show create tests/demo/none --mapping systemd/mapping-vn-example.yaml >/dev/null 2>&1
check "a mapping that is right" decode 0 $fx/greeting.xml --mapping systemd/mapping-vn-example.yaml
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
