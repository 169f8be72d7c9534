"""The nightly planning: the day that has come within the horizon, for every office people have looked at."""

from collections.abc import Mapping

import structlog
from sqlalchemy import select
from sqlmodel import col

from app.models import Office
from app.services import database, demo_data
from app.services.appointments import schedule
from app.settings import get_settings

_log = structlog.get_logger(__name__)


def plan_all() -> Mapping[str, int]:
    """Make the slots that are missing up to the horizon; return how many offices were looked at, and failed.

    An office that nobody has ever looked at has no slots and gets none. In the demonstration, the absences and
    closures of the new days are written first, even if nobody has looked at any office yet.
    """
    query = select(col(Office.id)).where(col(Office.planned_until).is_not(None)).order_by(col(Office.id))
    with database.reading() as session:
        offices = session.execute(query).scalars().all()
    if get_settings().is_demo:
        _keep_demonstration()
    return {"offices": len(offices), "failed": sum(not _planned(office) for office in offices)}


def _keep_demonstration() -> None:
    with database.reading() as session:
        is_there = demo_data.is_loaded(session)
    if is_there:
        with database.writing() as session:
            demo_data.load(session)


def _planned(office_id: int | None) -> bool:
    try:
        schedule.ensure_planned(office_id or 0)
    except Exception:
        # One office whose hours make no sense must not leave the others without seats.
        _log.exception("office_not_planned", office=office_id)
        return False
    return True
