"""Who is asking: the visitor cookie and the network, as keyed hashes only."""

import re
from ipaddress import IPv4Address, ip_address, ip_network
from secrets import token_urlsafe

from app import keys
from app.settings import get_settings

COOKIE_LIFETIME_SECONDS = 390 * 24 * 3600
"""Just under thirteen months, the longest the CNIL advises for a cookie."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def cookie_name() -> str:
    """Return the name of the visitor cookie; `__Host-` on HTTPS (ASVS 3.3.3)."""
    return "__Host-visitor" if is_https() else "visitor"


def is_https() -> bool:
    """Tell whether people reach the portal over HTTPS."""
    return get_settings().site_url.startswith("https://")


def new_token() -> str:
    """Return a fresh random value for the visitor cookie, 256 bits."""
    return token_urlsafe(32)


def key_of(cookie_header: str) -> str | None:
    """Return the visitor's key (64 hexadecimal digits) from a Cookie header, None if it holds no valid token."""
    # Cookies of other applications may hold anything: only our own is read, wherever it stands.
    for pair in cookie_header[:16_384].split(";"):
        name, _, value = pair.strip().partition("=")
        if name == cookie_name() and _TOKEN.fullmatch(value):
            return keys.keyed_hash("visitor", value)
    return None


def network_key(address: str) -> str:
    """Return a keyed hash of the network of an IP address: the address in IPv4, its /64 in IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return keys.keyed_hash("network", "unknown")
    if isinstance(parsed, IPv4Address):
        return keys.keyed_hash("network", str(parsed))
    mapped = parsed.ipv4_mapped
    return keys.keyed_hash("network", str(mapped or ip_network((parsed, 64), strict=False)))
