"""CAPTCHA challenges: bound to one visitor, good for ten minutes and for a single answer, right or wrong.

A challenge is a text to copy from a picture or a sound, or a computation that the browser does alone. It slows
scripts down and is never the only defence: what it protects is throttled as well.
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
from app.services import captcha_work, database, throttle, typed_text

# Nothing that can be taken for something else when written or slanted: no 0 O Q D, 1 I L 7, 2 Z, 5 S, 8 B, G, U.
ALPHABET = "ACEFHJKMNPRTVWXY3469"
LENGTH = 6
LIVES = timedelta(minutes=10)
TEXT, WORK = "text", "work"
_LONGEST_ANSWER = 64
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


def issue(visitor_key: str, kind: str = TEXT) -> str:
    """Make a challenge for this visitor and return its id; raise TooManyAttemptsError beyond the limits.

    `kind` is TEXT (to copy) or WORK (to compute).
    """
    throttle.hit("captcha", visitor_key)
    now, challenge_id = clock.now(), token_urlsafe(16)
    challenge = CaptchaChallenge(
        id=challenge_id,
        visitor_key=visitor_key,
        kind=kind,
        answer=captcha_work.challenge(challenge_id) if kind == WORK else _text(),
        created_at=now,
        expires_at=now + LIVES,
    )
    with database.writing() as session:
        session.exec(delete(CaptchaChallenge).where(col(CaptchaChallenge.expires_at) <= now))
        session.add(challenge)
    return challenge_id


def check(visitor_key: str, challenge_id: str, answer: str) -> bool:
    """Tell whether `answer` solves the visitor's challenge, and use the challenge up whatever the result.

    The challenge says which kind of answer it wants; in a copied text case and blanks do not matter. Of several
    checks at once at most one gets True. Raise TooManyAttemptsError beyond the limits, without using it up.
    """
    throttle.hit("captcha_check", visitor_key)
    if not _ID.fullmatch(challenge_id):
        return False
    statement = (
        update(CaptchaChallenge)
        .where(*_live(visitor_key, challenge_id))
        .values(used_at=clock.now())
        .returning(col(CaptchaChallenge.kind), col(CaptchaChallenge.answer))
    )
    with database.writing() as session:
        used = session.exec(statement).one_or_none()
    if used is None:
        return False
    kind, expected = used
    return captcha_work.solves(answer, expected) if kind == WORK else _is_copied(answer, expected)


def answer_for_media(visitor_key: str, challenge_id: str) -> str | None:
    """Return what the image shows and the sound says, None unless the challenge is this visitor's and still good.

    For the routes that render it only: the answer itself never reaches the browser.
    """
    return _read(visitor_key, challenge_id, TEXT)


def work(visitor_key: str, challenge_id: str) -> str | None:
    """Return what the visitor's browser has to compute (JSON), None unless the challenge is theirs and still good."""
    return _read(visitor_key, challenge_id, WORK)


def seconds_left(visitor_key: str, challenge_id: str) -> int:
    """Return how long the challenge may still be answered, 0 if it is not this visitor's, was answered or has ended."""
    if not _ID.fullmatch(challenge_id):
        return 0
    with database.reading() as session:
        ends = session.exec(select(CaptchaChallenge.expires_at).where(*_live(visitor_key, challenge_id))).first()
    return int((ends - clock.now()).total_seconds()) if ends else 0


def _read(visitor_key: str, challenge_id: str, kind: str) -> str | None:
    if not _ID.fullmatch(challenge_id):
        return None
    statement = select(CaptchaChallenge.answer).where(CaptchaChallenge.kind == kind, *_live(visitor_key, challenge_id))
    with database.reading() as session:
        return session.exec(statement).first()


def _live(visitor_key: str, challenge_id: str) -> tuple[Any, ...]:
    return (
        CaptchaChallenge.id == challenge_id,
        CaptchaChallenge.visitor_key == visitor_key,
        col(CaptchaChallenge.used_at).is_(None),
        col(CaptchaChallenge.expires_at) > clock.now(),
    )


def _text() -> str:
    return "".join(choice(ALPHABET) for _ in range(LENGTH))


def _is_copied(answer: str, expected: str) -> bool:
    return hmac.compare_digest(_plain(answer), _plain(expected))


def _plain(answer: str) -> bytes:
    return "".join(typed_text.visible(answer[:_LONGEST_ANSWER]).split()).upper().encode(errors="replace")
