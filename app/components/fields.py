"""Form fields with their label, hint and error, and the summary of errors (WCAG 1.3.1, 3.3.1, 3.3.3)."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import reflex as rx

from app.components.blocks import mail
from app.components.draft import DraftInput, DraftMail, DraftTextarea
from app.state.forms import SUMMARY_ID
from app.state.near_address import NearAddressState


def form(*content: Any, on_submit: Any, **attributes: Any) -> rx.Component:
    """Return a form whose errors are shown by us, not by the browser.

    The method keeps what was typed out of addresses and logs should the form leave before the page is alive.
    """
    return rx.el.form(*content, on_submit=on_submit, method="post", no_validate=True, class_name="form", **attributes)


def required_note(words: str = "Les champs suivis de « obligatoire » doivent être remplis.") -> rx.Component:
    """Return the line that says which fields are required, once per form."""
    return rx.el.p(words, class_name="soft")


def text_field(
    state: Any,
    name: str,
    label: str,
    *,
    hint: Any = "",
    mark: str = "",
    kind: str = "text",
    short: bool = False,
    lines: bool = False,
    force: Any = None,
    is_last: bool = False,
    **attributes: Any,
) -> rx.Component:
    """Return a text field bound to `state.draft[name]`, `state.errors[name]` and `state.keep(name, text)`.

    One of the kind « email » is asked about when it is left, see `app.state.near_address`; one that `is_last` before
    the button of its form after a pause too, since whoever leaves it has gone on.
    `mark` follows the label (« obligatoire »), `attributes` are HTML attributes (autoComplete, inputMode…).
    """
    kind_attribute = {} if lines else {"type": kind}
    control = _maker(name, kind, lines=lines, is_last=is_last)(
        id=name,
        name=name,
        class_name="short" if short else "",
        draft=state.draft[name],
        force=force if force is not None else 0,
        on_save=state.keep,
        custom_attrs={**kind_attribute, **described(state, name, hint=hint), **attributes},
    )
    return framed(state, name, label, control, hint=hint, mark=mark)


def _maker(name: str, kind: str, *, lines: bool, is_last: bool) -> Callable[..., rx.Component]:
    """Return what makes the control."""
    if lines:
        return DraftTextarea.create
    if kind != "email":
        return DraftInput.create
    question = NearAddressState.questions[name]
    return partial(
        DraftMail.create,
        # As long as there is none, its parts cannot be put together.
        rx.cond(question.meant, _question(question.meant)),
        typed=question.typed,
        meant=question.meant,
        is_last=is_last,
        on_left=NearAddressState.left,
        on_kept=NearAddressState.keep_typed,
    )


def _question(meant: Any) -> rx.Component:
    """Return the question whether another address was meant; what its buttons do is in assets/draft-field.js."""
    return rx.el.div(
        rx.el.p("Vouliez-vous dire ", rx.el.b(mail(meant)), "\u00a0?", key=meant),
        rx.el.div(
            _answer("take", "Oui, corriger", "btn second"),
            _answer("keep", "Non, garder", "btn quiet"),
        ),
        class_name="question",
    )


def _answer(name: str, label: str, class_name: str) -> rx.Component:
    return rx.el.button(label, type="button", class_name=class_name, custom_attrs={"data-answer": name})


def framed(
    state: Any,
    name: str,
    label: str,
    control: rx.Component,
    *,
    hint: Any = "",
    mark: str = "",
    after: rx.Component | None = None,
) -> rx.Component:
    """Return a control under its label, hint and error; `after` stands under it."""
    return rx.el.div(
        rx.el.label(label, _mark(mark), html_for=name),
        _hint(name, hint),
        error_message(state, name),
        control,
        *([after] if after is not None else []),
        class_name=rx.cond(state.errors[name], "field invalid", "field"),
    )


def select_field(
    state: Any,
    name: str,
    label: str,
    options: Any,
    *,
    hint: Any = "",
    mark: str = "",
    force: Any = None,
    **attributes: Any,
) -> rx.Component:
    """Return a list to choose from; `options` are option elements, the chosen one is `state.draft[name]`.

    When `force` grows, what the person chose meanwhile gives way to the draft, as for text fields.
    """
    control = rx.el.select(
        options,
        id=name,
        name=name,
        default_value=state.draft[name],
        key=state.draft[name] if force is None else f"{state.draft[name]}-{force}",
        on_change=lambda value: state.keep(name, value),
        custom_attrs={**described(state, name, hint=hint), **attributes},
    )
    return framed(state, name, label, control, hint=hint, mark=mark)


def radio_group(
    state: Any, name: str, legend: str, choices: Any, *, mark: str = "", inline: bool = False
) -> rx.Component:
    """Return a group of radio buttons made by `radio`."""
    return rx.el.fieldset(
        rx.el.legend(legend, _mark(mark)),
        error_message(state, name),
        rx.el.div(choices, class_name="inline-choices") if inline else choices,
        id=f"{name}-groupe",
        class_name=rx.cond(state.errors[name], "field invalid", "field"),
    )


def radio(
    name: str,
    value: Any,
    label: Any,
    *,
    chosen: Any,
    hint: Any = None,
    identifier: Any = None,
    keep: Any = None,
) -> rx.Component:
    """Return one choice of a group, as a large target; `chosen` is the value that is checked at first."""
    words = [rx.el.b(label)] if hint is None else [rx.el.b(label), rx.el.span(hint)]
    events = {"on_change": keep} if keep is not None else {}
    return rx.el.label(
        rx.el.input(
            type="radio",
            name=name,
            value=value,
            default_checked=chosen == value,
            key=chosen,  # the draft may arrive after the first rendering
            # Not by `id=`: Reflex would send the value of this button in place of the one that is chosen.
            custom_attrs={"id": identifier if identifier is not None else name},
            **events,
        ),
        rx.el.span(*words),
        class_name="choice",
    )


def checkbox(
    state: Any, name: str, *label: Any, mark: str = "", checked: Any = False, keep: Any = None, force: Any = None
) -> rx.Component:
    """Return a box to tick; a form that is submitted holds « oui » under its name when it is ticked.

    `checked` is how it stands at first; `keep` is called with the name and « oui », or nothing once it is not ticked.
    When `force` grows, what the person ticked meanwhile gives way to `checked`, as for text fields.
    """
    ticked = {} if keep is None else {"on_change": lambda is_ticked: keep(name, rx.cond(is_ticked, "oui", ""))}
    # Not by `id=`: Reflex would send true in place of the value.
    attributes = {"id": name, "name": name, "value": "oui", **described(state, name)}
    key = f"{checked}" if force is None else f"{checked}-{force}"
    return rx.el.div(
        error_message(state, name),
        rx.el.label(
            # Its key: what was ticked before may arrive after the first rendering.
            rx.el.input(type="checkbox", default_checked=checked, key=key, custom_attrs=attributes, **ticked),
            rx.el.span(*label, _mark(mark)),
            class_name="choice",
        ),
        class_name=rx.cond(state.errors[name], "field invalid", "field"),
    )


def unless_ticked(field: rx.Component, box: rx.Component) -> rx.Component:
    """Return a field over the box that says it does not apply; the stylesheet hides the field while it is ticked.

    So it works before the server has answered, and what was typed is there again once the box is not ticked.
    """
    return rx.el.div(rx.el.div(field, class_name="unless-ticked"), box, class_name="yields")


def error_message(state: Any, name: str) -> rx.Component:
    """Return the error of one field, if it has one."""
    return rx.cond(
        state.errors[name],
        rx.el.p(
            rx.el.span("Erreur : ", class_name="unseen"), state.errors[name], id=f"{name}-erreur", class_name="error"
        ),
    )


def error_summary(state: Any) -> rx.Component:
    """Return the list of errors at the top of a form; it takes focus and links to each field."""
    several = state.errors.length() > 1
    return rx.cond(
        state.errors.length() > 0,
        rx.el.div(
            rx.el.h2(rx.cond(several, "Des réponses sont à corriger", "Une réponse est à corriger")),
            error_links(state),
            id=SUMMARY_ID,
            class_name="error-summary",
            role="alert",
            tab_index=-1,
        ),
    )


def error_links(state: Any) -> rx.Component:
    """Return the errors of a form as links to their fields."""
    return rx.el.ul(rx.foreach(state.errors, lambda error: rx.el.li(rx.el.a(error[1], href="#" + error[0]))))


def options(pairs: Sequence[tuple[str, str]]) -> rx.Component:
    """Return option elements from (value, label) pairs."""
    return rx.fragment(*(rx.el.option(label, value=value) for value, label in pairs))


def _mark(mark: str) -> rx.Component:
    return rx.el.span(f" ({mark})", class_name="mark") if mark else rx.fragment()


def described(state: Any, name: str, *, hint: Any = "") -> dict[str, Any]:
    """Return the attributes that tie a control to its error and, if there is one, to its hint."""
    help_id = f"{name}-aide" if _is_said(hint) else ""
    return {
        "aria-invalid": rx.cond(state.errors[name], "true", "false"),
        "aria-describedby": rx.cond(state.errors[name], f"{name}-erreur {help_id}".strip(), help_id),
    }


def _hint(name: str, hint: Any) -> rx.Component:
    return rx.el.p(hint, id=f"{name}-aide", class_name="hint") if _is_said(hint) else rx.fragment()


def _is_said(hint: Any) -> bool:
    # A component or a variable cannot be compared with an empty string.
    return not isinstance(hint, str) or hint != ""
