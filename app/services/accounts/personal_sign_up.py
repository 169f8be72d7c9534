"""Creating a personal space: who one is in the register, address and password, then the code of a mail.

How far one may go follows from what the journey holds, never from the address somebody types. The journey lives until
its code is used in this browser; the code works in any other one too (activation.py), and is worth the same there.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import IntEnum
from types import MappingProxyType
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col

from app.models import Journey, SpaceKind
from app.services import database, journeys, throttle
from app.services.accounts import accounts, activation, passwords, registration, requests, sign_up, taxpayers
from app.services.accounts.activation import Activated
from app.services.accounts.activation_codes import CodeRefusedError, Refusal
from app.services.accounts.registration import Prepared
from app.services.accounts.sign_up import WrongStepError
from app.services.accounts.taxpayers import TaxpayerView
from app.services.form_errors import FieldErrors
from app.services.journey_drafts import TYPED, typed_changes, typed_in, with_tab
from app.services.journeys import JourneyGoneError, JourneyView

KIND = registration.PERSONAL_KIND
SPACE = SpaceKind.PERSONAL
HAS_SPACE = (
    "Un espace particulier existe déjà pour ce numéro fiscal. Connectez-vous, ou choisissez un nouveau mot de passe "
    "si vous avez oublié le vôtre."
)

_ADDRESS_FIELDS = ("email", "email_again")
_REMEMBERED = frozenset((*taxpayers.FIELDS, *_ADDRESS_FIELDS))
_TYPED_ADDRESS = tuple(f"{TYPED}{name}" for name in _ADDRESS_FIELDS)
_IDENTITY = tuple(f"{TYPED}{name}" for name in taxpayers.FIELDS)


class Step(IntEnum):
    """The screens in their order; a journey stands at the furthest one open to it."""

    IDENTITY = 0
    IDENTIFIERS = 1
    CODE = 2
    DONE = 3


@dataclass(frozen=True, slots=True)
class PersonalProgress:
    """What a sign-up has settled so far; `typed` is what fields hold, by field name, passwords left out.

    `taxpayer` is who the register says this is, once it was asked and until the request is made. From then on
    (`Step.CODE`) `email` is where the code went and `deadline` until when (UTC) it can be used at least.
    """

    journey_id: str
    step: Step
    is_human: bool
    typed: Mapping[str, str]
    taxpayer: TaxpayerView | None
    email: str
    has_password: bool
    deadline: datetime | None
    tabs: tuple[str, ...]


def progress(visitor_key: str) -> PersonalProgress | None:
    """Return the visitor's live sign-up as it stands, None if there is none."""
    found = journeys.find(visitor_key, KIND)
    return _progress(found) if found else None


def begin(visitor_key: str, tab: str) -> PersonalProgress | None:
    """Begin in this tab, or go on there; None if one begun in another tab waits for « Reprendre »."""
    found = journeys.find(visitor_key, KIND)
    if found and tab not in found.draft.get("tabs", []) and _progress(found).step > Step.IDENTITY:
        return None
    started = journeys.start(visitor_key, KIND)
    return _change(visitor_key, started, {"tabs": with_tab(started, tab)})


def resume(visitor_key: str, tab: str) -> PersonalProgress:
    """Open the sign-up in this tab too: « Reprendre ». Raises JourneyGoneError."""
    found = _found(visitor_key)
    return _change(visitor_key, found, {"tabs": with_tab(found, tab)})


def restart(visitor_key: str, tab: str) -> PersonalProgress:
    """Erase the sign-up and begin another in this tab: « Recommencer ». A request already made stays."""
    journeys.leave(visitor_key, KIND)
    return _change(visitor_key, journeys.start(visitor_key, KIND), {"tabs": [tab]})


def leave(visitor_key: str) -> None:
    """Erase all that was typed: « Effacer et quitter ». A request already made stays."""
    journeys.leave(visitor_key, KIND)


def remember(visitor_key: str, fields: Mapping[str, str]) -> None:
    """Keep what was typed, by field name; passwords are not among what is kept.

    Another number or income than the one the register knew is to be checked again. Raises JourneyGoneError,
    DraftTooLargeError.
    """
    found = _found(visitor_key)
    if _progress(found).step >= Step.CODE:
        return
    changes = typed_changes(fields, _REMEMBERED)
    if any(found.draft.get(name) != changes.get(name, found.draft.get(name)) for name in _IDENTITY):
        changes["taxpayer"] = None
    journeys.save(visitor_key, KIND, found.id, changes)


