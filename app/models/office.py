"""Offices, the agents who work there, and when they receive people."""

from datetime import date, time
from enum import IntFlag, StrEnum

from sqlalchemy import Index
from sqlmodel import Field, SQLModel


class OfficeKind(StrEnum):
    """What an office is for; the contact tree leads to one of these."""

    INDIVIDUALS = "individuals"
    COMPANIES = "companies"
    NON_RESIDENTS = "non_residents"


class Channel(IntFlag):
    """How an appointment takes place; a slot may serve several."""

    COUNTER = 1
    PHONE = 2
    VIDEO = 4


class Need(IntFlag):
    """What a person asks the office to be ready for."""

    WHEELCHAIR = 1
    SIGN_LANGUAGE = 2
    NO_PHONE = 4
    COMPANION = 8


class Office(SQLModel, table=True):
    """An office that receives people; `area` is the arrondissement or department it serves."""

    __table_args__ = (Index("uq_office_kind_area", "kind", "area", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=40)
    kind: str = Field(max_length=20)
    area: str = Field(max_length=10)
    department: str = Field(max_length=3, index=True)
    region: str = Field(max_length=3)
    name: str
    street: str
    postal_code: str = Field(max_length=5)
    city: str
    phone: str
    email: str
    access: str = Field(description="How to get there and in, shown to the person, French.")
    timezone: str = Field(description="IANA name; every displayed time of this office is in it.")
    holiday_region: str = Field(default="", description="Subdivision for the holidays library, empty for none.")
    slot_minutes: int = 30
    planned_until: date | None = Field(default=None, description="Last local day whose slots exist.")


class LocalPoint(SQLModel, table=True):
    """A place near people where agents of an office come, or from which one speaks with them by video."""

    __tablename__ = "local_point"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=60)
    office_id: int = Field(foreign_key="office.id", index=True)
    name: str
    street: str
    postal_code: str = Field(max_length=5)
    city: str
    phone: str = ""
    access: str = Field(description="How to get there and in, accessibility included, French.")


class Agent(SQLModel, table=True):
    """Somebody who receives people at an office."""

    id: int | None = Field(default=None, primary_key=True)
    office_id: int = Field(foreign_key="office.id", index=True)
    label: str = Field(description="Internal, never shown: « Guichet 3 ».")


class OpeningSession(SQLModel, table=True):
    """A weekly period in which one agent receives people, in the office's local time."""

    __tablename__ = "opening_session"

    id: int | None = Field(default=None, primary_key=True)
    agent_id: int = Field(foreign_key="agent.id", index=True)
    weekday: int = Field(description="0 for Monday.", ge=0, le=6)
    starts: time
    ends: time
    channels: int = Field(description="Channel flags served in this period.")
    place_id: int | None = Field(
        default=None, foreign_key="local_point.id", description="Where people come; none is the office itself."
    )


class Closure(SQLModel, table=True):
    """Days on which a whole office is closed, beyond public holidays; both ends included."""

    id: int | None = Field(default=None, primary_key=True)
    office_id: int = Field(foreign_key="office.id", index=True)
    first_day: date
    last_day: date
    reason: str = Field(description="Shown to people, French.")


class Absence(SQLModel, table=True):
    """Days on which one agent does not receive anybody; both ends included."""

    id: int | None = Field(default=None, primary_key=True)
    agent_id: int = Field(foreign_key="agent.id", index=True)
    first_day: date
    last_day: date
