"""Changing when an office receives people: its weekly hours, its closures, and the absences of its agents.

Each verb writes the change and plans the office again in one transaction: what is searched, held, booked or offered
afterwards obeys it. Whoever has booked a seat that is closed now keeps the appointment, and whoever holds one may
still book it in time; nobody else gets it (see `schedule`).
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import delete, select
from sqlmodel import Session, col

from app.models import Absence, Agent, Closure, LocalPoint, OpeningSession
from app.services import database
from app.services.appointments import schedule
from app.services.appointments.opening import WeeklySession
from app.services.appointments.seats import row_id


class UnknownHoursError(Exception):
    """There is no such agent, closure or absence."""


class WrongHoursError(Exception):
    """These hours or days make no sense; the message says why. Nothing was changed."""


def close(office_id: int, first_day: date, last_day: date, reason: str) -> int:
    """Close an office, its local points too, on some days, both included; return the closure's id.

    `reason` is shown to people, in French, without a final full stop. Raises OfficeNotFoundError, WrongHoursError.
    """
    _check_days(first_day, last_day)
    if not reason.strip():
        raise WrongHoursError("people are told why an office is closed")
    with database.writing() as session:
        schedule.lock_office(session, office_id)
        row = Closure(office_id=office_id, first_day=first_day, last_day=last_day, reason=reason.strip())
        return _written(session, row, office_id)


def reopen(closure_id: int) -> None:
    """Take a closure back; raise UnknownHoursError."""
    with database.writing() as session:
        closure = _found(session, Closure, closure_id)
        session.delete(closure)
        _take_effect(session, closure.office_id)


def set_absent(agent_id: int, first_day: date, last_day: date) -> int:
    """Let an agent receive nobody on some days, both included; return the absence's id.

    Raises UnknownHoursError, WrongHoursError.
    """
    _check_days(first_day, last_day)
    with database.writing() as session:
        office_id = _found(session, Agent, agent_id).office_id
        return _written(session, Absence(agent_id=agent_id, first_day=first_day, last_day=last_day), office_id)


def end_absence(absence_id: int) -> None:
    """Take an absence back; raise UnknownHoursError."""
    with database.writing() as session:
        absence = _found(session, Absence, absence_id)
        office_id = _found(session, Agent, absence.agent_id).office_id
        session.delete(absence)
        _take_effect(session, office_id)


def set_week(agent_id: int, sessions: Iterable[WeeklySession]) -> None:
    """Give an agent these weekly hours in place of those they had; none at all is possible.

    Raises UnknownHoursError, WrongHoursError.
    """
    week = tuple(sessions)
    with database.writing() as session:
        office_id = _found(session, Agent, agent_id).office_id
        # Two who write the hours of one agent wait for each other here, so that they never end up with both.
        schedule.lock_office(session, office_id)
        points = set(
            session.execute(select(col(LocalPoint.id)).where(col(LocalPoint.office_id) == office_id)).scalars()
        )
        for one in week:
            _check_session(one, agent_id, points)
        session.execute(delete(OpeningSession).where(col(OpeningSession.agent_id) == agent_id))
        session.add_all(
            OpeningSession(
                agent_id=agent_id,
                weekday=one.weekday,
                starts=one.starts,
                ends=one.ends,
                channels=one.channels,
                place_id=one.place_id,
            )
            for one in week
        )
        _take_effect(session, office_id)


def _found(session: Session, table: type[Any], number: int) -> Any:
    row = session.get(table, number)
    if row is None:
        raise UnknownHoursError(f"no {table.__name__.lower()} {number}")
    return row


def _written(session: Session, row: Closure | Absence, office_id: int) -> int:
    session.add(row)
    _take_effect(session, office_id)
    return row_id(row.id)


def _take_effect(session: Session, office_id: int) -> None:
    session.flush()
    schedule.replan_in(session, office_id)


def _check_days(first_day: date, last_day: date) -> None:
    if last_day < first_day:
        raise WrongHoursError(f"the last day, {last_day}, comes before the first, {first_day}")


def _check_session(one: WeeklySession, agent_id: int, points: set[int | None]) -> None:
    if one.agent_id != agent_id:
        raise WrongHoursError(f"hours of agent {one.agent_id} among those of agent {agent_id}")
    if not 0 <= one.weekday <= 6 or one.starts >= one.ends:
        raise WrongHoursError(f"no such period of the week: day {one.weekday}, {one.starts} to {one.ends}")
    if one.place_id is not None and one.place_id not in points:
        raise WrongHoursError(f"local point {one.place_id} belongs to another office")
    if not one.served:
        raise WrongHoursError("nothing is served in these hours at this place")
