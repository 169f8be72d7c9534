"""What is free: times of a day, the first one of all, four weeks of an agenda, and why there is nothing.

A time is free when some agent of the office can give the whole appointment from then on: enough slots one after the
other that are neither booked nor held, that serve the channel, and that begin at least `LEAD` from now. Whoever the
agent, a time is said once. All days are local days of the office.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from typing import Literal, TypeVar

from sqlmodel import Session

from app import clock
from app.content import wording
from app.models import Channel
from app.services import database
from app.services.appointments import free_slots, offices, schedule
from app.services.appointments.free_slots import Place, Wish
from app.services.appointments.holds import LEAD
from app.services.appointments.offices import OfficeView
from app.services.appointments.opening import OpeningRules, local_midnight
from app.settings import get_settings

DayState = Literal["open", "closed", "past", "beyond", "full"]
_Where = TypeVar("_Where")

_ONE_DAY = timedelta(days=1)
_PAGE = timedelta(weeks=4)
_NEIGHBOURS_ASKED, _NEIGHBOURS_TOLD = 6, 3
_CHANNEL_WORDS = {
    Channel.COUNTER: "au guichet",
    Channel.PHONE: "par téléphone",
    Channel.VIDEO: "par visioconférence",
}


@dataclass(frozen=True, slots=True)
class FreeDay:
    """A day with its free times, local and aware, earliest first; at least one."""

    day: date
    times: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class AgendaDay:
    """A day of the agenda; `reason` says in French, without a full stop, why it is not open."""

    day: date
    free_count: int
    state: DayState
    reason: str
    times: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Agenda:
    """Four weeks from a Monday on; page 0 begins with the first week that has room."""

    days: tuple[AgendaDay, ...]
    first_free: datetime | None
    page: int
    has_previous: bool
    has_next: bool
    title: str
    today: date


@dataclass(frozen=True, slots=True)
class NoRoom:
    """Why nothing is free, in French sentences (empty when something is), and where there is room instead."""

    reason: str
    other_channels: tuple[tuple[Channel, datetime], ...]
    neighbours: tuple[tuple[OfficeView, datetime], ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What kind of appointment is searched, and for whom."""

    channel: Channel
    minutes: int
    visitor_key: str = ""


def free_times(
    office_id: int, channel: Channel, minutes: int, first: date, last: date, *, visitor_key: str = ""
) -> tuple[FreeDay, ...]:
    """Return the days from `first` to `last`, both included, that have free times; never beyond the horizon.

    Slots held by the visitor behind `visitor_key` count as free. Raises OfficeNotFoundError.
    """
    asked = _Asked(channel, minutes, visitor_key)
    with database.reading() as session:
        place = free_slots.place_of(session, office_id)
        if place.is_planned:
            return _search(session, place, asked, first, last)
    schedule.ensure_planned(office_id)
    with database.reading() as session:
        return _search(session, place, asked, first, last)


def first_free(office_id: int, channel: Channel, minutes: int, *, visitor_key: str = "") -> datetime | None:
    """Return the earliest free time, local and aware, or None when nothing is free up to the horizon.

    Slots held by the visitor behind `visitor_key` count as free. Raises OfficeNotFoundError.
    """
    now = clock.now()
    with database.reading() as session:
        place, start = free_slots.earliest_single(session, office_id, channel, now, now + LEAD)
    if not place.is_planned:
        schedule.ensure_planned(office_id)
    elif place.slots_needed(minutes) == 1 and not visitor_key:
        local = start and start.astimezone(place.timezone)
        return local if local and local.date() <= schedule.last_bookable_day(place.timezone) else None
    with database.reading() as session:
        return _first(session, place, _Asked(channel, minutes, visitor_key))


