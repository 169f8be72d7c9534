"""The screens of a sign-up and what each one settles; « Valider » is in registration.py.

How far one may go follows from what the journey holds, never from the address somebody types. Nothing of a request
exists before « Valider », and nothing of the space before its activation.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from app import clock
from app.content import wording
from app.models import SpaceKind, SpaceMode
from app.services import journeys, throttle
from app.services.accounts import accounts, email_address, identity_form, passwords, requests
from app.services.accounts.accounts import AddressState, AddressStatus
from app.services.accounts.email_address import Address, EmailRefusedError
from app.services.accounts.identity_form import FIELDS, IdentityForm
from app.services.accounts.passwords import PasswordRefusedError
from app.services.form_errors import FieldErrors, WrongFieldError
from app.services.journey_drafts import TYPED, typed_changes, typed_in, with_tab
from app.services.journeys import JourneyGoneError, JourneyView
from app.services.typed_text import visible
from app.settings import get_settings

KIND = "sign_up"
SPACE = SpaceKind.PROFESSIONAL
IBAN = "iban"
ADDRESS_FIELDS = ("email", "email_again")
_FORM_FIELDS = frozenset(name for names in FIELDS.values() for name in names)
_REMEMBERED = (_FORM_FIELDS | {"terms", *ADDRESS_FIELDS}) - {IBAN}
_PARIS = ZoneInfo("Europe/Paris")

REFUSED = "refused"
"""Where a draft keeps the address, as it is compared, that the mail server refused: another one is asked for."""

_ADDRESSES_DIFFER = "Saisissez deux fois la même adresse électronique."
_PASSWORDS_DIFFER = "Saisissez deux fois le même mot de passe."
_NO_PASSWORD = "Choisissez un mot de passe."  # noqa: S105
_TAKEN = (
    "Choisissez une autre adresse électronique\u00a0: celle-ci est déjà associée à un espace {space}. "
    "Si c’est le vôtre, connectez-vous."
)
_CERTIFICATE = (
    "Choisissez une autre adresse électronique, ou contactez l’assistance\u00a0: celle-ci est rattachée à un espace "
    "professionnel avec certificat."
)


class Step(IntEnum):
    """The screens in their order; a journey stands at the furthest one open to it."""

    CONDITIONS = 0
    IDENTIFIERS = 1
    FORM = 2
    SUMMARY = 3
    REGISTERED = 4


class WrongStepError(Exception):
    """The journey has not come this far; only a tampered request asks for that."""


@dataclass(frozen=True, slots=True)
class SignUpProgress:
    """What a sign-up has settled so far; `typed` is what fields hold, by field name, secrets left out.

    `form` is the checked form once « Continuer » was pressed on it, with the account number in full: show
    `masked_iban` instead.
    """

    journey_id: str
    mode: SpaceMode
    step: Step
    is_human: bool
    has_accepted: bool
    email: str
    has_password: bool
    typed: Mapping[str, str]
    masked_iban: str
    form: IdentityForm | None
    tabs: tuple[str, ...]


def progress(visitor_key: str) -> SignUpProgress | None:
    """Return the visitor's live sign-up as it stands, None if there is none."""
    found = journeys.find(visitor_key, KIND)
    return progress_of(found) if found else None


def begin(visitor_key: str, tab: str, mode: SpaceMode | None = None) -> SignUpProgress | None:
    """Begin in this tab, or go on there in another mode; without a mode, the one it has, expert at first.

    None if a sign-up begun in another tab waits for « Reprendre » or « Recommencer ».
    """
    found = journeys.find(visitor_key, KIND)
    if found and tab not in found.draft.get("tabs", []) and progress_of(found).step > Step.CONDITIONS:
        return None
    started = journeys.start(visitor_key, KIND)
    changes: dict[str, Any] = {"tabs": with_tab(started, tab)}
    if mode is not None and mode != _mode(started):
        changes |= {"mode": str(mode), "form": None}
    return _change(visitor_key, started, changes)


def resume(visitor_key: str, tab: str) -> SignUpProgress:
    """Open the sign-up in this tab too: « Reprendre ». Raises JourneyGoneError."""
    found = _found(visitor_key)
    return _change(visitor_key, found, {"tabs": with_tab(found, tab)})


