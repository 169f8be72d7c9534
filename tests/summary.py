"""What the last lines of a run say: how long each suite took, and which tests were the slowest."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import pytest

FILE = "GUICHET_TESTS_OUTCOME"
"""Environment variable: the file to write the outcome to instead of the screen; `python -m tests` joins them."""
SUFFIX = "GUICHET_TESTS_SUFFIX"
_SLOWEST = 20
_LINES_OF_A_REASON = 6
_LENGTH_OF_A_REASON = 600


@dataclass
class Outcome:
    """Seconds by suite and by test, added up over the test processes, set-up included."""

    seconds: dict[str, float] = field(default_factory=dict)
    tests: dict[str, int] = field(default_factory=dict)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    passed: int = 0
    failed: int = 0
    failed_tests: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    second_tries: list[str] = field(default_factory=list)
    is_good: bool = True

    @classmethod
    def sum(cls, outcomes: Iterable["Outcome"]) -> "Outcome":
        """Return the outcome of several runs together."""
        listed = list(outcomes)
        seconds: Counter[str] = Counter()
        tests: Counter[str] = Counter()
        for outcome in listed:
            seconds.update(outcome.seconds)
            tests.update(outcome.tests)
        slowest = sorted((each for outcome in listed for each in outcome.slowest), reverse=True)[:_SLOWEST]
        passed, failed = (sum(getattr(outcome, name) for outcome in listed) for name in ("passed", "failed"))
        whole = cls(dict(seconds), dict(tests), slowest, passed, failed)
        for name in ("failed_tests", "failures", "second_tries"):
            setattr(whole, name, [each for outcome in listed for each in getattr(outcome, name)])
        return whole

    def with_second_try(self, second: "Outcome") -> "Outcome":
        """Return this outcome after its failed tests ran again: those that pass now count, and are listed as such."""
        if not second.is_good or second.passed != len(self.failed_tests):
            return self
        return replace(
            self, passed=self.passed + second.passed, failed=0, failures=[], second_tries=self.failures, is_good=True
        )

    def lines(self) -> Iterator[str]:
        """Give the table and the list to print."""
        yield "time by suite, added up over the test processes:"
        for suite, seconds in sorted(self.seconds.items(), key=lambda item: -item[1]):
            yield f"{seconds:8.1f} s {self.tests[suite]:6} tests  {suite}"
        yield f"the {len(self.slowest)} slowest tests, with what they set up:"
        yield from (f"{seconds:8.1f} s  {nodeid}" for seconds, nodeid in self.slowest)
        # Last, since who reads a long record elsewhere often gets its end only.
        if self.second_tries:
            yield "PASSED ON A SECOND TRY ONLY, each a defect to look into:"
        yield from self.second_tries
        yield from self.failures


def outcome_of(stats: dict[str, list[object]], suffix: str = "") -> Outcome:
    """Return the outcome of one run of pytest from what its reporter has kept."""
    seconds: Counter[str] = Counter()
    for reports in stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[report.nodeid] += report.duration
    suites: Counter[str] = Counter()
    for nodeid, spent in seconds.items():
        suites[suite_of(nodeid) + suffix] += spent
    slowest = sorted(((spent, nodeid + suffix) for nodeid, spent in seconds.items()), reverse=True)[:_SLOWEST]
    failed = [*stats.get("failed", ()), *stats.get("error", ())]
    tests = Counter(suite_of(nodeid) + suffix for nodeid in seconds)
    failures = [_failure(report, suffix) for report in failed]
    names = [str(getattr(report, "nodeid", "")) for report in failed]
    return Outcome(dict(suites), dict(tests), slowest, len(stats.get("passed", ())), len(failed), names, failures)


def _failure(report: object, suffix: str) -> str:
    longest = getattr(report, "longrepr", None)
    crash = getattr(longest, "reprcrash", None)
    place = f"{crash.path}:{crash.lineno}: " if crash else ""
    reason = "\n    ".join(str(crash.message if crash else longest).splitlines()[:_LINES_OF_A_REASON])
    return f"FAILED {getattr(report, 'nodeid', '')}{suffix}\n    {(place + reason)[:_LENGTH_OF_A_REASON]}"


def suite_of(nodeid: str) -> str:
    """Return the suite of a test by its id, « integration on postgresql » for example."""
    folder = Path(nodeid.partition("::")[0]).parent.name
    parameters = nodeid.partition("[")[2].rstrip("]").split("-")
    database = next((name for name in ("sqlite", "postgresql") if name in parameters), "")
    return f"{folder} on {database}" if database else folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the outcome, or leave it where `python -m tests` finds it."""
    outcome = outcome_of(terminalreporter.stats, os.environ.get(SUFFIX, ""))
    if file := os.environ.get(FILE):
        Path(file).write_text(json.dumps(asdict(outcome)))
        return
    for line in outcome.lines():
        terminalreporter.line(line)
