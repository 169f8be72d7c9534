"""What a browser says about its time zone is checked before it is used."""

import asyncio
from typing import Any

import pytest

from app.state.zone import ZoneState

NOON = "2026-11-24T11:00:00+00:00"


def compared(*arguments: Any) -> dict[str, str]:
    state = ZoneState(_reflex_internal_init=True)  # type: ignore[call-arg]
    asyncio.run(ZoneState.compare.fn(state, *arguments))
    return dict(state.both)


def test_both_times_are_said_by_instant() -> None:
    assert "chez vous" in compared([NOON], "Europe/Paris", "Indian/Reunion")[NOON]
    assert compared([NOON], "Europe/Paris", "Europe/Madrid") == {NOON: ""}


@pytest.mark.parametrize("zone", ["", "Nowhere", "../../etc/passwd", "\x00", "é" * 9000, None, 3, ["UTC"], {"a": 1}])
def test_a_zone_that_is_none_is_left_alone(zone: Any) -> None:
    assert compared([NOON], "Europe/Paris", zone) == {}
    assert compared([NOON], zone, "Europe/Paris") == {}


@pytest.mark.parametrize(
    "instants",
    [None, 3, "x", {}, [None], [[]], ["x"], ["2026-11-24"], ["2026-11-24T11:00:00"], ["9999-12-31T23:59:59+00:00"]],
)
def test_what_is_no_instant_is_left_alone(instants: Any) -> None:
    assert compared(instants, "Europe/Paris", "Pacific/Kiritimati") == {}


def test_a_flood_of_instants_is_cut() -> None:
    many = [f"2026-11-{day:02}T{hour:02}:00:00+00:00" for day in range(1, 29) for hour in range(24)]
    assert len(compared(many, "Europe/Paris", "UTC")) == 64
