"""Activating a space: a code, the address it went to, and the space exists.

Whoever knows a code was sent it; the address is asked as well, because a code may be read over a shoulder. Attempts
are limited by visitor, by network and by request. Both kinds of space are activated in this way, each with its own
journey and its own codes. Why a code is refused, and in which words, is in activation_codes.py.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete
from sqlmodel import Session, col

from app import clock
from app.content import wording
from app.models import Account, Journey, RequestOutcome, SignUpRequest, SpaceKind
from app.services import audit, database, journeys, throttle, upsert
from app.services.accounts import accounts, email_address, identity_form, registration, requests, subscriber_numbers
from app.services.accounts.accounts import AccountView
from app.services.accounts.activation_codes import CodeRefusedError, Refusal, refusal
from app.services.accounts.email_address import EmailRefusedError
from app.services.accounts.identity_form import IdentityForm
from app.services.accounts.sign_up import WrongStepError
from app.services.accounts.taxpayers import TaxpayerView
from app.services.form_errors import FieldErrors
from app.services.journey_drafts import LONGEST_TYPED, TYPED, typed_changes, typed_in, with_tab
from app.services.journeys import JourneyGoneError, JourneyView
from app.services.throttle import TooManyAttemptsError

SPACE = SpaceKind.PROFESSIONAL
JOURNEYS = {SpaceKind.PROFESSIONAL: "activation", SpaceKind.PERSONAL: "personal_activation"}
"""The kind of journey in which each kind of space is activated."""

SUMMARY_LASTS = timedelta(hours=1)
"""How long the browser that signed up and activated may download the PDF summary without a password."""

_REMEMBERED = ("code", "email")
_PARIS = ZoneInfo("Europe/Paris")
_OTHER_ADDRESS = "Saisissez l’adresse électronique à laquelle ce code a été envoyé."


class Step(IntEnum):
    """The screens in their order; a journey stands at the furthest one open to it."""

    CODE = 0
    IDENTIFIERS = 1
    SUMMARY = 2


@dataclass(frozen=True, slots=True)
class ActivationProgress:
    """How far an activation has come; `code` is the checked one, `typed` what the fields hold, by name."""

    journey_id: str
    step: Step
    is_human: bool
    code: str
    typed: Mapping[str, str]
    tabs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Activated:
    """A space that has just come into being: « Votre inscription »; a personal one has no subscriber number."""

    account: AccountView
    name: str
    day_words: str
    subscriber_number: str
    signed_up_here: bool
    at: datetime
    tabs: tuple[str, ...]


def progress(visitor_key: str, kind: SpaceKind = SPACE) -> ActivationProgress | None:
    """Return the visitor's live activation as it stands, None if there is none."""
    found = journeys.find(visitor_key, JOURNEYS[kind])
    return _progress(found) if found else None


def begin(visitor_key: str, tab: str, code: str = "", kind: SpaceKind = SPACE) -> ActivationProgress | None:
    """Begin in this tab, with the code of the mail's link filled in if there is one.

    None if an activation begun in another tab waits for « Reprendre » or « Recommencer »; a link with another code
    begins anew.
    """
    found = journeys.find(visitor_key, JOURNEYS[kind])
    linked = requests.typed_code(code)[:LONGEST_TYPED]
    if found and _progress(found).step > Step.CODE and linked != found.draft["code"]:
        if linked:
            journeys.leave(visitor_key, JOURNEYS[kind])
        elif tab not in found.draft.get("tabs", []):
            return None
    started = journeys.start(visitor_key, JOURNEYS[kind])
    filled_in = typed_changes({"code": linked}, _REMEMBERED) if code else {}
    return _change(visitor_key, started, {"tabs": with_tab(started, tab), **filled_in})


def resume(visitor_key: str, tab: str, kind: SpaceKind = SPACE) -> ActivationProgress:
    """Open the activation in this tab too: « Reprendre ». Raises JourneyGoneError."""
    found = _found(visitor_key, kind)
    return _change(visitor_key, found, {"tabs": with_tab(found, tab)})


def restart(visitor_key: str, tab: str, kind: SpaceKind = SPACE) -> ActivationProgress:
    """Forget the activation and begin another in this tab: « Recommencer »."""
    journeys.leave(visitor_key, JOURNEYS[kind])
    return _change(visitor_key, journeys.start(visitor_key, JOURNEYS[kind]), {"tabs": [tab]})


