"""Everybody wants the same seat at the same moment; the last tests take the guards out to see the test bite."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

import pytest
from sqlalchemy import text, true

from app import clock
from app.models import Appointment, AppointmentChange, OutboxMail, SlotClaim
from app.services import database
from app.services.appointments import seats
from app.services.appointments.records import AppointmentView
from app.services.appointments.seats import SlotGoneError
from app.settings import get_settings
from tests.booking import MONDAY, Visitor, a_visitor, check_invariants, count, seats_of, together
from tests.factories import MadeOffice, at, make_office, make_slots

pytestmark = pytest.mark.long

NINE = at("2026-11-24 09:00")
HALF_PAST_NINE = at("2026-11-24 09:30")


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.moved(MONDAY):
        yield


@pytest.fixture
def many_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_POOL_SIZE", "210")
    get_settings.cache_clear()
    database.reset()


def test_of_200_visitors_who_confirm_the_same_seat_exactly_one_gets_it(many_connections: None, db: str) -> None:
    office = make_office()
    make_slots(office, NINE)

    winners, losers = _race([a_visitor() for _ in range(200)], office, NINE)

    assert (len(winners), len(losers)) == (1, 199)
    assert (count(Appointment), count(OutboxMail), count(AppointmentChange)) == (1, 1, 1)
    check_invariants()


def test_of_200_visitors_who_hold_and_confirm_the_same_seat_exactly_one_gets_it(
    many_connections: None, db: str
) -> None:
    office = make_office()
    make_slots(office, NINE)

    def hold_and_confirm(visitor: Visitor) -> AppointmentView:
        visitor.hold(office, NINE)
        return visitor.confirm(office, NINE)

    visitors = [a_visitor() for _ in range(200)]
    winners, losers = _sorted_out(together([partial(hold_and_confirm, visitor) for visitor in visitors]))

    assert (len(winners), len(losers)) == (1, 199)
    check_invariants()


def test_three_agents_free_at_that_time_serve_three_of_forty(db: str) -> None:
    office = make_office(agents=3)
    for agent in office.agents:
        make_slots(MadeOffice(office.id, (agent,)), NINE)

    winners, losers = _race([a_visitor() for _ in range(40)], office, NINE)

    assert (len(winners), len(losers)) == (3, 37)
    assert {seats_of(view)[0][0] for view in winners} == set(office.agents)
    check_invariants()


def test_an_hour_and_its_second_half_are_not_both_sold(db: str) -> None:
    office = make_office()
    make_slots(office, NINE, HALF_PAST_NINE)
    longer = [partial(a_visitor().confirm, office, NINE, minutes=60) for _ in range(10)]
    shorter = [partial(a_visitor().confirm, office, HALF_PAST_NINE) for _ in range(10)]

    winners, losers = _sorted_out(together(longer + shorter))

    assert (len(winners), len(losers)) == (1, 19)
    check_invariants()


def test_with_the_condition_taken_out_the_primary_key_still_sells_the_seat_once(
    db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = make_office()
    make_slots(office, NINE)
    _take_the_condition_out(monkeypatch)

    winners, losers = _race([a_visitor() for _ in range(20)], office, NINE)

    assert (len(winners), len(losers)) == (1, 19)
    assert count(Appointment) == 1


def test_with_the_primary_key_taken_out_the_condition_still_sells_the_seat_once(
    db: str, without_primary_key: None
) -> None:
    office = make_office()
    make_slots(office, NINE)

    winners, losers = _race([a_visitor() for _ in range(20)], office, NINE)

    assert (len(winners), len(losers)) == (1, 19)
    check_invariants()


def test_with_both_guards_taken_out_the_seat_is_sold_more_than_once(
    many_connections: None, db: str, without_primary_key: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = make_office()
    make_slots(office, NINE)
    _take_the_condition_out(monkeypatch)

    winners, _ = _race([a_visitor() for _ in range(200)], office, NINE)

    assert len(winners) > 1
    with pytest.raises(AssertionError):
        check_invariants()


@pytest.fixture
def without_primary_key(db: str) -> Iterator[None]:
    """Rebuild `slot_claim` without its primary key, and put it back."""
    table = SlotClaim.__table__  # type: ignore[attr-defined]
    with database.engine().begin() as connection:
        table.drop(connection)
        connection.execute(text("CREATE TABLE slot_claim (slot_id INTEGER NOT NULL, appointment_id INTEGER NOT NULL)"))
    yield
    with database.engine().begin() as connection:
        table.drop(connection)
        table.create(connection)


def _take_the_condition_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seats, "_open_to", lambda claimant, unbooked: true())


def _race(
    visitors: list[Visitor], office: MadeOffice, starts_at: datetime
) -> tuple[list[AppointmentView], list[SlotGoneError]]:
    calls: list[Callable[[], AppointmentView]] = [partial(visitor.confirm, office, starts_at) for visitor in visitors]
    return _sorted_out(together(calls))


def _sorted_out(results: list[object]) -> tuple[list[AppointmentView], list[SlotGoneError]]:
    winners = [result for result in results if isinstance(result, AppointmentView)]
    losers = [result for result in results if isinstance(result, SlotGoneError)]
    assert len(winners) + len(losers) == len(results), [r for r in results if r not in winners + losers][:3]
    return winners, losers
