"""The rules of the gate before Reflex, without a server."""

import json
from typing import Any

import pytest
from hypothesis import given, strategies

import app.state.contact
import app.state.details
import app.state.slot  # noqa: F401  (registers its handlers)
from app.web import events, flood
from app.web.events import EventRefusedError
from app.web.flood import Networks, Pace, TokenBucket
from app.web.frames import FrameRefusedError, Frames
from tests.hostile.attacker import ROOT
from tests.hostile.walk import CONTACT, SLOT

PAIRS = "__reflex_form_data__"
JSON = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.text(max_size=20),
    lambda inner: strategies.lists(inner, max_size=4) | strategies.dictionaries(strategies.text(max_size=8), inner),
    max_leaves=12,
)
NAMES = strategies.sampled_from([f"{CONTACT}.search", f"{CONTACT}.keep", f"{SLOT}.take_office", f"{SLOT}.load", "x"])


class TestAnEvent:
    @given(NAMES, JSON, JSON)
    def test_is_refused_or_has_the_arguments_its_handler_announces(self, name: str, payload: Any, place: Any) -> None:
        try:
            event = events.checked({"name": name, "payload": payload, "router_data": place})
        except EventRefusedError:
            return
        arguments = event["payload"]
        assert event["router_data"]["asPath"].startswith("/")
        if name.endswith("keep"):
            assert {key: type(value) for key, value in arguments.items()} == {"name": str, "value": str}
        elif name.endswith("take_office"):
            assert type(arguments["office_id"]) is int
        elif name.endswith("search"):
            assert all(isinstance(value, str) for value in arguments["data"].values())
        else:
            assert arguments == {}

    def test_has_its_text_cleaned_of_what_no_keyboard_types(self) -> None:
        event = events.checked(
            {"name": f"{CONTACT}.keep", "payload": {"name": "voie", "value": "a\x00b\ud83dc\u0007\td"}}
        )
        assert event["payload"]["value"] == "abc\td"

    def test_keeps_the_text_people_type(self) -> None:
        typed = "L’Haÿ-les-Roses, 12 bis\u00a0; « été » 🙂 \n Ωλ 中"
        event = events.checked({"name": f"{CONTACT}.keep", "payload": {"name": "voie", "value": typed}})
        assert event["payload"]["value"] == typed

    def test_brings_the_fields_of_a_form_however_the_page_sends_them(self) -> None:
        typed = {"voie": "12 rue de l’Été", "code-postal": "75016", "commune": ""}
        assert _form(typed) == typed
        assert _form({PAIRS: [[name, value] for name, value in typed.items()]}) == typed
        # The last of several fields of one name counts, as it does for the framework.
        assert _form({PAIRS: [["voie", "a"], ["voie", "b"]]}) == {"voie": "b"}
        # A browser that sends both forms cannot smuggle a field past the pairs.
        assert _form({PAIRS: [["voie", "a"]], "commune": "x"}) == {"voie": "a"}

    def test_has_the_fields_of_a_form_cleaned_name_and_text(self) -> None:
        assert _form({PAIRS: [["vo\x00ie", "a\x00b\ud83d"], ["commune", "\u0007"]]}) == {"voie": "ab", "commune": ""}

    @pytest.mark.parametrize(
        "pairs",
        [
            [],
            [[]],
            [["voie"]],
            [["voie", "a", "b"]],
            [["voie", None], ["voie", 3], ["voie", ["a"]], ["voie", {"a": "b"}], ["voie", True]],
            [[None, "a"], [3, "a"], [["voie"], "a"], [{}, "a"]],
            ["voie", "a", None, 3, {}],
        ],
    )
    def test_leaves_out_pairs_that_no_form_makes(self, pairs: list[Any]) -> None:
        assert _form({PAIRS: pairs}) == {}
        assert _form({PAIRS: [*pairs, ["commune", "11069"]]}) == {"commune": "11069"}

    @pytest.mark.parametrize("pairs", [None, "voie", 3, {"voie": "a"}, True])
    def test_takes_no_fields_from_what_should_be_pairs_and_is_not(self, pairs: Any) -> None:
        assert _form({PAIRS: pairs, "voie": "a"}).get("voie") == "a"
        assert set(_form({PAIRS: pairs, "voie": "a"})) <= {"voie", PAIRS}

    @given(strategies.lists(strategies.lists(JSON, max_size=3) | JSON, max_size=4))
    def test_has_nothing_but_texts_in_its_fields(self, pairs: list[Any]) -> None:
        assert all(isinstance(name, str) and isinstance(value, str) for name, value in _form({PAIRS: pairs}).items())

    @pytest.mark.parametrize("name", ["setvar", "set_is_hydrated", "_new_captcha", "set_label", "reset", "__init__"])
    def test_calls_no_more_than_the_handlers_for_browsers(self, name: str) -> None:
        for state in (ROOT, CONTACT):
            with pytest.raises(EventRefusedError):
                events.checked({"name": f"{state}.{name}", "payload": {}})


