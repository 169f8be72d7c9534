"""Another sign-in address: asked for with the password, confirmed by a code sent to it, told to the old one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from app import clock, keys
from app.models import Account, AddressChange, SpaceKind
from app.services import audit, database, throttle, upsert
from app.services.accounts import accounts, email_address, password_reset, reauthentication, requests, sessions
from app.services.accounts.accounts import AddressState, AddressStatus
from app.services.accounts.email_address import Address, EmailRefusedError
from app.services.form_errors import FieldErrors
from app.services.notifications import account_messages, outbox
from app.settings import get_settings

LIVES = timedelta(minutes=30)
MOST_ATTEMPTS = 5

_SAME = "Saisissez une autre adresse que celle de votre espace."
_DIFFERENT = "Saisissez deux fois la même adresse électronique."
_WRONG_CODE = "Vérifiez le code\u00a0: recopiez les 12\u00a0caractères reçus par courriel."
_NO_CODE = "Demandez un nouveau code\u00a0: celui-ci ne fonctionne plus."
_REFUSALS = {
    AddressState.TAKEN: "Choisissez une autre adresse électronique\u00a0: celle-ci est déjà associée à un espace.",
    AddressState.CERTIFICATE: (
        "Choisissez une autre adresse électronique, ou contactez l’assistance\u00a0: celle-ci est rattachée à "
        "un espace avec certificat."
    ),
    AddressState.PENDING: (
        "Choisissez une autre adresse électronique\u00a0: une demande de création d’espace est en cours pour celle-ci."
    ),
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A new address that waits for its code, until `expires_at` (UTC); `mail` is the unique key of the mail to it."""

    email: str
    expires_at: datetime
    mail: str


def ask(account_id: int, session_id: str, *, email: str, email_again: str, password: str, visitor_key: str) -> Waiting:
    """Send a code to the new address; it replaces one asked for before.

    Call it through `passwords.apart`. Raises FieldErrors (under `email`, `email_again`, `password`),
    SignedOutError, TooManyAttemptsError, PasswordsBusyError.
    """
    throttle.hit("new_address", str(account_id))
    address = _address(email, email_again)
    kept = reauthentication.verified(account_id, session_id, password)
    before = waiting(account_id)
    if before is not None and before.email.casefold() == address.key and outbox.is_refused(before.mail):
        raise FieldErrors({"email": email_address.TAKES_NO_MAIL})
    with database.writing() as session:
        account = reauthentication.lock_unchanged(session, account_id, kept)
        if account.email_key == address.key:
            raise FieldErrors({"email": _SAME})
        status = accounts.address_status(session, SpaceKind(account.kind), address.key)
        if status.state != AddressState.FREE and not get_settings().neutral_answers:
            raise FieldErrors({"email": _REFUSALS[status.state]})
        asked = _write(session, account, address, visitor_key, status)
        audit.record(session, "new_address", visitor_key, sessions.subject(account_id), f"address {status.state}")
        return asked


def waiting(account_id: int) -> Waiting | None:
    """Return the new address of an account that waits for its code, None if there is none."""
    with database.reading() as session:
        found = session.get(AddressChange, account_id)
    if found is None or found.expires_at <= clock.now():
        return None
    return Waiting(found.email, found.expires_at, _mail_key(account_id, found.code_hash))


def give_up(account_id: int) -> None:
    """Forget the new address that waits."""
    with database.writing() as session:
        session.execute(delete(AddressChange).where(col(AddressChange.account_id) == account_id))


def confirm(account_id: int, session_id: str, code: str, *, visitor_key: str) -> str:
    """Make the new address the sign-in address; the other sessions end, the old address is told. Return it.

    Raises FieldErrors (under `code`), SignedOutError, TooManyAttemptsError.
    """
    throttle.hit("new_address_code", str(account_id))
    if not _try(account_id, code):
        audit.note("address_change", visitor_key, sessions.subject(account_id), "refused")
        raise FieldErrors({"code": _WRONG_CODE if waiting(account_id) else _NO_CODE})
    try:
        with database.writing() as session:
            return _change(session, account_id, session_id, code, visitor_key)
    except IntegrityError:
        # Somebody else's space got the address in this very instant.
        raise FieldErrors({"code": _REFUSALS[AddressState.TAKEN]}) from None


