"""A personal space once it exists: signing in, the lost password, changes; and that the two kinds never mix."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlmodel import col

from app import addresses, clock
from app.models import Account, AccountSession, Need, OutboxMail, RecoveryToken, SpaceKind
from app.services import database, throttle
from app.services.accounts import accounts, changes, new_address, password_reset, passwords, recovery, sessions, sign_in
from app.services.accounts.password_reset import LinkGoneError
from app.services.accounts.reauthentication import SignedOutError
from app.services.accounts.sign_in import SignInRefusedError
from app.services.form_errors import FieldErrors
from app.services.throttle import TooManyAttemptsError
from tests.accounts import ADDRESS, PASSWORD, TAX_NUMBER, make_account, quick_passwords, solved_captcha

PRO, PERSONAL = SpaceKind.PROFESSIONAL, SpaceKind.PERSONAL
OTHER_NUMBER = "0000000202202"
NEW_PASSWORD = "Vent-Salé83-Falaise-Gr1se"


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    throttle.reset()
    with quick_passwords():
        yield


def make_space(email: str = ADDRESS, tax_number: str = TAX_NUMBER, **more: Any) -> int:
    return make_account(email, kind=PERSONAL, tax_number=tax_number, insee="11069", civility="madame", **more)


def signed_in(visitor: str = "lila", kind: SpaceKind = PERSONAL, **typed: Any) -> str:
    """Sign in with a solved CAPTCHA; return the Cookie header of the new session."""
    challenge, answer = solved_captcha(visitor)
    values: dict[str, Any] = {
        "network": f"network of {visitor}",
        "tax_number": TAX_NUMBER,
        "password": PASSWORD,
        "captcha_id": challenge,
        "captcha_answer": answer,
        "user_agent": "Firefox",
    }
    return f"{sessions.cookie_name(kind)}={sign_in.sign_in(kind, visitor, **(values | typed))}"


def refusal(visitor: str = "lila", **typed: Any) -> str:
    with pytest.raises(SignInRefusedError) as refused:
        signed_in(visitor, **typed)
    return refused.value.message


def ask(visitor: str = "v", network: str = "n", tax_number: str = TAX_NUMBER, email: str = ADDRESS) -> None:
    recovery.ask_personal(visitor, network=network, tax_number=tax_number, email=email)


def mails(kind: str = "recovery") -> list[OutboxMail]:
    with database.reading() as session:
        query = select(OutboxMail).where(col(OutboxMail.kind) == kind).order_by(col(OutboxMail.id))
        return list(session.execute(query).scalars())


def tokens() -> list[str]:
    found = [re.findall(rf"{addresses.PERSONAL_RESET}/([\w-]+)", mail.text_body or "") for mail in mails()]
    return [links[0] for links in found]


def total(table: Any) -> int:
    with database.reading() as session:
        return int(session.execute(select(func.count()).select_from(table)).scalar_one())


@contextmanager
def watched(patch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Note the statements and the hashes inside the block."""
    seen: list[str] = []
    turn = passwords._turn

    def statement(*args: Any) -> None:
        seen.append(str(args[2]).split()[0])

    def hashing() -> Any:
        seen.append("hash")
        return turn()

    patch.setattr(passwords, "_turn", hashing)
    event.listen(database.engine(), "before_cursor_execute", statement)
    yield seen
    event.remove(database.engine(), "before_cursor_execute", statement)


# Signing in


@pytest.mark.parametrize("typed", [TAX_NUMBER, "00 00 000 101 101", f"\u00a0{TAX_NUMBER}\u202f"])
def test_the_tax_number_and_the_password_open_a_session(db: str, typed: str) -> None:
    account_id = make_space()
    found = sessions.find(PERSONAL, signed_in(tax_number=typed))
    assert found is not None
    assert (found.account.id, found.account.tax_number, found.account.insee) == (account_id, TAX_NUMBER, "11069")


def test_an_unknown_number_gets_the_answer_of_a_wrong_password_and_the_same_work(db: str) -> None:
    make_space()
    seen = []
    for typed in ({"password": "wrong"}, {"tax_number": OTHER_NUMBER}):
        with pytest.MonkeyPatch.context() as patch, watched(patch) as work:
            assert refusal(**typed) == sign_in.REFUSED_NUMBER
        seen.append(work)
    assert seen[0] == seen[1]
    assert seen[0].count("hash") == 1


def test_counters_of_unknown_numbers_fill_alike(db: str) -> None:
    make_space()
    answers = []
    for number in (TAX_NUMBER, OTHER_NUMBER):
        throttle.reset()
        answers.append([refusal(f"visitor {each}", tax_number=number, password="wrong") for each in range(8)])
    assert answers[0] == answers[1]
    assert "Trop d’essais" in answers[0][-1]


