"""What was typed in a form that is no journey of several steps, found again after a reload or a restart.

A draft belongs to a visitor and to an owner: a browser tab for a public form, an account for a form of a space.
Somebody else at the same browser starts with an empty form. Drafts live as long as journeys do: a day.
"""

from collections.abc import Mapping
from enum import StrEnum

from app.services import journeys
from app.services.journeys import DraftTooLargeError, JourneyGoneError


class Form(StrEnum):
    """The forms that keep a draft; at most 20 characters."""

    DETAILS = "form_details"
    ADDRESS = "form_address"
    RECOVERY = "form_recovery"
    PERSONAL_RECOVERY = "form_lost_password"
    ASSISTANCE = "form_assistance"
    PROFILE = "form_profile"
    PERSONAL_ADDRESS = "form_own_address"


def load(visitor_key: str, form: Form, owner: str) -> dict[str, str]:
    """Return what this owner typed, by field name; empty if there is nothing."""
    found = journeys.find(visitor_key, form)
    if found is None or found.draft.get("owner") != owner:
        return {}
    return dict(found.draft["typed"])


def keep(visitor_key: str, form: Form, owner: str, typed: Mapping[str, str]) -> None:
    """Add the fields in `typed` to the owner's draft; a draft of somebody else is erased first.

    A draft that would grow too large, or that was erased in that very moment, is left as it is.
    """
    found = journeys.find(visitor_key, form)
    if found is not None and found.draft.get("owner") != owner:
        journeys.leave(visitor_key, form)
        found = None
    before = {} if found is None else found.draft["typed"]
    draft = {"owner": owner, "typed": {**before, **typed}}
    try:
        begun = found or journeys.start(visitor_key, form, draft)
        journeys.save(visitor_key, form, begun.id, draft)
    except (DraftTooLargeError, JourneyGoneError):
        return


def forget(visitor_key: str, form: Form) -> None:
    """Erase the visitor's draft of this form."""
    journeys.leave(visitor_key, form)
