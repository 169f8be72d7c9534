"""When an office receives people: weekly sessions minus public holidays, closures and absences.

Pure rules on plain values, without database and without the current time: the planner writes their result into
slots, the agenda asks them why a day has none.

A session takes place at the office itself (`place_id` None) or at one of its local points. An agent is at one place
at a time: where the sessions of an agent overlap, a local point comes before the office, and of two points the one
opened first. No time is kept for the way between two places; whoever writes the sessions leaves it. A closure closes
the local points too, whose agents are those of the office.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

import holidays

from app.content import wording
from app.models import Channel

Seat = tuple[int, datetime]
"""An agent's id and a start in UTC."""

_AT_OFFICE = Channel.COUNTER | Channel.PHONE
_AT_LOCAL_POINT = Channel.COUNTER | Channel.VIDEO


class Service(NamedTuple):
    """What an agent does at a seat: channel flags, and the local point (None: the office itself)."""

    channels: int
    place_id: int | None = None


def served_at(place_id: int | None) -> Channel:
    """Return the channels that can be served at a place: video wants a local point, a call the agent's desk."""
    return _AT_OFFICE if place_id is None else _AT_LOCAL_POINT


@dataclass(frozen=True, slots=True)
class WeeklySession:
    """A period of the week in which one agent receives people at a place, in the office's local time."""

    agent_id: int
    weekday: int
    starts: time
    ends: time
    channels: int
    place_id: int | None = None

    @property
    def served(self) -> int:
        """The channel flags of the session that can be served where it takes place."""
        return self.channels & served_at(self.place_id)


@dataclass(frozen=True, slots=True)
class ClosedPeriod:
    """Days, both ends included, on which the whole office is closed; `reason` is French."""

    first_day: date
    last_day: date
    reason: str


@dataclass(frozen=True, slots=True)
class AgentAbsence:
    """Days, both ends included, on which one agent receives nobody."""

    agent_id: int
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class OpeningRules:
    """Everything that decides when an office receives people."""

    timezone: ZoneInfo
    slot_minutes: int
    holiday_region: str
    sessions: tuple[WeeklySession, ...] = ()
    closures: tuple[ClosedPeriod, ...] = ()
    absences: tuple[AgentAbsence, ...] = ()

    def channels_at(self, place_id: int | None) -> int:
        """Return the channel flags served at a place at some time of the week."""
        return _all_flags(self.sessions, place_id)

    def closure_on(self, day: date) -> ClosedPeriod | None:
        """Return the closure that covers `day`, if any."""
        return next((closure for closure in self.closures if closure.first_day <= day <= closure.last_day), None)

    def closed_reason(self, day: date, place_id: int | None = None) -> str | None:
        """Return why nobody is received at a place on `day`, or None on an open day.

        The reason is in French, without a final full stop.
        """
        shut = self._shut_reason(day)
        if shut:
            return shut
        if not any(session.weekday == day.weekday() and session.place_id == place_id for session in self.sessions):
            weekday = wording.weekday(day.weekday())
            return f"Fermé le {weekday}" if place_id is None else f"Pas de permanence le {weekday}"
        if not self.channels_on(day, place_id):
            return "Aucun agent ne reçoit ce jour-là"
        return None

    def channels_on(self, day: date, place_id: int | None = None) -> int:
        """Return the channel flags that agents present on `day` serve at a place.

        Closures and holidays are not looked at.
        """
        return _all_flags(self._present(day), place_id)

    def slots_on(self, day: date) -> dict[Seat, Service]:
        """Return the seats of a local day: (agent, start in UTC), and what is done there.

        Starts lie on the grid of the office's slot length counted from local midnight. A time the clocks skip has no
        seat, a time they show twice has one, and no two seats of an agent overlap, whatever their places. The
        channels of a seat are those of the sessions that cover it wholly at its place.
        """
        if self._shut_reason(day):
            return {}
        seats: dict[Seat, Service] = {}
        for session in sorted(self._present(day), key=_rank):
            for start in _starts(day, session.starts, session.ends, self.slot_minutes, self.timezone):
                seat = (session.agent_id, start)
                taken = seats.get(seat)
                if taken is None:
                    seats[seat] = Service(session.served, session.place_id)
                elif taken.place_id == session.place_id:
                    seats[seat] = Service(taken.channels | session.served, session.place_id)
        return _without_overlaps(seats, self.slot_minutes) if _clocks_change(day, self.timezone) else seats

    def _shut_reason(self, day: date) -> str | None:
        """Return the holiday or closure of a day, which hold for every place of the office."""
        holiday = holidays_in(self.holiday_region, day.year).get(day)
        if holiday:
            return f"Jour férié{wording.NBSP}: {holiday}"
        closure = self.closure_on(day)
        return closure.reason if closure else None

    def _present(self, day: date) -> Iterator[WeeklySession]:
        absent = {one.agent_id for one in self.absences if one.first_day <= day <= one.last_day}
        for session in self.sessions:
            if session.weekday == day.weekday() and session.agent_id not in absent and session.served:
                yield session


@lru_cache(maxsize=512)
def holidays_in(region: str, year: int) -> Mapping[date, str]:
    """Return the public holidays of a subdivision (empty: mainland) as the library `holidays` knows them, in French.

    Raises NotImplementedError for a subdivision the library does not know.
    """
    found = holidays.country_holidays("FR", subdiv=region or None, years=year, language="fr")
    return MappingProxyType({day: name.replace("; ", ", ").replace("'", "’") for day, name in found.items()})


def local_midnight(day: date, timezone: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which a local day begins."""
    return datetime.combine(day, time(), timezone).astimezone(UTC)


@lru_cache(maxsize=4096)
def _starts(day: date, starts: time, ends: time, step: int, timezone: ZoneInfo) -> tuple[datetime, ...]:
    first = -(-_minute(starts) // step) * step
    walls = (time(*divmod(minute, 60)) for minute in range(first, _minute(ends) - step + 1, step))
    local = (datetime.combine(day, wall, timezone) for wall in walls)
    return tuple(moment.astimezone(UTC) for moment in local if _exists(moment))


def _minute(value: time) -> int:
    return value.hour * 60 + value.minute


def _exists(local: datetime) -> bool:
    # In spring the clocks jump over an hour: such a time comes back changed from UTC.
    return local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None)


def _clocks_change(day: date, timezone: ZoneInfo) -> bool:
    length = local_midnight(day + timedelta(days=1), timezone) - local_midnight(day, timezone)
    return length != timedelta(days=1)


def _rank(session: WeeklySession) -> tuple[bool, int]:
    """Sort the places an agent may be at: local points before the office, the first opened first."""
    return session.place_id is None, session.place_id or 0


def _without_overlaps(seats: Mapping[Seat, Service], step: int) -> dict[Seat, Service]:
    kept: dict[Seat, Service] = {}
    free_from: dict[int, datetime] = {}
    for agent_id, start in sorted(seats):
        if agent_id not in free_from or start >= free_from[agent_id]:
            kept[agent_id, start] = seats[agent_id, start]
            free_from[agent_id] = start + timedelta(minutes=step)
    return kept


def _all_flags(sessions: Iterable[WeeklySession], place_id: int | None) -> int:
    flags = 0
    for session in sessions:
        if session.place_id == place_id:
            flags |= session.served
    return flags
