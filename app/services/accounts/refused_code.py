"""A code whose address the mail server refuses for good: telling so, and opening the sign-up again to correct it.

Everything here is of the visitor's own sign-up. Where answers are neutral, one with an address that has a space
already is told of by the mail to its owner, and opens again in the same way: nobody learns of a space from it.
"""

from sqlalchemy import delete
from sqlmodel import col

from app.models import Journey, SpaceKind
from app.services import database, journeys
from app.services.accounts import personal_sign_up, registration, sign_up
from app.services.accounts.sign_up import Step, WrongStepError
from app.services.journey_drafts import with_tab
from app.services.journeys import JourneyGoneError, JourneyView
from app.services.notifications import outbox

_JOURNEYS = {SpaceKind.PROFESSIONAL: sign_up.KIND, SpaceKind.PERSONAL: personal_sign_up.KIND}


def mail_of(visitor_key: str, tab: str, kind: SpaceKind) -> str | None:
    """Return the unique key of the mail that the sign-up of this tab waits for, None if it waits for none."""
    found = _waiting(visitor_key, tab, kind)
    return found.draft.get("mail") if found else None


def reopen(visitor_key: str, tab: str, kind: SpaceKind) -> bool:
    """Open the sign-up again where the address is chosen, with what was typed, the password left out.

    False, and nothing changed, if the visitor has begun another one meanwhile. Raises JourneyGoneError (also where
    another tab made the request), WrongStepError (the address takes mail, as far as is known).
    """
    found = _waiting(visitor_key, tab, kind)
    if found is None or registration.AGAIN not in found.draft:
        raise JourneyGoneError
    if not outbox.is_refused(found.draft.get("mail", "")):
        raise WrongStepError
    if _has_begun_another(visitor_key, kind):
        return False
    refused = {sign_up.REFUSED: found.draft["email"].casefold(), "tabs": with_tab(found, tab)}
    with database.writing() as session:
        gone = delete(Journey).where(col(Journey.id) == found.id).returning(col(Journey.id))
        if session.execute(gone).one_or_none() is None:  # opened again in another tab at this moment
            raise JourneyGoneError
        journeys.replace(session, visitor_key, _JOURNEYS[kind], {**found.draft[registration.AGAIN], **refused}, 0)
    return True


def _waiting(visitor_key: str, tab: str, kind: SpaceKind) -> JourneyView | None:
    """Return this tab's sign-up whose request is made: finished for a professional space, else the one that goes on."""
    find = journeys.last_finished if kind == SpaceKind.PROFESSIONAL else journeys.find
    found = find(visitor_key, _JOURNEYS[kind])
    return found if found and tab in found.draft.get("tabs", ()) else None


def _has_begun_another(visitor_key: str, kind: SpaceKind) -> bool:
    if kind == SpaceKind.PERSONAL:
        return False
    live = journeys.find(visitor_key, _JOURNEYS[kind])
    return live is not None and sign_up.progress_of(live).step > Step.CONDITIONS
