#!/bin/sh
# make_certificates.sh DIR: an authority (ca), another one (other_ca), and leaves of the first: server
# (localhost, 127.0.0.1, ::1), wrong_name, expired and client. Each NAME is NAME.crt and NAME.key.
set -eu
cd "$1"

authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
    -keyout "$1.key" -out "$1.crt" -subj "/CN=$1" -addext basicConstraints=critical,CA:TRUE
}
leaf() { # NAME SUBJECT_ALT_NAME NOT_BEFORE NOT_AFTER
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout "$1.key" -out "$1.csr" -subj "/CN=$1"
  printf 'subjectAltName=%s\n' "$2" >"$1.ext"
  openssl ca -batch -config ca.cnf -in "$1.csr" -out "$1.crt" -notext -extfile "$1.ext" \
    -startdate "$3" -enddate "$4"
}

cat >ca.cnf <<'CONFIG'
[ca]
default_ca = test
[test]
database = index
serial = serial
new_certs_dir = .
certificate = ca.crt
private_key = ca.key
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
CONFIG
: >index
echo 01 >serial

{
  authority ca
  authority other_ca
  leaf server DNS:localhost,IP:127.0.0.1,IP:::1 20200101000000Z 20491231000000Z
  leaf wrong_name DNS:elsewhere.example,IP:127.0.0.2 20200101000000Z 20491231000000Z
  leaf expired DNS:localhost,IP:127.0.0.1 20200101000000Z 20200102000000Z
  leaf client DNS:nodeportd.example 20200101000000Z 20491231000000Z
} >openssl.log 2>&1