def agenda(office_id: int, channel: Channel, minutes: int, page: int | None = None, *, visitor_key: str = "") -> Agenda:
    """Return page `page` of the agenda (None: the first one; a page that does not exist: the nearest one).

    Slots held by the visitor behind `visitor_key` count as free. Raises OfficeNotFoundError.
    """
    place, asked = _planned_place(office_id), _Asked(channel, minutes, visitor_key)
    today, last = schedule.local_today(place.timezone), schedule.last_bookable_day(place.timezone)
    with database.reading() as session:
        first = _first(session, place, asked)
        origin = _monday(first.date() if first else today)
        shown = min(max(page or 0, 0), (last - origin) // _PAGE)
        start = origin + shown * _PAGE
        end = start + _PAGE - _ONE_DAY
        free = {day.day: day.times for day in _search(session, place, asked, start, end)} if first else {}
        rules = schedule.opening_of(session, office_id, today, last)
    reasons = _Reasons(rules, channel, minutes, today, last)
    return Agenda(
        days=tuple(_agenda_day(day, free.get(day, ()), reasons) for day in _days(start, end)),
        first_free=first,
        page=shown,
        has_previous=shown > 0,
        has_next=end < last,
        title=wording.period(start, end),
        today=today,
    )


def explain(office_id: int, channel: Channel, minutes: int, allowed: Channel | None = None) -> NoRoom:
    """Return why an office has nothing free, with other channels and neighbouring offices that have room.

    `allowed` limits the other channels to those the topic admits. Raises OfficeNotFoundError.
    """
    place = _planned_place(office_id)
    today, last = schedule.local_today(place.timezone), schedule.last_bookable_day(place.timezone)
    with database.reading() as session:
        rules = schedule.opening_of(session, office_id, today, last)
        reason = _why_nothing(session, place, rules, channel, minutes)
    others = [other for other in Channel if other & rules.channels and other != channel]
    channels = (
        (other, first_free(office_id, other, minutes)) for other in others if allowed is None or other & allowed
    )
    around = offices.neighbours(office_id, _NEIGHBOURS_ASKED)
    neighbours = ((office, first_free(office.id, channel, minutes)) for office in around)
    return NoRoom(reason, tuple(_with_room(channels)), tuple(islice(_with_room(neighbours), _NEIGHBOURS_TOLD)))


def _planned_place(office_id: int) -> Place:
    """Return what a search needs to know of an office, once its slots exist up to the horizon."""
    with database.reading() as session:
        place = free_slots.place_of(session, office_id)
    if not place.is_planned:
        schedule.ensure_planned(office_id)
    return place


def _search(session: Session, place: Place, asked: _Asked, first: date, last: date) -> tuple[FreeDay, ...]:
    """Return the local days from `first` to `last` that have free times."""
    now, timezone = clock.now(), place.timezone
    end = min(last, schedule.last_bookable_day(timezone)) + _ONE_DAY
    begin = max(local_midnight(first, timezone), now + LEAD)
    wish = Wish(asked.channel, asked.minutes, now, begin, local_midnight(end, timezone), asked.visitor_key)
    times = (start.astimezone(timezone) for start in free_slots.free_starts(session, place, wish))
    return tuple(FreeDay(day, tuple(some)) for day, some in groupby(times, datetime.date))


def _first(session: Session, place: Place, asked: _Asked) -> datetime | None:
    """Return the earliest free time up to the horizon; it mostly comes soon, so ever longer periods are searched."""
    begin, last = schedule.local_today(place.timezone), schedule.last_bookable_day(place.timezone)
    length = 2
    while begin <= last:
        found = _search(session, place, asked, begin, begin + (length - 1) * _ONE_DAY)
        if found:
            return found[0].times[0]
        begin, length = begin + length * _ONE_DAY, length * 2
    return None


@dataclass(frozen=True, slots=True)
class _Reasons:
    """What the agenda needs to say why a day has no room."""

    rules: OpeningRules
    channel: Channel
    minutes: int
    today: date
    last: date

    def why(self, day: date) -> tuple[DayState, str]:
        if day < self.today:
            return "past", "Jour passé"
        if day > self.last:
            return "beyond", f"Les rendez-vous s’ouvrent {_horizon()} à l’avance"
        closed = self._closed(day)
        if closed:
            return "closed", closed
        if not _is_still_possible(self.rules, day, self.channel):
            return "past", f"Un rendez-vous se prend au moins {_lead()} à l’avance"
        if self.minutes > self.rules.slot_minutes:
            return "full", f"Aucun créneau de {wording.duration(self.minutes)}"
        return "full", "Tous les créneaux sont pris"

    def _closed(self, day: date) -> str | None:
        reason = self.rules.closed_reason(day)
        if reason or self.channel & self.rules.channels_on(day):
            return reason
        return f"Pas de rendez-vous {_CHANNEL_WORDS[self.channel]} ce jour-là"


def _agenda_day(day: date, times: tuple[datetime, ...], reasons: _Reasons) -> AgendaDay:
    if times:
        return AgendaDay(day, len(times), "open", "", times)
    return AgendaDay(day, 0, *reasons.why(day), ())


def _is_still_possible(rules: OpeningRules, day: date, channel: Channel) -> bool:
    """Tell whether an open day has seats for the channel, free or not, that begin late enough."""
    earliest = clock.now() + LEAD
    if local_midnight(day, rules.timezone) >= earliest:
        return True
    return any(start >= earliest and flags & channel for (_, start), flags in rules.slots_on(day).items())


def _why_nothing(session: Session, place: Place, rules: OpeningRules, channel: Channel, minutes: int) -> str:
    """Return the French sentences that say why nothing is free, the most certain cause first."""
    words = _CHANNEL_WORDS[channel]
    if not rules.channels & channel:
        return f"Ce service ne donne pas de rendez-vous {words}."
    today, last = schedule.local_today(place.timezone), schedule.last_bookable_day(place.timezone)
    if _search(session, place, _Asked(channel, minutes), today, last):
        return ""
    until = wording.day_with_year(last)
    if not any(_receives(rules, day, channel) for day in _days(today, last)):
        return _why_closed(rules, today, last, words)
    now = clock.now()
    wish = Wish(channel, minutes, now, now + LEAD, local_midnight(last + _ONE_DAY, place.timezone))
    if free_slots.has_held(session, place, wish):
        return (
            "Les derniers créneaux sont en cours de réservation par d’autres personnes. "
            "Réessayez dans quelques minutes\u00a0: ils peuvent se libérer."
        )
    if minutes > place.slot_minutes and _search(session, place, _Asked(channel, place.slot_minutes), today, last):
        return f"Jusqu’au {until}, il ne reste plus de créneau de {wording.duration(minutes)} {words}."
    return (
        f"Tous les rendez-vous {words} jusqu’au {until} sont pris. "
        "Une nouvelle journée s’ouvre chaque jour\u00a0: revenez demain."
    )


def _receives(rules: OpeningRules, day: date, channel: Channel) -> bool:
    open_for_channel = not rules.closed_reason(day) and bool(channel & rules.channels_on(day))
    return open_for_channel and _is_still_possible(rules, day, channel)


def _why_closed(rules: OpeningRules, today: date, last: date, words: str) -> str:
    until = wording.day_with_year(last)
    closure = next(filter(None, map(rules.closure_on, _days(today, last))), None)
    if closure is None:
        return f"Aucun agent ne reçoit {words} jusqu’au {until}."
    return f"Le service ne reçoit pas jusqu’au {until}. Motif\u00a0: {closure.reason}."


def _with_room(found: Iterable[tuple[_Where, datetime | None]]) -> Iterator[tuple[_Where, datetime]]:
    return ((where, first) for where, first in found if first is not None)


def _lead() -> str:
    return wording.duration(LEAD // timedelta(minutes=1))


def _horizon() -> str:
    return wording.count(get_settings().horizon_days, "jour")


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
