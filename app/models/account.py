"""Accounts of both kinds of space, the requests that lead to them, and their sessions."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.models.base import EncryptedText, UtcDateTime

_PENDING = text("outcome = 'pending'")


class SpaceKind(StrEnum):
    """The two kinds of space; their accounts never mix."""

    PROFESSIONAL = "professional"
    PERSONAL = "personal"


class SpaceMode(StrEnum):
    """How a professional space is run."""

    EXPERT = "expert"
    SIMPLIFIED = "simplified"


class RequestOutcome(StrEnum):
    """What became of a sign-up request; only a pending one holds anything personal."""

    PENDING = "pending"
    ACTIVATED = "activated"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    UNDELIVERED = "undelivered"


class Account(SQLModel, table=True):
    """An active space. `email_key` is the address as compared: case folded."""

    __table_args__ = (UniqueConstraint("kind", "email_key"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=12)
    mode: str = Field(default="", max_length=12)
    email: str = Field(max_length=100)
    email_key: str = Field(max_length=100)
    password_hash: str = Field(max_length=100)
    has_certificate: bool = False
    subscriber_number: str | None = Field(default=None, unique=True, max_length=14)
    tax_number: str | None = Field(default=None, unique=True, max_length=13, description="Personal spaces only.")
    insee: str = Field(default="", max_length=5, description="Commune of residence; its offices are « Mes contacts ».")
    civility: str = Field(default="", max_length=10)
    needs: int = Field(default=0, description="Need flags, told once and offered again at each booking.")
    last_name: str
    first_name: str
    phone: str = Field(default="", max_length=32, description="E.164")
    street_number: str = ""
    street_type: str = ""
    street_name: str = ""
    address_extra: str = ""
    postal_code: str = ""
    commune: str = ""
    country: str = Field(default="FR", max_length=2, description="ISO 3166-1 alpha-2")
    trust_question: str = Field(default="", max_length=40)
    trust_answer: str = Field(default="", sa_column=Column(EncryptedText, nullable=False))
    siren: str = Field(default="", max_length=9)
    contact_email: str = Field(default="", max_length=100)
    iban: str = Field(default="", sa_column=Column(EncryptedText, nullable=False))
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    password_changed_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    closed_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class Taxpayer(SQLModel, table=True):
    """One line of the register of taxpayers that a personal space is checked against; the demo ships its own."""

    tax_number: str = Field(primary_key=True, max_length=13)
    access_number: str = Field(sa_column=Column(EncryptedText, nullable=False), description="7 digits.")
    reference_income: str = Field(sa_column=Column(EncryptedText, nullable=False), description="Whole euros.")
    civility: str = Field(default="", max_length=10)
    last_name: str
    first_name: str
    street_number: str = ""
    street_type: str = ""
    street_name: str = ""
    postal_code: str = Field(max_length=5)
    commune: str
    insee: str = Field(max_length=5)


class SignUpRequest(SQLModel, table=True):
    """A sign-up that waits for its code; once it ends, only the code's keyed hash and the outcome stay, 30 days."""

    __tablename__ = "sign_up_request"
    __table_args__ = (
        Index(
            "uq_sign_up_request_pending_address",
            "kind",
            "email_key",
            unique=True,
            sqlite_where=_PENDING,
            postgresql_where=_PENDING,
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True, max_length=32, description="Random; what signed links hold.")
    journey_id: str = Field(unique=True, max_length=32, description="Idempotency key.")
    visitor_key: str = Field(max_length=64)
    kind: str = Field(max_length=12)
    mode: str = Field(default="", max_length=12)
    email: str = Field(default="", max_length=100)
    email_key: str = Field(default="", max_length=100)
    password_hash: str = Field(default="", max_length=100)
    form: str = Field(default="", sa_column=Column(EncryptedText, nullable=False), description="JSON object.")
    code_hash: str = Field(unique=True, max_length=64)
    attempts: int = 0
    outcome: str = Field(default=RequestOutcome.PENDING, max_length=12)
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    sent_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime), description="Handed to the server.")
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    account_id: int | None = Field(default=None, foreign_key="account.id")


class SubscriberSequence(SQLModel, table=True):
    """The last subscriber number given on a day."""

    __tablename__ = "subscriber_sequence"

    day: date = Field(primary_key=True)
    last: int


class AccountSession(SQLModel, table=True):
    """One browser signed in; the cookie's value is stored as a keyed hash only."""

    __tablename__ = "account_session"

    id: str = Field(primary_key=True, max_length=32)
    token_hash: str = Field(unique=True, max_length=64)
    account_id: int = Field(foreign_key="account.id", index=True)
    browser: str = Field(default="", max_length=80, description="Words for the list of sessions.")
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    last_seen_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    password_given_at: datetime | None = Field(
        default=None, sa_column=Column(UtcDateTime), description="When the password was last typed again."
    )


class RecoveryToken(SQLModel, table=True):
    """A single-use link to choose a new password."""

    __tablename__ = "recovery_token"

    token_hash: str = Field(primary_key=True, max_length=64)
    account_id: int = Field(foreign_key="account.id", index=True)
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    used_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class AddressChange(SQLModel, table=True):
    """A new sign-in address that waits for the code sent to it."""

    __tablename__ = "address_change"

    account_id: int = Field(foreign_key="account.id", primary_key=True)
    email: str = Field(max_length=100)
    email_key: str = Field(max_length=100)
    code_hash: str = Field(max_length=64)
    attempts: int = 0
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class SignInNote(SQLModel, table=True):
    """What a refused sign-in tells the page after the redirect; shown once."""

    __tablename__ = "sign_in_note"

    visitor_key: str = Field(primary_key=True, max_length=64)
    kind: str = Field(max_length=12)
    address: str = Field(default="", sa_column=Column(EncryptedText, nullable=False))
    message: str = Field(max_length=300)
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
