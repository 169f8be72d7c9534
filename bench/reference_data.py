"""The reference data set: one office, 20 agents, 60 days of 16 slots each, 11 of 16 taken, the same at every run."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, text
from sqlmodel import SQLModel

from app.models import Appointment, AppointmentStatus, Slot, SlotClaim
from app.services import database
from tests.factories import COUNTER_OR_PHONE, MadeOffice, make_office, mark_planned

AGENTS, DAYS, SLOTS_A_DAY, TAKEN_A_DAY = 20, 60, 16, 11
FIRST_DAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
"""The clock stands here while the reference data set is measured."""

_PARIS = ZoneInfo("Europe/Paris")
_OPENS = time(9)
_HALF_HOUR = timedelta(minutes=30)
_SLOT, _APPOINTMENT, _CLAIM = (
    SQLModel.metadata.tables[str(name)]
    for name in (Slot.__tablename__, Appointment.__tablename__, SlotClaim.__tablename__)
)


def load() -> MadeOffice:
    """Write the data set into the empty database in use; return the office."""
    office = make_office(agents=AGENTS, sessions=())
    slots = [_slot(office, agent, start) for agent in office.agents for start in starts()]
    for number, slot in enumerate(slots, start=1):
        slot["id"] = number
    taken = list(_taken(slots))
    for number, slot in enumerate(taken, start=1):
        slot["appointment_id"] = number
    with database.writing() as session:
        connection = session.connection()
        connection.execute(insert(_APPOINTMENT), [_appointment(office, slot) for slot in taken])
        connection.execute(insert(_SLOT), slots)
        claims = [{"slot_id": slot["id"], "appointment_id": slot["appointment_id"]} for slot in taken]
        connection.execute(insert(_CLAIM), claims)
    mark_planned(office.id, date(2099, 12, 31))
    _settle(database.engine().dialect.name)
    return office


def starts() -> list[datetime]:
    """Return the start of every slot of one agent, in UTC."""
    opening = (datetime.combine(FIRST_DAY + timedelta(days=day), _OPENS, _PARIS).astimezone(UTC) for day in range(DAYS))
    return [opens + number * _HALF_HOUR for opens in opening for number in range(SLOTS_A_DAY)]


def _slot(office: MadeOffice, agent: int, start: datetime) -> dict[str, Any]:
    return {
        "office_id": office.id,
        "agent_id": agent,
        "starts_at": start,
        "channels": int(COUNTER_OR_PHONE),
        "appointment_id": None,
    }


def _taken(slots: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    chance = random.Random(11)
    for first in range(0, len(slots), SLOTS_A_DAY):
        yield from chance.sample(slots[first : first + SLOTS_A_DAY], TAKEN_A_DAY)


def _appointment(office: MadeOffice, slot: dict[str, Any]) -> dict[str, Any]:
    number = slot["appointment_id"]
    return {
        "id": number,
        "public_id": f"{number:032}",
        "reference": f"R{number}",
        "office_id": office.id,
        "topic_id": "bench",
        "channel": 1,
        "starts_at": slot["starts_at"],
        "minutes": 30,
        "status": AppointmentStatus.BOOKED,
        "revision": 1,
        "visitor_key": "",
        "civility": "",
        "last_name": "Martin",
        "first_name": "Camille",
        "details": "",
        "phone": "+33639981234",
        "second_phone": "",
        "email": f"{number}@courriel.example",
        "tax_number": "",
        "created_at": NOW,
    }


def _settle(dialect: str) -> None:
    """Do what the database would do by itself within a minute, so that plans and caches are those of every day."""
    with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if dialect == "postgresql":
            for table in (_SLOT, _APPOINTMENT):
                connection.execute(
                    text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}")
                )
            connection.execute(text("VACUUM ANALYZE"))