def restart(visitor_key: str, tab: str, mode: SpaceMode | None = None) -> SignUpProgress:
    """Erase the sign-up and begin another in this tab: « Recommencer »."""
    journeys.leave(visitor_key, KIND)
    started = journeys.start(visitor_key, KIND)
    return _change(visitor_key, started, {"tabs": [tab], "mode": str(mode or SpaceMode.EXPERT)})


def leave(visitor_key: str) -> None:
    """Erase all that was typed: « Effacer et quitter ». A request already made stays."""
    journeys.leave(visitor_key, KIND)


def note_human(visitor_key: str) -> SignUpProgress:
    """Keep that the CAPTCHA was passed, so that it is not asked twice. Raises JourneyGoneError."""
    return _change(visitor_key, _found(visitor_key), {"human": True})


def accept_terms(visitor_key: str) -> SignUpProgress:
    """Keep that the general conditions were accepted. Raises JourneyGoneError."""
    return _change(visitor_key, _found(visitor_key), {"terms": True})


def remember(visitor_key: str, fields: Mapping[str, str]) -> None:
    """Keep what was typed, by field name; passwords and account numbers are not among what is kept.

    Raises JourneyGoneError, DraftTooLargeError.
    """
    found = _found(visitor_key)
    changes = typed_changes(fields, _REMEMBERED)
    if any(name.removeprefix(TYPED) in _FORM_FIELDS and found.draft.get(name) != changes[name] for name in changes):
        changes["form"] = None
    journeys.save(visitor_key, KIND, found.id, changes)


def set_identifiers(
    visitor_key: str, *, email: str, email_again: str, password: str, password_again: str, network: str = ""
) -> SignUpProgress:
    """Settle the sign-in address and the password, of which only a hash is kept.

    Both password fields may stay empty when the address is unchanged: the password chosen before stays. Hashes: call
    it through `passwords.apart`. `network` is `visitors.network_key`. Raises FieldErrors (under `email`,
    `email_again`, `password`, `password_again`), JourneyGoneError, WrongStepError, TooManyAttemptsError,
    PasswordsBusyError.
    """
    _throttled("sign_up_address", visitor_key, network)
    found = _at_least(visitor_key, Step.IDENTIFIERS)
    errors: dict[str, str] = {}
    address = checked_address(SPACE, email, email_again, errors, found.draft.get(REFUSED, ""))
    stays = not password and not password_again and address is not None and _has_password_for(found, address)
    if not stays:
        errors |= password_errors(email, password, password_again)
    if errors or address is None:
        raise FieldErrors(errors)
    typed = typed_changes(dict.fromkeys(ADDRESS_FIELDS, email), _REMEMBERED)
    values = {"email": address.display, "email_key": address.key, **typed}
    if not stays:
        values["password_hash"] = passwords.hash(password)
    return _change(visitor_key, found, values)


def set_form(visitor_key: str, fields: Mapping[str, str]) -> SignUpProgress:
    """Settle the form of « Formulaire inscription »; what was typed is kept even when some of it is wrong.

    An empty account number keeps the one typed before. Raises FieldErrors, JourneyGoneError, WrongStepError,
    DraftTooLargeError.
    """
    found = _at_least(visitor_key, Step.FORM)
    mode = _mode(found)
    asked = {name: fields.get(name, "") for name in FIELDS[mode]}
    changes: dict[str, Any] = {**typed_changes(asked, _REMEMBERED), "form": None}
    asked[IBAN] = asked.get(IBAN) or found.draft.get(IBAN, "")
    try:
        form = identity_form.validate(asked, mode=mode)
    except FieldErrors:
        journeys.save(visitor_key, KIND, found.id, changes)
        raise
    return _change(visitor_key, found, {**changes, IBAN: form.iban or None, "form": True})


def clear_form(visitor_key: str) -> SignUpProgress:
    """Empty the form: « Effacer ». Raises JourneyGoneError."""
    found = _found(visitor_key)
    emptied = {f"{TYPED}{name}": None for name in _FORM_FIELDS}
    return _change(visitor_key, found, {**emptied, IBAN: None, "form": None})


