"""Which tests one process runs together, when several share them out (pytest-xdist)."""

from collections import Counter
from collections.abc import Iterable

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_HANDFUL, _QUICK_ONES = 4, 20
_PORTALS_OF_A_DAY = ("tests/e2e/test_any_day.py", "tests/e2e/test_times_on_screen.py")


def groups(tests: Iterable[str]) -> dict[str, str]:
    """Return the group of each test, by the ids that pytest gives them, in the order in which they are to run.

    Hostile clients share what they are after, but for floods, which leave their portal busy; walks of one day share its
    portal. Other files of browser tests are shared out in handfuls: each begins with the data of the first day. All
    others go by twenties of a file, since to send a test to a process takes longer than many of them.
    """
    found: dict[str, str] = {}
    in_file: Counter[str] = Counter()
    for test in tests:
        file, _, name = test.partition("::")
        in_file[file] += 1
        if file.startswith("tests/hostile/"):
            found[test] = "flood" if file.endswith("_flood.py") else "hostile"
        elif file in _PORTALS_OF_A_DAY:
            found[test] = f"{file}[{name.partition('[')[2]}"
        elif file.startswith("tests/e2e/"):
            found[test] = f"{file} {(in_file[file] - 1) // _HANDFUL}"
        else:
            found[test] = f"{file} {(in_file[file] - 1) // _QUICK_ONES}"
    return found


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> "Sharing | None":
    """Share tests out in these groups where groups are asked for, `--dist loadgroup`."""
    if config.getvalue("dist") != "loadgroup":
        return None
    config.option.loadscopereorder = False
    return Sharing(config, log)


class Sharing(LoadScopeScheduling):
    """Give a process one group after the other, in the order of the tests.

    The groups that xdist reads from marks do not reach it with pytest 9.2 (its issue 1386).
    """

    _groups: dict[str, str] | None = None

    def _split_scope(self, nodeid: str) -> str:
        if self._groups is None:
            self._groups = groups(self.collection or ())
        return self._groups[nodeid]
