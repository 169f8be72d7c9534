"""How often something may be done: one table of rules, counted in memory or in Redis.

Every rule has several windows, so that the wait grows with the insistence: a few seconds after a burst, hours
after a day of it. Counts are kept per name and key (a visitor, a network, an address), never for everybody.
"""

import math
import time
from functools import lru_cache

import structlog
from limits import RateLimitItem, parse_many
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

from app import keys
from app.settings import get_settings

RULES = {
    # What an honest person never reaches, and what a script needs.
    "captcha": "20/minute; 100/hour; 400/day",
    "captcha_network": "120/minute; 1500/hour",
    "captcha_check": "10/minute; 60/hour; 200/day",
    "captcha_media": "30/minute; 200/hour",
    "journey": "30/minute; 200/hour",
    "hold": "20/minute; 150/hour",
    "confirm": "10/minute; 60/hour; 300/day",
    "change": "10/minute; 60/hour",
    # By network only: counted by what was typed, a stranger could keep somebody from getting their link.
    "link_again": "5/minute; 20/hour; 60/day",
    # Every attempt counts, right or wrong. The name of a network may stand for a whole company behind one address;
    # the key of an address changes with the password, so that whoever recovers it can sign in at once.
    "sign_in_visitor": "6/minute; 20/hour; 60/day",
    "sign_in_network": "60/minute; 600/hour; 3000/day",
    "sign_in_address": "6/minute; 15/hour; 40/day",
    # By visitor and network only, apart from sign-in: nobody can keep the owner of an account from its recovery.
    "recovery_visitor": "5/minute; 15/hour; 40/day",
    "recovery_network": "30/minute; 200/hour; 1000/day",
    "recovery_link": "30/minute; 200/hour",
    # By session: whoever found a browser signed in must not guess the password there.
    "password_again": "12/minute; 60/hour; 150/day",
    "new_address": "5/minute; 15/hour; 40/day",
    "new_address_code": "10/minute; 60/hour",
    "account_change": "20/minute; 120/hour",
    "summary_pdf": "10/minute; 60/hour",
    "assistance_visitor": "3/minute; 10/hour; 30/day",
    "assistance_network": "10/minute; 60/hour; 300/day",
    "strength": "60/minute; 600/hour",
    # What tells whether an address is in use comes after a CAPTCHA, and rarely.
    "sign_up_address": "10/minute; 30/hour; 60/day",
    "sign_up_address_network": "40/minute; 200/hour; 600/day",
    "sign_up": "20/minute; 60/hour; 200/day",
    "activation": "10/minute; 30/hour; 100/day",
    "activation_network": "40/minute; 200/hour; 600/day",
    "withdrawal": "5/minute; 20/hour; 60/day",
    "withdrawal_network": "20/minute; 100/hour; 300/day",
    "search": "60/minute; 600/hour",
    "event": "600/minute",
    # The register of taxpayers (accounts/taxpayers.py): a number alone is counted for a minute only, so that nobody
    # can keep its owner from creating a space.
    "taxpayer_visitor": "6/minute; 20/hour; 60/day",
    "taxpayer_network": "40/minute; 300/hour; 1000/day",
    "taxpayer_number_network": "6/minute; 20/hour; 40/day",
    "taxpayer_number": "30/minute",
    "personal_recovery_visitor": "5/minute; 15/hour; 40/day",
    "personal_recovery_network": "30/minute; 200/hour; 1000/day",
    # Joining comes after a CAPTCHA, links of mails hold a signature.
    "waiting_list": "5/minute; 15/hour; 30/day",
    "waiting_list_network": "20/minute; 100/hour; 300/day",
    "waiting_link": "20/minute; 120/hour",
    "data_export": "5/minute; 20/hour; 60/day",
}

_log = structlog.get_logger(__name__)


class TooManyAttemptsError(Exception):
    """The limit was reached; `retry_after` says in how many whole seconds it is worth trying again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after


def hit(name: str, key: str) -> None:
    """Count one attempt of `key` at `name`, a name of `RULES` (else KeyError).

    Raises TooManyAttemptsError when a window is full; an attempt refused so does not prolong the wait.
    """
    hidden = keys.keyed_hash("throttle", key)[:32]
    windows = _windows(RULES[name])
    try:
        _count(_limiter(get_settings().redis_url), windows, name, hidden)
    except StorageError:
        # Redis away must not close the counter, nor open it wide: each process counts for itself meanwhile.
        _log.warning("throttle_storage_unavailable", rule=name)
        _count(_limiter(""), windows, name, hidden)


def reset() -> None:
    """Forget the counts kept in this process, for tests."""
    _limiter.cache_clear()


def _count(limiter: MovingWindowRateLimiter, windows: tuple[RateLimitItem, ...], name: str, key: str) -> None:
    for window in windows:
        if not limiter.hit(window, name, key):
            wait = limiter.get_window_stats(window, name, key).reset_time - time.time()
            raise TooManyAttemptsError(max(1, math.ceil(wait)))


@lru_cache
def _windows(rule: str) -> tuple[RateLimitItem, ...]:
    return tuple(parse_many(rule))


@lru_cache
def _limiter(redis_url: str) -> MovingWindowRateLimiter:
    if not redis_url:
        return MovingWindowRateLimiter(MemoryStorage())
    return MovingWindowRateLimiter(
        RedisStorage(redis_url, wrap_exceptions=True, socket_timeout=1, socket_connect_timeout=1)
    )
