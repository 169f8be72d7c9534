"""Signing in: who gets in, that nothing shows who has a space, and how insistence is slowed down."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
import time_machine
from sqlalchemy import event, select, text, update
from sqlmodel import col

from app import clock
from app.models import Account, AccountSession, AuditEvent, SpaceKind
from app.services import captcha, database, throttle
from app.services.accounts import passwords, sessions, sign_in
from app.services.accounts.sign_in import SignInRefusedError
from app.settings import get_settings
from tests.accounts import ADDRESS, PASSWORD, TAX_NUMBER, make_account, quick_passwords, solved_captcha

PRO, PERSONAL = SpaceKind.PROFESSIONAL, SpaceKind.PERSONAL


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    throttle.reset()
    with quick_passwords():
        yield
    throttle.reset()


def signed_in(visitor: str = "camille", kind: SpaceKind = PRO, **typed: str) -> str:
    """Sign in with a solved CAPTCHA; return the Cookie header of the new session."""
    challenge, answer = solved_captcha(visitor)
    values: dict[str, Any] = {
        "network": f"network of {visitor}",
        "email": ADDRESS,
        "password": PASSWORD,
        "captcha_id": challenge,
        "captcha_answer": answer,
        "user_agent": "Firefox",
    }
    return f"{sessions.cookie_name(kind)}={sign_in.sign_in(kind, visitor, **(values | typed))}"


def refusal(visitor: str = "camille", **typed: Any) -> str:
    with pytest.raises(SignInRefusedError) as refused:
        signed_in(visitor, **typed)
    return refused.value.message


def events(name: str) -> list[tuple[str, str]]:
    with database.reading() as session:
        query = select(AuditEvent).where(col(AuditEvent.event) == name).order_by(col(AuditEvent.id))
        return [(row.subject, row.outcome) for row in session.execute(query).scalars()]


class TestWhoGetsIn:
    @pytest.mark.parametrize("typed", [ADDRESS, ADDRESS.upper(), f" {ADDRESS} "])
    def test_the_address_and_the_password_open_a_session(self, db: str, typed: str) -> None:
        account_id = make_account()
        view = sessions.find(PRO, signed_in(email=typed))
        assert view is not None
        assert view.account.id == account_id
        assert events("sign_in") == [(f"account {account_id}", "done")]

    @pytest.mark.parametrize("password", ["Lune-Ble\u0301ue42-Ardoise", "Lune-Bléue42-Ardoise"])
    def test_an_accent_may_be_composed_or_not(self, db: str, password: str) -> None:
        make_account(password="Lune-Bléue42-Ardoise")
        assert signed_in(password=password)

    @pytest.mark.parametrize(
        "password",
        ["", PASSWORD.lower(), f" {PASSWORD}", f"{PASSWORD} ", PASSWORD[:-1], "\ud800", "x" * 60_000, "\x00"],
    )
    def test_another_password_opens_nothing(self, db: str, password: str) -> None:
        make_account()
        expected = sign_in.REFUSED if password else sign_in.NO_PASSWORD
        assert refusal(password=password) == expected
        assert count_sessions() == 0

    def test_the_spaces_of_the_two_kinds_have_their_own_passwords(self, db: str) -> None:
        make_account()
        make_account(kind=PERSONAL, password="Another-Secret42-Phrase", tax_number=TAX_NUMBER)
        assert refusal(kind=PERSONAL, tax_number=TAX_NUMBER) == sign_in.REFUSED_NUMBER
        cookie = signed_in(kind=PERSONAL, password="Another-Secret42-Phrase", tax_number=TAX_NUMBER)
        assert sessions.find(PERSONAL, cookie) is not None
        assert sessions.find(PRO, cookie) is None

    def test_a_closed_account_lets_nobody_in(self, db: str) -> None:
        make_account(closed_at=clock.now())
        assert refusal() == sign_in.REFUSED

    def test_an_account_without_a_password_lets_nobody_in(self, db: str) -> None:
        make_account()
        with database.writing() as session:
            session.execute(update(Account).values(password_hash=""))
        assert refusal(password="x") == sign_in.REFUSED

    def test_the_cookie_is_another_one_after_each_sign_in(self, db: str) -> None:
        make_account()
        first = signed_in()
        second = signed_in(cookie_header=f"theme=dark; {first}")
        assert first != second
        assert sessions.find(PRO, first) is None, "a cookie somebody planted or stole is worth nothing"
        assert sessions.find(PRO, second) is not None

    def test_signing_in_elsewhere_leaves_other_browsers_signed_in(self, db: str) -> None:
        make_account()
        first = signed_in()
        signed_in("other browser")
        assert sessions.find(PRO, first) is not None

    def test_a_refused_sign_in_leaves_the_session_open(self, db: str) -> None:
        make_account()
        cookie = signed_in()
        refusal(password="wrong", cookie_header=cookie)
        assert sessions.find(PRO, cookie) is not None

    def test_a_password_changed_meanwhile_opens_nothing(self, db: str, monkeypatch: pytest.MonkeyPatch) -> None:
        make_account()
        verify = passwords.verify

        def changed_after(password: str, kept: str) -> bool:
            fits = verify(password, kept)
            with database.writing() as session:
                session.execute(update(Account).values(password_hash=passwords.hash("another")))
            return fits

        monkeypatch.setattr(passwords, "verify", changed_after)
        assert refusal() == sign_in.REFUSED
        assert count_sessions() == 0

    def test_a_renewed_secret_of_the_portal_hashes_the_password_again(
        self, db: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_account()
        monkeypatch.setenv("SECRET_KEY", "newer,key-of-the-tests")
        get_settings.cache_clear()
        before = kept_password()
        signed_in()
        after = kept_password()
        assert before != after
        assert not passwords.needs_rehash(after)
        signed_in()
        assert kept_password() == after

    def test_many_at_once_all_get_in(self, db: str) -> None:
        make_account()
        visitors = [f"visitor {number}" for number in range(6)]
        with ThreadPoolExecutor(6) as pool:
            cookies = list(pool.map(signed_in, visitors))
        assert len({sessions.find(PRO, cookie) for cookie in cookies}) == 6


class TestCaptcha:
    def test_nobody_gets_in_without_it(self, db: str) -> None:
        make_account()
        assert refusal(captcha_answer=" ") == sign_in.NO_CAPTCHA
        assert refusal(captcha_answer="AAAAAAA") == sign_in.WRONG_CAPTCHA
        assert refusal(captcha_id="A" * 22) == sign_in.WRONG_CAPTCHA
        challenge, answer = solved_captcha("somebody else")
        assert refusal(captcha_id=challenge, captcha_answer=answer) == sign_in.WRONG_CAPTCHA

    def test_it_serves_one_attempt(self, db: str) -> None:
        make_account()
        challenge, answer = solved_captcha("camille")
        assert refusal(captcha_id=challenge, captcha_answer=answer, password="wrong") == sign_in.REFUSED
        assert refusal(captcha_id=challenge, captcha_answer=answer) == sign_in.WRONG_CAPTCHA

    def test_without_it_no_password_is_hashed(self, db: str, monkeypatch: pytest.MonkeyPatch) -> None:
        make_account()
        hashed = counted_hashes(monkeypatch)
        refusal(captcha_answer="AAAAAAA")
        assert hashed() == 0

    @pytest.mark.parametrize("email", ["", "camille", "x" * 101, "\ud800@courriel.example", "é@courriel.example"])
    def test_what_is_no_address_is_said_and_uses_nothing_up(self, db: str, email: str) -> None:
        challenge, answer = solved_captcha("camille")
        assert "adresse" in refusal(email=email, captcha_id=challenge, captcha_answer=answer)
        assert captcha.check("camille", challenge, answer)


class TestNothingShows:
    def test_an_unknown_address_gets_the_answer_of_a_wrong_password(self, db: str) -> None:
        make_account()
        assert refusal(password="wrong") == refusal(email="nobody@courriel.example") == sign_in.REFUSED

    def test_and_the_same_work(self, db: str, monkeypatch: pytest.MonkeyPatch) -> None:
        make_account()
        counts = []
        for typed in ({"password": "wrong"}, {"email": "nobody@courriel.example"}):
            with pytest.MonkeyPatch.context() as patch, counted_statements() as statements:
                hashed = counted_hashes(patch)
                refusal(**typed)
                counts.append((hashed(), [statement.split()[0] for statement in statements]))
        assert counts[0] == counts[1]
        assert counts[0][0] == 1

    def test_counters_of_unknown_addresses_fill_alike(self, db: str) -> None:
        make_account()
        answers = []
        for email in (ADDRESS, "nobody@courriel.example"):
            throttle.reset()
            answers.append([refusal(f"visitor {number}", email=email, password="wrong") for number in range(8)])
        assert answers[0] == answers[1]
        assert "Trop d’essais" in answers[0][-1]

    def test_nothing_typed_is_logged_or_audited(self, db: str) -> None:
        make_account()
        with structlog.testing.capture_logs() as logs:
            for _ in range(8):
                refusal(password="Typed-Secret-99")
        with database.reading() as session:
            stored = str(session.execute(text("SELECT * FROM audit_event")).all())
        for shown in (stored, str(logs)):
            assert "Typed-Secret" not in shown
            assert "courriel" not in shown
        assert logs


class TestInsistence:
    def test_one_address_is_slowed_down_whoever_tries(self, db: str) -> None:
        make_account()
        messages = [refusal(f"visitor {number}", password="wrong") for number in range(8)]
        assert messages[:6] == [sign_in.REFUSED] * 6
        assert messages[6:] == ["Trop d’essais\u00a0: patientez une\u00a0minute, puis recommencez."] * 2
        make_account("other@courriel.example")
        assert signed_in("visitor 1", email="other@courriel.example")

    def test_one_visitor_is_slowed_down_whatever_the_address(self, db: str) -> None:
        messages = [refusal(email=f"n{number}@courriel.example") for number in range(8)]
        assert messages[5] == sign_in.REFUSED
        assert "Trop d’essais" in messages[6]

    def test_one_network_is_slowed_down_whoever_sits_there(self, db: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(throttle.RULES, "sign_in_network", "3/minute")
        messages = [
            refusal(f"visitor {number}", network="one", email=f"n{number}@courriel.example") for number in range(4)
        ]
        assert messages[2] == sign_in.REFUSED
        assert "Trop d’essais" in messages[3]

    def test_once_too_many_no_password_is_hashed(self, db: str, monkeypatch: pytest.MonkeyPatch) -> None:
        make_account()
        for number in range(6):
            refusal(f"visitor {number}", password="wrong")
        hashed = counted_hashes(monkeypatch)
        refusal("visitor 7")
        assert hashed() == 0

    def test_the_wait_grows_with_the_insistence(self, db: str) -> None:
        waits = waits_of(lambda number: refusal(f"visitor {number}", password="wrong"))
        assert waits[0] == timedelta(minutes=1)
        assert any(timedelta(minutes=1) < wait <= timedelta(hours=1) for wait in waits)
        assert waits[-1] > timedelta(hours=10)
        assert max(waits) == waits[-1]

    def test_whoever_recovers_the_password_signs_in_at_once(self, db: str) -> None:
        make_account()
        for number in range(8):
            refusal(f"visitor {number}", password="wrong")
        assert "Trop d’essais" in refusal("owner")
        with database.writing() as session:
            session.execute(
                update(Account).values(
                    password_hash=passwords.hash("A-New42-Phrase-Entirely"), password_changed_at=clock.now()
                )
            )
        assert signed_in("owner", password="A-New42-Phrase-Entirely")

    def test_failed_sign_ins_use_no_counter_but_their_own(self, db: str, monkeypatch: pytest.MonkeyPatch) -> None:
        names = set()
        hit = throttle.hit

        def recorded(name: str, key: str) -> None:
            names.add(name)
            hit(name, key)

        monkeypatch.setattr(throttle, "hit", recorded)
        for _ in range(8):
            refusal(password="wrong")
        assert {name for name in names if "captcha" not in name} == {
            "sign_in_visitor",
            "sign_in_network",
            "sign_in_address",
        }

    def test_a_busy_portal_says_so(self, db: str, monkeypatch: pytest.MonkeyPatch) -> None:
        make_account()

        def busy(*_: str) -> bool:
            raise passwords.PasswordsBusyError

        monkeypatch.setattr(passwords, "verify", busy)
        assert refusal() == sign_in.BUSY

    @pytest.mark.parametrize(
        ("seconds", "words"),
        [
            (1, "une\u00a0minute"),
            (60, "une\u00a0minute"),
            (61, "2\u00a0minutes"),
            (3600, "60\u00a0minutes"),
            (5341, "2\u00a0heures"),
            (86_400, "24\u00a0heures"),
        ],
    )
    def test_the_wait_is_said_in_words(self, seconds: int, words: str) -> None:
        assert words in sign_in.too_many(seconds)


class TestSignOut:
    def test_it_ends_the_session_of_the_browser_alone(self, db: str) -> None:
        make_account()
        mine, other = signed_in(), signed_in("elsewhere")
        assert sign_in.sign_out(PRO, "camille", mine)
        assert sessions.find(PRO, mine) is None
        assert sessions.find(PRO, other) is not None
        assert [outcome for _, outcome in events("sign_out")] == ["done"]

    def test_without_a_session_nothing_happens(self, db: str) -> None:
        make_account()
        cookie = signed_in()
        assert not sign_in.sign_out(PRO, "camille", "")
        assert not sign_in.sign_out(PERSONAL, "camille", cookie.replace("pro-", "perso-"))
        assert sessions.find(PRO, cookie) is not None
        sign_in.sign_out(PRO, "camille", cookie)
        assert not sign_in.sign_out(PRO, "camille", cookie)
        assert len(events("sign_out")) == 1


class TestNotes:
    def test_a_note_is_shown_once_to_its_visitor_on_its_page(self, db: str) -> None:
        sign_in.note("camille", PRO, ADDRESS, "Un message.")
        assert sign_in.take_note("dominique", PRO) is None
        assert sign_in.take_note("camille", PERSONAL) is None
        assert sign_in.take_note("camille", PRO) == (ADDRESS, "Un message.")
        assert sign_in.take_note("camille", PRO) is None

    def test_the_last_one_counts(self, db: str) -> None:
        sign_in.note("camille", PERSONAL, ADDRESS, "Le premier.")
        sign_in.note("camille", PRO, "other@courriel.example", "Le second.")
        assert sign_in.take_note("camille", PRO) == ("other@courriel.example", "Le second.")

    @pytest.mark.parametrize("typed", ["x" * 255, "a\x00b", "\ud800", "a\nb"])
    def test_what_cannot_be_shown_again_is_not_kept(self, db: str, typed: str) -> None:
        sign_in.note("camille", PRO, typed, "Un message.")
        assert sign_in.take_note("camille", PRO) == ("", "Un message.")

    def test_ten_minutes_later_it_is_gone(self, db: str) -> None:
        start = datetime(2026, 11, 23, 9, tzinfo=UTC)
        with clock.moved(start):
            sign_in.note("camille", PRO, ADDRESS, "Un message.")
            sign_in.note("dominique", PRO, ADDRESS, "Un message.")
            assert sign_in.erase_notes() == 0
        with clock.moved(start + timedelta(minutes=10)):
            assert sign_in.take_note("camille", PRO) is None
            assert sign_in.erase_notes() == 1

    def test_the_address_is_unreadable_in_the_database(self, db: str) -> None:
        sign_in.note("camille", PRO, ADDRESS, "Un message.")
        with database.reading() as session:
            assert "courriel" not in str(session.execute(text("SELECT * FROM sign_in_note")).all())

    def test_many_tabs_take_it_once(self, db: str) -> None:
        sign_in.note("camille", PRO, ADDRESS, "Un message.")
        with ThreadPoolExecutor(8) as pool:
            taken = list(pool.map(lambda _: sign_in.take_note("camille", PRO), range(8)))
        assert sum(note is not None for note in taken) == 1

    def test_signing_in_leaves_none_behind(self, db: str) -> None:
        make_account()
        sign_in.note("camille", PRO, ADDRESS, "Un message.")
        signed_in()
        assert sign_in.take_note("camille", PRO) is None


def count_sessions() -> int:
    with database.reading() as session:
        return len(session.execute(select(col(AccountSession.id))).all())


def kept_password() -> str:
    with database.reading() as session:
        return str(session.execute(select(col(Account.password_hash))).scalar_one())


def counted_hashes(patch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Count what costs a processor its third of a second."""
    count = 0
    turn = passwords._turn

    def counted() -> Any:
        nonlocal count
        count += 1
        return turn()

    patch.setattr(passwords, "_turn", counted)
    return lambda: count


class counted_statements:  # noqa: N801 (reads as a function)
    """Collect the SQL statements run inside the block."""

    def __enter__(self) -> list[str]:
        self.statements: list[str] = []
        event.listen(database.engine(), "before_cursor_execute", self._note)
        return self.statements

    def __exit__(self, *_: object) -> None:
        event.remove(database.engine(), "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.statements.append(statement)


def waits_of(attempt: Callable[[int], str]) -> list[timedelta]:
    """Attempt again and again, waiting as told; return the waits."""
    waits = []
    with time_machine.travel(datetime(2026, 11, 23, 0, tzinfo=UTC), tick=False) as travelled:
        for number in range(55):
            message = attempt(number)
            if "Trop d’essais" in message:
                wait = wait_said(message)
                waits.append(wait)
                travelled.shift(wait + timedelta(seconds=1))
            if waits and waits[-1] > timedelta(hours=10):
                break
    return waits


def wait_said(message: str) -> timedelta:
    amount, unit = message.partition("patientez ")[2].partition(",")[0].split("\u00a0")
    number = 1 if amount == "une" else int(amount)
    return timedelta(hours=number) if unit.startswith("heure") else timedelta(minutes=number)
