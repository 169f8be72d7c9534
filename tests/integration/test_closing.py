"""Closing a space: the password again, nothing personal left, the address and the tax number free at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlmodel import SQLModel, col

from app import clock
from app.models import (
    Account,
    AccountSession,
    AddressChange,
    Appointment,
    AppointmentStatus,
    AuditEvent,
    Need,
    OutboxMail,
    RecoveryToken,
    SpaceKind,
)
from app.services import database, form_drafts, throttle
from app.services.accounts import (
    accounts,
    changes,
    closing,
    data_export,
    email_address,
    new_address,
    reauthentication,
    recovery,
    sessions,
    sign_in,
)
from app.services.accounts.closing import Closed
from app.services.accounts.reauthentication import SignedOutError
from app.services.accounts.sign_in import SignInRefusedError
from app.services.appointments import records
from app.services.form_drafts import Form
from app.services.form_errors import FieldErrors
from app.services.throttle import TooManyAttemptsError
from tests import factories
from tests.accounts import ADDRESS, PASSWORD, make_account, quick_passwords, solved_captcha
from tests.booking import a_visitor, check_invariants
from tests.factories import at

NOW = at("2026-11-16 10:00")
STARTS = at("2026-11-24 09:30")
TAX_NUMBER = "3012345678905"
BOTH = pytest.mark.parametrize("kind", [SpaceKind.PROFESSIONAL, SpaceKind.PERSONAL])


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    throttle.reset()
    with quick_passwords(), clock.moved(NOW):
        yield


class Owner:
    """Somebody signed in to a full space of their own."""

    def __init__(self, kind: SpaceKind) -> None:
        personal = {"tax_number": TAX_NUMBER, "insee": "75116", "needs": int(Need.WHEELCHAIR), "civility": "madame"}
        professional = {
            "subscriber_number": "20260560000101",
            "siren": "732829320",
            "iban": "FR7630006000011234567890189",
            "trust_question": "prenom-conjoint",
            "trust_answer": "Paul",
            "contact_email": "contact@courriel.example",
        }
        self.kind = kind
        self.id = make_account(
            kind=kind,
            phone="+33199001234",
            street_number="12",
            street_type="rue",
            street_name="de Longchamp",
            address_extra="Bâtiment B",
            postal_code="75016",
            commune="PARIS",
            **(personal if kind is SpaceKind.PERSONAL else professional),
        )
        self.session, self.cookie = self.signs_in()

    def signs_in(self) -> tuple[str, str]:
        with database.writing() as session:
            token = sessions.open(session, self.id, "Firefox")
        cookie = f"{sessions.cookie_name(self.kind)}={token}"
        found = sessions.find(self.kind, cookie)
        assert found is not None
        return found.id, cookie

    def closes(self, password: str = PASSWORD, *, cancel: bool = False) -> Closed:
        return closing.close(self.id, self.session, password, cancel_appointments=cancel, visitor_key="visitor")

    def row(self) -> Account:
        with database.reading() as session:
            found = session.get(Account, self.id)
        assert found is not None
        return found

    def books(self, starts: Any = STARTS) -> str:
        """Take an appointment in the space; return its public id."""
        office = factories.make_office()
        factories.make_slots(office, starts)
        factories.mark_planned(office.id, date(2027, 3, 1))
        view = a_visitor().confirm(office, starts)
        with database.writing() as session:
            booked = session.execute(select(Appointment).where(col(Appointment.public_id) == view.public_id))
            booked.scalar_one().account_id = self.id
        return view.public_id


def all_of(table: type[SQLModel]) -> list[Any]:
    with database.reading() as session:
        return list(session.execute(select(table)).scalars())


def mails(kind: str = "account_closed") -> list[OutboxMail]:
    return [mail for mail in all_of(OutboxMail) if mail.kind == kind]


@BOTH
def test_nothing_personal_of_the_space_is_left(db: str, kind: SpaceKind) -> None:
    owner = Owner(kind)
    assert owner.closes() == Closed(0, 0)
    kept = {
        name: value for name, value in owner.row().model_dump().items() if value and name not in ("id", "created_at")
    }
    assert kept.pop("closed_at") == NOW
    kept.pop("password_changed_at")
    assert kept.pop("email_key") == f"closed:{owner.id}"
    kept.pop("mode", None)
    assert kept == {"kind": kind, "country": "FR"}
    with database.reading() as session:
        stored = str(session.execute(text("SELECT * FROM account")).all())
    for personal in ("Martin", "Camille", "courriel.example", TAX_NUMBER, "Longchamp", "$2b$", "+331", "732829320"):
        assert personal not in stored


@BOTH
def test_the_password_is_asked_for_again(db: str, kind: SpaceKind) -> None:
    owner = Owner(kind)
    for wrong in ("", "Wrong-Passw0rd-42"):
        with pytest.raises(FieldErrors) as refused:
            owner.closes(wrong)
        assert list(refused.value.errors) == ["password"]
    assert owner.row().closed_at is None
    assert sessions.find(kind, owner.cookie) is not None
    assert mails() == []


def test_whoever_guesses_the_password_waits(db: str) -> None:
    owner = Owner(SpaceKind.PERSONAL)
    for _ in range(12):
        with pytest.raises(FieldErrors):
            owner.closes("Wrong-Passw0rd-42")
    with pytest.raises(TooManyAttemptsError):
        owner.closes()
    assert owner.row().closed_at is None


@BOTH
def test_every_session_ends_and_no_way_back_is_left(db: str, kind: SpaceKind) -> None:
    owner = Owner(kind)
    _, other = owner.signs_in()
    owner.closes()
    assert [sessions.find(kind, cookie) for cookie in (owner.cookie, other)] == [None, None]
    assert all(row.ended_at == NOW for row in all_of(AccountSession))
    assert accounts.get(owner.id) is None
    assert data_export.export(owner.id) is None
    for name in (ADDRESS, TAX_NUMBER):
        challenge, answer = solved_captcha("visitor")
        with pytest.raises(SignInRefusedError):
            sign_in.sign_in(
                kind,
                "visitor",
                network="network",
                email=name,
                password=PASSWORD,
                captcha_id=challenge,
                captcha_answer=answer,
                user_agent="",
            )
    assert [row.outcome for row in all_of(AuditEvent) if row.event == "sign_in"] != ["done"]


@BOTH
def test_what_a_signed_in_tab_still_tries_is_refused(db: str, kind: SpaceKind) -> None:
    owner = Owner(kind)
    owner.closes()
    tries = (
        owner.closes,
        lambda: reauthentication.prove(owner.id, owner.session, PASSWORD),
        lambda: changes.change_details(owner.id, owner.session, {}),
        lambda: changes.change_password(
            owner.id, owner.session, old=PASSWORD, password="x", password_again="x", visitor_key="v"
        ),
        lambda: new_address.ask(
            owner.id, owner.session, email="b@b.example", email_again="b@b.example", password=PASSWORD, visitor_key="v"
        ),
    )
    for attempt in tries:
        with pytest.raises(SignedOutError):
            attempt()
    assert len(mails()) == 1


def test_links_of_a_recovery_and_a_new_address_that_waits_die_with_it(db: str) -> None:
    owner = Owner(SpaceKind.PROFESSIONAL)
    recovery.ask(
        owner.kind,
        "visitor",
        network="network",
        email=ADDRESS,
        subscriber_number="20260560000101",
        question="prenom-conjoint",
        answer="Paul",
    )
    new_address.ask(
        owner.id,
        owner.session,
        email="nouvelle@courriel.example",
        email_again="nouvelle@courriel.example",
        password=PASSWORD,
        visitor_key="visitor",
    )
    assert (len(all_of(RecoveryToken)), len(all_of(AddressChange))) == (1, 1)
    owner.closes()
    assert (all_of(RecoveryToken), all_of(AddressChange)) == ([], [])
    before = len(all_of(OutboxMail))
    throttle.reset()
    with clock.moved(NOW + timedelta(minutes=5)):
        recovery.ask(
            owner.kind,
            "visitor",
            network="network",
            email=ADDRESS,
            subscriber_number="20260560000101",
            question="prenom-conjoint",
            answer="Paul",
        )
    assert len(all_of(OutboxMail)) == before


@BOTH
def test_the_address_and_the_tax_number_are_free_at_once(db: str, kind: SpaceKind) -> None:
    owner = Owner(kind)
    key = email_address.parse(ADDRESS).key
    assert accounts.status_of_address(kind, key).state == "taken"
    owner.closes()
    assert accounts.status_of_address(kind, key).state == "free"
    with database.reading() as session:
        assert not accounts.has_tax_number(session, TAX_NUMBER)
    again = Owner(kind)
    assert again.id != owner.id
    again.closes()
    assert Owner(kind).id not in (owner.id, again.id)


def test_a_space_of_the_other_kind_at_the_same_address_stays(db: str) -> None:
    personal, professional = Owner(SpaceKind.PERSONAL), Owner(SpaceKind.PROFESSIONAL)
    personal.closes()
    assert sessions.find(SpaceKind.PROFESSIONAL, professional.cookie) is not None
    assert professional.row().email == ADDRESS


@BOTH
def test_a_last_mail_says_so_and_the_audit_log_too(db: str, kind: SpaceKind) -> None:
    owner = Owner(kind)
    owner.closes()
    [mail] = mails()
    assert (mail.recipient, mail.visitor_key) == (ADDRESS, "visitor")
    for said in (mail.text_body, mail.html_body):
        assert said is not None
        words = "espace particulier" if kind is SpaceKind.PERSONAL else "espace professionnel"
        assert words in said
        assert "rendez-vous à venir" not in said
    logged = [(row.event, row.subject, row.outcome) for row in all_of(AuditEvent)]
    assert ("account_closed", f"account {owner.id}", "done") in logged
    assert ADDRESS not in str(logged)


def test_appointments_to_come_stay_and_are_no_longer_tied_to_the_space(db: str) -> None:
    owner = Owner(SpaceKind.PERSONAL)
    public_id = owner.books()
    assert closing.upcoming(owner.id) == 1
    assert owner.closes() == Closed(appointments_kept=1, appointments_cancelled=0)
    view = records.get(public_id)
    assert view is not None
    assert view.is_booked
    assert [row.account_id for row in all_of(Appointment)] == [None]
    assert "maintenu" in (mails()[0].text_body or "")
    check_invariants()


def test_or_are_cancelled_when_the_person_wishes_so(db: str) -> None:
    owner = Owner(SpaceKind.PERSONAL)
    mine = [owner.books(), owner.books(STARTS + timedelta(days=1))]
    over = owner.books()
    with database.writing() as session:
        row = session.execute(select(Appointment).where(col(Appointment.public_id) == over)).scalar_one()
        row.starts_at = NOW - timedelta(days=1)
    stranger = Owner(SpaceKind.PROFESSIONAL).books()
    assert owner.closes(cancel=True) == Closed(appointments_kept=0, appointments_cancelled=2)
    status = {row.public_id: row.status for row in all_of(Appointment)}
    assert [status[each] for each in mine] == [AppointmentStatus.CANCELLED] * 2
    assert [status[each] for each in (over, stranger)] == [AppointmentStatus.BOOKED] * 2
    assert len(mails("cancelled")) == 2
    assert "ont été annulés" in (mails()[0].text_body or "")


def test_a_wrong_password_cancels_nothing(db: str) -> None:
    owner = Owner(SpaceKind.PERSONAL)
    public_id = owner.books()
    with pytest.raises(FieldErrors):
        owner.closes("Wrong-Passw0rd-42", cancel=True)
    view = records.get(public_id)
    assert view is not None
    assert view.is_booked


def test_what_was_being_typed_in_the_space_is_erased(db: str) -> None:
    owner = Owner(SpaceKind.PROFESSIONAL)
    form_drafts.keep("visitor", Form.DETAILS, sessions.subject(owner.id), {"phone": "0199001234"})
    form_drafts.keep("visitor", Form.ADDRESS, sessions.subject(4242), {"email": "a@b.example"})
    owner.closes()
    assert form_drafts.load("visitor", Form.DETAILS, sessions.subject(owner.id)) == {}
    assert form_drafts.load("visitor", Form.ADDRESS, sessions.subject(4242)) != {}


def test_two_tabs_close_it_once(db: str) -> None:
    owner = Owner(SpaceKind.PERSONAL)

    def tries(_: int) -> bool:
        try:
            owner.closes()
        except SignedOutError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(tries, range(4))) == 1
    assert len(mails()) == 1


def test_a_password_changed_meanwhile_keeps_it_open(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = Owner(SpaceKind.PERSONAL)
    really = reauthentication.verified

    def overtaken(*args: Any, **kwargs: Any) -> str:
        kept = really(*args, **kwargs)
        with database.writing() as session:
            found = session.get(Account, owner.id)
            assert found is not None
            found.password_hash = "another"
        return kept

    monkeypatch.setattr(reauthentication, "verified", overtaken)
    with pytest.raises(SignedOutError):
        owner.closes()
    assert owner.row().closed_at is None
    assert mails() == []
