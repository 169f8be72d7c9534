#!/usr/bin/env bash
# Make sure that the programs the tests run are on this machine: a browser, PostgreSQL, Redis, nginx.
set -euo pipefail

# Debian keeps servers and PostgreSQL's own programs off the usual path.
PATH=$PATH:/usr/sbin:/sbin
for folder in /usr/lib/postgresql/*/bin; do PATH=$PATH:$folder; done

missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); }
need chromium chromium
need initdb postgresql
need pg_dump postgresql-client
need redis-server redis-server
need nginx nginx

if [ ${#missing[@]} -gt 0 ]; then
    "$(dirname "$0")/install_packages.sh" "${missing[@]}"
fi
