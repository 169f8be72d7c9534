"""The lock files are installed without looking requirements up: they must hold everything, for every environment."""

import json
import re
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution

import pytest
from packaging.specifiers import SpecifierSet

from scripts import locks
from scripts.locks import Line, Metadata, faults, lines

PROJECT = tomllib.loads((locks.PROJECT / "pyproject.toml").read_text())["project"]
RUN = PROJECT["dependencies"]
DEV = PROJECT["optional-dependencies"]["dev"]
ROOTS = {"requirements.lock": RUN, "requirements-dev.lock": RUN + DEV}
ENVIRONMENTS = list(locks.environments())
LINUX_311 = ENVIRONMENTS[0]
WRITTEN = json.loads(locks.METADATA.read_text())


def _lock(name: str) -> str:
    return (locks.PROJECT / name).read_text()


def _plain(requires: list[str]) -> list[str]:
    return sorted(re.sub(r"\s+", "", text) for text in requires)


@cache
def _installed(name: str, version: str) -> Metadata | None:
    """Return what a package says that is installed here in this version, else None."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None
    if found.version != version:
        return None
    return Metadata(list(found.requires or []), found.metadata.get("Requires-Python") or "")


def _read(line: Line) -> Metadata:
    """Return a locked package's metadata: as written by `make lock` if its line has a marker, else as installed."""
    if line.marker is not None:
        return Metadata(**WRITTEN[f"{line.name}=={line.version}"])
    found = _installed(line.name, line.version)
    assert found, f"{line.name} {line.version} is locked and not installed: run make test, which installs it"
    return found


def _made_up(packages: dict[str, list[str]], requires_python: str = "") -> locks.Reader:
    return lambda line: Metadata(packages[line.name], requires_python)


@pytest.mark.parametrize("name", locks.LOCKS)
def test_a_lock_file_holds_every_requirement_of_every_package_in_every_environment(name: str) -> None:
    locked = lines(_lock(name))
    found = {fault for environment in ENVIRONMENTS for fault in faults(ROOTS[name], locked, _read, environment)}
    assert found == set()


def test_the_reader_of_lock_files_overlooks_no_package() -> None:
    for name in locks.LOCKS:
        assert len(lines(_lock(name))) == len(re.findall(r"^[^\s#-]", _lock(name), re.MULTILINE)) > 50


def test_the_written_metadata_are_those_of_the_lines_with_a_marker() -> None:
    marked = {f"{line.name}=={line.version}" for name in locks.LOCKS for line in lines(_lock(name)) if line.marker}
    assert WRITTEN.keys() == marked


def test_the_written_metadata_are_those_of_the_packages_where_they_are_installed() -> None:
    seen = 0
    for entry, written in WRITTEN.items():
        found = _installed(*entry.split("=="))
        if found:
            seen += 1
            assert _plain(found.requires) == _plain(written["requires"]), entry
            assert SpecifierSet(found.requires_python) == SpecifierSet(written["requires_python"]), entry
    assert seen >= 3


def test_every_release_at_which_a_marker_changes_is_among_the_checked_ones() -> None:
    for name in locks.LOCKS:
        for release in re.findall(r"python_(?:full_)?version [<>=!]+ '([\d.]+)'", _lock(name)):
            assert release in locks.PYTHONS or f"{release}.0" in locks.PYTHONS


def test_the_pythons_that_the_project_names_are_the_checked_ones() -> None:
    checked = {environment["python_version"] for environment in ENVIRONMENTS}
    named = {found for text in PROJECT["classifiers"] for found in re.findall(r":: (3\.\d+)$", text)}
    wanted = SpecifierSet(PROJECT["requires-python"])
    assert checked == named == {f"3.{minor}" for minor in range(30) if f"3.{minor}" in wanted}
    script = (locks.PROJECT / "scripts" / "make_venv.sh").read_text()
    assert set(re.findall(r"python(3\.\d+)", script)) == checked
    assert "(3, 11) <= sys.version_info[:2] <= (3, 14)" in script
    assert "CPython 3.11 to 3.14" in (locks.PROJECT / "README.md").read_text()


