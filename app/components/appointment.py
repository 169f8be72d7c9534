"""An appointment in words: facts, documents, what to know beforehand."""

from typing import Any

import reflex as rx

from app.components import blocks


def appointment_facts(card: Any) -> rx.Component:
    """Return what an appointment is: when, where or how, with whom, under which reference."""
    return blocks.facts(
        blocks.fact("Date et heure", card.words, main=True),
        blocks.fact("Durée", card.duration),
        blocks.fact("Rendez-vous", card.channel),
        blocks.fact_if(card.place != "", "Adresse", card.office, rx.el.br(), card.place),
        blocks.fact_if(card.called != "", "Numéro appelé", card.called),
        blocks.fact_if(card.place == "", "Service", card.office),
        blocks.fact("Motif", card.topic),
        blocks.fact("Pour", card.name),
        blocks.fact("Référence", rx.el.span(card.reference, class_name="reference")),
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
        rx.el.p("Téléphone du service : ", rx.el.span(card.office_phone, class_name="nowrap")),
        class_name="side",
        aria_label="Avant le rendez-vous",
    )
