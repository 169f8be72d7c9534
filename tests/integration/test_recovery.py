"""A lost password: one answer for everybody, a link that serves once for ten minutes, and every session ended."""

import contextlib
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlmodel import col

from app import addresses, clock
from app.models import Account, AuditEvent, OutboxMail, RecoveryToken, SpaceKind
from app.services import database, retention, throttle
from app.services.accounts import password_reset, passwords, recovery, sessions
from app.services.accounts.password_reset import LinkGoneError
from app.services.form_errors import FieldErrors
from app.services.notifications import delivery
from app.services.throttle import TooManyAttemptsError
from app.settings import get_settings
from app.state.recovery import RecoveryState
from tests.accounts import ADDRESS, PASSWORD, make_account, quick_passwords
from tests.pages import opened, press
from tests.smtp import mail_server

PRO = SpaceKind.PROFESSIONAL
NEW_PASSWORD = "Vent-Salé83-Falaise-Gr1se"
NUMBER = "20260560000101"
OWNER: dict[str, str] = {
    "email": ADDRESS,
    "subscriber_number": NUMBER,
    "question": "prenom-conjoint",
    "answer": "Saint-Étienne",
}
WRONG = {
    "email": "quelqu.un@courriel.example",
    "subscriber_number": "20260560000102",
    "question": "surnom",
    "answer": "Paul",
}


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    with quick_passwords():
        yield


def owner(**more: Any) -> int:
    given: dict[str, Any] = {
        "subscriber_number": NUMBER,
        "trust_question": OWNER["question"],
        "trust_answer": OWNER["answer"],
    }
    return make_account(**(given | more))


def ask(visitor: str = "v", network: str = "n", **changes: str) -> None:
    recovery.ask(PRO, visitor, network=network, **(OWNER | changes))


def reset(token: str, password: str = NEW_PASSWORD, again: str | None = None) -> None:
    password_reset.reset(token, password, password if again is None else again, visitor_key="v", network="n")


def mails(kind: str = "recovery") -> list[OutboxMail]:
    with database.reading() as session:
        query = select(OutboxMail).where(col(OutboxMail.kind) == kind).order_by(col(OutboxMail.id))
        return list(session.execute(query).scalars())


def tokens() -> list[str]:
    """Return the links that were mailed, oldest first."""
    found = [re.findall(rf"{addresses.RECOVERY_RESET}/([\w-]+)", mail.text_body or "") for mail in mails()]
    return [links[0] for links in found]


def sign_in(account_id: int) -> str:
    with database.writing() as session:
        return sessions.open(session, account_id, "Firefox")


def password_of(account_id: int) -> str:
    with database.reading() as session:
        account = session.get(Account, account_id)
        assert account is not None
        return account.password_hash


def outcomes(name: str = "recovery") -> list[str]:
    with database.reading() as session:
        query = select(AuditEvent).where(col(AuditEvent.event) == name).order_by(col(AuditEvent.id))
        return [row.outcome for row in session.execute(query).scalars()]


