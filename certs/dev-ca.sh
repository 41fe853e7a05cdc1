#!/bin/sh
# Makes a throw-away certificate authority and certificates for tests and the demo. Never for production: the keys lie
# unprotected in a folder, and the CA's key beside them.
#
#   certs/dev-ca.sh FOLDER [extra]
#
# FOLDER gets, as NAME.pem (certificate) and NAME.key (private key, mode 0600), all P-256:
#   ca        the authority (valid 10 years)       registry   server: localhost, 127.0.0.1, ::1
#   api       server: localhost, 127.0.0.1, ::1    gateway    client: the gateway at the registry
#   anphat, hoasen   clients: two partners, named in the SAN as URI urn:vnepp:partner:NAME and DNS NAME.partner.example
# With "extra", for tests that must fail:
#   other-ca, stranger   an unrelated authority and a client of it
#   expired   a server certificate of yesterday    wrong-name   a server named elsewhere.example
#   revoked   a server on the list ca.crl          outdated.crl  a list of yesterday
#   future    a server certificate of tomorrow     weak-key, weak-hash   RSA of 1024 bits; signed with SHA-1
#
# What is there already is kept; remove the folder to begin anew.
set -eu
umask 077

fail() {
	echo "dev-ca.sh: $*" >&2
	exit 1
}

[ $# -ge 1 ] && [ $# -le 2 ] || fail "usage: certs/dev-ca.sh FOLDER [extra]"
extra=${2-}
[ -z "$extra" ] || [ "$extra" = extra ] || fail "unknown word '$extra' (only 'extra' is known)"
here=$(cd "$(dirname "$0")" && pwd -P)
case $1 in
/*) out=$1 ;;
*) out=$(pwd -P)/$1 ;;
esac
case "$(realpath -m -- "$out")/" in
"$here"/*) fail "refusing to write keys into '$out': they would end up in the repository" ;;
esac
command -v openssl >/dev/null || fail "the openssl command is missing (Debian: apt-get install openssl)"
mkdir -p -- "$out"
cd "$out"

# The names of temporary files carry our process number: two runs into one folder do not disturb each other, and what
# is half done is never taken for done.
tmp=.dev-ca.$$
trap 'rm -f "$tmp".*' EXIT

config() { # CN, extension lines
	cat <<-END
		[req]
		prompt = no
		distinguished_name = dn
		x509_extensions = ext
		[dn]
		O = vnepp test
		CN = $1
		[ext]
		$2
	END
}

key() { # FILE
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"
}

make_ca() { # NAME CN
	[ -s "$1.pem" ] && [ -s "$1.key" ] && return
	key "$tmp.key"
	config "$2" "basicConstraints = critical, CA:TRUE
		keyUsage = critical, keyCertSign, cRLSign
		subjectKeyIdentifier = hash" >"$tmp.cnf"
	openssl req -x509 -new -sha256 -days 3650 -config "$tmp.cnf" -key "$tmp.key" -out "$tmp.pem"
	mv "$tmp.key" "$1.key"
	mv "$tmp.pem" "$1.pem"
}

make_cert() { # CA NAME CN serverAuth|clientAuth SAN [DAYS [OPTION]]: OPTION: rsa1024, sha1
	[ -s "$2.pem" ] && [ -s "$2.key" ] && return
	if [ "${7-}" = rsa1024 ]; then openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out "$tmp.key" 2>/dev/null; else key "$tmp.key"; fi
	hash=sha256
	[ "${7-}" != sha1 ] || hash=sha1
	config "$3" "basicConstraints = critical, CA:FALSE
		keyUsage = critical, digitalSignature
		extendedKeyUsage = $4
		subjectAltName = $5
		subjectKeyIdentifier = hash
		authorityKeyIdentifier = keyid" >"$tmp.cnf"
	openssl req -new -config "$tmp.cnf" -key "$tmp.key" -out "$tmp.csr"
	openssl x509 -req -$hash -days "${6-825}" -in "$tmp.csr" -CA "$1.pem" -CAkey "$1.key" \
		-set_serial "0x$(openssl rand -hex 15)" -extfile "$tmp.cnf" -extensions ext -out "$tmp.pem" 2>/dev/null ||
		fail "openssl could not sign the certificate for $3"
	mv "$tmp.key" "$2.key"
	mv "$tmp.pem" "$2.pem"
}

# By `openssl ca`, since nothing else revokes, or sets when a certificate begins.
make_lists() {
	[ ! -s ca.crl ] || return 0
	: >"$tmp.index"
	echo 01 >"$tmp.number"
	cat >"$tmp.ca" <<-END
		[ca]
		default_ca = d
		[d]
		database = $tmp.index
		crlnumber = $tmp.number
		serial = $tmp.number
		new_certs_dir = .
		certificate = ca.pem
		private_key = ca.key
		default_md = sha256
		policy = p
		unique_subject = no
		[p]
		commonName = supplied
		organizationName = optional
	END
	if [ ! -s future.pem ]; then
		key future.key
		config "registry of tomorrow" "basicConstraints = critical, CA:FALSE
			extendedKeyUsage = serverAuth
			subjectAltName = $local_names" >"$tmp.cnf"
		openssl req -new -config "$tmp.cnf" -key future.key -out "$tmp.csr"
		openssl ca -batch -notext -config "$tmp.ca" -startdate 20990101000000Z -enddate 21000101000000Z -in "$tmp.csr" \
			-extfile "$tmp.cnf" -extensions ext -out "$tmp.pem" 2>/dev/null || fail "openssl could not sign a certificate of tomorrow"
		mv "$tmp.pem" future.pem
		rm -f 01.pem
	fi
	openssl ca -config "$tmp.ca" -revoke revoked.pem 2>/dev/null
	openssl ca -config "$tmp.ca" -gencrl -crldays 3650 -out "$tmp.crl" 2>/dev/null || fail "openssl could not make a revocation list"
	openssl ca -config "$tmp.ca" -gencrl -crl_lastupdate 20200101000000Z -crl_nextupdate 20200201000000Z -out outdated.crl 2>/dev/null ||
		fail "openssl could not make an outdated revocation list"
	mv "$tmp.crl" ca.crl
	rm -f "$tmp".index.* "$tmp".number.*
}

partner() { # NAME
	make_cert ca "$1" "$1" clientAuth "URI:urn:vnepp:partner:$1, DNS:$1.partner.example"
}

local_names="DNS:localhost, IP:127.0.0.1, IP:::1"
make_ca ca "vnepp throw-away CA"
make_cert ca registry "registry simulator" serverAuth "$local_names"
make_cert ca api "gateway API" serverAuth "$local_names"
make_cert ca gateway "gateway" clientAuth "DNS:gateway.example"
partner anphat
partner hoasen
if [ -n "$extra" ]; then
	make_ca other-ca "unrelated CA"
	make_cert other-ca stranger "anphat" clientAuth "URI:urn:vnepp:partner:anphat, DNS:anphat.partner.example"
	make_cert ca expired "registry of yesterday" serverAuth "$local_names" -1
	make_cert ca wrong-name "elsewhere" serverAuth "DNS:elsewhere.example"
	make_cert ca revoked "registry of ill repute" serverAuth "$local_names"
	make_cert ca weak-key "registry with a short key" serverAuth "$local_names" 825 rsa1024
	make_cert ca weak-hash "registry of old" serverAuth "$local_names" 825 sha1
	make_lists
fi