@pytest.mark.parametrize("typed", ["", ADDRESS, "123", "0000000101102", "x" * 5000, "\ud800"])
def test_what_is_no_tax_number_is_said_and_uses_nothing_up(db: str, typed: str) -> None:
    assert "numéro fiscal" in refusal(tax_number=typed)


def test_a_closed_space_lets_nobody_in(db: str) -> None:
    make_space(closed_at=clock.now())
    assert refusal() == sign_in.REFUSED_NUMBER


# The two kinds never mix


def test_neither_kind_is_found_by_the_sign_in_of_the_other(db: str) -> None:
    make_account("pro@courriel.example")
    make_space()
    assert refusal(kind=PERSONAL, tax_number=OTHER_NUMBER) == sign_in.REFUSED_NUMBER
    assert refusal("v2", kind=PRO, email=ADDRESS) == sign_in.REFUSED
    assert sessions.find(PRO, signed_in("v3", PRO, email="pro@courriel.example")) is not None


def test_the_cookie_of_one_kind_is_worth_nothing_under_the_name_of_the_other(db: str) -> None:
    make_space()
    cookie = signed_in()
    as_professional = cookie.replace("perso-session", "pro-session")
    assert sessions.find(PRO, as_professional) is None
    assert not sign_in.sign_out(PRO, "lila", as_professional)
    assert sessions.find(PERSONAL, cookie) is not None


def test_one_browser_may_be_signed_in_to_both_and_leaves_each_by_itself(db: str) -> None:
    make_account()
    make_space()
    both = f"{signed_in()}; {signed_in('v2', PRO, email=ADDRESS)}"
    assert sign_in.sign_out(PERSONAL, "lila", both)
    assert sessions.find(PERSONAL, both) is None
    assert sessions.find(PRO, both) is not None


def test_a_recovery_finds_its_own_kind_and_its_link_opens_no_other_page(db: str) -> None:
    professional = make_account(
        subscriber_number="20260560000101", trust_question="prenom-conjoint", trust_answer="Paul"
    )
    personal = make_space()
    ask()
    [token] = tokens()
    assert password_reset.link(token) is None
    with pytest.raises(LinkGoneError):
        password_reset.reset(token, NEW_PASSWORD, NEW_PASSWORD, visitor_key="v", network="n")
    known = {"subscriber_number": "20260560000101", "question": "prenom-conjoint", "answer": "Paul"}
    recovery.ask(PERSONAL, "v", network="n", email=ADDRESS, **known)
    assert len(mails()) == 1, "what a professional space is recovered with says nothing of a personal one"
    recovery.ask(PRO, "v", network="n", email=ADDRESS, **known)
    theirs = re.findall(rf"{addresses.RECOVERY_RESET}/([\w-]+)", mails()[1].text_body or "")[0]
    assert password_reset.link(theirs, PERSONAL) is None
    password_reset.reset(token, NEW_PASSWORD, NEW_PASSWORD, visitor_key="v", network="n", kind=PERSONAL)
    assert password_reset.link(theirs) is not None
    assert signed_in("v2", PRO, email=ADDRESS)
    assert signed_in("v3", password=NEW_PASSWORD)
    with database.reading() as session:
        assert {row.id for row in session.execute(select(Account)).scalars()} == {professional, personal}


# The lost password


def test_the_number_and_the_address_send_a_link_that_serves_once_for_ten_minutes(db: str) -> None:
    make_space()
    cookie = signed_in()
    ask(tax_number=" 00 00 000 101 101", email=ADDRESS.upper())
    [mail], [token] = mails(), tokens()
    assert "espace particulier" in (mail.text_body or "")
    assert "professionnel" not in (mail.text_body or "") + (mail.html_body or "")
    found = password_reset.link(token, PERSONAL)
    assert found is not None
    assert found.email == ADDRESS
    with clock.moved(clock.now() + timedelta(minutes=10)):
        assert password_reset.link(token, PERSONAL) is None
    password_reset.reset(token, NEW_PASSWORD, NEW_PASSWORD, visitor_key="v", network="n", kind=PERSONAL)
    with pytest.raises(LinkGoneError):
        password_reset.reset(token, NEW_PASSWORD, NEW_PASSWORD, visitor_key="v", network="n", kind=PERSONAL)
    assert sessions.find(PERSONAL, cookie) is None
    assert signed_in("v2", password=NEW_PASSWORD)
    assert addresses.PERSONAL_RECOVERY in (mails("password_changed")[0].text_body or "")


