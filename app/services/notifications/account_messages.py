"""What each mail about a space says: subject, plain text and HTML.

Except in the mail to the assistance, nothing that anybody typed is in them: whoever signs up with the address of
somebody else must not be able to write to that person through the portal.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from email.utils import parseaddr
from typing import Any
from zoneinfo import ZoneInfo

from app import addresses
from app.content import wording
from app.services.notifications.messages import Message, line, template, typographic
from app.settings import get_settings

_PARIS = ZoneInfo("Europe/Paris")
_MOST_LINES = 200
_CREATION = "Espace professionnel : création de votre espace"


def activation(*, code: str, deadline: datetime, activate_url: str, not_me_url: str) -> Message:
    """Return the mail that carries an activation code; `deadline` is aware, both addresses are full."""
    return _message(
        "activation",
        _CREATION,
        code=code,
        deadline=_moment(deadline),
        activate_url=activate_url,
        not_me_url=not_me_url,
    )


def address_in_use(*, is_pending: bool) -> Message:
    """Return the mail that tells the owner of an address why a sign-up came to nothing (neutral answers).

    `is_pending` when a request waits for its code, else the address has a space.
    """
    return _message("address_in_use", _CREATION, is_pending=is_pending)


def password_changed(at: datetime, *, everywhere: bool = False) -> Message:
    """Return the notice that the password changed; `everywhere` when no session was kept."""
    return _message("password_changed", "Votre mot de passe a été changé", at=_moment(at), everywhere=everywhere)


def secrets_changed(at: datetime) -> Message:
    """Return the notice that the trust question, its answer or the account number changed; it names none of them."""
    return _message("secrets_changed", "Vos informations de confiance ont été changées", at=_moment(at))


def address_change(*, code: str, expires_at: datetime) -> Message:
    """Return the mail that asks to confirm a new sign-in address by its code."""
    return _message("address_change", "Confirmez votre nouvelle adresse", code=code, expires=_moment(expires_at))


def address_changed(at: datetime) -> Message:
    """Return the notice to the old sign-in address."""
    return _message("address_changed", "Votre adresse de connexion a été changée", at=_moment(at))


def recovery(*, reset_url: str, minutes: int) -> Message:
    """Return the mail with the single-use link to a new password, good for `minutes`."""
    return _message("recovery", "Nouveau mot de passe", reset_url=reset_url, minutes=wording.duration(minutes))


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


def _message(kind: str, title: str, **words: Any) -> Message:
    shared = {
        "title": title,
        "site_url": _url(""),
        "sender_domain": parseaddr(get_settings().mail_from)[1].rpartition("@")[2],
        "help_url": _url(addresses.HELP),
        "assistance_url": _url(addresses.ASSISTANCE),
        "activation_url": _url(addresses.ACTIVATION_CODE),
        "sign_in_url": _url(addresses.PROFESSIONAL_SIGN_IN),
        "recovery_url": _url(addresses.RECOVERY),
    }
    return Message(
        subject=typographic(title),
        text=typographic(template(f"{kind}.txt").render(shared | words)),
        html=typographic(template(f"{kind}.html").render(shared | words)),
    )


def _url(path: str) -> str:
    return f"{get_settings().site_url}{path}"


def _moment(instant: datetime) -> str:
    return wording.moment(instant.astimezone(_PARIS))


def _lines(text: str) -> Iterable[str]:
    for typed in text.splitlines()[:_MOST_LINES]:
        yield line(typed)
