"""A client that speaks to the portal's websocket by hand, says whatever it likes, and writes down all it hears."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp

from app.services import visitors

ROOT = "reflex___state____state"
SHOW = f"{ROOT}.app___state___failure____failure_state.show"
_MARK = "app___state___failure____failure_state"
_PATIENCE = 30


class HungUpError(ConnectionError):
    """The server closed the connection, or never opened it."""


class Attacker:
    """One open websocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, token: str) -> None:
        self._socket = socket
        self.token = token
        self.path = "/"
        self.heard: list[str] = []
        self.vars: dict[str, dict[str, Any]] = {}
        self.redirects: list[str] = []
        self.new_tokens: list[str] = []
        self._marks = 0

    async def say(self, frame: str | bytes) -> None:
        """Send a frame as it is."""
        if self._socket.closed:
            raise HungUpError
        if isinstance(frame, str):
            await self._socket.send_str(frame)
        else:
            await self._socket.send_bytes(frame)

    async def emit(self, *arguments: Any) -> None:
        """Send a Socket.IO event; NaN and lone surrogates go out as JavaScript's JSON never would."""
        await self.say(f"42/_event,{json.dumps(arguments)}")

    async def call(self, handler: str, payload: Any = None, **event: Any) -> None:
        """Call an event handler by its full name."""
        fields = {"name": handler, "payload": {} if payload is None else payload, "router_data": self.place()}
        await self.emit("event", {**fields, **event})

    def place(self) -> dict[str, Any]:
        """Return what a page says about its address."""
        path, _, query = self.path.partition("?")
        return {"pathname": path, "asPath": self.path, "query": dict(parse_qsl(query))}

    async def go(self, path: str) -> None:
        """Open a page of the portal and wait until it is loaded."""
        self.path = path
        await self.call(f"{ROOT}.reflex___state____on_load_internal_state.on_load_internal")
        await self.settle()
        await self.settle()

    async def settle(self) -> None:
        """Return when everything said before has been dealt with: a tab's events pass one after the other."""
        self._marks += 1
        mark = f"{self._marks:08x}"
        await self.call(SHOW, {"reference": mark})
        await self._listen_for(lambda: self.get("failure_state", "reference") == mark)

    async def listen(self, seconds: float) -> None:
        """Listen for so long."""
        deadline = time.monotonic() + seconds
        try:
            await self._listen_for(lambda: time.monotonic() > deadline, seconds)
        except TimeoutError:
            return

    def get(self, state: str, name: str) -> Any:
        """Return a public variable as the browser would have it, None if it never came."""
        for full_name, values in self.vars.items():
            if full_name.endswith(f"____{state}"):
                return values.get(f"{name}_rx_state_")
        return None

    async def _listen_for(self, happened: Any, seconds: float = _PATIENCE) -> None:
        async with asyncio.timeout(seconds):
            while not happened():
                await self._hear()

    async def _hear(self) -> None:
        message = await self._socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise HungUpError(str(message.type))
        self.heard.append(message.data)
        if message.data == "2":
            await self.say("3")
        elif message.data.startswith("42/_event,"):
            self._note(*json.loads(message.data.removeprefix("42/_event,")))

    def _note(self, name: str, said: Any = None) -> None:
        if name == "new_token":
            self.new_tokens.append(said)
        elif name == "event":
            for state, values in (said.get("delta") or {}).items():
                self.vars.setdefault(state, {}).update(values)
            for event in said.get("events") or []:
                if event["name"] == "_redirect":
                    self.redirects.append(event["payload"]["path"])


@asynccontextmanager
async def attack(
    url: str,
    *,
    cookie: str | None = None,
    token: str | None = None,
    origin: str | None = "",
    network: str = "127.0.0.1",
    path: str = "/",
) -> AsyncIterator[Attacker]:
    """Open a websocket as a page would, from one of this machine's addresses; raise HungUpError if it is refused."""
    token = token or str(uuid.uuid4())
    headers = {} if origin is None else {"Origin": origin or url}
    if cookie is not None:
        headers["Cookie"] = f"{visitors.cookie_name()}={cookie}"
    connector = aiohttp.TCPConnector(local_addr=(network, 0), force_close=True)
    address = url.replace("http", "ws", 1).replace("localhost", "127.0.0.1")
    host = {"Host": urlsplit(url).netloc}
    async with aiohttp.ClientSession(connector=connector) as session:
        try:
            socket = await session.ws_connect(
                f"{address}/_event/?EIO=4&transport=websocket&token={token}",
                headers={**headers, **host},
                max_msg_size=0,
                autoping=True,
                timeout=aiohttp.ClientWSTimeout(ws_close=0.5),  # type: ignore[call-arg]
            )
        except aiohttp.WSServerHandshakeError as refused:
            raise HungUpError(str(refused.status)) from None
        async with socket:
            attacker = Attacker(socket, token)
            attacker.path = path
            await attacker._hear()
            await attacker.say("40/_event,")
            await attacker._hear()
            await attacker.call(f"{ROOT}.hydrate_and_load")
            yield attacker


@asynccontextmanager
async def visit(url: str, **options: Any) -> AsyncIterator[Attacker]:
    """Open a websocket as an honest new visitor with a cookie."""
    async with attack(url, **{"cookie": visitors.new_token(), **options}) as visitor:
        await visitor.settle()
        yield visitor
