"""What is said of an appointment's mail address when the mail server refuses it, and the form that corrects it."""

from typing import Any

import reflex as rx

from app.components import blocks, buttons, fields, notices


def block(state: Any) -> rx.Component:
    """Return the notice with « Corriger l’adresse », announced when it comes; `state` has `RefusedAddressMixin`."""
    return rx.fragment(
        rx.el.div(
            rx.cond(state.refused, _refused(state), rx.cond(state.corrected, _corrected(state))),
            role="status",
        ),
        rx.cond(state.refused & state.correcting, _form(state)),
    )


def _refused(state: Any) -> rx.Component:
    return notices.notice(
        rx.el.p(
            "L’adresse ",
            rx.el.b(blocks.mail(state.card.email)),
            " n’a pas été acceptée par la messagerie\u00a0: aucun courriel n’y arrive. "
            "Votre rendez-vous reste enregistré.",
        ),
        rx.cond(
            state.correcting,
            rx.fragment(),
            buttons.actions(buttons.act("Corriger l’adresse", state.correct_address, "btn")),
        ),
        tone="warm",
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
