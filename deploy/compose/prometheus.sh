#!/bin/sh
# Prometheus of docker-compose.yml: the token that it gives the portal comes from PORTAL_METRICS_TOKEN.
set -eu
[ -n "${PORTAL_METRICS_TOKEN:-}" ] || { echo "PORTAL_METRICS_TOKEN est obligatoire." >&2; exit 1; }
umask 077
printf %s "$PORTAL_METRICS_TOKEN" > /tmp/jeton
unset PORTAL_METRICS_TOKEN
exec prometheus --config.file=/etc/prometheus/prometheus.yml --storage.tsdb.path=/prometheus --storage.tsdb.retention.time=30d
