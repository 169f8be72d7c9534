"""Appointments and what became of them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Index, Text, text
from sqlmodel import Field, SQLModel

from app.models.base import UtcDateTime

_REMINDED = text("remind_at IS NOT NULL")
_UNCONFIRMED = text("confirm_until IS NOT NULL")


class AppointmentStatus(StrEnum):
    """Where an appointment stands."""

    BOOKED = "booked"
    CANCELLED = "cancelled"


class ChangeKind(StrEnum):
    """What happened to an appointment."""

    BOOKED = "booked"
    CONFIRMED = "confirmed"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    CORRECTED = "corrected"


class Appointment(SQLModel, table=True):
    """A person's appointment; `revision` grows by one with each change a mail tells about."""

    __table_args__ = (
        Index("ix_appointment_remind_at", "remind_at", sqlite_where=_REMINDED, postgresql_where=_REMINDED),
        Index(
            "ix_appointment_confirm_until", "confirm_until", sqlite_where=_UNCONFIRMED, postgresql_where=_UNCONFIRMED
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True, max_length=32, description="Random; what signed links hold.")
    reference: str = Field(unique=True, max_length=16, description="Short, readable, told to the person.")
    office_id: int = Field(foreign_key="office.id", index=True)
    topic_id: str = Field(max_length=80)
    channel: int
    place_id: int | None = Field(default=None, foreign_key="local_point.id", description="None is the office itself.")
    starts_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))
    minutes: int
    status: str = Field(default=AppointmentStatus.BOOKED, max_length=12)
    revision: int = 1
    visitor_key: str = Field(max_length=64, description="Whose demo mailbox shows the mails.")
    civility: str = Field(default="", max_length=10)
    last_name: str
    first_name: str
    details: str = Field(default="", sa_column=Column(Text, nullable=False))
    phone: str = Field(default="", max_length=32)
    second_phone: str = Field(default="", max_length=32)
    email: str = Field(max_length=254)
    email_key: str = Field(default="", max_length=254, index=True, description="The address as compared: lower case.")
    tax_number: str = Field(default="", max_length=13, index=True)
    needs: int = Field(default=0, description="Need flags.")
    other_last_name: str = Field(default="", description="Of the person received, when booked for somebody else.")
    other_first_name: str = ""
    account_id: int | None = Field(default=None, foreign_key="account.id", index=True)
    remind_at: datetime | None = Field(
        default=None, sa_column=Column(UtcDateTime), description="When the reminder is due; none once it is queued."
    )
    confirm_until: datetime | None = Field(
        default=None, sa_column=Column(UtcDateTime), description="Released then unless confirmed from the mail."
    )
    anonymised_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class AppointmentChange(SQLModel, table=True):
    """One entry of an appointment's history; the key makes a repeated request change nothing."""

    __tablename__ = "appointment_change"

    id: int | None = Field(default=None, primary_key=True)
    appointment_id: int = Field(foreign_key="appointment.id", index=True)
    revision: int
    kind: str = Field(max_length=12)
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    idempotency_key: str = Field(unique=True, max_length=64)
    starts_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    previous_starts_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
