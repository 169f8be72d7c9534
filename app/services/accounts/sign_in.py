"""Signing in: one answer and one amount of work, whether or not the address has a space (ASVS 6.3.8).

A professional space is found by its address, a personal one by its tax number; neither kind by what the other signs in
with. An attempt passes the counters of its visitor and its network, then the CAPTCHA, then the counter of its address
or number, and only then costs a hash. None of these counters is asked by the recovery of a password.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlmodel import Session, col

from app import clock
from app.models import Account, SignInNote, SpaceKind
from app.services import audit, captcha, database, throttle, typed_text, upsert
from app.services.accounts import accounts, email_address, passwords, sessions, taxpayers
from app.services.accounts.email_address import EmailRefusedError
from app.services.accounts.passwords import PasswordsBusyError
from app.services.form_errors import WrongFieldError
from app.services.throttle import TooManyAttemptsError

NOTE_LIFETIME = timedelta(minutes=10)
_LONGEST_NOTED_ADDRESS = 254

REFUSED_NUMBER = (
    "Le numéro fiscal ou le mot de passe ne correspond pas. Vérifiez-les, puis recommencez\u00a0; "
    "si vous avez oublié votre mot de passe, choisissez-en un nouveau."
)
REFUSED = (
    "L’adresse électronique ou le mot de passe ne correspond pas. Vérifiez-les, puis recommencez\u00a0; "
    "si vous avez oublié votre mot de passe, choisissez-en un nouveau."
)
NO_PASSWORD = "Saisissez votre mot de passe."  # noqa: S105 (words, not a secret)
NO_CAPTCHA = "Recopiez les six caractères de l’image, écoutez-les, ou attendez la fin de la vérification sans recopie."
WRONG_CAPTCHA = "Les caractères ne correspondent pas\u00a0: recopiez ceux de la nouvelle image."
BUSY = "De nombreuses personnes se connectent en ce moment. Patientez quelques secondes, puis recommencez."

_log = structlog.get_logger(__name__)


IDENTIFIER, PASSWORD, CAPTCHA = "identifier", "password", "captcha"
"""The fields of the form, as `SignInRefusedError.errors` names them."""


class SignInRefusedError(Exception):
    """Nobody was signed in; `message` says in French what to do, the same for every address.

    `errors` holds it by field, in the order of the form, where it is about what was typed in one.
    """

    def __init__(self, message: str = "", errors: Mapping[str, str] | None = None) -> None:
        self.errors = dict(errors or {})
        self.message = message or next(iter(self.errors.values()), "")
        super().__init__(self.message)

    @property
    def noted(self) -> str:
        """What `note` keeps of it; `errors_in` finds the fields there."""
        return "\n".join(f"{field}\t{words}" for field, words in self.errors.items()) or self.message


def sign_in(
    kind: SpaceKind,
    visitor_key: str,
    *,
    network: str,
    email: str = "",
    tax_number: str = "",
    password: str,
    captcha_id: str,
    captcha_answer: str,
    user_agent: str,
    cookie_header: str = "",
) -> str:
    """Open a session of the account whose identifier and password these are; return the value of its cookie.

    The identifier is `email` for a professional space, `tax_number` for a personal one. `network` is
    `visitors.network_key`; `cookie_header` is that of the request: the session it holds ends, so that the cookie is
    another one after each sign-in. Call it through `passwords.apart`. Raises SignInRefusedError.
    """
    key = _typed_key(kind, tax_number if kind == SpaceKind.PERSONAL else email, password, captcha_answer)
    try:
        throttle.hit("sign_in_visitor", visitor_key)
        throttle.hit("sign_in_network", network)
        _pass_captcha(visitor_key, captcha_id, captcha_answer)
        account = _found(kind, key)
        throttle.hit("sign_in_address", _counted(kind, key, account))
        kept = _verified(account, password)
    except TooManyAttemptsError as error:
        _log.warning("sign_in_throttled", kind=kind, retry_after=error.retry_after)
        raise SignInRefusedError(too_many(error.retry_after)) from None
    except PasswordsBusyError:
        _log.warning("sign_in_busy", kind=kind)
        raise SignInRefusedError(BUSY) from None
    token = None
    if account is not None and kept is not None:
        token = _opened(kind, visitor_key, account, kept, user_agent=user_agent, cookie_header=cookie_header)
    if token is None:
        _note_failure(visitor_key, account)
        raise SignInRefusedError(REFUSED_NUMBER if kind == SpaceKind.PERSONAL else REFUSED)
    return token


def sign_out(kind: SpaceKind, visitor_key: str, cookie_header: str) -> bool:
    """End the session of this browser for all its tabs; return whether one was open."""
    with database.writing() as session:
        account_id = sessions.end_of_browser(session, kind, cookie_header)
        if account_id is not None:
            audit.record(session, "sign_out", visitor_key, sessions.subject(account_id), "done")
        return account_id is not None


def note(visitor_key: str, kind: SpaceKind, address: str, message: str) -> None:
    """Keep what the sign-in page says after the redirect: what was typed and the message; never the password.

    `address` is the address or the tax number, as it was typed.
    """
    kept = address if len(address) <= _LONGEST_NOTED_ADDRESS and address.isprintable() else ""
    values = {"kind": kind, "address": kept, "message": message[:300], "created_at": clock.now()}
    with database.writing() as session:
        statement = upsert.insert(session, SignInNote).values(visitor_key=visitor_key, **values)
        session.execute(statement.on_conflict_do_update(index_elements=["visitor_key"], set_=values))


def errors_in(message: str) -> dict[str, str]:
    """Return what is wrong by field in the message of a note, empty if it is about the whole form."""
    pairs = (line.partition("\t") for line in message.split("\n"))
    return {field: words for field, tab, words in pairs if tab and field in (IDENTIFIER, PASSWORD, CAPTCHA)}


def take_note(visitor_key: str, kind: SpaceKind) -> tuple[str, str] | None:
    """Return what was typed and the message of the visitor's last refused sign-in, and forget them; None without."""
    mine = _note_of(visitor_key, kind)
    with database.reading() as session:
        # Most pages have nothing to say, and a reading waits for nobody.
        if session.execute(select(col(SignInNote.kind)).where(mine)).first() is None:
            return None
    noted = (col(SignInNote.address), col(SignInNote.message), col(SignInNote.created_at))
    with database.writing() as session:
        taken = session.execute(delete(SignInNote).where(mine).returning(*noted)).one_or_none()
    if taken is None or taken.created_at <= clock.now() - NOTE_LIFETIME:
        return None
    return taken.address, taken.message


