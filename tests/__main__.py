"""Run the tests, part after part, and say at the end what each suite took: `python -m tests --help`."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import days, summary
from tests.summary import Outcome

_HERE = Path(__file__).resolve().parent
_FAR_DAY = days.far()
_NOTHING_COLLECTED = 5
_MEMORY = Path("/dev/shm")
_ROOM = 4 << 30


_PYTEST = (sys.executable, "-m", "pytest", "-q")


@dataclass(frozen=True)
class Part:
    """One run of pytest; `suffix` is added to the names of its suites.

    `second_tries` is how many failed tests at most are run once more, by themselves, before the part counts as failed.
    """

    suites: tuple[str, ...]
    options: tuple[str, ...]
    suffix: str = ""
    second_tries: int = 0

    def command(self, more: list[str]) -> list[str]:
        folders = [str(_HERE / suite) for suite in self.suites]
        return [*_PYTEST, *folders, *self.options, *more]

    def grants_second_try(self, outcome: Outcome) -> bool:
        return 0 < len(outcome.failed_tests) <= self.second_tries and all("::" in test for test in outcome.failed_tests)


# A test waits for servers and browsers a quarter of its time: one process more than there are processors. Each brings
# servers of its own, so that many processors are not all used.
_PROCESSES = ("-n", str(min(len(os.sched_getaffinity(0)), 8) + 1))
ALL = (
    Part(
        ("hostile", "unit", "integration"),
        (*_PROCESSES, "--dist", "loadgroup", "--as-on", _FAR_DAY),
        f" on {_FAR_DAY}",
        second_tries=1,
    ),
    Part(("e2e",), (*_PROCESSES, "--dist", "loadgroup"), second_tries=3),
)
"""Every test once: without a browser far from today, in the browser today and on the days that its tests name."""
QUICK = (Part(("unit", "integration"), (*_PROCESSES, "--dist", "worksteal", "--database", "sqlite", "-m", "not long")),)


def main() -> int:
    """Run the parts and return what the shell is to get: 0 if every test of every part passed."""
    parser = argparse.ArgumentParser(prog="python -m tests", description="Every other option goes to pytest.")
    parser.add_argument("--quick", action="store_true", help="no browser, SQLite only, nothing long")
    chosen, more = parser.parse_known_args()
    began = time.monotonic()
    with _scratch() as scratch:
        outcomes = [_run(part, more, scratch) for part in (QUICK if chosen.quick else ALL)]
    _report(outcomes, time.monotonic() - began)
    return 0 if all(outcome.is_good for outcome in outcomes) and any(outcome.tests for outcome in outcomes) else 1


def _run(part: Part, more: list[str], scratch: Path) -> Outcome:
    outcome = _pytest(part.command(more), part.suffix, scratch)
    if not part.grants_second_try(outcome):
        return outcome
    again = [*_PYTEST, *outcome.failed_tests, *part.options, *more]
    return outcome.with_second_try(_pytest(again, part.suffix, scratch))


def _pytest(command: list[str], suffix: str, scratch: Path) -> Outcome:
    told = scratch / "outcome.json"
    told.unlink(missing_ok=True)
    environment = {**os.environ, "TMPDIR": str(scratch), summary.FILE: str(told), summary.SUFFIX: suffix}
    finished = subprocess.run(command, cwd=_HERE.parent, env=environment, check=False)
    outcome = Outcome(**json.loads(told.read_text())) if told.exists() else Outcome()
    outcome.is_good = finished.returncode in (0, _NOTHING_COLLECTED)
    return outcome


@contextmanager
def _scratch() -> Iterator[Path]:
    """Give a folder for what the tests write: in memory where there is room, since databases wait for the disk."""
    in_memory = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM
    with tempfile.TemporaryDirectory(prefix="guichet-tests-", dir=_MEMORY if in_memory else None) as made:
        # PostgreSQL runs as an account of its own and has its data inside.
        Path(made).chmod(0o711)
        yield Path(made)


def _report(outcomes: list[Outcome], seconds: float) -> None:
    whole = Outcome.sum(outcomes)
    print("\n".join(whole.lines()))
    print(f"the whole took {seconds / 60:.1f} minutes")
    print(f"{whole.passed} passed, {whole.failed} failed")


if __name__ == "__main__":
    sys.exit(main())
