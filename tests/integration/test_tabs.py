"""A tab that connects again goes on under its name, in one process and in several; a duplicated one gets another."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from redis.asyncio import Redis
from reflex.utils.token_manager import LocalTokenManager, RedisTokenManager, TokenManager

from app.web.tabs import Tabs
from tests import services

TOKEN = "0c5dcf5e-9b6f-4b27-b0f4-6b3a1f3a1b55-" + "a" * 32


class Line:
    """A websocket whose browser is there, or gone."""

    def __init__(self, process: "Process", sid: str, *, is_there: bool) -> None:
        self.process, self.sid, self.is_there, self.was_ended = process, sid, is_there, False

    async def gives_a_sign(self, within: float) -> bool:
        return self.is_there

    async def end(self) -> None:
        self.was_ended = True
        # As Reflex does once it has read that the websocket is closed.
        await self.process.manager.disconnect_token(TOKEN, self.sid)


class Process:
    """What a web process has: the websockets of its tabs, and what Reflex keeps of them."""

    def __init__(self, manager: TokenManager) -> None:
        self.manager = manager
        self.tabs = Tabs(lambda: manager)

    async def connect(self, opened: AsyncExitStack, sid: str, *, is_there: bool = True) -> tuple[Line, str | None]:
        """Open a websocket of the tab; return it and the name that Reflex gives the tab instead of its own, if any."""
        line = Line(self, sid, is_there=is_there)
        await opened.enter_async_context(self.tabs.speaks(TOKEN, line))
        return line, await self.manager.link_token_to_sid(TOKEN, sid)


Walk = Callable[[Process, Process, AsyncExitStack], Coroutine[None, None, None]]


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with services.redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


def in_one_process(walk: Walk) -> None:
    async def run() -> None:
        async with AsyncExitStack() as opened:
            process = Process(LocalTokenManager())
            await walk(process, process, opened)

    asyncio.run(run())


def in_two_processes(walk: Walk, url: str) -> None:
    async def run() -> None:
        async with AsyncExitStack() as opened:
            first, second = (Redis.from_url(url) for _ in range(2))
            await first.flushall()
            await walk(Process(RedisTokenManager(first)), Process(RedisTokenManager(second)), opened)
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
        await asyncio.gather(first.aclose(), second.aclose())

    asyncio.run(run())


@pytest.fixture(params=["one process", "two processes"])
def processes(request: pytest.FixtureRequest) -> Callable[[Walk], None]:
    if request.param == "one process":
        return in_one_process
    url = request.getfixturevalue("redis_url")
    return lambda walk: in_two_processes(walk, url)


async def they_listen(process: Process) -> None:
    """Wait until a process hears what others ask."""
    if isinstance(process.manager, RedisTokenManager):
        async with asyncio.timeout(10):
            while not (await process.manager.redis.pubsub_numsub("guichet:tabs"))[0][1]:
                await asyncio.sleep(0.01)


def test_a_tab_whose_former_websocket_is_half_open_keeps_its_name(processes: Callable[[Walk], None]) -> None:
    async def walk(before: Process, after: Process, opened: AsyncExitStack) -> None:
        lost, _ = await before.connect(opened, "lost", is_there=False)
        await they_listen(before)
        _, renamed = await after.connect(opened, "back")
        assert (lost.was_ended, renamed) == (True, None)

    processes(walk)


def test_a_duplicated_tab_gets_a_name_of_its_own_and_the_first_goes_on(processes: Callable[[Walk], None]) -> None:
    async def walk(before: Process, after: Process, opened: AsyncExitStack) -> None:
        first, _ = await before.connect(opened, "first")
        await they_listen(before)
        _, renamed = await after.connect(opened, "copy")
        assert not first.was_ended
        assert renamed is not None

    processes(walk)


def test_a_tab_goes_on_after_its_process_was_killed(redis_url: str) -> None:
    async def walk(killed: Process, after: Process, opened: AsyncExitStack) -> None:
        # A killed process leaves its records, and answers nobody.
        await killed.manager.link_token_to_sid(TOKEN, "gone")
        _, renamed = await after.connect(opened, "back")
        assert renamed is None

    in_two_processes(walk, redis_url)


@pytest.mark.parametrize("lost_by", ["half open", "kill"])
def test_without_the_question_the_tab_is_renamed(lost_by: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: object) -> None: ...

    monkeypatch.setattr(Tabs, "_free", nothing)

    async def walk(before: Process, after: Process, opened: AsyncExitStack) -> None:
        if lost_by == "kill":
            await before.manager.link_token_to_sid(TOKEN, "gone")
        else:
            await before.connect(opened, "lost", is_there=False)
        _, renamed = await after.connect(opened, "back")
        assert renamed is not None

    in_two_processes(walk, redis_url)


def test_without_redis_people_connect_all_the_same(tmp_path: Path) -> None:
    async def run() -> None:
        nowhere = Redis.from_url(f"redis://127.0.0.1:{services.free_port()}/0", socket_connect_timeout=1)
        async with AsyncExitStack() as opened:
            _, renamed = await Process(RedisTokenManager(nowhere)).connect(opened, "first")
            assert renamed is None
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

    asyncio.run(run())


def test_two_that_connect_at_once_are_asked_one_after_the_other() -> None:
    async def run() -> None:
        process = Process(LocalTokenManager())
        async with AsyncExitStack() as opened:
            lost, _ = await process.connect(opened, "lost", is_there=False)
            (one, first), (other, second) = await asyncio.gather(
                process.connect(opened, "one"), process.connect(opened, "other")
            )
            assert lost.was_ended
            assert not one.was_ended
            assert not other.was_ended
            assert sorted([first is None, second is None]) == [False, True]

    asyncio.run(run())


def test_nothing_is_kept_of_a_tab_that_has_gone() -> None:
    async def run() -> None:
        process = Process(LocalTokenManager())
        async with AsyncExitStack() as opened:
            await process.connect(opened, "only")
        assert (process.tabs._lines, dict(process.tabs._turns)) == ({}, {})

    asyncio.run(run())
