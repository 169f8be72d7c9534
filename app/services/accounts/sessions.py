"""Signed-in browsers: a random cookie, a row that holds its keyed hash, an idle limit and an absolute one.

A session is looked up at each request and each event of the websocket, so that ending it holds at once.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from secrets import token_hex, token_urlsafe

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlmodel import Session, col

from app import clock, keys
from app.models import Account, AccountSession, SpaceKind
from app.services import audit, database, visitors
from app.services.accounts import accounts
from app.services.accounts.accounts import AccountView
from app.settings import get_settings

TOUCHED_EVERY = timedelta(minutes=1)
"""How exact the idle limit is: one write a minute is enough, however busy the browser; more often if it is short."""

REMEMBERED = timedelta(days=1)
"""How long an ended session is kept, so that whoever comes back with its cookie can be told why it ended."""

MOST_SESSIONS = 20
"""Sessions of one account open at once; one more ends the one unused for longest."""

_COOKIES = {SpaceKind.PROFESSIONAL: "pro-session", SpaceKind.PERSONAL: "perso-session"}
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST_HEADER = 16_384

# The order matters: every browser names its ancestors.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class SessionView:
    """The session of a request: who is signed in and since when (UTC)."""

    id: str
    account: AccountView
    created_at: datetime
    last_seen_at: datetime
    idle_until: datetime
    expires_at: datetime


class Ending(StrEnum):
    """Why a session is over."""

    IDLE = "idle"
    LONGEST = "longest"
    ENDED = "ended"
    """By a person: « Se déconnecter », another browser, a new password."""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One line of the list of open sessions; `browser` is words, « Firefox sur Windows »."""

    id: str
    browser: str
    created_at: datetime
    last_seen_at: datetime


def cookie_name(kind: SpaceKind) -> str:
    """Return the name of the session cookie of a kind of space; `__Host-` on HTTPS (ASVS 3.3.3)."""
    return f"__Host-{_COOKIES[kind]}" if visitors.is_https() else _COOKIES[kind]


def open(session: Session, account_id: int, user_agent: str) -> str:  # noqa: A001 (always read as sessions.open)
    """Open a session of an account inside the caller's transaction; return the value of its cookie, 256 bits."""
    token, now = token_urlsafe(32), clock.now()
    _make_room(session, account_id)
    session.add(
        AccountSession(
            id=token_hex(16),
            token_hash=_hash(token),
            account_id=account_id,
            browser=browser_words(user_agent),
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(hours=get_settings().session_hours),
        )
    )
    session.flush()
    return token


def find(kind: SpaceKind, cookie_header: str, *, touch: bool = True) -> SessionView | None:
    """Return the live session whose cookie is in a Cookie header, None without one.

    `touch` says that a person did something: it keeps the session from falling idle.
    """
    token_hash = _hash_in(kind, cookie_header)
    if token_hash is None:
        return None
    with database.reading() as session:
        query = (
            select(AccountSession, Account)
            .join(Account, col(Account.id) == col(AccountSession.account_id))
            .where(
                col(AccountSession.token_hash) == token_hash,
                col(Account.kind) == kind,
                col(Account.closed_at).is_(None),
                _is_live(),
            )
            .options(*accounts.WITHOUT_SECRETS)
        )
        found = session.execute(query).one_or_none()
    if found is None:
        return None
    row, account = found
    seen = row.last_seen_at
    if touch and seen <= clock.now() - _touched_every():
        seen = _touch(row.id)
    return SessionView(row.id, accounts.view(account), row.created_at, row.last_seen_at, seen + _idle(), row.expires_at)


def ending(kind: SpaceKind, cookie_header: str) -> Ending | None:
    """Return why the session whose cookie is in a Cookie header is over; None if it lives or nothing is known of it."""
    token_hash = _hash_in(kind, cookie_header)
    if token_hash is None:
        return None
    query = (
        select(AccountSession)
        .join(Account, col(Account.id) == col(AccountSession.account_id))
        .where(col(AccountSession.token_hash) == token_hash, col(Account.kind) == kind, ~_is_live())
    )
    with database.reading() as session:
        row = session.execute(query).scalar_one_or_none()
    if row is None:
        return None
    if row.ended_at is not None:
        return Ending.ENDED
    return Ending.LONGEST if row.expires_at <= row.last_seen_at + _idle() else Ending.IDLE


def list(account_id: int) -> tuple[OpenSession, ...]:  # noqa: A001 (always read as sessions.list)
    """Return the live sessions of an account, the one used last first."""
    with database.reading() as session:
        query = (
            select(AccountSession)
            .where(col(AccountSession.account_id) == account_id, _is_live())
            .order_by(col(AccountSession.last_seen_at).desc(), col(AccountSession.id))
        )
        rows = session.execute(query).scalars()
        return tuple(OpenSession(row.id, row.browser, row.created_at, row.last_seen_at) for row in rows)


