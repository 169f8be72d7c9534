"""The same appointment on screen, in the mail and in the calendar file: both clock changes, holidays, overseas.

Each case is booked the way the pages do it: the tapped day and time are turned into an instant, held and confirmed.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from sqlalchemy import select
from sqlmodel import col

from app import clock
from app.content import wording
from app.content.wording import NBSP
from app.models import Channel, OutboxMail
from app.services import database
from app.services.appointments import availability
from app.services.appointments.availability import AgendaDay
from app.services.appointments.calendar_file import calendar_file
from app.services.appointments.records import AppointmentView
from app.state import slot
from app.state.agenda import AgendaMixin
from app.state.confirmation import appointment_card
from tests.booking import a_visitor
from tests.factories import EVERY_DAY, MadeOffice, at, make_office, week

PARIS, REUNION, GUADELOUPE = "Europe/Paris", "Indian/Reunion", "America/Guadeloupe"
STRASBOURG = "6AE"


@dataclass(frozen=True)
class Case:
    """What a person taps (`day`, `time`, as the office's clocks show them), and what that must be everywhere."""

    now: str
    day: str
    time: str
    instant: str
    words: str
    timezone: str = PARIS
    region: str = ""
    hours: str = "8:00-12:00"


CASES = {
    "Friday before the autumn change": Case(
        "2026-10-19 08:00", "2026-10-23", "09:30", "2026-10-23 07:30", "vendredi 23 octobre 2026 à 9 h 30"
    ),
    "the Sunday of the autumn change": Case(
        "2026-10-19 08:00", "2026-10-25", "09:30", "2026-10-25 08:30", "dimanche 25 octobre 2026 à 9 h 30"
    ),
    "Monday after the autumn change": Case(
        "2026-10-19 08:00", "2026-10-26", "09:30", "2026-10-26 08:30", "lundi 26 octobre 2026 à 9 h 30"
    ),
    "Saturday before the spring change": Case(
        "2027-03-15 08:00", "2027-03-27", "10:00", "2027-03-27 09:00", "samedi 27 mars 2027 à 10 h"
    ),
    "the Sunday of the spring change": Case(
        "2026-03-23 08:00", "2026-03-29", "10:00", "2026-03-29 08:00", "dimanche 29 mars 2026 à 10 h"
    ),
    "Monday after the spring change": Case(
        "2026-03-23 08:00", "2026-03-30", "10:00", "2026-03-30 08:00", "lundi 30 mars 2026 à 10 h"
    ),
    "New Year's Eve": Case(
        "2026-12-28 08:00", "2026-12-31", "11:30", "2026-12-31 10:30", "jeudi 31 décembre 2026 à 11 h 30"
    ),
    "the first working day of the year": Case(
        "2026-12-28 08:00", "2027-01-02", "08:00", "2027-01-02 07:00", "samedi 2 janvier 2027 à 8 h"
    ),
    "Good Friday in Carcassonne": Case(
        "2026-03-23 08:00", "2026-04-03", "09:30", "2026-04-03 07:30", "vendredi 3 avril 2026 à 9 h 30"
    ),
    "Maundy Thursday in Strasbourg": Case(
        "2026-03-23 08:00",
        "2026-04-02",
        "09:30",
        "2026-04-02 07:30",
        "jeudi 2 avril 2026 à 9 h 30",
        region=STRASBOURG,
    ),
    "Réunion": Case(
        "2026-11-23 08:00",
        "2026-11-24",
        "08:30",
        "2026-11-24 04:30",
        "mardi 24 novembre 2026 à 8 h 30",
        timezone=REUNION,
        region="974",
    ),
    "Réunion while it is still the day before in Paris": Case(
        "2026-11-23 08:00",
        "2026-12-01",
        "02:30",
        "2026-11-30 22:30",
        "mardi 1er décembre 2026 à 2 h 30",
        timezone=REUNION,
        region="974",
        hours="2:00-4:00",
    ),
    "Guadeloupe": Case(
        "2026-11-23 08:00",
        "2026-11-24",
        "10:30",
        "2026-11-24 14:30",
        "mardi 24 novembre 2026 à 10 h 30",
        timezone=GUADELOUPE,
        region="971",
    ),
    "Guadeloupe when it is already the new year in Paris": Case(
        "2026-12-28 08:00",
        "2026-12-31",
        "20:30",
        "2027-01-01 00:30",
        "jeudi 31 décembre 2026 à 20 h 30",
        timezone=GUADELOUPE,
        region="971",
        hours="19:00-21:30",
    ),
    "Guadeloupe across the clock change of the mainland": Case(
        "2026-10-19 08:00",
        "2026-10-26",
        "09:00",
        "2026-10-26 13:00",
        "lundi 26 octobre 2026 à 9 h",
        timezone=GUADELOUPE,
        region="971",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_time_that_was_tapped_is_the_time_on_screen_in_the_mail_and_in_the_calendar(db: str, case: Case) -> None:
    with clock.moved(at(case.now)):
        office = _office(case)
        instant = _tap(office, case)
        assert instant == at(case.instant, "UTC")

        visitor = a_visitor()
        visitor.hold(office, instant)
        view = visitor.confirm(office, instant)

        words = case.words.replace(" h", f"{NBSP}h").replace("h ", f"h{NBSP}")
        assert appointment_card(view).words == words
        mail = _mail_of(view)
        assert words in _unwrapped(mail.text_body)
        assert words in _unwrapped(mail.html_body)
        for text in (mail.calendar, calendar_file(view.public_id)):
            starts, ends = _from_calendar(text)
            assert starts == instant
            assert (ends - starts).total_seconds() == 30 * 60
            assert f"{starts.astimezone(ZoneInfo(case.timezone)):%Y-%m-%d %H:%M}" == f"{case.day} {case.time}"


@pytest.mark.parametrize(
    ("now", "day", "timezone", "region", "reason"),
    [
        ("2026-12-28 08:00", date(2027, 1, 1), PARIS, "", "Jour de l’an"),
        ("2026-12-28 08:00", date(2027, 1, 1), REUNION, "974", "Jour de l’an"),
        ("2026-12-28 08:00", date(2027, 1, 1), GUADELOUPE, "971", "Jour de l’an"),
        ("2026-03-23 08:00", date(2026, 4, 3), PARIS, STRASBOURG, "Vendredi saint"),
        ("2026-12-07 08:00", date(2026, 12, 20), REUNION, "974", "Abolition de l’esclavage"),
        ("2026-05-04 08:00", date(2026, 5, 27), GUADELOUPE, "971", "Abolition de l’esclavage"),
        ("2026-03-23 08:00", date(2026, 4, 6), PARIS, "", "Lundi de Pâques"),
    ],
)
def test_a_holiday_is_shown_closed_with_its_name_and_offers_no_time(
    db: str, now: str, day: date, timezone: str, region: str, reason: str
) -> None:
    with clock.moved(at(now)):
        office = make_office(timezone=timezone, holiday_region=region, sessions=week("8:00-12:00", days=EVERY_DAY))
        shown = _shown(office, day)

        assert (shown.state, shown.free_count) == ("closed", 0)
        assert reason.lower() in _on_the_page(shown).closed_words[0].lower()
        assert availability.free_times(office.id, Channel.COUNTER, 30, day, day) == ()


def test_good_friday_is_a_working_day_elsewhere(db: str) -> None:
    with clock.moved(at("2026-03-23 08:00")):
        office = make_office(sessions=week("8:00-12:00"))
        assert _shown(office, date(2026, 4, 3)).state == "open"


def _office(case: Case) -> MadeOffice:
    sessions = week(case.hours, days=EVERY_DAY)
    return make_office(timezone=case.timezone, holiday_region=case.region, sessions=sessions)


def _shown(office: MadeOffice, day: date) -> AgendaDay:
    for page in range(4):
        agenda = availability.agenda(office.id, Channel.COUNTER, 30, page)
        for shown in agenda.days:
            if shown.day == day:
                return shown
    raise AssertionError(f"the agenda does not show {day}")


def _on_the_page(day: AgendaDay) -> Any:
    """Return the variables from which the page shows an agenda of this day alone."""
    page: Any = SimpleNamespace(closed=[], closed_words=[], today="")
    AgendaMixin._show_days(page, [day], date(2026, 1, 1))
    AgendaMixin._show_times(page, day.times)
    return page


def _tap(office: MadeOffice, case: Case) -> datetime:
    """Return the instant the pages make of the tapped day and time, both taken from what the agenda shows."""
    page = _on_the_page(_shown(office, date.fromisoformat(case.day)))
    assert page.days[0] > 0
    tapped = next(time for time in (*page.morning, *page.afternoon) if time == case.time)
    assert case.words.endswith(f" à {wording.time(time.fromisoformat(tapped)).replace(NBSP, ' ')}")
    instant = slot._instant(page.monday, tapped, case.timezone)
    assert instant is not None
    return instant


def _mail_of(view: AppointmentView) -> OutboxMail:
    with database.reading() as session:
        mail: OutboxMail = session.execute(
            select(OutboxMail).where(col(OutboxMail.dedup_key) == f"confirmed:{view.public_id}:1")
        ).scalar_one()
    return mail


def _unwrapped(text: str | None) -> str:
    return " ".join((text or "").replace("&nbsp;", NBSP).replace("\n", " ").split(" "))


def _from_calendar(text: str | None) -> tuple[datetime, datetime]:
    (event,) = Calendar.from_ical(text or "").walk("VEVENT")
    return event["DTSTART"].dt.astimezone(UTC), event["DTEND"].dt.astimezone(UTC)
