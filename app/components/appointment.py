"""An appointment in words: facts, documents, what to know beforehand, what happened to it."""

from typing import Any

import reflex as rx

from app.components import blocks, both_times, buttons, notices
from app.services.appointments import limits
from app.state.appointment_story import HistoryLine, MailLine


def appointment_facts(card: Any) -> rx.Component:
    """Return what an appointment is: when, where or how, for whom, under which reference."""
    return blocks.facts(
        blocks.fact("Date et heure", card.words, main=True),
        both_times.fact(card.starts_at, card.timezone),
        blocks.fact("Durée", card.duration),
        blocks.fact("Rendez-vous", card.channel),
        blocks.fact_if(card.place != "", "Adresse", *place_lines(card)),
        blocks.fact_if(card.called != "", "Numéro appelé", card.called),
        blocks.fact_if((card.place == "") | (card.point != ""), "Service", card.office),
        blocks.fact("Motif", card.topic),
        rx.cond(
            card.received != "",
            rx.fragment(blocks.fact("Personne reçue", card.received), blocks.fact("Pris par", card.name)),
            blocks.fact("Pour", card.name),
        ),
        blocks.fact_if(card.needs != "", "Besoins particuliers", card.needs),
        blocks.fact("Référence", blocks.code(card.reference)),
    )


def place_lines(card: Any) -> list[Any]:
    """Return where one goes: the local point or the office, its address, what awaits one there, how to get in."""
    return [
        rx.cond(card.point != "", card.point, card.office),
        rx.el.br(),
        card.place,
        rx.cond(card.on_arrival != "", rx.el.b(card.on_arrival, class_name="below")),
        rx.cond(card.access != "", rx.el.span(card.access, class_name="soft small below")),
    ]


def limit_reached(*more: rx.Component) -> rx.Component:
    """Return what stands in place of « Prendre rendez-vous » for whoever has all the appointments that are allowed."""
    return notices.notice(
        rx.el.p(
            rx.el.b(f"Vous avez déjà {limits.PER_ACCOUNT} rendez-vous à venir. "),
            "C’est le nombre permis par espace : annulez-en un pour en prendre un autre, ou déplacez-le.",
        ),
        *more,
        tone="warm",
    )


def book_again(state: Any) -> rx.Component:
    """Return the button that begins anew at the same office and on the same topic; `state` has an `AgainMixin`."""
    return rx.fragment(
        rx.el.p("Le service et le motif restent les mêmes ; vous choisissez une autre date."),
        buttons.actions(buttons.act("Prendre un nouveau rendez-vous", state.book_again, "btn second")),
    )


def preparation(card: Any, documents: Any) -> rx.Component:
    """Return what to bring and what may happen before."""
    return rx.el.aside(
        rx.el.h2("Avant le rendez-vous"),
        rx.cond(
            documents.length() > 0,
            rx.fragment(rx.el.p("Préparez ces documents :"), blocks.bullets(documents)),
            rx.el.p("Aucun document particulier n’est demandé."),
        ),
        rx.el.p("Un agent pourra vous téléphoner pour préparer votre rendez-vous."),
        rx.el.p("Téléphone du service : ", blocks.phone(card.office_phone, card.office_call)),
        class_name="side",
        aria_label="Avant le rendez-vous",
    )


def story(history: Any, mails: Any, heading: Any = rx.el.h2) -> rx.Component:
    """Return what happened to an appointment and the mails about it, from lists of HistoryLine and MailLine."""
    return rx.fragment(
        heading("Historique"),
        rx.el.ul(rx.foreach(history, _change), class_name="story"),
        rx.cond(
            mails.length() > 0,
            rx.fragment(heading("Courriels"), rx.el.ul(rx.foreach(mails, _mail), class_name="story")),
        ),
    )


def _change(line: rx.Var[HistoryLine]) -> rx.Component:
    return rx.el.li(rx.el.b(line.what), rx.cond(line.when != "", rx.el.span(line.when)))


def _mail(line: rx.Var[MailLine]) -> rx.Component:
    return rx.el.li(rx.el.b(line.what), rx.el.span(line.state))
