"""What every answer tells the browser: content policy, transport, referrer, framing and caching (ASVS 3.4, 14.3).

The policy of a page lists the hashes of its own inline scripts, read from the build at start; everything else
gets a policy that allows nothing.
"""

import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import addresses
from app.services import visitors
from app.web import origins
from app.web.built_pages import BuiltPages, Inline

_YEAR = 365 * 24 * 3600
_HASHED_NAME = re.compile(r"/assets/[^/]+-[\w-]{8}(?:\.[a-z0-9]+)+")
_PRIVATE = re.compile(r"/(?:rendez-vous|demo|espace-[a-z]+)(?:/|$)")
_FILE = re.compile(r"\.[a-z0-9]{1,8}$")
# Whoever knows such an address may act: it goes into no other request.
_SECRET_FOLDERS = (
    f"{addresses.FOLLOW_UP}/",
    f"{addresses.CONFIRM}/",
    f"{addresses.NOT_ME}/",
    f"{addresses.RECOVERY_RESET}/",
    f"{addresses.PERSONAL_NOT_ME}/",
    f"{addresses.PERSONAL_RESET}/",
    addresses.ACTIVATION_CODE,
    addresses.PERSONAL_ACTIVATION,
)

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# These say something about documents only; a first visit asks for some fifteen files beside its page.
_ON_PAGES = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "Permissions-Policy": ", ".join(
        f"{feature}=()"
        for feature in (
            "accelerometer",
            "camera",
            "display-capture",
            "geolocation",
            "gyroscope",
            "magnetometer",
            "microphone",
            "midi",
            "payment",
            "usb",
        )
    ),
}
_NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_OWN_POLICIES = {
    # A worker obeys the policy it came with: it fetches pages of the portal, and nothing else.
    addresses.SERVICE_WORKER: f"{_NOTHING}; connect-src 'self'",
    # Kept by the worker with its policy, so none that changes with the build.
    addresses.OFFLINE: f"{_NOTHING}; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'",
}
# A mail has the colours and sizes of its elements beside them, and loads nothing.
_MAIL = re.compile(addresses.mail_page("[0-9]+"))
_MAIL_POLICY = f"{_NOTHING}; style-src-attr 'unsafe-inline'"


class SecurityHeaders:
    """ASGI middleware that adds the security and cache headers to every HTTP answer."""

    def __init__(self, app: ASGIApp, pages: BuiltPages) -> None:
        self._app = app
        self._secure = visitors.is_https()
        sockets = origins.websocket_sources()
        self._policies = {path: page_policy(inline, sockets, self._secure) for path, inline in pages.by_path.items()}
        self._fallback = page_policy(pages.fallback, sockets, self._secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; complete the head of the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = list(message.get("headers", ()))
                self._complete(scope["path"], message["status"], MutableHeaders(raw=message["headers"]))
            await send(message)

        await self._app(scope, receive, complete)

    def _complete(self, path: str, status: int, headers: MutableHeaders) -> None:
        headers.update(_ALWAYS)
        if self._secure:
            headers["Strict-Transport-Security"] = f"max-age={2 * _YEAR}; includeSubDomains"
        shown = is_page(path, headers)
        if shown:
            headers.update(_ON_PAGES)
        headers["Content-Security-Policy"] = self._policy(path, status, is_page=shown)
        headers["Referrer-Policy"] = "no-referrer" if path.startswith(_SECRET_FOLDERS) else "same-origin"
        if _PRIVATE.match(path):
            headers["X-Robots-Tag"] = "noindex"
        if "no-store" not in headers.get("Cache-Control", ""):
            kept = cache_control(path, status, is_page=shown)
            # Whoever set a cookie here, no shared cache gives it to the next person.
            headers["Cache-Control"] = "no-store" if "Set-Cookie" in headers and "public" in kept else kept

    def _policy(self, path: str, status: int, *, is_page: bool) -> str:
        if status == 200 and _MAIL.fullmatch(path):
            return _MAIL_POLICY
        own = _OWN_POLICIES.get(path)
        if own is not None or not is_page:
            return own or _NOTHING
        return self._policies.get(path.rstrip("/") or "/", self._fallback)


def page_policy(inline: Inline, sockets: tuple[str, ...], secure: bool) -> str:
    """Return the content policy of a page that holds `inline`; `sockets` are the portal's websocket origins."""
    directives = [
        "default-src 'none'",
        " ".join(("script-src 'self'", *inline.scripts)),
        " ".join(("style-src 'self'", *inline.styles)),
        "img-src 'self'",
        "font-src 'self'",
        " ".join(("connect-src 'self'", *sockets)),
        "media-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
    return "; ".join([*directives, "upgrade-insecure-requests"] if secure else directives)


def cache_control(path: str, status: int, *, is_page: bool) -> str:
    """Return how long an answer may be kept and by whom.

    Pages may carry the visitor's cookie, so no shared cache keeps them; those of a journey leave nothing behind
    on a shared computer. A file whose name holds its hash never changes.
    """
    if status not in (200, 206, 304):
        return "no-store"
    if _HASHED_NAME.fullmatch(path):
        return f"public, max-age={_YEAR}, immutable"
    if _PRIVATE.match(path):
        return "no-store"
    if is_page:
        return "private, no-cache"
    if path.endswith((".js", ".css")):
        # Asked again each time: a page of the new version must not run with a script of the old one.
        return "public, no-cache"
    return f"public, max-age={30 * 24 * 3600 if path.startswith('/fonts/') else 3600}"


def is_page(path: str, headers: MutableHeaders) -> bool:
    """Tell from the head of an answer whether it is a page."""
    kind = headers.get("Content-Type", "")
    if kind:
        return kind.startswith("text/html")
    # A 304 has no content type, yet its policy replaces the one the browser kept with the page.
    return not _FILE.search(path)
