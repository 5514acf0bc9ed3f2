#!/bin/sh
# A copy of the bucket in /sauvegardes/fichiers: what left the bucket stays in /sauvegardes/partis/DAY, to be deleted when
# the data that it holds must be. « restaurer » puts the copy back into the bucket. Variables of docs/settings.md.
set -eu
umask 077
folder=${SAUVEGARDES:-/sauvegardes}
value() {
    eval "text=\${$1:-} path=\${$1_FILE:-}"
    [ -n "$text" ] || [ -z "$path" ] || text=$(cat "$path")
    printf %s "$text"
}
export RCLONE_CONFIG="${TMPDIR:-/tmp}/rclone.conf" RCLONE_CONFIG_PORTAIL_TYPE=s3 RCLONE_CONFIG_PORTAIL_PROVIDER=Other
export RCLONE_CONFIG_PORTAIL_ENDPOINT="$PORTAL_S3_ENDPOINT" RCLONE_CONFIG_PORTAIL_REGION="${PORTAL_S3_REGION:-us-east-1}"
RCLONE_CONFIG_PORTAIL_ACCESS_KEY_ID=$(value PORTAL_S3_ACCESS_KEY)
RCLONE_CONFIG_PORTAIL_SECRET_ACCESS_KEY=$(value PORTAL_S3_SECRET_KEY)
export RCLONE_CONFIG_PORTAIL_ACCESS_KEY_ID RCLONE_CONFIG_PORTAIL_SECRET_ACCESS_KEY RCLONE_S3_NO_CHECK_BUCKET=true
: >"$RCLONE_CONFIG"
case "${1:-copier}" in
copier)
    rclone sync "portail:$PORTAL_S3_BUCKET" "$folder/fichiers" --checksum --backup-dir "$folder/partis/$(date -u +%Y-%m-%d)"
    rclone check "portail:$PORTAL_S3_BUCKET" "$folder/fichiers" --one-way
    ;;
restaurer)
    rclone copy "$folder/fichiers" "portail:$PORTAL_S3_BUCKET" --checksum
    rclone check "$folder/fichiers" "portail:$PORTAL_S3_BUCKET" --one-way
    ;;
*)
    echo "Donnez copier, ou restaurer." >&2
    exit 2
    ;;
esac
