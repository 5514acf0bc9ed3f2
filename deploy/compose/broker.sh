#!/bin/sh
# Redis of docker-compose.yml: its password comes from REDIS_PASSWORD, or from the file that REDIS_PASSWORD_FILE names.
# It is given on standard input: a command line is read by whoever lists processes.
set -eu
password="${REDIS_PASSWORD:-}"
[ -n "$password" ] || [ -z "${REDIS_PASSWORD_FILE:-}" ] || password=$(cat "$REDIS_PASSWORD_FILE")
[ -n "$password" ] || { echo "REDIS_PASSWORD (ou REDIS_PASSWORD_FILE) est obligatoire." >&2; exit 1; }
# Messages are hints: what counts is in the database. Full, it refuses, and forgets nothing that it accepted.
exec redis-server - <<CONF
requirepass "$password"
dir "${REDIS_DIR:-/data}"
port ${REDIS_PORT:-6379}
appendonly yes
maxmemory 384mb
maxmemory-policy noeviction
CONF