def erase_expired() -> int:
    """Erase the changes whose code works no longer; return how many. For the scheduled job."""
    with database.writing() as session:
        gone = delete(AddressChange).where(col(AddressChange.expires_at) <= clock.now())
        return len(session.execute(gone.returning(col(AddressChange.account_id))).all())


def _address(email: str, email_again: str) -> Address:
    try:
        address = email_address.parse(email)
    except EmailRefusedError as refused:
        raise FieldErrors({"email": refused.message}) from None
    try:
        same = email_address.parse(email_again).key == address.key
    except EmailRefusedError:
        same = False
    if not same:
        raise FieldErrors({"email_again": _DIFFERENT})
    return address


def _write(session: Session, account: Account, address: Address, visitor_key: str, status: AddressStatus) -> Waiting:
    """Keep the change and queue its mail; where answers are neutral and the address is not free, tell its owner."""
    code, now, space = requests.new_code(), clock.now(), SpaceKind(account.kind)
    values: dict[str, Any] = {
        "email": address.display,
        "email_key": address.key,
        "code_hash": _hash(code),
        "attempts": 0,
        "created_at": now,
        "expires_at": now + LIVES,
    }
    mail = _mail_key(account.id or 0, values["code_hash"])
    statement = upsert.insert(session, AddressChange).values(account_id=account.id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["account_id"], set_=values))
    if status.state == AddressState.FREE:
        kind = outbox.MailKind.ADDRESS_CHANGE
        message = account_messages.address_change(code=code, expires_at=now + LIVES, kind=space)
    else:
        kind, is_pending = outbox.MailKind.ADDRESS_IN_USE, status.state == AddressState.PENDING
        message = account_messages.address_in_use(is_pending=is_pending, kind=space)
    outbox.queue(
        session,
        kind=kind,
        dedup_key=mail,
        recipient=address.display,
        visitor_key=visitor_key if status.state == AddressState.FREE else "",
        message=message,
    )
    return Waiting(address.display, now + LIVES, mail)


def _mail_key(account_id: int, code_hash: str) -> str:
    """Return the key of whichever mail went to the new address: whoever asks must not learn which one it was."""
    return f"{outbox.MailKind.ADDRESS_CHANGE}:{account_id}:{code_hash[:32]}"


def _try(account_id: int, code: str) -> bool:
    """Count an attempt and tell whether the code is right, in a transaction of its own: a wrong one must count."""
    mine = (
        col(AddressChange.account_id) == account_id,
        col(AddressChange.expires_at) > clock.now(),
    )
    counted = update(AddressChange).where(*mine).values(attempts=col(AddressChange.attempts) + 1)
    with database.writing() as session:
        found = session.execute(
            counted.returning(col(AddressChange.code_hash), col(AddressChange.attempts))
        ).one_or_none()
        if found is None:
            return False
        if compare_digest(found.code_hash, _hash(requests.typed_code(code))):
            return True
        if found.attempts >= MOST_ATTEMPTS:
            session.execute(delete(AddressChange).where(col(AddressChange.account_id) == account_id))
        return False


def _change(session: Session, account_id: int, session_id: str, code: str, visitor_key: str) -> str:
    account = reauthentication.lock(session, account_id)
    right = (
        col(AddressChange.account_id) == account_id,
        col(AddressChange.code_hash) == _hash(requests.typed_code(code)),
        col(AddressChange.expires_at) > clock.now(),
    )
    taken = delete(AddressChange).where(*right).returning(col(AddressChange.email), col(AddressChange.email_key))
    new = session.execute(taken).one_or_none()
    if new is None:  # confirmed in another tab, or replaced, in this very instant
        raise FieldErrors({"code": _NO_CODE})
    now, old = clock.now(), account.email
    account.email, account.email_key = new.email, new.email_key
    session.flush()
    sessions.revoke(session, account_id, session_id)
    password_reset.forget_links(session, account_id)
    outbox.queue(
        session,
        kind=outbox.MailKind.ADDRESS_CHANGED,
        dedup_key=f"{outbox.MailKind.ADDRESS_CHANGED}:{account_id}:{now.timestamp():.6f}",
        recipient=old,
        visitor_key=visitor_key,
        message=account_messages.address_changed(now, SpaceKind(account.kind)),
    )
    audit.record(session, "address_change", visitor_key, sessions.subject(account_id), "done")
    return account.email


def _hash(code: str) -> str:
    return keys.keyed_hash("address_change", code)
