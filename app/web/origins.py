"""Which hosts and origins are this portal: the public address, or any name of this machine when none is set."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from app.settings import get_settings

_HOST = re.compile(r"(?P<name>[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>\d{1,5}))?")


def host_name(host_header: str) -> str | None:
    """Return the name in a Host header, in lower case and without its port; None if it is no host at all."""
    found = _HOST.fullmatch(host_header)
    return found["name"].lower() if found else None


def is_own_host(name: str) -> bool:
    """Tell whether `name` (from `host_name`) is one of the names of this portal."""
    if is_loopback(name):
        return _is_local()
    return any(urlsplit(origin).hostname == name for origin in get_settings().allowed_origins)


def is_own_origin(origin: str, host_header: str) -> bool:
    """Tell whether a page of `origin` is one of this portal's.

    Without a public address, a page of this machine is too if it asks for the very host it came from, which
    covers a port that was mapped to another one.
    """
    if origin.lower() in get_settings().allowed_origins:
        return True
    name = host_name(host_header)
    return _is_local() and name is not None and is_loopback(name) and origin.lower() == f"http://{host_header.lower()}"


def is_loopback(name: str) -> bool:
    """Tell whether a host name or an IP address, in brackets or not, is this machine itself."""
    if name == "localhost":
        return True
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def websocket_sources() -> tuple[str, ...]:
    """Return the portal's own websocket origins, for browsers in whose CSP `'self'` leaves them out.

    CSP has no spelling for an IPv6 address (CSP 3, host-source), so such an origin is not among them.
    """
    origins = (origin for origin in get_settings().allowed_origins if "[" not in origin)
    return tuple("ws" + origin.removeprefix("http") for origin in origins)


def _is_local() -> bool:
    return is_loopback(urlsplit(get_settings().site_url).hostname or "")
