"""Dialogs: the browser's own `<dialog>`, opened and closed by assets/guichet.js, so without a round trip."""

from typing import Any

import reflex as rx


def dialog(identifier: str, title: str, *content: Any) -> rx.Component:
    """Return a dialog that an `opener` of the same identifier shows; Escape and `closer` close it."""
    return rx.el.dialog(
        rx.el.h2(title, id=f"{identifier}-titre", tab_index=-1),
        *content,
        id=identifier,
        custom_attrs={"aria-labelledby": f"{identifier}-titre"},
    )


def opener(label: str, identifier: str, class_name: str = "btn second") -> rx.Component:
    """Return the button that opens a dialog."""
    return rx.el.button(label, type="button", class_name=class_name, custom_attrs={"data-open": identifier})


def closer(label: str = "Fermer", on_click: Any = None, class_name: str = "btn") -> rx.Component:
    """Return a button that closes the dialog it stands in, and does something more if told to."""
    events = {"on_click": on_click} if on_click is not None else {}
    return rx.el.button(label, type="button", class_name=class_name, custom_attrs={"data-close": ""}, **events)
