"""Drafts of single forms: kept for one tab or one account, shown to nobody else."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from app import clock
from app.models import Journey
from app.services import form_drafts
from app.services.form_drafts import Form
from tests.booking import MONDAY, count


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.moved(MONDAY):
        yield


def test_what_was_typed_is_found_again_field_by_field(db: str) -> None:
    assert form_drafts.load("v", Form.RECOVERY, "tab") == {}

    form_drafts.keep("v", Form.RECOVERY, "tab", {"email": "lila@example.org"})
    form_drafts.keep("v", Form.RECOVERY, "tab", {"number": "2026"})
    form_drafts.keep("v", Form.RECOVERY, "tab", {"number": "20260510000101"})

    assert form_drafts.load("v", Form.RECOVERY, "tab") == {"email": "lila@example.org", "number": "20260510000101"}
    assert form_drafts.load("v", Form.DETAILS, "tab") == {}
    assert count(Journey) == 1


@pytest.mark.parametrize(("visitor", "owner"), [("w", "account 1"), ("v", "account 2")])
def test_nobody_else_sees_it(db: str, visitor: str, owner: str) -> None:
    form_drafts.keep("v", Form.DETAILS, "account 1", {"last_name": "Rosemonde"})

    assert form_drafts.load(visitor, Form.DETAILS, owner) == {}


def test_the_next_owner_at_the_same_browser_erases_what_was_there(db: str) -> None:
    form_drafts.keep("v", Form.DETAILS, "account 1", {"last_name": "Rosemonde", "phone": "01"})
    form_drafts.keep("v", Form.DETAILS, "account 2", {"last_name": "Martin"})

    assert form_drafts.load("v", Form.DETAILS, "account 2") == {"last_name": "Martin"}
    assert form_drafts.load("v", Form.DETAILS, "account 1") == {}
    assert count(Journey) == 1


def test_a_draft_that_would_grow_too_large_is_left_as_it_is(db: str) -> None:
    form_drafts.keep("v", Form.ASSISTANCE, "tab", {"message": "Bonjour"})
    form_drafts.keep("v", Form.ASSISTANCE, "tab", {"message": "x" * 20_000})

    assert form_drafts.load("v", Form.ASSISTANCE, "tab") == {"message": "Bonjour"}


def test_a_draft_is_forgotten_when_asked_and_after_a_day(db: str) -> None:
    form_drafts.keep("v", Form.ASSISTANCE, "tab", {"message": "Bonjour"})
    form_drafts.forget("v", Form.ASSISTANCE)
    assert form_drafts.load("v", Form.ASSISTANCE, "tab") == {}

    form_drafts.keep("v", Form.ASSISTANCE, "tab", {"message": "Bonjour"})
    with clock.moved(MONDAY + timedelta(hours=24, seconds=1)):
        assert form_drafts.load("v", Form.ASSISTANCE, "tab") == {}