class TestAsking:
    def test_the_owner_gets_a_link_at_the_address_of_the_space(self, db: str) -> None:
        owner()
        ask()
        (mail,) = mails()
        assert mail.recipient == ADDRESS
        assert len(tokens()) == 1
        assert "10 minutes" in (mail.text_body or "").replace("\u00a0", " ")

    @pytest.mark.parametrize(
        "changes",
        [
            {"email": ADDRESS.upper()},
            {"answer": "  saint etienne "},
            {"answer": "SAINT ÉTIENNE"},
            {"subscriber_number": "2026 056 0000101"},
            {"subscriber_number": "«\u00a02026.056.0000101\u00a0».\u200b"},
        ],
    )
    def test_it_need_not_be_typed_exactly(self, db: str, changes: dict[str, str]) -> None:
        owner()
        ask(**changes)
        assert len(mails()) == 1

    @pytest.mark.parametrize("field", sorted(WRONG))
    def test_one_thing_wrong_and_nothing_is_sent_and_nothing_is_said(self, db: str, field: str) -> None:
        owner()
        ask(**{field: WRONG[field]})
        assert mails() == []
        assert outcomes() == ["no match"]

    def test_nothing_is_said_when_there_is_no_account_at_all(self, db: str) -> None:
        ask()
        assert mails() == []
        assert outcomes() == ["no match"]

    @pytest.mark.parametrize(
        "account",
        [
            {"closed_at": clock.now()},
            {"has_certificate": True},
            {"kind": SpaceKind.PERSONAL},
            {"trust_answer": ""},
            {"subscriber_number": None},
        ],
    )
    def test_an_account_that_cannot_be_recovered_so_looks_like_none(self, db: str, account: dict[str, Any]) -> None:
        owner(**account)
        ask()
        assert mails() == []

    def test_the_decoy_belongs_to_nobody(self, db: str) -> None:
        ask(email="nobody@guichet.example", subscriber_number="0" * 14, question="surnom", answer="X")
        assert mails() == []

    def test_the_work_is_the_same(self, db: str) -> None:
        owner()
        seen: list[list[str]] = []
        for changes in ({}, {"answer": "non"}, {"email": WRONG["email"]}):
            with _statements() as statements:
                ask(**changes)
            seen.append(statements)
        assert seen[0]
        assert [_shape(statements) for statements in seen[1:]] == [_shape(seen[0])] * 2

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"email": ""}, "email"),
            ({"email": "x" * 96 + "@a.fr"}, "email"),
            ({"subscriber_number": "1234"}, "subscriber_number"),
            ({"subscriber_number": "²" * 14}, "subscriber_number"),
            ({"question": "inconnue"}, "trust_question"),
            ({"answer": "  "}, "trust_answer"),
            ({"answer": "x" * 201}, "trust_answer"),
        ],
    )
    def test_what_no_account_can_hold_is_said_at_once(self, db: str, changes: dict[str, str], field: str) -> None:
        with pytest.raises(FieldErrors) as raised:
            ask(**changes)
        assert list(raised.value.errors) == [field]

    def test_everything_wrong_is_said_at_once(self, db: str) -> None:
        with pytest.raises(FieldErrors) as raised:
            ask(email="", subscriber_number="", question="", answer="")
        assert list(raised.value.errors) == ["email", "subscriber_number", "trust_question", "trust_answer"]

    def test_a_lone_surrogate_is_refused_or_matches_nothing(self, db: str) -> None:
        owner()
        ask(answer="Paul\ud800")
        with pytest.raises(FieldErrors):
            ask(subscriber_number="\ud800" * 14)
        assert mails() == []

    def test_a_second_click_sends_no_second_link(self, db: str) -> None:
        owner()
        now = clock.now()
        with clock.moved(now):
            ask()
        with clock.moved(now + timedelta(seconds=59)):
            ask()
        assert len(mails()) == 1
        assert outcomes() == ["sent", "sent just before"]

    def test_asked_again_later_there_is_a_new_link_and_only_that_one_works(self, db: str) -> None:
        owner()
        now = clock.now()
        with clock.moved(now):
            ask()
        with clock.moved(now + timedelta(seconds=61)):
            ask()
            first, second = tokens()
            assert password_reset.link(first) is None
            assert password_reset.link(second) is not None

    def test_fifty_at_once_send_one_link(self, db: str) -> None:
        owner()
        together = threading.Barrier(10)

        def one(number: int) -> None:
            together.wait()
            for turn in range(5):
                ask(visitor=f"v{number} {turn}", network=f"n{number}")

        with ThreadPoolExecutor(10) as threads:
            list(threads.map(one, range(10)))
        assert len(mails()) == 1
        assert _links() == 1


