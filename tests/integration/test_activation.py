"""Activating a space: the code that works, those that do not, and how a request ends."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import select, true, update
from sqlmodel import col

from app import clock
from app.models import Account, AuditEvent, Journey, OutboxMail, RequestOutcome, SignUpRequest, SubscriberSequence
from app.services import database, retention, throttle
from app.services.accounts import accounts, activation, registration, requests, sign_up, subscriber_numbers, withdrawal
from app.services.accounts.activation import Activated, Step
from app.services.accounts.activation_codes import CodeRefusedError, Refusal
from app.services.accounts.sign_up import WrongStepError
from app.services.accounts.subscriber_numbers import NumbersUsedUpError
from app.services.form_errors import FieldErrors
from app.services.journeys import JourneyGoneError
from app.services.notifications import delivery
from app.services.throttle import TooManyAttemptsError
from app.settings import get_settings
from tests.accounts import make_account, quick_passwords
from tests.accounts import without_unique_accounts as without_unique_keys
from tests.booking import count, together
from tests.factories import at
from tests.sign_up import ADDRESS, Newcomer, signed_up

NOON = at("2026-11-21 12:00")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    throttle.reset()
    with quick_passwords(), clock.moved(NOON):
        yield


@pytest.fixture
def many_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_POOL_SIZE", "60")
    get_settings.cache_clear()
    database.reset()


def _refused(code: str, visitor: str = "somebody") -> CodeRefusedError:
    activation.begin(visitor, "tab")
    activation.note_human(visitor)
    with pytest.raises(CodeRefusedError) as refused:
        activation.check_code(visitor, code)
    return refused.value


def _request() -> SignUpRequest:
    with database.reading() as session:
        row: SignUpRequest = session.execute(select(SignUpRequest)).scalar_one()
        return row


# The way through


def test_the_code_and_the_address_make_the_space(db: str) -> None:
    newcomer = signed_up()
    code = newcomer.code()
    newcomer.types_the_code(code)

    made = newcomer.activates()

    assert (made.name, made.day_words) == ("ROSEMONDE Lila", "21 novembre 2026")
    assert made.subscriber_number == made.account.subscriber_number == "20263250000101"
    assert made.account == accounts.get(made.account.id)
    assert (made.account.phone, made.account.commune) == ("+33199001234", "Paris")
    assert accounts.status_of_address(sign_up.SPACE, ADDRESS).state == "taken"
    assert activation.activated(newcomer.key) == made == newcomer.activates()
    assert (count(Account), _request().outcome, _request().account_id) == (1, RequestOutcome.ACTIVATED, made.account.id)


def test_no_screen_is_skipped_and_the_captcha_comes_first(db: str) -> None:
    newcomer = signed_up()
    with pytest.raises(JourneyGoneError):
        newcomer.activates()
    begun = activation.begin(newcomer.key, "tab")
    assert begun is not None
    assert begun.step is Step.CODE
    with pytest.raises(WrongStepError):
        newcomer.activates()
    with pytest.raises(WrongStepError):
        activation.check_code(newcomer.key, newcomer.code())
    activation.note_human(newcomer.key)
    assert activation.check_code(newcomer.key, newcomer.code()).step is Step.IDENTIFIERS


def test_the_link_of_the_mail_fills_the_code_in_and_checks_nothing(db: str) -> None:
    newcomer = signed_up()
    progress = activation.begin("other browser", "tab", newcomer.code())
    assert progress is not None
    assert (progress.typed["code"], progress.code, progress.step) == (newcomer.code(), "", Step.CODE)


def test_the_link_of_another_mail_begins_anew_and_the_same_one_goes_on(db: str) -> None:
    newcomer = signed_up()
    newcomer.types_the_code(newcomer.code())
    assert activation.begin(newcomer.key, "other") is None
    same = activation.begin(newcomer.key, "other", newcomer.code())
    assert same is not None
    assert same.step is Step.IDENTIFIERS
    anew = activation.begin(newcomer.key, "third", "X" * 12)
    assert anew is not None
    assert (anew.step, anew.typed["code"], anew.is_human) == (Step.CODE, "X" * 12, False)


def test_what_was_typed_is_kept_and_effacer_empties_the_address(db: str) -> None:
    newcomer = signed_up()
    newcomer.types_the_code(newcomer.code())
    activation.remember(newcomer.key, {"email": "lila@", "password": "x"})
    progress = activation.progress(newcomer.key)
    assert progress is not None
    assert dict(progress.typed) == {"code": newcomer.code(), "email": "lila@"}
    assert "email" not in activation.clear(newcomer.key).typed
    assert activation.resume(newcomer.key, "other").tabs == ("tab", "other")
    assert activation.restart(newcomer.key, "other").code == ""
    activation.leave(newcomer.key)
    assert activation.progress(newcomer.key) is None


def test_the_space_may_be_activated_in_another_browser_which_gets_no_summary(db: str) -> None:
    newcomer = signed_up()
    elsewhere = Newcomer()
    elsewhere.types_the_code(newcomer.code())
    made = elsewhere.activates()
    assert not made.signed_up_here
    assert activation.may_download_summary(elsewhere.key) is None
    assert activation.activated(newcomer.key) is None


def test_the_browser_that_signed_up_gets_the_summary_for_an_hour(db: str) -> None:
    newcomer = signed_up()
    newcomer.types_the_code(newcomer.code())
    made = newcomer.activates()
    assert made.signed_up_here
    with clock.moved(NOON + timedelta(minutes=59)):
        assert activation.may_download_summary(newcomer.key) == made.account.id
    with clock.moved(NOON + timedelta(minutes=61)):
        assert activation.may_download_summary(newcomer.key) is None


@pytest.mark.parametrize("change", [str, lambda code: f"  {code[:6]} {code[6:]}\n", "\t".join])
def test_a_code_is_taken_with_blanks_and_an_address_in_any_case(db: str, change: object) -> None:
    newcomer = signed_up()
    newcomer.types_the_code(change(newcomer.code()))  # type: ignore[operator]
    assert activation.activate(newcomer.key, f" {ADDRESS.upper()} ").account.email == ADDRESS


# Refusals


def test_a_wrong_code_says_so(db: str) -> None:
    signed_up()
    for wrong in ("", "A" * 12, "\ud800" * 12, "é" * 5000, "\x00"):
        assert _refused(wrong).reason is Refusal.WRONG


def test_a_used_code_says_so(db: str) -> None:
    newcomer = signed_up()
    code = newcomer.code()
    newcomer.types_the_code(code).activates()
    assert _refused(code).reason is Refusal.USED
    assert "déjà servi" in _refused(code).message


def test_each_refused_code_has_its_own_sentence_that_says_what_to_do(db: str) -> None:
    used, withdrawn, expired = (signed_up(f"{name}@courriel.example") for name in ("used", "withdrawn", "expired"))
    codes = {newcomer.email.partition("@")[0]: newcomer.code() for newcomer in (used, withdrawn, expired)}
    used.types_the_code(codes["used"]).activates()
    assert withdrawal.withdraw("v", withdrawn.email, codes["withdrawn"], "n")
    with clock.moved(NOON + timedelta(hours=48, minutes=1)):
        said = {name: _refused(code).message for name, code in {**codes, "wrong": "A" * 12}.items()}
    assert "a déjà servi\u00a0: l’espace est activé. Connectez-vous" in said["used"]
    assert "la demande a été annulée. Refaites une demande" in said["withdrawn"]
    assert "le délai de 48\u00a0heures est passé" in said["expired"]
    assert "la même adresse peut servir" in said["expired"]
    assert "il a 12\u00a0caractères, majuscules et minuscules comptent" in said["wrong"]


def test_another_address_is_refused_and_ten_of_them_block_the_request(db: str) -> None:
    newcomer = signed_up()
    newcomer.types_the_code(newcomer.code())
    for _ in range(10):
        with pytest.raises(FieldErrors) as wrong:
            activation.activate(newcomer.key, "other@courriel.example")
        assert wrong.value.errors == {"email": "Saisissez l’adresse électronique à laquelle ce code a été envoyé."}
    with pytest.raises(CodeRefusedError) as blocked:
        newcomer.activates()
    assert blocked.value.reason is Refusal.TOO_MANY
    assert "Annulez votre demande, puis recommencez" in blocked.value.message
    assert _refused(newcomer.code()).reason is Refusal.TOO_MANY
    assert count(Account) == 0
    assert withdrawal.withdraw("v", ADDRESS, newcomer.code(), "n")


def test_what_is_no_address_costs_no_attempt(db: str) -> None:
    newcomer = signed_up()
    newcomer.types_the_code(newcomer.code())
    with pytest.raises(FieldErrors):
        activation.activate(newcomer.key, "nobody")
    assert _request().attempts == 0


def test_a_visitor_who_guesses_codes_is_stopped_even_with_the_right_one(db: str) -> None:
    newcomer = signed_up()
    for _ in range(10):
        _refused("A" * 12)
    stopped = _refused(newcomer.code())
    assert (stopped.reason, "Attendez quelques minutes" in stopped.message) == (Refusal.TOO_MANY, True)
    newcomer.types_the_code(newcomer.code())


def test_an_address_that_got_a_space_meanwhile_ends_the_request(db: str) -> None:
    newcomer = signed_up()
    newcomer.types_the_code(newcomer.code())
    make_account(ADDRESS)
    with pytest.raises(CodeRefusedError) as refused:
        newcomer.activates()
    assert refused.value.reason is Refusal.TAKEN
    assert "avec une autre adresse" in refused.value.message
    assert (_request().outcome, _request().email) == (RequestOutcome.WITHDRAWN, "")


# Forty-eight hours


def test_after_47_h_59_the_code_works(db: str) -> None:
    newcomer = signed_up()
    code = newcomer.code()
    with clock.moved(NOON + timedelta(hours=47, minutes=59)):
        assert registration.registered(newcomer.key) is None  # the journey is a day old
        retention.tidy()
        newcomer.types_the_code(code)
        assert newcomer.activates().account.email == ADDRESS


@pytest.mark.parametrize("tidied", [False, True])
def test_after_48_h_01_it_does_not_and_the_address_is_free_again(db: str, tidied: bool) -> None:
    newcomer = signed_up()
    code = newcomer.code()
    with clock.moved(NOON + timedelta(hours=48, minutes=1)):
        if tidied:
            retention.tidy()
        assert accounts.status_of_address(sign_up.SPACE, ADDRESS).state == "free"
        assert _refused(code).reason is Refusal.EXPIRED
        again = signed_up()
        again.types_the_code(again.code())
        assert again.activates().account.email == ADDRESS


def test_a_code_settled_in_time_does_not_activate_too_late(db: str) -> None:
    newcomer = signed_up()
    code = newcomer.code()
    with clock.moved(NOON + timedelta(hours=47, minutes=59)):
        newcomer.types_the_code(code)
    with clock.moved(NOON + timedelta(hours=48)), pytest.raises(CodeRefusedError) as refused:
        newcomer.activates()
    assert refused.value.reason is Refusal.EXPIRED
    assert count(Account) == 0


def test_the_time_runs_from_the_moment_the_mail_was_handed_over(db: str) -> None:
    newcomer = signed_up()
    sent = NOON + timedelta(hours=20)
    with clock.moved(sent):
        code = newcomer.code()
    with clock.moved(sent + timedelta(hours=47, minutes=59)):
        assert requests.expire_requests() == 0
        newcomer.types_the_code(code)
    with clock.moved(sent + timedelta(hours=48)):
        assert requests.expire_requests() == 1


def test_a_request_whose_mail_waits_is_not_over(db: str) -> None:
    signed_up()
    with clock.moved(NOON + timedelta(hours=60)):
        assert requests.expire_requests() == 0
        assert accounts.status_of_address(sign_up.SPACE, ADDRESS).state == "pending"


def test_an_expired_request_keeps_nothing_personal_and_its_code_for_thirty_days(db: str) -> None:
    newcomer = signed_up()
    code = newcomer.code()
    over = NOON + timedelta(hours=48)
    with clock.moved(over):
        assert retention.tidy()["requests"] == 1
    request = _request()
    assert (request.outcome, request.ended_at) == (RequestOutcome.EXPIRED, over)
    personal = (request.email, request.email_key, request.password_hash, request.form, request.visitor_key)
    assert personal == ("",) * 5
    with clock.moved(over + timedelta(days=30, seconds=-1)):
        assert retention.tidy()["requests"] == 0
        assert _refused(code).reason is Refusal.EXPIRED
    with clock.moved(over + timedelta(days=30)):
        assert retention.tidy()["requests"] == 1
        assert _refused(code).reason is Refusal.WRONG
    assert count(SignUpRequest) == 0


def test_a_mail_given_up_ends_the_request(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_URL", "smtp://127.0.0.1:9")
    get_settings.cache_clear()
    newcomer = signed_up()
    with clock.moved(NOON + timedelta(days=1)):
        delivery.deliver_due()
        assert accounts.status_of_address(sign_up.SPACE, ADDRESS).state == "free"
        assert requests.expire_requests() == 1
        assert _request().outcome == RequestOutcome.UNDELIVERED
        signed_up()
    assert newcomer.email == ADDRESS


def test_a_request_whose_mail_nobody_knows_of_counts_from_its_own_date(db: str) -> None:
    signed_up()
    with database.writing() as session:
        session.execute(OutboxMail.__table__.delete())  # type: ignore[attr-defined]
    with clock.moved(NOON + timedelta(hours=48)):
        assert requests.expire_requests() == 1


# Withdrawing


def test_a_request_is_withdrawn_with_its_address_and_its_code(db: str) -> None:
    newcomer = signed_up()
    code = newcomer.code()
    assert not withdrawal.withdraw("v", "other@courriel.example", code, "n")
    assert not withdrawal.withdraw("v", ADDRESS, "A" * 12, "n")
    assert not withdrawal.withdraw("v", "nobody", "", "n")
    assert withdrawal.withdraw("v", ADDRESS.upper(), f" {code} ", "n")
    assert accounts.status_of_address(sign_up.SPACE, ADDRESS).state == "free"
    assert registration.registered(newcomer.key) is None
    assert _refused(code).reason is Refusal.WITHDRAWN
    with pytest.raises(TooManyAttemptsError):
        [withdrawal.withdraw("v", ADDRESS, code, "n") for _ in range(5)]


def test_everything_wrong_with_a_withdrawal_is_said_at_once_and_costs_no_attempt(db: str) -> None:
    code = signed_up().code()
    for _ in range(10):
        with pytest.raises(FieldErrors) as refused:
            withdrawal.check(email="nobody", code=code[:-1])
    assert list(refused.value.errors) == ["email", "code"]
    with pytest.raises(FieldErrors) as refused:
        withdrawal.check(email=ADDRESS, code="")
    assert list(refused.value.errors) == ["code"]
    withdrawal.check(email=ADDRESS.upper(), code=f" {code[:4]} {code[4:]} ")
    assert withdrawal.withdraw("v", ADDRESS, code, "n")


def test_not_me_erases_the_request_once_its_button_is_pressed(db: str) -> None:
    newcomer = signed_up()
    code = newcomer.code()
    token = newcomer.mail().text.partition("/pas-moi/")[2].split()[0]
    assert withdrawal.is_pending(token)
    assert _request().outcome == RequestOutcome.PENDING
    assert withdrawal.not_me("v", token)
    assert not withdrawal.is_pending(token)
    assert not withdrawal.not_me("v", token)
    assert _refused(code).reason is Refusal.WITHDRAWN
    assert (_request().email, count(Journey)) == ("", 1)


def test_not_me_does_nothing_to_an_active_space_and_takes_no_forged_link(db: str) -> None:
    newcomer = signed_up()
    token = newcomer.mail().text.partition("/pas-moi/")[2].split()[0]
    newcomer.types_the_code(newcomer.code()).activates()
    for link in (token, f"{token}x", "", "x" * 500, "é", token.upper(), f"{'0' * 32}-{'a' * 26}"):
        assert not withdrawal.is_pending(link)
        assert not withdrawal.not_me("v", link)
    assert count(Account) == 1


# At the same moment


def test_50_concurrent_activations_in_one_browser_make_one_space_and_one_number(
    many_connections: None, db: str
) -> None:
    newcomer = signed_up()
    newcomer.types_the_code(newcomer.code())

    results = together([newcomer.activates] * 50)

    assert all(isinstance(result, Activated) and result == results[0] for result in results)
    assert (count(Account), _last_number()) == (1, 101)


def test_50_browsers_with_one_code_make_one_space_and_one_number(many_connections: None, db: str) -> None:
    newcomers = _fifty_with_one_code()

    results = together([newcomer.activates for newcomer in newcomers])

    assert sum(isinstance(result, Activated) for result in results) == 1
    assert sum(isinstance(result, CodeRefusedError) and result.reason is Refusal.USED for result in results) == 49
    assert (count(Account), _last_number()) == (1, 101)


def test_with_the_lock_and_the_unique_key_taken_out_one_code_makes_several_spaces(
    many_connections: None, db: str, without_unique_accounts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    newcomers = _fifty_with_one_code()
    request = _request()
    monkeypatch.setattr(requests, "lock_by_code", lambda *_: request)
    monkeypatch.setattr(requests, "end", lambda *_: None)

    results = together([newcomer.activates for newcomer in newcomers])

    assert sum(isinstance(result, Activated) for result in results) > 1
    assert count(Account) > 1
    assert (_last_number() or 0) > 101


def test_50_spaces_activated_at_once_have_50_numbers(many_connections: None, db: str) -> None:
    newcomers = [signed_up(f"n{number}@courriel.example") for number in range(50)]
    for newcomer in newcomers:
        newcomer.types_the_code(newcomer.code())

    results = together([newcomer.activates for newcomer in newcomers])

    numbers = {result.subscriber_number for result in results}
    assert numbers == {f"2026325{number:07}" for number in range(101, 151)}


def test_activating_and_withdrawing_at_once_end_the_request_one_way(many_connections: None, db: str) -> None:
    for number in range(10):
        newcomer = signed_up(f"n{number}@courriel.example")
        code = newcomer.code()
        newcomer.types_the_code(code)
        throttle.reset()
        both: list[Callable[[], object]] = [
            newcomer.activates,
            partial(withdrawal.withdraw, "v", newcomer.email, code, "n"),
        ]
        made, withdrawn = together(both)
        assert isinstance(made, Activated) is not withdrawn
    assert count(Account) == _audited("activation", "done")


def _audited(event: str, outcome: str) -> int:
    query = select(AuditEvent).where(col(AuditEvent.event) == event, col(AuditEvent.outcome) == outcome)
    with database.reading() as session:
        return len(session.execute(query).all())


def _fifty_with_one_code() -> list[Newcomer]:
    code = signed_up().code()
    return [Newcomer().types_the_code(code) for _ in range(50)]


def _last_number() -> int | None:
    with database.reading() as session:
        return session.execute(select(col(SubscriberSequence.last))).scalar_one_or_none()


@pytest.fixture
def without_unique_accounts(db: str) -> Iterator[None]:
    with without_unique_keys():
        yield


# Subscriber numbers


@pytest.mark.parametrize(
    ("day", "number"),
    [
        (date(2026, 2, 20), "20260510000101"),
        (date(2026, 2, 25), "20260560000101"),
        (date(2027, 1, 1), "20270010000101"),
        (date(2028, 12, 31), "20283660000101"),
    ],
)
def test_the_first_number_of_a_day_is_that_of_the_guide(db: str, day: date, number: str) -> None:
    with database.writing() as session:
        assert subscriber_numbers.next_number(session, day) == number
        assert subscriber_numbers.next_number(session, day) == f"{number[:-1]}2"


def test_the_day_is_that_of_paris() -> None:
    with clock.moved(at("2026-12-31 23:59")):
        assert subscriber_numbers.today() == date(2026, 12, 31)
    with clock.moved(at("2027-01-01 00:00")):
        assert subscriber_numbers.today() == date(2027, 1, 1)


def test_a_day_has_as_many_numbers_as_seven_digits_allow(db: str) -> None:
    day = date(2026, 2, 20)
    with database.writing() as session:
        subscriber_numbers.next_number(session, day)
        session.execute(update(SubscriberSequence).where(true()).values(last=9_999_998))
        assert subscriber_numbers.next_number(session, day) == "20260519999999"
        with pytest.raises(NumbersUsedUpError):
            subscriber_numbers.next_number(session, day)


# Codes


def test_a_code_is_twelve_characters_and_never_the_same() -> None:
    codes = {requests.new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert {len(code) for code in codes} == {12}
    assert {requests.typed_code(code) for code in codes} == codes


def test_a_code_is_worth_at_least_64_bits() -> None:
    assert len(set(requests.CODE_ALPHABET)) ** requests.CODE_LENGTH >= 2**64
    for alike in ("0Oo", "1Ilj", "2Zz", "5Ss", "6b", "6G", "8B", "9gq", "Cc", "Kk", "Uu", "Vv", "Ww", "Xx"):
        assert len(set(alike) & set(requests.CODE_ALPHABET)) <= 1, alike


def test_a_letter_whose_case_cannot_be_mistaken_is_taken_in_both() -> None:
    assert requests.typed_code("cCkK x\u00a0w\n") == "CCKKXW"
    assert requests.typed_code("BbIi") == "bbii"
    for pasted in ("CCKKXW.", "« CCKKXW »", '"CCKK-XW",', "\u200bCCKK\u00adXW\u200e", "(CCKKXW)", "`CCKKXW`"):
        assert requests.typed_code(pasted) == "CCKKXW"
