#!/usr/bin/env bash
# Make sure that the programs the tests run are on this machine: a browser, PostgreSQL, Redis, nginx.
set -euo pipefail

# Debian keeps servers and PostgreSQL's own programs off the usual path.
PATH=$PATH:/usr/sbin:/sbin
for folder in /usr/lib/postgresql/*/bin; do PATH=$PATH:$folder; done

missing=()
has() { command -v "$1" >/dev/null; }
need() { has "$1" || missing+=("$2"); }
# Any of them will do; the first takes half the time of the others, and the newest releases alone have it.
if ! has chromium-headless-shell && ! has chromium && ! has chromium-browser && ! has google-chrome; then
    missing+=(chromium-headless-shell)
fi
need initdb postgresql
need pg_dump postgresql-client
need redis-server redis-server
need nginx nginx

if [ ${#missing[@]} -gt 0 ]; then
    "$(dirname "$0")/install_packages.sh" "${missing[@]}"
fi
