"""The visitor cookie: given with the first page, so that the websocket that follows carries it.

Nothing but a page gives it: shared caches keep files, and would hand one person's cookie to the next. Pages go out as
`private` (see `headers.py`) and are the same for everybody but for this cookie, so answers need no `Vary: Cookie`.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import addresses
from app.services import visitors
from app.web.headers import is_page

_NOT_SEEN = (addresses.OFFLINE, "/healthz", "/readyz", "/metrics")
"""What may be answered with a page that nobody looks at: the worker keeps it, or a program asks."""


class VisitorCookie:
    """ASGI middleware that gives a visitor cookie to whoever gets a page without having a valid one.

    A 304 gets it too: a browser may have kept the page longer than the cookie.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; add the cookie to the head of the answer if one is due."""
        if not _is_due(scope):
            await self._app(scope, receive, send)
            return

        async def give(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = list(message.get("headers", ()))
                headers = MutableHeaders(raw=message["headers"])
                if scope["path"] not in _NOT_SEEN and is_page(scope["path"], headers):
                    headers.append("Set-Cookie", _set_cookie())
                    headers.setdefault("Cache-Control", "private, no-cache")
            await send(message)

        await self._app(scope, receive, give)


def key_of(headers: Headers) -> str | None:
    """Return the key of the visitor who sent `headers`, None without a valid cookie."""
    return visitors.key_of(cookies_of(headers))


def cookies_of(headers: Headers) -> str:
    """Return all cookies of a request as one header; HTTP/2 may split them over several (RFC 9113, 8.2.3)."""
    return "; ".join(headers.getlist("Cookie"))


def _is_due(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    headers = Headers(scope=scope)
    return "text/html" in headers.get("Accept", "").lower() and key_of(headers) is None


def _set_cookie() -> str:
    parts = [
        f"{visitors.cookie_name()}={visitors.new_token()}",
        "Path=/",
        f"Max-Age={visitors.COOKIE_LIFETIME_SECONDS}",
        "HttpOnly",
        "SameSite=Lax",
    ]
    return "; ".join([*parts, "Secure"] if visitors.is_https() else parts)
