"""Creating a space: each screen in its turn, each refusal with its sentence, one request and one mail at the end."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
import structlog
from sqlalchemy import MetaData, PrimaryKeyConstraint, Table, select, text
from sqlmodel import col

from app import clock
from app.models import Account, AuditEvent, Journey, OutboxMail, RequestOutcome, SignUpRequest, SpaceKind, SpaceMode
from app.services import database, journeys, throttle
from app.services.accounts import identity_form, passwords, registration, requests, sign_up
from app.services.accounts.registration import Registration
from app.services.accounts.sign_up import Step, WrongStepError
from app.services.form_errors import FieldErrors
from app.services.journeys import JourneyGoneError
from app.services.notifications import delivery
from app.services.throttle import TooManyAttemptsError
from app.settings import get_settings
from tests.accounts import PASSWORD, make_account, quick_passwords
from tests.booking import count, together
from tests.factories import at
from tests.sign_up import ADDRESS, FORM, SIMPLIFIED, Newcomer, signed_up

NOON = at("2026-11-21 12:00")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    throttle.reset()
    with quick_passwords(), clock.moved(NOON):
        yield


def _refused(newcomer: Newcomer, **fields: str) -> dict[str, str]:
    typed = {"email": newcomer.email, "email_again": newcomer.email, "password": PASSWORD, "password_again": PASSWORD}
    with pytest.raises(FieldErrors) as refused:
        sign_up.set_identifiers(newcomer.key, **(typed | fields))
    return refused.value.errors


def _request() -> SignUpRequest:
    with database.reading() as session:
        row: SignUpRequest = session.execute(
            select(SignUpRequest).order_by(col(SignUpRequest.id).desc()).limit(1)
        ).scalar_one()
        return row


# Steps


def test_steps_open_one_after_the_other_and_none_is_skipped(db: str) -> None:
    newcomer = Newcomer()
    with pytest.raises(JourneyGoneError):
        sign_up.accept_terms(newcomer.key)

    begun = sign_up.begin(newcomer.key, "tab", SpaceMode.EXPERT)
    assert begun is not None
    assert begun.step is Step.CONDITIONS
    for too_early in (
        partial(newcomer.identifies),
        partial(sign_up.set_form, newcomer.key, FORM),
        partial(registration.register, newcomer.key),
    ):
        with pytest.raises(WrongStepError):
            too_early()

    assert sign_up.accept_terms(newcomer.key).step is Step.CONDITIONS
    assert sign_up.note_human(newcomer.key).step is Step.IDENTIFIERS
    newcomer.identifies()
    assert _step(newcomer) is Step.FORM
    with pytest.raises(WrongStepError):
        newcomer.registers()
    assert sign_up.set_form(newcomer.key, FORM).step is Step.SUMMARY
    newcomer.registers()
    assert sign_up.progress(newcomer.key) is None
    assert registration.registered(newcomer.key) is not None


def _step(newcomer: Newcomer) -> Step:
    progress = sign_up.progress(newcomer.key)
    assert progress is not None
    return progress.step


def test_a_second_tab_waits_to_be_asked_and_continues_the_same_sign_up(db: str) -> None:
    newcomer = Newcomer().reaches_the_summary()

    assert sign_up.begin(newcomer.key, "other") is None
    assert sign_up.resume(newcomer.key, "other").email == ADDRESS
    again = sign_up.begin(newcomer.key, "other")
    assert again is not None
    assert again.step is Step.SUMMARY


def test_starting_anew_erases_everything_and_leaving_too(db: str) -> None:
    newcomer = Newcomer().reaches_the_summary()

    anew = sign_up.restart(newcomer.key, "other", SpaceMode.SIMPLIFIED)
    assert (anew.step, anew.email, dict(anew.typed), anew.mode) == (Step.CONDITIONS, "", {}, SpaceMode.SIMPLIFIED)
    sign_up.leave(newcomer.key)
    assert sign_up.progress(newcomer.key) is None
    assert count(Journey) == 0


def test_what_was_typed_is_found_again_and_effacer_empties_the_form_only(db: str) -> None:
    newcomer = Newcomer().reaches_the_summary()
    sign_up.remember(newcomer.key, {"last_name": "Ros", "unknown": "x", "password": "secret", "iban": "FR76"})

    progress = sign_up.progress(newcomer.key)
    assert progress is not None
    assert progress.typed["last_name"] == "Ros"
    assert not {"unknown", "password", "iban"} & progress.typed.keys()
    assert (progress.step, progress.form) == (Step.FORM, None)

    cleared = sign_up.clear_form(newcomer.key)
    assert set(cleared.typed) == {"email", "email_again"}
    assert (cleared.email, cleared.has_password) == (ADDRESS, True)


def test_a_form_with_errors_is_kept_as_it_was_typed(db: str) -> None:
    newcomer = Newcomer().reaches_the_summary()
    with pytest.raises(FieldErrors) as refused:
        sign_up.set_form(newcomer.key, {**FORM, "last_name": "张伟", "commune": ""})
    assert refused.value.errors.keys() == {"last_name", "commune"}
    assert "caractères latins" in refused.value.errors["last_name"]
    progress = sign_up.progress(newcomer.key)
    assert progress is not None
    assert (progress.typed["last_name"], progress.step) == ("张伟", Step.FORM)


def test_whatever_is_typed_can_be_stored(db: str) -> None:
    newcomer = Newcomer().accepts()
    sign_up.remember(newcomer.key, {"last_name": "\ud800" * 5000, "commune": "\x00\n" * 300})
    progress = sign_up.progress(newcomer.key)
    assert progress is not None
    assert len(progress.typed["last_name"]) == 200


# Identifiers


def test_everything_wrong_with_the_identifiers_is_said_at_once(db: str) -> None:
    newcomer = Newcomer().accepts()
    errors = _refused(newcomer, email="nobody", email_again="", password="short", password_again="other")
    assert errors.keys() == {"email", "password", "password_again"}
    assert errors["password_again"] == "Saisissez deux fois le même mot de passe."
    assert _refused(newcomer, email_again="other@courriel.example") == {
        "email_again": "Saisissez deux fois la même adresse électronique."
    }
    assert _refused(newcomer, password="", password_again="") == {"password": "Choisissez un mot de passe."}
    assert _refused(newcomer, password="lila.rosemonde-42-Ardoise", password_again="lila.rosemonde-42-Ardoise") == {
        "password": "Retirez du mot de passe le début de votre adresse électronique."
    }


def test_addresses_are_compared_without_case(db: str) -> None:
    newcomer = Newcomer().accepts()
    progress = sign_up.set_identifiers(
        newcomer.key,
        email="Lila.Rosemonde@Courriel.Example",
        email_again=ADDRESS,
        password=PASSWORD,
        password_again=PASSWORD,
    )
    assert progress.email == "Lila.Rosemonde@courriel.example"
    sign_up.set_form(newcomer.key, FORM)
    newcomer.registers()
    assert "déjà en cours" in _refused(Newcomer().accepts())["email"]


def test_an_address_of_100_characters_works_and_one_of_101_is_refused(db: str) -> None:
    domain = f"{'d' * 30}.{'e' * 20}.example"
    longest = f"{'x' * (99 - len(domain))}@{domain}"
    assert len(longest) == 100
    newcomer = signed_up(longest)
    assert newcomer.mail().recipient == longest
    newcomer.types_the_code(newcomer.code())
    assert newcomer.activates().account.email == longest

    assert _refused(Newcomer(email=f"x{longest}").accepts()).keys() >= {"email"}


def test_the_password_chosen_before_stays_while_the_address_does(db: str) -> None:
    newcomer = Newcomer().accepts().identifies()
    unchanged = {"password": "", "password_again": ""}
    sign_up.set_identifiers(newcomer.key, email=ADDRESS.upper(), email_again=ADDRESS, **unchanged)

    other = "other@courriel.example"
    assert _refused(newcomer, email=other, email_again=other, **unchanged) == {
        "password": "Choisissez un mot de passe."
    }


def test_the_password_is_nowhere_but_its_hash_works_for_the_account(db: str) -> None:
    signed_up()
    with database.reading() as session:
        kept = str(session.execute(select(col(Journey.draft))).scalars().all()) + str(_request())
    assert PASSWORD not in kept
    assert passwords.verify(PASSWORD, _request().password_hash)


def test_each_refused_address_has_its_own_message(db: str) -> None:
    make_account("taken@courriel.example")
    make_account("certificate@courriel.example", has_certificate=True)
    signed_up("pending@courriel.example")
    messages = {
        name: _refused(Newcomer(email=f"{name}@courriel.example").accepts())["email"]
        for name in ("taken", "certificate", "pending")
    }
    assert "déjà associée à un espace" in messages["taken"]
    assert "contactez l’assistance" in messages["certificate"]
    assert "lundi 23 novembre 2026 à 12\u00a0h\u00a001" in messages["pending"]


def test_an_address_of_the_other_kind_of_space_is_free(db: str) -> None:
    make_account(ADDRESS, kind=SpaceKind.PERSONAL)
    signed_up()


def test_refusals_come_only_after_the_captcha_and_are_throttled(db: str) -> None:
    make_account(ADDRESS)
    newcomer = Newcomer()
    sign_up.begin(newcomer.key, "tab")
    sign_up.accept_terms(newcomer.key)
    with pytest.raises(WrongStepError):
        newcomer.identifies()
    sign_up.note_human(newcomer.key)
    for _ in range(9):
        _refused(newcomer)
    with pytest.raises(TooManyAttemptsError):
        newcomer.identifies()


# Registering


def test_registering_leaves_a_request_a_mail_and_an_audit_event_and_no_account(db: str) -> None:
    newcomer = Newcomer().reaches_the_summary()

    made = newcomer.registers()

    assert (made.email, made.deadline) == (ADDRESS, NOON + timedelta(hours=48))
    assert (count(SignUpRequest), count(OutboxMail), count(Account)) == (1, 1, 0)
    request = _request()
    assert (request.outcome, request.email_key, request.mode) == (RequestOutcome.PENDING, ADDRESS, SpaceMode.EXPERT)
    assert requests.code_hash(newcomer.code()) == request.code_hash
    assert newcomer.mail().recipient == ADDRESS


def test_a_retry_and_a_reload_give_the_same_request(db: str) -> None:
    newcomer = Newcomer().reaches_the_summary()
    first = newcomer.registers()
    assert newcomer.registers() == first == registration.registered(newcomer.key)
    assert (count(SignUpRequest), count(OutboxMail)) == (1, 1)


def test_the_deadline_counts_from_the_moment_the_mail_was_handed_over(db: str) -> None:
    newcomer = signed_up()
    later = NOON + timedelta(hours=5)
    with clock.moved(later):
        delivery.deliver_due()
        made = registration.registered(newcomer.key)
    assert made is not None
    assert made.deadline == later + timedelta(hours=48)


def test_50_concurrent_validations_make_one_request_and_one_mail(many_connections: None, db: str) -> None:
    newcomer = Newcomer().reaches_the_summary()

    results = together([newcomer.registers] * 50)

    assert all(result == results[0] and isinstance(result, Registration) for result in results)
    assert (count(SignUpRequest), count(OutboxMail)) == (1, 1)
    assert _audited("sign_up") == 1


def test_50_visitors_who_ask_for_one_address_at_once_make_one_request_and_one_mail(
    many_connections: None, db: str
) -> None:
    newcomers = [Newcomer().reaches_the_summary() for _ in range(50)]

    results = together([newcomer.registers for newcomer in newcomers])

    assert sum(isinstance(result, Registration) for result in results) == 1
    assert sum(isinstance(result, FieldErrors) for result in results) == 49
    assert (count(SignUpRequest), count(OutboxMail)) == (1, 1)


def test_with_the_lock_taken_out_the_index_still_lets_one_request_pass(
    many_connections: None, db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    newcomer = Newcomer().reaches_the_summary()
    _take_the_lock_out(newcomer, monkeypatch)
    together([newcomer.registers] * 50)
    assert (count(SignUpRequest), count(OutboxMail)) == (1, 1)


def test_with_the_index_taken_out_the_lock_still_lets_one_request_pass(
    many_connections: None, db: str, without_unique_requests: None
) -> None:
    newcomer = Newcomer().reaches_the_summary()
    together([newcomer.registers] * 50)
    assert (count(SignUpRequest), count(OutboxMail)) == (1, 1)


def test_with_both_guards_taken_out_one_sign_up_makes_several_requests(
    many_connections: None, db: str, without_unique_requests: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    newcomer = Newcomer().reaches_the_summary()
    _take_the_lock_out(newcomer, monkeypatch)
    together([newcomer.registers] * 50)
    assert count(SignUpRequest) == count(OutboxMail) > 1


def _take_the_lock_out(newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every call believe that it is the first one."""
    found = journeys.find(newcomer.key, sign_up.KIND)
    monkeypatch.setattr(journeys, "find", lambda *_: found)
    monkeypatch.setattr(journeys, "lock", lambda *_: found)
    monkeypatch.setattr(journeys, "finish", lambda *_, **__: None)
    monkeypatch.setattr(requests, "lock_pending", lambda *_: None)
    monkeypatch.setattr(requests, "pending_until", lambda *_: None)


