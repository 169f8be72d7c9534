"""Notices: something to know, to hurry about, to correct, or done."""

from typing import Any

import reflex as rx

from app.components import buttons, icons
from app.content import topics


def notice(*content: Any, tone: str = "", role: str = "") -> rx.Component:
    """Return a notice; `tone` is "", "warm", "danger" or "ok", `role` "alert" or "status" when it appears later."""
    attributes = {"role": role} if role else {}
    return rx.el.div(*content, class_name=f"notice {tone}".strip(), **attributes)


def success(*content: Any) -> rx.Component:
    """Return the notice that something is done."""
    return rx.el.div(icons.check(), *content, class_name="success notice ok")


def hold(what: Any, deadline: Any, now: Any, extend: Any, within: Any) -> rx.Component:
    """Return the countdown of a held slot (WCAG 2.2.1), from `now` on the server's clock to `deadline`, both ISO.

    « Prolonger » shows while no more than `within` seconds are left, and after the end, where it keeps the slot anew.
    Its script comes with it: most pages hold nothing.
    """
    return rx.el.div(
        rx.el.script(src="/countdown.js", custom_attrs={"async": True}),
        rx.el.p(
            "Nous gardons le ",
            rx.el.b(what),
            " pour vous pendant encore ",
            rx.el.b(custom_attrs={"data-deadline": deadline, "data-now": now}, role="timer"),
            ".",
            custom_attrs={"data-deadline-running": ""},
        ),
        rx.el.p(
            "Le délai est passé : ce créneau n’est plus réservé. Vous pouvez encore confirmer s’il est libre.",
            custom_attrs={"data-deadline-over": ""},
            hidden=True,
        ),
        rx.el.span(role="status", class_name="unseen", custom_attrs={"data-deadline-said": ""}),
        rx.el.span(buttons.act("Prolonger", extend), class_name="extend", custom_attrs={"data-extend-within": within}),
        class_name="notice warm hold",
        custom_attrs={"data-hold": ""},
    )


def waiting(what: str = "Chargement…") -> rx.Component:
    """Return what stands in for content on its way; it shows only when that takes a while."""
    return rx.el.p(what, class_name="waiting", role="status")


def without_script() -> rx.Component:
    """Return what a person without JavaScript can do instead."""
    assistance = topics.assistance()
    return notice(
        rx.el.h2("Ce site a besoin de JavaScript pour la prise de rendez-vous et pour les espaces"),
        rx.el.p(
            f"Activez-le dans votre navigateur, ou appelez l’assistance au {assistance.phone}, {assistance.hours} : "
            "un agent prend, déplace ou annule le rendez-vous avec vous, et vous répond pour votre espace. Les pages "
            "d’aide et d’information se lisent sans JavaScript.",
        ),
        tone="warm",
    )
