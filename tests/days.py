"""Another day for a whole test run: the tests' own time, and that of the servers they start."""

from calendar import isleap
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import time_machine

_ahead = timedelta(0)


def ahead() -> timedelta:
    """Return how far this run lives ahead of the machine's clock."""
    return _ahead


def live_on(day: str) -> Callable[[], None]:
    """Move this process to a day (ISO 8601), at the present hour; return what ends it.

    Everything that asks Python for the time is moved, not only the portal's clock: what goes around that one shows.
    """
    global _ahead
    real = datetime.now(UTC)
    _ahead = timedelta(days=(date.fromisoformat(day) - real.date()).days)
    traveller = time_machine.travel(real + _ahead, tick=True)
    traveller.start()
    return traveller.stop


def far() -> str:
    """Return the next 29 February that is at least a hundred days ahead (ISO 8601)."""
    year = (datetime.now(UTC) + timedelta(days=100)).year
    while not isleap(year) or date(year, 2, 29) < datetime.now(UTC).date() + timedelta(days=100):
        year += 1
    return date(year, 2, 29).isoformat()


def until(moment: datetime) -> timedelta:
    """Return how far an aware moment is ahead of the machine's clock."""
    return moment - datetime.now(UTC) + _ahead


def same_day() -> str:
    """Return the statements by which another Python process of a test lives on the day of this one."""
    seconds = _ahead.total_seconds()
    return f"from datetime import timedelta\nfrom app import clock\nclock.shift(timedelta(seconds={seconds}))\n"
