"""Step 2 of booking, step 1 of moving: how the appointment takes place."""

from collections.abc import Sequence

import reflex as rx

from app import addresses
from app.components import blocks, buttons, fields, notices
from app.components.journey import journey_page
from app.components.stepper import BOOKING, RESCHEDULING
from app.state.channel import FIELD, ChannelChoice, ChannelState
from app.state.office import PlaceCard


def channel() -> rx.Component:
    """Return step 2 of booking."""
    back = buttons.go("Étape précédente", addresses.TOPIC, "btn second")
    return _page(BOOKING, 2, back)


def reschedule_channel() -> rx.Component:
    """Return step 1 of moving an appointment."""
    return _page(RESCHEDULING, 1)


def _page(steps: Sequence[str], current: int, *back: rx.Component) -> rx.Component:
    return journey_page(
        steps,
        current,
        "Choisissez comment être reçu",
        rx.el.p(
            ChannelState.topic_label, " · ", ChannelState.office_name, " · ", ChannelState.length, class_name="soft"
        ),
        rx.cond(ChannelState.documents.length() > 0, _documents()),
        rx.cond(ChannelState.options.length() > 0, _form(*back), _nothing()),
    )


def _form(*back: rx.Component) -> rx.Component:
    return rx.fragment(
        fields.error_summary(ChannelState),
        fields.form(
            fields.radio_group(
                ChannelState,
                FIELD,
                "Modalité du rendez-vous",
                rx.foreach(ChannelState.options, _choice),
            ),
            rx.foreach(ChannelState.points, _point),
            buttons.steps(buttons.submit("Rechercher un créneau disponible"), *back),
            on_submit=ChannelState.choose,
        ),
    )


def _documents() -> rx.Component:
    return rx.el.details(rx.el.summary("Documents à préparer"), blocks.bullets(ChannelState.documents))


def _choice(choice: rx.Var[ChannelChoice]) -> rx.Component:
    return fields.radio(
        FIELD,
        choice.value,
        choice.label,
        hint=rx.fragment(choice.hint, rx.el.br(), choice.first, "."),
        identifier=choice.id,
        chosen=ChannelState.chosen,
        keep=ChannelState.keep(choice.value),
    )


def _point(point: rx.Var[PlaceCard]) -> rx.Component:
    return rx.el.details(
        rx.el.summary("Horaires et accessibilité\u00a0: ", point.name),
        rx.el.p(point.address),
        blocks.bullets(point.hours),
        rx.el.p(point.access),
        rx.el.p("Téléphone\u00a0: ", blocks.phone(point.phone, point.call)),
    )


def _nothing() -> rx.Component:
    return notices.notice(
        rx.el.h2("Ce service ne prend pas de rendez-vous pour ce motif"),
        rx.el.p("Choisissez un autre motif, ou un autre service."),
        buttons.actions(
            buttons.go("Rechercher un autre service", addresses.OTHER_OFFICE),
            buttons.go("Changer de motif", addresses.topic_from_top(""), "btn second"),
        ),
    )
