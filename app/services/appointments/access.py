"""Who may open an appointment without an account: whoever has the signed link of its mail."""

from app import addresses, keys
from app.settings import get_settings

_PURPOSE = "appointment"
_LONGEST_TOKEN = 80


def manage_token(public_id: str) -> str:
    """Return the signed token of an appointment's links, safe in an address."""
    return keys.signed(_PURPOSE, public_id)


def manage_url(public_id: str) -> str:
    """Return the full address of the page that moves or cancels an appointment; it acts on nothing by itself."""
    return f"{get_settings().site_url}{addresses.follow_up(manage_token(public_id))}"


def public_id_of(token: str) -> str | None:
    """Return the appointment a token was made for, None if the portal did not make it."""
    if len(token) > _LONGEST_TOKEN or not token.isascii():
        return None
    return keys.verified(_PURPOSE, token)
