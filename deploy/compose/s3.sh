#!/bin/sh
# The S3 server of docker-compose.yml: one key, which reads, writes, deletes and lists in one bucket and nowhere else.
# There is no administrator's key: the bucket is made from inside, by « bucket ».
set -eu
umask 077
value() { # NAME: the variable, or the file that NAME_FILE names
    eval "text=\${$1:-} path=\${$1_FILE:-}"
    [ -n "$text" ] || [ -z "$path" ] || text=$(cat "$path")
    [ -n "$text" ] || { echo "$1 (ou $1_FILE) est obligatoire." >&2; exit 1; }
    case $text in *[!A-Za-z0-9+/=_.-]*) echo "$1 : lettres, chiffres et + / = _ . - seulement." >&2; exit 1 ;; esac
    printf %s "$text"
}
key=$(value PORTAL_S3_ACCESS_KEY)
secret=$(value PORTAL_S3_SECRET_KEY)
bucket=$(value PORTAL_S3_BUCKET)
config=${S3_CONFIG:-/tmp/s3.json}
cat >"$config" <<JSON
{"identities": [{
  "name": "portail",
  "credentials": [{"accessKey": "$key", "secretKey": "$secret"}],
  "actions": ["Read:$bucket", "Write:$bucket", "List:$bucket"]
}]}
JSON
exec "$@" -config="$config"