def leave(visitor_key: str, kind: SpaceKind = SPACE) -> None:
    """Erase what was typed, and what « Récapitulatif » shows; the request and the space stay."""
    journeys.leave(visitor_key, JOURNEYS[kind])


def note_human(visitor_key: str, kind: SpaceKind = SPACE) -> ActivationProgress:
    """Keep that the CAPTCHA was passed, so that it is not asked twice. Raises JourneyGoneError."""
    return _change(visitor_key, _found(visitor_key, kind), {"human": True})


def remember(visitor_key: str, fields: Mapping[str, str], kind: SpaceKind = SPACE) -> None:
    """Keep what was typed in `code` and `email`. Raises JourneyGoneError."""
    journeys.save(visitor_key, JOURNEYS[kind], _found(visitor_key, kind).id, typed_changes(fields, _REMEMBERED))


def clear(visitor_key: str, kind: SpaceKind = SPACE) -> ActivationProgress:
    """Empty the address field of the second screen: « Effacer ». Raises JourneyGoneError."""
    return _change(visitor_key, _found(visitor_key, kind), {f"{TYPED}email": None})


def check_code(visitor_key: str, code: str, network: str = "", kind: SpaceKind = SPACE) -> ActivationProgress:
    """Settle the code. Raises CodeRefusedError, JourneyGoneError, WrongStepError (before the CAPTCHA was passed)."""
    found = _found(visitor_key, kind)
    if not found.draft.get("human"):
        raise WrongStepError
    typed = requests.typed_code(code)
    try:
        throttle.hit("activation", visitor_key)
        if network:
            throttle.hit("activation_network", network)
    except TooManyAttemptsError:
        audit.note("activation", visitor_key, outcome=Refusal.TOO_MANY)
        raise CodeRefusedError(Refusal.TOO_MANY) from None
    with database.writing() as session:
        request = requests.lock_by_code(session, kind, typed)
        refused = refusal(request, kind)
        if refused:
            audit.record(session, "activation", visitor_key, request.public_id if request else "", refused.reason)
    if refused:
        raise refused
    return _change(visitor_key, found, {"code": typed, f"{TYPED}code": typed})


def activate(visitor_key: str, email: str, kind: SpaceKind = SPACE) -> Activated:
    """Make the space of the code settled before, once: asked again, or in another tab, it gives the same.

    Raises FieldErrors (under `email`), CodeRefusedError, JourneyGoneError, WrongStepError.
    """
    found = journeys.find(visitor_key, JOURNEYS[kind])
    if found is None:
        return _made(visitor_key, kind)
    if _progress(found).step < Step.IDENTIFIERS:
        raise WrongStepError
    try:
        email_key = email_address.parse(email).key
    except EmailRefusedError as refused:
        raise FieldErrors({"email": refused.message}) from None
    problem: Exception | None = None
    with database.writing() as session:
        try:
            locked = journeys.lock(session, visitor_key, found.id)
        except JourneyGoneError:
            locked = None  # another tab was faster
        if locked is not None:
            # What is wrong is counted and kept, so it is raised once that is written.
            problem = _activate(session, kind, visitor_key, locked, email_key)
    if problem is not None:
        raise problem
    return _made(visitor_key, kind)


def activated(visitor_key: str, kind: SpaceKind = SPACE) -> Activated | None:
    """Return the space this visitor activated last, within an hour, for « Récapitulatif »."""
    finished = journeys.last_finished(visitor_key, JOURNEYS[kind])
    if finished is None or finished.updated_at <= clock.now() - SUMMARY_LASTS:
        return None
    account = accounts.get(finished.draft["account"])
    if account is None:
        return None
    return Activated(
        account=account,
        name=wording.full_name(account.last_name.upper(), account.first_name),
        day_words=wording.date(account.created_at.astimezone(_PARIS).date()),
        subscriber_number=account.subscriber_number,
        signed_up_here=finished.draft["signed_up_here"],
        at=finished.updated_at,
        tabs=tuple(finished.draft.get("tabs", ())),
    )


