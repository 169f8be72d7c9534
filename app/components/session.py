"""The warning before a session ends (WCAG 2.2.1): assets/session.js opens it two minutes before, in this browser."""

import reflex as rx

from app.components import buttons, dialog
from app.components.durations import LONGEST
from app.state.account import AccountState

_ID, _TITLE_ID, _WORDS_ID = "fin-de-session", "fin-de-session-titre", "fin-de-session-texte"


def warning() -> rx.Component:
    """Return the dialog, closed, for whoever is signed in."""
    return rx.cond(AccountState.session_measured != "", rx.fragment(_watched()))


def _watched() -> rx.Component:
    state = AccountState
    return rx.el.div(
        rx.el.script(src="/session.js", custom_attrs={"async": True}),
        # The script presses it to learn whether another tab was used meanwhile.
        rx.el.button(type="button", hidden=True, on_click=state.look, custom_attrs={"data-session-look": ""}),
        rx.el.dialog(
            rx.el.h2("Votre session va prendre fin", id=_TITLE_ID, tab_index=-1),
            rx.el.div(rx.cond(state.session_is_last, _last(), _idle()), id=_WORDS_ID),
            id=_ID,
            role="alertdialog",
            custom_attrs={"aria-labelledby": _TITLE_ID, "aria-describedby": _WORDS_ID},
        ),
        custom_attrs={
            "data-session": state.session_measured,
            "data-left": state.session_left,
            "data-warned-at": state.session_warned_at,
        },
    )


def _idle() -> rx.Component:
    return rx.fragment(
        rx.el.p("Sans action de votre part, elle prend fin dans ", _time(), ". ", _kept()),
        buttons.actions(buttons.act("Rester connecté", AccountState.stay, "btn")),
    )


def _last() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            "Elle prend fin dans ",
            _time(),
            " et ne peut pas être prolongée : une session dure ",
            LONGEST,
            " au plus. ",
            _kept(),
        ),
        buttons.actions(dialog.closer("J’ai compris")),
    )


def _time() -> rx.Component:
    return rx.el.b(role="timer", custom_attrs={"data-session-time": ""})


def _kept() -> rx.Component:
    return rx.el.span(
        "Ce que vous avez saisi est gardé, sauf les mots de passe et les informations de confiance : vous le "
        "retrouverez après vous être reconnecté."
    )
