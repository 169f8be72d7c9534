"""The waiting list and an address that takes no mail: told to whoever joined, corrected, and told at a later offer."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from app import clock
from app.models import Channel, WaitingEntry, WaitingStatus
from app.services import database, throttle
from app.services.appointments import steps, waiting_list
from app.services.appointments.steps import BOOKING
from app.services.notifications import delivery, outbox
from app.state.base import tab_of
from app.state.refused_address import REFUSAL_ID
from app.state.waiting_from_mail import WaitingEntryState
from app.state.waiting_list import WaitingListState
from tests.booking import MONDAY, topic_of
from tests.factories import MadeOffice, at, make_slots
from tests.pages import opened, press, visitor
from tests.smtp import MailServer, portal_mails
from tests.waiting import FIRST, LAST, a_waiter, an_office, check_waiting_list, join

WRONG, RIGHT = "anh@courriel.example", "anh.nguyen@courriel.example"


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    throttle.reset()
    with clock.moved(MONDAY):
        yield
        check_waiting_list()
    throttle.reset()


@pytest.fixture
def server(db: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with portal_mails(monkeypatch, WRONG) as running:
        yield running


def standing() -> dict[str, str]:
    """Return what became of each entry, by its address."""
    with database.reading() as session:
        return {each.email: str(each.status) for each in session.execute(select(WaitingEntry)).scalars()}


def test_another_address_takes_the_place_of_one_that_took_no_mail(server: MailServer) -> None:
    office = an_office()
    before = join(office, key="anh", email=WRONG)
    delivery.deliver_due()
    assert outbox.is_refused(before.mail)

    instead = join(office, key="anh", email=RIGHT)
    waiting_list.drop_refused("anh", before.mail, instead.mail)

    assert standing() == {WRONG: WaitingStatus.LEFT, RIGHT: WaitingStatus.WAITING}
    assert delivery.deliver_due() == 1
    assert not outbox.is_refused(instead.mail)


def test_nobody_else_and_nothing_that_took_mail_is_taken_off(server: MailServer) -> None:
    office = an_office()
    lost, well = join(office, key="anh", email=WRONG), join(office, key="bao", email=RIGHT)
    waiting_list.drop_refused("anh", lost.mail, well.mail)  # before anybody knows
    delivery.deliver_due()
    waiting_list.drop_refused("bao", lost.mail, well.mail)
    waiting_list.drop_refused("bao", well.mail, "")
    waiting_list.drop_refused("anh", lost.mail, lost.mail)
    for nothing in ("", "waiting_full:x:y", "waiting_joined:", "waiting_joined:nobody:x"):
        waiting_list.drop_refused("anh", nothing, "")
    assert standing() == {WRONG: WaitingStatus.WAITING, RIGHT: WaitingStatus.WAITING}


def test_what_was_asked_of_another_office_stays(server: MailServer) -> None:
    lost = join(an_office(), key="anh", email=WRONG)
    delivery.deliver_due()
    elsewhere = join(an_office(), key="anh", email=RIGHT)
    waiting_list.drop_refused("anh", lost.mail, elsewhere.mail)
    assert standing() == {WRONG: WaitingStatus.WAITING, RIGHT: WaitingStatus.WAITING}


def test_a_fourth_thing_is_told_of_by_the_mail_that_says_so(server: MailServer) -> None:
    for _ in range(3):
        join(an_office(), email=WRONG)
    fourth = join(an_office(), email=WRONG)
    delivery.deliver_due()
    assert outbox.is_refused(fourth.mail), "as of any other address: nobody learns who waits already"


@pytest.fixture
def page(server: MailServer) -> WaitingListState:
    """The form of the waiting list, in a tab that has come to the times of an office."""
    return opened_at(an_office())


def opened_at(office: MadeOffice) -> WaitingListState:
    page = opened(WaitingListState)
    tab, topic = tab_of(page), topic_of(30)
    steps.begin(visitor(), tab)
    steps.choose_office(visitor(), tab, office.id, "", "")
    steps.choose_topic(visitor(), BOOKING, topic)
    steps.choose_channel(visitor(), BOOKING, Channel.COUNTER)
    steps.note_human(visitor(), BOOKING)
    press(page, "load")
    assert page.phase == "ready"
    return page


def typed(email: str) -> dict[str, str]:
    days = {"first_day": FIRST.isoformat(), "last_day": LAST.isoformat()}
    return {"email": email, **{f"jour-{number}": "oui" for number in range(5)}, **days}


def test_the_page_tells_without_a_reload_and_the_address_is_corrected(page: WaitingListState) -> None:
    press(page, "submit", typed(WRONG))
    assert (page.done_email, page.refused) == (WRONG, False)
    delivery.deliver_due()
    assert REFUSAL_ID in str(press(page, "watch"))
    assert page.refused

    press(page, "load")
    assert (page.done_email, page.refused) == (WRONG, True), "after a reload too"
    assert "email" in str(press(page, "change"))
    assert (page.done_email, page.refused) == ("", False)
    press(page, "load")
    assert page.draft["email"] == WRONG, "to be corrected, not typed again"
    assert [page.draft[f"jour-{number}"] for number in range(5)] == ["oui"] * 5

    press(page, "submit", typed(RIGHT))
    delivery.deliver_due()
    press(page, "watch")
    assert (page.done_email, page.refused) == (RIGHT, False)
    assert standing() == {WRONG: WaitingStatus.LEFT, RIGHT: WaitingStatus.WAITING}


def test_what_the_page_no_longer_speaks_of_is_not_told(page: WaitingListState, monkeypatch: pytest.MonkeyPatch) -> None:
    press(page, "submit", typed(WRONG))
    told = outbox.is_refused

    def meanwhile(mail: str) -> bool:
        page.done_days = page.done_email = ""
        return told(mail)

    delivery.deliver_due()
    monkeypatch.setattr(outbox, "is_refused", meanwhile)
    assert press(page, "watch") is None
    assert not page.refused


def test_an_offer_that_did_not_arrive_is_told_behind_the_link_of_the_first_mail(server: MailServer) -> None:
    office = an_office()
    anh = a_waiter(office, email=RIGHT)
    delivery.deliver_due()
    page = opened(WaitingEntryState, path=f"/rendez-vous/liste-d-attente/{anh.token}")
    press(page, "load")
    assert (page.status, page.refused) == ("waiting", False)

    server.refused.add(RIGHT)
    make_slots(office, at("2026-11-24 09:00"))
    waiting_list.run()
    delivery.deliver_due()
    press(page, "load")
    assert (page.status, page.refused) == ("waiting", True)
    press(page, "quit")
    assert (page.status, page.refused) == ("left", False)
