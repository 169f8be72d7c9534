"""`cold_start`: from starting the server to the first page answered, build and data done."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from bench import servers
from bench.results import Result, at_most

_ROUNDS = 3


def measure() -> Iterator[Result]:
    """Give how many times as long as a one-button application the portal takes."""
    with tempfile.TemporaryDirectory(prefix="guichet-bench-") as data:
        ours: Callable[[], AbstractContextManager[str]] = partial(servers.portal_on, Path(data))
        _seconds(ours)  # the first start of all writes the demonstration's data
        _seconds(servers.one_button)
        times = [(_seconds(ours), _seconds(servers.one_button)) for _ in range(_ROUNDS)]
    portal, floor = (statistics.median(pair[index] for pair in times) for index in (0, 1))
    yield at_most("cold_start", portal / floor, 1.5, "x floor", f"{portal:.1f} s, one-button application {floor:.1f} s")


def _seconds(server: Callable[[], AbstractContextManager[str]]) -> float:
    begin = time.monotonic()
    with server():
        return time.monotonic() - begin
