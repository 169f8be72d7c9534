"""Creating a personal space: the register, the identifiers, the code; what is refused, and what happens at once."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from sqlalchemy import event, select
from sqlmodel import col

from app import addresses, clock, keys
from app.models import (
    Account,
    AuditEvent,
    Need,
    OutboxMail,
    RequestOutcome,
    SignUpRequest,
    SpaceKind,
    Taxpayer,
)
from app.services import database, demo_taxpayers, retention, throttle
from app.services.accounts import accounts, activation, personal_sign_up, requests, taxpayers, withdrawal
from app.services.accounts.activation import Activated
from app.services.accounts.activation_codes import CodeRefusedError, Refusal
from app.services.accounts.personal_sign_up import HAS_SPACE, Step
from app.services.accounts.sign_up import WrongStepError
from app.services.form_errors import FieldErrors
from app.services.journeys import JourneyGoneError
from app.services.notifications import delivery
from app.services.throttle import TooManyAttemptsError
from app.settings import get_settings
from tests.accounts import PASSWORD, make_account, quick_passwords
from tests.accounts import without_unique_accounts as without_unique_keys
from tests.booking import count, together
from tests.factories import at
from tests.personal import ADDRESS, ARMAND, LILA, PERSONAL, Applicant, load_register, with_space
from tests.sign_up import signed_up

NOON = at("2026-11-21 12:00")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    throttle.reset()
    with quick_passwords(), clock.moved(NOON):
        yield


@pytest.fixture
def register(db: str) -> str:
    load_register()
    return db


@pytest.fixture
def many_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_POOL_SIZE", "60")
    get_settings.cache_clear()
    database.reset()


@pytest.fixture
def neutral(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUTRAL_ANSWERS", "true")
    get_settings.cache_clear()


def refused(applicant: Applicant, code: str) -> CodeRefusedError:
    with pytest.raises(CodeRefusedError) as error:
        applicant.activates(code)
    return error.value


def step(applicant: Applicant) -> Step:
    progress = personal_sign_up.progress(applicant.key)
    assert progress is not None
    return progress.step


def only_request() -> SignUpRequest:
    with database.reading() as session:
        row: SignUpRequest = session.execute(select(SignUpRequest)).scalar_one()
        return row


# The register


def test_the_register_of_the_demonstration_is_loaded_once_and_kept(db: str) -> None:
    load_register()
    with database.writing() as session:
        session.execute(Taxpayer.__table__.update().values(last_name="Changed"))  # type: ignore[attr-defined]
    load_register()
    with database.reading() as session:
        names = [row.last_name for row in session.execute(select(Taxpayer)).scalars()]
    assert names == ["Changed"] * len(demo_taxpayers.identities())


def test_only_the_three_numbers_together_find_somebody(register: str) -> None:
    found = taxpayers.find(LILA.tax_number, LILA.access_number, LILA.reference_income)
    assert found is not None
    assert (found.last_name, found.insee) == ("Rosemonde", "11069")
    for wrong in (
        (ARMAND.tax_number, LILA.access_number, LILA.reference_income),
        (LILA.tax_number, ARMAND.access_number, LILA.reference_income),
        (LILA.tax_number, LILA.access_number, "24351"),
        ("0000000000000", "", ""),
    ):
        assert taxpayers.find(*wrong) is None


def test_nothing_shows_which_number_is_wrong_nor_whether_anybody_has_it(
    register: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    for number, wrong in enumerate(
        (
            {"tax_number": "3023217600053"},
            {"tax_number": ARMAND.tax_number},
            {"access_number": "1234567"},
            {"reference_income": "1"},
        )
    ):
        applicant = Applicant(key=f"v{number}").begins()
        statements: list[str] = []
        opened: list[str] = []
        kept = keys.decrypt
        monkeypatch.setattr(keys, "decrypt", lambda token, k=kept, o=opened: (o.append("x"), k(token))[1])

        def note(*args: object, into: list[str] = statements) -> None:
            into.append(str(args[2]).split()[0])

        event.listen(database.engine(), "before_cursor_execute", note)
        with pytest.raises(FieldErrors) as error:
            taxpayers.check(applicant.key, applicant.typed | wrong, "n")
        event.remove(database.engine(), "before_cursor_execute", note)
        monkeypatch.setattr(keys, "decrypt", kept)
        seen.append((error.value.errors, statements, len(opened)))
    assert all(each == seen[0] for each in seen)
    assert seen[0][0] == {"tax_number": taxpayers.NO_MATCH}


def test_guessing_stops_for_the_visitor_and_on_the_network_and_not_for_the_owner(register: str) -> None:
    guesser = Applicant().begins()
    for _ in range(6):
        with pytest.raises(FieldErrors):
            guesser.says_who(access_number="1234567")
    with pytest.raises(TooManyAttemptsError):
        guesser.says_who()
    typed = guesser.typed | {"access_number": "1234567"}
    for number in range(6):
        with pytest.raises(FieldErrors):
            taxpayers.check(f"cookie {number}", typed, "one network")
    with pytest.raises(TooManyAttemptsError):
        taxpayers.check("cookie 7", typed, "one network")
    assert Applicant().begins().says_who().step is Step.IDENTIFIERS


def test_many_networks_that_guess_one_number_are_slowed_for_a_minute_only(register: str) -> None:
    typed = Applicant().typed | {"access_number": "1234567"}
    with time_machine.travel(NOON, tick=False) as travel:
        for number in range(30):
            with pytest.raises(FieldErrors):
                taxpayers.check(f"v{number}", typed, f"n{number}")
        with pytest.raises(TooManyAttemptsError) as slowed:
            taxpayers.check("v", typed, "n")
        assert slowed.value.retry_after <= 60
        travel.shift(61)
        assert Applicant().begins().says_who().step is Step.IDENTIFIERS


# The way through


def test_a_personal_space_is_created(register: str) -> None:
    applicant = Applicant().begins()
    assert step(applicant) is Step.IDENTITY
    assert applicant.says_who(reference_income="24\u202f350 €").taxpayer == taxpayers.find(
        LILA.tax_number, LILA.access_number, LILA.reference_income
    )
    assert applicant.identifies().has_password
    asked = applicant.registers()
    assert (asked.step, asked.email, asked.deadline) == (Step.CODE, ADDRESS, NOON + timedelta(hours=48))
    assert (dict(asked.typed), asked.taxpayer, asked.has_password) == ({}, None, False)

    made = applicant.activates()

    assert made == personal_sign_up.activated(applicant.key) == applicant.activates("anything")
    assert (made.name, made.tabs, made.subscriber_number) == ("ROSEMONDE Lila", ("tab",), "")
    account = made.account
    assert (account.kind, account.mode, account.tax_number) == (PERSONAL, None, LILA.tax_number)
    assert (account.insee, account.civility, account.needs) == ("11069", "madame", Need(0))
    assert (account.street_number, account.street_type, account.street_name) == ("12", "rue", "de la Maquette")
    assert (account.postal_code, account.commune, account.country) == ("11000", "Carcassonne", "FR")
    assert personal_sign_up.progress(applicant.key) is None
    assert (count(Account), only_request().form) == (1, "")


def test_no_screen_is_skipped_and_the_captcha_comes_first(register: str) -> None:
    applicant = Applicant()
    with pytest.raises(JourneyGoneError):
        applicant.says_who()
    personal_sign_up.begin(applicant.key, "tab")
    for too_early in (applicant.says_who, applicant.identifies, applicant.registers, partial(applicant.activates, "x")):
        with pytest.raises(WrongStepError):
            too_early()
    personal_sign_up.note_human(applicant.key)
    applicant.says_who()
    with pytest.raises(WrongStepError):
        applicant.registers()
    applicant.identifies()
    with pytest.raises(WrongStepError):
        applicant.activates("x")
    applicant.registers()
    for too_late in (applicant.says_who, applicant.identifies):
        with pytest.raises(WrongStepError):
            too_late()
    assert step(applicant) is Step.CODE


def test_what_was_typed_stays_and_another_number_is_checked_again(register: str) -> None:
    applicant = Applicant().begins()
    typed = {"tax_number": "1", "access_number": "2", "reference_income": "\ud800", "email": "l", "password": "p"}
    personal_sign_up.remember(applicant.key, typed)
    progress = personal_sign_up.progress(applicant.key)
    assert progress is not None
    assert dict(progress.typed) == {"tax_number": "1", "access_number": "2", "reference_income": "?", "email": "l"}
    with pytest.raises(FieldErrors):
        applicant.says_who(access_number="1")
    applicant.says_who()
    applicant.identifies()
    personal_sign_up.remember(applicant.key, applicant.typed)
    assert step(applicant) is Step.IDENTIFIERS
    personal_sign_up.remember(applicant.key, {"reference_income": "3"})
    assert step(applicant) is Step.IDENTITY
    with pytest.raises(WrongStepError):
        applicant.registers()
    applicant.says_who()
    assert applicant.registers().step is Step.CODE
    personal_sign_up.remember(applicant.key, typed)
    assert step(applicant) is Step.CODE


def test_another_tab_is_asked_whether_to_go_on(register: str) -> None:
    applicant = Applicant().asks()
    assert personal_sign_up.begin(applicant.key, "other") is None
    assert personal_sign_up.resume(applicant.key, "other").tabs == ("tab", "other")
    assert personal_sign_up.begin(applicant.key, "other") is not None
    assert personal_sign_up.restart(applicant.key, "third").step is Step.IDENTITY
    personal_sign_up.leave(applicant.key)
    assert personal_sign_up.progress(applicant.key) is None
    assert only_request().outcome == RequestOutcome.PENDING


def test_the_password_may_stay_while_the_address_does(register: str) -> None:
    applicant = Applicant().begins()
    applicant.says_who()
    applicant.identifies()
    assert applicant.identifies("").has_password
    with pytest.raises(FieldErrors) as error:
        Applicant("other@courriel.example", key=applicant.key).identifies("")
    assert list(error.value.errors) == ["password"]


def test_the_password_may_not_hold_the_name_the_register_gives(register: str) -> None:
    applicant = Applicant().begins()
    applicant.says_who()
    progress = personal_sign_up.progress(applicant.key)
    assert progress is not None
    assert progress.taxpayer is not None
    for name in personal_sign_up.names_of(progress.taxpayer):
        with pytest.raises(FieldErrors) as error:
            applicant.identifies(f"{PASSWORD}-{name.upper()}")
        assert "nom et votre prénom" in error.value.errors["password"]
    assert applicant.identifies(PASSWORD).has_password


def test_a_password_checked_for_one_person_is_chosen_again_for_another(register: str) -> None:
    applicant = Applicant().begins()
    applicant.says_who()
    applicant.identifies()
    applicant.says_who()
    progress = personal_sign_up.progress(applicant.key)
    assert progress is not None
    assert progress.has_password, "the same person again"
    other = next(each for each in demo_taxpayers.identities() if each.tax_number != progress.typed["tax_number"])
    identity = {name: str(getattr(other, name)) for name in taxpayers.FIELDS}
    assert not personal_sign_up.set_identity(applicant.key, identity).has_password


def test_the_mail_names_the_personal_space_and_leads_to_its_pages(register: str) -> None:
    mail = Applicant().asks().mail()
    assert mail.subject.startswith("Espace particulier")
    assert "création d’un espace particulier" in mail.text
    assert "professionnel" not in mail.text + mail.html
    assert addresses.PERSONAL_ACTIVATION + "?code=" in mail.text
    assert addresses.PERSONAL_NOT_ME + "/" in mail.text


def test_the_link_of_the_mail_works_in_any_browser_with_the_address(register: str) -> None:
    applicant = Applicant().asks()
    elsewhere = Applicant()
    begun = activation.begin(elsewhere.key, "tab", applicant.code(), PERSONAL)
    assert begun is not None
    assert begun.typed["code"] == applicant.code()
    with pytest.raises(WrongStepError):
        activation.check_code(elsewhere.key, applicant.code(), kind=PERSONAL)
    made = elsewhere.opens_the_link(applicant.code()).activates_by_link()
    assert not made.signed_up_here
    assert refused(applicant, applicant.code()).reason is Refusal.USED
    assert "numéro fiscal" in refused(applicant, applicant.code()).message


def test_the_link_opened_in_the_same_browser_ends_the_sign_up_there(register: str) -> None:
    applicant = Applicant().asks()
    made = applicant.opens_the_link(applicant.code()).activates_by_link()
    assert personal_sign_up.progress(applicant.key) is None
    assert applicant.activates("anything") == made


# Refusals


def test_somebody_who_has_a_space_learns_it_only_once_the_register_knows_them(register: str) -> None:
    with_space()
    again = Applicant("other@courriel.example").begins()
    with pytest.raises(FieldErrors) as unknown:
        again.says_who(access_number="1234567")
    assert unknown.value.errors == {"tax_number": taxpayers.NO_MATCH}
    with pytest.raises(FieldErrors) as known:
        again.says_who()
    assert known.value.errors == {"tax_number": HAS_SPACE}
    assert step(again) is Step.IDENTITY


def test_a_space_made_meanwhile_is_said_at_the_last_moment(register: str) -> None:
    late = Applicant("other@courriel.example").begins()
    late.says_who()
    late.identifies()
    with_space()
    with pytest.raises(FieldErrors) as error:
        late.registers()
    assert error.value.errors == {"tax_number": HAS_SPACE}
    assert count(SignUpRequest) == 1


def test_two_requests_for_one_person_make_one_space(register: str) -> None:
    first, second = Applicant().asks(), Applicant("other@courriel.example").asks()
    first.activates()
    assert refused(second, second.code()).reason is Refusal.TAKEN
    assert (count(Account), refused(second, second.code()).reason) == (1, Refusal.WITHDRAWN)


def test_an_address_serves_once_among_personal_spaces_and_professional_ones_do_not_matter(register: str) -> None:
    make_account(ADDRESS)
    signed_up("armand@courriel.example")
    Applicant().asks().activates()
    Applicant("armand@courriel.example", ARMAND).asks()
    for taken, words in ((ADDRESS, "espace particulier"), ("armand@courriel.example", "déjà en cours")):
        other = Applicant(taken, demo_taxpayers.identities()[2]).begins()
        other.says_who()
        with pytest.raises(FieldErrors) as error:
            other.identifies()
        assert words in error.value.errors["email"]
    assert accounts.status_of_address(SpaceKind.PROFESSIONAL, "armand@courriel.example").state == "pending"


@pytest.mark.parametrize("state", ["taken", "pending"])
def test_a_neutral_portal_answers_the_same_and_writes_to_the_owner(neutral: None, register: str, state: str) -> None:
    if state == "taken":
        make_account(ADDRESS, kind=PERSONAL, tax_number=ARMAND.tax_number)
    else:
        Applicant(identity=ARMAND).asks()
    applicant = Applicant().asks()
    progress = personal_sign_up.progress(applicant.key)
    assert progress is not None
    assert (progress.step, progress.deadline) == (Step.CODE, NOON + timedelta(hours=48))
    with database.reading() as session:
        mail = session.execute(select(OutboxMail).order_by(col(OutboxMail.id).desc()).limit(1)).scalar_one()
    assert (mail.kind, mail.visitor_key) == ("address_in_use", "")
    assert "professionnel" not in (mail.text_body or "")
    assert addresses.PERSONAL_SIGN_IN in (mail.text_body or "") or addresses.PERSONAL_ACTIVATION in (
        mail.text_body or ""
    )
    assert refused(applicant, "A" * 12).reason is Refusal.WRONG


def test_the_code_of_one_kind_is_worth_nothing_for_the_other(register: str) -> None:
    applicant, newcomer = Applicant().asks(), signed_up("pro@courriel.example")
    assert refused(applicant, newcomer.code()).reason is Refusal.WRONG
    with pytest.raises(CodeRefusedError) as error:
        newcomer.types_the_code(applicant.code())
    assert error.value.reason is Refusal.WRONG


def test_the_code_of_somebody_elses_request_is_worth_nothing_here(register: str) -> None:
    mine, theirs = Applicant().asks(), Applicant("armand@courriel.example", ARMAND).asks()
    assert refused(mine, theirs.code()).reason is Refusal.WRONG
    assert mine.activates().account.email == ADDRESS
    assert theirs.activates().account.email == "armand@courriel.example"


def test_guessing_codes_is_stopped(register: str) -> None:
    applicant = Applicant().asks()
    for _ in range(10):
        assert refused(applicant, "A" * 12).reason is Refusal.WRONG
    assert refused(applicant, applicant.code()).reason is Refusal.TOO_MANY


def test_the_code_lives_48_hours(register: str) -> None:
    applicant, elsewhere = Applicant().asks(), Applicant()
    code = applicant.code()
    with clock.moved(NOON + timedelta(hours=47, minutes=59)):
        retention.tidy()
        elsewhere.opens_the_link(code)
    with clock.moved(NOON + timedelta(hours=48)):
        with pytest.raises(CodeRefusedError) as error:
            elsewhere.activates_by_link()
        assert error.value.reason is Refusal.EXPIRED
        retention.tidy()
        assert (only_request().outcome, only_request().form) == (RequestOutcome.EXPIRED, "")
        Applicant().asks().activates()


def test_a_mail_given_up_frees_the_address(register: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_URL", "smtp://127.0.0.1:9")
    get_settings.cache_clear()
    Applicant().asks()
    with clock.moved(NOON + timedelta(days=1)):
        delivery.deliver_due()
        assert requests.expire_requests() == 1
        Applicant().asks()


def test_not_me_erases_the_request_and_its_screen(register: str) -> None:
    applicant = Applicant().asks()
    code = applicant.code()
    token = applicant.mail().text.partition(f"{addresses.PERSONAL_NOT_ME}/")[2].split()[0]
    assert withdrawal.is_pending(token)
    assert withdrawal.not_me("somebody", token)
    assert (only_request().outcome, only_request().form) == (RequestOutcome.WITHDRAWN, "")
    with pytest.raises(JourneyGoneError):
        applicant.activates(code)
    assert accounts.status_of_address(PERSONAL, ADDRESS).state == "free"


def test_a_personal_request_is_withdrawn_with_its_address_and_its_code(register: str) -> None:
    applicant = Applicant().asks()
    code = applicant.code()
    assert not withdrawal.withdraw("v", "other@courriel.example", code, "n")
    assert not withdrawal.withdraw("v", ADDRESS, "A" * 12, "n")
    assert (only_request().outcome, step(applicant)) == (RequestOutcome.PENDING, Step.CODE)
    assert withdrawal.withdraw("v", ADDRESS.upper(), f" {code} ", "n")
    assert (only_request().outcome, only_request().email, only_request().form) == (RequestOutcome.WITHDRAWN, "", "")
    assert accounts.status_of_address(PERSONAL, ADDRESS).state == "free"
    assert personal_sign_up.progress(applicant.key) is None
    with pytest.raises(CodeRefusedError) as error:
        Applicant().opens_the_link(code)
    assert error.value.reason is Refusal.WITHDRAWN
    with pytest.raises(TooManyAttemptsError):
        [withdrawal.withdraw("v", ADDRESS, code, "n") for _ in range(5)]
    assert Applicant().asks().activates().account.email == ADDRESS


def test_withdrawing_one_kind_of_request_leaves_the_other_one_of_the_same_address(register: str) -> None:
    applicant, newcomer = Applicant().asks(), signed_up(ADDRESS)
    assert withdrawal.withdraw("v", ADDRESS, applicant.code(), "n")
    assert accounts.status_of_address(PERSONAL, ADDRESS).state == "free"
    assert accounts.status_of_address(SpaceKind.PROFESSIONAL, ADDRESS).state == "pending"
    newcomer.types_the_code(newcomer.code()).activates()


def test_the_mail_leads_to_where_the_request_is_withdrawn(register: str) -> None:
    applicant, newcomer = Applicant().asks(), signed_up("pro@courriel.example")
    personal, professional = applicant.mail(), newcomer.mail()
    for body in (personal.text, personal.html):
        assert addresses.personal_withdrawal(applicant.code()) in body
        assert addresses.WITHDRAWAL not in body
    for body in (professional.text, professional.html):
        assert addresses.withdrawal(newcomer.code()) in body


def test_a_code_blocked_by_wrong_addresses_is_withdrawn_and_asked_for_anew(register: str) -> None:
    applicant, elsewhere = Applicant().asks(), Applicant("other@courriel.example")
    code = applicant.code()
    elsewhere.opens_the_link(code)
    for _ in range(requests.MOST_ATTEMPTS):
        with pytest.raises(FieldErrors):
            elsewhere.activates_by_link()
    with pytest.raises(CodeRefusedError) as error:
        elsewhere.activates_by_link()
    assert "Annulez votre demande, puis recommencez" in error.value.message
    assert withdrawal.withdraw("v", ADDRESS, code, "n")
    assert Applicant().asks().activates().account.email == ADDRESS


def test_what_was_typed_of_a_former_code_is_not_shown_with_the_next_request(register: str) -> None:
    applicant = Applicant().asks()
    activation.begin(applicant.key, applicant.tab, kind=PERSONAL)
    activation.remember(applicant.key, {"code": applicant.code()}, PERSONAL)
    withdrawal.withdraw("v", ADDRESS, applicant.code(), "n")
    applicant.asks()
    assert activation.progress(applicant.key, PERSONAL) is None


def test_nothing_typed_is_audited(register: str) -> None:
    with_space()
    with database.reading() as session:
        rows = session.execute(select(AuditEvent)).scalars().all()
    said = " ".join(f"{row.event} {row.subject} {row.outcome}" for row in rows)
    for secret in (LILA.tax_number, LILA.access_number, LILA.reference_income, ADDRESS, PASSWORD):
        assert secret not in said


# At the same moment


def test_50_registrations_at_once_make_one_request_and_one_mail(many_connections: None, register: str) -> None:
    applicant = Applicant().begins()
    applicant.says_who()
    applicant.identifies()
    results = together([applicant.registers] * 50)
    assert all(result == results[0] for result in results), results
    assert (count(SignUpRequest), count(OutboxMail)) == (1, 1)


def test_50_activations_in_one_browser_make_one_space(
    many_connections: None, register: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(throttle.RULES, "activation", "1000/minute")
    applicant = Applicant().asks()
    code = applicant.code()
    results = together([partial(applicant.activates, code)] * 50)
    assert all(isinstance(result, Activated) and result.account == results[0].account for result in results), results
    assert count(Account) == 1


def test_50_browsers_with_one_code_make_one_space(many_connections: None, register: str) -> None:
    browsers = _fifty_with_one_code()
    results = together([browser.activates_by_link for browser in browsers])
    assert sum(isinstance(result, Activated) for result in results) == 1
    assert sum(isinstance(result, CodeRefusedError) and result.reason is Refusal.USED for result in results) == 49
    assert count(Account) == 1


def test_50_requests_of_one_person_make_one_space(many_connections: None, register: str) -> None:
    asked = _fifty_of_one_person()
    results = together([each.activates_by_link for each in asked])
    assert sum(isinstance(result, Activated) for result in results) == 1
    assert sum(isinstance(result, CodeRefusedError) and result.reason is Refusal.TAKEN for result in results) == 49
    assert count(Account) == 1


def test_with_the_unique_keys_taken_out_one_person_gets_several_spaces(many_connections: None, db: str) -> None:
    with without_unique_keys():
        load_register()
        asked = _fifty_of_one_person()
        together([each.activates_by_link for each in asked])
        assert count(Account) > 1


def test_with_the_lock_taken_out_too_one_code_makes_several(
    many_connections: None, db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with without_unique_keys():
        load_register()
        browsers = _fifty_with_one_code()
        request = only_request()
        monkeypatch.setattr(requests, "lock_by_code", lambda *_: request)
        monkeypatch.setattr(requests, "end", lambda *_: None)
        together([browser.activates_by_link for browser in browsers])
        assert count(Account) > 1


def test_activating_and_not_me_at_once_end_the_request_one_way(many_connections: None, register: str) -> None:
    done = 0
    for number, identity in enumerate(demo_taxpayers.identities()[:8]):
        applicant = Applicant(f"n{number}@courriel.example", identity).asks()
        token = applicant.mail().text.partition(f"{addresses.PERSONAL_NOT_ME}/")[2].split()[0]
        applicant.opens_the_link(applicant.code())
        made, erased = together([applicant.activates_by_link, partial(withdrawal.not_me, "v", token)])
        assert isinstance(made, Activated) is not erased, made
        assert isinstance(made, Activated | CodeRefusedError)
        done += not erased
    assert count(Account) == done


def test_activating_and_withdrawing_at_once_end_the_request_one_way(many_connections: None, register: str) -> None:
    done = 0
    for number, identity in enumerate(demo_taxpayers.identities()[:8]):
        throttle.reset()
        applicant = Applicant(f"n{number}@courriel.example", identity).asks()
        code = applicant.code()
        applicant.opens_the_link(code)
        withdraws = partial(withdrawal.withdraw, "v", applicant.email, code, "n")
        made, withdrawn = together([applicant.activates_by_link, withdraws])
        assert isinstance(made, Activated) is not withdrawn, made
        assert isinstance(made, Activated | CodeRefusedError)
        done += not withdrawn
    assert count(Account) == done


def _fifty_with_one_code() -> list[Applicant]:
    code = Applicant().asks().code()
    return [Applicant().opens_the_link(code) for _ in range(50)]


def _fifty_of_one_person() -> list[Applicant]:
    """Return fifty requests that wait, each with an address of its own and the same taxpayer."""
    asked = [Applicant(f"n{number}@courriel.example") for number in range(50)]
    for each in asked:
        throttle.reset()
        each.asks()
        each.opens_the_link(each.code())
    return asked
