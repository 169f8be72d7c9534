"""The portal's mark and the few pictures it uses, drawn for it.

Attributes go through `custom_attrs`: Reflex would turn `fill` or `stroke` into a style, which the content security
policy forbids.
"""

import reflex as rx

_LINE = {"stroke": "currentColor", "strokeWidth": "3.6", "strokeLinecap": "round"}


def mark() -> rx.Component:
    """Return the mark: somebody at a counter under an arch."""
    return _picture(
        "0 0 40 40",
        _path("M5 37V17C5 8.7 11.7 3 20 3s15 5.7 15 14v20"),
        _path("M2.5 37h35"),
        rx.el.circle(custom_attrs={"cx": "20", "cy": "17", "r": "4.4", "fill": "currentColor"}),
        _path("M12.6 31c.6-4.6 3.6-6.9 7.4-6.900s6.8 2.3 7.4 6.9"),
    )


def check() -> rx.Component:
    """Return a tick in a circle, for what has been done."""
    return _picture(
        "0 0 40 40",
        rx.el.circle(custom_attrs={"cx": "20", "cy": "20", "r": "17", **_LINE}),
        _path("M12.5 20.500l5.2 5.200L28 15"),
    )


def bars() -> rx.Component:
    """Return the three bars of the menu button."""
    return _picture("0 0 40 40", _path("M5 10h30M5 20h30M5 30h30"))


def _path(drawing: str) -> rx.Component:
    return rx.el.path(custom_attrs={"d": drawing, **_LINE})


def _picture(view_box: str, *shapes: rx.Component) -> rx.Component:
    return rx.el.svg(*shapes, custom_attrs={"viewBox": view_box, "fill": "none", "aria-hidden": "true"})
