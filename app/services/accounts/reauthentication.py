"""Typing the password again inside a session: what a browser left open must not be enough for.

It opens, for five minutes and in this session only, what tells or changes the secrets of an account: the trust
answer, the PDF summary, the account number.
"""

from datetime import timedelta

from sqlalchemy import select, update
from sqlmodel import Session, col

from app import clock
from app.models import Account, AccountSession
from app.services import audit, database, throttle
from app.services.accounts import passwords, sessions
from app.services.form_errors import FieldErrors

LASTS = timedelta(minutes=5)

NO_PASSWORD = "Saisissez votre mot de passe."  # noqa: S105 (words, not a secret)
WRONG_PASSWORD = "Vérifiez votre mot de passe\u00a0: ce n’est pas celui de votre espace."  # noqa: S105


class SignedOutError(Exception):
    """The session ended meanwhile, or the password was changed in another one: the person must sign in again."""


def prove(account_id: int, session_id: str, password: str) -> None:
    """Note that this session's person typed the password of the account again.

    Call it through `passwords.apart`. Raises FieldErrors (under `password`), SignedOutError, TooManyAttemptsError,
    PasswordsBusyError.
    """
    kept = verified(account_id, session_id, password)
    with database.writing() as session:
        lock_unchanged(session, account_id, kept)
        mine = (
            col(AccountSession.id) == session_id,
            col(AccountSession.account_id) == account_id,
            col(AccountSession.ended_at).is_(None),
        )
        noted = update(AccountSession).where(*mine).values(password_given_at=clock.now())
        if not session.execute(noted.returning(col(AccountSession.id))).all():
            raise SignedOutError
        audit.record(session, "password_again", subject=sessions.subject(account_id), outcome="done")


def is_proven(account_id: int, session_id: str) -> bool:
    """Tell whether the password was typed again in this session within the last five minutes."""
    with database.reading() as session:
        return proven(session, account_id, session_id)


def proven(session: Session, account_id: int, session_id: str) -> bool:
    """Return the same as `is_proven` as this transaction sees it."""
    query = select(col(AccountSession.id)).where(
        col(AccountSession.id) == session_id,
        col(AccountSession.account_id) == account_id,
        col(AccountSession.ended_at).is_(None),
        col(AccountSession.password_given_at) > clock.now() - LASTS,
    )
    return session.execute(query).scalar_one_or_none() is not None


def verified(account_id: int, session_id: str, password: str, field: str = "password") -> str:
    """Return the kept hash of the account if `password` is right.

    For changes that ask for it themselves: they pass what is returned to `lock_unchanged`. Takes the work of a
    hash, so never inside a transaction. Raises FieldErrors under `field`, SignedOutError, TooManyAttemptsError,
    PasswordsBusyError.
    """
    if not password:
        raise FieldErrors({field: NO_PASSWORD})
    throttle.hit("password_again", session_id)
    with database.reading() as session:
        account = session.get(Account, account_id)
    if account is None or account.closed_at:
        raise SignedOutError
    if not passwords.verify(password, account.password_hash):
        audit.note("password_again", subject=sessions.subject(account_id), outcome="refused")
        raise FieldErrors({field: WRONG_PASSWORD})
    return account.password_hash


def lock_unchanged(session: Session, account_id: int, kept: str) -> Account:
    """Return the account, locked; raise SignedOutError if its password is no longer the one that was verified."""
    account = lock(session, account_id)
    if account.password_hash != kept:
        raise SignedOutError
    return account


def lock(session: Session, account_id: int) -> Account:
    """Return an open account, locked until the end of the transaction; raise SignedOutError if there is none."""
    query = select(Account).where(col(Account.id) == account_id, col(Account.closed_at).is_(None)).with_for_update()
    account: Account | None = session.execute(query).scalar_one_or_none()
    if account is None:
        raise SignedOutError
    return account