def end(session_id: str, account_id: int) -> bool:
    """End one session of this account; return whether it was open."""
    with database.writing() as session:
        ended = _end(session, and_(col(AccountSession.id) == session_id, col(AccountSession.account_id) == account_id))
        if ended:
            audit.record(session, "session_ended", subject=subject(account_id), outcome="done")
        return ended > 0


def end_all(account_id: int, except_id: str | None = None) -> int:
    """End every session of an account but `except_id`; return how many were open."""
    with database.writing() as session:
        return revoke(session, account_id, except_id)


def revoke(session: Session, account_id: int, except_id: str | None = None) -> int:
    """Do what `end_all` does inside the caller's transaction, for a change of password."""
    # Locked first, as at sign-in: two that end many sessions at once would wait for each other without end.
    session.execute(select(col(Account.id)).where(col(Account.id) == account_id).with_for_update())
    mine = col(AccountSession.account_id) == account_id
    ended = _end(session, and_(mine, col(AccountSession.id) != except_id) if except_id else mine)
    audit.record(session, "sessions_ended", subject=subject(account_id), outcome=f"{ended} ended")
    return ended


def end_of_browser(session: Session, kind: SpaceKind, cookie_header: str) -> int | None:
    """End the session of a browser inside the caller's transaction; return its account, None if none was open.

    At sign-in, so that the value of the cookie is a new one and the old one is worth nothing; at sign-out.
    """
    token_hash = _hash_in(kind, cookie_header)
    if token_hash is None:
        return None
    of_kind = select(col(Account.id)).where(col(Account.kind) == kind)
    statement = (
        update(AccountSession)
        .where(col(AccountSession.token_hash) == token_hash, col(AccountSession.account_id).in_(of_kind), _is_live())
        .values(ended_at=clock.now())
        .returning(col(AccountSession.account_id))
    )
    return session.execute(statement).scalars().first()


def erase_dead() -> int:
    """Erase the sessions that ended or passed a limit a day ago; return how many. For the scheduled job."""
    with database.writing() as session:
        dead = ~_is_live(clock.now() - REMEMBERED)
        found = session.execute(delete(AccountSession).where(dead).returning(col(AccountSession.id)))
        return len(found.all())


def subject(account_id: int) -> str:
    """Return how the audit log names an account."""
    return f"account {account_id}"


def browser_words(user_agent: str) -> str:
    """Return words for the list of sessions from a User-Agent header, without anything of its own text."""
    said = user_agent[:512]
    browser = next((words for mark, words in _BROWSERS if mark in said), "Navigateur")
    system = next((words for mark, words in _SYSTEMS if mark in said), "")
    return f"{browser} sur {system}" if system else browser


def _make_room(session: Session, account_id: int) -> None:
    query = (
        select(col(AccountSession.id))
        .where(col(AccountSession.account_id) == account_id, _is_live())
        .order_by(col(AccountSession.last_seen_at).desc(), col(AccountSession.id))
        .offset(MOST_SESSIONS - 1)
    )
    surplus = session.execute(query).scalars().all()
    if surplus:
        _end(session, col(AccountSession.id).in_(surplus))


def _end(session: Session, which: ColumnElement[bool]) -> int:
    statement = update(AccountSession).where(which, _is_live()).values(ended_at=clock.now())
    return len(session.execute(statement.returning(col(AccountSession.id))).all())


def _touch(session_id: str) -> datetime:
    """Note that a person did something; return that instant."""
    now = clock.now()
    with database.writing() as session:
        session.execute(
            update(AccountSession)
            .where(
                col(AccountSession.id) == session_id,
                col(AccountSession.last_seen_at) <= now - _touched_every(),
                _is_live(),
            )
            .values(last_seen_at=now)
        )
    return now


def _idle() -> timedelta:
    return timedelta(minutes=get_settings().session_idle_minutes)


def _touched_every() -> timedelta:
    return min(TOUCHED_EVERY, _idle() / 10)


def _is_live(at: datetime | None = None) -> ColumnElement[bool]:
    """Return the condition that a session lived at an instant, now unless one is given."""
    now = at or clock.now()
    ended = col(AccountSession.ended_at)
    return and_(
        ended.is_(None) if at is None else or_(ended.is_(None), ended > now),
        col(AccountSession.expires_at) > now,
        col(AccountSession.last_seen_at) > now - _idle(),
    )


def _hash_in(kind: SpaceKind, cookie_header: str) -> str | None:
    """Return the keyed hash of the session cookie in a Cookie header, None without one that looks like ours."""
    # Cookies of other applications may hold anything: only our own is read, wherever it stands.
    for pair in cookie_header[:_LONGEST_HEADER].split(";"):
        name, _, value = pair.strip().partition("=")
        if name == cookie_name(kind) and _TOKEN.fullmatch(value):
            return _hash(value)
    return None


def _hash(token: str) -> str:
    return keys.keyed_hash("session", token)
