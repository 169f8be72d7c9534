"""A move begun in the personal space: what somebody else typed of the appointment stays out of it."""

from collections.abc import Iterator

import pytest

from app import clock
from app.models import Channel
from app.services import journeys
from app.services.appointments import steps
from app.services.appointments.rescheduling import reschedule
from app.services.appointments.steps import IN_SPACE, RESCHEDULE
from tests.booking import MONDAY, a_visitor
from tests.factories import MadeOffice, at, make_office, make_slots

NINE, TEN = at("2026-11-24 09:00"), at("2026-11-24 10:00")
OWNER = "b" * 64


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.moved(MONDAY):
        yield


@pytest.fixture
def office(db: str) -> MadeOffice:
    made = make_office()
    make_slots(made, NINE, TEN)
    return made


def test_the_link_of_the_mail_brings_the_number_and_the_space_only_the_one_it_may_show(office: MadeOffice) -> None:
    booked = a_visitor().confirm(office, NINE)

    assert steps.begin_reschedule(OWNER, "tab", booked.public_id).typed["phone"] == booked.phone
    # In the same browser, the space shows nothing of what the link had shown.
    assert steps.begin_reschedule(OWNER, "tab", booked.public_id, "").typed["phone"] == ""


def test_what_was_typed_in_the_space_stays_when_the_move_is_begun_again(office: MadeOffice) -> None:
    booked = a_visitor().confirm(office, NINE)
    steps.begin_reschedule(OWNER, "tab", booked.public_id, "")
    steps.remember(OWNER, RESCHEDULE, {"phone": "06 39 98 55 66"})

    again = steps.begin_reschedule(OWNER, "tab", booked.public_id, "")

    assert again.typed["phone"] == "06 39 98 55 66"


@pytest.mark.parametrize("phone", [None, ""])
def test_the_confirmation_learns_where_the_move_was_begun(office: MadeOffice, phone: str | None) -> None:
    booked = a_visitor().confirm(office, NINE)
    progress = steps.begin_reschedule(OWNER, "tab", booked.public_id, phone)

    reschedule(OWNER, progress.journey_id, booked.public_id, Channel.COUNTER, TEN)

    done = journeys.last_finished(OWNER, RESCHEDULE)
    assert done is not None
    assert (IN_SPACE in done.draft) == (phone is not None)
    assert done.draft["tabs"] == ["tab"]
