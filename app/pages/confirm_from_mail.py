"""The page on which the reader of a mail confirms an appointment."""

import reflex as rx

from app import addresses
from app.components import appointment, buttons, fields, layout, notices
from app.state.confirm_from_mail import ConfirmFromMailState


def confirm_from_mail() -> rx.Component:
    """Return the appointment behind the link, and the button that confirms it while it waits."""
    return layout.page(
        rx.el.h1(
            rx.match(
                ConfirmFromMailState.status,
                ("waiting", "Confirmez votre rendez-vous"),
                ("confirmed", "Votre rendez-vous est confirmé"),
                "Votre rendez-vous",
            ),
            id="titre",
            tab_index=-1,
        ),
        rx.match(
            ConfirmFromMailState.status,
            ("loading", notices.waiting()),
            ("unknown", _unknown()),
            _known(),
        ),
        here="Confirmer un rendez-vous",
    )


def _unknown() -> rx.Component:
    return notices.notice(
        rx.el.h2("Ce lien ne mène pas à un rendez-vous"),
        rx.el.p(
            rx.cond(
                ConfirmFromMailState.is_erased,
                "Le rendez-vous date de plus de treize mois\u00a0: nous n’en gardons plus rien.",
                "Il est incomplet\u00a0: ouvrez le lien entier du courriel.",
            )
        ),
        buttons.actions(buttons.go("Prendre rendez-vous", addresses.CONTACT)),
        tone="warm",
    )


def _known() -> rx.Component:
    card = ConfirmFromMailState.card
    stands = (ConfirmFromMailState.status == "waiting") | (ConfirmFromMailState.status == "confirmed")
    return rx.fragment(
        rx.el.div(_situation(), role="status"),
        rx.cond(
            ConfirmFromMailState.problem != "",
            notices.notice(ConfirmFromMailState.problem, tone="danger", role="alert"),
        ),
        rx.el.div(
            rx.el.div(
                appointment.appointment_facts(card),
                rx.match(
                    ConfirmFromMailState.status,
                    ("waiting", _button()),
                    ("confirmed", _next_steps()),
                    rx.fragment(),
                ),
            ),
            rx.cond(stands, appointment.preparation(card, ConfirmFromMailState.documents)),
            class_name="columns",
        ),
    )


def _situation() -> rx.Component:
    again = appointment.book_again(ConfirmFromMailState)
    return rx.match(
        ConfirmFromMailState.status,
        (
            "waiting",
            notices.notice(
                rx.el.p(
                    rx.el.b("Confirmez avant le ", ConfirmFromMailState.until, ". "),
                    "Ensuite, l’heure est proposée à une autre personne.",
                ),
                rx.el.p("Si ce rendez-vous ne vient pas de vous, ne faites rien."),
                tone="warm",
            ),
        ),
        (
            "confirmed",
            notices.success(
                rx.el.p("Un courriel le rappelle, avec le fichier pour votre agenda. Vous n’avez plus rien à faire."),
            ),
        ),
        (
            "lapsed",
            notices.notice(
                rx.el.p(
                    rx.el.b("Ce rendez-vous n’a pas été confirmé à temps. "),
                    "L’heure est proposée à d’autres personnes.",
                ),
                again,
                tone="warm",
            ),
        ),
        ("cancelled", notices.notice(rx.el.p(rx.el.b("Ce rendez-vous est annulé.")), again)),
        ("past", notices.notice(rx.el.p(rx.el.b("Ce rendez-vous est passé.")), again)),
        rx.fragment(),
    )


def _button() -> rx.Component:
    return fields.form(
        buttons.actions(buttons.submit("Confirmer ce rendez-vous", ConfirmFromMailState.busy)),
        on_submit=ConfirmFromMailState.submit,
    )


def _next_steps() -> rx.Component:
    card = ConfirmFromMailState.card
    return buttons.actions(
        buttons.download("Ajouter à mon agenda", card.calendar_href, "rendez-vous.ics"),
        buttons.go("Déplacer ou annuler", card.manage_href, "btn second"),
    )
