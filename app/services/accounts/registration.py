"""« Valider »: a finished sign-up becomes the request that waits for its code, and the mail with it.

`prepare` and `write` are the same for both kinds of space; the rest is of the professional one.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlmodel import Session, col

from app import addresses, clock, keys
from app.models import RequestOutcome, SignUpRequest, SpaceKind, SpaceMode
from app.services import audit, database, journeys, throttle, upsert
from app.services.accounts import accounts, requests, withdrawal
from app.services.accounts.accounts import AddressState, AddressStatus
from app.services.accounts.identity_form import FIELDS
from app.services.accounts.sign_up import (
    ADDRESS_FIELDS,
    IBAN,
    KIND,
    SPACE,
    Step,
    WrongStepError,
    address_refusal,
    progress_of,
)
from app.services.form_errors import FieldErrors
from app.services.journey_drafts import TYPED
from app.services.journeys import JourneyGoneError, JourneyView
from app.services.notifications import account_messages, outbox
from app.services.notifications.messages import Message
from app.settings import get_settings

PERSONAL_KIND = "personal_sign_up"
"""The kind of journey in which a personal space is asked for."""

AGAIN = "again"
"""Where a draft keeps, for as long as drafts live, what opens the sign-up again if its address takes no mail."""

_SPACES = {KIND: SPACE, PERSONAL_KIND: SpaceKind.PERSONAL}


@dataclass(frozen=True, slots=True)
class Registration:
    """A request that was made: where its code goes, and until when (UTC) it can be used at least.

    `mail` is the unique key of its mail in the outbox.
    """

    email: str
    deadline: datetime
    mode: SpaceMode
    mail: str
    tabs: tuple[str, ...]


def register(visitor_key: str, network: str = "") -> Registration:
    """Write the request and its mail in one transaction, once: asked again, or in another tab, it gives the same.

    Raises FieldErrors (under `email`: the address was taken meanwhile), JourneyGoneError, WrongStepError,
    TooManyAttemptsError.
    """
    if network:
        throttle.hit("sign_up", network)
    found = journeys.find(visitor_key, KIND)
    if found is None:
        return _made(visitor_key)
    if progress_of(found).step < Step.SUMMARY:
        raise WrongStepError
    prepared = prepare()
    with database.writing() as session:
        try:
            locked = journeys.lock(session, visitor_key, found.id)
        except JourneyGoneError:
            locked = None
        if locked is not None:
            return _register(session, visitor_key, locked, prepared)
    return _made(visitor_key, found.id)


def registered(visitor_key: str) -> Registration | None:
    """Return the request this visitor made last, within a day, for « Enregistrement »."""
    finished = journeys.last_finished(visitor_key, KIND)
    if finished is None or "email" not in finished.draft:
        return None
    draft = finished.draft
    with database.reading() as session:
        until = requests.deadline(session, draft["request"])
    return Registration(
        email=draft["email"],
        deadline=until or datetime.fromisoformat(draft["deadline"]),
        mode=SpaceMode(draft["mode"]),
        mail=draft.get("mail", ""),
        tabs=tuple(draft.get("tabs", ())),
    )


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a new request needs, made before anything is locked."""

    public_id: str
    code: str
    message: Message


def prepare(kind: SpaceKind = SPACE) -> Prepared:
    """Return what the next request of this kind needs."""
    public_id, code = token_hex(16), requests.new_code()
    not_me = withdrawal.not_me_token(public_id)
    if kind == SPACE:
        paths = addresses.activation(code), addresses.withdrawal(code), addresses.not_me(not_me)
    else:
        own = addresses.personal_activation(code), addresses.personal_withdrawal(code)
        paths = *own, addresses.personal_not_me(not_me)
    site = get_settings().site_url
    message = account_messages.activation(
        code=code,
        deadline=clock.now() + requests.lifetime(),
        activate_url=f"{site}{paths[0]}",
        withdraw_url=f"{site}{paths[1]}",
        not_me_url=f"{site}{paths[2]}",
        kind=kind,
    )
    return Prepared(public_id, code, message)


