"""« Mes données »: everything the portal holds about an account, for its owner alone and after the password."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update
from sqlmodel import col
from starlette.types import ASGIApp

from app import addresses, clock, frontend
from app.models import Account, Appointment, Channel, SpaceKind
from app.services import database, throttle, visitors
from app.services.accounts import changes, data_export, new_address, password_reset, reauthentication, sessions
from app.services.appointments import cancellation, waiting_list
from app.web.layers import around
from app.web.routes import http_routes
from tests import factories
from tests.accounts import ADDRESS, PASSWORD, quick_passwords
from tests.booking import PERSON, a_visitor, topic_of
from tests.factories import at
from tests.integration import website
from tests.integration.test_account_changes import audit_log
from tests.integration.test_closing import TAX_NUMBER, Owner
from tests.integration.website import ask

NOW = at("2026-11-16 10:00")
STARTS = at("2026-11-24 09:30")
FILES = {
    SpaceKind.PROFESSIONAL: addresses.PROFESSIONAL_DATA_FILE,
    SpaceKind.PERSONAL: addresses.PERSONAL_DATA_FILE,
}
BOTH = pytest.mark.parametrize("kind", list(FILES))


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    throttle.reset()
    with quick_passwords(), clock.moved(NOW):
        yield


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ASGIApp:
    monkeypatch.setattr(frontend, "PAGES", website.build(tmp_path / "built"))
    routes = http_routes()
    routes.mount("", website.inner(tmp_path / "built"))
    return around(routes)


def get(site: ASGIApp, owner: Owner | None, path: str, method: str = "GET") -> httpx.Response:
    cookies = [f"{visitors.cookie_name()}={visitors.new_token()}", *([owner.cookie] if owner else [])]
    return ask(site, method, path, headers={"Cookie": "; ".join(cookies)})


def exported(owner: Owner) -> dict[str, Any]:
    document = data_export.export(owner.id)
    assert document is not None
    held: dict[str, Any] = json.loads(document)
    return held


def booked(owner_id: int | None = None, starts: Any = STARTS, **person: str) -> str:
    """Take an appointment, in a space or with a tax number typed without signing in; return its public id."""
    office = factories.make_office()
    factories.make_slots(office, starts)
    factories.mark_planned(office.id, date(2027, 3, 1))
    view = a_visitor(**person).confirm(office, starts)
    if owner_id:
        changed = update(Appointment).where(col(Appointment.public_id) == view.public_id).values(account_id=owner_id)
        with database.writing() as session:
            session.execute(changed)
    return view.public_id


# The file


def test_it_holds_the_details_of_a_professional_space(db: str) -> None:
    held = exported(Owner(SpaceKind.PROFESSIONAL))
    account = held["account"]
    assert account["email"] == ADDRESS
    assert (account["last_name"], account["first_name"]) == ("Martin", "Camille")
    assert (account["street_number"], account["street_name"], account["commune"]) == ("12", "de Longchamp", "PARIS")
    assert account["trust_question"] == "Quel est le prénom de votre conjoint(e)\u00a0?"
    assert account["trust_answer"] == "Paul"
    assert account["iban"] == "FR7630006000011234567890189"
    assert account["created_at"] == "2026-11-16T09:00:00+00:00"
    assert held["appointments"] == []
    assert "personnel" in " ".join(held["lisez_moi"])


def test_it_holds_the_details_and_needs_of_a_personal_space(db: str) -> None:
    account = exported(Owner(SpaceKind.PERSONAL))["account"]
    assert (account["tax_number"], account["insee"], account["civility"]) == (TAX_NUMBER, "75116", "madame")
    assert account["needs"] == ["wheelchair"]


def test_nothing_of_the_account_is_forgotten_but_hashes_and_keys(db: str) -> None:
    account = set(exported(Owner(SpaceKind.PERSONAL))["account"])
    assert set(Account.model_fields) - account == {"id", "email_key", "password_hash", "closed_at"}


@BOTH
def test_no_hash_no_key_no_token_is_in_it(db: str, kind: SpaceKind) -> None:
    owner = Owner(kind)
    public_id = booked(owner.id)
    new_address.ask(
        owner.id, owner.session, email="b@b.example", email_again="b@b.example", password=PASSWORD, visitor_key="v" * 64
    )
    document = (data_export.export(owner.id) or b"").decode()
    with database.reading() as session:
        account = session.get(Account, owner.id)
        assert account is not None
        token = owner.cookie.partition("=")[2]
        for secret in (account.password_hash, token, owner.session, public_id, "v" * 64, "closed"):
            assert secret not in document
    for word in ("_hash", "_key", "token", "visitor"):
        assert word not in document


def test_sessions_events_and_mails_are_in_it(db: str) -> None:
    owner = Owner(SpaceKind.PROFESSIONAL)
    changes.change_password(
        owner.id,
        owner.session,
        old=PASSWORD,
        password="Vent-Salé83-Falaise-Gr1se",
        password_again="Vent-Salé83-Falaise-Gr1se",
        visitor_key="visitor",
    )
    held = exported(owner)
    assert [line["browser"] for line in held["sessions"]] == ["Firefox"]
    assert held["sessions"][0]["created_at"] == "2026-11-16T09:00:00+00:00"
    assert ("password_change", "done") in [(line["event"], line["outcome"]) for line in held["events"]]
    assert [line["subject"] for line in held["mails"]] == ["Votre mot de passe a été changé"]
    assert held["pending_address"] is None


def test_a_new_address_that_waits_is_in_it(db: str) -> None:
    owner = Owner(SpaceKind.PERSONAL)
    new_address.ask(
        owner.id, owner.session, email="b@b.example", email_again="b@b.example", password=PASSWORD, visitor_key="v"
    )
    held = exported(owner)
    assert held["pending_address"]["email"] == "b@b.example"
    assert [line["recipient"] for line in held["mails"]] == ["b@b.example"]


@BOTH
def test_what_is_of_another_account_is_not(db: str, kind: SpaceKind) -> None:
    owner = Owner(kind)
    before = exported(owner)
    other = Owner(SpaceKind.PERSONAL if kind is SpaceKind.PROFESSIONAL else SpaceKind.PROFESSIONAL)
    booked(other.id)
    booked()
    reauthentication.prove(other.id, other.session, PASSWORD)
    assert exported(owner) == before


def test_account_1_has_nothing_of_account_11(db: str) -> None:
    owner = Owner(SpaceKind.PERSONAL)
    with database.writing() as session:
        eleventh = Account(
            id=owner.id * 10 + 1,
            kind=SpaceKind.PERSONAL,
            email="b@b.example",
            email_key="b@b.example",
            password_hash="",
            last_name="B",
            first_name="B",
            created_at=NOW,
            password_changed_at=NOW,
        )
        session.add(eleventh)
    with database.writing() as session:
        account = session.execute(select(Account).where(col(Account.email) == "b@b.example")).scalar_one()
        password_reset.replace_password(session, account, "hash", "visitor")
    held = exported(owner)
    assert (held["mails"], held["events"]) == ([], [])


def test_appointments_of_the_space_are_in_it_with_their_history_and_mails(db: str) -> None:
    owner = Owner(SpaceKind.PERSONAL)
    public_id = booked(owner.id)
    cancellation.cancel(public_id, "once")
    [line] = exported(owner)["appointments"]
    assert line["starts_at"] == "2026-11-24T08:30:00+00:00"
    assert line["local_time"] == "2026-11-24T09:30:00+01:00"
    assert (line["status"], line["channel"]) == ("cancelled", "counter")
    assert (line["last_name"], line["details"], line["phone"]) == (PERSON.last_name, PERSON.details, PERSON.phone)
    assert [entry["event"] for entry in line["history"]] == ["booked", "cancelled"]
    assert [mail["what"] for mail in line["mails"]] == ["Confirmation", "Annulation"]


def test_those_with_the_same_tax_number_too_without_what_somebody_else_typed(db: str) -> None:
    owner = Owner(SpaceKind.PERSONAL)
    booked(tax_number=TAX_NUMBER)
    booked(tax_number="")
    [line] = exported(owner)["appointments"]
    assert line["tax_number"] == TAX_NUMBER
    assert (line["email"], line["phone"], line["second_phone"], line["details"]) == ("", "", "", "")


def test_a_professional_space_has_none_by_tax_number(db: str) -> None:
    owner = Owner(SpaceKind.PROFESSIONAL)
    booked(tax_number="")
    assert exported(owner)["appointments"] == []


def test_past_ones_come_first(db: str) -> None:
    owner = Owner(SpaceKind.PERSONAL)
    for days in (7, 0, 3):
        booked(owner.id, STARTS + timedelta(days=days))
    with clock.moved(STARTS + timedelta(days=4)):
        days = [line["starts_at"][8:10] for line in exported(owner)["appointments"]]
    assert days == ["24", "27", "01"]


def test_the_waiting_lists_of_the_address_are_in_it(db: str) -> None:
    owner = Owner(SpaceKind.PERSONAL)
    office = factories.make_office()
    for email in (ADDRESS.upper(), "b@b.example"):
        waiting_list.join(
            "visitor",
            "network",
            email,
            office_id=office.id,
            topic_id=topic_of(30),
            channel=Channel.COUNTER,
            place_id=None,
            weekdays=31,
            first_day=date(2026, 11, 17),
            last_day=date(2026, 12, 4),
        )
    [line] = exported(owner)["waiting_list"]
    assert (line["email"].casefold(), line["status"], line["last_day"]) == (ADDRESS, "waiting", "2026-12-04")


def test_there_is_none_of_an_unknown_account(db: str) -> None:
    assert data_export.export(4242) is None


# Over HTTP


@BOTH
def test_the_owner_gets_it_after_the_password(db: str, site: ASGIApp, kind: SpaceKind) -> None:
    owner = Owner(kind)
    reauthentication.prove(owner.id, owner.session, PASSWORD)
    answer = get(site, owner, FILES[kind])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"] == f'attachment; filename="{data_export.FILE_NAME}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["account"]["email"] == ADDRESS
    assert ("data_export", f"account {owner.id}") in [(row.event, row.subject) for row in audit_log()]
    assert get(site, owner, FILES[kind], "HEAD").content == b""


@BOTH
def test_somebody_signed_in_is_asked_for_the_password_first(db: str, site: ASGIApp, kind: SpaceKind) -> None:
    answer = get(site, Owner(kind), FILES[kind])
    assert (answer.status_code, answer.headers["location"]) == (303, FILES[kind].removesuffix(".json"))
    assert (answer.headers["cache-control"], answer.content) == ("no-store", b"")


@BOTH
def test_a_stranger_and_an_owner_of_the_other_kind_are_sent_to_the_sign_in(
    db: str, site: ASGIApp, kind: SpaceKind
) -> None:
    Owner(kind)
    other = Owner(SpaceKind.PERSONAL if kind is SpaceKind.PROFESSIONAL else SpaceKind.PROFESSIONAL)
    reauthentication.prove(other.id, other.session, PASSWORD)
    sign_in = addresses.PROFESSIONAL_SIGN_IN if kind is SpaceKind.PROFESSIONAL else addresses.PERSONAL_SIGN_IN
    for browser in (None, other):
        answer = get(site, browser, FILES[kind])
        assert (answer.status_code, answer.headers["location"], answer.content) == (303, sign_in, b"")


def test_the_password_counts_for_five_minutes_and_in_this_session_only(db: str, site: ASGIApp) -> None:
    owner = Owner(SpaceKind.PERSONAL)
    reauthentication.prove(owner.id, owner.session, PASSWORD)
    path = addresses.PERSONAL_DATA_FILE
    with clock.moved(NOW + timedelta(minutes=4, seconds=59)):
        assert get(site, owner, path).status_code == 200
    with clock.moved(NOW + timedelta(minutes=5)):
        assert get(site, owner, path).status_code == 303
    _, owner.cookie = owner.signs_in()
    assert get(site, owner, path).status_code == 303


def test_whoever_insists_waits(db: str, site: ASGIApp) -> None:
    owner = Owner(SpaceKind.PERSONAL)
    reauthentication.prove(owner.id, owner.session, PASSWORD)
    answers = [get(site, owner, addresses.PERSONAL_DATA_FILE) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


def test_a_session_that_was_ended_gets_nothing(db: str, site: ASGIApp) -> None:
    owner = Owner(SpaceKind.PERSONAL)
    reauthentication.prove(owner.id, owner.session, PASSWORD)
    sessions.end_all(owner.id)
    assert get(site, owner, addresses.PERSONAL_DATA_FILE).headers["location"] == addresses.PERSONAL_SIGN_IN
