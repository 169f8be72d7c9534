"""Which websocket speaks for a tab, when the former one is still open on this side only.

A phone that goes from Wi-Fi to its own network leaves its websocket without a word: the server holds the other end for
minutes. Reflex takes the tab that connects again for a copy of itself and gives it another name, and with the name all
it was doing is gone. So whoever connects under a name that is in use waits until the other has shown that it lives: it
is asked for a sign, as Engine.IO asks every half minute, and ended when none comes. Two live tabs of one name (a tab
that was duplicated) are left to Reflex, which tells them apart.

A name is worth nothing without the visitor's cookie (app/web/sockets.py ties them), so nobody ends another's websocket.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol
from uuid import uuid4
from weakref import WeakValueDictionary

from redis.exceptions import RedisError
from reflex.utils.token_manager import RedisTokenManager, TokenManager
from reflex_base.registry import RegistrationContext
from structlog import get_logger

SIGN_WITHIN = 2.0
"""Seconds in which a browser that is still there gives a sign; a page that is merely slow is only asked to resume."""

_CHANNEL = "guichet:tabs"
_ALIVE, _ENDED = "alive", "ended"
_MOMENT = 0.02
_PATIENCE = 1.0

_log = get_logger(__name__)


class Line(Protocol):
    """A websocket that may be asked for a sign and ended."""

    async def gives_a_sign(self, within: float) -> bool:
        """Tell whether anything came from the browser within so many seconds of being asked."""

    async def end(self) -> None:
        """Close it, and return when nothing of it is left."""


class Tabs:
    """The websockets of this process by the name of their tab; other processes are asked through Redis.

    `manager` gives where Reflex keeps which websocket a tab has, None before it keeps any.
    """

    def __init__(self, manager: Callable[[], TokenManager | None] | None = None) -> None:
        self._manager = manager or _manager_of_reflex
        self._lines: dict[str, Line] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._listener: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def speaks(self, token: str, line: Line) -> AsyncIterator[None]:
        """Let `line` speak for the tab while the block runs, unless a live one does."""
        async with self._turn(token):
            await self._free(token)
            self._lines.setdefault(token, line)
        try:
            yield
        finally:
            if self._lines.get(token) is line:
                del self._lines[token]

    def _turn(self, token: str) -> asyncio.Lock:
        # Without the name in between, the dictionary forgets the lock before it is taken.
        lock = self._turns.get(token) or asyncio.Lock()
        self._turns[token] = lock
        return lock

    async def _free(self, token: str) -> None:
        manager = self._manager()
        if manager is None:
            return
        if isinstance(manager, RedisTokenManager):
            self._listen(manager)
        if token in self._lines:
            await self._end_unless_alive(token, manager)
        elif isinstance(manager, RedisTokenManager):
            with suppress(RedisError, OSError):
                await _free_elsewhere(token, manager)

    async def _end_unless_alive(self, token: str, manager: TokenManager) -> bool:
        """Return whether the tab's websocket of this process gave a sign; end it otherwise."""
        line = self._lines.get(token)
        if line is None:
            return False
        if await line.gives_a_sign(SIGN_WITHIN):
            return True
        _log.info("half_open_websocket_ended")
        await line.end()
        self._lines.pop(token, None)
        await _forgotten(token, manager)
        return False

    def _listen(self, manager: RedisTokenManager) -> None:
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._answer_others(manager))

    async def _answer_others(self, manager: RedisTokenManager) -> None:
        with suppress(RedisError, OSError):
            async with manager.redis.pubsub() as others:
                await others.subscribe(_CHANNEL)
                asked: set[asyncio.Task[None]] = set()
                async for message in others.listen():
                    if message["type"] == "message":
                        task = asyncio.create_task(self._answer(json.loads(message["data"]), manager))
                        asked.add(task)
                        task.add_done_callback(asked.discard)

    async def _answer(self, question: dict[str, str], manager: RedisTokenManager) -> None:
        token, back = question["token"], question["back"]
        if token not in self._lines:
            return
        word = _ALIVE if await self._end_unless_alive(token, manager) else _ENDED
        with suppress(RedisError, OSError):
            redis: Any = manager.redis
            await redis.lpush(back, word)
            await redis.expire(back, 10)


async def _free_elsewhere(token: str, manager: RedisTokenManager) -> None:
    """Ask the other processes for the tab's websocket; one that nobody answers for went with its process."""
    redis: Any = manager.redis
    key = manager._get_redis_key(token)
    if not await redis.exists(key):
        return
    back = f"{_CHANNEL}:{uuid4()}"
    await redis.publish(_CHANNEL, json.dumps({"token": token, "back": back}))
    answer = await redis.blpop([back], timeout=SIGN_WITHIN + _PATIENCE)
    if answer is None or answer[1].decode() != _ALIVE:
        manager.token_to_socket.pop(token, None)
        await redis.delete(key)


async def _forgotten(token: str, manager: TokenManager) -> None:
    """Wait until Reflex knows the ended websocket no more: it forgets in a task of its own."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            while token in manager.token_to_socket:
                await asyncio.sleep(_MOMENT)
    manager.token_to_socket.pop(token, None)


def _manager_of_reflex() -> TokenManager | None:
    """Return where Reflex keeps which websocket a tab has (its internal name, hence the exact pin)."""
    try:
        namespace = RegistrationContext.get().app.event_namespace
    except (LookupError, RuntimeError):
        return None
    return namespace._token_manager if namespace else None
