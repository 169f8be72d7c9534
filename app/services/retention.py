"""What is erased, and when, by the scheduled job (spec/trust.md, data protection)."""

from collections.abc import Mapping

from sqlalchemy import delete
from sqlmodel import col

from app import clock
from app.models import CaptchaChallenge
from app.services import database, journeys
from app.services.accounts import new_address, recovery, requests, sessions, sign_in
from app.services.appointments import holds


def tidy() -> Mapping[str, int]:
    """Erase everything whose time is over; return how many of each, for the log.

    It may run at any time, often, and in several processes at once.
    """
    return {
        "drafts": journeys.erase_expired(),
        "holds": holds.sweep(),
        "challenges": _erase_challenges(),
        "requests": requests.expire_requests(),
        "sessions": sessions.erase_dead(),
        "sign_in_notes": sign_in.erase_notes(),
        "recovery_links": recovery.erase_expired(),
        "new_addresses": new_address.erase_expired(),
    }


def _erase_challenges() -> int:
    with database.writing() as session:
        over = delete(CaptchaChallenge).where(col(CaptchaChallenge.expires_at) <= clock.now())
        return len(session.execute(over.returning(col(CaptchaChallenge.id))).all())
