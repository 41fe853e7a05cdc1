#!/usr/bin/env bash
# Folders are layers: checks every #include "…" of the tree against the table of what a folder may include, and that
# libuv stays in daemon/core and daemon/net, libxml2 in epp/, SQLite in daemon/store and daemon/webhook.
set -u
cd "$(dirname "$0")/.." || exit 2

# folder: folders and headers it may include besides itself
allowed() {
	case $1 in
	epp/base) echo "" ;;
	epp) echo "epp/base/" ;;
	policy) echo "epp/base/" ;;
	certs) echo "epp/base/" ;;
	daemon/core) echo "epp/dialect.h epp/ns.h epp/base/" ;;
	daemon/net) echo "daemon/core/ certs/ epp/base/" ;;
	daemon/session) echo "daemon/net/stream.h daemon/net/dial.h daemon/core/ epp/" ;;
	daemon/job) echo "daemon/core/ epp/ policy/" ;;
	daemon/store) echo "daemon/core/ daemon/job/ epp/base/ epp/trid.h" ;;
	daemon/sched) echo "daemon/job/ daemon/store/store daemon/session/pool.h daemon/session/session.h daemon/core/ epp/" ;;
	daemon/api) echo "daemon/net/ daemon/job/ daemon/sched/sched.h daemon/sched/gcra.h daemon/sched/lane.h daemon/store/store policy/ daemon/core/ epp/" ;;
	daemon/admin) echo "daemon/net/ daemon/job/ daemon/sched/sched.h daemon/store/store policy/ daemon/core/ epp/base/" ;;
	daemon/cli) echo "daemon/core/log.h daemon/core/config.h daemon/admin/admin_proto.h daemon/job/ daemon/api/item_ daemon/api/split.h policy/ epp/" ;;
	daemon/webhook) echo "daemon/core/config_webhook.h daemon/core/log.h daemon/core/sdnotify.h daemon/core/stats.h daemon/admin/admin_proto.h epp/base/" ;;
	daemon) echo "daemon/ epp/ policy/ certs/" ;;
	*) echo "any" ;;
	esac
}

bad=0
while IFS=: read -r file line text; do
	header=${text#*\"}
	header=${header%%\"*}
	folder=${file%/*}
	may=$(allowed "$folder")
	[ "$may" = any ] && continue
	[ "${header%/*}" = "$folder" ] && continue
	ok=no
	for prefix in $may; do
		case $header in "$prefix"*) ok=yes ;; esac
	done
	if [ $ok = no ]; then
		echo "$file:$line: $folder may not include $header"
		bad=$((bad + 1))
	fi
done < <(grep -rn --include='*.[ch]' '^#include "' epp policy certs daemon)

# library header, folders that may use it
only() {
	local found
	found=$(grep -rln --include='*.[ch]' "^#include <$1" epp policy certs daemon | grep -Ev "^($2)/")
	if [ -n "$found" ]; then
		echo "<$1…> only in $2, but also in:" $found
		bad=$((bad + 1))
	fi
}
only uv.h 'daemon/core|daemon/net'
only libxml/ 'epp'
only sqlite3.h 'daemon/store|daemon/webhook'
only openssl/ 'epp/base|certs|daemon/net'
only yaml.h 'epp/base'
only llhttp 'daemon/net'
only zlib.h 'daemon/api'
only curl/ 'daemon/cli|daemon/webhook'
if [ $bad -eq 0 ]; then echo "layers: every include goes one way"; fi
exit $((bad > 0))
