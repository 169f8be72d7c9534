"""Thousands of events a second, connections without end (OWASP ASVS 2.4, 17.3)."""

import asyncio
import time
from contextlib import AsyncExitStack, suppress
from typing import Any

import aiohttp

from app.services import visitors
from app.web import flood
from tests.e2e.portal import Portal
from tests.hostile.attacker import SHOW, Attacker, HungUpError, attack, visit
from tests.hostile.walk import CONTACT, CONTACT_PAGE, is_answered

FLOODER, DIALLER = "127.0.0.50", "127.0.0.51"


def test_one_flood_is_slowed_and_others_are_served(portal: Portal) -> None:
    before = portal.log.read_text().count("websocket_flood")

    async def run() -> tuple[int, float]:
        async with attack(portal.url, cookie=visitors.new_token(), network=FLOODER) as flooder:
            await flooder.settle()
            began = time.monotonic()
            pouring = asyncio.create_task(_pour(flooder, 6000))
            listening = asyncio.create_task(flooder.listen(4))
            await asyncio.sleep(0.3)
            for _ in range(5):
                await is_answered(portal.url, FLOODER)
            await listening
            pouring.cancel()
            with suppress(asyncio.CancelledError, HungUpError, ConnectionError):
                await pouring
            answers = sum(1 for text in flooder.heard if "reference_rx_state_" in text)
            return answers, time.monotonic() - began

    answers, seconds = asyncio.run(run())
    assert answers <= flood.EVENTS_AT_ONCE + flood.EVENTS_PER_SECOND * (seconds + 2)
    assert portal.log.read_text().count("websocket_flood") == before + 1


def test_twenty_floods_of_heavy_events_leave_room_for_another_network(portal: Portal) -> None:
    async def run() -> None:
        async with AsyncExitStack() as stack:
            flooders = [
                await stack.enter_async_context(attack(portal.url, cookie=visitors.new_token(), network=FLOODER))
                for _ in range(20)
            ]
            search = {"data": {"nom-commune": "saint"}}
            pouring = [asyncio.create_task(_pour(each, 3000, f"{CONTACT}.find_commune", search)) for each in flooders]
            listening = [asyncio.create_task(each.listen(8)) for each in flooders]
            await asyncio.sleep(1)
            for _ in range(4):
                await is_answered(portal.url, "127.0.0.60")
            for task in (*pouring, *listening):
                task.cancel()
            await asyncio.gather(*pouring, *listening, return_exceptions=True)

    asyncio.run(run())


def test_a_network_opens_so_many_connections_and_no_more(portal: Portal) -> None:
    async def run() -> tuple[int, bool]:
        opened = await _dial(portal.url, flood.NETWORK_CONNECTIONS_AT_ONCE + 60)
        async with visit(portal.url, network="127.0.0.61") as neighbour:
            await neighbour.go(CONTACT_PAGE)
            return opened, bool(neighbour.get("contact_state", "label"))

    opened, neighbour_is_served = asyncio.run(run())
    assert flood.NETWORK_CONNECTIONS_AT_ONCE <= opened < flood.NETWORK_CONNECTIONS_AT_ONCE + 40
    assert neighbour_is_served


async def _pour(attacker: Attacker, count: int, handler: str = SHOW, payload: Any = None) -> None:
    """Send events as fast as the network takes them."""
    for number in range(count):
        await attacker.call(handler, payload or {"reference": f"f{number % 10**6:06}"})


async def _dial(url: str, count: int) -> int:
    """Open websockets, many at once, and leave them silent; return how many were let in."""
    port = int(url.rpartition(":")[2])
    headers = {"Origin": url, "Host": f"localhost:{port}"}
    connector = aiohttp.TCPConnector(local_addr=(DIALLER, 0), limit=100, force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def dial(number: int) -> bool:
            address = f"ws://127.0.0.1:{port}/_event/?EIO=4&transport=websocket&token={number:036}"
            timeout = aiohttp.ClientWSTimeout(ws_close=0.1)  # type: ignore[call-arg]
            try:
                async with session.ws_connect(address, headers=headers, timeout=timeout):
                    return True
            except aiohttp.WSServerHandshakeError:
                return False

        return sum(await asyncio.gather(*(dial(number) for number in range(count))))
