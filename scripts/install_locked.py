"""Install exactly what a lock file holds into the environment that runs this; nothing is looked up or chosen.

Called as `python -I scripts/install_locked.py requirements.lock` before any package is there: standard library only.
"""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

# No requirement is looked up, no file differs from its hash, no package is built (that would look up what builds it).
EXACTLY = ("--require-hashes", "--no-deps", "--only-binary=:all:")
QUIETLY = ("--quiet", "--quiet", "--disable-pip-version-check", "--no-input")
# What a machine may decide: where packages come from and how they are fetched. Everything else is the lock file's.
WHERE_FROM = frozenset({"index-url", "extra-index-url", "no-index", "find-links", "trusted-host", "keyring-provider"})
WHERE_FROM |= {"cert", "client-cert", "proxy", "timeout", "default-timeout", "retries", "cache-dir", "no-cache-dir"}
# They come with the environment and are nobody's requirement.
BROUGHT_BY_PYTHON = frozenset({"pip", "setuptools"})
_SETTING = re.compile(r"^(global|install|:env:)\.([a-z-]+)=(.*)$", re.MULTILINE)
_SECTIONS = ("global", "install", ":env:")


def kept_settings(listed: str) -> dict[str, str]:
    """Return, as variables for pip, the settings of `WHERE_FROM` among what `pip config list` printed."""
    found = [(section, name, value) for section, name, value in _SETTING.findall(listed) if name in WHERE_FROM]
    found.sort(key=lambda setting: _SECTIONS.index(setting[0]))
    return {f"PIP_{name.upper().replace('-', '_')}": " ".join(str(_value(text)).split()) for _, name, text in found}


def _value(text: str) -> object:
    """Return what pip printed with quotation marks, or the text itself."""
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def pip_environment(environment: dict[str, str], listed: str) -> dict[str, str]:
    """Return the variables to run pip with: those of `environment` that are not pip's, and `kept_settings`."""
    others = {name: value for name, value in environment.items() if not name.upper().startswith("PIP_")}
    return {**others, "PIP_CONFIG_FILE": os.devnull, **kept_settings(listed)}


def leftovers(installed: Iterable[str], locks: Iterable[str]) -> list[str]:
    """Return the installed names that no lock file text holds any more, sorted."""
    locked = {_plain(name) for text in locks for name in re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==", text, re.MULTILINE)}
    return sorted({_plain(name) for name in installed} - locked - BROUGHT_BY_PYTHON)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _pip(*arguments: str, env: dict[str, str]) -> str:
    """Run this environment's pip and return what it printed; end the program if it fails."""
    command = [sys.executable, "-I", "-m", "pip", *arguments]
    finished = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=False)
    if finished.returncode != 0:
        sys.exit(f"{finished.stdout}Not installed: pip {arguments[0]} failed. The same command tries again.")
    return finished.stdout


def _locks_beside(lock: Path) -> Iterator[str]:
    """Give the texts of all lock files: installing one does not take away what another has brought."""
    return (path.read_text() for path in lock.resolve().parent.glob("requirements*.lock"))


def main(lock: Path) -> None:
    """Install the lock file, remove what left all of them, check that everything fits together."""
    env = pip_environment(dict(os.environ), _pip("config", "list", env={**os.environ, "PIP_QUIET": "0"}))
    _pip("install", *QUIETLY, *EXACTLY, "--requirement", str(lock), env=env)
    installed = json.loads(_pip("list", "--format=json", "--disable-pip-version-check", env=env))
    gone = leftovers((package["name"] for package in installed), _locks_beside(lock))
    if gone:
        _pip("uninstall", "--quiet", "--yes", *gone, env=env)
    _pip("check", env=env)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
