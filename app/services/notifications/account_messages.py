"""What each mail about a space says: subject, plain text and HTML.

Except in the mail to the assistance, nothing that anybody typed is in them: whoever signs up with the address of
somebody else must not be able to write to that person through the portal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Any
from zoneinfo import ZoneInfo

from app import addresses, durations
from app.content import wording
from app.models import SpaceKind
from app.services.notifications.messages import Message, line, template, typographic
from app.settings import get_settings

_PARIS = ZoneInfo("Europe/Paris")
_PROFESSIONAL = SpaceKind.PROFESSIONAL


@dataclass(frozen=True, slots=True)
class _Space:
    """What a mail says of a kind of space, and where its links lead."""

    words: str
    activation: str
    sign_in: str
    recovery: str

    @property
    def creation(self) -> str:
        """Return the subject of what is about a space that does not exist yet."""
        return f"E{self.words[1:]}\u00a0: création de votre espace"


_SPACES = {
    SpaceKind.PROFESSIONAL: _Space(
        "espace professionnel", addresses.ACTIVATION_CODE, addresses.PROFESSIONAL_SIGN_IN, addresses.RECOVERY
    ),
    SpaceKind.PERSONAL: _Space(
        "espace particulier", addresses.PERSONAL_ACTIVATION, addresses.PERSONAL_SIGN_IN, addresses.PERSONAL_RECOVERY
    ),
}


def activation(
    *,
    code: str,
    deadline: datetime,
    activate_url: str,
    withdraw_url: str,
    not_me_url: str,
    kind: SpaceKind = _PROFESSIONAL,
) -> Message:
    """Return the mail that carries an activation code; `deadline` is aware, all addresses are full."""
    return _message(
        "activation",
        _SPACES[kind].creation,
        kind,
        code=code,
        lives=durations.words()["activation"],
        deadline=_moment(deadline),
        activate_url=activate_url,
        withdraw_url=withdraw_url,
        not_me_url=not_me_url,
    )


def address_in_use(*, is_pending: bool, kind: SpaceKind = _PROFESSIONAL) -> Message:
    """Return the mail that tells the owner of an address why a sign-up came to nothing (neutral answers).

    `is_pending` when a request waits for its code, else the address has a space.
    """
    return _message("address_in_use", _SPACES[kind].creation, kind, is_pending=is_pending)


def password_changed(at: datetime, *, everywhere: bool = False, kind: SpaceKind = _PROFESSIONAL) -> Message:
    """Return the notice that the password changed; `everywhere` when no session was kept."""
    title = "Votre mot de passe a été changé"
    return _message("password_changed", title, kind, at=_moment(at), everywhere=everywhere)


def secrets_changed(at: datetime) -> Message:
    """Return the notice that the trust question, its answer or the account number changed; it names none of them."""
    return _message("secrets_changed", "Vos informations de confiance ont été changées", at=_moment(at))


def address_change(*, code: str, expires_at: datetime, kind: SpaceKind = _PROFESSIONAL) -> Message:
    """Return the mail that asks to confirm a new sign-in address by its code."""
    return _message("address_change", "Confirmez votre nouvelle adresse", kind, code=code, expires=_moment(expires_at))


def address_changed(at: datetime, kind: SpaceKind = _PROFESSIONAL) -> Message:
    """Return the notice to the old sign-in address."""
    return _message("address_changed", "Votre adresse de connexion a été changée", kind, at=_moment(at))


def recovery(*, reset_url: str, minutes: int, kind: SpaceKind = _PROFESSIONAL) -> Message:
    """Return the mail with the single-use link to a new password, good for `minutes`."""
    return _message("recovery", "Nouveau mot de passe", kind, reset_url=reset_url, minutes=wording.duration(minutes))


def account_closed(
    at: datetime, *, appointments_kept: int, appointments_cancelled: int, kind: SpaceKind = _PROFESSIONAL
) -> Message:
    """Return the last mail to a closed space: what became of the appointments that were to come."""
    return _message(
        "account_closed",
        "Votre espace est fermé",
        kind,
        at=_moment(at),
        kept=appointments_kept,
        cancelled=appointments_cancelled,
    )


def assistance(rows: Sequence[tuple[str, str]], question: str) -> Message:
    """Return the mail that passes a question on to the assistance; `rows` are labels and what was typed.

    Everything is cleaned line by line; the subject holds nothing typed.
    """
    return _message(
        "assistance",
        "Demande d’assistance",
        rows=[(line(label), line(value)) for label, value in rows],
        question=list(_lines(question)),
    )


def _message(name: str, title: str, kind: SpaceKind = _PROFESSIONAL, **words: Any) -> Message:
    space = _SPACES[kind]
    shared = {
        "title": title,
        "space": space.words,
        "is_personal": kind == SpaceKind.PERSONAL,
        "site_url": _url(""),
        "sender_domain": parseaddr(get_settings().mail_from)[1].rpartition("@")[2],
        "help_url": _url(addresses.HELP),
        "assistance_url": _url(addresses.ASSISTANCE),
        "activation_url": _url(space.activation),
        "sign_in_url": _url(space.sign_in),
        "recovery_url": _url(space.recovery),
    }
    return Message(
        subject=typographic(title),
        text=typographic(template(f"{name}.txt").render(shared | words)),
        html=typographic(template(f"{name}.html").render(shared | words)),
    )


def _url(path: str) -> str:
    return f"{get_settings().site_url}{path}"


def _moment(instant: datetime) -> str:
    return wording.moment(instant.astimezone(_PARIS))


def _lines(text: str) -> Iterable[str]:
    for typed in text.splitlines():
        yield line(typed)
