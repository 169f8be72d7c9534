"""Step 3 of booking, step 2 of moving: the agenda."""

from collections.abc import Sequence

import reflex as rx

from app import addresses
from app.components import agenda, both_times, buttons, fields, notices
from app.components.journey import journey_page
from app.components.stepper import BOOKING, RESCHEDULING
from app.state.slot import Elsewhere, SlotState

_TITLE = "Choisissez un créneau"
_TELL_ME = "Être prévenu si un créneau plus tôt se libère"


def slot() -> rx.Component:
    """Return step 3 of booking."""
    return _page(BOOKING, 3, addresses.CHANNEL)


def reschedule_slot() -> rx.Component:
    """Return step 2 of moving an appointment."""
    return _page(
        RESCHEDULING,
        2,
        addresses.RESCHEDULE_CHANNEL,
        rx.cond(
            SlotState.current != "",
            notices.notice(
                rx.el.p(
                    "Votre rendez-vous du ",
                    rx.el.b(SlotState.current),
                    " reste valable tant que vous n’avez pas confirmé le nouveau.",
                )
            ),
        ),
    )


def _page(steps: Sequence[str], current: int, back: str, *before: rx.Component) -> rx.Component:
    previous = buttons.go("Étape précédente", back, "btn second")
    return journey_page(
        steps,
        current,
        _TITLE,
        *before,
        fields.error_summary(SlotState),
        rx.cond(
            SlotState.days.length() > 0,
            rx.cond(SlotState.no_room != "", _no_room(previous), _agenda(previous)),
            notices.waiting("Recherche des créneaux…"),
        ),
    )


def _agenda(previous: rx.Component) -> rx.Component:
    onward = rx.el.button("Continuer", type="button", on_click=SlotState.take_chosen, class_name="btn")
    actions = rx.cond(SlotState.chosen_time != "", buttons.steps(onward, previous), buttons.steps(None, previous))
    return rx.fragment(
        both_times.ask([SlotState.first_at], SlotState.zone),
        both_times.ask([SlotState.chosen_at], SlotState.zone),
        agenda.first_free(SlotState),
        rx.cond(SlotState.can_wait & SlotState.is_late, _late()),
        rx.el.div(agenda.agenda(SlotState, actions), id="agenda", tab_index=-1),
        rx.cond(
            SlotState.can_wait & ~SlotState.is_late,
            rx.el.p(rx.el.a(_TELL_ME, href=addresses.WAITING_LIST), class_name="apart soft"),
        ),
    )


def _late() -> rx.Component:
    return notices.notice(
        rx.el.p("Ce premier créneau est dans plus d’une semaine. Une place peut se libérer plus tôt."),
        buttons.actions(buttons.go(_TELL_ME, addresses.WAITING_LIST, "btn second")),
    )


def _no_room(previous: rx.Component) -> rx.Component:
    return rx.fragment(
        notices.notice(
            rx.el.h2("Aucun créneau n’est libre"),
            rx.el.p(SlotState.no_room),
            rx.cond(
                SlotState.can_wait,
                buttons.actions(buttons.go("Être prévenu si un créneau se libère", addresses.WAITING_LIST)),
            ),
            tone="warm",
        ),
        rx.cond(
            SlotState.other_ways.length() > 0,
            rx.fragment(
                rx.el.h2("Dans le même service"),
                rx.el.ul(rx.foreach(SlotState.other_ways, _other_way), class_name="results"),
            ),
        ),
        rx.cond(
            SlotState.neighbours.length() > 0,
            rx.fragment(
                rx.el.h2("Dans un service voisin"),
                rx.el.ul(rx.foreach(SlotState.neighbours, _neighbour), class_name="results"),
            ),
        ),
        buttons.steps(None, previous),
    )


def _other_way(other: rx.Var[Elsewhere]) -> rx.Component:
    return _elsewhere(other, "Voir ces créneaux", SlotState.take_way(other.value))


def _neighbour(other: rx.Var[Elsewhere]) -> rx.Component:
    return _elsewhere(other, "Voir ce service", SlotState.take_office(other.value))


def _elsewhere(other: rx.Var[Elsewhere], label: str, handler: object) -> rx.Component:
    return rx.el.li(
        rx.el.h3(other.label),
        rx.el.p(other.hint, class_name="soft"),
        rx.el.button(
            label,
            rx.el.span(" : ", other.label, class_name="unseen"),
            type="button",
            on_click=handler,
            class_name="btn second",
        ),
    )
