"""CAPTCHA challenges: bound to one visitor, good for ten minutes and for a single answer, right or wrong.

It slows scripts down and is never the only defence: what it protects is throttled as well.
"""

import hmac
import re
from datetime import timedelta
from secrets import choice, token_urlsafe
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import col, select

from app import clock
from app.models import CaptchaChallenge
from app.services import database, throttle

# Nothing that can be taken for something else when written or slanted: no 0 O Q D, 1 I L 7, 2 Z, 5 S, 8 B, G, U.
ALPHABET = "ACEFHJKMNPRTVWXY3469"
LENGTH = 6
LIVES = timedelta(minutes=10)
_LONGEST_ANSWER = 64
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


def issue(visitor_key: str) -> str:
    """Make a challenge for this visitor and return its id; raise TooManyAttemptsError beyond the limits."""
    throttle.hit("captcha", visitor_key)
    now = clock.now()
    challenge = CaptchaChallenge(
        id=token_urlsafe(16),
        visitor_key=visitor_key,
        answer="".join(choice(ALPHABET) for _ in range(LENGTH)),
        created_at=now,
        expires_at=now + LIVES,
    )
    challenge_id = challenge.id
    with database.writing() as session:
        session.exec(delete(CaptchaChallenge).where(col(CaptchaChallenge.expires_at) <= now))
        session.add(challenge)
    return challenge_id


def check(visitor_key: str, challenge_id: str, answer: str) -> bool:
    """Tell whether `answer` solves the visitor's challenge, and use the challenge up whatever the result.

    Case and blanks do not matter. Of several checks at once at most one gets True. Raise TooManyAttemptsError
    beyond the limits, without using the challenge up.
    """
    throttle.hit("captcha_check", visitor_key)
    if not _ID.fullmatch(challenge_id):
        return False
    statement = (
        update(CaptchaChallenge)
        .where(*_live(visitor_key, challenge_id))
        .values(used_at=clock.now())
        .returning(col(CaptchaChallenge.answer))
    )
    with database.writing() as session:
        expected = session.exec(statement).scalar_one_or_none()
    return expected is not None and hmac.compare_digest(_plain(answer), _plain(expected))


def answer_for_media(visitor_key: str, challenge_id: str) -> str | None:
    """Return what the image shows and the sound says, None unless the challenge is this visitor's and still good.

    For the routes that render it only: the answer itself never reaches the browser.
    """
    if not _ID.fullmatch(challenge_id):
        return None
    with database.reading() as session:
        return session.exec(select(CaptchaChallenge.answer).where(*_live(visitor_key, challenge_id))).first()


def _live(visitor_key: str, challenge_id: str) -> tuple[Any, ...]:
    return (
        CaptchaChallenge.id == challenge_id,
        CaptchaChallenge.visitor_key == visitor_key,
        col(CaptchaChallenge.used_at).is_(None),
        col(CaptchaChallenge.expires_at) > clock.now(),
    )


def _plain(answer: str) -> bytes:
    return "".join(answer[:_LONGEST_ANSWER].split()).upper().encode(errors="replace")