@pytest.fixture
def many_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_POOL_SIZE", "60")
    get_settings.cache_clear()
    database.reset()


@pytest.fixture
def without_unique_requests(db: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Rebuild the table of requests without what makes a second one impossible, and put it back."""
    table: Table = SignUpRequest.__table__  # type: ignore[attr-defined]
    bare = table.to_metadata(MetaData())
    bare.indexes.clear()
    bare.constraints = {kept for kept in bare.constraints if isinstance(kept, PrimaryKeyConstraint)}
    with database.engine().begin() as connection:
        table.drop(connection)
        bare.create(connection)
    monkeypatch.setattr(registration, "_unless_pending", lambda statement: statement)
    yield
    with database.engine().begin() as connection:
        table.drop(connection)
        table.create(connection)


def _audited(event: str) -> int:
    with database.reading() as session:
        return len(session.execute(select(AuditEvent).where(col(AuditEvent.event) == event)).all())


def test_an_address_taken_since_it_was_typed_is_refused_at_the_end(db: str) -> None:
    newcomer = Newcomer().reaches_the_summary()
    make_account(ADDRESS)
    with pytest.raises(FieldErrors) as refused:
        newcomer.registers()
    assert refused.value.errors.keys() == {"email"}
    assert _step(newcomer) is Step.SUMMARY
    assert (count(SignUpRequest), count(OutboxMail)) == (0, 0)


def test_a_request_that_died_makes_room_for_a_new_one(db: str) -> None:
    signed_up().mail()
    with clock.moved(NOON + timedelta(hours=48)):
        second = signed_up()
        assert second.mail().recipient == ADDRESS
    with database.reading() as session:
        outcomes = session.execute(select(col(SignUpRequest.outcome)).order_by(col(SignUpRequest.id))).scalars().all()
    assert outcomes == ["expired", "pending"]


# Neutral answers


@pytest.fixture
def neutral(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUTRAL_ANSWERS", "1")
    get_settings.cache_clear()


@pytest.mark.parametrize("state", ["taken", "certificate", "pending", "free"])
def test_a_neutral_portal_answers_the_same_and_writes_to_the_owner(neutral: None, db: str, state: str) -> None:
    if state == "pending":
        signed_up()
    elif state != "free":
        make_account(ADDRESS, has_certificate=state == "certificate")
    newcomer = Newcomer().reaches_the_summary()

    made = newcomer.registers()

    assert (made.email, made.deadline) == (ADDRESS, NOON + timedelta(hours=48))
    assert registration.registered(newcomer.key) == made == newcomer.registers()
    with database.reading() as session:
        mail = session.execute(select(OutboxMail).order_by(col(OutboxMail.id).desc()).limit(1)).scalar_one()
    assert mail.recipient == ADDRESS
    assert mail.kind == ("activation" if state == "free" else "address_in_use")
    assert ("déjà en cours" in str(mail.text_body)) == (state == "pending")


def test_the_owner_of_an_address_is_told_once_an_hour(neutral: None, db: str) -> None:
    make_account(ADDRESS)
    for _ in range(3):
        Newcomer().reaches_the_summary().registers()
    assert count(OutboxMail) == 1


# Simplified mode


def test_the_simplified_mode_has_its_own_form_and_never_shows_the_account_number(db: str) -> None:
    newcomer = Newcomer(mode=SpaceMode.SIMPLIFIED, form=SIMPLIFIED).reaches_the_summary()
    progress = sign_up.progress(newcomer.key)
    assert progress is not None
    assert progress.form is not None
    assert (progress.form.siren, progress.form.commune, progress.form.country) == ("732829320", "", "")
    assert progress.masked_iban == "FR14\u00a0••••\u00a02606"
    assert "iban" not in progress.typed

    kept = sign_up.set_form(newcomer.key, {**SIMPLIFIED, "iban": ""})
    assert kept.form is not None
    assert kept.form.iban == "FR1420041010050500013M02606"

    newcomer.registers()
    newcomer.types_the_code(newcomer.code())
    account = newcomer.activates().account
    assert (account.mode, account.siren, account.country) == (SpaceMode.SIMPLIFIED, "732829320", "FR")
    assert account.contact_email == "contact@entreprise.example"


def test_another_mode_asks_for_its_own_form(db: str) -> None:
    newcomer = Newcomer().reaches_the_summary()
    changed = sign_up.begin(newcomer.key, "tab", SpaceMode.SIMPLIFIED)
    assert changed is not None
    assert (changed.mode, changed.step, changed.email) == (SpaceMode.SIMPLIFIED, Step.FORM, ADDRESS)
    assert set(identity_form.FIELDS[changed.mode]) == set(SIMPLIFIED) | {"no_first_name"}


# Secrets


def test_no_secret_reaches_the_log_or_the_audit(db: str) -> None:
    with structlog.testing.capture_logs() as logged:
        newcomer = signed_up()
        code = newcomer.code()
        newcomer.types_the_code(code)
        made = newcomer.activates()
        with database.reading() as session:
            events = session.execute(select(AuditEvent)).scalars().all()
            account = session.get(Account, made.account.id)
    assert account is not None
    assert {event.event for event in events} == {"sign_up", "sign_up_ended", "activation"}
    told = str(logged) + " ".join(f"{e.event} {e.subject} {e.outcome}" for e in events)
    for secret in (code, requests.code_hash(code), PASSWORD, account.password_hash, "Paul", ADDRESS, "Rosemonde"):
        assert secret not in told
    assert made.subscriber_number not in told


def test_who_has_one_name_only_has_a_space_under_it(db: str) -> None:
    newcomer = signed_up(form={**FORM, "first_name": "Lila", "no_first_name": "oui"})
    newcomer.types_the_code(newcomer.code())
    made = newcomer.activates()
    assert (made.account.last_name, made.account.first_name, made.name) == ("Rosemonde", "", "ROSEMONDE")


@pytest.mark.parametrize(
    ("last_name", "first_name"),
    [("O'Connor-Ñuñez", "Đặng Thị Ánh"), ("D’Aubigné", "Zoë"), ("Łukasiewicz", "Þóra"), ("Çelik", "İpek")],
)
def test_names_in_latin_script_go_all_the_way_to_the_account(db: str, last_name: str, first_name: str) -> None:
    newcomer = signed_up(form={**FORM, "last_name": last_name, "first_name": first_name})
    newcomer.types_the_code(newcomer.code())
    made = newcomer.activates()
    assert (made.account.last_name, made.account.first_name) == (last_name, first_name)
    assert made.name == f"{last_name.upper()} {first_name}"
    with database.reading() as session:
        account = session.get(Account, made.account.id)
        assert account is not None
        assert account.trust_answer == "Paul-Émile"
        raw = session.execute(text("SELECT trust_answer FROM account")).scalar_one()
    assert "Paul" not in raw


def test_nothing_typed_reaches_the_activation_mail(db: str) -> None:
    markers = {
        "last_name": "Injectionne",
        "commune": "Injectville",
        "address_extra": "« Injectoire » & Cie",
        "trust_answer": "Injectif",
    }
    newcomer = signed_up(form={**FORM, **markers})
    mail = newcomer.mail()
    assert "nject" not in mail.subject + mail.text + mail.html


def test_the_mail_comes_from_the_sender_of_the_settings(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_FROM", "Impôts <ne-pas-repondre@impots.example>")
    get_settings.cache_clear()
    mail = signed_up().mail()
    assert mail.sender == "Impôts <ne-pas-repondre@impots.example>"
    assert "création de votre espace" in mail.subject
    assert "@impots.example" in mail.text


def test_the_mail_says_the_deadline_and_links_to_both_pages(db: str) -> None:
    newcomer = signed_up()
    mail = newcomer.mail()
    for words in (mail.text, mail.html):
        assert "lundi 23 novembre 2026 à 12\u00a0h" in words
        assert f"/espace-professionnel/activation/code?code={newcomer.code()}" in words
        assert "/espace-professionnel/pas-moi/" in words
