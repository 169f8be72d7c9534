"""Everything the portal holds about an account, for its owner: « Mes données », one JSON file.

Secrets a person chose are in it, so the password is asked for again before; hashes, keys and tokens never are.
"""

import json
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select
from sqlmodel import Session, col

from app import clock, keys
from app.content import topics, trust_questions
from app.models import (
    Account,
    AccountSession,
    AddressChange,
    AuditEvent,
    Need,
    Office,
    OutboxMail,
    SignUpRequest,
    WaitingEntry,
)
from app.services import database
from app.services.accounts import accounts, requests, sessions
from app.services.appointments import history, mine
from app.services.appointments.records import AppointmentView
from app.services.notifications.outbox import MailKind

FILE_NAME = "mes-donnees-guichet.json"

_READ_ME = (
    "Ce fichier contient ce que Guichet conserve au sujet de votre espace au moment de son enregistrement.",
    "Les dates qui se terminent par +00:00 sont en temps universel\u00a0; local_time est l’heure du rendez-vous.",
    "account\u00a0: votre espace et vos coordonnées, trust_question et trust_answer\u00a0: votre question de confiance "
    "et sa réponse, iban\u00a0: votre numéro de compte.",
    "pending_address\u00a0: une nouvelle adresse qui attend son code. sessions\u00a0: les navigateurs connectés. "
    "events\u00a0: les connexions et les changements, gardés douze mois.",
    "appointments\u00a0: les rendez-vous pris dans cet espace ou avec le même numéro fiscal, gardés treize mois. "
    "mails\u00a0: les courriels envoyés au sujet de l’espace, gardés trente jours. "
    "waiting_list\u00a0: les listes d’attente où votre adresse est inscrite.",
    "Votre mot de passe n’y est pas\u00a0: Guichet n’en garde qu’une empreinte, qui ne permet pas de le retrouver.",
    "Ce fichier est personnel\u00a0: ne l’envoyez à personne.",
)
_DETAILS = (
    "kind",
    "mode",
    "email",
    "subscriber_number",
    "tax_number",
    "civility",
    "last_name",
    "first_name",
    "phone",
    "street_number",
    "street_type",
    "street_name",
    "address_extra",
    "postal_code",
    "commune",
    "insee",
    "country",
    "siren",
    "contact_email",
    "iban",
    "trust_answer",
    "has_certificate",
    "created_at",
    "password_changed_at",
)
_APPOINTMENT = (
    "reference",
    "status",
    "starts_at",
    "timezone",
    "minutes",
    "office_name",
    "place_name",
    "place_lines",
    "civility",
    "last_name",
    "first_name",
    "other_last_name",
    "other_first_name",
    "phone",
    "second_phone",
    "email",
    "tax_number",
    "details",
)
_MAIL_KINDS = (
    MailKind.PASSWORD_CHANGED,
    MailKind.ADDRESS_CHANGE,
    MailKind.ADDRESS_CHANGED,
    MailKind.SECRETS_CHANGED,
)
"""Kinds whose unique key begins with the kind and the account."""


def export(account_id: int) -> bytes | None:
    """Return the file of an open account, JSON in UTF-8; None if there is no such account.

    The caller has made sure that its owner asks, and has just typed the password.
    """
    with database.reading() as session:
        account = session.get(Account, account_id)
        if account is None or account.closed_at:
            return None
        held = {
            "lisez_moi": _READ_ME,
            "exported_at": clock.now(),
            "account": _details(account),
            "pending_address": _pending_address(session, account_id),
            "sessions": _sessions(session, account_id),
            "events": _events(session, account_id),
            "mails": _mails(session, account_id),
            "waiting_list": _waiting(session, account),
        }
        owner = accounts.view(account)
    # What the screens show, and no more: a stranger may have typed this tax number with details of their own.
    held["appointments"] = [_appointment(view) for view in (*reversed(mine.past(owner)), *mine.upcoming(owner))]
    return json.dumps(held, ensure_ascii=False, indent=2, default=_plain).encode()


