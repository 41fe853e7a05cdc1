#!/bin/sh
# Writes the C table of the status page's files (struct http_page_file) to stdout.
#   embed.sh FILE...
set -eu
echo '#include "daemon/admin/http_int.h"'
n=0
for f in "$@"; do
	printf 'static const unsigned char file_%d[] = {\n' $n
	od -An -v -tu1 "$f" | sed 's/  */,/g; s/^,//; s/$/,/'
	echo '0};'
	n=$((n + 1))
done
echo 'const struct http_page_file http_page_files[] = {'
n=0
for f in "$@"; do
	name=/${f##*/}
	case $name in
	*.html) type='text/html; charset=utf-8' ;;
	*.css) type='text/css; charset=utf-8' ;;
	*.js) type='text/javascript; charset=utf-8' ;;
	*) echo "embed.sh: $f: no media type is known" >&2; exit 1 ;;
	esac
	[ "$name" = /index.html ] && name=/
	printf '\t{"%s", "%s", file_%d, sizeof file_%d - 1},\n' "$name" "$type" $n $n
	n=$((n + 1))
done
printf '\t{0}};\n'
