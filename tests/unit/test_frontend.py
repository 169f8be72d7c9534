from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

import rxconfig
from app import frontend

REFLEX_SCRIPT = "before\n  " + "\n".join(rxconfig._CHANGES) + "\nafter"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a project of two files and no build."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "page.py").write_text("one")
    (tmp_path / "rxconfig.py").write_text("two")
    monkeypatch.setattr(frontend, "PROJECT", tmp_path)
    monkeypatch.setattr(frontend, "PAGES", tmp_path / "client")
    monkeypatch.setattr(frontend, "_STAMP", tmp_path / "stamp")
    return tmp_path


def _build(
    project: Path, monkeypatch: pytest.MonkeyPatch, exit_code: int = 0, writes: Mapping[str, str] = MappingProxyType({})
) -> bool:
    """Call build() with a stand-in for Reflex that writes one page and the files of `writes`."""

    class Finished:
        returncode = exit_code

    def run(*_command: object, **_options: object) -> Finished:
        (project / "client").mkdir(exist_ok=True)
        for name, content in {"client/index.html": "page", **writes}.items():
            (project / name).write_text(content)
        return Finished()

    monkeypatch.setattr(frontend, "_npm_registry", lambda: "")
    monkeypatch.setattr(frontend.subprocess, "run", run)
    return frontend.build()


def test_the_pages_are_built_once_as_long_as_nothing_changes(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [_build(project, monkeypatch), _build(project, monkeypatch)] == [True, False]


@pytest.mark.parametrize("name", ["app/page.py", "app/new.py", "rxconfig.py"])
def test_a_changed_or_new_source_asks_for_a_build(name: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _build(project, monkeypatch)
    (project / name).write_text("changed")
    assert _build(project, monkeypatch)


def test_a_setting_that_pages_depend_on_asks_for_a_build(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _build(project, monkeypatch)
    monkeypatch.setenv("DEMO", "0")
    frontend.get_settings.cache_clear()
    assert _build(project, monkeypatch)


def test_another_port_or_address_asks_for_no_build(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _build(project, monkeypatch)
    monkeypatch.setenv("PORT", "4321")
    monkeypatch.setenv("PUBLIC_URL", "https://guichet.example")
    frontend.get_settings.cache_clear()
    assert not _build(project, monkeypatch)


def test_a_build_changes_no_file_that_is_kept(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {".gitignore": "data/\n", "reflex.lock/package.json": '{\n  "name": "reflex"\n}'}
    (project / "reflex.lock").mkdir()
    for name, content in kept.items():
        (project / name).write_text(content)
    _build(
        project, monkeypatch, writes={".gitignore": ".web\ndata/\n", "reflex.lock/package.json": '{"name":"reflex"}'}
    )
    assert {name: (project / name).read_text() for name in kept} == kept


def test_a_new_package_of_the_browser_side_is_kept(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "reflex.lock").mkdir()
    (project / "reflex.lock" / "package.json").write_text("{}")
    _build(project, monkeypatch, writes={"reflex.lock/package.json": '{"new": "1"}'})
    assert (project / "reflex.lock" / "package.json").read_text() == '{"new": "1"}'


def test_a_failed_build_is_said_and_tried_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(frontend.BuildError):
        _build(project, monkeypatch, exit_code=1)
    assert _build(project, monkeypatch)


def test_the_browser_talks_to_the_address_its_page_came_from_and_in_french() -> None:
    changed = rxconfig._adapted(REFLEX_SCRIPT)
    assert "window.location.origin" in changed
    assert "new version" not in changed
    assert "Recharger la page" in changed
    assert rxconfig._adapted(changed) == changed


def test_a_change_in_reflex_that_would_undo_this_stops_the_build() -> None:
    with pytest.raises(ValueError, match=r"state\.js"):
        rxconfig._adapted("nothing like it")
