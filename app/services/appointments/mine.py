"""A person's own appointments, as their personal space shows them: taken there, or with the same tax number.

A tax number may have been typed by anybody, so it gives the right to see that an appointment exists, to move and to
cancel it (it is in their name), but not what whoever booked typed about themselves: address, phones and details.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlmodel import Session, col

from app import clock
from app.models import Appointment, AppointmentStatus, SpaceKind
from app.services import database
from app.services.accounts.accounts import AccountView
from app.services.appointments import records
from app.services.appointments.person import TICKED, needs_field
from app.services.appointments.records import AppointmentView, Known

SHOWN_FOR = relativedelta(months=13)
"""How long past appointments are shown: until they are anonymised."""

_SHOWN_AT_MOST = 100


def upcoming(account: AccountView) -> tuple[AppointmentView, ...]:
    """Return what still stands and has not begun, soonest first."""
    stands = and_(col(Appointment.status) == AppointmentStatus.BOOKED, col(Appointment.starts_at) > clock.now())
    return _views(account, stands, col(Appointment.starts_at).asc())


def past(account: AccountView) -> tuple[AppointmentView, ...]:
    """Return what took place within 13 months and what was cancelled, latest first."""
    over = or_(col(Appointment.starts_at) <= clock.now(), col(Appointment.status) == AppointmentStatus.CANCELLED)
    recent = col(Appointment.starts_at) > clock.now() - SHOWN_FOR
    return _views(account, and_(over, recent), col(Appointment.starts_at).desc())


def get(account: AccountView, public_id: str) -> AppointmentView | None:
    """Return one of the account's appointments, None if it is not one of them."""
    found = _views(account, col(Appointment.public_id) == public_id, col(Appointment.id).asc())
    return found[0] if found else None


def may_change(account: AccountView, public_id: str) -> bool:
    """Tell whether the account may move or cancel an appointment: one of its own that stands and has not begun."""
    view = get(account, public_id)
    return view is not None and view.is_booked


def last_booked(account: AccountView) -> AppointmentView | None:
    """Return the appointment taken last in the space, for `prefill`."""
    own = col(Appointment.account_id) == account.id
    query = records.KNOWN.where(own, col(Appointment.anonymised_at).is_(None))
    with database.reading() as session:
        row = session.execute(query.order_by(col(Appointment.id).desc()).limit(1)).one_or_none()
    return records.view(*row) if row else None


def prefill(account: AccountView, last: AppointmentView | None = None) -> Mapping[str, str]:
    """Return what the form of the details holds to begin with, by field of `person.Person`.

    `last` is the appointment of `last_booked`, which knows the number to call.
    """
    return {
        "civility": account.civility,
        "last_name": account.last_name,
        "first_name": account.first_name,
        "no_first_name": "" if account.first_name else TICKED,
        "email": account.email,
        "phone": account.phone or (last.phone if last else ""),
        "second_phone": last.second_phone if last and not account.phone else "",
        "tax_number": account.tax_number,
        "needs": needs_field(account.needs),
    }


def _views(account: AccountView, condition: ColumnElement[bool], order: Any) -> tuple[AppointmentView, ...]:
    with database.reading() as session:
        return tuple(_view(known, account) for known in _rows(session, account, condition, order))


def _rows(session: Session, account: AccountView, condition: ColumnElement[bool], order: Any) -> list[Known]:
    # Two searches, each by its index, instead of one that scans.
    ids = [
        id_
        for mine in (_in_space(account), _by_tax_number(account))
        for id_ in session.execute(select(col(Appointment.id)).where(mine, condition).order_by(order)).scalars()
    ]
    if not ids:
        return []
    query = records.KNOWN.where(col(Appointment.id).in_(ids)).order_by(order).limit(_SHOWN_AT_MOST)
    return [Known(*row) for row in session.execute(query)]


def _in_space(account: AccountView) -> ColumnElement[bool]:
    return and_(col(Appointment.account_id) == account.id, col(Appointment.anonymised_at).is_(None))


def _by_tax_number(account: AccountView) -> ColumnElement[bool]:
    if account.kind is not SpaceKind.PERSONAL or not account.tax_number:
        return false()
    return col(Appointment.tax_number) == account.tax_number


def _view(known: Known, account: AccountView) -> AppointmentView:
    view = records.view(*known)
    if known.appointment.account_id == account.id:
        return view
    return replace(view, email="", phone="", second_phone="", details="")
