"""How times are taken: the subject and its floor turn by turn, so that a machine that slows down slows both."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pair:
    """Medians, in milliseconds, of what is measured and of its floor."""

    subject: float
    floor: float

    @property
    def ratio(self) -> float:
        """How many times the floor the subject took."""
        return self.subject / self.floor

    def words(self, floor: str) -> str:
        """Return both times for the table; `floor` names the floor."""
        return f"{self.subject:.2f} ms, {floor} {self.floor:.2f} ms"


def side_by_side(subject: Callable[[], object], floor: Callable[[], object], rounds: int, warm_up: int = 10) -> Pair:
    """Return the medians of `rounds` calls of each, made in turn after `warm_up` calls that do not count."""
    for _ in range(warm_up):
        subject()
        floor()
    times = [(milliseconds(subject), milliseconds(floor)) for _ in range(rounds)]
    return Pair(statistics.median(pair[0] for pair in times), statistics.median(pair[1] for pair in times))


def milliseconds(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    begin = time.perf_counter()
    call()
    return (time.perf_counter() - begin) * 1000
