"""Accounts as the rest of the portal sees them, and whether an address is still free.

Accounts of the two kinds of space never mix: whatever finds one is told the kind.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import defer
from sqlmodel import Session, col

from app.models import Account, Need, SpaceKind, SpaceMode
from app.services import database
from app.services.accounts import requests

WITHOUT_SECRETS = (defer(Account.trust_answer), defer(Account.iban))  # type: ignore[arg-type]
"""Options of a query for `view`: what is encrypted stays unread, at each page and each tap."""


@dataclass(frozen=True, slots=True)
class AccountView:
    """An active space without its secrets; phone in E.164, country in ISO 3166-1 alpha-2, instants in UTC.

    Personal spaces alone have a tax number (13 digits), a commune of residence (INSEE code) and a civility.
    """

    id: int
    kind: SpaceKind
    mode: SpaceMode | None
    email: str
    subscriber_number: str
    last_name: str
    first_name: str
    phone: str
    street_number: str
    street_type: str
    street_name: str
    address_extra: str
    postal_code: str
    commune: str
    country: str
    trust_question: str
    siren: str
    contact_email: str
    has_certificate: bool
    created_at: datetime
    password_changed_at: datetime
    tax_number: str
    insee: str
    civility: str
    needs: Need


class AddressState(StrEnum):
    """What stands in the way of a new space at an address."""

    FREE = "free"
    TAKEN = "taken"
    CERTIFICATE = "certificate"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class AddressStatus:
    """The state of an address; `until` is when a pending request ends, None in every other state."""

    state: AddressState
    until: datetime | None = None


def get(account_id: int) -> AccountView | None:
    """Return an open account, None if there is none of this id."""
    query = select(Account).where(col(Account.id) == account_id, col(Account.closed_at).is_(None))
    with database.reading() as session:
        row = session.execute(query.options(*WITHOUT_SECRETS)).scalar_one_or_none()
        return view(row) if row else None


def status_of_address(kind: SpaceKind, key: str) -> AddressStatus:
    """Return whether a space of this kind may be asked for at an address (`email_address.Address.key`)."""
    with database.reading() as session:
        return address_status(session, kind, key)


def address_status(session: Session, kind: SpaceKind, key: str) -> AddressStatus:
    """Return the same as `status_of_address` as this transaction sees it."""
    # Closed accounts count: until they are erased their address is still theirs.
    account = select(col(Account.has_certificate)).where(col(Account.kind) == kind, col(Account.email_key) == key)
    has_certificate = session.execute(account).scalar_one_or_none()
    if has_certificate is not None:
        return AddressStatus(AddressState.CERTIFICATE if has_certificate else AddressState.TAKEN)
    until = requests.pending_until(session, kind, key)
    return AddressStatus(AddressState.PENDING, until) if until else AddressStatus(AddressState.FREE)


def find_by_email(session: Session, kind: SpaceKind, key: str) -> Account | None:
    """Return the open account of an address (`email_address.Address.key`), None if there is none."""
    return session.execute(select(Account).where(is_open_at(kind, key))).scalar_one_or_none()


def find_by_tax_number(session: Session, tax_number: str) -> Account | None:
    """Return the open personal account of a tax number (13 digits), None if there is none."""
    query = select(Account).where(signs_in_as(SpaceKind.PERSONAL, tax_number)).options(*WITHOUT_SECRETS)
    return session.execute(query).scalar_one_or_none()


def has_tax_number(session: Session, tax_number: str) -> bool:
    """Tell whether a tax number has a personal space; a closed one counts until it is erased."""
    query = select(col(Account.id)).where(col(Account.tax_number) == tax_number)
    return session.execute(query).scalar_one_or_none() is not None


def signs_in_as(kind: SpaceKind, key: str) -> ColumnElement[bool]:
    """Return the condition that finds the open account by what it signs in with, one at most.

    `key` is the address (`email_address.Address.key`) of a professional space, the tax number of a personal one.
    """
    if kind == SpaceKind.PROFESSIONAL:
        return is_open_at(kind, key)
    return and_(col(Account.kind) == kind, col(Account.tax_number) == key, col(Account.closed_at).is_(None))


def is_open_at(kind: SpaceKind, key: str) -> ColumnElement[bool]:
    """Return the condition that finds the open account of an address, one at most."""
    return and_(col(Account.kind) == kind, col(Account.email_key) == key, col(Account.closed_at).is_(None))


def view(row: Account) -> AccountView:
    """Return what of an account's row leaves the services."""
    if row.id is None:
        raise ValueError("an account without an id was never stored")
    return AccountView(
        id=row.id,
        kind=SpaceKind(row.kind),
        mode=SpaceMode(row.mode) if row.mode else None,
        email=row.email,
        subscriber_number=row.subscriber_number or "",
        last_name=row.last_name,
        first_name=row.first_name,
        phone=row.phone,
        street_number=row.street_number,
        street_type=row.street_type,
        street_name=row.street_name,
        address_extra=row.address_extra,
        postal_code=row.postal_code,
        commune=row.commune,
        country=row.country,
        trust_question=row.trust_question,
        siren=row.siren,
        contact_email=row.contact_email,
        has_certificate=row.has_certificate,
        created_at=row.created_at,
        password_changed_at=row.password_changed_at,
        tax_number=row.tax_number or "",
        insee=row.insee,
        civility=row.civility,
        needs=Need(row.needs),
    )
