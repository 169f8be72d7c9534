import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
from reflex.utils import build as reflex_build

import rxconfig
from app import export, frontend
from app.settings import get_settings

REFLEX_SCRIPT = "before\n  " + "\n".join(rxconfig._CHANGES) + "\nafter"


@dataclass
class Reflex:
    """A stand-in for `python -m app.export`: it compiles app/page.py without what follows « # », then bundles."""

    project: Path
    exit_code: int = 0
    killed: bool = False
    leaves_pages: bool = True
    writes: dict[str, str] = field(default_factory=dict)
    meanwhile: str = ""
    compiled: int = 0
    bundled: int = 0

    def run(self, command: list[str], **_options: object) -> SimpleNamespace:
        for name, content in self.writes.items():
            (self.project / name).write_text(content)
        self._compile()
        if self.exit_code == 0 and not frontend.is_compiled_to(command[-1]):
            self._bundle()
        if self.meanwhile:
            (self.project / "app" / "page.py").write_text(self.meanwhile)
        if self.killed:
            raise KeyboardInterrupt
        return SimpleNamespace(returncode=self.exit_code)

    def _compile(self) -> None:
        self.compiled += 1
        work = self.project / ".web" / "work"
        shutil.copytree(self.project / "assets", work / "public", dirs_exist_ok=True)
        (work / "backend").mkdir(exist_ok=True)
        (work / "page.js").write_text((self.project / "app" / "page.py").read_text().partition("service")[0])

    def _bundle(self) -> None:
        self.bundled += 1
        pages = self.project / ".web" / "work" / "build" / "client"
        pages.mkdir(parents=True, exist_ok=True)
        (pages / "index.html" if self.leaves_pages else pages / "half.js").write_text(f"page {self.bundled}")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a project of one page, one asset and no build."""
    sources = {"app/page.py": "one = 1\n", "assets/style.css": "p {}", "rxconfig.py": "two = 2\n"}
    for name, content in sources.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    monkeypatch.setattr(frontend, "PROJECT", tmp_path)
    monkeypatch.setattr(frontend, "PAGES", tmp_path / ".web" / "build" / "client")
    monkeypatch.setattr(frontend, "_WORK", tmp_path / ".web" / "work")
    return tmp_path


@pytest.fixture
def reflex(project: Path, monkeypatch: pytest.MonkeyPatch) -> Reflex:
    standing_in = Reflex(project)
    monkeypatch.setattr(frontend, "_npm_registry", lambda: "")
    monkeypatch.setattr(frontend.subprocess, "run", standing_in.run)
    return standing_in


def _page(project: Path) -> str:
    return (project / ".web" / "build" / "client" / "index.html").read_text()


def test_the_pages_are_built_once_as_long_as_nothing_changes(reflex: Reflex) -> None:
    assert [frontend.build(), frontend.build()] == [True, False]
    assert (reflex.compiled, reflex.bundled) == (1, 1)


def test_a_comment_is_not_even_compiled(reflex: Reflex, project: Path) -> None:
    frontend.build()
    (project / "app" / "page.py").write_text("# why\none  =  1  # what\n")
    assert [frontend.build(), frontend.build()] == [False, False]
    assert reflex.compiled == 1


def test_a_change_that_the_browser_does_not_get_is_compiled_once_and_not_bundled(reflex: Reflex, project: Path) -> None:
    frontend.build()
    (project / "app" / "page.py").write_text("one = 1\nservice = 2\n")
    assert [frontend.build(), frontend.build()] == [False, False]
    assert (reflex.compiled, reflex.bundled) == (2, 1)


@pytest.mark.parametrize(
    ("name", "content"),
    [("app/page.py", "one = 2\n"), ("assets/style.css", "b {}"), ("assets/new.css", "i {}"), ("rxconfig.py", "x = 1")],
)
def test_a_change_that_the_browser_gets_is_bundled(name: str, content: str, reflex: Reflex, project: Path) -> None:
    frontend.build()
    (project / name).write_text(content)
    assert [frontend.build(), frontend.build()] == [True, False]
    assert _page(project) == "page 2"


def test_an_asset_that_is_gone_is_gone_from_the_pages(reflex: Reflex, project: Path) -> None:
    frontend.build()
    (project / "assets" / "style.css").unlink()
    assert frontend.build()
    assert not (project / ".web" / "work" / "public" / "style.css").exists()


def test_an_older_asset_in_the_place_of_a_newer_one_is_taken(reflex: Reflex, project: Path) -> None:
    frontend.build()
    style = project / "assets" / "style.css"
    style.write_text("b {}")
    os.utime(style, (0, 0))
    assert frontend.build()
    assert (project / ".web" / "work" / "public" / "style.css").read_text() == "b {}"


def test_it_can_be_built_again_without_a_change(reflex: Reflex) -> None:
    frontend.build()
    assert frontend.build(again=True)


def test_a_setting_that_pages_depend_on_is_asked_again(reflex: Reflex, monkeypatch: pytest.MonkeyPatch) -> None:
    frontend.build()
    monkeypatch.setenv("DEMO", "0")
    get_settings.cache_clear()
    frontend.build()
    assert reflex.compiled == 2


def test_another_port_or_address_asks_for_no_build(reflex: Reflex, monkeypatch: pytest.MonkeyPatch) -> None:
    frontend.build()
    monkeypatch.setenv("PORT", "4321")
    monkeypatch.setenv("PUBLIC_URL", "https://guichet.example")
    get_settings.cache_clear()
    frontend.build()
    assert reflex.compiled == 1


def test_a_build_changes_no_file_that_is_kept(reflex: Reflex, project: Path) -> None:
    kept = {".gitignore": "data/\n", "reflex.lock/package.json": '{\n  "name": "reflex"\n}'}
    (project / "reflex.lock").mkdir()
    for name, content in kept.items():
        (project / name).write_text(content)
    reflex.writes = {".gitignore": ".web\ndata/\n", "reflex.lock/package.json": '{"name":"reflex"}'}
    frontend.build()
    assert {name: (project / name).read_text() for name in kept} == kept


def test_a_new_package_of_the_browser_side_is_kept(reflex: Reflex, project: Path) -> None:
    (project / "reflex.lock").mkdir()
    (project / "reflex.lock" / "package.json").write_text("{}")
    reflex.writes = {"reflex.lock/package.json": '{"new": "1"}'}
    frontend.build()
    assert (project / "reflex.lock" / "package.json").read_text() == '{"new": "1"}'


@pytest.mark.parametrize("failure", [{"exit_code": 1}, {"killed": True}, {"leaves_pages": False}])
def test_a_build_that_fails_or_is_killed_leaves_the_pages_and_is_tried_again(
    failure: dict[str, object], reflex: Reflex, project: Path
) -> None:
    frontend.build()
    before = frontend.made_of()
    (project / "app" / "page.py").write_text("one = 2\n")
    shutil.rmtree(project / ".web" / "work" / "build", ignore_errors=True)
    for name, value in failure.items():
        setattr(reflex, name, value)
    with pytest.raises((frontend.BuildError, KeyboardInterrupt)):
        frontend.build()
    assert (_page(project), frontend.made_of()) == ("page 1", before)
    reflex.exit_code, reflex.killed, reflex.leaves_pages = 0, False, True
    assert [frontend.build(), frontend.build()] == [True, False]


def test_a_first_build_that_fails_leaves_no_pages(reflex: Reflex) -> None:
    reflex.exit_code = 1
    with pytest.raises(frontend.BuildError):
        frontend.build()
    assert not frontend.is_built()


def test_a_build_killed_while_pages_change_place_is_tried_again(
    reflex: Reflex, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_new: Path, place: Path) -> None:
        place.rename(place.with_name("build.old"))
        raise KeyboardInterrupt

    exchange = frontend._exchange
    frontend.build()
    (project / "app" / "page.py").write_text("one = 2\n")
    monkeypatch.setattr(frontend, "_exchange", killed)
    with pytest.raises(KeyboardInterrupt):
        frontend.build()
    monkeypatch.setattr(frontend, "_exchange", exchange)
    assert not frontend.is_built()
    assert [frontend.build(), frontend.build()] == [True, False]


def test_what_is_changed_during_a_build_is_built_by_the_next_one(reflex: Reflex, project: Path) -> None:
    reflex.meanwhile = "one = 2\n"
    assert frontend.build()
    reflex.meanwhile = ""
    assert [frontend.build(), frontend.build()] == [True, False]


def test_what_is_changed_during_a_compilation_without_effect_is_asked_again(reflex: Reflex, project: Path) -> None:
    frontend.build()
    (project / "app" / "page.py").write_text("one = 1\nservice = 2\n")
    reflex.meanwhile = "one = 2\n"
    assert not frontend.build()
    reflex.meanwhile = ""
    assert [frontend.build(), frontend.build()] == [True, False]


def test_another_edition_of_the_pages_has_another_name(reflex: Reflex) -> None:
    assert frontend.edition() == ""
    frontend.build()
    first = frontend.edition()
    frontend.build(again=True)
    assert "" != first != frontend.edition()


@pytest.mark.parametrize("content", ["", "not json", "[]", '{"other": "1"}'])
def test_a_stamp_that_cannot_be_read_asks_for_a_build(content: str, reflex: Reflex, project: Path) -> None:
    frontend.build()
    (project / ".web" / "build" / "made-of.json").write_text(content)
    assert frontend.build()


def test_what_is_not_python_is_said_with_its_line_and_not_given_to_reflex(reflex: Reflex, project: Path) -> None:
    (project / "app" / "page.py").write_text("one = 1\ndef (\n")
    with pytest.raises(frontend.BuildError, match=r"app/page\.py, line 2"):
        frontend.build()
    assert reflex.compiled == 0


def test_two_builds_at_once_wait_for_each_other(reflex: Reflex, project: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        built = [done.result() for done in [pool.submit(frontend.build) for _ in range(2)]]
    assert sorted(built) == [False, True]
    assert (reflex.compiled, reflex.bundled) == (1, 1)


def test_reflex_compiles_and_bundles_only_what_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(reflex_build, "build", lambda: done.append("bundled"))
    monkeypatch.setattr(export, "cli", lambda arguments: (done.append(arguments[0]), reflex_build.build()))
    monkeypatch.setattr(export.gc, "disable", lambda: None)
    monkeypatch.setattr(frontend, "is_compiled_to", lambda fingerprint: fingerprint == "same")
    for fingerprint in ("same", "other"):
        monkeypatch.setattr(sys, "argv", ["export", fingerprint])
        with monkeypatch.context() as patched:
            patched.setattr(reflex_build, "build", reflex_build.build)
            export.main()
    assert done == ["export", "export", "bundled"]


def test_the_browser_talks_to_the_address_its_page_came_from_and_in_french() -> None:
    changed = rxconfig._adapted(REFLEX_SCRIPT)
    assert "window.location.origin" in changed
    assert "new version" not in changed
    assert "Recharger la page" in changed
    assert rxconfig._adapted(changed) == changed


def test_a_change_in_reflex_that_would_undo_this_stops_the_build() -> None:
    with pytest.raises(ValueError, match=r"state\.js"):
        rxconfig._adapted("nothing like it")


def test_no_variable_of_the_machine_chooses_other_packages_than_the_locked_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in frontend._CHOOSING:
        monkeypatch.setenv(name, "19.0.0")
    assert not set(frontend._CHOOSING) & frontend.build_environment().keys()
