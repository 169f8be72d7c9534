"""Proof of work in ALTCHA's protocol, version 2: a challenge nobody has to read, hear or copy (WCAG 3.3.8).

The browser derives one key after the other until it meets the one whose first half the challenge names. How many it
takes is drawn at random, up to `MOST`; docs/decisions/0016-proof-of-work.md says how the numbers were chosen.
"""

import base64
import binascii
import json
from secrets import randbelow
from typing import Any

import altcha

from app import keys

ALGORITHM = "PBKDF2/SHA-256"
COST = 20_000
"""Rounds of the hash for one key."""
MOST = 256
"""Keys to derive in the worst case; half of it on average."""
LONGEST_ANSWER = 2_000
_PURPOSE = "captcha-work"


def challenge(challenge_id: str) -> str:
    """Return a new signed challenge as JSON, named `challenge_id`; it says nothing secret."""
    made = altcha.create_challenge(
        ALGORITHM,
        COST,
        counter=randbelow(MOST),
        data={"id": challenge_id, "most": MOST},
        hmac_secret=next(iter(keys.derived(_PURPOSE).values())),
    )
    return json.dumps(made.to_dict(), separators=(",", ":"))


def solves(answer: str, expected: str) -> bool:
    """Tell whether `answer` (ALTCHA's payload, base64) is the work for exactly the challenge `expected`."""
    payload = _payload(answer)
    if payload is None or payload.get("challenge") != json.loads(expected):
        return False
    return any(altcha.verify_solution(answer, secret).verified for secret in keys.derived(_PURPOSE).values())


def _payload(answer: str) -> dict[str, Any] | None:
    if len(answer) > LONGEST_ANSWER:
        return None
    try:
        payload = json.loads(base64.b64decode(answer, validate=True))
    except (ValueError, binascii.Error, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None
