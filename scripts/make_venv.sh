#!/usr/bin/env bash
# Make the Python environment in folder $1: with the interpreter named by PYTHON, else with the first supported one.
set -euo pipefail

here=$(dirname "$0")
wanted="CPython 3.11, 3.12, 3.13 or 3.14"
# The lock files hold built packages for these only. A build without the global lock takes other packages.
supported="import sys, sysconfig
sys.exit(not (
    sys.implementation.name == 'cpython'
    and (3, 11) <= sys.version_info[:2] <= (3, 14)
    and not sysconfig.get_config_var('Py_GIL_DISABLED')
))"

# A name on the path may be an empty shell (pyenv leaves such): only what runs counts.
runs() { "$1" -c "$supported" >/dev/null 2>&1; }
has_venv() { "$1" -c "import ensurepip, venv" 2>/dev/null; }

# Print the first supported interpreter of $@, fail if there is none.
choose() {
    local name
    for name in "$@"; do
        if runs "$name"; then
            echo "$name"
            return
        fi
    done
    return 1
}

if [ -n "${PYTHON:-}" ]; then
    if ! python=$(choose "$PYTHON"); then
        found=$("$PYTHON" --version 2>/dev/null || echo "it does not start")
        echo "PYTHON=$PYTHON cannot run the portal ($found): $wanted is needed." >&2
        exit 1
    fi
elif ! python=$(choose python3 python3.14 python3.13 python3.12 python3.11); then
    echo "No supported Python on the path: install $wanted, or name one with PYTHON=…" >&2
    exit 1
fi

# Debian ships the module that makes environments in a package of its own.
if ! has_venv "$python"; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    "$here/install_packages.sh" "python$version-venv"
    if ! has_venv "$python"; then
        echo "$python still cannot make environments: its modules venv and ensurepip are missing." >&2
        exit 1
    fi
fi
echo "Making the Python environment with $("$python" --version 2>&1)…"
"$python" -m venv --clear "$1"
