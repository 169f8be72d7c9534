"""Times in a real browser, in the mail and in the calendar file: clock changes, holidays, overseas.

The clock of the portal is moved, and the browser's with it; the browser lives in yet another time zone.
`tests/integration/test_times_everywhere.py` has many more cases.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, expect
from sqlmodel import select

from app.content import wording
from app.models import Appointment
from app.services import database
from tests import days
from tests.e2e import letters
from tests.e2e.conftest import Arrive
from tests.e2e.portal import Portal, running
from tests.e2e.visitor import DETAILS, Identity, Visitor
from tests.smtp import MailServer

PARIS, REUNION, GUADELOUPE = "Europe/Paris", "Indian/Reunion", "America/Guadeloupe"
AUTUMN, NEW_YEAR, SPRING = "2026-10-19T08:00:00+02:00", "2026-12-28T08:00:00+01:00", "2027-03-22T08:00:00+01:00"
ELSEWHERE = "Asia/Tokyo"


@dataclass(frozen=True)
class Place:
    """Where somebody lives; `zone` is the one of the office."""

    postal_code: str
    commune: str = ""
    zone: str = PARIS


CARCASSONNE = Place("11000", "Carcassonne (Aude)")
STRASBOURG = Place("67000")
SAINT_DENIS = Place("97400", zone=REUNION)
BASSE_TERRE = Place("97100", zone=GUADELOUPE)


@pytest.fixture(scope="module")
def portal(
    request: pytest.FixtureRequest, pages: None, post_office: MailServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """Run a portal whose clock was at the given instant when the test began."""
    ahead = days.until(datetime.fromisoformat(request.param))
    with running(Portal(tmp_path_factory.mktemp("moved"), smtp_url=post_office.url(), ahead=ahead)) as started:
        yield started


@pytest.fixture
def visitor(arrive: Arrive) -> Visitor:
    """Give a person far away."""
    return arrive(timezone_id=ELSEWHERE)


def reach_agenda(visitor: Visitor, place: Place) -> None:
    visitor.find_office("1 rue de l’Exemple", place.postal_code, place.commune)
    visitor.begin_booking()
    visitor.choose_topic()
    visitor.choose_channel()
    expect(visitor.open_days().first).to_be_visible()


def cell(visitor: Visitor, day: str) -> Locator:
    return visitor.page.locator(f'[data-day="{day}"]')


def is_holiday(visitor: Visitor, day: str, words: str, holiday: str) -> None:
    """Check that the agenda shows this day closed, says why, and offers nothing when it is tapped."""
    expect(cell(visitor, day)).to_have_accessible_name(re.compile(rf"^{words}, jour férié\s: {holiday}$"))
    expect(cell(visitor, day)).to_have_attribute("aria-disabled", "true")
    cell(visitor, day).click(force=True)
    expect(cell(visitor, day)).to_have_attribute("aria-pressed", "false")
    expect(visitor.page.locator("[data-times]")).not_to_have_attribute("data-times", day)


def open_day_from(visitor: Visitor, day: str) -> Locator:
    """Return the first day with room from this one on."""
    for each in visitor.open_days().all():
        if str(each.get_attribute("data-day")) >= day:
            return each
    raise AssertionError(f"no room from {day} on")


def plain(words: str) -> str:
    return re.sub(r"\s+", " ", words)


def book_from(visitor: Visitor, place: Place, day: str, offset: int, post_office: MailServer) -> None:
    """Book the first day with room from this one on; check every place where the time stands.

    `offset` is how many hours the clocks of the office are ahead of UTC then.
    """
    email = f"{place.postal_code}.{day}@example.org"
    target = open_day_from(visitor, day)
    chosen = str(target.get_attribute("data-day"))
    target.click()
    day_words = plain(wording.day(datetime.fromisoformat(chosen).date()))
    expect(visitor.page.get_by_role("heading", level=2, name=day_words)).to_be_visible()
    moment = f"{day_words} à {visitor.choose_time(0)}"
    visitor.is_at(DETAILS, "Vos informations")
    visitor.says(f"Nous gardons le {moment} pour vous")
    expect(visitor.page.get_by_role("timer")).to_have_text(re.compile(r"^[89].min \d\d.s$"))
    visitor.fill_in(Identity(email=email))
    visitor.confirm()

    with database.reading() as session:
        booked = session.exec(select(Appointment).where(Appointment.email == email)).one()
    local = booked.starts_at.astimezone(ZoneInfo(place.zone))
    ahead = local.utcoffset()
    assert ahead is not None
    assert ahead.total_seconds() == offset * 3600
    assert local.date().isoformat() == chosen
    words = plain(wording.moment(local))
    assert words.replace(f" {local.year}", "") == moment
    assert visitor.fact("Date et heure").lower() == words
    mail = letters.wait_for(post_office, email, 1)
    assert words in plain(mail.text)
    assert words in plain(mail.html)
    with visitor.page.expect_download() as download:
        visitor.link("Ajouter à mon agenda").click()
    downloaded = letters.Letter("", "", "", "", download.value.path().read_text(), "")
    assert (mail.starts_at, downloaded.starts_at) == (booked.starts_at, booked.starts_at)
    visitor.page.goto(mail.link)
    visitor.is_at(mail.link.removeprefix(visitor.portal.url), "Votre rendez-vous")
    assert visitor.fact("Date et heure").lower() == words
    # Whoever lives elsewhere is told both times, never one for the other.
    own = booked.starts_at.astimezone(ZoneInfo(ELSEWHERE))
    assert f"{own.hour} h" in visitor.fact("Selon votre horloge")


@pytest.mark.parametrize("portal", [AUTUMN], indirect=True)
@pytest.mark.parametrize(("place", "offset"), [(CARCASSONNE, 1), (BASSE_TERRE, -4)], ids=["mainland", "Guadeloupe"])
def test_after_the_clocks_went_back(place: Place, offset: int, visitor: Visitor, post_office: MailServer) -> None:
    reach_agenda(visitor, place)
    is_holiday(visitor, "2026-11-11", "mercredi 11 novembre", "Armistice")
    book_from(visitor, place, "2026-10-26", offset, post_office)


@pytest.mark.parametrize("portal", [AUTUMN], indirect=True)
def test_the_week_before_the_clocks_go_back(visitor: Visitor, post_office: MailServer) -> None:
    reach_agenda(visitor, CARCASSONNE)
    book_from(visitor, CARCASSONNE, "2026-10-20", 2, post_office)


@pytest.mark.parametrize("portal", [NEW_YEAR], indirect=True)
@pytest.mark.parametrize(("place", "offset"), [(CARCASSONNE, 1), (SAINT_DENIS, 4)], ids=["mainland", "La Réunion"])
def test_the_first_of_january_is_closed_everywhere(
    place: Place, offset: int, visitor: Visitor, post_office: MailServer
) -> None:
    reach_agenda(visitor, place)
    is_holiday(visitor, "2027-01-01", "vendredi 1er janvier", "Jour de l’an")
    book_from(visitor, place, "2027-01-02", offset, post_office)


@pytest.mark.parametrize("portal", [SPRING], indirect=True)
def test_good_friday_is_closed_in_strasbourg_and_not_in_carcassonne(visitor: Visitor, post_office: MailServer) -> None:
    reach_agenda(visitor, CARCASSONNE)
    expect(cell(visitor, "2027-03-26")).not_to_have_accessible_name(re.compile("saint"))
    is_holiday(visitor, "2027-03-29", "lundi 29 mars", "Lundi de Pâques")
    visitor.button("Effacer et quitter").click()
    visitor.is_at("/", re.compile("Vos démarches"))
    reach_agenda(visitor, STRASBOURG)
    is_holiday(visitor, "2027-03-26", "vendredi 26 mars", "Vendredi saint")
    # The clocks went forward on Sunday.
    book_from(visitor, STRASBOURG, "2027-03-30", 2, post_office)


@pytest.mark.parametrize("portal", [SPRING], indirect=True)
def test_the_week_before_the_clocks_go_forward(visitor: Visitor, post_office: MailServer) -> None:
    reach_agenda(visitor, CARCASSONNE)
    book_from(visitor, CARCASSONNE, "2027-03-23", 1, post_office)
