"""What a lock file holds, and whether it holds everything: every requirement of every package, for each environment.

pip installs the lock files without looking requirements up (`scripts/install_locked.py`), so they must be complete.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
# Metadata of the lines with a marker: none of the Pythons that may run the check has all of them installed.
METADATA = PROJECT / "tests" / "unit" / "locked_metadata.json"
_LINE = re.compile(
    r"^(?P<name>[\w.-]+)(?:\[[^]]*\])?==(?P<version>[^\s;\\]+)[ \t]*(?:;(?P<marker>[^\\\n]+))?", re.MULTILINE
)
# First and later releases of each supported CPython, and those between which a marker of the lock files changes.
PYTHONS = ("3.11.0", "3.11.2", "3.11.3", "3.11.15", "3.12.0", "3.12.13", "3.13.0", "3.13.12", "3.14.0", "3.14.9")
MACHINES = (("linux", "Linux", "x86_64"), ("linux", "Linux", "aarch64"), ("darwin", "Darwin", "arm64"))


@dataclass(frozen=True)
class Line:
    """One package of a lock file: canonical name, version, and the marker that says where it is installed."""

    name: str
    version: str
    marker: Marker | None = None

    def applies(self, environment: dict[str, str]) -> bool:
        """Tell whether pip installs the line in the environment."""
        return self.marker is None or self.marker.evaluate(environment)


@dataclass(frozen=True)
class Metadata:
    """What a package says about itself: its requirements, and the Pythons it is for."""

    requires: list[str] = field(default_factory=list)
    requires_python: str = ""


Reader = Callable[[Line], Metadata]
_requirement = cache(Requirement)  # the same few hundred texts, in every environment
_specifier = cache(SpecifierSet)


def lines(text: str) -> list[Line]:
    """Return the packages of a lock file's text in its order."""
    return [
        Line(canonicalize_name(found["name"]), found["version"], Marker(found["marker"]) if found["marker"] else None)
        for found in _LINE.finditer(text)
    ]


def environments() -> Iterator[dict[str, str]]:
    """Give the marker variables of every supported Python on every supported kind of machine."""
    for python, (platform, system, machine) in product(PYTHONS, MACHINES):
        yield {
            "implementation_name": "cpython",
            "implementation_version": python,
            "os_name": "posix",
            "platform_machine": machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": system,
            "platform_version": "",
            "python_full_version": python,
            "python_version": ".".join(python.split(".")[:2]),
            "sys_platform": platform,
            "extra": "",
        }


def faults(roots: Iterable[str], locked: list[Line], read: Reader, environment: dict[str, str]) -> list[str]:
    """Return what the locked lines lack in one environment to satisfy `roots` and all that these require, sorted.

    `read` gives the metadata of a line. Each fault is a sentence that names the chain of requirements.
    """
    found: set[str] = set()
    applying = [line for line in locked if line.applies(environment)]
    seen: set[tuple[str, str]] = set()
    waiting = deque(
        (_requirement(root), "the project") for root in roots if _asked(_requirement(root), "", environment)
    )
    while waiting:
        wanted, chain = waiting.popleft()
        chain = f"{chain} → {wanted.name}{_extras(wanted)}"
        candidates = [line for line in applying if line.name == canonicalize_name(wanted.name)]
        fault = _fault(wanted, candidates)
        if fault:
            found.add(f"{chain}: {fault}")
            continue
        metadata = read(candidates[0])
        if not _specifier(metadata.requires_python).contains(environment["python_full_version"], prereleases=True):
            found.add(f"{chain}: {candidates[0].version} is for Python {metadata.requires_python}")
        new = {("", candidates[0].name), *((extra, candidates[0].name) for extra in wanted.extras)} - seen
        seen |= new
        waiting.extend((needed, chain) for extra, _ in sorted(new) for needed in _needed(metadata, extra, environment))
    return sorted(found)


def _fault(wanted: Requirement, candidates: list[Line]) -> str:
    """Return why the lines with the wanted name, as they apply, do not satisfy the requirement, or nothing."""
    versions = [line.version for line in candidates]
    if wanted.url:
        return "comes from an address"
    if not versions:
        return "not locked"
    if len(versions) > 1:
        return f"locked more than once: {', '.join(versions)}"
    if not wanted.specifier.contains(versions[0], prereleases=True):
        return f"{versions[0]} is locked, {wanted.specifier} is needed"
    return ""


def _needed(metadata: Metadata, extra: str, environment: dict[str, str]) -> Iterator[Requirement]:
    """Give the requirements that a package has in the environment for one of its extras, or for none (empty)."""
    for text in metadata.requires:
        requirement = _requirement(text)
        if _asked(requirement, extra, environment):
            yield requirement


def _asked(requirement: Requirement, extra: str, environment: dict[str, str]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({**environment, "extra": extra})


def _extras(wanted: Requirement) -> str:
    return f"[{','.join(sorted(wanted.extras))}]" if wanted.extras else ""
