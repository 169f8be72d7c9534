"""One log line for each request, and its reference: no query, no secret part of a path, no address of anybody.

The network is a short keyed hash, enough to see that requests come from one place.
"""

import re
import time
from secrets import token_hex

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog import get_logger
from structlog.contextvars import bound_contextvars

from app import addresses
from app.services import visitors
from app.web import metrics

_REFERENCE = "guichet.reference"
_HIDDEN = "…"
_SECRET_FOLDERS = (
    f"{addresses.FOLLOW_UP}/",
    f"{addresses.CONFIRM}/",
    f"{addresses.NOT_ME}/",
    f"{addresses.RECOVERY_RESET}/",
    f"{addresses.PERSONAL_NOT_ME}/",
    f"{addresses.PERSONAL_RESET}/",
    "/captcha/",
)
_LONGEST_SEGMENT = 40
_LONGEST_PATH = 200
_PROBES = ("/healthz", "/readyz", "/metrics")
_ASSET = re.compile(r"^/(?:assets|fonts)/|^/[^/]+\.(?:css|ico|js|json|png|svg|txt|webmanifest|xml)$")
_METHODS = ("GET", "HEAD", "POST", "OPTIONS")
_log = get_logger(__name__)


class AccessLog:
    """ASGI middleware that names each request, logs how it ended and counts it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; log lines written meanwhile carry its reference."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        reference = token_hex(4)
        with bound_contextvars(reference=reference):
            watch = self._websocket if scope["type"] == "websocket" else self._http
            await watch({**scope, _REFERENCE: reference}, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.perf_counter()
        try:
            await self._app(scope, receive, watched)
        finally:
            _log_http(scope, status, time.perf_counter() - began)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        accepted = False

        async def watched(message: Message) -> None:
            nonlocal accepted
            if message["type"] == "websocket.accept":
                accepted = True
                metrics.WEBSOCKETS.inc()
            await send(message)

        began = time.perf_counter()
        try:
            await self._app(scope, receive, watched)
        finally:
            if accepted:
                metrics.WEBSOCKETS.dec()
            seconds = round(time.perf_counter() - began, 1)
            _log.info("websocket_closed", accepted=accepted, seconds=seconds, network=_network(scope))


def reference_of(scope: Scope) -> str:
    """Return the reference of a request, 8 hexadecimal digits; people see it on the error page."""
    return str(scope.get(_REFERENCE, ""))


def shown_path(path: str) -> str:
    """Return `path` as it may be written to a log: without secrets, bounded, on one line."""
    for folder in _SECRET_FOLDERS:
        if path.startswith(folder):
            return folder + _HIDDEN
    if not path.startswith("/assets/"):
        path = "/".join(part if len(part) <= _LONGEST_SEGMENT else _HIDDEN for part in path.split("/"))
    return re.sub(r"[^\x20-\x7e\u00a1-\u024f…]", "?", path)[:_LONGEST_PATH]


def _log_http(scope: Scope, status: int, seconds: float) -> None:
    kind = _kind(scope["path"])
    method = scope["method"] if scope["method"] in _METHODS else "other"
    metrics.REQUESTS.labels(kind, method, str(status)).observe(seconds)
    if kind in ("asset", "probe") and status < 400:
        return
    _log.info(
        "http_request",
        method=method,
        path=shown_path(scope["path"]),
        status=status,
        milliseconds=round(seconds * 1000, 1),
        network=_network(scope),
    )


def _kind(path: str) -> str:
    if path in _PROBES:
        return "probe"
    if path.startswith(("/_event", "/captcha/")):
        return "event" if path.startswith("/_event") else "captcha"
    return "asset" if _ASSET.search(path) else "page"


def _network(scope: Scope) -> str:
    client = scope.get("client")
    return visitors.network_key(client[0])[:12] if client else ""
