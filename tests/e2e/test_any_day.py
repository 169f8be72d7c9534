"""The two journeys people come for, walked as on days on which something could be different.

Ends of months and of the year, a leap day ahead, clock changes over the weekend, holidays tomorrow, months whose names
have an accent; early, late in the evening, and just after midnight, when it is still the day before in Greenwich.
"""

from collections.abc import Iterator
from datetime import datetime

import pytest

from app import clock
from tests import days
from tests.e2e.conftest import Arrive
from tests.e2e.portal import Portal, running
from tests.e2e.test_booking_from_home_to_cancellation import PARIS, book_move_and_cancel
from tests.e2e.test_professional_sign_up import sign_up_activate_and_sign_in
from tests.e2e.visitor import DESKTOP, PHONE_SMALL
from tests.smtp import MailServer

DAYS = {
    "29 December": "2026-12-29T09:00+01:00",
    "28 February of a leap year, just after midnight": "2028-02-28T00:10+01:00",
    "Friday before the clocks go forward": "2027-03-26T17:50+01:00",
    "Friday before the clocks go back": "2027-10-29T08:05+02:00",
    "31 July": "2027-07-31T12:00+02:00",
    "30 April, late in the evening": "2027-04-30T23:05+02:00",
}
_EACH_DAY = pytest.mark.parametrize(
    "portal",
    [pytest.param(moment, id=name) for name, moment in DAYS.items()],
    indirect=True,
)


@pytest.fixture(scope="module")
def portal(
    request: pytest.FixtureRequest, pages: None, post_office: MailServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """Run a portal that was installed on the given day."""
    ahead = days.until(datetime.fromisoformat(request.param))
    with running(Portal(tmp_path_factory.mktemp("day"), smtp_url=post_office.url(), ahead=ahead)) as started:
        yield started


@_EACH_DAY
def test_a_person_books_moves_and_cancels(portal: Portal, arrive: Arrive, post_office: MailServer) -> None:
    is_on_its_day(portal)
    visitor = arrive(PHONE_SMALL, has_touch=True, is_mobile=True)
    book_move_and_cancel(visitor, post_office, is_phone=True)


@_EACH_DAY
def test_a_person_signs_up_activates_and_signs_in(portal: Portal, arrive: Arrive, post_office: MailServer) -> None:
    is_on_its_day(portal)
    sign_up_activate_and_sign_in(arrive(DESKTOP), post_office, is_phone=False)


def is_on_its_day(portal: Portal) -> None:
    """Check that the clock was moved at all, here as in the portal; the walk compares the two all the way."""
    there = clock.now().astimezone(PARIS)
    assert any(there.date() == datetime.fromisoformat(moment).date() for moment in DAYS.values())
    assert f"Its clock says {there:%Y-%m-%d}" in portal.log.read_text()
