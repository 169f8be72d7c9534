"""The office that was found, and the choice of another one."""

from typing import Any

import reflex as rx

from app import addresses
from app.components import blocks, buttons, fields, layout
from app.components.appointment import limit_reached
from app.components.journey import gate, leaving
from app.state.journey import JourneyState
from app.state.office import OfficeCard, OfficeState, OtherOfficeState, PlaceCard, departments

_CRUMBS = (("Contact", addresses.CONTACT),)


def office() -> rx.Component:
    """Return the office's details, and « Prendre rendez-vous »."""
    return layout.page(
        rx.el.h1("Votre service", id="titre", tab_index=-1),
        gate(
            JourneyState,
            rx.el.div(
                rx.el.div(
                    rx.el.h2(OfficeState.office.name),
                    blocks.facts(
                        blocks.fact("Adresse", OfficeState.office.street, rx.el.br(), OfficeState.office.city),
                        blocks.fact("Téléphone", blocks.phone(OfficeState.office.phone, OfficeState.office.call)),
                        blocks.fact("Courriel", blocks.mail_link(OfficeState.office.email)),
                        blocks.fact("Rendez-vous", blocks.bullets(OfficeState.offers)),
                        blocks.fact("Accès", OfficeState.office.access),
                    ),
                    rx.cond(OfficeState.is_full, _full()),
                    buttons.actions(
                        rx.cond(~OfficeState.is_full, buttons.go("Prendre rendez-vous", OfficeState.book_href)),
                        buttons.go("Rechercher un autre service", addresses.OTHER_OFFICE, "btn second"),
                    ),
                ),
                rx.el.aside(
                    rx.el.h2("Horaires"),
                    blocks.bullets(OfficeState.hours),
                    rx.el.p("Fermé les jours fériés.", class_name="soft"),
                    class_name="side",
                    aria_label="Horaires",
                ),
                class_name="columns",
            ),
            rx.cond(OfficeState.points.length() > 0, local_points(OfficeState.points)),
            leaving(JourneyState),
        ),
        crumbs=_CRUMBS,
        here="Votre service",
    )


def _full() -> rx.Component:
    return limit_reached(rx.el.p(rx.el.a("Voir «\u00a0Mes contacts\u00a0»", href=addresses.PERSONAL_SPACE)))


def local_points(points: Any) -> rx.Component:
    """Return the local points of an office, from a list of PlaceCard."""
    return rx.el.section(
        rx.el.h2("Plus près de chez vous", id="proximite"),
        rx.el.p(
            "Ce service donne aussi rendez-vous dans des points d’accueil de proximité, sur place ou par "
            "visioconférence\u00a0: pour une visioconférence, vous devez vous y rendre."
        ),
        rx.el.ul(rx.foreach(points, _local_point), class_name="results"),
        aria_labelledby="proximite",
        class_name="prose",
    )


def _local_point(point: rx.Var[PlaceCard]) -> rx.Component:
    return rx.el.li(
        rx.el.h3(point.name),
        rx.el.p(point.address),
        blocks.bullets(point.offers),
        rx.el.details(
            rx.el.summary("Horaires et accessibilité", rx.el.span("\u00a0: ", point.name, class_name="unseen")),
            blocks.bullets(point.hours),
            rx.el.p(point.access),
            rx.el.p("Téléphone\u00a0: ", blocks.phone(point.phone, point.call)),
        ),
    )


def other_office() -> rx.Component:
    """Return the offices of a department, to choose another one."""
    return layout.page(
        rx.el.h1("Rechercher un autre service", id="titre", tab_index=-1),
        gate(
            JourneyState,
            rx.el.p("Service actuel : ", rx.el.b(OtherOfficeState.current)),
            rx.el.div(
                rx.el.label("Département", html_for="departement"),
                rx.el.select(
                    fields.options(departments()),
                    id="departement",
                    value=OtherOfficeState.department,
                    on_change=OtherOfficeState.list_department,
                ),
                class_name="field form",
            ),
            rx.el.ul(rx.foreach(OtherOfficeState.results, _result), class_name="results"),
            rx.el.p(rx.el.a("Garder le service actuel", href=addresses.OFFICE)),
        ),
        crumbs=(*_CRUMBS, ("Votre service", addresses.OFFICE)),
        here="Autre service",
    )


def _result(card: rx.Var[OfficeCard]) -> rx.Component:
    return rx.el.li(
        rx.el.h2(card.name),
        rx.el.p(card.street, ", ", card.city),
        rx.el.button(
            "Choisir ce service",
            rx.el.span(" : ", card.name, class_name="unseen"),
            type="button",
            on_click=OtherOfficeState.take(card.id),
            class_name="btn second",
        ),
    )
