"""What stands between a websocket and Reflex: whose tab it is, at what pace it is read, what it may say.

Reflex knows a tab by a token that its browser makes up and sends along in an address, and gives the tab's state to
whoever says that token. Here the token is tied to the visitor cookie, so that said by anybody else it means another
tab.
"""

import asyncio
import re
from contextlib import suppress
from secrets import token_hex
from urllib.parse import parse_qs, urlencode

from reflex_base.registry import RegistrationContext
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog import get_logger

from app import keys
from app.services import visitors
from app.web import metrics
from app.web.events import EventRefusedError
from app.web.flood import EVENTS_WAITING, Network, Networks, Pace
from app.web.frames import FrameRefusedError, Frames
from app.web.tabs import Tabs
from app.web.visitor import key_of

_TOKEN = re.compile(r"[0-9a-fA-F-]{36}")
_GOING_AWAY = 1001
_POLICY_VIOLATION = 1008
_TRY_AGAIN_LATER = 1013
_PING, _PONG = "2", "3"
_MOMENT = 0.02
_PATIENCE = 2.0
_LOGGED = frozenset({1, 10, 100, 1000, 10_000})

_log = get_logger(__name__)


class Sockets:
    """ASGI middleware for websockets; everything else passes untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._networks = Networks()
        self._tabs = Tabs()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open the websocket to Reflex under the visitor's own token, or refuse it."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        token = _bound_token(scope)
        if token is None:
            await _refuse(receive, send, "websocket_token", _POLICY_VIOLATION)
            return
        network = self._networks.get(_network(scope))
        if not network.admits():
            await _refuse(receive, send, "websocket_too_many", _TRY_AGAIN_LATER)
            return
        reader = _Reader(token, network, receive, send)
        try:
            async with self._tabs.speaks(token, reader):
                await self._app({**scope, "query_string": _query(token)}, reader.receive, send)
        finally:
            reader.has_ended.set()
            network.leave()


class _Reader:
    """Reads one websocket at its pace and passes on what a page may say."""

    def __init__(self, token: str, network: Network, receive: Receive, send: Send) -> None:
        self._token = token
        self._receive = receive
        self._send = send
        self._network = network
        self._pace = Pace(network)
        self._frames = Frames()
        self._is_slowed = False
        self._refused = 0
        self._closed = False
        self._ending: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._heard = asyncio.Event()
        self._own_ping = False
        self.has_ended = asyncio.Event()

    async def gives_a_sign(self, within: float) -> bool:
        """Ping the browser, and tell whether anything came from it within so many seconds."""
        self._heard.clear()
        self._own_ping = True
        # It may not be open yet, or be closing: then what it says first, or nothing, is the sign.
        with suppress(Exception):
            await asyncio.wait_for(self._send({"type": "websocket.send", "text": _PING}), within)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._heard.wait(), within)
        return self._heard.is_set()

    async def end(self) -> None:
        """Let Reflex read that the websocket is closed, and wait until it has gone."""
        if not self._ending.done():
            self._ending.set_result({"type": "websocket.disconnect", "code": _GOING_AWAY})
        with suppress(TimeoutError):
            await asyncio.wait_for(self.has_ended.wait(), _PATIENCE)

    async def receive(self) -> Message:
        """Return the next message that may go on."""
        while not self._closed:
            message = await self._next()
            if message["type"] != "websocket.receive":
                return message
            if self._is_own_pong(message):
                continue
            await self._keep_pace(message)
            passed_on = await self._read(message)
            if passed_on is not None:
                return passed_on
        return {"type": "websocket.disconnect", "code": _POLICY_VIOLATION}

    async def _next(self) -> Message:
        """Return the browser's next message, or that the websocket is to end."""
        coming = asyncio.ensure_future(self._receive())
        try:
            await asyncio.wait({coming, self._ending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not coming.done():
                coming.cancel()
        if not coming.done():
            return self._ending.result()
        self._heard.set()
        return coming.result()

    def _is_own_pong(self, message: Message) -> bool:
        """Tell whether this answers a ping that Engine.IO did not send; it would begin another round of its own."""
        is_own = self._own_ping and message.get("text") == _PONG
        self._own_ping = self._own_ping and not is_own
        return is_own

    async def _keep_pace(self, message: Message) -> None:
        wait = self._pace.wait(len(message.get("text") or message.get("bytes") or ""))
        if wait and not self._is_slowed:
            self._is_slowed = True
            _tell("websocket_flood")
        if wait:
            await asyncio.sleep(wait)
        while _waiting(self._token) >= EVENTS_WAITING:
            await asyncio.sleep(_MOMENT)

    async def _read(self, message: Message) -> Message | None:
        try:
            frame = self._frames.read(message.get("text"))
        except EventRefusedError as refused:
            self._drop(refused.reason)
            return None
        except FrameRefusedError:
            _tell("websocket_malformed")
            self._closed = True
            await self._send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return None
        if frame.is_report and not self._network.reports.allows():
            metrics.REFUSALS.labels("reports_too_many").inc()
            return None
        return {"type": "websocket.receive", "text": frame.text}

    def _drop(self, reason: str) -> None:
        self._refused += 1
        if self._refused in _LOGGED:
            _log.warning("event_refused", reason=reason, refused=self._refused)
        metrics.REFUSALS.labels(reason).inc()


def _bound_token(scope: Scope) -> str | None:
    """Return the tab's token tied to the visitor; None if it is no token a browser makes.

    Without a cookie nobody can be told from anybody else, so such a tab is new each time it connects.
    """
    tokens = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [])
    if len(tokens) != 1 or not _TOKEN.fullmatch(tokens[0]):
        return None
    visitor = key_of(Headers(scope=scope))
    tie = keys.keyed_hash("tab of visitor", f"{visitor} {tokens[0]}")[:32] if visitor else token_hex(16)
    return f"{tokens[0]}-{tie}"


def _query(token: str) -> bytes:
    return urlencode({"EIO": "4", "transport": "websocket", "token": token}).encode()


def _waiting(token: str) -> int:
    """Return how many events of a tab Reflex has not finished (its internal name, hence the exact pin)."""
    try:
        queues = RegistrationContext.get().app.event_processor._token_queues
    except (LookupError, RuntimeError):
        return 0
    return len(queues.get(token, ()))


def _network(scope: Scope) -> str:
    client = scope.get("client")
    return visitors.network_key(client[0] if client else "")


async def _refuse(receive: Receive, send: Send, reason: str, code: int) -> None:
    _tell(reason)
    await receive()
    await send({"type": "websocket.close", "code": code})


def _tell(reason: str) -> None:
    metrics.REFUSALS.labels(reason).inc()
    _log.warning("request_refused", reason=reason)
