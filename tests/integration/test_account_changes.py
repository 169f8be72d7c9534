"""« Modifier mes coordonnées », the password, and what is shown only after typing it again."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from app import clock
from app.models import Account, AuditEvent, OutboxMail, SpaceKind, SpaceMode
from app.services import database, throttle
from app.services.accounts import accounts, changes, password_reset, passwords, reauthentication, recovery, sessions
from app.services.accounts.accounts import AccountView
from app.services.accounts.reauthentication import SignedOutError
from app.services.form_errors import FieldErrors
from app.services.throttle import TooManyAttemptsError
from tests.accounts import ADDRESS, PASSWORD, make_account, quick_passwords

NEW_PASSWORD = "Vent-Salé83-Falaise-Gr1se"
LONG_PASSWORD = (
    "Zébu🙂Wagon42\"'`Quai$Lilas#Brume{7}Ardoise\\Falaise-Noisetier;Girouette%Parapluie&Moulin<Tournesol>"
    "Cerisier|Écluse~Vélo^Nuage@Tambour=Hiver+Kiosque"
)
IBAN = "FR7630006000011234567890189"
OTHER_IBAN = "FR1420041010050500013M02606"
PRO = SpaceKind.PROFESSIONAL


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    with quick_passwords():
        yield


class Owner:
    """Somebody signed in to a space of their own."""

    def __init__(self, **more: Any) -> None:
        given: dict[str, Any] = {
            "subscriber_number": "20260560000101",
            "phone": "+33199001234",
            "street_number": "12",
            "street_type": "rue",
            "street_name": "de Longchamp",
            "postal_code": "75016",
            "commune": "PARIS",
            "trust_question": "prenom-conjoint",
            "trust_answer": "Paul",
        }
        self.id = make_account(**(given | more))
        self.session, self.token = self.another_session()

    def another_session(self) -> tuple[str, str]:
        with database.writing() as session:
            token = sessions.open(session, self.id, "Firefox")
        found = sessions.find(PRO, f"{sessions.cookie_name(PRO)}={token}")
        assert found is not None
        return found.id, token

    @property
    def view(self) -> AccountView:
        view = accounts.get(self.id)
        assert view is not None
        return view

    @property
    def row(self) -> Account:
        with database.reading() as session:
            row = session.get(Account, self.id)
        assert row is not None
        return row

    @property
    def fields(self) -> dict[str, str]:
        return changes.shown_fields(self.view)

    def change(self, **fields: str) -> AccountView:
        return changes.change_details(self.id, self.session, self.fields | fields, visitor_key="v")

    def change_password(self, old: str = PASSWORD, new: str = NEW_PASSWORD, again: str | None = None) -> None:
        again = new if again is None else again
        changes.change_password(self.id, self.session, old=old, password=new, password_again=again, visitor_key="v")


def simplified() -> Owner:
    return Owner(
        mode=SpaceMode.SIMPLIFIED,
        siren="732829320",
        contact_email="societe@courriel.example",
        iban=IBAN,
        street_number="",
        street_type="",
        street_name="",
        postal_code="",
        commune="",
    )


def mails(kind: str) -> list[OutboxMail]:
    with database.reading() as session:
        return list(session.execute(select(OutboxMail).where(col(OutboxMail.kind) == kind)).scalars())


def audit_log() -> list[AuditEvent]:
    with database.reading() as session:
        return list(session.execute(select(AuditEvent).order_by(col(AuditEvent.id))).scalars())


class TestDetails:
    def test_a_first_name_can_be_taken_away_and_the_box_stays_ticked(self, db: str) -> None:
        owner = Owner()
        assert owner.change(no_first_name="oui").first_name == ""
        assert (owner.fields["first_name"], owner.fields["no_first_name"]) == ("", "oui")
        assert owner.change(commune="Lyon", postal_code="69001").first_name == ""
        with pytest.raises(FieldErrors) as wrong:
            owner.change(no_first_name="")
        assert list(wrong.value.errors) == ["first_name"]

    def test_the_form_shows_what_is_known_but_no_secret(self, db: str) -> None:
        assert Owner().fields == {
            "last_name": "Martin",
            "first_name": "Camille",
            "no_first_name": "",
            "phone_country": "FR",
            "phone": "01 99 00 12 34",
            "street_number": "12",
            "street_type": "rue",
            "street_name": "de Longchamp",
            "address_extra": "",
            "postal_code": "75016",
            "commune": "PARIS",
            "country": "FR",
            "trust_question": "prenom-conjoint",
            "trust_answer": "",
        }

    @pytest.mark.parametrize(
        ("number", "country"),
        [("+41446681800", "CH"), ("+262692123456", "RE"), ("+14165550123", "CA"), ("+33639980001", "FR")],
    )
    def test_a_number_of_any_country_comes_back_unchanged(self, db: str, number: str, country: str) -> None:
        owner = Owner(phone=number)
        assert owner.fields["phone_country"] == country
        assert owner.change().phone == number

    def test_nothing_changed_changes_nothing(self, db: str) -> None:
        owner = Owner()
        before = owner.view
        assert owner.change() == before
        assert audit_log() == []

    def test_what_is_changed_is_kept_and_the_rest_stays(self, db: str) -> None:
        owner = Owner()
        changed = owner.change(last_name="O'Connor-Ñuñez", first_name="Đặng Thị Ánh", phone="06 39 98 00 01")
        assert (changed.last_name, changed.first_name) == ("O'Connor-Ñuñez", "Đặng Thị Ánh")
        assert changed.phone == "+33639980001"
        assert changed.commune == "PARIS"
        assert owner.view == changed
        assert owner.row.trust_answer == "Paul"
        assert [(row.event, row.outcome) for row in audit_log()] == [("details_change", "done")]

    def test_what_is_wrong_is_said_and_nothing_is_changed(self, db: str) -> None:
        owner = Owner()
        before = owner.view
        with pytest.raises(FieldErrors) as raised:
            owner.change(last_name="张伟", phone="12", commune="")
        assert list(raised.value.errors) == ["last_name", "phone", "commune"]
        assert owner.view == before

    def test_fields_that_are_not_in_the_form_change_nothing(self, db: str) -> None:
        owner = Owner()
        before = owner.row
        owner.change(email="x@y.example", subscriber_number="1", siren="732829320", iban="", mode="simplified", id="7")
        after = owner.row
        assert (after.email, after.subscriber_number, after.siren) == (before.email, before.subscriber_number, "")

    def test_a_closed_account_changes_no_more(self, db: str) -> None:
        owner = Owner()
        fields = owner.fields
        with database.writing() as session:
            row = session.get(Account, owner.id)
            assert row is not None
            row.closed_at = clock.now()
        with pytest.raises(SignedOutError):
            changes.change_details(owner.id, owner.session, fields)

    def test_whoever_insists_waits(self, db: str) -> None:
        owner = Owner()
        fields = owner.fields
        for _ in range(20):
            changes.change_details(owner.id, owner.session, fields)
        with pytest.raises(TooManyAttemptsError):
            changes.change_details(owner.id, owner.session, fields)

    def test_a_simplified_space_keeps_its_company_and_its_account_number(self, db: str) -> None:
        owner = simplified()
        assert "siren" not in owner.fields
        assert owner.fields["iban"] == ""
        owner.change(contact_email="autre@courriel.example", siren="552100554")
        assert (owner.row.siren, owner.row.iban) == ("732829320", IBAN)
        assert owner.row.contact_email == "autre@courriel.example"


class TestSecrets:
    @pytest.mark.parametrize(
        "fields",
        [
            {"trust_answer": "Jeanne"},
            {"trust_question": "surnom", "trust_answer": "Jo"},
            {"last_name": "Autre", "trust_answer": "Jeanne"},
        ],
    )
    def test_the_trust_answer_changes_only_after_the_password(self, db: str, fields: dict[str, str]) -> None:
        owner = Owner()
        with pytest.raises(FieldErrors) as raised:
            owner.change(**fields)
        assert set(raised.value.errors) == {"trust_question", "trust_answer"}
        assert (owner.row.trust_answer, owner.row.last_name) == ("Paul", "Martin")
        reauthentication.prove(owner.id, owner.session, PASSWORD)
        owner.change(**fields)
        assert owner.row.trust_answer == fields["trust_answer"]

    def test_another_question_needs_another_answer(self, db: str) -> None:
        owner = Owner()
        reauthentication.prove(owner.id, owner.session, PASSWORD)
        with pytest.raises(FieldErrors) as raised:
            owner.change(trust_question="surnom")
        assert list(raised.value.errors) == ["trust_answer"]

    def test_the_account_number_changes_only_after_the_password(self, db: str) -> None:
        owner = simplified()
        with pytest.raises(FieldErrors) as raised:
            owner.change(iban=OTHER_IBAN)
        assert list(raised.value.errors) == ["iban"]
        reauthentication.prove(owner.id, owner.session, PASSWORD)
        owner.change(iban=OTHER_IBAN)
        assert owner.row.iban == OTHER_IBAN

    def test_the_owner_is_told_without_the_secret(self, db: str) -> None:
        owner = Owner()
        reauthentication.prove(owner.id, owner.session, PASSWORD)
        owner.change(trust_answer="Jeanne")
        (notice,) = mails("secrets_changed")
        assert notice.recipient == ADDRESS
        assert "Jeanne" not in f"{notice.subject} {notice.text_body} {notice.html_body}"
        said = " ".join(f"{row.event} {row.subject} {row.outcome}" for row in audit_log())
        assert "Jeanne" not in said

    def test_they_are_shown_after_the_password_only(self, db: str) -> None:
        owner = Owner()
        assert changes.secrets(owner.id, owner.session) is None
        with pytest.raises(FieldErrors) as raised:
            changes.reveal(owner.id, owner.session, "faux")
        assert list(raised.value.errors) == ["password"]
        assert changes.secrets(owner.id, owner.session) is None
        shown = changes.reveal(owner.id, owner.session, PASSWORD)
        assert (shown.trust_question, shown.trust_answer) == (
            "Quel est le prénom de votre conjoint(e)\u00a0?",
            "Paul",
        )
        assert changes.secrets(owner.id, owner.session) == shown

    def test_the_account_number_is_shown_masked(self, db: str) -> None:
        owner = simplified()
        assert changes.reveal(owner.id, owner.session, PASSWORD).iban == "FR76\u00a0••••\u00a00189"

    def test_they_are_shown_for_five_minutes(self, db: str) -> None:
        now = clock.now()
        with clock.moved(now):
            owner = Owner()
            changes.reveal(owner.id, owner.session, PASSWORD)
        with clock.moved(now + timedelta(minutes=4, seconds=59)):
            assert changes.secrets(owner.id, owner.session) is not None
        with clock.moved(now + timedelta(minutes=5)):
            assert changes.secrets(owner.id, owner.session) is None
            with pytest.raises(FieldErrors):
                owner.change(trust_answer="Jeanne")

    def test_they_are_shown_in_that_session_only(self, db: str) -> None:
        owner, stranger = Owner(), Owner(email="autre@courriel.example", subscriber_number="20260560000102")
        elsewhere, _ = owner.another_session()
        changes.reveal(owner.id, owner.session, PASSWORD)
        assert changes.secrets(owner.id, elsewhere) is None
        assert changes.secrets(stranger.id, owner.session) is None
        assert changes.secrets(owner.id, stranger.session) is None

    def test_a_session_of_another_account_proves_nothing(self, db: str) -> None:
        owner, stranger = Owner(), Owner(email="autre@courriel.example", subscriber_number="20260560000102")
        with pytest.raises(SignedOutError):
            reauthentication.prove(owner.id, stranger.session, PASSWORD)
        assert changes.secrets(owner.id, stranger.session) is None

    def test_an_ended_session_shows_nothing(self, db: str) -> None:
        owner = Owner()
        changes.reveal(owner.id, owner.session, PASSWORD)
        sessions.end(owner.session, owner.id)
        assert changes.secrets(owner.id, owner.session) is None
        with pytest.raises(SignedOutError):
            changes.reveal(owner.id, owner.session, PASSWORD)

    def test_guessing_the_password_in_a_session_is_counted(self, db: str) -> None:
        owner = Owner()
        for _ in range(12):
            with pytest.raises(FieldErrors):
                changes.reveal(owner.id, owner.session, "faux")
        with pytest.raises(TooManyAttemptsError):
            changes.reveal(owner.id, owner.session, PASSWORD)
        assert [row.outcome for row in audit_log()] == ["refused"] * 12


class TestPassword:
    def test_it_is_replaced_the_other_sessions_end_and_the_owner_is_told(self, db: str) -> None:
        now = clock.now()
        with clock.moved(now):
            owner = Owner()
            owner.another_session()
        with clock.moved(now + timedelta(minutes=1)):
            owner.change_password()
            assert passwords.verify(NEW_PASSWORD, owner.row.password_hash)
            assert [found.id for found in sessions.list(owner.id)] == [owner.session]
            assert owner.view.password_changed_at == now + timedelta(minutes=1)
        (notice,) = mails("password_changed")
        assert notice.recipient == ADDRESS
        assert "Les autres sessions" in (notice.text_body or "")
        assert ("password_change", "done") in [(row.event, row.outcome) for row in audit_log()]

    @pytest.mark.parametrize(
        ("old", "new", "again", "fields"),
        [
            ("", NEW_PASSWORD, NEW_PASSWORD, ["old_password"]),
            ("faux", NEW_PASSWORD, NEW_PASSWORD, ["old_password"]),
            (PASSWORD, "", "", ["password"]),
            (PASSWORD, "court1", "court1", ["password"]),
            (PASSWORD, NEW_PASSWORD, "autre", ["password_again"]),
            (PASSWORD, PASSWORD, PASSWORD, ["password"]),
            (PASSWORD, "Vent-Camille-83-Falaise-x", "Vent-Camille-83-Falaise-x", ["password"]),
        ],
    )
    def test_a_refused_one_changes_nothing(self, db: str, old: str, new: str, again: str, fields: list[str]) -> None:
        owner = Owner()
        owner.another_session()
        with pytest.raises(FieldErrors) as raised:
            owner.change_password(old, new, again)
        assert list(raised.value.errors) == fields
        assert passwords.verify(PASSWORD, owner.row.password_hash)
        assert len(sessions.list(owner.id)) == 2
        assert mails("password_changed") == []

    @pytest.mark.parametrize("length", [20, 72, 73, 128])
    def test_any_script_and_length_signs_in_afterwards(self, db: str, length: int) -> None:
        owner, password = Owner(), LONG_PASSWORD[:length]
        assert len(password) == length
        owner.change_password(new=password)
        assert passwords.verify(password, owner.row.password_hash)
        assert not passwords.verify(password[:-1], owner.row.password_hash)

    @pytest.mark.parametrize("length", [19, 129])
    def test_a_shorter_or_a_longer_one_is_refused(self, db: str, length: int) -> None:
        with pytest.raises(FieldErrors) as raised:
            Owner().change_password(new=LONG_PASSWORD[:length])
        assert "caractères" in raised.value.errors["password"]

    def test_a_link_of_a_recovery_dies_with_the_old_one(self, db: str) -> None:
        owner = Owner()
        recovery.ask(
            PRO,
            "v",
            network="n",
            email=ADDRESS,
            subscriber_number="20260560000101",
            question="prenom-conjoint",
            answer="paul",
        )
        (mail,) = mails("recovery")
        token = (mail.text_body or "").split("/nouveau-mot-de-passe/")[1].split()[0]
        assert password_reset.link(token) is not None
        owner.change_password()
        assert password_reset.link(token) is None

    def test_two_tabs_at_once_change_it_once(self, db: str) -> None:
        owner = Owner()
        together = threading.Barrier(4)

        def one(number: int) -> bool:
            together.wait()
            try:
                owner.change_password(new=f"{NEW_PASSWORD}-{number}")
            except (SignedOutError, FieldErrors):
                return False
            return True

        with ThreadPoolExecutor(4) as threads:
            won = [number for number, done in enumerate(threads.map(one, range(4))) if done]
        assert len(won) == 1
        assert passwords.verify(f"{NEW_PASSWORD}-{won[0]}", owner.row.password_hash)
        assert len(mails("password_changed")) == 1

    def test_the_hint_comes_after_a_year(self, db: str) -> None:
        now = clock.now()
        with clock.moved(now):
            owner = Owner()
        with clock.moved(now + timedelta(days=365)):
            assert not changes.password_is_old(owner.view)
        with clock.moved(now + timedelta(days=365, seconds=1)):
            assert changes.password_is_old(owner.view)
            throttle.reset()
            owner.change_password()
            assert not changes.password_is_old(owner.view)
