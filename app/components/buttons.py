"""Buttons and links that act."""

from typing import Any

import reflex as rx


def submit(label: str, busy: Any = False, class_name: str = "btn") -> rx.Component:
    """Return the main button of a form; while `busy` it shows the work and a second press does nothing."""
    return rx.el.button(
        label,
        type="submit",
        class_name=class_name,
        custom_attrs={"aria-disabled": rx.cond(busy, "true", "false")} if isinstance(busy, rx.Var) else {},
    )


def act(label: str, on_click: Any, class_name: str = "btn second") -> rx.Component:
    """Return a button that does something on this page."""
    return rx.el.button(label, type="button", on_click=on_click, class_name=class_name)


def go(label: str, href: Any, class_name: str = "btn") -> rx.Component:
    """Return a link that looks like a button."""
    return rx.el.a(label, href=href, class_name=class_name)


def download(label: str, href: Any, name: str, class_name: str = "btn") -> rx.Component:
    """Return a link to a file, saved under `name`; the browser fetches it, the router would look for a page."""
    return rx.el.a(label, href=href, download=name, class_name=class_name, custom_attrs={"reloadDocument": True})


def actions(*buttons: rx.Component) -> rx.Component:
    """Return a row of buttons, the main one first, read and reached in this order everywhere."""
    return rx.el.div(*buttons, class_name="actions")


def steps(onward: rx.Component | None, *others: rx.Component) -> rx.Component:
    """Return the row that ends a step: the way on (if there is one), « Effacer », « Étape précédente » in the source.

    On a desktop it is shown reversed, the step before on the left, as in the guide; on a phone the way on comes first.
    Under an agenda it stays at the bottom of a phone's screen.
    """
    first = [] if onward is None else [rx.el.div(onward, class_name="bar")]
    return rx.el.div(*first, *others, class_name="actions steps-row")
