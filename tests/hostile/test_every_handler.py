"""Every event handler of the running portal, called by people who want it to break (OWASP ASVS 2.2, 16.5).

The handlers are listed from the application itself: a new one is attacked without anybody adding it here.
"""

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest

from app.services import visitors
from tests.e2e.portal import Portal
from tests.hostile.attacker import ROOT, Attacker, attack, visit
from tests.hostile.inventory import Handler
from tests.hostile.walk import CONTACT_PAGE, Victim, appointments, to_details, to_slot

TEXTS = [
    "",
    " ",
    "a\x00b",
    "\ud83d",
    "é" * 3000,
    "9999-12-31",
    "0001-01-01",
    "2026-02-30",
    "24:61",
    "-1",
    "NaN",
    "9" * 400,
    "٣",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "%00%0a{0.__class__}",
    "__class__",
]
NUMBERS = [0, -1, 1, 2**31, 2**53 + 1, 2**63, 10**300]
OTHERS: list[Any] = [None, True, 1.5, 1e308, [], [[[]]], {}, {"a": {"b": [None]}}, ["x"]]
FORMS: list[Any] = [
    {},
    {"": ""},
    {"canal": "3"},
    {"voie": "é" * 4000, "code-postal": "11000", "commune": "11069"},
    {"voie": "é" * 1500, "code-postal": "11000" + " " * 1500, "commune": "11069"},
    {"canal": "٣", "captcha": "A" * 20, "voie": "x", "code-postal": "11000", "commune": "99999"},
    {"voie": "𝕏" * 1000, "code-postal": "٣" * 1000, "commune": "\ud83d" * 1000},
    dict.fromkeys(("last_name", "first_name", "details", "phone", "email", "tax_number", "captcha"), "𝕏" * 600),
    {"reference": "é" * 2000, "adresse": "@" * 2000, "nom-commune": "\x00" * 2000},
    {"last_name": None, "first_name": 3, "email": ["x@example.org"], "captcha": {"$ne": ""}},
    {f"field{number}": "x" for number in range(500)},
]
PAGES = [
    "/",
    CONTACT_PAGE,
    "/rendez-vous/creneau",
    "/rendez-vous/replanifier/verification",
    "/rendez-vous/suivi/a-b/",
    "//[::1",
    "/\x00",
]


def _values(kind: str) -> list[Any]:
    """Return arguments for a parameter of this announced type: fitting ones first, then all the others."""
    fitting = {"str": TEXTS, "int": NUMBERS, "dict": FORMS, "bool": [True, False]}.get(kind, [])
    return [*fitting, *(value for value in [*TEXTS[:6], *NUMBERS[:5], *OTHERS] if value not in fitting)]


def payloads(handler: Handler) -> Iterator[Any]:
    """Return whole and broken arguments for a handler."""
    names = list(handler.arguments)
    plain = {name: {"str": "name", "int": 1, "dict": {}, "bool": True}.get(handler.arguments[name]) for name in names}
    yield plain
    for name in names:
        for value in _values(handler.arguments[name]):
            yield {**plain, name: value}
        yield {key: value for key, value in plain.items() if key != name}
    for first in ("voie", "last_name", "phone", "reference", "email"):
        if names[:2] == ["name", "value"]:
            yield from ({"name": first, "value": text} for text in TEXTS)
    yield from ({**plain, "extra": 1}, {**plain, "self": None}, {"_": 0}, [], None, "x", 7)


async def _go_nowhere(_attacker: Attacker) -> None:
    """Stay a visitor who has begun nothing."""


Prepare = Callable[[Attacker], Any]
PEOPLE = {
    "without cookie": (None, _go_nowhere),
    "new": ("new", _go_nowhere),
    "looking for a time": ("new", to_slot),
    "about to confirm": ("new", to_details),
}


@pytest.mark.parametrize("who", PEOPLE)
def test_breaks_at_no_argument_in_any_order(portal: Portal, handlers: list[Handler], victim: Victim, who: str) -> None:
    cookie, prepare = PEOPLE[who]
    cookie = visitors.new_token() if cookie == "new" else cookie
    before = appointments()
    heard = asyncio.run(_call_all(portal.url, handlers, cookie, prepare))
    assert len(handlers) > 40
    assert appointments() == before
    assert asyncio.run(_answers(portal.url))
    _assert_nothing_leaks(heard, victim)


