"""What is free: times of a day, the first one of all, four weeks of an agenda, and why there is nothing.

A time is free when some agent of the office can give the whole appointment from then on: enough slots one after the
other that are neither booked nor held, that serve the channel, and that begin at least `LEAD` from now. Whoever the
agent, a time is said once. All days are local days of the office. What is searched takes place at one of its local
points (`place_id`), or at the office itself (None).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby, islice

from sqlmodel import Session

from app import clock
from app.content import wording
from app.models import Channel
from app.services import database
from app.services.appointments import free_slots, offices, places, reasons, schedule
from app.services.appointments.free_slots import Grid, Wish
from app.services.appointments.holds import LEAD
from app.services.appointments.offices import OfficeView
from app.services.appointments.opening import OpeningRules, local_midnight
from app.services.appointments.places import Way
from app.services.appointments.reasons import Asked, DayState, Reasons

_ONE_DAY = timedelta(days=1)
_PAGE = timedelta(weeks=4)
_NEIGHBOURS_ASKED, _NEIGHBOURS_TOLD = 6, 3


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
class OtherWay:
    """Another channel of the same office, or another of its places, with its first free time, local and aware."""

    way: Way
    first_free: datetime


@dataclass(frozen=True, slots=True)
class NoRoom:
    """Why nothing is free, in French sentences (empty when something is), and where there is room instead."""

    reason: str
    other_ways: tuple[OtherWay, ...]
    neighbours: tuple[tuple[OfficeView, datetime], ...]

    @property
    def other_channels(self) -> tuple[tuple[Channel, datetime], ...]:
        """Those of the other ways that the office serves itself."""
        return tuple((other.way.channel, other.first_free) for other in self.other_ways if other.way.place is None)


def free_times(
    office_id: int,
    channel: Channel,
    minutes: int,
    first: date,
    last: date,
    *,
    place_id: int | None = None,
    visitor_key: str = "",
) -> tuple[FreeDay, ...]:
    """Return the days from `first` to `last`, both included, that have free times; never beyond the horizon.

    Slots held by the visitor behind `visitor_key` count as free. Raises OfficeNotFoundError.
    """
    asked = Asked(channel, minutes, place_id, visitor_key)
    with database.reading() as session:
        grid = free_slots.grid_of(session, office_id)
        if grid.is_planned:
            return _search(session, grid, asked, first, last)
    schedule.ensure_planned(office_id)
    with database.reading() as session:
        return _search(session, grid, asked, first, last)


def first_free(
    office_id: int, channel: Channel, minutes: int, *, place_id: int | None = None, visitor_key: str = ""
) -> datetime | None:
    """Return the earliest free time, local and aware, or None when nothing is free up to the horizon.

    Slots held by the visitor behind `visitor_key` count as free. Raises OfficeNotFoundError.
    """
    now = clock.now()
    with database.reading() as session:
        grid, start = free_slots.earliest_single(session, office_id, channel, now, now + LEAD, place_id=place_id)
    if not grid.is_planned:
        schedule.ensure_planned(office_id)
    elif grid.slots_needed(minutes) == 1 and not visitor_key:
        local = start and start.astimezone(grid.timezone)
        return local if local and local.date() <= schedule.last_bookable_day(grid.timezone) else None
    with database.reading() as session:
        return _first(session, grid, Asked(channel, minutes, place_id, visitor_key))


def agenda(
    office_id: int,
    channel: Channel,
    minutes: int,
    page: int | None = None,
    *,
    place_id: int | None = None,
    visitor_key: str = "",
) -> Agenda:
    """Return page `page` of the agenda (None: the first one; a page that does not exist: the nearest one).

    Slots held by the visitor behind `visitor_key` count as free. Raises OfficeNotFoundError.
    """
    grid, asked = _planned_grid(office_id), Asked(channel, minutes, place_id, visitor_key)
    today, last = schedule.local_today(grid.timezone), schedule.last_bookable_day(grid.timezone)
    with database.reading() as session:
        first = _first(session, grid, asked)
        origin = _monday(first.date() if first else today)
        shown = min(max(page or 0, 0), (last - origin) // _PAGE)
        start = origin + shown * _PAGE
        end = start + _PAGE - _ONE_DAY
        free = {day.day: day.times for day in _search(session, grid, asked, start, end)} if first else {}
        rules = schedule.opening_of(session, office_id, today, last)
    why = Reasons(rules, asked, today, last)
    return Agenda(
        days=tuple(_agenda_day(day, free.get(day, ()), why) for day in _days(start, end)),
        first_free=first,
        page=shown,
        has_previous=shown > 0,
        has_next=end < last,
        title=wording.period(start, end),
        today=today,
    )


def explain(
    office_id: int, channel: Channel, minutes: int, allowed: Channel | None = None, *, place_id: int | None = None
) -> NoRoom:
    """Return why an office has nothing free, with its other channels and places and the offices around with room.

    `allowed` limits the channels to those the topic admits. A neighbouring office is asked for the same channel at
    its own address; for a video, which takes place at a local point, none is. Raises OfficeNotFoundError.
    """
    grid, asked = _planned_grid(office_id), Asked(channel, minutes, place_id)
    today, last = schedule.local_today(grid.timezone), schedule.last_bookable_day(grid.timezone)
    with database.reading() as session:
        rules = schedule.opening_of(session, office_id, today, last)
        reason = _why_nothing(session, grid, rules, asked)
    around = offices.neighbours(office_id, _NEIGHBOURS_ASKED) if channel is not Channel.VIDEO else ()
    neighbours = ((office, first_free(office.id, channel, minutes)) for office in around)
    return NoRoom(
        reason,
        tuple(_other_ways(office_id, rules, asked, allowed)),
        tuple(islice(_with_room(neighbours), _NEIGHBOURS_TOLD)),
    )


def _other_ways(office_id: int, rules: OpeningRules, asked: Asked, allowed: Channel | None) -> Iterator[OtherWay]:
    """Give the other channels and places of an office that have room, those of the office itself first."""
    for place in (None, *places.of_office(office_id)):
        for channel in Channel:
            way = Way(channel, place)
            is_other = (channel, way.place_id) != (asked.channel, asked.place_id)
            if is_other and channel & rules.channels_at(way.place_id) and (allowed is None or channel & allowed):
                first = first_free(office_id, channel, asked.minutes, place_id=way.place_id)
                if first:
                    yield OtherWay(way, first)


def _planned_grid(office_id: int) -> Grid:
    """Return what a search needs to know of an office, once its slots exist up to the horizon."""
    with database.reading() as session:
        grid = free_slots.grid_of(session, office_id)
    if not grid.is_planned:
        schedule.ensure_planned(office_id)
    return grid


def _search(session: Session, grid: Grid, asked: Asked, first: date, last: date) -> tuple[FreeDay, ...]:
    """Return the local days from `first` to `last` that have free times."""
    now, timezone = clock.now(), grid.timezone
    end = min(last, schedule.last_bookable_day(timezone)) + _ONE_DAY
    begin = max(local_midnight(first, timezone), now + LEAD)
    until = local_midnight(end, timezone)
    wish = Wish(asked.channel, asked.minutes, now, begin, until, asked.visitor_key, asked.place_id)
    times = (start.astimezone(timezone) for start in free_slots.free_starts(session, grid, wish))
    return tuple(FreeDay(day, tuple(some)) for day, some in groupby(times, datetime.date))


def _first(session: Session, grid: Grid, asked: Asked) -> datetime | None:
    """Return the earliest free time up to the horizon; it mostly comes soon, so ever longer periods are searched."""
    begin, last = schedule.local_today(grid.timezone), schedule.last_bookable_day(grid.timezone)
    length = 2
    while begin <= last:
        found = _search(session, grid, asked, begin, begin + (length - 1) * _ONE_DAY)
        if found:
            return found[0].times[0]
        begin, length = begin + length * _ONE_DAY, length * 2
    return None


def _agenda_day(day: date, times: tuple[datetime, ...], why: Reasons) -> AgendaDay:
    if times:
        return AgendaDay(day, len(times), "open", "", times)
    return AgendaDay(day, 0, *why.why(day), ())


def _why_nothing(session: Session, grid: Grid, rules: OpeningRules, asked: Asked) -> str:
    """Return the French sentences that say why nothing is free, the most certain cause first."""
    words, minutes = asked.words, asked.minutes
    if not rules.channels_at(asked.place_id) & asked.channel:
        return f"Ce service ne donne pas de rendez-vous {words}."
    today, last = schedule.local_today(grid.timezone), schedule.last_bookable_day(grid.timezone)
    if _search(session, grid, asked, today, last):
        return ""
    until = wording.day_with_year(last)
    days = _days(today, last)
    if not any(reasons.receives(rules, day, asked) for day in days):
        return reasons.why_closed(rules, days, words)
    now = clock.now()
    end = local_midnight(last + _ONE_DAY, grid.timezone)
    wish = Wish(asked.channel, minutes, now, now + LEAD, end, place_id=asked.place_id)
    if free_slots.has_held(session, grid, wish):
        return (
            "Les derniers créneaux sont en cours de réservation par d’autres personnes. "
            "Réessayez dans quelques minutes\u00a0: ils peuvent se libérer."
        )
    shorter = replace(asked, minutes=grid.slot_minutes)
    if minutes > grid.slot_minutes and _search(session, grid, shorter, today, last):
        return f"Jusqu’au {until}, il ne reste plus de créneau de {wording.duration(minutes)} {words}."
    return (
        f"Tous les rendez-vous {words} jusqu’au {until} sont pris. "
        "Une nouvelle journée s’ouvre chaque jour\u00a0: revenez demain."
    )


def _with_room(found: Iterable[tuple[OfficeView, datetime | None]]) -> Iterator[tuple[OfficeView, datetime]]:
    return ((where, first) for where, first in found if first is not None)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