def progress_of(found: JourneyView) -> SignUpProgress:
    """Return what a journey of this kind has settled."""
    draft = found.draft
    typed = typed_in(draft)
    form = _form(draft, typed, _mode(found))
    return SignUpProgress(
        journey_id=found.id,
        mode=_mode(found),
        step=_step(draft, form),
        is_human=draft.get("human", False),
        has_accepted=draft.get("terms", False),
        email=draft.get("email", ""),
        has_password="password_hash" in draft,
        typed=MappingProxyType(typed),
        masked_iban=identity_form.masked_iban(draft.get(IBAN, "")),
        form=form,
        tabs=tuple(draft.get("tabs", ())),
    )


def address_refusal(status: AddressStatus, kind: SpaceKind = SPACE) -> str:
    """Return why an address that is not free for this kind of space is refused, in French."""
    if status.state == AddressState.TAKEN:
        return _TAKEN.format(space="professionnel" if kind == SPACE else "particulier")
    if status.state == AddressState.CERTIFICATE:
        return _CERTIFICATE
    until = status.until or clock.now() + requests.lifetime()
    # To the minute after, so that what is said is never too early.
    shown = (until + timedelta(minutes=1)).astimezone(_PARIS)
    return (
        "Une demande est déjà en cours pour cette adresse électronique\u00a0: utilisez le code reçu, ou attendez le "
        f"{wording.moment(shown)} (heure de Paris) pour en faire une autre. Aucun code n’est envoyé d’ici là."
    )


def checked_address(
    kind: SpaceKind, email: str, email_again: str, errors: dict[str, str], unusable: str = ""
) -> Address | None:
    """Return the address typed twice; what is wrong with it, or with asking for a space there, goes to `errors`.

    `unusable` is the one, as compared, that the mail server has refused meanwhile.
    """
    try:
        address = email_address.parse(email)
    except EmailRefusedError as refused:
        errors["email"] = refused.message
        return None
    try:
        same = email_address.parse(email_again).key == address.key
    except EmailRefusedError:
        same = False
    if not same:
        errors["email_again"] = _ADDRESSES_DIFFER
    if address.key == unusable:
        errors["email"] = email_address.TAKES_NO_MAIL
        return address
    if not get_settings().neutral_answers:
        status = accounts.status_of_address(kind, address.key)
        if status.state != AddressState.FREE:
            errors["email"] = address_refusal(status, kind)
    return address


def password_errors(email: str, password: str, password_again: str, names: Iterable[str] = ()) -> dict[str, str]:
    """Return what is wrong with a password typed twice, under `password` and `password_again`.

    `names` are those of the person, where they are known already.
    """
    errors = {}
    try:
        if not password:
            raise WrongFieldError(_NO_PASSWORD)
        passwords.check(password, email=visible(email).strip(), names=names)
    except (PasswordRefusedError, WrongFieldError) as refused:
        errors["password"] = refused.message
    if not passwords.same(password, password_again):
        errors["password_again"] = _PASSWORDS_DIFFER
    return errors


def _has_password_for(found: JourneyView, address: Address) -> bool:
    return "password_hash" in found.draft and found.draft.get("email_key") == address.key


def _throttled(rule: str, visitor_key: str, network: str) -> None:
    throttle.hit(rule, visitor_key)
    if network:
        throttle.hit(f"{rule}_network", network)


def _found(visitor_key: str) -> JourneyView:
    found = journeys.find(visitor_key, KIND)
    if found is None:
        raise JourneyGoneError
    return found


def _at_least(visitor_key: str, step: Step) -> JourneyView:
    found = _found(visitor_key)
    if progress_of(found).step < step:
        raise WrongStepError
    return found


def _change(visitor_key: str, found: JourneyView, changes: Mapping[str, Any]) -> SignUpProgress:
    return progress_of(journeys.save(visitor_key, KIND, found.id, changes))


def _mode(found: JourneyView) -> SpaceMode:
    return SpaceMode(found.draft.get("mode", SpaceMode.EXPERT))


def _form(draft: Mapping[str, Any], typed: Mapping[str, str], mode: SpaceMode) -> IdentityForm | None:
    if not draft.get("form"):
        return None
    try:
        return identity_form.validate({**typed, IBAN: draft.get(IBAN, "")}, mode=mode)
    except FieldErrors:
        return None


def _step(draft: Mapping[str, Any], form: IdentityForm | None) -> Step:
    if not (draft.get("terms") and draft.get("human")):
        return Step.CONDITIONS
    if "password_hash" not in draft:
        return Step.IDENTIFIERS
    return Step.FORM if form is None else Step.SUMMARY