async def _call_all(url: str, handlers: list[Handler], cookie: str | None, prepare: Prepare) -> str:
    """Call every handler with everything, a few handlers to a connection; return all that was heard."""
    heard = []
    # Its last word first, as good an order as any: pages that lead to one another are left half-way.
    leaving = ("leave", "restart")
    ordered = sorted(handlers, key=lambda each: (each.name.endswith(leaving), each.name))
    token = None
    for number, handler in enumerate(ordered):
        # Those of Reflex are the same for every state: a few calls each.
        calls = list(islice(payloads(handler), None if handler.own and not handler.name.endswith(".setvar") else 15))
        for start in range(0, len(calls), 90):
            # From many networks, so that nothing but the handlers is in the way.
            network = f"127.{2 + number // 250}.{number % 250}.{1 + start // 90}"
            async with attack(url, cookie=cookie, token=token, network=network) as attacker:
                token = attacker.token
                await attacker.settle()
                if number == 0 and start == 0:
                    await prepare(attacker)
                for index, payload in enumerate(islice(calls, start, start + 90)):
                    attacker.path = PAGES[(number + index) % len(PAGES)] if index % 3 == 0 else attacker.path
                    await attacker.call(handler.name, payload)
                attacker.path = "/"
                await attacker.settle()
                heard += attacker.heard
    return "".join(heard)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"name": None},
        {"name": 3, "payload": {}},
        {"name": ["x"], "payload": {}},
        {"name": "nothing"},
        {"name": f"{ROOT}.nothing", "payload": {}},
        {"name": f"{ROOT}.__init__", "payload": {}},
        {"name": f"{ROOT}.reset", "payload": {}},
        {"name": f"{ROOT}.get_state", "payload": {"state_cls": "x"}},
        {"name": f"{ROOT}._new_captcha", "payload": {}},
        {"name": "_call_function", "payload": {"function": "alert(1)"}},
        {"name": f"{ROOT}.hydrate", "router_data": None},
        {"name": f"{ROOT}.hydrate", "router_data": "x", "token": "y"},
        {"name": f"{ROOT}.hydrate", "router_data": {"pathname": 3, "asPath": [], "query": "x", "headers": {"a": 1}}},
        {"name": f"{ROOT}.hydrate", "router_data": {"pathname": "/x" * 4000, "asPath": "http://[", "query": {"a": {}}}},
        {"name": f"{ROOT}.hydrate_and_load", "payload": {"vars": {"x": 1}, "hashes": ["a", "b"]}},
        {"name": f"{ROOT}.hydrate_and_load", "payload": {"vars": {"nothing.at_all": 1}}},
        {"name": f"{ROOT}.hydrate_and_load", "payload": {"hashes": "abc"}},
    ],
)
def test_an_event_of_another_shape_does_nothing(portal: Portal, event: dict[str, Any]) -> None:
    async def say() -> str:
        async with visit(portal.url) as attacker:
            await attacker.emit("event", event)
            await attacker.settle()
            return "".join(attacker.heard)

    heard = asyncio.run(say())
    assert "Traceback" not in heard
    assert asyncio.run(_answers(portal.url))


def test_no_built_in_of_reflex_writes_a_variable(portal: Portal, handlers: list[Handler]) -> None:
    async def try_all() -> tuple[Any, Any, Any]:
        async with visit(portal.url) as attacker:
            failure = f"{ROOT}.app___state___failure____failure_state"
            for handler in handlers:
                if handler.name.endswith((".setvar", ".update_vars_internal", ".set_is_hydrated")):
                    for name in ("reference", "busy", "asking", "_captcha_id", "is_hydrated", "phase"):
                        await attacker.call(handler.name, {"var_name": name, "value": "pwned"})
                    await attacker.call(handler.name, {"value": "pwned"})
            for name in (f"{failure}.reference", f"{failure}.reference_rx_state_", "reference"):
                for handler in handlers:
                    if handler.name.endswith((".update_vars_internal", ".hydrate_and_load")):
                        await attacker.call(handler.name, {"vars": {name: "pwned"}})
            await attacker.call(f"{failure}.set_reference", {"value": "pwned"})
            await attacker.settle()
            await attacker.call(f"{ROOT}.hydrate")
            await attacker.settle()
            return "".join(attacker.heard), attacker.get("failure_state", "reference"), attacker.vars[ROOT]

    heard, reference, root = asyncio.run(try_all())
    assert "pwned" not in heard
    assert reference != "pwned"
    assert root["is_hydrated_rx_state_"] in (True, False)


async def _answers(url: str) -> bool:
    """Tell whether somebody else is still served."""
    async with visit(url, network="127.0.0.9") as visitor:
        await visitor.go(CONTACT_PAGE)
        return bool(visitor.get("contact_state", "label"))


def _assert_nothing_leaks(heard: str, victim: Victim) -> None:
    assert [secret for secret in victim.secrets() if secret in heard] == []
    assert "Traceback" not in heard
    assert "site-packages" not in heard
