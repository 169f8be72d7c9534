"""Who really asks, when a proxy stands in front (setting `TRUST_PROXY`).

Each proxy appends the address it saw to `X-Forwarded-For`, so only the last entry was written by our own proxy;
whatever comes before it was sent by the client and proves nothing. One proxy is supported: it must append to (or
overwrite) `X-Forwarded-For`, and overwrite `X-Forwarded-Proto`. Behind two, the outer one must be resolved by the
inner one (nginx: `real_ip_header`). The port must then be reachable by the proxy alone.

Whatever the setting, the headers themselves end here: nothing further in can believe them by mistake.
"""

from ipaddress import ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from app.settings import get_settings

PROXIED = "guichet.proxied"
"""Scope key: true if the request went through a proxy, trusted or not."""

_FORWARDED_FOR = b"x-forwarded-for"
_FORWARDED_PROTO = b"x-forwarded-proto"
_ENDING_HERE = frozenset(
    {_FORWARDED_FOR, _FORWARDED_PROTO, b"forwarded", b"x-forwarded-host", b"x-forwarded-port", b"x-real-ip"}
)


class Forwarded:
    """ASGI middleware that resolves, then removes, what proxies say about the client."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._trusted = get_settings().trust_proxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with the client's address and scheme in its scope."""
        if scope["type"] in ("http", "websocket"):
            scope = self._resolved(scope)
        await self._app(scope, receive, send)

    def _resolved(self, scope: Scope) -> Scope:
        said = [(name, value) for name, value in scope["headers"] if name.lower() in _ENDING_HERE]
        if not said:
            return scope
        kept = [(name, value) for name, value in scope["headers"] if name.lower() not in _ENDING_HERE]
        resolved = {**scope, "headers": kept, PROXIED: True}
        if self._trusted:
            address = _address(_last(said, _FORWARDED_FOR))
            if address:
                resolved["client"] = (address, 0)
            resolved["scheme"] = _scheme(scope, _last(said, _FORWARDED_PROTO))
        return resolved


def _last(headers: list[tuple[bytes, bytes]], wanted: bytes) -> str:
    values = [value.decode("latin-1") for name, value in headers if name.lower() == wanted]
    return values[-1].rpartition(",")[2].strip() if values else ""


def _address(text: str) -> str | None:
    """Return the IP address in `text`, which may have brackets and a port, or None."""
    for spelled in (text, text.rpartition(":")[0]):
        try:
            return str(ip_address(spelled.removeprefix("[").removesuffix("]")))
        except ValueError:
            continue
    return None


def _scheme(scope: Scope, proto: str) -> str:
    current = str(scope.get("scheme", "http"))
    secure = {"https": True, "wss": True, "http": False, "ws": False}.get(proto.lower())
    if secure is None:
        return current
    plain = "ws" if scope["type"] == "websocket" else "http"
    return f"{plain}s" if secure else plain
