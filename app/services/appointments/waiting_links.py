"""The signed links of the waiting list: one leads to an entry, one to each offer. Opening them changes nothing."""

from app import addresses, keys
from app.settings import get_settings

_ENTRY = "waiting"
_OFFER = "waiting-offer"
_LONGEST_TOKEN = 80


def entry_token(public_id: str) -> str:
    """Return the token of the page where one leaves the list, safe in an address."""
    return keys.signed(_ENTRY, public_id)


def entry_url(public_id: str) -> str:
    """Return the full address of the page where one leaves the list."""
    return f"{get_settings().site_url}{addresses.waiting_entry(entry_token(public_id))}"


def public_id_of(token: str) -> str | None:
    """Return the entry a token was made for, None if the portal did not make it."""
    return _verified(_ENTRY, token)


def offer_token(offer_id: str) -> str:
    """Return the token of the page of an offer, safe in an address."""
    return keys.signed(_OFFER, offer_id)


def offer_url(offer_id: str) -> str:
    """Return the full address of the page of an offer."""
    return f"{get_settings().site_url}{addresses.waiting_offer(offer_token(offer_id))}"


def offer_id_of(token: str) -> str | None:
    """Return the offer a token was made for, None if the portal did not make it."""
    return _verified(_OFFER, token)


def is_made(token: str) -> bool:
    """Tell whether the portal made a token, of either kind, whatever is left of what it leads to."""
    return public_id_of(token) is not None or offer_id_of(token) is not None


def _verified(purpose: str, token: str) -> str | None:
    if len(token) > _LONGEST_TOKEN or not token.isascii():
        return None
    return keys.verified(purpose, token)
