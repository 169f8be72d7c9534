"""The page a mail links to."""

import reflex as rx

from app import addresses
from app.components import appointment, buttons, layout, notices, on_device, refused_address
from app.state.follow_up import FollowUpState


def follow_up() -> rx.Component:
    """Return the appointment behind the link, what became of it, and what can be done."""
    return layout.page(
        rx.el.h1("Votre rendez-vous", id="titre", tab_index=-1),
        rx.match(
            FollowUpState.status,
            ("loading", notices.waiting()),
            ("unknown", _unknown()),
            _known(),
        ),
        here="Votre rendez-vous",
    )


def _unknown() -> rx.Component:
    return notices.notice(
        rx.el.h2("Ce lien ne mène plus à un rendez-vous"),
        rx.el.p(
            rx.cond(
                FollowUpState.is_erased,
                "Le rendez-vous date de plus de treize mois\u00a0: nous n’en gardons plus rien.",
                "Il est incomplet\u00a0: ouvrez le lien entier du courriel, ou demandez-le à nouveau.",
            )
        ),
        buttons.actions(
            buttons.go("Recevoir le lien à nouveau", f"{addresses.CONTACT}#retrouver"),
            buttons.go("Prendre rendez-vous", addresses.CONTACT, "btn second"),
        ),
        tone="warm",
    )


def _known() -> rx.Component:
    card = FollowUpState.card
    return rx.fragment(
        rx.el.div(_situation(), role="status"),
        refused_address.block(FollowUpState),
        rx.el.div(
            rx.el.div(
                appointment.appointment_facts(card),
                rx.cond(
                    FollowUpState.problem != "", notices.notice(FollowUpState.problem, tone="danger", role="alert")
                ),
                rx.cond(FollowUpState.status == "booked", rx.cond(FollowUpState.asking, _question(), _choices())),
            ),
            rx.cond(
                FollowUpState.status == "booked", appointment.preparation(card, FollowUpState.documents), rx.fragment()
            ),
            rx.el.div(
                rx.match(
                    FollowUpState.status,
                    ("booked", on_device.block(FollowUpState)),
                    ("cancelled", on_device.erased(FollowUpState.card)),
                    rx.fragment(),
                ),
                appointment.story(FollowUpState.history, FollowUpState.mails),
                class_name="rest",
            ),
            class_name="columns",
        ),
    )


def _situation() -> rx.Component:
    return rx.match(
        FollowUpState.status,
        (
            "cancelled",
            notices.notice(
                rx.el.p(
                    rx.el.b("Ce rendez-vous est annulé. "),
                    rx.cond(
                        FollowUpState.is_told_by_mail,
                        "Un courriel vous le confirme.",
                        "Aucun courriel ne vous le confirme\u00a0: la messagerie n’accepte pas l’adresse donnée.",
                    ),
                ),
                appointment.book_again(FollowUpState),
                tone="ok",
            ),
        ),
        (
            "past",
            notices.notice(
                rx.el.p(rx.el.b("Ce rendez-vous est passé. "), "Il ne peut plus être déplacé ni annulé."),
                appointment.book_again(FollowUpState),
            ),
        ),
        rx.fragment(),
    )


def _choices() -> rx.Component:
    return buttons.actions(
        buttons.act("Replanifier", FollowUpState.reschedule, "btn"),
        buttons.act("Annuler", FollowUpState.ask),
        buttons.download("Ajouter à mon agenda", FollowUpState.card.calendar_href, "rendez-vous.ics", "btn quiet"),
    )


def _question() -> rx.Component:
    return notices.notice(
        rx.el.h2("Annuler ce rendez-vous ?", id="question", tab_index=-1),
        rx.el.p("L’heure sera proposée à une autre personne. Vous pourrez reprendre rendez-vous plus tard."),
        buttons.actions(
            buttons.act("Oui, annuler", FollowUpState.cancel, "btn danger"),
            buttons.act("Non, le garder", FollowUpState.keep_it),
        ),
        tone="warm",
    )
