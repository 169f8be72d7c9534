import ast
import json
import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from reflex_base.constants.installer import PackageJson

PROJECT = Path(__file__).resolve().parents[2]
PINNED = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==([^\s;]+)", re.MULTILINE)


def _lock(name: str) -> str:
    return (PROJECT / name).read_text()


def _pins(text: str) -> set[tuple[str, str]]:
    return {(re.sub(r"[-_.]+", "-", name).lower(), version) for name, version in PINNED.findall(text)}


def _declared(*groups: list[str]) -> set[tuple[str, str]]:
    return _pins("\n".join(line for group in groups for line in group))


@pytest.fixture(scope="module")
def project() -> dict[str, list[str]]:
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    return {"run": declared["dependencies"], "dev": declared["optional-dependencies"]["dev"]}


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_file_holds_no_address_and_a_hash_for_every_package(name: str) -> None:
    text = _lock(name)
    assert not re.search(r"https?:|file:|--index|--find-links", text)
    entries = [entry for entry in re.split(r"\n(?=\S)", text) if PINNED.match(entry)]
    assert entries
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_every_dependency_is_pinned_exactly_and_locked(project: dict[str, list[str]]) -> None:
    assert all("==" in line for group in project.values() for line in group)
    assert _declared(project["run"]) <= _pins(_lock("requirements.lock"))
    assert _declared(project["run"], project["dev"]) <= _pins(_lock("requirements-dev.lock"))


@pytest.mark.parametrize(
    ("lock", "folders"),
    [("requirements.lock", ["app", "migrations"]), ("requirements-dev.lock", ["tests", "bench", "scripts"])],
)
def test_every_package_that_is_imported_is_locked(lock: str, folders: list[str]) -> None:
    owners = packages_distributions()
    imported = {name for folder in folders for path in (PROJECT / folder).rglob("*.py") for name in _imports(path)}
    needed = {owners[name][0].lower().replace("_", "-") for name in imported & owners.keys()}
    assert needed - {name for name, _ in _pins(_lock(lock))} == set()


def _imports(path: Path) -> set[str]:
    """Return the top-level names of the modules that a file imports, anywhere in it."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {name.split(".")[0] for name in plain | {n.module or "" for n in nodes if isinstance(n, ast.ImportFrom)}}


def test_the_tests_run_with_the_versions_that_the_portal_runs_with() -> None:
    assert _pins(_lock("requirements.lock")) <= _pins(_lock("requirements-dev.lock"))


def test_the_package_lists_of_the_browser_side_hold_no_address() -> None:
    for path in (PROJECT / "reflex.lock").iterdir():
        assert not re.search(r"https?://", path.read_text())


@pytest.fixture(scope="module")
def browser_side() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the browser side's package list and its lock, which is JSON with commas too many."""
    folder = PROJECT / "reflex.lock"
    lock = re.sub(r",(\s*[}\]])", r"\1", (folder / "bun.lock").read_text())
    return json.loads((folder / "package.json").read_text()), json.loads(lock)


def test_the_browser_side_names_exact_versions_and_the_lock_was_made_for_them(
    browser_side: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    packages, lock = browser_side
    named = {**packages["dependencies"], **packages["devDependencies"]}
    assert named
    for name, version in named.items():
        assert re.fullmatch(r"v?\d+\.\d+\.\d+", version), name
        assert lock["packages"][name][0] == f"{name}@{version.removeprefix('v')}"
    for group in ("dependencies", "devDependencies"):
        assert lock["workspaces"][""][group] == packages[group]


def test_every_package_of_the_browser_side_has_one_version_a_hash_and_no_address(
    browser_side: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    _, lock = browser_side
    assert len(lock["packages"]) > 100
    for place, (identity, address, *_, integrity) in lock["packages"].items():
        assert re.fullmatch(r"(@[\w.-]+/)?[\w.-]+@\d+\.\d+\.\d+(-[\w.]+)?", identity), place
        assert address == "", place
        assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", integrity), place


def test_reflex_asks_for_the_locked_versions_so_that_its_build_changes_none(
    browser_side: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    packages, _ = browser_side
    asked = {**PackageJson.DEPENDENCIES, **PackageJson.DEV_DEPENDENCIES}
    assert asked.items() <= {**packages["dependencies"], **packages["devDependencies"]}.items()
    assert packages["overrides"] == PackageJson.OVERRIDES


def test_a_build_may_not_change_what_is_locked() -> None:
    assert tomllib.loads((PROJECT / "bunfig.toml").read_text()) == {"install": {"frozenLockfile": True}}
