"""The portal's mark and the few pictures it uses, drawn for it."""

import reflex as rx


def mark() -> rx.Component:
    """Return the mark: somebody at a counter under an arch."""
    stroke = {"stroke": "currentColor", "stroke_width": "3.6", "stroke_linecap": "round"}
    return rx.el.svg(
        rx.el.path(d="M5 37V17C5 8.7 11.7 3 20 3s15 5.7 15 14v20", **stroke),
        rx.el.path(d="M2.5 37h35", **stroke),
        rx.el.circle(cx="20", cy="17", r="4.4", fill="currentColor"),
        rx.el.path(d="M12.6 31c.6-4.6 3.6-6.9 7.4-6.9s6.8 2.3 7.4 6.9", **stroke),
        view_box="0 0 40 40",
        fill="none",
        custom_attrs={"aria-hidden": "true"},
    )


def check() -> rx.Component:
    """Return a tick in a circle, for what has been done."""
    stroke = {"stroke": "currentColor", "stroke_width": "3", "stroke_linecap": "round"}
    return rx.el.svg(
        rx.el.circle(cx="20", cy="20", r="17", **stroke),
        rx.el.path(d="M12.5 20.5l5.2 5.2L28 15", stroke_linejoin="round", **stroke),
        view_box="0 0 40 40",
        fill="none",
        custom_attrs={"aria-hidden": "true"},
    )


def bars() -> rx.Component:
    """Return the three bars of the menu button."""
    return rx.el.svg(
        rx.el.path(d="M2 4h14M2 9h14M2 14h14", stroke="currentColor", stroke_width="2", stroke_linecap="round"),
        view_box="0 0 18 18",
        width="18",
        height="18",
        custom_attrs={"aria-hidden": "true"},
    )