def note_human(visitor_key: str) -> PersonalProgress:
    """Keep that the CAPTCHA was passed, so that it is not asked twice. Raises JourneyGoneError."""
    return _change(visitor_key, _found(visitor_key), {"human": True})


def set_identity(visitor_key: str, fields: Mapping[str, str], network: str = "") -> PersonalProgress:
    """Settle who this is by the three numbers of `taxpayers.FIELDS`; what was typed is kept even when it is wrong.

    `network` is `visitors.network_key`. Raises FieldErrors (as `taxpayers.check`; under `tax_number` with
    `HAS_SPACE` when all fits and there is a space already), JourneyGoneError, WrongStepError (before the CAPTCHA,
    or when the request is made), TooManyAttemptsError.
    """
    found = _at_least(visitor_key, Step.IDENTITY)
    if not found.draft.get("human"):
        raise WrongStepError
    typed = typed_changes({name: fields.get(name, "") for name in taxpayers.FIELDS}, _REMEMBERED)
    found = journeys.save(visitor_key, KIND, found.id, {**typed, "taxpayer": None})
    taxpayer = taxpayers.check(visitor_key, fields, network)
    with database.reading() as session:
        _require_no_space(session, taxpayer)
    changes: dict[str, Any] = {"taxpayer": asdict(taxpayer)}
    if found.draft.get("password_of") != taxpayer.tax_number:
        changes["password_hash"] = None  # it may hold the name of this person
    return _change(visitor_key, found, changes)


def set_identifiers(
    visitor_key: str, *, email: str, email_again: str, password: str, password_again: str, network: str = ""
) -> PersonalProgress:
    """Settle the address and the password, of which only a hash is kept.

    Both password fields may stay empty when the address is unchanged: the password chosen before stays. Hashes: call
    it through `passwords.apart`. Raises FieldErrors (under `email`, `email_again`, `password`, `password_again`),
    JourneyGoneError, WrongStepError, TooManyAttemptsError, PasswordsBusyError.
    """
    throttle.hit("sign_up_address", visitor_key)
    if network:
        throttle.hit("sign_up_address_network", network)
    found = _at_least(visitor_key, Step.IDENTIFIERS)
    taxpayer = _taxpayer(found.draft)
    errors: dict[str, str] = {}
    address = sign_up.checked_address(SPACE, email, email_again, errors, found.draft.get(sign_up.REFUSED, ""))
    same = address is not None and found.draft.get("email_key") == address.key
    stays = not password and not password_again and same and "password_hash" in found.draft
    if not stays:
        errors |= sign_up.password_errors(email, password, password_again, names_of(taxpayer))
    if errors or address is None:
        raise FieldErrors(errors)
    typed = typed_changes(dict.fromkeys(_ADDRESS_FIELDS, email), _REMEMBERED)
    values = {"email": address.display, "email_key": address.key, **typed}
    if not stays:
        values["password_hash"] = passwords.hash(password)
        values["password_of"] = taxpayer.tax_number if taxpayer else ""
    return _change(visitor_key, found, values)


def names_of(taxpayer: TaxpayerView | None) -> tuple[str, ...]:
    """Return the names that no password of this person may hold."""
    return (taxpayer.last_name, taxpayer.first_name) if taxpayer else ()


def register(visitor_key: str, network: str = "") -> PersonalProgress:
    """Write the request and its mail in one transaction, once: asked again, or in another tab, it gives the same.

    Raises FieldErrors (under `email` or `tax_number`: a space, or a request, came meanwhile), JourneyGoneError,
    WrongStepError, TooManyAttemptsError.
    """
    if network:
        throttle.hit("sign_up", network)
    found = _found(visitor_key)
    if _progress(found).step == Step.CODE:
        return _progress(found)
    _require_complete(found)
    prepared = registration.prepare(SPACE)
    with database.writing() as session:
        locked = journeys.lock(session, visitor_key, found.id)
        if _progress(locked).step < Step.CODE:
            _register(session, visitor_key, locked, prepared)
    return _progress(_found(visitor_key))


