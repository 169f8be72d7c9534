"""What decides when an office receives people, with the numbers under which `hours` changes it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session, col

from app.models import Absence, Agent, Channel, Closure, LocalPoint, Office, OpeningSession
from app.services import database
from app.services.appointments import schedule
from app.services.appointments.hours import WrongHoursError
from app.services.appointments.offices import OfficeNotFoundError
from app.services.appointments.opening import WeeklySession

_SESSION = re.compile(
    r"(?P<day>[a-z]{3}) (?P<starts>[0-9]{2}:[0-9]{2})-(?P<ends>[0-9]{2}:[0-9]{2}) "
    r"(?P<channels>[a-z,]+)( (?P<point>\S+))?"
)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Days:
    """A closure or an absence, both days included; `words` is the reason, or whose absence it is."""

    number: int
    first_day: date
    last_day: date
    words: str


@dataclass(frozen=True, slots=True)
class Week:
    """The weekly hours of an agent, each as « tue 09:00-12:00 counter,phone », with the code of a local point."""

    number: int
    label: str
    sessions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Timetable:
    """An office's agents with their weeks, and the closures and absences that are not over; earliest first."""

    office_id: int
    office_name: str
    weeks: tuple[Week, ...]
    closures: tuple[Days, ...]
    absences: tuple[Days, ...]


def of_office(code: str) -> Timetable:
    """Return the timetable of an office; raise OfficeNotFoundError."""
    with database.reading() as session:
        office = session.execute(select(Office).where(col(Office.code) == code)).scalar_one_or_none()
        if office is None or office.id is None:
            raise OfficeNotFoundError(code)
        today = schedule.local_today(ZoneInfo(office.timezone))
        agents = _all(session, select(Agent).where(col(Agent.office_id) == office.id).order_by(col(Agent.id)))
        weeks = _weeks(session, office.id, [agent.id for agent in agents])
        labels = {agent.id: agent.label for agent in agents}
        closures = _not_over(Closure, today).where(col(Closure.office_id) == office.id)
        absences = _not_over(Absence, today).where(col(Absence.agent_id).in_(labels))
        return Timetable(
            office.id,
            office.name,
            tuple(Week(agent.id, agent.label, tuple(weeks[agent.id])) for agent in agents),
            tuple(_days(row, row.reason) for row in _all(session, closures)),
            tuple(_days(row, labels[row.agent_id]) for row in _all(session, absences)),
        )


def week_of(agent_id: int, texts: Iterable[str]) -> list[WeeklySession]:
    """Return the weekly hours of an agent that are written as a `Week` has them; raise WrongHoursError."""
    query = select(col(LocalPoint.code), col(LocalPoint.id)).join(
        Agent, col(Agent.office_id) == col(LocalPoint.office_id)
    )
    with database.reading() as session:
        points = {code: number or 0 for code, number in session.execute(query.where(col(Agent.id) == agent_id))}
    return [_session_of(agent_id, text, points) for text in texts]


def as_text(timetable: Timetable) -> str:
    """Return the timetable in lines, numbers first."""
    parts = [
        (
            "agents",
            [f"{week.number:>7}  {week.label}: {'; '.join(week.sessions) or 'none'}" for week in timetable.weeks],
        ),
        ("closures", _lines(timetable.closures)),
        ("absences", _lines(timetable.absences)),
    ]
    named = (f"{title}:\n" + ("\n".join(lines) or f"{'':>7}  none") for title, lines in parts)
    return "\n".join([timetable.office_name, *named])


def _session_of(agent_id: int, text: str, points: Mapping[str, int]) -> WeeklySession:
    found = _SESSION.fullmatch(text)
    if found is None or found["day"] not in WEEKDAYS:
        raise WrongHoursError(f"« {text} » is not written like « tue 09:00-12:00 counter,phone »")
    point = found["point"]
    if point and point not in points:
        raise WrongHoursError(f"the office has no local point {point}")
    try:
        channels = reduce(or_, (Channel[name.upper()] for name in found["channels"].split(",")))
        starts, ends = time.fromisoformat(found["starts"]), time.fromisoformat(found["ends"])
    except (KeyError, ValueError):
        raise WrongHoursError(f"« {text} » names a time or a channel that does not exist") from None
    return WeeklySession(agent_id, WEEKDAYS.index(found["day"]), starts, ends, int(channels), points.get(point or ""))


def _weeks(session: Session, office_id: int, agents: Sequence[int]) -> dict[int, list[str]]:
    points = {
        row.id: row.code for row in _all(session, select(LocalPoint).where(col(LocalPoint.office_id) == office_id))
    }
    query = select(OpeningSession).where(col(OpeningSession.agent_id).in_(agents))
    weeks: dict[int, list[str]] = defaultdict(list)
    for row in _all(session, query.order_by(col(OpeningSession.weekday), col(OpeningSession.starts))):
        served = ",".join(str(channel.name).lower() for channel in Channel if channel & row.channels)
        where = f" {points[row.place_id]}" if row.place_id else ""
        weeks[row.agent_id].append(f"{WEEKDAYS[row.weekday]} {row.starts:%H:%M}-{row.ends:%H:%M} {served}{where}")
    return weeks


def _all(session: Session, query: Any) -> Sequence[Any]:
    return session.execute(query).scalars().all()


def _not_over(table: type[Closure] | type[Absence], today: date) -> Any:
    return select(table).where(col(table.last_day) >= today).order_by(col(table.first_day), col(table.id))


def _days(row: Any, words: str) -> Days:
    return Days(row.id, row.first_day, row.last_day, words)


def _lines(some: Iterable[Days]) -> list[str]:
    return [f"{each.number:>7}  {each.first_day} to {each.last_day}  {each.words}" for each in some]
