"""The agenda: four weeks or a list of days, and the times of the chosen day.

Arrow keys between days are handled by assets/guichet.js, by the `data-agenda` attribute.
"""

from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.vars.function import FunctionStringVar

from app.components import both_times
from app.content import wording

_NUMBER: Any = FunctionStringVar.create("Number")
_DAY_AFTER: Any = FunctionStringVar.create(
    "((day, number) => new Date(Date.parse(day) + number * 864e5).toISOString().slice(0, 10))"
)
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


def _both_times(state: Any) -> rx.Component:
    """Return the chosen time on both clocks, or the room for it where they differ.

    It comes a moment after the tap: a button that it pushed down while somebody presses it would not be pressed.
    """
    line = rx.el.p(both_times.words(state.chosen_at), class_name="room-for-both")
    return rx.cond(both_times.said(state.first_at), line, rx.cond(both_times.said(state.chosen_at), line))


def first_free(state: Any) -> rx.Component:
    """Return the first free time, one tap away."""
    return rx.cond(
        state.first_words != "",
        rx.el.div(
            rx.el.p("Premier créneau libre", rx.el.b(state.first_words), both_times.words(state.first_at)),
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
    rows = (_week(state, start) for start in (0, 7, 14, 21))
    return rx.el.table(
        rx.el.thead(rx.el.tr(*heads)),
        rx.el.tbody(*rows),
        class_name="calendar",
        custom_attrs={"data-agenda": "", "aria-labelledby": "semaines"},
    )


def _week(state: Any, start: int) -> rx.Component:
    days = state.days[start : start + 7]
    return rx.el.tr(rx.foreach(days, lambda count, place: rx.el.td(_day(state, count, place + start, place))))


@dataclass(frozen=True)
class _Day:
    """What the browser makes of one of the numbers of AgendaMixin."""

    date: Any
    number: Any
    count: Any
    is_open: Any
    css_class: Any
    label: Any


def _read(state: Any, count: Any, place: Any, weekday: Any) -> _Day:
    """Put the words of a day together; `place` counts from `monday`, `weekday` is 0 for Monday."""
    day = _DAY_AFTER.call(state.monday, place).to(str)
    number = rx.cond(day[8:] == "01", "1er", _NUMBER.call(day[8:]).to_string())
    month = _one_of(wording.MONTHS, _NUMBER.call(day[5:7]).to(int) - 1)
    words = _one_of(wording.WEEKDAYS, weekday) + " " + number + " " + month
    is_open = count > 0
    free = count.to_string() + rx.cond(count > 1, f"{wording.NBSP}créneaux", f"{wording.NBSP}créneau")
    label = words + ", " + rx.cond(is_open, free, state.closed_words[-1 - count].to(str))
    is_today = day == state.today
    return _Day(
        date=day,
        number=number,  # « 1er », as the label says it (WCAG 2.5.3)
        count=count,
        is_open=is_open,
        css_class="day " + rx.cond(is_open, "open", state.closed[-1 - count].to(str)) + rx.cond(is_today, " today", ""),
        label=label + rx.cond(is_today, ", aujourd’hui", ""),
    )


def _one_of(words: tuple[str, ...], index: Any) -> Any:
    return rx.Var.create(list(words))[index].to(str)


def _day(state: Any, count: Any, place: Any, weekday: Any) -> rx.Component:
    day = _read(state, count, place, weekday)
    return rx.el.button(
        day.number,
        rx.cond(
            day.is_open,
            # Drawn by the stylesheet: as text it would have to stand word for word in the label (WCAG 2.5.3).
            rx.el.small(custom_attrs={"data-free": day.count, "data-word": rx.cond(day.count > 1, "libres", "libre")}),
        ),
        type="button",
        aria_label=day.label,
        class_name=day.css_class,
        custom_attrs={
            "aria-disabled": rx.cond(day.is_open, "false", "true"),
            "aria-pressed": state.chosen_day == day.date,
            "data-day": day.date,
        },
        on_click=rx.cond(day.is_open, state.choose_day(day.date), rx.noop()),
    )


def _day_list(state: Any) -> rx.Component:
    return rx.el.ul(
        rx.foreach(state.days, lambda count, place: _listed(state, _read(state, count, place, place % 7))),
        class_name="day-list",
        custom_attrs={"aria-labelledby": "semaines"},
    )


def _listed(state: Any, day: _Day) -> rx.Component:
    return rx.cond(
        day.is_open,
        rx.el.li(
            rx.el.button(
                rx.el.b(day.label),
                type="button",
                custom_attrs={"aria-pressed": state.chosen_day == day.date},
                on_click=state.choose_day(day.date),
            )
        ),
    )


def _times(state: Any) -> rx.Component:
    return rx.el.section(
        rx.cond(
            state.chosen_day != "",
            rx.fragment(
                rx.el.h2(state.chosen_words, id="jour"),
                rx.el.p(state.facts, class_name="soft small"),
                rx.el.p("Appuyez sur une heure pour la garder et continuer."),
                _part_of_day(state, "Matin", state.morning),
                _part_of_day(state, "Après-midi", state.afternoon),
                _both_times(state),
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
                            _hour(time),
                            type="button",
                            class_name="chip",
                            custom_attrs={"aria-pressed": state.chosen_time == time},
                            on_click=state.choose_time(time, state.chosen_day),
                        )
                    ),
                ),
                class_name="chips",
                aria_label=label,
            ),
        ),
    )


def _hour(time: Any) -> Any:
    """Return « 9 h 30 » for « 09:30 », « 10 h » on the hour."""
    minutes = rx.cond(time[3:] == "00", "", wording.NBSP + time[3:])
    return _NUMBER.call(time[:2]).to_string() + f"{wording.NBSP}h" + minutes