def _form(data: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that a handler gets of a submitted form."""
    fields: dict[str, Any] = events.checked({"name": f"{CONTACT}.search", "payload": {"data": data}})["payload"]["data"]
    return fields


class TestAFrame:
    @given(strategies.text(max_size=80) | strategies.text(max_size=60).map(lambda text: f"42/_event,{text}"))
    def test_is_refused_or_read(self, text: str) -> None:
        try:
            frame = Frames().read(text)
        except (EventRefusedError, FrameRefusedError):
            return
        assert frame.text in ("1", "3") or frame.text.startswith(("40/_event,", "41/_event,", "42/_event,"))

    def test_connects_once(self) -> None:
        frames = Frames()
        frames.read("40/_event,")
        with pytest.raises(FrameRefusedError):
            frames.read("40/_event,")

    def test_of_an_older_page_connects_without_its_event(self) -> None:
        greeting = json.dumps({"event": {"name": "gone", "payload": {}}, "state_schema": "abc"})
        assert Frames().read(f"40/_event,{greeting}").text == '40/_event,{"state_schema":"abc"}'


class TestPace:
    def test_lets_a_burst_pass_then_holds_back(self, clock: list[float]) -> None:
        pace = Pace(Networks().get("here"))
        assert [pace.wait(10) for _ in range(flood.EVENTS_AT_ONCE)] == [0.0] * flood.EVENTS_AT_ONCE
        assert pace.wait(10) == pytest.approx(1 / flood.EVENTS_PER_SECOND)
        clock[0] += 60
        assert pace.wait(10) == 0

    def test_counts_a_long_message_as_many(self, clock: list[float]) -> None:
        pace = Pace(Networks().get("here"))
        assert [pace.wait(64_000) == 0 for _ in range(10)].count(True) == flood.EVENTS_AT_ONCE // 16

    def test_of_all_connections_of_a_network_together(self, clock: list[float]) -> None:
        here = Networks().get("here")
        paces = [Pace(here) for _ in range(100)]
        waits = [pace.wait(10) for pace in paces for _ in range(100)]
        assert waits.count(0.0) == flood.NETWORK_EVENTS_AT_ONCE

    def test_forgets_networks_that_are_idle(self, clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(flood, "_NETWORKS_KEPT", 3)
        networks = Networks()
        busy = networks.get("busy")
        assert busy.admits()
        for number in range(50):
            networks.get(str(number))
        assert networks.get("busy") is busy
        assert len(networks._known) <= 5

    def test_refills_no_further_than_its_burst(self, clock: list[float]) -> None:
        bucket = TokenBucket(rate=1, burst=2)
        clock[0] += 1000
        assert [bucket.allows() for _ in range(3)] == [True, True, False]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the time the buckets see."""
    now = [1000.0]
    monkeypatch.setattr(flood.time, "monotonic", lambda: now[0])
    return now
