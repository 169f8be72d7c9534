"""A new password, chosen behind the link of a mail (recovery.py sends it) or in the space.

A link works once, and on the pages of its own kind of space only. What a new password must be, and what ends with the
old one, are the same wherever it is chosen.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlmodel import Session, col

from app import clock, keys
from app.models import Account, RecoveryToken, SpaceKind
from app.services import audit, database, throttle
from app.services.accounts import passwords, sessions
from app.services.accounts.passwords import PasswordRefusedError
from app.services.form_errors import FieldErrors
from app.services.notifications import account_messages, outbox

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_NOBODY = 0
_PASSWORDS_DIFFER = "Saisissez deux fois le même mot de passe."


class LinkGoneError(Exception):
    """The link was never given, was used, was replaced by another one, or is older than ten minutes."""


@dataclass(frozen=True, slots=True)
class ResetLink:
    """A link that still works: whose password it changes (the sign-in address), and until when (UTC)."""

    email: str
    expires_at: datetime


def link(token: str, kind: SpaceKind = SpaceKind.PROFESSIONAL) -> ResetLink | None:
    """Return the link whose address holds `token`, None if it works no longer. Looking does not use it up."""
    if not _TOKEN.fullmatch(token):
        return None
    query = (
        select(col(Account.email), col(RecoveryToken.expires_at))
        .join(RecoveryToken, col(RecoveryToken.account_id) == col(Account.id))
        .where(_live(token), *_open(kind))
    )
    with database.reading() as session:
        found = session.execute(query).one_or_none()
    return ResetLink(*found) if found else None


def reset(
    token: str,
    password: str,
    password_again: str,
    *,
    visitor_key: str,
    network: str,
    kind: SpaceKind = SpaceKind.PROFESSIONAL,
) -> None:
    """Give the account of a link its new password: every session ends, the link is used up, the owner is told.

    Call it through `passwords.apart`. Raises LinkGoneError, FieldErrors (under `password`, `password_again`; the
    link still works), TooManyAttemptsError, PasswordsBusyError.
    """
    throttle.hit("recovery_link", network)
    if not _TOKEN.fullmatch(token):
        raise LinkGoneError
    with database.reading() as session:
        account = _account_of(session, kind, token)
    if account is None:
        raise LinkGoneError
    check_new_password(account, password, password_again)
    kept = passwords.hash(password)
    with database.writing() as session:
        account = _used_up(session, kind, token)
        replace_password(session, account, kept, visitor_key)
        audit.record(session, "password_reset", visitor_key, sessions.subject(account.id or _NOBODY), "done")


def check_new_password(account: Account, password: str, password_again: str) -> None:
    """Accept a new password typed twice, or raise FieldErrors (under `password`, `password_again`)."""
    names = (account.last_name, account.first_name)
    errors: dict[str, str] = {}
    try:
        if not password:
            raise PasswordRefusedError("Choisissez un mot de passe.")
        passwords.check(password, email=account.email, names=names)
    except PasswordRefusedError as refused:
        errors["password"] = refused.message
    if not passwords.same(password, password_again):
        errors["password_again"] = _PASSWORDS_DIFFER
    if errors:
        raise FieldErrors(errors)


def replace_password(
    session: Session, account: Account, kept: str, visitor_key: str, except_session: str | None = None
) -> None:
    """Write a new password (`passwords.hash`) on a locked account, end sessions and waiting links, tell the owner.

    Every session ends but `except_session`.
    """
    now = clock.now()
    account.password_hash = kept
    account.password_changed_at = now
    session.flush()
    sessions.revoke(session, account.id or _NOBODY, except_session)
    forget_links(session, account.id or _NOBODY)
    outbox.queue(
        session,
        kind=outbox.MailKind.PASSWORD_CHANGED,
        dedup_key=f"{outbox.MailKind.PASSWORD_CHANGED}:{account.id}:{now.timestamp():.6f}",
        recipient=account.email,
        visitor_key=visitor_key,
        message=account_messages.password_changed(now, everywhere=except_session is None, kind=SpaceKind(account.kind)),
    )


def forget_links(session: Session, account_id: int) -> None:
    """Make the links of an account that wait worth nothing, inside the caller's transaction."""
    session.execute(delete(RecoveryToken).where(col(RecoveryToken.account_id) == account_id, still_works()))


def erase_expired() -> int:
    """Erase the links that work no longer; return how many. For the scheduled job."""
    with database.writing() as session:
        gone = delete(RecoveryToken).where(~still_works()).returning(col(RecoveryToken.token_hash))
        return len(session.execute(gone).all())


def still_works() -> ColumnElement[bool]:
    """Return the condition of a link that was neither used nor has lived too long."""
    return and_(col(RecoveryToken.used_at).is_(None), col(RecoveryToken.expires_at) > clock.now())


def token_hash(token: str) -> str:
    """Return what is kept of the token in the address of a link."""
    return keys.keyed_hash("recovery", token)


def _account_of(session: Session, kind: SpaceKind, token: str) -> Account | None:
    query = (
        select(Account)
        .join(RecoveryToken, col(RecoveryToken.account_id) == col(Account.id))
        .where(_live(token), *_open(kind))
    )
    return session.execute(query).scalar_one_or_none()


def _used_up(session: Session, kind: SpaceKind, token: str) -> Account:
    """Use the link up and return its account, locked; raise LinkGoneError for everybody but the first."""
    found = _account_of(session, kind, token)
    if found is None:
        raise LinkGoneError
    # The account first, as everywhere: whoever asks for another link meanwhile waits, or has replaced this one.
    account: Account = session.execute(
        select(Account).where(col(Account.id) == found.id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()
    used = update(RecoveryToken).where(_live(token)).values(used_at=clock.now())
    if session.execute(used.returning(col(RecoveryToken.token_hash))).scalar_one_or_none() is None:
        raise LinkGoneError
    return account


def _open(kind: SpaceKind) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(Account.kind) == kind, col(Account.closed_at).is_(None)


def _live(token: str) -> ColumnElement[bool]:
    return and_(col(RecoveryToken.token_hash) == token_hash(token), still_works())
