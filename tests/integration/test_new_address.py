"""Another sign-in address: nothing changes before the code sent to it is typed, and the old one is told."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from app import clock
from app.models import Account, AddressChange, SpaceKind
from app.services import database, retention, throttle
from app.services.accounts import new_address, recovery, sessions
from app.services.accounts.new_address import Waiting
from app.services.form_errors import FieldErrors
from app.services.notifications import delivery, outbox
from app.services.throttle import TooManyAttemptsError
from app.settings import get_settings
from app.state.personal_space import PersonalAddressState
from app.state.refused_address import REFUSAL_ID
from app.state.space_credentials import SpaceAddressState
from tests.accounts import ADDRESS, PASSWORD, make_account, quick_passwords
from tests.integration.test_account_changes import Owner, mails
from tests.pages import opened, press
from tests.smtp import MailServer, portal_mails

NEW = "Camille@Nouveau.example"
PRO = SpaceKind.PROFESSIONAL


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    with quick_passwords():
        yield


def ask(owner: Owner, email: str = NEW, again: str | None = None, password: str = PASSWORD) -> Waiting:
    return new_address.ask(
        owner.id,
        owner.session,
        email=email,
        email_again=email if again is None else again,
        password=password,
        visitor_key="v",
    )


def code(kind: str = "address_change") -> str:
    found = re.findall(r"^ +(\w{12})$", mails(kind)[-1].text_body or "", re.MULTILINE)
    assert len(found) == 1
    return str(found[0])


def confirm(owner: Owner, typed: str) -> str:
    return new_address.confirm(owner.id, owner.session, typed, visitor_key="v")


class TestAsking:
    def test_the_code_goes_to_the_new_address_and_nothing_changes_yet(self, db: str) -> None:
        owner = Owner()
        now = clock.now()
        with clock.moved(now):
            waiting = ask(owner)
            assert (waiting.email, waiting.expires_at) == ("Camille@nouveau.example", now + timedelta(minutes=30))
            assert new_address.waiting(owner.id) == waiting
        (mail,) = mails("address_change")
        assert mail.recipient == "Camille@nouveau.example"
        assert owner.view.email == ADDRESS

    @pytest.mark.parametrize(
        ("email", "again", "password", "field"),
        [
            ("", "", PASSWORD, "email"),
            ("pas une adresse", "pas une adresse", PASSWORD, "email"),
            ("x" * 100 + "@a.fr", "x" * 100 + "@a.fr", PASSWORD, "email"),
            (NEW, "autre@nouveau.example", PASSWORD, "email_again"),
            (NEW, NEW, "", "password"),
            (NEW, NEW, "faux", "password"),
            (ADDRESS.upper(), ADDRESS, PASSWORD, "email"),
            ("prise@courriel.example", "prise@courriel.example", PASSWORD, "email"),
            ("certificat@courriel.example", "certificat@courriel.example", PASSWORD, "email"),
        ],
    )
    def test_what_is_wrong_is_said_and_no_mail_is_sent(
        self, db: str, email: str, again: str, password: str, field: str
    ) -> None:
        make_account("prise@courriel.example")
        make_account("certificat@courriel.example", has_certificate=True)
        owner = Owner()
        with pytest.raises(FieldErrors) as raised:
            ask(owner, email, again, password)
        assert list(raised.value.errors) == [field]
        assert mails("address_change") == []
        assert new_address.waiting(owner.id) is None

    def test_the_address_of_a_personal_space_is_free(self, db: str) -> None:
        make_account(NEW, kind=SpaceKind.PERSONAL)
        ask(Owner())

    def test_in_neutral_mode_the_owner_of_the_address_is_told_instead(
        self, db: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NEUTRAL_ANSWERS", "1")
        get_settings.cache_clear()
        make_account("prise@courriel.example")
        owner = Owner()
        waiting = ask(owner, "prise@courriel.example")
        assert waiting.email == "prise@courriel.example"
        (mail,) = mails("address_in_use")
        assert (mail.recipient, mail.visitor_key) == ("prise@courriel.example", "")
        assert mails("address_change") == []

    def test_asked_again_the_first_code_is_worth_nothing(self, db: str) -> None:
        owner = Owner()
        ask(owner)
        first = code()
        ask(owner, "encore@nouveau.example")
        with pytest.raises(FieldErrors):
            confirm(owner, first)
        assert confirm(owner, code()) == "encore@nouveau.example"

    def test_whoever_insists_waits(self, db: str) -> None:
        owner = Owner()
        for _ in range(5):
            ask(owner)
        with pytest.raises(TooManyAttemptsError):
            ask(owner)

    def test_it_can_be_given_up(self, db: str) -> None:
        owner = Owner()
        ask(owner)
        typed = code()
        new_address.give_up(owner.id)
        assert new_address.waiting(owner.id) is None
        with pytest.raises(FieldErrors):
            confirm(owner, typed)


class TestConfirming:
    def test_the_code_makes_it_the_sign_in_address(self, db: str) -> None:
        owner = Owner()
        owner.another_session()
        ask(owner)
        assert confirm(owner, f" {code()[:6]} {code()[6:]} ") == "Camille@nouveau.example"
        assert (owner.row.email, owner.row.email_key) == ("Camille@nouveau.example", "camille@nouveau.example")
        assert new_address.waiting(owner.id) is None
        assert [found.id for found in sessions.list(owner.id)] == [owner.session]

    def test_the_old_address_is_told_but_not_the_new_one(self, db: str) -> None:
        owner = Owner()
        ask(owner)
        confirm(owner, code())
        (notice,) = mails("address_changed")
        assert notice.recipient == ADDRESS
        assert "nouveau.example" not in f"{notice.subject} {notice.text_body} {notice.html_body}".lower()

    def test_it_serves_once(self, db: str) -> None:
        owner = Owner()
        ask(owner)
        typed = code()
        confirm(owner, typed)
        with pytest.raises(FieldErrors):
            confirm(owner, typed)
        assert len(mails("address_changed")) == 1

    def test_five_wrong_codes_end_it(self, db: str) -> None:
        owner = Owner()
        ask(owner)
        for _ in range(5):
            with pytest.raises(FieldErrors):
                confirm(owner, "mauvaiscode1")
        with pytest.raises(FieldErrors) as raised:
            confirm(owner, code())
        assert "nouveau code" in raised.value.errors["code"]
        assert owner.view.email == ADDRESS

    def test_the_fifth_attempt_may_be_right(self, db: str) -> None:
        owner = Owner()
        ask(owner)
        for _ in range(4):
            with pytest.raises(FieldErrors):
                confirm(owner, "mauvaiscode1")
        confirm(owner, code())

    def test_it_lives_half_an_hour(self, db: str) -> None:
        now = clock.now()
        with clock.moved(now):
            owner = Owner()
            ask(owner)
        with clock.moved(now + timedelta(minutes=30)):
            assert new_address.waiting(owner.id) is None
            with pytest.raises(FieldErrors):
                confirm(owner, code())
            assert retention.tidy()["new_addresses"] == 1
        with clock.moved(now + timedelta(minutes=29, seconds=59)):
            throttle.reset()
            with pytest.raises(FieldErrors):
                confirm(owner, code())  # erased

    def test_the_code_of_another_account_is_wrong(self, db: str) -> None:
        owner, other = Owner(), Owner(email="autre@courriel.example", subscriber_number="20260560000102")
        ask(owner)
        typed = code()
        ask(other, "encore@nouveau.example")
        with pytest.raises(FieldErrors):
            confirm(other, typed)
        assert other.view.email == "autre@courriel.example"

    def test_an_address_taken_meanwhile_stays_where_it_is(self, db: str) -> None:
        owner = Owner()
        ask(owner)
        make_account(NEW)
        with pytest.raises(FieldErrors) as raised:
            confirm(owner, code())
        assert "déjà associée" in raised.value.errors["code"]
        assert owner.view.email == ADDRESS
        assert len(sessions.list(owner.id)) == 1

    @pytest.mark.parametrize("typed", ["", " ", "é" * 12, "\ud800" * 12, "x" * 10_000])
    def test_nonsense_is_wrong(self, db: str, typed: str) -> None:
        owner = Owner()
        ask(owner)
        with pytest.raises(FieldErrors):
            confirm(owner, typed)

    def test_recovery_goes_to_the_new_address_from_then_on(self, db: str) -> None:
        owner = Owner()
        ask(owner)
        confirm(owner, code())
        asked = {"subscriber_number": "20260560000101", "question": "prenom-conjoint", "answer": "Paul"}
        recovery.ask(PRO, "v", network="n", email=ADDRESS, **asked)
        assert mails("recovery") == []
        recovery.ask(PRO, "v", network="n", email=NEW, **asked)
        assert [mail.recipient for mail in mails("recovery")] == ["Camille@nouveau.example"]

    def test_the_database_holds_no_code(self, db: str) -> None:
        owner = Owner()
        ask(owner)
        with database.reading() as session:
            kept = session.get(AddressChange, owner.id)
            assert kept is not None
            assert session.get(Account, owner.id) is not None
        assert code() not in kept.code_hash


WRONG = "pas.de.boite@nouveau.example"


@pytest.fixture
def server(db: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with portal_mails(monkeypatch, WRONG) as running:
        yield running


class TestAnAddressThatTakesNoMail:
    def test_it_is_told_and_the_space_keeps_the_one_it_has(self, server: MailServer) -> None:
        owner = Owner()
        waiting = ask(owner, WRONG)
        assert outbox.is_awaited(waiting.mail)
        delivery.deliver_due()
        assert new_address.waiting(owner.id) == waiting
        assert outbox.is_refused(waiting.mail)
        assert owner.view.email == ADDRESS

        with pytest.raises(FieldErrors) as again:
            ask(owner, WRONG.upper(), WRONG)
        assert "celle-ci n’a pas été acceptée" in again.value.errors["email"]
        other = ask(owner)
        assert delivery.deliver_due() == 1
        assert not outbox.is_refused(other.mail)

    def test_a_neutral_portal_tells_the_same_of_one_with_a_space(
        self, server: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NEUTRAL_ANSWERS", "1")
        get_settings.cache_clear()
        make_account(WRONG)
        waiting = ask(Owner(), WRONG)
        delivery.deliver_due()
        assert outbox.is_refused(waiting.mail)

    @pytest.mark.parametrize("page", [SpaceAddressState, PersonalAddressState])
    def test_the_page_tells_without_a_reload_and_asks_for_another(self, server: MailServer, page: type) -> None:
        kind = page._kind  # type: ignore[attr-defined]
        owner_id = make_account("owner@courriel.example", kind=kind)
        with database.writing() as session:
            token = sessions.open(session, owner_id, "Firefox")
        state = opened(page, cookie=f"{sessions.cookie_name(kind)}={token}")
        typed = {"email": WRONG, "email_again": WRONG, "password": PASSWORD}

        press(state, "ask", typed)
        assert (state.waiting_for, state.refused, state.draft) == (WRONG, False, {})
        delivery.deliver_due()
        assert REFUSAL_ID in str(press(state, "watch"))
        assert (state.refused, state.draft) == (True, {"email": WRONG, "email_again": WRONG})

        press(state, "ask", typed)
        assert "celle-ci n’a pas été acceptée" in state.errors["email"]
        press(state, "ask", typed | {"email": NEW, "email_again": NEW})
        assert (state.refused, state.errors) == (False, {})
        delivery.deliver_due()
        press(state, "watch")
        assert not state.refused

        press(state, "ask", typed)
        delivery.deliver_due()
        press(state, "load")
        assert (state.refused, state.waiting_for) == (True, WRONG)
        press(state, "give_up")
        assert (state.refused, state.waiting_for, state.email) == (False, "", "owner@courriel.example")

    def test_nobody_else_watches_it(self, server: MailServer) -> None:
        ask(Owner(), WRONG)
        delivery.deliver_due()
        state = opened(SpaceAddressState)
        assert press(state, "watch") is None
        assert not state.refused
