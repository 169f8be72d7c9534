"""The link of a lost mail, and the tokens inside links."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col

from app import clock
from app.models import AuditEvent, OutboxMail
from app.services import database, throttle
from app.services.appointments import access
from app.services.appointments.cancellation import cancel
from app.services.appointments.lost_link import request_link_again
from app.services.appointments.records import AppointmentView
from app.services.notifications import outbox
from app.services.throttle import TooManyAttemptsError
from tests.booking import MONDAY, PERSON, Visitor, a_visitor, check_invariants, count
from tests.factories import at, make_office, make_slots

NINE = at("2026-11-24 09:00")


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    throttle.reset()
    with clock.moved(MONDAY):
        yield
    throttle.reset()


@pytest.fixture
def booked(db: str) -> tuple[Visitor, AppointmentView]:
    office = make_office()
    make_slots(office, NINE)
    visitor = a_visitor(email=PERSON.email)
    return visitor, visitor.confirm(office, NINE)


def test_the_link_goes_to_the_address_that_booked(booked: tuple[Visitor, AppointmentView]) -> None:
    visitor, view = booked

    request_link_again(
        f"« {view.reference.lower().replace('-', ' ')} ».", "\u200b ANH@courriel.example\ufeff", "network"
    )

    mail = outbox.for_visitor(visitor.key)[0]
    assert (mail.kind, mail.recipient) == ("link", PERSON.email)
    opened = outbox.mail_of_visitor(visitor.key, mail.id)
    assert opened is not None
    assert access.manage_url(view.public_id) in opened.text
    check_invariants()


@pytest.mark.parametrize(
    ("reference", "email"),
    [
        (None, "somebody@else.example"),
        ("ABC-DEF-GHJ", PERSON.email),
        ("", ""),
        ("x" * 5000, "y" * 5000),
        ("%_\x00\ud800", "\ud800@x"),
    ],
)
def test_what_does_not_match_sends_nothing_and_answers_the_same(
    booked: tuple[Visitor, AppointmentView], reference: str | None, email: str
) -> None:
    _, view = booked

    answer = request_link_again(view.reference if reference is None else reference, email, "network")  # type: ignore[func-returns-value]

    assert answer is None
    assert count(OutboxMail) == 1
    assert _audited() == [("", "no match")]


def test_a_cancelled_appointment_sends_nothing(booked: tuple[Visitor, AppointmentView]) -> None:
    _, view = booked
    cancel(view.public_id, "key")

    request_link_again(view.reference, view.email, "network")

    assert count(OutboxMail) == 2


def test_a_match_and_a_miss_do_the_same_work(
    booked: tuple[Visitor, AppointmentView], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, view = booked
    works = []
    real = outbox.queue

    def counted(*args: Any, **more: Any) -> None:
        works.append(more["kind"])
        real(*args, **more)

    monkeypatch.setattr(outbox, "queue", counted)

    request_link_again(view.reference, view.email, "network")
    request_link_again("ABC-DEF-GHJ", "other@courriel.example", "network")

    assert works == ["link", "link"]
    assert [outcome for _, outcome in _audited()] == ["sent", "no match"]


def test_an_appointment_gets_one_such_mail_in_ten_minutes(booked: tuple[Visitor, AppointmentView]) -> None:
    visitor, view = booked

    request_link_again(view.reference, view.email, "network")
    request_link_again(view.reference, view.email, "another network")
    assert [mail.kind for mail in outbox.for_visitor(visitor.key)] == ["link", "confirmed"]

    with clock.moved(MONDAY + timedelta(minutes=10)):
        request_link_again(view.reference, view.email, "network")
        assert [mail.kind for mail in outbox.for_visitor(visitor.key)] == ["link", "link", "confirmed"]


def test_a_stranger_who_insists_does_not_keep_the_owner_from_their_link(
    booked: tuple[Visitor, AppointmentView],
) -> None:
    visitor, view = booked
    for number in range(5):
        request_link_again("ABC-DEF-GHJ", view.email, f"network {number}")
        request_link_again(view.reference, "other@courriel.example", f"network {number}")

    request_link_again(view.reference, view.email, "network of the owner")

    assert [mail.kind for mail in outbox.for_visitor(visitor.key)] == ["link", "confirmed"]


def test_one_network_cannot_try_references_without_end(db: str) -> None:
    for number in range(5):
        request_link_again(f"ABC-DEF-GH{number + 2}", f"{number}@courriel.example", "network")
    with pytest.raises(TooManyAttemptsError):
        request_link_again("KKK-KKK-KKK", "k@courriel.example", "network")


def test_a_token_leads_back_to_its_appointment() -> None:
    token = access.manage_token("0123456789abcdef0123456789abcdef")
    assert access.public_id_of(token) == "0123456789abcdef0123456789abcdef"
    assert access.manage_url("ab") == f"http://localhost:3000/rendez-vous/suivi/{access.manage_token('ab')}"


@given(st.text(max_size=120) | st.text(alphabet="0123456789abcdef-", max_size=80))
def test_no_other_text_is_a_token(text: str) -> None:
    assert access.public_id_of(text) is None


def test_a_changed_or_cut_token_is_none() -> None:
    token = access.manage_token("0123456789abcdef0123456789abcdef")
    for wrong in (token[:-1], f"{token}a", f"1{token[1:]}", token.upper(), f"{token}-", token.replace("-", "")):
        assert access.public_id_of(wrong) is None


def _audited() -> list[tuple[str, str]]:
    query = select(col(AuditEvent.subject), col(AuditEvent.outcome)).where(col(AuditEvent.event) == "link_again")
    with database.reading() as session:
        return [(subject, outcome) for subject, outcome in session.execute(query.order_by(col(AuditEvent.id)))]
