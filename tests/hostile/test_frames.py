"""Frames no browser sends, messages of another shape, reports that lie (OWASP ASVS 2.4, 16.4)."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from app.services import visitors
from tests.e2e.portal import Portal
from tests.hostile.attacker import ROOT, HungUpError, attack, visit
from tests.hostile.walk import is_answered

REPORTER = "127.0.0.52"


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "0",
        "2probe",
        "4",
        "45",
        "40",
        "40/admin,",
        "40/_event,",
        "42/_event,",
        "42/_event,{}",
        "42/_event,[",
        "42/_event," + "[" * 30_000,
        '42/_event,["event",NaN]',
        '42/_event,["event",' + "9" * 5000 + "]",
        "42/_event," + '{"a":' * 9000,
        "43/_event,1[]",
        "44/_event,{}",
        '451-/_event,["event",{"_placeholder":true,"num":0}]',
        '459999999999999-/_event,["event"]',
        "9" * 60_000,
        "x" * 1_000_000,
        b"\x00\x01\x02",
        b"42/_event,[]",
    ],
)
def test_a_frame_that_no_browser_sends_does_nothing(portal: Portal, frame: str | bytes) -> None:
    async def run() -> str:
        heard = ""
        with suppress(HungUpError, ConnectionError):
            async with visit(portal.url) as attacker:
                await attacker.say(frame)
                await attacker.settle()
                heard = "".join(attacker.heard)
        await is_answered(portal.url, "127.0.0.1")
        return heard

    assert "Traceback" not in asyncio.run(run())


@pytest.mark.parametrize(
    "said",
    [[], ["nothing"], ["event"], ["event", None], ["event", "{}"], ["event", {}, {}], [1], [["event"]], ["ping"]],
)
def test_a_message_of_another_shape_does_nothing(portal: Portal, said: list[Any]) -> None:
    async def run() -> str:
        async with visit(portal.url) as attacker:
            await attacker.emit(*said)
            await attacker.settle()
            return "".join(attacker.heard)

    assert "Traceback" not in asyncio.run(run())


def test_reports_of_browsers_fill_no_log_and_forge_no_line(portal: Portal) -> None:
    size = len(portal.log.read_text())
    lie = "2026-11-21T10:00:00Z forged line\n2026-11-21T10:00:01Z another\n" * 15

    async def run() -> None:
        for _ in range(3):
            async with attack(portal.url, cookie=visitors.new_token(), network=REPORTER) as attacker:
                await attacker.settle()
                for _ in range(20):
                    await attacker.emit("client_error", {"error_type": lie, "message": lie, "substate": lie})
                    await attacker.call(
                        f"{ROOT}.reflex___state____frontend_event_exception_state.handle_frontend_exception",
                        {"info": lie, "component_stack": lie},
                    )
                await attacker.settle()

    asyncio.run(run())
    added = portal.log.read_text()[size:]
    assert "forged line" in added
    assert len(added) < 60_000
    assert not [line for line in added.splitlines() if line.startswith("2026-11-21T10:00:0")]
