#!/bin/sh
# Makes a test authority and the certificates that frontd's tests and examples use.
#
#   make-certs.sh DIRECTORY
#
# For NAME in server rsa second wildcard expired: NAME.pem (chain) and NAME-key.pem; mismatch-key.pem
# belongs to no certificate; ca.pem is what a client has to trust. Existing files are replaced.
set -eu

[ $# -eq 1 ] || { echo "usage: $0 DIRECTORY" >&2; exit 2; }
umask 077
mkdir -p "$1"
cd "$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OPENSSL_CONF="$work/openssl.cnf"

cat > "$OPENSSL_CONF" <<'END'
[req]
distinguished_name = name
[name]
[ca]
default_ca = authority
[authority]
dir = $ENV::WORK
database = $dir/index
serial = $dir/serial
new_certs_dir = $dir
certificate = ca.pem
private_key = ca-key.pem
default_md = sha256
policy = any
unique_subject = no
x509_extensions = leaf
[any]
commonName = supplied
[leaf]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = $ENV::NAMES
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
END
export WORK="$work" NAMES="DNS:unused"
: > "$work/index"
openssl rand -hex 8 > "$work/serial"

# A command whose words are only of interest when it fails.
quietly() {
    "$@" > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
}

# days_from_now N: the date in the form that `openssl ca` takes
days_from_now() {
    date -u -d "$1 days" +%Y%m%d%H%M%SZ
}

# new_key FILE KIND
new_key() {
    case $2 in
    ecdsa) quietly openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" ;;
    rsa)   quietly openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1" ;;
    esac
}

# leaf FILE KIND FROM UNTIL NAME...   (FROM and UNTIL in days from now)
leaf() {
    file=$1 kind=$2 from=$3 until=$4 common=$5
    shift 4
    NAMES=$(printf 'DNS:%s,' "$@")
    NAMES=${NAMES%,}
    case " $* " in *" localhost "*) NAMES="$NAMES,IP:127.0.0.1,IP:::1" ;; esac
    new_key "$file-key.pem" "$kind"
    quietly openssl req -new -key "$file-key.pem" -subj "/CN=$common" -out "$work/request"
    quietly openssl ca -batch -notext -in "$work/request" -out "$work/leaf" \
        -startdate "$(days_from_now "$from")" -enddate "$(days_from_now "$until")"
    cat "$work/leaf" ca.pem > "$file.pem"
}

new_key ca-key.pem ecdsa
quietly openssl req -x509 -new -key ca-key.pem -subj "/CN=frontd test authority" -days 3650 \
    -extensions root -out ca.pem

leaf server   ecdsa -1   90  frontd.example www.frontd.example mail.frontd.example localhost
leaf rsa      rsa   -1   90  frontd.example www.frontd.example mail.frontd.example localhost
leaf second   ecdsa -1   90  second.example www.second.example
leaf wildcard ecdsa -1   90  '*.wild.example' wild.example
leaf expired  ecdsa -100 -10 frontd.example www.frontd.example mail.frontd.example localhost
new_key mismatch-key.pem ecdsa
chmod 644 ca.pem server.pem rsa.pem second.pem wildcard.pem expired.pem