def test_an_address_that_takes_no_mail_any_more_looks_like_no_space_at_all(
    db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner()
    answers = []
    with mail_server() as server:
        server.refused.add(ADDRESS)
        monkeypatch.setenv("SMTP_URL", server.url())
        get_settings.cache_clear()
        for email in (ADDRESS, WRONG["email"]):
            page = opened(RecoveryState)
            page.human = True
            typed = {**OWNER, "email": email, "trust_question": OWNER["question"], "trust_answer": OWNER["answer"]}
            press(page, "submit", typed)
            delivery.deliver_due()
            assert page.sent
            answers.append({name: getattr(page, name) for name in RecoveryState.base_vars})
        assert [mail.address_refused for mail in mails()] == [True]
    assert answers[0] == answers[1]
    assert "watch" not in RecoveryState.event_handlers


class TestCounters:
    def test_a_visitor_who_insists_waits(self, db: str) -> None:
        for _ in range(5):
            ask(answer="non")
        with pytest.raises(TooManyAttemptsError):
            ask()

    def test_strangers_never_keep_the_owner_out(self, db: str) -> None:
        owner()
        for number in range(30):
            ask(visitor=f"stranger {number}", network="far away", answer="non")
        with pytest.raises(TooManyAttemptsError):
            ask(visitor="another stranger", network="far away", answer="non")
        ask(visitor="owner", network="home")
        assert len(mails()) == 1

    def test_failed_sign_ins_do_not_count(self, db: str) -> None:
        owner()
        for name in ("sign_in_visitor", "sign_in_network", "sign_in_address"):
            with contextlib.suppress(TooManyAttemptsError):
                while True:
                    throttle.hit(name, "v")
        ask(network="v")
        reset(tokens()[0])

    def test_guessing_links_is_counted(self, db: str) -> None:
        for _ in range(30):
            with pytest.raises(LinkGoneError):
                reset("x" * 43)
        with pytest.raises(TooManyAttemptsError):
            reset("x" * 43)


class TestTheLink:
    def test_looking_at_it_uses_nothing_up(self, db: str) -> None:
        owner()
        now = clock.now()
        with clock.moved(now):
            ask()
            (token,) = tokens()
            for _ in range(3):
                found = password_reset.link(token)
                assert found is not None
                assert (found.email, found.expires_at) == (ADDRESS, now + timedelta(minutes=10))

    @pytest.mark.parametrize("token", ["", "x", "x" * 43, "é" * 43, "x" * 10_000, "../" * 14 + "x"])
    def test_what_was_never_mailed_is_none(self, db: str, token: str) -> None:
        owner()
        ask()
        assert password_reset.link(token) is None
        with pytest.raises(LinkGoneError):
            reset(token)

    def test_it_lives_ten_minutes(self, db: str) -> None:
        owner()
        now = clock.now()
        with clock.moved(now):
            ask()
            (token,) = tokens()
        with clock.moved(now + timedelta(minutes=9, seconds=59)):
            assert password_reset.link(token) is not None
        with clock.moved(now + timedelta(minutes=10)):
            assert password_reset.link(token) is None
            with pytest.raises(LinkGoneError):
                reset(token)

    def test_the_database_holds_no_link(self, db: str) -> None:
        owner()
        ask()
        with database.reading() as session:
            (kept,) = session.execute(select(col(RecoveryToken.token_hash))).scalars()
        assert tokens()[0] not in kept

    def test_an_account_closed_meanwhile_has_none(self, db: str) -> None:
        account_id = owner()
        ask()
        with database.writing() as session:
            account = session.get(Account, account_id)
            assert account is not None
            account.closed_at = clock.now()
        assert password_reset.link(tokens()[0]) is None
        with pytest.raises(LinkGoneError):
            reset(tokens()[0])

    def test_the_scheduled_job_erases_what_is_over(self, db: str) -> None:
        owner()
        now = clock.now()
        with clock.moved(now):
            ask()
            assert retention.tidy()["recovery_links"] == 0
        with clock.moved(now + timedelta(minutes=10)):
            assert retention.tidy()["recovery_links"] == 1


class TestTheNewPassword:
    def test_it_replaces_the_old_one_and_every_session_ends(self, db: str) -> None:
        account_id = owner()
        cookie = f"{sessions.cookie_name(PRO)}={sign_in(account_id)}"
        sign_in(account_id)
        ask()
        reset(tokens()[0])
        assert passwords.verify(NEW_PASSWORD, password_of(account_id))
        assert not passwords.verify(PASSWORD, password_of(account_id))
        assert sessions.find(PRO, cookie) is None
        assert sessions.list(account_id) == ()

    def test_the_owner_is_told(self, db: str) -> None:
        owner()
        ask()
        reset(tokens()[0])
        (notice,) = mails("password_changed")
        assert notice.recipient == ADDRESS
        assert "Toutes les sessions" in (notice.text_body or "")
        assert NEW_PASSWORD not in (notice.text_body or "") + (notice.html_body or "")
        assert outcomes("password_reset") == ["done"]

    def test_the_link_serves_once(self, db: str) -> None:
        account_id = owner()
        ask()
        reset(tokens()[0])
        with pytest.raises(LinkGoneError):
            reset(tokens()[0], "Autre-Chemin64-Brume-R0uge")
        assert passwords.verify(NEW_PASSWORD, password_of(account_id))

    @pytest.mark.parametrize(
        ("password", "again", "fields"),
        [
            ("", "", ["password"]),
            ("court1", "court1", ["password"]),
            ("Camille-Martin-1234-Zq!x", "Camille-Martin-1234-Zq!x", ["password"]),
            (NEW_PASSWORD, "autre", ["password_again"]),
            ("court1", "autre", ["password", "password_again"]),
        ],
    )
    def test_a_refused_one_leaves_the_link_working(self, db: str, password: str, again: str, fields: list[str]) -> None:
        account_id = owner()
        ask()
        with pytest.raises(FieldErrors) as raised:
            reset(tokens()[0], password, again)
        assert list(raised.value.errors) == fields
        assert passwords.verify(PASSWORD, password_of(account_id))
        reset(tokens()[0])

    def test_twenty_at_once_change_it_once(self, db: str) -> None:
        account_id = owner()
        ask()
        (token,) = tokens()
        together = threading.Barrier(20)

        def one(number: int) -> bool:
            together.wait()
            chosen = f"{NEW_PASSWORD}-{number}"
            try:
                password_reset.reset(token, chosen, chosen, visitor_key="v", network=f"n{number}")
            except LinkGoneError:
                return False
            return True

        with ThreadPoolExecutor(20) as threads:
            won = [number for number, done in enumerate(threads.map(one, range(20))) if done]
        assert len(won) == 1
        assert passwords.verify(f"{NEW_PASSWORD}-{won[0]}", password_of(account_id))
        assert len(mails("password_changed")) == 1

    def test_nothing_secret_is_in_the_audit_log(self, db: str) -> None:
        owner()
        ask()
        ask(answer="une mauvaise réponse")
        reset(tokens()[0])
        with database.reading() as session:
            rows = session.execute(select(AuditEvent)).scalars()
            said = " ".join(f"{row.event} {row.subject} {row.outcome} {row.visitor_key}" for row in rows)
        secrets = (NEW_PASSWORD, PASSWORD, tokens()[0], OWNER["answer"], "mauvaise", NUMBER, ADDRESS)
        assert [secret for secret in secrets if secret in said] == []


def _links() -> int:
    with database.reading() as session:
        return int(session.execute(select(func.count()).select_from(RecoveryToken)).scalar_one())


class _statements:  # noqa: N801 (reads as a function)
    """Collects the SQL statements that are run inside the block."""

    def __enter__(self) -> list[str]:
        self.seen: list[str] = []
        event.listen(database.engine(), "before_cursor_execute", self._see)
        return self.seen

    def __exit__(self, *_: object) -> None:
        event.remove(database.engine(), "before_cursor_execute", self._see)

    def _see(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.seen.append(statement)


def _shape(statements: list[str]) -> list[str]:
    """Return the statements without what undoes the decoy's: its savepoint is rolled back instead of released."""
    return [statement.split("(")[0] for statement in statements if "SAVEPOINT" not in statement]
