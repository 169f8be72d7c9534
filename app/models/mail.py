"""The outbox: mails written in the transaction of the change they tell about."""

from datetime import datetime

from sqlalchemy import Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.models.base import EncryptedText, UtcDateTime

_WAITING = text("sent_at IS NULL AND gave_up_at IS NULL")


class OutboxMail(SQLModel, table=True):
    """One mail to send; `dedup_key` makes a second one for the same event impossible."""

    __tablename__ = "outbox_mail"
    __table_args__ = (
        UniqueConstraint("dedup_key"),
        Index("ix_outbox_mail_waiting", "next_attempt_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: int | None = Field(default=None, primary_key=True)
    dedup_key: str = Field(max_length=120)
    kind: str = Field(max_length=30)
    appointment_id: int | None = Field(default=None, foreign_key="appointment.id", index=True)
    visitor_key: str = Field(max_length=64, index=True, description="Whose demo mailbox shows it.")
    message_id: str = Field(unique=True, max_length=120)
    recipient: str = Field(sa_column=Column(EncryptedText, nullable=False))
    subject: str = Field(sa_column=Column(EncryptedText, nullable=False))
    text_body: str | None = Field(default=None, sa_column=Column(EncryptedText))
    html_body: str | None = Field(default=None, sa_column=Column(EncryptedText))
    calendar: str | None = Field(default=None, sa_column=Column(EncryptedText), description="iCalendar text, if any.")
    calendar_method: str = Field(default="", max_length=10)
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    next_attempt_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    leased_until: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    lease_id: str | None = Field(default=None, max_length=32)
    attempts: int = 0
    last_error: str = Field(default="", max_length=300)
    sent_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    gave_up_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    address_refused: bool = Field(default=False, description="Given up because its address takes no mail.")
