"""The last step: what has been booked or moved."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from app import addresses
from app.components import appointment, blocks, buttons, mailbox, notices, on_device, refused_address
from app.components.journey import journey_page, leave_button
from app.components.stepper import BOOKING, RESCHEDULING
from app.state.confirmation import ConfirmationState
from app.state.journey import JourneyState


def confirmation() -> rx.Component:
    """Return step 5 of booking."""
    return _page(BOOKING, "Votre rendez-vous est enregistré")


def reschedule_confirmation() -> rx.Component:
    """Return the last step of moving an appointment."""
    return _page(RESCHEDULING, "Votre rendez-vous est déplacé")


def _page(steps: Sequence[str], title: str) -> rx.Component:
    card = ConfirmationState.card
    return journey_page(
        steps,
        len(steps),
        title,
        notices.success(
            rx.el.div(
                rx.cond(
                    ConfirmationState.refused,
                    rx.el.p("L’heure vous est réservée."),
                    _mails(card),
                ),
            ),
        ),
        refused_address.block(ConfirmationState),
        rx.el.div(
            rx.el.div(
                appointment.appointment_facts(card),
                buttons.actions(
                    rx.cond(
                        card.calendar_href != "",
                        buttons.download("Ajouter à mon agenda", card.calendar_href, "rendez-vous.ics"),
                    ),
                    rx.el.button("Imprimer", type="button", class_name="btn second", custom_attrs={"data-print": ""}),
                ),
            ),
            appointment.preparation(card, ConfirmationState.documents),
            rx.el.div(
                rx.el.h2("Un empêchement ?"),
                _hindrance(card),
                on_device.block(ConfirmationState),
                mailbox.note(),
                class_name="rest",
            ),
            class_name="columns",
        ),
        rx.el.div(
            rx.el.p("Ordinateur partagé ? Effacez ces informations de ce navigateur.", class_name="soft"),
            leave_button(JourneyState),
            class_name="leave no-print",
        ),
        leave=False,
    )


def _hindrance(card: Any) -> rx.Component:
    contacts = rx.el.a("« Mes contacts »", href=addresses.PERSONAL_SPACE)
    freed = " L’heure libérée servira à une autre personne."
    now = rx.el.a("dès maintenant", href=card.manage_href)
    return rx.cond(
        ConfirmationState.in_space,
        rx.el.p("Déplacez ou annulez ce rendez-vous dans ", contacts, ", ou avec le lien du courriel.", freed),
        rx.el.p("Déplacez ou annulez ce rendez-vous avec le lien du courriel, ou ", now, ".", freed),
    )


def _mails(card: Any) -> rx.Component:
    return rx.el.div(
        rx.cond(
            card.email != "",
            rx.el.p(
                "Un courriel de confirmation est envoyé à l’adresse ",
                rx.el.b(blocks.mail(card.email)),
                ". Regardez aussi dans les courriers indésirables.",
            ),
            rx.el.p("Un courriel de confirmation est envoyé à l’adresse donnée lors de la prise de rendez-vous."),
        ),
        rx.cond(ConfirmationState.in_space, rx.fragment(), _from_the_mail()),
        rx.cond(
            card.reminder != "",
            rx.el.p("Un rappel vous sera envoyé le ", rx.el.b(card.reminder), "."),
            rx.el.p("Le rendez-vous est proche\u00a0: aucun rappel ne suivra."),
        ),
    )


def _from_the_mail() -> rx.Component:
    """Return what to do with the mail; unless whoever booked knows better, the same to all (docs/decisions/0015)."""
    return rx.cond(
        ConfirmationState.confirm_by != "",
        rx.el.p(
            "Vous aviez déjà ",
            ConfirmationState.had_before,
            " rendez-vous avec cette adresse\u00a0: ",
            rx.el.b("confirmez celui-ci depuis le courriel avant ", ConfirmationState.confirm_by),
            ". Sinon, l’heure redevient libre.",
        ),
        rx.el.p("Ouvrez ce courriel dans les 30 minutes\u00a0: vous vérifiez ainsi que l’adresse est la bonne."),
    )
