"""When an office receives people: weekly sessions minus public holidays, closures and absences.

Pure rules on plain values, without database and without the current time: the planner writes their result into
slots, the agenda asks them why a day has none.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

import holidays

from app.content import wording

Seat = tuple[int, datetime]
"""An agent's id and a start in UTC."""


@dataclass(frozen=True, slots=True)
class WeeklySession:
    """A period of the week in which one agent receives people, in the office's local time."""

    agent_id: int
    weekday: int
    starts: time
    ends: time
    channels: int


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

    @property
    def channels(self) -> int:
        """Channel flags the office serves at some time of the week."""
        return _all_flags(self.sessions)

    def closure_on(self, day: date) -> ClosedPeriod | None:
        """Return the closure that covers `day`, if any."""
        return next((closure for closure in self.closures if closure.first_day <= day <= closure.last_day), None)

    def closed_reason(self, day: date) -> str | None:
        """Return why nobody is received on `day`, in French without a final full stop, or None on an open day."""
        holiday = holidays_in(self.holiday_region, day.year).get(day)
        if holiday:
            return f"Jour férié{wording.NBSP}: {holiday}"
        closure = self.closure_on(day)
        if closure:
            return closure.reason
        if not any(session.weekday == day.weekday() for session in self.sessions):
            return f"Fermé le {wording.weekday(day.weekday())}"
        if not self.channels_on(day):
            return "Aucun agent ne reçoit ce jour-là"
        return None

    def channels_on(self, day: date) -> int:
        """Return the channel flags that agents present on `day` serve; closures and holidays are not looked at."""
        return _all_flags(tuple(self._present(day)))

    def slots_on(self, day: date) -> dict[Seat, int]:
        """Return the seats of a local day: (agent, start in UTC) with the channel flags served there.

        Starts lie on the grid of the office's slot length counted from local midnight. A time the clocks skip has no
        seat, a time they show twice has one, and no two seats of an agent overlap.
        """
        if self.closed_reason(day):
            return {}
        seats: dict[Seat, int] = {}
        for session in self._present(day):
            for start in _starts(day, session.starts, session.ends, self.slot_minutes, self.timezone):
                seat = (session.agent_id, start)
                seats[seat] = seats.get(seat, 0) | session.channels
        return _without_overlaps(seats, self.slot_minutes) if _clocks_change(day, self.timezone) else seats

    def _present(self, day: date) -> Iterator[WeeklySession]:
        absent = {one.agent_id for one in self.absences if one.first_day <= day <= one.last_day}
        for session in self.sessions:
            if session.weekday == day.weekday() and session.agent_id not in absent:
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


def _without_overlaps(seats: Mapping[Seat, int], step: int) -> dict[Seat, int]:
    kept: dict[Seat, int] = {}
    free_from: dict[int, datetime] = {}
    for agent_id, start in sorted(seats):
        if agent_id not in free_from or start >= free_from[agent_id]:
            kept[agent_id, start] = seats[agent_id, start]
            free_from[agent_id] = start + timedelta(minutes=step)
    return kept


def _all_flags(sessions: tuple[WeeklySession, ...]) -> int:
    flags = 0
    for session in sessions:
        flags |= session.channels
    return flags
