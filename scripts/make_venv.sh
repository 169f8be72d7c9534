#!/usr/bin/env bash
# Make the Python environment in folder $1 with the interpreter named by PYTHON.
set -euo pipefail

here=$(dirname "$0")
python=${PYTHON:-python3}

if ! command -v "$python" >/dev/null; then
    echo "Python is missing: install Python 3.11 or newer, or name it with PYTHON=…" >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "$("$python" --version) is too old: Python 3.11 or newer is needed; name another one with PYTHON=…" >&2
    exit 1
fi
# Debian ships the module that makes environments in a package of its own.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    "$here/install_packages.sh" python3-venv
fi
echo "Making the Python environment…"
"$python" -m venv --clear "$1"