def test_a_package_taken_out_of_the_lock_is_reported_with_who_needs_it() -> None:
    locked = [line for line in lines(_lock("requirements.lock")) if line.name != "watchfiles"]
    assert set(faults(RUN, locked, _read, LINUX_311)) == {
        "the project → reflex → granian[reload] → watchfiles: not locked",
        "the project → watchfiles: not locked",
    }


@pytest.mark.parametrize(
    "name", sorted({line.name for line in lines(_lock("requirements.lock"))} - {"colorama", "psutil"})
)
def test_no_package_can_be_taken_out_of_the_lock_unseen(name: str) -> None:
    locked = [line for line in lines(_lock("requirements.lock")) if line.name != name]
    some = [environment for environment in ENVIRONMENTS if environment["platform_machine"] == "x86_64"]
    assert any(faults(RUN, locked, _read, environment) for environment in some)


def test_a_wrong_version_is_reported() -> None:
    found = faults(["a==1"], lines("a==1\nb==3.0\n"), _made_up({"a": ["b<3,>=2"], "b": []}), LINUX_311)
    assert found == ["the project → a → b: 3.0 is locked, <3,>=2 is needed"]


def test_a_missing_variant_of_a_marker_is_reported_where_it_is_missing() -> None:
    locked = lines("a==1\nb==1 ; python_full_version < '3.12' \\\n    --hash=sha256:0\n")
    read = _made_up({"a": ["b"], "b": []})
    versions = {env["python_version"]: faults(["a"], locked, read, env) for env in ENVIRONMENTS}
    assert versions["3.11"] == []
    assert versions["3.12"] == versions["3.14"] == ["the project → a → b: not locked"]


def test_two_lines_that_apply_in_one_environment_are_reported() -> None:
    locked = lines("b==1 ; python_full_version < '3.13'\nb==2 ; python_full_version >= '3.11'\n")
    assert faults(["b"], locked, _made_up({"b": []}), LINUX_311) == ["the project → b: locked more than once: 1, 2"]


def test_an_extra_of_an_extra_is_followed() -> None:
    packages = {"a": ["b[x]"], "b": ['c[y_z] ; extra == "x"'], "c": ['d ; extra == "y-z"', 'e ; extra == "other"']}
    found = faults(["a"], lines("a==1\nb==1\nc==1\n"), _made_up(packages), LINUX_311)
    assert found == ["the project → a → b[x] → c[y_z] → d: not locked"]


def test_an_extra_that_is_asked_for_later_is_followed_too() -> None:
    packages = {"a": ["b"], "b": ['c ; extra == "x"'], "z": ["b[x]"]}
    found = faults(["a", "b", "z"], lines("a==1\nb==1\nz==1\n"), _made_up(packages), LINUX_311)
    assert found == ["the project → z → b[x] → c: not locked"]


def test_a_package_that_asks_for_itself_with_an_extra_is_followed_and_ends() -> None:
    packages = {"a": ['a[x] ; extra == "all"', 'c ; extra == "x"']}
    assert faults(["a[all]"], lines("a==1\n"), _made_up(packages), LINUX_311) == [
        "the project → a[all] → a[x] → c: not locked"
    ]


def test_requirements_for_other_environments_do_not_count() -> None:
    packages = {"a": ["c ; sys_platform == 'win32'", "d ; python_version < '3.11'", 'e ; extra == "x"']}
    assert faults(["a"], lines("a==1\n"), _made_up(packages), LINUX_311) == []


def test_a_package_for_other_pythons_is_reported() -> None:
    found = faults(["a"], lines("a==1\n"), _made_up({"a": []}, requires_python=">=3.12"), LINUX_311)
    assert found == ["the project → a: 1 is for Python >=3.12"]


def test_a_package_from_an_address_is_reported() -> None:
    found = faults(["a"], lines("a==1\nb==1\n"), _made_up({"a": ["b @ file:///b.whl"], "b": []}), LINUX_311)
    assert found == ["the project → a → b: comes from an address"]
