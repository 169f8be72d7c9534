"""The only place the portal takes the time from, so that tests, and a demonstration, can live on another day."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_ahead = timedelta(0)


def _shifted() -> datetime:
    return datetime.now(UTC) + _ahead


_source: Callable[[], datetime] = _shifted


def now() -> datetime:
    """Return the current instant, aware, in UTC."""
    return _source()


def distance(to: datetime) -> timedelta:
    """Return how far an aware instant is ahead of the machine's clock, wherever `shift` has put this process."""
    return to - datetime.now(UTC)


def written(ahead: timedelta) -> str:
    """Return a distance, to the second, as the setting CLOCK_OFFSET is written: an ISO 8601 duration."""
    seconds = int(ahead.total_seconds())
    return f"{'-' if seconds < 0 else ''}PT{abs(seconds)}S"


def shift(ahead: timedelta) -> None:
    """Let this process live `ahead` of the machine's clock from now on (behind it when negative); zero ends that."""
    global _ahead
    _ahead = ahead


@contextmanager
def moved(to: datetime | Callable[[], datetime]) -> Iterator[None]:
    """Make `now()` return `to` (an aware instant, or a function that returns one) inside the block."""
    global _source
    previous = _source
    _source = to if callable(to) else lambda: to.astimezone(UTC)
    try:
        yield
    finally:
        _source = previous
