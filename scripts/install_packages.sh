#!/usr/bin/env bash
# Install the Debian packages named as arguments if this account may, else say what to install and fail.
set -euo pipefail

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
        echo "Missing, and this account may not install packages. Run: sudo apt-get install $*" >&2
        exit 1
    fi
    as_root=(sudo -n)
fi
if ! command -v apt-get >/dev/null; then
    echo "Missing, and this is no Debian. Install what these Debian packages hold: $*" >&2
    exit 1
fi
echo "Installing $*…"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
if ! { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "$@"; } </dev/null >"$log" 2>&1; then
    cat "$log" >&2
    echo "Could not install: $*" >&2
    exit 1
fi
