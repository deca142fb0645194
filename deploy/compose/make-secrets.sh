#!/bin/sh
# Prints secrets for cluster.yaml, new ones each time:  (umask 077 && sh make-secrets.sh > .env)
# They are hexadecimal, so that they need no quoting, in URLs least of all.
set -eu
for name in CAMSHARD_TOKEN CAMSHARD_CLUSTER_SECRET REDIS_PASSWORD POSTGRES_PASSWORD GRAFANA_PASSWORD; do
  echo "$name=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')"
done
