"""A signed-in browser: its cookie, its limits, the list, and the end."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from app import clock
from app.models import AccountSession, AuditEvent, SpaceKind
from app.services import database
from app.services.accounts import sessions
from app.services.accounts.sessions import Ending, SessionView
from app.settings import get_settings
from tests.accounts import make_account, quick_passwords
from tests.factories import at

PRO, PERSONAL = SpaceKind.PROFESSIONAL, SpaceKind.PERSONAL
NOW = at("2026-11-23 10:00")
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def _quick() -> object:
    with quick_passwords():
        yield


def opened(account_id: int, user_agent: str = FIREFOX) -> str:
    """Open a session; return its Cookie header."""
    with database.writing() as session:
        token = sessions.open(session, account_id, user_agent)
    return f"pro-session={token}"


def found(cookie: str, kind: SpaceKind = PRO, *, touch: bool = True) -> SessionView | None:
    return sessions.find(kind, cookie, touch=touch)


def id_of(cookie: str) -> str:
    view = found(cookie, touch=False)
    assert view is not None
    return view.id


class TestFinding:
    def test_a_session_is_found_by_its_cookie_among_others(self, db: str) -> None:
        account_id = make_account()
        cookie = opened(account_id)
        view = found(f"visitor=x; theme=a=b; {cookie}; other")
        assert view is not None
        assert view.account.id == account_id
        assert found(opened(account_id)) != view

    @pytest.mark.parametrize(
        "cookie",
        [
            "",
            "pro-session=",
            "pro-session=short",
            f"pro-session={'A' * 43}",
            f"pro-session={'é' * 43}",
            "\ud800",
            ";=;",
        ],
    )
    def test_what_was_never_given_opens_nothing(self, db: str, cookie: str) -> None:
        opened(make_account())
        assert found(cookie) is None

    def test_the_cookie_of_one_kind_opens_nothing_in_the_other(self, db: str) -> None:
        cookie = opened(make_account())
        assert found(cookie, PERSONAL) is None
        assert found(cookie.replace("pro-", "perso-"), PERSONAL) is None
        assert found(cookie.replace("pro-", "perso-")) is None

    def test_on_https_only_the_cookie_bound_to_the_host_counts(self, db: str, monkeypatch: pytest.MonkeyPatch) -> None:
        cookie = opened(make_account())
        monkeypatch.setenv("PUBLIC_URL", "https://guichet.example")
        get_settings.cache_clear()
        assert sessions.cookie_name(PRO) == "__Host-pro-session"
        assert sessions.cookie_name(PERSONAL) == "__Host-perso-session"
        assert found(cookie) is None
        assert found(f"__Host-{cookie}") is not None

    def test_a_closed_account_has_no_session(self, db: str) -> None:
        cookie = opened(make_account())
        with database.writing() as session:
            session.execute(text("UPDATE account SET closed_at = :now"), {"now": "2026-11-23 09:00:00"})
        assert found(cookie) is None

    def test_the_cookie_is_in_no_table(self, db: str) -> None:
        token = opened(make_account()).partition("=")[2]
        with database.reading() as session:
            for table in ("account_session", "audit_event"):
                assert token not in str(session.execute(text(f"SELECT * FROM {table}")).all())


class TestLimits:
    def test_half_an_hour_without_doing_anything_ends_it(self, db: str) -> None:
        with clock.moved(NOW):
            cookie = opened(make_account())
        with clock.moved(NOW + timedelta(minutes=29, seconds=59)):
            assert found(cookie, touch=False) is not None
        with clock.moved(NOW + timedelta(minutes=30)):
            assert found(cookie) is None

    def test_doing_something_keeps_it_open(self, db: str) -> None:
        with clock.moved(NOW):
            cookie = opened(make_account())
        for minutes in range(20, 700, 20):
            with clock.moved(NOW + timedelta(minutes=minutes)):
                assert found(cookie) is not None

    def test_looking_without_touching_keeps_nothing_open(self, db: str) -> None:
        with clock.moved(NOW):
            cookie = opened(make_account())
        with clock.moved(NOW + timedelta(minutes=20)):
            assert found(cookie, touch=False) is not None
        with clock.moved(NOW + timedelta(minutes=40)):
            assert found(cookie) is None

    def test_twelve_hours_end_it_however_busy(self, db: str) -> None:
        with clock.moved(NOW):
            cookie = opened(make_account())
        for minutes in range(0, 12 * 60, 15):
            with clock.moved(NOW + timedelta(minutes=minutes)):
                assert found(cookie) is not None
        with clock.moved(NOW + timedelta(hours=11, minutes=59, seconds=59)):
            assert found(cookie) is not None
        with clock.moved(NOW + timedelta(hours=12)):
            assert found(cookie) is None

    def test_it_is_written_once_a_minute_at_most(self, db: str) -> None:
        with clock.moved(NOW):
            cookie = opened(make_account())
        for seconds, last_seen in ((30, 0), (59, 0), (60, 60), (90, 60), (125, 125)):
            with clock.moved(NOW + timedelta(seconds=seconds)):
                found(cookie)
                view = found(cookie, touch=False)
            assert view is not None
            assert view.last_seen_at == NOW + timedelta(seconds=last_seen)

    def test_an_ended_session_cannot_be_kept_open_by_a_late_request(self, db: str) -> None:
        account_id = make_account()
        with clock.moved(NOW):
            cookie = opened(account_id)
            session_id = id_of(cookie)
        with clock.moved(NOW + timedelta(minutes=5)):
            sessions.end(session_id, account_id)
            sessions._touch(session_id)
            assert found(cookie) is None


class TestList:
    def test_it_says_which_browsers_are_signed_in_the_last_used_first(self, db: str) -> None:
        account_id = make_account()
        make_account("other@courriel.example")
        with clock.moved(NOW):
            old = opened(account_id)
        with clock.moved(NOW + timedelta(minutes=10)):
            opened(account_id, "curl/8 <script>")
        with clock.moved(NOW + timedelta(minutes=20)):
            assert [line.browser for line in sessions.list(account_id)] == ["Navigateur", "Firefox sur Windows"]
            found(old)
            assert [line.browser for line in sessions.list(account_id)] == ["Firefox sur Windows", "Navigateur"]
            assert sessions.list(account_id)[0].id == id_of(old)
        with clock.moved(NOW + timedelta(hours=1)):
            assert sessions.list(account_id) == ()

    @pytest.mark.parametrize(
        ("user_agent", "words"),
        [
            (FIREFOX, "Firefox sur Windows"),
            ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome sur Linux"),
            ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge sur Windows"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19 Safari/604.1", "Safari sur iPhone"),
            ("Mozilla/5.0 (Linux; Android 16) SamsungBrowser/29 Chrome/140 Safari", "Samsung Internet sur Android"),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/19 Safari/605.1", "Safari sur Mac"),
            ("", "Navigateur"),
            ("\ud800" * 100_000, "Navigateur"),
        ],
    )
    def test_browsers_are_named_in_words(self, user_agent: str, words: str) -> None:
        assert sessions.browser_words(user_agent) == words


class TestEnd:
    def test_one_session_ends_alone(self, db: str) -> None:
        account_id = make_account()
        one, other = opened(account_id), opened(account_id)
        assert sessions.end(id_of(one), account_id)
        assert found(one) is None
        assert found(other) is not None

    def test_it_ends_once(self, db: str) -> None:
        account_id = make_account()
        session_id = id_of(opened(account_id))
        with ThreadPoolExecutor(8) as pool:
            ended = list(pool.map(lambda _: sessions.end(session_id, account_id), range(8)))
        assert ended.count(True) == 1
        assert len(events("session_ended")) == 1

    def test_somebody_elses_session_cannot_be_ended(self, db: str) -> None:
        cookie = opened(make_account())
        stranger = make_account("other@courriel.example")
        assert not sessions.end(id_of(cookie), stranger)
        assert not sessions.end("no such session", stranger)
        assert found(cookie) is not None

    def test_all_end_but_the_one_that_asks(self, db: str) -> None:
        account_id = make_account()
        stranger = opened(make_account("other@courriel.example"))
        mine, *others = (opened(account_id) for _ in range(4))
        assert sessions.end_all(account_id, except_id=id_of(mine)) == 3
        assert [found(cookie) for cookie in others] == [None] * 3
        assert found(mine) is not None
        assert sessions.end_all(account_id) == 1
        assert found(mine) is None
        assert found(stranger) is not None
        assert [event.outcome for event in events("sessions_ended")] == ["3 ended", "1 ended"]

    def test_many_may_end_them_while_others_sign_in(self, db: str) -> None:
        account_id = make_account()
        for _ in range(15):
            opened(account_id)

        def act(number: int) -> None:
            if number % 2:
                opened(account_id)
            else:
                sessions.end_all(account_id)

        with ThreadPoolExecutor(12) as pool:
            list(pool.map(act, range(48)))
        sessions.end_all(account_id)
        assert sessions.list(account_id) == ()

    def test_they_end_with_the_transaction_or_not_at_all(self, db: str) -> None:
        account_id = make_account()
        cookie = opened(account_id)
        with database.writing() as session:
            assert sessions.revoke(session, account_id) == 1
            session.rollback()
        assert found(cookie) is not None

    def test_an_account_has_twenty_sessions_the_longest_unused_gives_way(self, db: str) -> None:
        account_id = make_account()
        cookies = []
        for minute in range(21):
            with clock.moved(NOW + timedelta(minutes=minute)):
                cookies.append(opened(account_id))
        with clock.moved(NOW + timedelta(minutes=21)):
            assert found(cookies[0]) is None
            assert all(found(cookie) for cookie in cookies[1:])
            assert len(sessions.list(account_id)) == sessions.MOST_SESSIONS

    def test_dead_sessions_are_erased_after_a_day(self, db: str) -> None:
        account_id = make_account()
        with clock.moved(NOW - timedelta(hours=1)):
            opened(account_id)
        with clock.moved(NOW):
            ended, kept = opened(account_id), opened(account_id)
            kept_id = id_of(kept)
            sessions.end(id_of(ended), account_id)
            assert sessions.erase_dead() == 0
        idle_since = NOW - timedelta(minutes=30)
        for moment, erased in ((idle_since, 1), (NOW - timedelta(seconds=1), 0), (NOW, 1)):
            with clock.moved(moment + sessions.REMEMBERED):
                assert sessions.erase_dead() == erased
        with database.reading() as session:
            assert session.execute(select(col(AccountSession.id))).scalars().all() == [kept_id]


class TestWhyItEnded:
    def ending(self, cookie: str, later: timedelta, kind: SpaceKind = PRO) -> Ending | None:
        with clock.moved(NOW + later):
            return sessions.ending(kind, cookie)

    def test_a_live_one_has_not_and_an_unknown_one_tells_nothing(self, db: str) -> None:
        with clock.moved(NOW):
            cookie = opened(make_account())
        assert self.ending(cookie, timedelta(minutes=29)) is None
        assert self.ending(cookie, timedelta(hours=1), PERSONAL) is None
        for none in ("", "pro-session=", f"pro-session={'a' * 43}"):
            assert self.ending(none, timedelta(hours=1)) is None

    def test_the_limit_that_came_first_is_told(self, db: str) -> None:
        account_id = make_account()
        with clock.moved(NOW):
            idle, busy = opened(account_id), opened(account_id)
        for minutes in range(20, 12 * 60, 20):
            with clock.moved(NOW + timedelta(minutes=minutes)):
                assert found(busy)
        assert self.ending(idle, timedelta(minutes=30)) is Ending.IDLE
        assert self.ending(idle, timedelta(hours=13)) is Ending.IDLE
        assert self.ending(busy, timedelta(hours=12)) is Ending.LONGEST
        assert self.ending(busy, timedelta(hours=20)) is Ending.LONGEST

    def test_what_a_person_ended_is_told_apart(self, db: str) -> None:
        account_id = make_account()
        with clock.moved(NOW):
            cookie = opened(account_id)
            sessions.end(id_of(cookie), account_id)
        assert self.ending(cookie, timedelta(minutes=1)) is Ending.ENDED
        assert self.ending(cookie, timedelta(hours=13)) is Ending.ENDED


class TestTimeLeft:
    def test_a_look_tells_the_limits_and_moves_none(self, db: str) -> None:
        with clock.moved(NOW):
            cookie = opened(make_account())
        with clock.moved(NOW + timedelta(minutes=28)):
            seen = found(cookie, touch=False)
            assert seen is not None
            assert (seen.idle_until, seen.expires_at) == (NOW + timedelta(minutes=30), NOW + timedelta(hours=12))
            touched = found(cookie)
            assert touched is not None
            assert touched.idle_until == NOW + timedelta(minutes=58)
            again = found(cookie, touch=False)
            assert again is not None
            assert again.idle_until == touched.idle_until

    def test_a_short_limit_is_written_more_often(self, db: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SESSION_IDLE_MINUTES", "1")
        get_settings.cache_clear()
        with clock.moved(NOW):
            cookie = opened(make_account())
        for seconds in (30, 60, 90):
            with clock.moved(NOW + timedelta(seconds=seconds)):
                assert found(cookie)


def events(name: str) -> list[AuditEvent]:
    with database.reading() as session:
        return list(session.execute(select(AuditEvent).where(col(AuditEvent.event) == name)).scalars())
