"""Who may open an appointment without an account: whoever has the signed link of its mail.

Confirming an appointment from its mail has a signature of its own: the pages show the link that manages an
appointment to whoever booked it, and the one that confirms it to nobody but the reader of the mail.
"""

from app import addresses, keys
from app.settings import get_settings

_PURPOSE = "appointment"
_CONFIRMATION = "appointment-confirmation"
_LONGEST_TOKEN = 80


def manage_token(public_id: str) -> str:
    """Return the signed token of an appointment's links, safe in an address."""
    return keys.signed(_PURPOSE, public_id)


def manage_url(public_id: str) -> str:
    """Return the full address of the page that moves or cancels an appointment; it acts on nothing by itself."""
    return f"{get_settings().site_url}{addresses.follow_up(manage_token(public_id))}"


def public_id_of(token: str) -> str | None:
    """Return the appointment a token was made for, None if the portal did not make it."""
    return _verified(_PURPOSE, token)


def confirm_token(public_id: str) -> str:
    """Return the signed token that only the mail to confirm holds, safe in an address."""
    return keys.signed(_CONFIRMATION, public_id)


def confirm_url(public_id: str) -> str:
    """Return the full address of the page that confirms an appointment; it acts on nothing by itself."""
    return f"{get_settings().site_url}{addresses.confirm_appointment(confirm_token(public_id))}"


def public_id_to_confirm(token: str) -> str | None:
    """Return the appointment a token of `confirm_token` was made for, None if the portal did not make it."""
    return _verified(_CONFIRMATION, token)


def _verified(purpose: str, token: str) -> str | None:
    if len(token) > _LONGEST_TOKEN or not token.isascii():
        return None
    return keys.verified(purpose, token)