def check_code_and_activate(visitor_key: str, code: str, network: str = "") -> Activated:
    """Make the space with the code of the mail, once: asked again, or in another tab, it gives the same.

    The address is not asked: the journey knows where the code went. Raises CodeRefusedError, JourneyGoneError,
    WrongStepError.
    """
    found = journeys.find(visitor_key, KIND)
    if found is None:
        return _made(visitor_key)
    if _progress(found).step < Step.CODE:
        raise WrongStepError
    try:
        begun = journeys.start(visitor_key, activation.JOURNEYS[SPACE])
        shared = {"tabs": found.draft.get("tabs", []), "human": True}
        journeys.save(visitor_key, begun.kind, begun.id, shared)
        activation.check_code(visitor_key, code, network, SPACE)
        return activation.activate(visitor_key, found.draft["email"], SPACE)
    except FieldErrors:
        # The code of another request, made with another address.
        raise CodeRefusedError(Refusal.WRONG, kind=SPACE) from None
    except (CodeRefusedError, JourneyGoneError, WrongStepError):
        now = journeys.find(visitor_key, KIND)
        if now is None or now.id != found.id:  # another tab was faster
            return _made(visitor_key)
        raise


def activated(visitor_key: str) -> Activated | None:
    """Return the space this visitor activated last, within an hour, for the last screen."""
    return activation.activated(visitor_key, SPACE)


def _register(session: Session, visitor_key: str, found: JourneyView, prepared: Prepared) -> None:
    taxpayer = _require_complete(found)
    _require_no_space(session, taxpayer)
    # Before the request is locked: whoever activates locks in that order.
    _forget_former_code(session, visitor_key)
    kept = registration.write(session, visitor_key, found, prepared, asdict(taxpayer))
    stays = {"human": True, "tabs": found.draft.get("tabs", [])}
    typed = {name: found.draft[name] for name in _TYPED_ADDRESS if name in found.draft}
    again = {"human": True, "taxpayer": asdict(taxpayer), **typed}
    journeys.rewrite(session, found.id, {**stays, **kept, registration.AGAIN: again})


def _forget_former_code(session: Session, visitor_key: str) -> None:
    """Erase what was typed of an earlier request's code, which the screen would take for this one's."""
    mine = (col(Journey.visitor_key) == visitor_key, col(Journey.kind) == activation.JOURNEYS[SPACE])
    session.execute(delete(Journey).where(*mine, col(Journey.finished_at).is_(None)))


def _require_complete(found: JourneyView) -> TaxpayerView:
    taxpayer = _taxpayer(found.draft)
    if taxpayer is None or "password_hash" not in found.draft:
        raise WrongStepError
    return taxpayer


def _require_no_space(session: Session, taxpayer: TaxpayerView) -> None:
    if accounts.has_tax_number(session, taxpayer.tax_number):
        raise FieldErrors({"tax_number": HAS_SPACE})


def _made(visitor_key: str) -> Activated:
    made = activated(visitor_key)
    if made is None:
        raise JourneyGoneError
    return made


def _found(visitor_key: str) -> JourneyView:
    found = journeys.find(visitor_key, KIND)
    if found is None:
        raise JourneyGoneError
    return found


def _at_least(visitor_key: str, step: Step) -> JourneyView:
    """Return the journey if this step is open and the request not made yet."""
    found = _found(visitor_key)
    if not step <= _progress(found).step < Step.CODE:
        raise WrongStepError
    return found


def _change(visitor_key: str, found: JourneyView, changes: Mapping[str, Any]) -> PersonalProgress:
    return _progress(journeys.save(visitor_key, KIND, found.id, changes))


def _progress(found: JourneyView) -> PersonalProgress:
    draft = found.draft
    return PersonalProgress(
        journey_id=found.id,
        step=_step(draft),
        is_human=draft.get("human", False),
        typed=MappingProxyType(typed_in(draft)),
        taxpayer=_taxpayer(draft),
        email=draft.get("email", ""),
        has_password="password_hash" in draft,
        deadline=_deadline(draft),
        tabs=tuple(draft.get("tabs", ())),
    )


def _taxpayer(draft: Mapping[str, Any]) -> TaxpayerView | None:
    settled = draft.get("taxpayer")
    return TaxpayerView(**settled) if settled else None


def _deadline(draft: Mapping[str, Any]) -> datetime | None:
    if "request" not in draft:
        return None
    with database.reading() as session:
        until = requests.deadline(session, draft["request"])
    return until or datetime.fromisoformat(draft["deadline"])


def _step(draft: Mapping[str, Any]) -> Step:
    if "request" in draft:
        return Step.CODE
    return Step.IDENTIFIERS if draft.get("taxpayer") and draft.get("human") else Step.IDENTITY
