"""What is said of a mail address that the mail server refuses, and the form that corrects that of an appointment."""

from typing import Any

import reflex as rx

from app.components import blocks, buttons, fields, notices
from app.state.refused_address import REFUSAL_ID


def block(state: Any) -> rx.Component:
    """Return the notice with « Corriger l’adresse », announced when it comes; `state` has `RefusedAddressMixin`."""
    return rx.fragment(
        rx.el.div(
            rx.cond(state.refused, _refused(state), rx.cond(state.corrected, _corrected(state))),
            role="status",
        ),
        rx.cond(state.refused & state.correcting, _form(state)),
    )


def refusal(email: Any, *more: Any) -> rx.Component:
    """Return the notice that the mail server refuses an address, and in `more` what now; it belongs in a status."""
    return notices.notice(
        rx.el.p(
            "L’adresse ",
            rx.el.b(blocks.mail(email)),
            " n’a pas été acceptée par la messagerie\u00a0: aucun courriel n’y arrive.",
        ),
        *more,
        tone="warm",
    )


def in_place(email: Any, *more: Any) -> rx.Component:
    """Return that notice where it replaces what had the focus: it takes it over."""
    return rx.el.div(refusal(email, *more), id=REFUSAL_ID, tab_index=-1)


def refused_code(state: Any) -> rx.Component:
    """Return what a page that waits for a code says of a refused address; `state` has `RefusedCodeMixin`."""
    return in_place(
        state.email,
        rx.el.p(
            "Votre espace n’est pas créé. Corrigez l’adresse, puis choisissez à nouveau votre mot de passe\u00a0: vos "
            "autres réponses sont gardées pendant vingt-quatre heures."
        ),
        buttons.actions(buttons.act("Corriger l’adresse", state.correct_address, "btn")),
    )


def _refused(state: Any) -> rx.Component:
    return refusal(
        state.card.email,
        rx.el.p("Votre rendez-vous reste enregistré."),
        rx.cond(
            state.correcting,
            rx.fragment(),
            buttons.actions(buttons.act("Corriger l’adresse", state.correct_address, "btn")),
        ),
    )


def _corrected(state: Any) -> rx.Component:
    return notices.notice(
        rx.el.p(
            rx.el.b("Adresse corrigée. "),
            "Un courriel est envoyé à l’adresse ",
            rx.el.b(blocks.mail(state.card.email)),
            ".",
        ),
        tone="ok",
    )


def _form(state: Any) -> rx.Component:
    return rx.fragment(
        fields.error_summary(state),
        fields.form(
            fields.text_field(
                state,
                "email",
                "Nouvelle adresse électronique",
                hint="Par exemple\u00a0: nom@domaine.fr. La confirmation et le rappel y sont envoyés.",
                mark="obligatoire",
                kind="email",
                autoComplete="email",
                spellCheck="false",
                is_last=True,
            ),
            buttons.actions(buttons.submit("Enregistrer l’adresse", state.busy)),
            on_submit=state.submit,
        ),
    )
