"""`book_race`: 200 visitors confirm the same seat at the same moment; exactly one may get it."""

from collections.abc import Iterator
from functools import partial

from app import clock
from app.services.appointments.records import AppointmentView
from app.services.appointments.seats import SlotGoneError
from bench import databases
from bench.results import Result, exactly
from tests.booking import MONDAY, a_visitor, check_invariants, together
from tests.factories import at, make_office, make_slots

_CLIENTS = 200


def measure() -> Iterator[Result]:
    """Give the number of winners on both databases; a loser must have been told that the seat is gone."""
    for kind in databases.BOTH:
        with databases.fresh(kind, pool_size=_CLIENTS + 10), clock.moved(MONDAY):
            yield _race(kind)


def _race(kind: str) -> Result:
    office, seat = make_office(), at("2026-11-24 09:00")
    make_slots(office, seat)
    visitors = [a_visitor() for _ in range(_CLIENTS)]
    answers = together([partial(visitor.confirm, office, seat) for visitor in visitors])
    winners = sum(isinstance(answer, AppointmentView) for answer in answers)
    told = sum(isinstance(answer, SlotGoneError) for answer in answers)
    if winners + told != _CLIENTS:
        raise AssertionError(f"{_CLIENTS - winners - told} of {_CLIENTS} visitors got neither answer")
    check_invariants()
    return exactly(f"book_race_{kind}", winners, 1, "winners", f"{_CLIENTS} clients, {told} told that it is gone")
