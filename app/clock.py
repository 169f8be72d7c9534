"""The only place the portal takes the time from, so that tests can move it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


def _system() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system


def now() -> datetime:
    """Return the current instant, aware, in UTC."""
    return _source()


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
