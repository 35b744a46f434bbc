#!/bin/sh
# deploy/make-secrets.sh [FOLDER]: makes the secrets of an installation, each random, into FOLDER (deploy/secrets), which
# only its owner can read. What is there already is kept: some of them cannot be changed (.env.example says which).
set -eu
umask 077
folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"
if [ -e "$folder/gatehouse.env" ]; then
  echo "$folder/gatehouse.env is there already and stays as it is." >&2
  exit 1
fi
random() { openssl rand -base64 48 | tr '+/' '-_' | tr -d '\n'; }
password=$(openssl rand -hex 24)
# Complete, or not there: one that was cut short would start a service with half of its secrets.
draft=$(mktemp "$folder/.draft.XXXXXX")
trap 'rm -f "$draft"' EXIT
{
  echo "APP_SECRET=$(random)"
  echo "KEY_ENCRYPTION_SECRET=$(random)"
  echo "PASSWORD_PEPPER=$(random)"
  echo "DATABASE_URL=postgres://gatehouse:$password@postgres:5432/gatehouse"
} >"$draft"
printf '%s' "$password" >"$folder/postgres-password"
# Read by Postgres as its own user.
chmod 644 "$folder/postgres-password"
mv "$draft" "$folder/gatehouse.env"
echo "Made $folder/gatehouse.env and $folder/postgres-password. Keep a copy where secrets are kept: without them backups cannot be used."
