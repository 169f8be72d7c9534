"""« Modifier mes coordonnées » and the password: what the owner of a space changes, and sees again, once signed in.

What tells or changes a secret asks for the password first. Callers have looked the session up; everything here is
bound to its account.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session

from app import clock
from app.content import trust_questions
from app.models import Account, Need, SpaceKind, SpaceMode
from app.services import audit, database, phones, throttle
from app.services.accounts import accounts, identity_form, password_reset, passwords, reauthentication, sessions
from app.services.accounts.accounts import AccountView
from app.services.accounts.identity_form import FIELDS, PERSONAL_FIELDS, TRUST_FIELDS, IdentityForm
from app.services.accounts.reauthentication import SignedOutError
from app.services.form_errors import FieldErrors
from app.services.notifications import account_messages, outbox
from app.services.typed_text import visible

RENEWED_EVERY = timedelta(days=365)
"""The age from which a hint advises a new password."""

_FIXED = frozenset(("siren",))
"""The company of a simplified space is what the space is for: another one needs another space."""

_ASK_PASSWORD = "Saisissez d’abord votre mot de passe, puis recommencez."  # noqa: S105 (words, not a secret)
_SAME_PASSWORD = "Choisissez un mot de passe que vous n’utilisiez pas jusqu’ici."  # noqa: S105


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is shown only after the password: the words of the trust question, the answer, the account number."""

    trust_question: str
    trust_answer: str
    iban: str


def asked_fields(account: AccountView) -> tuple[str, ...]:
    """Return what « Modifier mes coordonnées » asks for, in the order of its screen, as `identity_form` names it."""
    if account.kind == SpaceKind.PERSONAL:
        return PERSONAL_FIELDS
    return tuple(name for name in FIELDS[account.mode or SpaceMode.EXPERT] if name not in _FIXED)


def shown_fields(account: AccountView) -> dict[str, str]:
    """Return what the fields hold at first, by field name; secrets are empty, which leaves them as they are."""
    values = {name: str(getattr(account, name, "")) for name in asked_fields(account)}
    country, number = phones.split(account.phone)
    if "no_first_name" in values and not account.first_name:
        values["no_first_name"] = identity_form.TICKED
    return values | {"phone_country": country, "phone": number}


def change_details(
    account_id: int, session_id: str, fields: Mapping[str, str], *, visitor_key: str = ""
) -> AccountView:
    """Write the changed details; return the account as it is now. A change of a secret is told by mail.

    `fields` by name as in `identity_form`. An empty answer with the same question, and an empty account number,
    leave these as they are; to change them the password must have been typed again in this session. Raises
    FieldErrors, SignedOutError, TooManyAttemptsError.
    """
    throttle.hit("account_change", str(account_id))
    known = accounts.get(account_id)
    if known is None:
        raise SignedOutError
    secret = _changed_secrets(known, fields) if known.kind == SpaceKind.PROFESSIONAL else ()
    asked = [name for name in asked_fields(known) if name in secret or name not in _SECRETS]
    if known.kind == SpaceKind.PERSONAL and not visible(fields.get("phone", "")).strip():
        form = IdentityForm()  # the number is erased
    else:
        form = identity_form.validate(fields, mode=known.mode or SpaceMode.EXPERT, asked=asked)
    with database.writing() as session:
        account = reauthentication.lock(session, account_id)
        if secret and not reauthentication.proven(session, account_id, session_id):
            raise FieldErrors(dict.fromkeys(secret, _ASK_PASSWORD))
        changed = _write(account, form, asked)
        if changed:
            session.flush()
            audit.record(session, "details_change", visitor_key, sessions.subject(account_id), "done")
        if not _SECRETS.isdisjoint(changed):
            _tell(session, account, visitor_key)
        return accounts.view(account)


def set_needs(account_id: int, needs: Need, *, visitor_key: str = "") -> AccountView:
    """Keep what somebody needs when they come, to be offered at each booking; return the account as it is now.

    Raises SignedOutError, TooManyAttemptsError.
    """
    throttle.hit("account_change", str(account_id))
    with database.writing() as session:
        account = reauthentication.lock(session, account_id)
        if account.needs != int(needs):
            account.needs = int(needs)
            session.flush()
            audit.record(session, "needs_change", visitor_key, sessions.subject(account_id), "done")
        return accounts.view(account)


def change_password(
    account_id: int, session_id: str, *, old: str, password: str, password_again: str, visitor_key: str
) -> None:
    """Replace the password: the other sessions end, links of a recovery die, the owner is told by mail.

    Call it through `passwords.apart`. Raises FieldErrors (under `old_password`, `password`, `password_again`),
    SignedOutError, TooManyAttemptsError, PasswordsBusyError.
    """
    kept = reauthentication.verified(account_id, session_id, old, "old_password")
    with database.reading() as session:
        account = session.get(Account, account_id)
    if account is None:
        raise SignedOutError
    password_reset.check_new_password(account, password, password_again)
    if passwords.same(password, old):
        raise FieldErrors({"password": _SAME_PASSWORD})
    new = passwords.hash(password)
    with database.writing() as session:
        account = reauthentication.lock_unchanged(session, account_id, kept)
        password_reset.replace_password(session, account, new, visitor_key, except_session=session_id)
        audit.record(session, "password_change", visitor_key, sessions.subject(account_id), "done")


def reveal(account_id: int, session_id: str, password: str) -> Secrets:
    """Return the secrets of an account to whoever types its password, and open its PDF to this session for 5 minutes.

    Call it through `passwords.apart`. Raises FieldErrors (under `password`), SignedOutError, TooManyAttemptsError,
    PasswordsBusyError.
    """
    reauthentication.prove(account_id, session_id, password)
    shown = secrets(account_id, session_id)
    if shown is None:
        raise SignedOutError
    return shown


def secrets(account_id: int, session_id: str) -> Secrets | None:
    """Return the secrets while the password typed in this session still counts, else None."""
    with database.reading() as session:
        account = session.get(Account, account_id)
        if account is None or account.closed_at or not reauthentication.proven(session, account_id, session_id):
            return None
        question = trust_questions.label(account.trust_question)
        return Secrets(question, account.trust_answer, identity_form.masked_iban(account.iban))


def password_is_old(account: AccountView) -> bool:
    """Tell whether the hint about the password's age is due."""
    return clock.now() - account.password_changed_at > RENEWED_EVERY


_SECRETS = frozenset((*TRUST_FIELDS, "iban"))


def _changed_secrets(known: AccountView, fields: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the secret fields that are to change."""
    answer, question = visible(fields.get("trust_answer", "")).strip(), fields.get("trust_question", "")
    trust = TRUST_FIELDS if answer or question not in ("", known.trust_question) else ()
    return (*trust, "iban") if visible(fields.get("iban", "")).strip() else trust


def _write(account: Account, form: IdentityForm, asked: list[str]) -> set[str]:
    """Write the asked fields on a locked account; return the names of those that changed."""
    changed = set()
    for name in asked:
        if name not in identity_form.FORM_ONLY and getattr(account, name) != getattr(form, name):
            setattr(account, name, getattr(form, name))
            changed.add(name)
    return changed


def _tell(session: Session, account: Account, visitor_key: str) -> None:
    now = clock.now()
    outbox.queue(
        session,
        kind=outbox.MailKind.SECRETS_CHANGED,
        dedup_key=f"{outbox.MailKind.SECRETS_CHANGED}:{account.id}:{now.timestamp():.6f}",
        recipient=account.email,
        visitor_key=visitor_key,
        message=account_messages.secrets_changed(now),
    )
