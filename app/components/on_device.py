"""« Garder ce rendez-vous sur cet appareil »."""

from typing import Any

import reflex as rx
from reflex.vars.function import FunctionStringVar

from app.state.on_device import NAME

# Not Reflex's own event: that one loads the page again, which then competes with the way out.
FORGET: Any = FunctionStringVar.create(f"(() => {{ try {{ localStorage.removeItem('{NAME}'); }} catch {{}} }})")
"""Takes whatever appointment this device keeps from it, for « Effacer et quitter »."""


class _OnDevice(rx.Component):
    library = "$/public/on-device.js"
    tag = "OnDevice"

    name: rx.Var[str]
    card: rx.Var[Any]
    documents: rx.Var[list[str]]
    gone: rx.Var[bool]


def block(state: Any) -> rx.Component:
    """Return the choice to keep the appointment of `state` (`card`, `documents`) on this device, or to erase it."""
    return rx.el.section(
        rx.el.h2("Sans connexion", id="sur-appareil"),
        rx.el.p(
            "Cet appareil peut garder la date, le lieu et la référence, pour les montrer même sans réseau. "
            "Sur un appareil partagé, d’autres personnes pourront les lire."
        ),
        _OnDevice.create(name=NAME, card=state.card, documents=state.documents),
        class_name="apart no-print",
        aria_labelledby="sur-appareil",
    )


def erased(card: Any) -> rx.Component:
    """Return nothing to see; takes the appointment of `card` from this device: it is cancelled."""
    return _OnDevice.create(name=NAME, card=card, documents=[], gone=True)
