"""The office's time and the person's own, when the two clocks differ."""

from typing import Any

import reflex as rx
from reflex.event import passthrough_event_spec

from app.components import blocks
from app.state.zone import ZoneState


class _OwnTime(rx.Component):
    library = "$/public/own-time.js"
    tag = "OwnTime"

    instants: rx.Var[list[str]]
    office: rx.Var[str]
    on_compare: rx.EventHandler[passthrough_event_spec(list[str], str, str)]  # type: ignore[type-arg, valid-type]


def ask(instants: Any, office_zone: Any) -> rx.Component:
    """Return nothing to see; asks for both times of `instants` (a state's list of ISO texts) at this office."""
    return _OwnTime.create(instants=instants, office=office_zone, on_compare=ZoneState.compare)


def words(instant: Any) -> rx.Component:
    """Return both times of one instant asked for with `ask`, nothing when the clocks agree."""
    return rx.cond(said(instant), rx.el.span(ZoneState.both[instant], class_name="both-times"))


def fact(instant: Any, office_zone: Any) -> rx.Component:
    """Return both times as a fact of a list, and ask for them."""
    return rx.fragment(
        ask([instant], office_zone), blocks.fact_if(said(instant), "Selon votre horloge", ZoneState.both[instant])
    )


def said(instant: Any) -> Any:
    """Return whether there is anything to say about an instant."""
    return ZoneState.both[instant]