def may_download_summary(visitor_key: str) -> int | None:
    """Return the account whose PDF summary this browser may have without a password, None if there is none.

    It is the one it signed up for and activated within the last hour.
    """
    made = activated(visitor_key)
    return made.account.id if made and made.signed_up_here else None


def _activate(
    session: Session, kind: SpaceKind, visitor_key: str, found: JourneyView, email_key: str
) -> Exception | None:
    """Make the account and finish the journey; return what is wrong instead."""
    request = requests.lock_by_code(session, kind, found.draft.get("code", ""))
    problem: Exception | None = refusal(request, kind)
    if problem is None and request is not None and request.email_key != email_key:
        request.attempts += 1
        session.flush()
        problem = FieldErrors({"email": _OTHER_ADDRESS})
    if problem is not None or request is None:
        outcome = problem.reason if isinstance(problem, CodeRefusedError) else "other address"
        audit.record(session, "activation", visitor_key, request.public_id if request else "", outcome)
        return problem
    account_id = _insert(session, request)
    if account_id is None:
        requests.end(session, request, RequestOutcome.WITHDRAWN)
        return CodeRefusedError(Refusal.TAKEN, kind=kind)
    signed_up_here = request.visitor_key == visitor_key
    if signed_up_here and kind == SpaceKind.PERSONAL:
        # Its sign-up waited for this code.
        session.execute(delete(Journey).where(col(Journey.id) == request.journey_id))
    else:
        journeys.forget(session, request.journey_id, registration.AGAIN)
    requests.end(session, request, RequestOutcome.ACTIVATED, account_id)
    audit.record(session, "activation", visitor_key, request.public_id, "done")
    journeys.finish(session, found.id, kept={"account": account_id, "signed_up_here": signed_up_here})
    return None


def _insert(session: Session, request: SignUpRequest) -> int | None:
    """Write the account of a request; return its id, None if its address or tax number has a space already."""
    row = {
        "kind": request.kind,
        "mode": request.mode,
        "email": request.email,
        "email_key": request.email_key,
        "password_hash": request.password_hash,
        "has_certificate": False,
        "trust_answer": "",
        "iban": "",
        **_own_columns(session, request),
        "created_at": clock.now(),
        "password_changed_at": request.created_at,
    }
    statement = _unless_taken(upsert.insert(session, Account).values(row), SpaceKind(request.kind))
    account_id: int | None = session.execute(statement.returning(col(Account.id))).scalar_one_or_none()
    return account_id


def _own_columns(session: Session, request: SignUpRequest) -> dict[str, Any]:
    """Return what an account takes from its request by kind: the checked form, or the line of the register."""
    if request.kind == SpaceKind.PERSONAL:
        return asdict(TaxpayerView(**json.loads(request.form)))
    form: IdentityForm = identity_form.read(json.loads(request.form))
    columns = {name: value for name, value in asdict(form).items() if name not in identity_form.FORM_ONLY}
    number = subscriber_numbers.next_number(session, subscriber_numbers.today())
    return {**columns, "country": form.country or "FR", "subscriber_number": number}


def _unless_taken(statement: Any, kind: SpaceKind) -> Any:
    if kind == SpaceKind.PERSONAL:
        return statement.on_conflict_do_nothing()  # its address, or its tax number
    return statement.on_conflict_do_nothing(index_elements=["kind", "email_key"])


def _made(visitor_key: str, kind: SpaceKind) -> Activated:
    made = activated(visitor_key, kind)
    if made is None:
        raise JourneyGoneError
    return made


def _found(visitor_key: str, kind: SpaceKind) -> JourneyView:
    found = journeys.find(visitor_key, JOURNEYS[kind])
    if found is None:
        raise JourneyGoneError
    return found


def _change(visitor_key: str, found: JourneyView, changes: Mapping[str, Any]) -> ActivationProgress:
    return _progress(journeys.save(visitor_key, found.kind, found.id, changes))


def _progress(found: JourneyView) -> ActivationProgress:
    draft = found.draft
    return ActivationProgress(
        journey_id=found.id,
        step=Step.IDENTIFIERS if draft.get("code") and draft.get("human") else Step.CODE,
        is_human=draft.get("human", False),
        code=draft.get("code", ""),
        typed=MappingProxyType(typed_in(draft)),
        tabs=tuple(draft.get("tabs", ())),
    )