def write(
    session: Session,
    visitor_key: str,
    found: JourneyView,
    prepared: Prepared,
    form: Mapping[str, str],
    *,
    mode: str = "",
) -> dict[str, str]:
    """Write the request of a locked journey and its mail; return what a finished journey keeps of it.

    `found.draft` holds the address and the hash of the password; its kind says the kind of space. Raises
    FieldErrors (under `email`: the address was taken meanwhile).
    """
    kind, draft = _SPACES[found.kind], found.draft
    requests.lock_pending(session, kind, draft["email_key"])  # ends the one that has died
    status = accounts.address_status(session, kind, draft["email_key"])
    mail = requests.mail_key(prepared.public_id)
    row = _row(visitor_key, found, prepared, form) | {"kind": kind, "mode": mode}
    if status.state != AddressState.FREE or not _insert(session, row):
        mail = _refuse_or_tell(session, kind, found, status)
    else:
        outbox.queue(
            session,
            kind=outbox.MailKind.ACTIVATION,
            dedup_key=mail,
            recipient=draft["email"],
            visitor_key=visitor_key,
            message=prepared.message,
        )
        audit.record(session, "sign_up", visitor_key, prepared.public_id, "done")
    deadline = clock.now() + requests.lifetime()
    kept = {"email": draft["email"], "deadline": deadline.isoformat(), "request": prepared.public_id}
    return {**kept, "mail": mail}


def _register(session: Session, visitor_key: str, found: JourneyView, prepared: Prepared) -> Registration:
    now = progress_of(found)
    if now.form is None or now.step < Step.SUMMARY:
        raise WrongStepError
    kept = write(session, visitor_key, found, prepared, asdict(now.form), mode=now.mode)
    again = _again(found.draft, now.mode)
    journeys.finish(session, found.id, kept={**kept, "mode": str(now.mode), AGAIN: again})
    return Registration(now.email, datetime.fromisoformat(kept["deadline"]), now.mode, kept["mail"], now.tabs)


def _again(draft: Mapping[str, Any], mode: SpaceMode) -> dict[str, Any]:
    """Return all that was settled but the password: it may not hold the address, which will be another one."""
    names = ("mode", "terms", "human", "form", IBAN, *(f"{TYPED}{name}" for name in (*ADDRESS_FIELDS, *FIELDS[mode])))
    return {name: draft[name] for name in names if name in draft}


def _row(visitor_key: str, found: JourneyView, prepared: Prepared, form: Mapping[str, str]) -> dict[str, Any]:
    return {
        "public_id": prepared.public_id,
        "journey_id": found.id,
        "visitor_key": visitor_key,
        "email": found.draft["email"],
        "email_key": found.draft["email_key"],
        "password_hash": found.draft["password_hash"],
        "form": json.dumps(form, ensure_ascii=False),
        "code_hash": requests.code_hash(prepared.code),
        "attempts": 0,
        "outcome": RequestOutcome.PENDING,
        "created_at": clock.now(),
    }


def _insert(session: Session, row: dict[str, Any]) -> bool:
    """Write the request; return False if another one for this address came first."""
    statement = _unless_pending(upsert.insert(session, SignUpRequest).values(row))
    return session.execute(statement.returning(col(SignUpRequest.id))).scalar_one_or_none() is not None


def _unless_pending(statement: Any) -> Any:
    pending = col(SignUpRequest.outcome) == RequestOutcome.PENDING
    return statement.on_conflict_do_nothing(index_elements=["kind", "email_key"], index_where=pending)


def _refuse_or_tell(session: Session, kind: SpaceKind, found: JourneyView, status: AddressStatus) -> str:
    """Raise FieldErrors; where answers are neutral, write to whoever owns the address instead, once an hour.

    Return the key of that mail: whether the mail server refuses the address is then told as of any other.
    """
    email, email_key = found.draft["email"], found.draft["email_key"]
    if status.state == AddressState.FREE:  # somebody else's request came in this very instant
        status = accounts.address_status(session, kind, email_key)
    if not get_settings().neutral_answers:
        raise FieldErrors({"email": address_refusal(status, kind)})
    hour = int(clock.now().timestamp()) // 3600
    event = f"{outbox.MailKind.ADDRESS_IN_USE}:{kind}:{keys.keyed_hash('address', email_key)[:32]}:{hour}"
    if outbox.refused_in(session, event):
        # An address that takes no mail is told anew of each request, as it would be of its code.
        event = f"{event}:{found.id}"
    outbox.queue(
        session,
        kind=outbox.MailKind.ADDRESS_IN_USE,
        dedup_key=event,
        recipient=email,
        visitor_key="",  # the demo mailbox must not show it to whoever asked
        message=account_messages.address_in_use(is_pending=status.state == AddressState.PENDING, kind=kind),
    )
    audit.record(session, "sign_up", outcome=f"address {status.state}")
    return event


def _made(visitor_key: str, journey_id: str | None = None) -> Registration:
    """Return what the visitor's finished sign-up led to; raise JourneyGoneError if none did."""
    made = registered(visitor_key)
    if made is None:
        raise JourneyGoneError
    return made
