"""An appointment whose address the mail server refuses: told, corrected, and written to again."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from app import addresses, clock
from app.models import Appointment, OutboxMail, SpaceKind
from app.services import database, throttle
from app.services.accounts import sessions
from app.services.appointments import access, records, refused_address, reminders
from app.services.appointments.cancellation import cancel
from app.services.appointments.records import AppointmentView, MailState, NotBookedError
from app.services.appointments.refused_address import NotRefusedError
from app.services.form_errors import FieldErrors
from app.services.notifications import delivery
from app.state.appointment_story import story_of
from app.state.follow_up import FollowUpState
from app.state.my_contacts import MyContactsState
from tests.accounts import TAX_NUMBER, make_account, quick_passwords
from tests.booking import MONDAY, a_visitor, check_invariants
from tests.factories import MadeOffice, at, make_office, make_slots
from tests.pages import opened, press
from tests.smtp import MailServer, portal_mails

WRONG, RIGHT = "camille@courriel.example", "camille.martin@courriel.example"
TIMES = [at(f"2026-11-27 {hour}:00") for hour in ("09", "10", "11", "14", "15")]


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    throttle.reset()
    with clock.moved(MONDAY):
        yield
    throttle.reset()


@pytest.fixture
def server(db: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with portal_mails(monkeypatch) as running:
        yield running


@pytest.fixture
def office(db: str) -> MadeOffice:
    made = make_office(agents=1)
    make_slots(made, *TIMES)
    return made


@pytest.fixture
def refused(server: MailServer, office: MadeOffice) -> AppointmentView:
    server.refused.add(WRONG)
    view = a_visitor(email=WRONG).confirm(office, TIMES[0])
    assert refused_address.is_awaited(view.public_id)
    delivery.deliver_due()
    return view


def _row(view: AppointmentView) -> Appointment:
    with database.reading() as session:
        return session.execute(select(Appointment).where(col(Appointment.public_id) == view.public_id)).scalar_one()


def _last_kind() -> str:
    with database.reading() as session:
        return str(session.execute(select(col(OutboxMail.kind)).order_by(col(OutboxMail.id).desc())).scalars().first())


def test_a_refused_address_is_told_and_one_that_is_tried_again_is_not(server: MailServer, office: MadeOffice) -> None:
    server.refused.add(WRONG)
    server.delayed.add(RIGHT)
    lost = a_visitor(email=WRONG).confirm(office, TIMES[0])
    late = a_visitor(email=RIGHT).confirm(office, TIMES[1])
    assert not refused_address.is_refused(lost.public_id)

    delivery.deliver_due()

    assert (refused_address.is_refused(lost.public_id), refused_address.is_awaited(lost.public_id)) == (True, False)
    assert (refused_address.is_refused(late.public_id), refused_address.is_awaited(late.public_id)) == (False, True)
    assert records.mails(lost.public_id)[0].state is MailState.REFUSED
    assert records.mails(late.public_id)[0].state is MailState.WAITING
    assert story_of(lost.public_id, "Europe/Paris")[1][0].state.endswith("l’adresse électronique n’a pas été acceptée")
    assert not refused_address.is_refused("unknown")


def test_the_corrected_address_gets_the_confirmation_and_what_follows(
    server: MailServer, refused: AppointmentView
) -> None:
    view = refused_address.correct(refused.public_id, f" {RIGHT} ")

    assert (view.email, view.revision, view.reference) == (RIGHT, 2, refused.reference)
    assert not refused_address.is_refused(view.public_id)
    assert delivery.deliver_due() == 1
    assert server.recipients == [RIGHT]
    assert "Rendez-vous confirmé" in str(server.accepted[0]["subject"])
    assert [mail.state for mail in records.mails(view.public_id)] == [MailState.REFUSED, MailState.SENT]
    assert story_of(view.public_id, "Europe/Paris")[0][1].what.startswith("Adresse électronique corrigée")
    due = _row(view).remind_at
    assert due is not None
    with clock.moved(due + timedelta(minutes=1)):
        reminders.queue_due()
        delivery.deliver_due()
    assert server.recipients == [RIGHT, RIGHT]
    check_invariants()


def test_a_second_wrong_address_can_be_corrected_too(server: MailServer, refused: AppointmentView) -> None:
    server.refused.add("again@courriel.example")
    refused_address.correct(refused.public_id, "again@courriel.example")
    delivery.deliver_due()
    assert refused_address.is_refused(refused.public_id)
    refused_address.correct(refused.public_id, RIGHT)
    assert delivery.deliver_due() == 1


@pytest.mark.parametrize("typed", ["", "camille", WRONG, WRONG.upper(), "a" * 65 + "@courriel.example"])
def test_what_cannot_be_the_right_address_changes_nothing(refused: AppointmentView, typed: str) -> None:
    with pytest.raises(FieldErrors) as wrong:
        refused_address.correct(refused.public_id, typed)
    assert set(wrong.value.errors) == {"email"}
    assert _row(refused).email == WRONG


def test_an_address_that_takes_mail_cannot_be_changed_with_the_link(server: MailServer, office: MadeOffice) -> None:
    view = a_visitor(email=RIGHT).confirm(office, TIMES[0])
    for _ in range(2):  # before it has left, and after
        with pytest.raises(NotRefusedError):
            refused_address.correct(view.public_id, "somebody@courriel.example")
        delivery.deliver_due()
    assert _row(view).email == RIGHT


def test_a_cancelled_or_unknown_appointment_keeps_its_address(refused: AppointmentView) -> None:
    cancel(refused.public_id, "once")
    for public_id in (refused.public_id, "unknown"):
        with pytest.raises(NotBookedError):
            refused_address.correct(public_id, RIGHT)


def test_an_address_with_many_appointments_must_confirm_after_a_correction_too(
    server: MailServer, office: MadeOffice, refused: AppointmentView
) -> None:
    for starts_at in TIMES[1:4]:
        a_visitor(email=RIGHT).confirm(office, starts_at)
    view = refused_address.correct(refused.public_id, RIGHT)

    row = _row(view)
    assert (row.confirm_until, row.remind_at) == (MONDAY + timedelta(minutes=30), None)
    assert _last_kind() == "to_confirm"
    delivery.deliver_due()
    told = [(mail.kind, mail.state) for mail in records.mails(view.public_id)]
    assert told == [("Confirmation", MailState.REFUSED), ("Confirmation", MailState.SENT)], "the page does not tell"
    with clock.moved(MONDAY + timedelta(minutes=31)), pytest.raises(NotBookedError):
        refused_address.correct(view.public_id, "third@courriel.example")


def _signed_in(page: type, account_id: int) -> Any:
    with database.writing() as session:
        token = sessions.open(session, account_id, "Firefox")
    return opened(page, cookie=f"{sessions.cookie_name(SpaceKind.PERSONAL)}={token}")


def test_my_contacts_lead_to_where_the_address_is_corrected(server: MailServer, office: MadeOffice) -> None:
    server.refused.add(WRONG)
    with quick_passwords():
        account_id = make_account("owner@courriel.example", kind=SpaceKind.PERSONAL, tax_number=TAX_NUMBER)
    lost = a_visitor(email=WRONG).confirm(office, TIMES[0], account_id=account_id)
    a_visitor(email=RIGHT).confirm(office, TIMES[1], account_id=account_id, accept_duplicate=True)
    theirs = a_visitor(email=WRONG, tax_number=TAX_NUMBER).confirm(office, TIMES[2])
    page = _signed_in(MyContactsState, account_id)
    press(page, "load")
    assert [each.refused for each in (page.coming, *page.later)] == [False, False, False]

    delivery.deliver_due()
    press(page, "load")
    assert (page.coming.card.email, page.coming.refused) == (WRONG, True)
    assert [(each.card.email, each.refused) for each in page.later] == [(RIGHT, False), ("", False)]

    follow_up = opened(FollowUpState, path=page.coming.card.manage_href)
    press(follow_up, "load")
    assert follow_up.refused
    refused_address.correct(lost.public_id, RIGHT)
    press(page, "load")
    assert not page.coming.refused

    press(page, "ask", theirs.reference)
    press(page, "cancel")
    assert (page.cancelled.reference, page.is_told_by_mail) == (theirs.reference, False)
    press(page, "ask", lost.reference)
    press(page, "cancel")
    assert (page.cancelled.reference, page.is_told_by_mail) == (lost.reference, True)


def test_no_mail_is_promised_for_what_is_cancelled_where_none_arrives(refused: AppointmentView) -> None:
    page = opened(FollowUpState, path=addresses.follow_up(access.manage_token(refused.public_id)))
    press(page, "load")
    press(page, "ask")
    press(page, "cancel")
    assert (page.status, page.is_told_by_mail) == ("cancelled", False)
    delivery.deliver_due()
    press(page, "load")
    assert (page.status, page.refused, page.is_told_by_mail) == ("cancelled", False, False)


def test_the_page_tells_without_a_reload_and_the_address_is_corrected_there(
    server: MailServer, office: MadeOffice
) -> None:
    server.refused.add(WRONG)
    view = a_visitor(email=WRONG).confirm(office, TIMES[0])
    page = opened(FollowUpState, path=addresses.follow_up(access.manage_token(view.public_id)))
    press(page, "load")
    assert not page.refused
    delivery.deliver_due()
    press(page, "watch")
    assert page.refused
    press(page, "correct_address")
    press(page, "submit", {"email": RIGHT})
    assert (page.refused, page.corrected, page.card.email) == (False, True, RIGHT)
