"""What the pages of a journey share: they wait, ask whether to resume, or show their content."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from app import addresses
from app.components import buttons, layout, notices, on_device
from app.components.stepper import stepper
from app.state.journey import JourneyState

_HERE = "Rendez-vous"
_CRUMBS = (("Contact", addresses.CONTACT),)


def journey_page(steps: Sequence[str], current: int, title: str, *content: Any, leave: bool = True) -> rx.Component:
    """Return step `current` (from 1) of a journey, with « Effacer et quitter » under it unless `leave` is false."""
    return wizard_page(JourneyState, steps, current, title, *content, crumbs=_CRUMBS, here=_HERE, leave=leave)


def wizard_page(
    state: Any,
    steps: Sequence[str],
    current: int,
    title: str | rx.Var[str],
    *content: Any,
    crumbs: Sequence[layout.Crumb],
    here: str,
    leave: bool = True,
) -> rx.Component:
    """Return step `current` (from 1) of the journey behind `state`, named `here` in the breadcrumb after `crumbs`."""
    return layout.page(
        stepper(steps, current, title),
        gate(state, *content, *([leaving(state)] if leave else [])),
        crumbs=crumbs,
        here=here,
    )


def gate(state: Any, *content: Any) -> rx.Component:
    """Return the content once the journey behind `state` (phase, resume, restart, leave) may be shown in this tab."""
    return rx.match(
        state.phase,
        ("ready", rx.fragment(*content)),
        ("resume", resume_question(state)),
        ("no_cookies", no_cookies()),
        notices.waiting(),
    )


def resume_question(state: Any) -> rx.Component:
    """Ask whether to go on with what was begun, without showing whose it is."""
    return notices.notice(
        rx.el.h2("Une demande est déjà commencée dans ce navigateur"),
        rx.el.p("Reprenez-la si c’est la vôtre. Sinon, recommencez : elle sera effacée."),
        buttons.actions(
            buttons.act("Reprendre", state.resume, "btn"),
            buttons.act("Recommencer", state.restart),
        ),
    )


def no_cookies() -> rx.Component:
    """Explain that the journey needs its one cookie."""
    return notices.notice(
        rx.el.h2("Votre navigateur refuse les cookies"),
        rx.el.p(
            "Un seul cookie, sans publicité ni suivi, garde votre saisie jusqu’à la confirmation. Acceptez les cookies "
            "de ce site, puis rechargez la page. Vous pouvez aussi appeler l’assistance au ",
            layout.ASSISTANCE_PHONE,
            ".",
        ),
        tone="warm",
    )


def leaving(state: Any) -> rx.Component:
    """Return « Effacer et quitter », for computers that several people use."""
    return rx.el.div(
        rx.el.p("Ordinateur partagé ? Effacez votre saisie avant de partir.", class_name="soft"),
        leave_button(state),
        class_name="leave no-print",
    )


def leave_button(state: Any) -> rx.Component:
    """Return the button that erases what was typed, and what this device keeps, and leaves."""
    erase = [on_device.FORGET, state.leave]
    return rx.el.button("Effacer et quitter", type="button", on_click=erase, class_name="as-link")
