"""What never reaches a page or a service (ASVS 3.5, 4.1, 4.2).

Foreign hosts and origins, oversized and malformed requests, and the addresses that Reflex opens but the portal does
not use.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog import get_logger

from app.settings import get_settings
from app.web import error_pages, metrics, origins

BODY_LIMIT = 64 * 1024
"""Largest request body and largest websocket message, in bytes.

The server must tell Reflex the same: `REFLEX_SOCKET_MAX_HTTP_BUFFER_SIZE=65536`.
"""

SOCKET = "/_event"

_BODY_SECONDS = 15
_HEADERS_LIMIT = 16 * 1024
_ADDRESS_LIMIT = 4 * 1024
_TOO_BIG_TO_READ = 1009
_POLICY_VIOLATION = 1008
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_METHODS = (*_SAFE_METHODS, "POST")
_PROBES = ("/healthz", "/readyz", "/metrics")
# Control characters, backslashes, doubled slashes and dot segments are in no address of the portal. The browser
# decodes nothing: these come from people who try.
_WEIRD_PATH = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\\]|//|/\.{1,2}(?:/|$)")
# Reflex's own addresses, and the raw files of the build.
_CLOSED = re.compile(r"/(?:_(?!event/?$)|ping(?:/|$)|auth-codespace(?:/|$))|.*\.(?:html|gz|br|zst)$")

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Refusal:
    status: int
    reason: str


class _BodyRefusedError(Exception):
    def __init__(self, refusal: _Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


class _ClientLeftError(Exception):
    pass


class Guard:
    """ASGI middleware that refuses what cannot come from the portal's own pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, its body read and bounded, or answer why not."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = _refusal(scope)
        if refusal is None:
            try:
                receive = await _with_body_read(scope, receive)
            except _BodyRefusedError as refused:
                refusal = refused.refusal
            except _ClientLeftError:
                return
        if refusal is not None:
            _tell(refusal)
            await error_pages.answer(scope, send, refusal.status)
            return
        await self._app(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = _refusal(scope)
        if refusal is not None:
            _tell(refusal)
            await receive()
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        bounded = _BoundedSocket(receive, send)
        await self._app(_with_known_origin(scope), bounded.receive, bounded.send)


class _BoundedSocket:
    """A websocket that closes at the first oversized message and says nothing more."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._closed = False

    async def receive(self) -> Message:
        message = {"type": "websocket.disconnect", "code": _TOO_BIG_TO_READ} if self._closed else await self._receive()
        if message["type"] == "websocket.receive" and _size(message) > BODY_LIMIT:
            _tell(_Refusal(413, "websocket_message_too_big"))
            self._closed = True
            await self._send({"type": "websocket.close", "code": _TOO_BIG_TO_READ})
            return {"type": "websocket.disconnect", "code": _TOO_BIG_TO_READ}
        return message

    async def send(self, message: Message) -> None:
        if not self._closed:
            await self._send(message)


def _refusal(scope: Scope) -> _Refusal | None:
    for check in _CHECKS:
        refusal = check(scope)
        if refusal is not None:
            return refusal
    return None


def _sizes(scope: Scope) -> _Refusal | None:
    if len(scope["path"]) + len(scope.get("query_string", b"")) > _ADDRESS_LIMIT:
        return _Refusal(414, "address_too_long")
    if sum(len(name) + len(value) for name, value in scope["headers"]) > _HEADERS_LIMIT:
        return _Refusal(431, "headers_too_big")
    return None


def _host(scope: Scope) -> _Refusal | None:
    said = Headers(scope=scope).getlist("Host")
    name = origins.host_name(said[0]) if len(said) == 1 else None
    if name is None:
        return _Refusal(400, "host_malformed")
    # Whoever watches the process asks it by its address, and learns nothing that depends on the name.
    if scope["path"] not in _PROBES and not origins.is_own_host(name):
        return _Refusal(400, "host_foreign")
    return None


def _method(scope: Scope) -> _Refusal | None:
    if scope["type"] == "http" and scope["method"] not in _METHODS:
        return _Refusal(405, "method")
    return None


def _path(scope: Scope) -> _Refusal | None:
    path = scope["path"]
    if not path.startswith("/") or _WEIRD_PATH.search(path):
        return _Refusal(404, "path_weird")
    if _CLOSED.match(path):
        return _Refusal(404, "path_closed")
    if scope["type"] == "websocket" and path.rstrip("/") != SOCKET:
        return _Refusal(404, "path_closed")
    return None


def _origin(scope: Scope) -> _Refusal | None:
    """Refuse what another site's page may have sent: anything that acts, and anything to the websocket.

    Browsers send Origin with both. `null`, which a page without referrer sends with a form, is believed only with
    the browser's own word that the request stays on this site; scripts cannot write that header. A preflight asks
    whether another site's page may act, so it is answered as the act would be.
    """
    headers = Headers(scope=scope)
    if scope["type"] == "http" and scope["path"].rstrip("/") != SOCKET and _only_reads(scope["method"], headers):
        return None
    said = headers.getlist("Origin")
    if said in ([], ["null"]):
        ours = headers.get("Sec-Fetch-Site") == "same-origin"
    else:
        ours = len(said) == 1 and origins.is_own_origin(said[0], headers.get("Host", ""))
    return None if ours else _Refusal(403, "origin_foreign" if said else "origin_missing")


def _only_reads(method: str, headers: Headers) -> bool:
    is_preflight = method == "OPTIONS" and "Access-Control-Request-Method" in headers
    return method in _SAFE_METHODS and not is_preflight


_CHECKS: tuple[Callable[[Scope], _Refusal | None], ...] = (_sizes, _host, _method, _path, _origin)


def _with_known_origin(scope: Scope) -> Scope:
    """Return `scope` with an origin that Reflex knows: it compares with a fixed list and knows no mapped port."""
    allowed = get_settings().allowed_origins
    headers = list(scope["headers"])
    changed = MutableHeaders(raw=headers)
    if changed.get("Origin", "") not in allowed:
        changed["Origin"] = allowed[0]
    return {**scope, "headers": headers}


async def _with_body_read(scope: Scope, receive: Receive) -> Receive:
    """Return a `receive` that gives the body, already read.

    Raises _BodyRefusedError if it is malformed, too big or too slow, _ClientLeftError if it will never be whole.
    """
    headers = Headers(scope=scope)
    declared = headers.get("Content-Length")
    if declared is None and scope["method"] in _SAFE_METHODS and "Transfer-Encoding" not in headers:
        return receive
    if declared is not None and not re.fullmatch(r"[0-9]{1,18}", declared):
        raise _BodyRefusedError(_Refusal(400, "body_length_malformed"))
    if declared is not None and int(declared) > BODY_LIMIT:
        raise _BodyRefusedError(_Refusal(413, "body_too_big"))
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            body = await _read(receive)
    except TimeoutError:
        raise _BodyRefusedError(_Refusal(408, "body_too_slow")) from None
    return _replay(body, receive)


async def _read(receive: Receive) -> Message:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientLeftError
        body += message.get("body", b"")
        if len(body) > BODY_LIMIT:
            raise _BodyRefusedError(_Refusal(413, "body_too_big"))
        if not message.get("more_body", False):
            return {"type": "http.request", "body": bytes(body), "more_body": False}


def _replay(first: Message, receive: Receive) -> Receive:
    waiting = [first]

    async def replayed() -> Message:
        return waiting.pop() if waiting else await receive()

    return replayed


def _size(message: Message) -> int:
    text = message.get("text")
    return len(message.get("bytes") or b"") if text is None else len(text.encode())


def _tell(refusal: _Refusal) -> None:
    metrics.REFUSALS.labels(refusal.reason).inc()
    _log.warning("request_refused", reason=refusal.reason)
