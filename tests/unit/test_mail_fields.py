"""Wherever a mail address is typed, a slip in it is asked about: in every form, with one tap, and never in the way."""

import asyncio
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import app.pages
from app.state.near_address import NearAddressState, Question, arrive

APP = Path(__file__).resolve().parents[2] / "app"
# What a control says of itself when a mail address belongs into it.
_FOR_MAIL = re.compile(
    r'^("?type"?:"email"|"?autoComplete"?:"email"|"?inputMode"?:"email"|name:"\w*(email|courriel|adresse)\w*")'
)
# Whoever signs in is told at once when the address is not the one of the space, and its form works without a script.
_SIGN_IN = "sign_in.sign_in"


def controls(node: Any) -> Iterator[tuple[str, list[str]]]:
    """Give the name and the properties of everything that a rendered component consists of."""
    if isinstance(node, dict):
        if "name" in node and "props" in node:
            yield str(node["name"]).strip('"'), [str(prop) for prop in node["props"]]
        for each in node.values():
            yield from controls(each)
    elif isinstance(node, list | tuple):
        for each in node:
            yield from controls(each)


def pages() -> Iterator[tuple[str, Any]]:
    """Give every page that needs no argument, by module and function."""
    for module in pkgutil.iter_modules(app.pages.__path__):
        functions = inspect.getmembers(importlib.import_module(f"app.pages.{module.name}"), inspect.isfunction)
        for name, page in functions:
            is_own = page.__module__ == f"app.pages.{module.name}" and not name.startswith("_")
            if is_own and not inspect.signature(page).parameters:
                yield f"{module.name}.{name}", page


def mail_controls(page: Any) -> dict[str, str]:
    """Return what takes a mail address on a page: by name, the kind of control it is."""
    found = {}
    for tag, props in controls(page().render()):
        if tag in ("input", "textarea", "DraftInput", "DraftTextarea", "DraftMail") and any(
            map(_FOR_MAIL.match, props)
        ):
            [name] = [prop.partition(":")[2].strip('"') for prop in props if prop.startswith("name:")]
            found[name] = tag
    return found


PAGES = dict(pages())
FIELDS = {
    "activation.identifiers": {"email"},
    "assistance.assistance": {"email"},
    "confirmation.confirmation": {"email"},
    "confirmation.reschedule_confirmation": {"email"},
    "contact.contact": {"adresse"},
    "details.details": {"email"},
    "follow_up.follow_up": {"email"},
    "personal_sign_in.recovery": {"email"},
    "personal_sign_up.identifiers": {"email", "email_again"},
    "personal_sign_up.linked_code": {"email"},
    "personal_space.address": {"email", "email_again"},
    "recovery.recovery": {"email"},
    "sign_up.form": {"contact_email"},
    "sign_up.identifiers": {"email", "email_again"},
    "space_changes.address": {"email", "email_again"},
    "space_changes.details": {"contact_email"},
    "waiting_list.join": {"email"},
    "withdrawal.personal_withdrawal": {"email"},
    "withdrawal.withdrawal": {"email"},
}


@pytest.mark.parametrize("page", sorted(PAGES))
def test_every_field_for_a_mail_address_asks(page: str) -> None:
    found = {} if page == _SIGN_IN else mail_controls(PAGES[page])
    assert {name for name, tag in found.items() if tag != "DraftMail"} == set()


def test_the_forms_with_a_mail_address_are_these() -> None:
    found = {page: set(mail_controls(PAGES[page])) for page in PAGES if page not in (_SIGN_IN, "gallery.gallery")}
    assert {page: names for page, names in found.items() if names} == FIELDS


# The question


def state() -> NearAddressState:
    return NearAddressState(_reflex_internal_init=True)  # type: ignore[call-arg]


def left(asked: NearAddressState, name: Any, typed: Any) -> dict[str, Question]:
    asyncio.run(NearAddressState.left.fn(asked, name, typed))
    return asked.questions


def keep(asked: NearAddressState, name: Any, typed: Any) -> dict[str, Question]:
    asyncio.run(NearAddressState.keep_typed.fn(asked, name, typed))
    return asked.questions


def test_a_field_that_is_left_with_a_slip_is_asked_about() -> None:
    asked = state()
    assert left(asked, "email", "lila@gmial.com ") == {"email": Question("lila@gmial.com ", "lila@gmail.com")}
    assert left(asked, "email_again", "lila@gmail.con")["email_again"].meant == "lila@gmail.com"
    assert set(asked.questions) == {"email", "email_again"}


def test_what_is_right_puts_the_question_away() -> None:
    asked = state()
    left(asked, "email", "lila@gmial.com")
    assert left(asked, "email", "lila@gmail.com") == {}


def test_who_keeps_what_was_typed_is_not_asked_again() -> None:
    asked = state()
    left(asked, "email", "lila@gmial.com")
    assert keep(asked, "email", "lila@gmial.com") == {}
    assert left(asked, "email", "lila@gmial.com") == {}
    assert left(asked, "email_again", "lila@gmial.com") == {}, "in another field neither"
    assert "email" in left(asked, "email", "lila@gmail.con"), "but about another address"


def test_the_next_page_holds_no_question_of_the_one_before() -> None:
    asked = state()
    left(asked, "email", "lila@gmial.com")

    async def get_state(_: object) -> NearAddressState:
        return asked

    object.__setattr__(asked, "get_state", get_state)
    asyncio.run(arrive(asked))
    assert asked.questions == {}


@pytest.mark.parametrize("value", ["", None, 3, ["a@gmial.com"], {"a": 1}, "é" * 9000, "a" * 400 + "@gmial.com"])
def test_what_no_browser_of_ours_sends_is_left_alone(value: Any) -> None:
    asked = state()
    assert left(asked, "email", value) == {}
    assert left(asked, value, "lila@gmial.com") == {}
    assert keep(asked, value, value) == {}


def test_a_flood_of_fields_is_cut() -> None:
    asked = state()
    for number in range(100):
        left(asked, f"field{number}", f"lila{number}@gmial.com")
        keep(asked, "email", f"camille{number}@gmial.com")
    assert len(asked.questions) <= 4
    assert len(asked._kept) <= 20
