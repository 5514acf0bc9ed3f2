#!/bin/sh
# Whether Redis answers, with its password out of the command line.
[ -n "${REDIS_PASSWORD:-}" ] || REDIS_PASSWORD=$(cat "$REDIS_PASSWORD_FILE")
REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli -p "${REDIS_PORT:-6379}" ping | grep -q PONG