@pytest.mark.parametrize(
    "wrong", [{"tax_number": OTHER_NUMBER}, {"email": "other@courriel.example"}, {"email": "pro@courriel.example"}]
)
def test_what_does_not_fit_sends_nothing_says_the_same_and_takes_the_same_work(db: str, wrong: dict[str, str]) -> None:
    make_space()
    make_account("pro@courriel.example")
    seen = []
    for typed in ({}, wrong):
        with pytest.MonkeyPatch.context() as patch, watched(patch) as work:
            ask("v", **typed)
        seen.append([statement for statement in work if statement not in ("ROLLBACK", "RELEASE")])
    assert seen[0] == seen[1]
    assert (len(mails()), total(RecoveryToken)) == (1, 1)


def test_what_nobody_can_have_is_said(db: str) -> None:
    with pytest.raises(FieldErrors) as error:
        ask(tax_number="1", email="nobody")
    assert list(error.value.errors) == ["tax_number", "email"]
    with pytest.raises(FieldErrors):
        recovery.check_personal(tax_number=TAX_NUMBER, email="")


def test_insistence_is_counted_by_visitor_and_never_against_the_owner(db: str) -> None:
    make_space()
    for _ in range(5):
        ask("stranger", "elsewhere", email="other@courriel.example")
    with pytest.raises(TooManyAttemptsError):
        ask("stranger", "elsewhere")
    for number in range(8):
        refusal(f"v{number}", password="wrong")
    ask("owner", "home")
    assert len(mails()) == 1


# Changes


class Owner:
    """Somebody signed in to their personal space."""

    def __init__(self) -> None:
        self.id = make_space()
        self.cookie = signed_in()
        found = sessions.find(PERSONAL, self.cookie)
        assert found is not None
        self.session = found.id


def test_needs_are_kept(db: str) -> None:
    owner = Owner()
    assert changes.set_needs(owner.id, Need.WHEELCHAIR | Need.COMPANION).needs == Need.WHEELCHAIR | Need.COMPANION
    found = accounts.get(owner.id)
    assert found is not None
    assert found.needs == Need.WHEELCHAIR | Need.COMPANION
    assert changes.set_needs(owner.id, Need(0)).needs == Need(0)
    with pytest.raises(SignedOutError):
        changes.set_needs(owner.id + 1, Need(0))


def test_only_the_telephone_is_the_persons_to_change_and_may_be_erased(db: str) -> None:
    owner = Owner()
    view = accounts.get(owner.id)
    assert view is not None
    assert changes.asked_fields(view) == ("phone_country", "phone")
    assert changes.shown_fields(view) == {"phone_country": "FR", "phone": ""}
    typed = {"phone_country": "FR", "phone": "06 39 98 12 34", "last_name": "Else", "trust_answer": "x", "iban": "y"}
    changed = changes.change_details(owner.id, owner.session, typed)
    assert (changed.phone, changed.last_name) == ("+33639981234", "Martin")
    with pytest.raises(FieldErrors):
        changes.change_details(owner.id, owner.session, {"phone_country": "FR", "phone": "12"})
    assert changes.change_details(owner.id, owner.session, {"phone": " "}).phone == ""


def test_the_password_changes_and_the_other_sessions_end(db: str) -> None:
    owner = Owner()
    other = signed_in("other browser")
    changes.change_password(
        owner.id, owner.session, old=PASSWORD, password=NEW_PASSWORD, password_again=NEW_PASSWORD, visitor_key="v"
    )
    assert sessions.find(PERSONAL, other) is None
    assert [each.id for each in sessions.list(owner.id)] == [owner.session]
    mail = mails("password_changed")[0].text_body or ""
    assert "espace particulier" in mail
    assert addresses.PERSONAL_RECOVERY in mail
    assert sessions.end(owner.session, owner.id)
    assert total(AccountSession) == 2


def test_the_address_changes_by_a_code_and_professional_spaces_do_not_matter(db: str) -> None:
    owner = Owner()
    make_account("new@courriel.example")
    make_space("taken@courriel.example", OTHER_NUMBER)

    def asks(email: str) -> None:
        new_address.ask(owner.id, owner.session, email=email, email_again=email, password=PASSWORD, visitor_key="v")

    with pytest.raises(FieldErrors):
        asks("taken@courriel.example")
    asks("new@courriel.example")
    text = mails("address_change")[0].text_body or ""
    assert "espace particulier" in text
    code = re.findall(r"^ {4}(\w{12})$", text, re.MULTILINE)[0]
    assert new_address.confirm(owner.id, owner.session, code, visitor_key="v") == "new@courriel.example"
    told = mails("address_changed")[0]
    assert (told.recipient, "espace particulier" in (told.text_body or "")) == (ADDRESS, True)
    assert signed_in("v2"), "the tax number still signs in"