def erase_notes() -> int:
    """Erase the notes nobody came back for; return how many. For the scheduled job."""
    old = delete(SignInNote).where(col(SignInNote.created_at) <= clock.now() - NOTE_LIFETIME)
    with database.writing() as session:
        return len(session.execute(old.returning(col(SignInNote.visitor_key))).all())


def too_many(retry_after: int) -> str:
    """Return what to tell somebody who must wait `retry_after` seconds."""
    minutes = -(-retry_after // 60)
    if minutes >= 90:
        wait = f"{-(-minutes // 60)}\u00a0heures"
    else:
        wait = f"{minutes}\u00a0minutes" if minutes > 1 else "une\u00a0minute"
    return f"Trop d’essais\u00a0: patientez {wait}, puis recommencez."


@dataclass(frozen=True, slots=True)
class _Known:
    """What signing in needs of an account while no transaction is open."""

    id: int
    password_hash: str = field(repr=False)
    password_changed_at: datetime


def _typed_key(kind: SpaceKind, identifier: str, password: str, captcha_answer: str) -> str:
    """Return what the account is looked for by; raise SignInRefusedError for all that is missing or misspelt."""
    key, errors = "", dict[str, str]()
    try:
        key = taxpayers.tax_number(identifier) if kind == SpaceKind.PERSONAL else email_address.parse(identifier).key
    except (EmailRefusedError, WrongFieldError) as refused:
        errors[IDENTIFIER] = refused.message
    if not password:
        errors[PASSWORD] = NO_PASSWORD
    if not typed_text.visible(captcha_answer).strip():
        errors[CAPTCHA] = NO_CAPTCHA
    if errors:
        raise SignInRefusedError(errors=errors)
    return key


def _pass_captcha(visitor_key: str, captcha_id: str, answer: str) -> None:
    if not captcha.check(visitor_key, captcha_id, answer):
        raise SignInRefusedError(errors={CAPTCHA: WRONG_CAPTCHA})


def _found(kind: SpaceKind, key: str) -> _Known | None:
    # Columns and not the row: decrypting what is encrypted in it would take longer than finding nobody.
    query = select(col(Account.id), col(Account.password_hash), col(Account.password_changed_at)).where(
        accounts.signs_in_as(kind, key)
    )
    with database.reading() as session:
        found = session.execute(query).one_or_none()
    return _Known(*found) if found else None


def _counted(kind: SpaceKind, key: str, account: _Known | None) -> str:
    return f"{kind} {key} {account.password_changed_at.isoformat() if account else ''}"


def _verified(account: _Known | None, password: str) -> str | None:
    """Return the hash to keep from now on if the password fits, else None; the same work in both cases."""
    if account is None:
        passwords.verify_nothing(password)
        return None
    if not passwords.verify(password, account.password_hash):
        return None
    if passwords.needs_rehash(account.password_hash):
        return passwords.hash(password)
    return account.password_hash


def _opened(
    kind: SpaceKind, visitor_key: str, account: _Known, kept: str, *, user_agent: str, cookie_header: str
) -> str | None:
    """Open the session; None if the password was changed or the account closed since it was verified."""
    with database.writing() as session:
        if not _is_unchanged(session, account):
            return None
        if kept != account.password_hash:
            session.execute(update(Account).where(col(Account.id) == account.id).values(password_hash=kept))
        sessions.end_of_browser(session, kind, cookie_header)
        token = sessions.open(session, account.id, user_agent)
        session.execute(delete(SignInNote).where(_note_of(visitor_key, kind)))
        audit.record(session, "sign_in", visitor_key, sessions.subject(account.id), "done")
        return token


def _is_unchanged(session: Session, account: _Known) -> bool:
    # Locked: a change of password that ends every session comes wholly before this one opens, or after.
    query = (
        select(col(Account.id))
        .where(
            col(Account.id) == account.id,
            col(Account.password_hash) == account.password_hash,
            col(Account.closed_at).is_(None),
        )
        .with_for_update()
    )
    return session.execute(query).scalar_one_or_none() is not None


def _note_failure(visitor_key: str, account: _Known | None) -> None:
    audit.note("sign_in", visitor_key, sessions.subject(account.id) if account else "", "refused")


def _note_of(visitor_key: str, kind: SpaceKind) -> ColumnElement[bool]:
    return and_(col(SignInNote.visitor_key) == visitor_key, col(SignInNote.kind) == kind)
