"""The agenda: four weeks or a list of days, and the times of the chosen day.

Arrow keys between days are handled by assets/guichet.js, by the `data-agenda` attribute.
"""

from typing import Any

import reflex as rx

from app.content import wording

_SHORT = ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.")


def agenda(state: Any, actions: rx.Component) -> rx.Component:
    """Return the whole agenda of a state with the variables of SlotState; `actions` stand under the times."""
    return rx.el.div(
        rx.el.div(
            _weeks(state),
            rx.cond(state.as_list, _day_list(state), _calendar(state)),
            rx.el.p(
                rx.el.button(
                    rx.cond(state.as_list, "Voir en calendrier", "Voir en liste"),
                    type="button",
                    on_click=state.toggle_list,
                    class_name="as-link",
                )
            ),
        ),
        rx.el.div(_times(state), actions),
        class_name="agenda",
    )


def first_free(state: Any) -> rx.Component:
    """Return the first free time, one tap away."""
    return rx.cond(
        state.first_words != "",
        rx.el.div(
            rx.el.p("Premier créneau libre", rx.el.b(state.first_words)),
            rx.el.button("Choisir ce créneau", type="button", on_click=state.take_first, class_name="btn"),
            class_name="first-free",
        ),
    )


def _weeks(state: Any) -> rx.Component:
    return rx.el.div(
        _turn("‹", "Semaines précédentes", state.has_previous, state.previous),
        rx.el.h2(state.title, id="semaines", custom_attrs={"aria-live": "polite"}),
        _turn("›", "Semaines suivantes", state.has_next, state.following),
        class_name="weeks",
    )


def _turn(sign: str, label: str, possible: Any, handler: Any) -> rx.Component:
    return rx.el.button(
        rx.el.span(sign, custom_attrs={"aria-hidden": "true"}),
        type="button",
        aria_label=label,
        class_name="icon-btn",
        custom_attrs={"aria-disabled": rx.cond(possible, "false", "true")},
        on_click=handler,
    )


def _calendar(state: Any) -> rx.Component:
    heads = (
        rx.el.th(short, scope="col", custom_attrs={"abbr": wording.weekday(number)})
        for number, short in enumerate(_SHORT)
    )
    rows = (
        rx.el.tr(rx.foreach(state.days[start : start + 7], lambda day: rx.el.td(_day(state, day))))
        for start in (0, 7, 14, 21)
    )
    return rx.el.table(
        rx.el.thead(rx.el.tr(*heads)),
        rx.el.tbody(*rows),
        class_name="calendar",
        custom_attrs={"data-agenda": "", "aria-labelledby": "semaines"},
    )


def _day(state: Any, day: Any) -> rx.Component:
    is_open = day.state == "open"
    return rx.el.button(
        day.number,
        rx.cond(
            is_open,
            # Drawn by the stylesheet: as text it would have to stand word for word in the label (WCAG 2.5.3).
            rx.el.small(custom_attrs={"data-free": day.count, "data-word": rx.cond(day.count > 1, "libres", "libre")}),
        ),
        type="button",
        aria_label=day.label,
        class_name="day " + day.state.to(str) + rx.cond(day.today, " today", ""),
        custom_attrs={
            "aria-disabled": rx.cond(is_open, "false", "true"),
            "aria-pressed": state.chosen_day == day.date,
            "data-day": day.date,
        },
        on_click=rx.cond(is_open, state.choose_day(day.date), rx.noop()),
    )


def _day_list(state: Any) -> rx.Component:
    return rx.el.ul(
        rx.foreach(
            state.days,
            lambda day: rx.cond(
                day.state == "open",
                rx.el.li(
                    rx.el.button(
                        rx.el.b(day.label),
                        type="button",
                        custom_attrs={"aria-pressed": state.chosen_day == day.date},
                        on_click=state.choose_day(day.date),
                    )
                ),
            ),
        ),
        class_name="day-list",
        custom_attrs={"aria-labelledby": "semaines"},
    )


def _times(state: Any) -> rx.Component:
    return rx.el.section(
        rx.cond(
            state.chosen_day != "",
            rx.fragment(
                rx.el.h2(state.chosen_words, id="jour"),
                rx.el.p(state.facts, class_name="soft small"),
                _part_of_day(state, "Matin", state.morning),
                _part_of_day(state, "Après-midi", state.afternoon),
            ),
            rx.fragment(
                rx.el.h2("Choisissez un jour", id="jour"),
                rx.el.p(state.facts, class_name="soft small"),
                rx.el.p("Le nombre de créneaux libres est indiqué sous chaque jour ouvert."),
            ),
        ),
        class_name="times",
        aria_labelledby="jour",
        custom_attrs={"data-times": state.chosen_day, "aria-live": "polite"},
    )


def _part_of_day(state: Any, label: str, times: Any) -> rx.Component:
    return rx.cond(
        times.length() > 0,
        rx.fragment(
            rx.el.h3(label),
            rx.el.ul(
                rx.foreach(
                    times,
                    lambda time: rx.el.li(
                        rx.el.button(
                            time.label,
                            type="button",
                            class_name="chip",
                            custom_attrs={"aria-pressed": state.chosen_time == time.value},
                            on_click=state.choose_time(time.value),
                        )
                    ),
                ),
                class_name="chips",
                aria_label=label,
            ),
        ),
    )
