"""Blocks that narrow a request, the trail of choices made, answers, facts."""

from typing import Any

import reflex as rx

from app.state.journey import Choice, TrailItem

_AS_IT_IS = {"translate": "no"}


def tiles(choices: Any) -> rx.Component:
    """Return the blocks of one level, from a state's list of Choice."""
    return rx.el.ul(rx.foreach(choices, _tile), class_name="tiles")


def fixed_tiles(*choices: tuple[str, str, str]) -> rx.Component:
    """Return blocks known when the page is built, from (label, hint, href)."""
    return rx.el.ul(*(_link(label, hint, href) for label, hint, href in choices), class_name="tiles")


def trail(items: Any) -> rx.Component:
    """Return the choices made so far, each with « Modifier »."""
    return rx.cond(
        items.length() > 0,
        rx.el.ol(rx.foreach(items, _trail_item), class_name="trail", aria_label="Vos choix"),
    )


def answer(title: Any, paragraphs: Any, link: Any, link_label: Any) -> rx.Component:
    """Return an answer that may spare an appointment."""
    return rx.cond(
        title != "",
        rx.el.div(
            rx.el.h2(title),
            rx.foreach(paragraphs, rx.el.p),
            rx.cond(link != "", rx.el.p(rx.el.a(link_label, href=link))),
            class_name="notice",
        ),
    )


def facts(*pairs: rx.Component) -> rx.Component:
    """Return a list of facts made by `fact`."""
    return rx.el.dl(*pairs, class_name="facts")


def fact(term: Any, *value: Any, main: bool = False) -> rx.Component:
    """Return one fact of the list."""
    return rx.el.div(rx.el.dt(term), rx.el.dd(*value, class_name="main" if main else ""))


def fact_if(condition: Any, term: str, *value: Any) -> rx.Component:
    """Return one fact that is left out when there is nothing to say."""
    return rx.cond(condition, fact(term, *value))


def bullets(items: Any) -> rx.Component:
    """Return a plain list of a state's strings."""
    return rx.el.ul(rx.foreach(items, rx.el.li))


def _tile(choice: rx.Var[Choice]) -> rx.Component:
    return _link(choice.label, choice.hint, choice.href)


def _link(label: Any, hint: Any, href: Any) -> rx.Component:
    return rx.el.li(rx.el.a(rx.el.div(label, rx.el.span(hint)), href=href, class_name="tile"))


def _trail_item(item: rx.Var[TrailItem]) -> rx.Component:
    return rx.el.li(
        rx.el.span(item.label),
        rx.el.a("Modifier", rx.el.span(" : ", item.label, class_name="unseen"), href=item.href),
    )


def code(value: Any, class_name: str = "reference") -> rx.Component:
    """Return a reference or a number as it was given; a browser that translates the page leaves it alone."""
    return rx.el.span(value, class_name=class_name, custom_attrs=_AS_IT_IS)


def phone(number: Any, address: Any) -> rx.Component:
    """Return a number to tap; `address` dials it (`services.phones.dialled`)."""
    return rx.el.a(number, href=address, class_name="nowrap")


def mail(address: Any) -> rx.Component:
    """Return a mail address that breaks where it is made of parts, after the @ and the dots, not inside a word."""
    parts = address.split("@")
    after_dots = rx.foreach(
        parts[1].to(str).split("."), lambda part, place: rx.cond(place > 0, rx.fragment(".", rx.el.wbr(), part), part)
    )
    after = rx.cond(parts.length() > 1, rx.fragment("@", rx.el.wbr(), after_dots))
    return rx.el.span(parts[0], after, custom_attrs=_AS_IT_IS)


def mail_link(address: Any) -> rx.Component:
    """Return a mail address to write to."""
    return rx.el.a(mail(address), href=f"mailto:{address}")
