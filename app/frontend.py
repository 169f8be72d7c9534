"""The browser side: built by Reflex with Bun beside the pages in use, which change place with it when it is complete.

A build stops at the first of three questions (app/fingerprints.py) whose answer is that of the pages in use:
what are the sources, what is their code, what does Reflex compile it to. Only then Vite bundles, which costs most.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from app import fingerprints

PROJECT = Path(__file__).resolve().parent.parent
PAGES = PROJECT / ".web" / "build" / "client"
# Reflex and Vite work here; a build that failed or was killed never touches the pages in use.
_WORK = PROJECT / ".web" / "work"
_STAMP = "made-of.json"
# Variables by which a machine would choose other packages than the locked ones.
_CHOOSING = ("REACT_VERSION", "REACT_ROUTER_VERSION", "REFLEX_USE_NPM", "REFLEX_FROZEN_LOCKFILE")


class BuildError(RuntimeError):
    """The browser side could not be built; the message says why."""


@dataclass(frozen=True, slots=True)
class MadeOf:
    """What pages were made of, in the three ways of `app.fingerprints`; nothing equals the empty one."""

    sources: str = ""
    code: str = ""
    compiled: str = ""


def build(*, again: bool = False) -> bool:
    """Bring the pages under `.web/build/client` up to date and tell whether they had to change.

    `again` builds even if nothing changed. Builds wait for each other. Raises BuildError.
    """
    with _alone():
        old = MadeOf() if again else made_of()
        new = replace(old, sources=fingerprints.of_sources(PROJECT))
        if new == old:
            return False
        new = replace(new, code=_code())
        if new.code != old.code:
            _export(unless=old.compiled)
            new = replace(new, compiled=fingerprints.of_compiled(_WORK, PROJECT))
        # What was changed meanwhile may be in the result or not.
        is_certain = new.sources == fingerprints.of_sources(PROJECT)
        if new.compiled != old.compiled:
            _publish(new if is_certain else MadeOf())
        elif is_certain:
            _stamp(PAGES.parent, new)
        return new.compiled != old.compiled


def is_built() -> bool:
    """Tell whether there are built pages to serve."""
    return (PAGES / "index.html").exists()


def edition() -> str:
    """Return what tells the pages in use from those before and after them, empty if there are none."""
    try:
        return str((PAGES / "index.html").stat().st_mtime_ns)
    except FileNotFoundError:
        return ""


def made_of() -> MadeOf:
    """Return what the pages in use were made of; the empty one if there are none or it is not known."""
    try:
        return MadeOf(**json.loads((PAGES.parent / _STAMP).read_text())) if is_built() else MadeOf()
    except (OSError, ValueError, TypeError):
        return MadeOf()


def _stamp(folder: Path, made: MadeOf) -> None:
    draft = folder / f"{_STAMP}.new"
    draft.write_text(json.dumps(asdict(made)))
    draft.replace(folder / _STAMP)


@contextmanager
def _alone() -> Iterator[None]:
    """Wait until no other process builds in this folder; the lock ends with the process, however it ends."""
    folder = PAGES.parent.parent
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _code() -> str:
    try:
        return fingerprints.of_code(PROJECT)
    except fingerprints.UnreadableError as error:
        raise BuildError(str(error)) from error


def _export(unless: str) -> None:
    """Let Reflex compile, and bundle unless what it compiled has the fingerprint `unless`; raise BuildError."""
    # Reflex copies newer assets only and forgets none; and half a build must not be taken for one.
    for left in ("public", "build"):
        shutil.rmtree(_WORK / left, ignore_errors=True)
    with _tidied_up():
        command = [sys.executable, "-m", "app.export", unless]
        where = {"REFLEX_WEB_WORKDIR": str(_WORK.relative_to(PROJECT))}
        finished = subprocess.run(command, cwd=PROJECT, env={**build_environment(), **where}, check=False)  # noqa: S603
    if finished.returncode != 0:
        raise BuildError("Reflex could not build the pages: its messages are above")


def is_compiled_to(fingerprint: str) -> bool:
    """Tell whether what Reflex has compiled last has this fingerprint."""
    return fingerprints.of_compiled(_WORK, PROJECT) == fingerprint


def _publish(made: MadeOf) -> None:
    """Put the new build in the place of the pages in use, stamp and all, in one step; raise BuildError without one."""
    built = _WORK / "build"
    if not (built / PAGES.name / "index.html").exists():
        raise BuildError("Reflex has left no pages: its messages are above")
    _stamp(built, made)
    notes = PAGES.parent.with_name("backend")  # what Reflex's server reads about the pages
    shutil.copytree(_WORK / notes.name, notes, dirs_exist_ok=True)
    _exchange(built, PAGES.parent)


def _exchange(new: Path, place: Path) -> None:
    old = place.with_name(f"{place.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    new.rename(place)
    shutil.rmtree(old, ignore_errors=True)


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


def build_environment() -> dict[str, str]:
    """Return the environment of a build: this environment's Bun, the locked packages, nothing told to anybody."""
    scripts = sysconfig.get_path("scripts")
    made = {
        **{name: value for name, value in os.environ.items() if name not in _CHOOSING},
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
