"""`python -m tests` must never call a failure a success, and says where the time went."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import tests.__main__ as runner
from app.frontend import PROJECT
from tests.summary import Outcome, suite_of

PASSES = "def test_it() -> None:\n    assert True\n"
FAILS = "def test_it() -> None:\n    assert False\n"
FAILS_ONCE = """
from pathlib import Path

def test_it() -> None:
    seen = Path(__file__).with_suffix(".seen")
    is_first = not seen.exists()
    seen.touch()
    assert not is_first
"""


def run_parts(monkeypatch: pytest.MonkeyPatch, folder: Path, second_tries: int = 0, **sources: str) -> int:
    """Run `python -m tests` with one part for each source, a file of tests; return what the shell would get."""
    parts = []
    for name, source in sources.items():
        (folder / name).mkdir()
        (folder / name / "test_it.py").write_text(source)
        parts.append(runner.Part((str(folder / name),), (), second_tries=second_tries))
    options = ("-p", "tests.summary", f"--rootdir={folder}", "-c", "/dev/null")
    monkeypatch.setattr(runner, "_HERE", folder / "tests")
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    monkeypatch.setattr(runner, "_PYTEST", (*runner._PYTEST, *options))
    monkeypatch.setattr(runner, "ALL", tuple(parts))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setattr(sys, "argv", ["tests"])
    return runner.main()


def test_all_parts_run_and_one_failure_fails_the_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_parts(monkeypatch, tmp_path, first=PASSES, second=FAILS, third=PASSES) == 1
    *_, failed, reason, _minutes, counts = capfd.readouterr().out.splitlines()
    assert counts == "2 passed, 1 failed"
    assert failed.startswith("FAILED ")
    assert failed.endswith("test_it.py::test_it"), "its name is read at the end"
    assert "assert False" in reason


def test_what_passes_on_a_second_try_passes_and_is_named_at_the_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_parts(monkeypatch, tmp_path, second_tries=1, first=PASSES, second=FAILS_ONCE) == 0
    *_, title, failed, _reason, _minutes, counts = capfd.readouterr().out.splitlines()
    assert title.startswith("PASSED ON A SECOND TRY ONLY")
    assert failed.endswith("test_it.py::test_it")
    assert counts == "2 passed, 0 failed"


@pytest.mark.parametrize(
    ("granted", "sources"),
    [
        (0, {"first": FAILS_ONCE}),
        (1, {"first": FAILS}),
        (1, {"first": FAILS_ONCE + FAILS_ONCE.replace("test_it", "test_too").replace(".seen", ".too")}),
        (1, {"first": "import nothing_of_this_name\n"}),
    ],
)
def test_no_second_try_hides_a_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, granted: int, sources: dict[str, str]
) -> None:
    assert run_parts(monkeypatch, tmp_path, granted, **sources) == 1


def test_what_cannot_be_collected_fails_the_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_parts(monkeypatch, tmp_path, first=PASSES, second="import nothing_of_this_name\n") == 1
    assert capfd.readouterr().out.splitlines()[-1] == "1 passed, 1 failed"


def test_a_run_without_any_test_is_no_success(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert run_parts(monkeypatch, tmp_path, first="", second="") == 1


def test_a_part_may_hold_nothing_of_what_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_parts(monkeypatch, tmp_path, first="", second=PASSES) == 0
    said = capfd.readouterr().out
    assert "1 tests  second" in said
    assert said.splitlines()[-1] == "1 passed, 0 failed"


def test_the_parts_are_all_suites_both_databases_and_a_far_day() -> None:
    far_day, browser = runner.ALL
    folders = {path.name for path in (PROJECT / "tests").iterdir() if (path / "__init__.py").exists()}
    assert sorted([*far_day.suites, *browser.suites]) == sorted(folders)
    assert far_day.options[-2:] == ("--as-on", runner._FAR_DAY)
    for part in runner.ALL:
        assert not {"--database", "-m", "-k", "--deselect"} & set(part.options), "nothing is left out"


@pytest.mark.parametrize(
    ("test", "suite"),
    [
        ("tests/unit/test_topics.py::test_it", "unit"),
        ("tests/integration/test_holds.py::test_it[postgresql]", "integration on postgresql"),
        ("tests/integration/test_holds.py::test_it[sqlite-a]", "integration on sqlite"),
        ("tests/integration/test_jobs.py::test_it[not sqlite at all]", "integration"),
    ],
)
def test_a_test_belongs_to_a_suite(test: str, suite: str) -> None:
    assert suite_of(test) == suite


def test_the_twenty_slowest_of_all_parts_are_listed() -> None:
    parts = [Outcome({"unit": 1.0}, {"unit": 30}, [(float(n), f"{part}{n}") for n in range(20)]) for part in "ab"]
    whole = Outcome.sum(parts)
    assert whole.seconds == {"unit": 2.0}
    assert whole.tests == {"unit": 60}
    assert [seconds for seconds, _ in whole.slowest] == [n for n in range(19, 9, -1) for _ in "ab"]


def test_a_test_on_another_day_finds_that_day_everywhere(tmp_path: Path) -> None:
    code = "import time, datetime\nfrom tests import days\nend = days.live_on('2031-02-28')\n"
    code += "print([str(datetime.date.today()), str(datetime.datetime.now(datetime.UTC).date()), time.time()])"
    # Midnight may pass in between.
    days = ("2031-02-28", "2031-03-01")
    ran = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    local, utc, seconds = json.loads(ran.stdout.replace("'", '"'))
    assert local in days
    assert utc in days
    assert seconds > 1_900_000_000
