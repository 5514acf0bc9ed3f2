#!/bin/sh
# A dump of the database in /sauvegardes, under another name until it is whole; the oldest ones are deleted.
# « restaurer FILE » puts a dump back, all of it or nothing: the database is as it was then.
# DATABASE_URL, or the file that DATABASE_URL_FILE names. SAUVEGARDES_GARDEES: how many are kept (14).
set -eu
umask 077
folder=${SAUVEGARDES:-/sauvegardes}
url="${DATABASE_URL:-}"
[ -n "$url" ] || [ -z "${DATABASE_URL_FILE:-}" ] || url=$(cat "$DATABASE_URL_FILE")
[ -n "$url" ] || { echo "DATABASE_URL (ou DATABASE_URL_FILE) est obligatoire." >&2; exit 1; }
case "${1:-copier}" in
copier)
    name=portail-$(date -u +%Y%m%dT%H%M%SZ).dump
    trap 'rm -f "$folder/$name.partiel"' EXIT
    pg_dump --dbname "$url" --format custom --file "$folder/$name.partiel"
    pg_restore --list "$folder/$name.partiel" >/dev/null
    mv "$folder/$name.partiel" "$folder/$name"
    find "$folder" -maxdepth 1 -name 'portail-*.dump' | sort -r | tail -n +$((${SAUVEGARDES_GARDEES:-14} + 1)) |
        while read -r old; do rm -f "$old"; done
    echo "$folder/$name"
    ;;
restaurer)
    pg_restore --dbname "$url" --clean --if-exists --no-owner --single-transaction --exit-on-error "$2"
    ;;
*)
    echo "Donnez copier, ou restaurer et le fichier." >&2
    exit 2
    ;;
esac