def _details(account: Account) -> dict[str, Any]:
    return {name: getattr(account, name) for name in _DETAILS} | {
        "trust_question": trust_questions.label(account.trust_question),
        "needs": _needs(account.needs),
    }


def _pending_address(session: Session, account_id: int) -> dict[str, Any] | None:
    found = session.get(AddressChange, account_id)
    if found is None:
        return None
    return {"email": found.email, "asked_at": found.created_at, "expires_at": found.expires_at}


def _sessions(session: Session, account_id: int) -> list[dict[str, Any]]:
    columns = (AccountSession.browser, AccountSession.created_at, AccountSession.last_seen_at, AccountSession.ended_at)
    own = col(AccountSession.account_id) == account_id
    rows = session.execute(select(*map(col, columns)).where(own).order_by(col(AccountSession.created_at)))
    return [dict(row) for row in rows.mappings()]


def _events(session: Session, account_id: int) -> list[dict[str, Any]]:
    columns = (AuditEvent.at, AuditEvent.event, AuditEvent.outcome)
    own = col(AuditEvent.subject) == sessions.subject(account_id)
    rows = session.execute(select(*map(col, columns)).where(own).order_by(col(AuditEvent.id)))
    return [dict(row) for row in rows.mappings()]


def _mails(session: Session, account_id: int) -> list[dict[str, Any]]:
    columns = (OutboxMail.subject, OutboxMail.recipient, OutboxMail.created_at, OutboxMail.sent_at)
    of_sign_up = [requests.mail_key(public_id) for public_id in _requests_of(session, account_id)]
    own = [col(OutboxMail.dedup_key).startswith(f"{kind}:{account_id}:") for kind in _MAIL_KINDS]
    query = select(*map(col, columns)).where(or_(col(OutboxMail.dedup_key).in_(of_sign_up), *own))
    rows = session.execute(query.order_by(col(OutboxMail.id)))
    return [dict(row) for row in rows.mappings()]


def _waiting(session: Session, account: Account) -> list[dict[str, Any]]:
    columns: list[Any] = [
        col(Office.name).label("office_name"),
        col(WaitingEntry.topic_id),
        col(WaitingEntry.email),
        col(WaitingEntry.first_day),
        col(WaitingEntry.last_day),
        col(WaitingEntry.status),
        col(WaitingEntry.created_at),
        col(WaitingEntry.ended_at),
    ]
    # The owner has shown by a code that the address is theirs.
    own = col(WaitingEntry.email_key) == keys.keyed_hash("waiting", account.email_key)
    at_office = col(WaitingEntry.office_id) == col(Office.id)
    query: Select[Any] = select(*columns)
    rows = session.execute(query.join(WaitingEntry, at_office).where(own).order_by(col(WaitingEntry.id)))
    return [dict(row) for row in rows.mappings()]


def _requests_of(session: Session, account_id: int) -> list[str]:
    own = col(SignUpRequest.account_id) == account_id
    return list(session.execute(select(col(SignUpRequest.public_id)).where(own)).scalars())


def _appointment(view: AppointmentView) -> dict[str, Any]:
    topic = topics.topic(view.topic_id)
    return {
        **{name: getattr(view, name) for name in _APPOINTMENT},
        "local_time": view.starts_at.astimezone(ZoneInfo(view.timezone)),
        "channel": (view.channel.name or "").lower(),
        "topic": topic.label if topic else view.topic_id,
        "needs": _needs(view.needs),
        "history": [
            {"event": change.kind, "at": change.at, "starts_at": change.starts_at}
            for change in history.history(view.public_id)
        ],
        "mails": [
            {"what": mail.kind, "queued_at": mail.queued_at, "sent_at": mail.sent_at}
            for mail in history.mails(view.public_id)
        ],
    }


def _needs(flags: int) -> list[str]:
    return [(need.name or "").lower() for need in Need if need & flags]


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
