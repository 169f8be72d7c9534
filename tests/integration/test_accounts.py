"""What is known of accounts, and whether an address is free."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.models import Account, OutboxMail, RequestOutcome, SignUpRequest, SpaceKind, SpaceMode
from app.services import database
from app.services.accounts import accounts, requests
from app.services.accounts.accounts import AddressState, AddressStatus
from tests.accounts import ADDRESS, make_account, quick_passwords
from tests.factories import at

PRO, PERSONAL = SpaceKind.PROFESSIONAL, SpaceKind.PERSONAL
NOW = at("2026-11-23 10:00")


@pytest.fixture(autouse=True)
def _quick() -> object:
    with quick_passwords():
        yield


def make_request(key: str = ADDRESS, **more: Any) -> None:
    values: dict[str, Any] = {
        "public_id": "p",
        "journey_id": "j",
        "visitor_key": "v",
        "kind": PRO,
        "email_key": key,
        "code_hash": "c",
        "created_at": clock.now(),
    }
    with database.writing() as session:
        session.add(SignUpRequest(**(values | more)))


def make_waiting_mail() -> None:
    now = clock.now()
    with database.writing() as session:
        session.add(
            OutboxMail(
                dedup_key=requests.mail_key("p"),
                kind="activation",
                visitor_key="v",
                message_id="m",
                recipient=ADDRESS,
                subject="s",
                created_at=now,
                next_attempt_at=now,
            )
        )


def test_a_view_holds_everything_but_secrets(db: str) -> None:
    account_id = make_account(
        trust_answer="Minou-secret", iban="FR76-secret", phone="+33199001234", subscriber_number="20263270000101"
    )
    view = accounts.get(account_id)
    assert view is not None
    assert (view.kind, view.mode, view.email) == (PRO, SpaceMode.EXPERT, ADDRESS)
    assert (view.subscriber_number, view.phone) == ("20263270000101", "+33199001234")
    shown = str(dataclasses.asdict(view))
    assert "secret" not in shown
    assert "$2b$" not in shown


def test_a_personal_account_has_no_mode(db: str) -> None:
    view = accounts.get(make_account(kind=PERSONAL))
    assert view is not None
    assert (view.mode, view.subscriber_number) == (None, "")


def test_nobody_and_closed_accounts_are_not_found(db: str) -> None:
    closed = make_account(closed_at=clock.now())
    assert accounts.get(closed) is None
    assert accounts.get(closed + 1) is None
    with database.reading() as session:
        assert accounts.find_by_email(session, PRO, ADDRESS) is None


def test_accounts_of_the_two_kinds_never_mix(db: str) -> None:
    professional, personal = make_account(), make_account(kind=PERSONAL)
    with database.reading() as session:
        for kind, expected in ((PRO, professional), (PERSONAL, personal)):
            row = accounts.find_by_email(session, kind, ADDRESS)
            assert row is not None
            assert row.id == expected


def test_an_account_never_stored_has_no_view() -> None:
    now = clock.now()
    row = Account(
        kind=PRO,
        email="a",
        email_key="a",
        password_hash="",
        last_name="",
        first_name="",
        created_at=now,
        password_changed_at=now,
    )
    with pytest.raises(ValueError, match="never stored"):
        accounts.view(row)


class TestAddresses:
    def test_an_unknown_address_is_free(self, db: str) -> None:
        assert accounts.status_of_address(PRO, ADDRESS) == AddressStatus(AddressState.FREE)

    def test_the_address_of_a_space_is_taken_for_that_kind_only(self, db: str) -> None:
        make_account()
        assert accounts.status_of_address(PRO, ADDRESS).state is AddressState.TAKEN
        assert accounts.status_of_address(PERSONAL, ADDRESS).state is AddressState.FREE

    def test_the_address_of_a_closed_space_stays_taken(self, db: str) -> None:
        make_account(closed_at=clock.now())
        assert accounts.status_of_address(PRO, ADDRESS).state is AddressState.TAKEN

    def test_a_space_with_a_certificate_has_its_own_answer(self, db: str) -> None:
        make_account(has_certificate=True)
        assert accounts.status_of_address(PRO, ADDRESS).state is AddressState.CERTIFICATE

    def test_a_request_whose_mail_waits_is_pending(self, db: str) -> None:
        with clock.moved(NOW):
            make_request()
            make_waiting_mail()
        for later in (timedelta(0), timedelta(hours=60)):
            with clock.moved(NOW + later):
                status = accounts.status_of_address(PRO, ADDRESS)
            assert status == AddressStatus(AddressState.PENDING, NOW + timedelta(hours=48))

    def test_a_request_is_pending_for_48_hours_from_the_mail(self, db: str) -> None:
        sent = NOW + timedelta(minutes=20)
        with clock.moved(NOW):
            make_request(sent_at=sent)
        with clock.moved(sent + timedelta(hours=47, minutes=59)):
            status = accounts.status_of_address(PRO, ADDRESS)
            assert status == AddressStatus(AddressState.PENDING, sent + timedelta(hours=48))
            assert accounts.status_of_address(PERSONAL, ADDRESS).state is AddressState.FREE
        with clock.moved(sent + timedelta(hours=48)):
            assert accounts.status_of_address(PRO, ADDRESS).state is AddressState.FREE

    @pytest.mark.parametrize("outcome", [outcome for outcome in RequestOutcome if outcome != RequestOutcome.PENDING])
    def test_a_request_that_ended_leaves_the_address_free(self, db: str, outcome: RequestOutcome) -> None:
        make_request(outcome=outcome)
        assert accounts.status_of_address(PRO, ADDRESS).state is AddressState.FREE
