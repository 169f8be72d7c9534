"""Keyed hashes, signatures and encryption at rest, all derived from the portal's secret (ASVS 11.3, 11.4).

Every use names its purpose, so that a value made for one place is worth nothing in another.
"""

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet

from app.settings import get_settings


def keyed_hash(purpose: str, value: str) -> str:
    """Return the HMAC-SHA-256 of `value` for `purpose` under the newest key, 64 hexadecimal digits."""
    return _mac(get_settings().secret_keys[0], purpose, value).hex()


def signed(purpose: str, value: str) -> str:
    """Return `value` followed by a 128-bit signature, safe in a URL; `value` must hold no `-`."""
    signature = _mac(get_settings().secret_keys[0], purpose, value)[:16]
    return f"{value}-{base64.b32encode(signature).decode().rstrip('=').lower()}"


def verified(purpose: str, token: str) -> str | None:
    """Return the value inside `token` if one of the portal's keys signed it for `purpose`, else None."""
    value, _, signature = token.partition("-")
    for key in get_settings().secret_keys:
        expected = base64.b32encode(_mac(key, purpose, value)[:16]).decode().rstrip("=").lower()
        if hmac.compare_digest(expected.encode(), signature.encode()):
            return value
    return None


def derived(purpose: str) -> dict[str, bytes]:
    """Return a 256-bit key for `purpose` from each of the portal's secrets, newest first.

    Each has a name of eight hexadecimal digits, so that what was made with a key can say with which.
    """
    return {_mac(key, f"{purpose}-name", "").hex()[:8]: _mac(key, purpose, "") for key in get_settings().secret_keys}


def encrypt(text: str) -> str:
    """Return `text` encrypted under the newest key."""
    return _fernet().encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Return the text inside `token`; raise `cryptography.fernet.InvalidToken` if no key fits."""
    return _fernet().decrypt(token.encode()).decode()


def _mac(key: str, purpose: str, value: str) -> bytes:
    return hmac.digest(key.encode(), f"{purpose}\0{value}".encode(errors="surrogatepass"), hashlib.sha256)


def _fernet() -> MultiFernet:
    return _fernets(tuple(get_settings().secret_keys))


@lru_cache(maxsize=4)
def _fernets(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_mac(key, "encryption", ""))) for key in keys])
