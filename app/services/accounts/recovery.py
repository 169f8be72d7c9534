"""A lost password: what one knows of the account, and then a link by mail; password_reset.py is what the link is for.

A professional space asks for its address, subscriber number and trust question, a personal one for its tax number and
address.

The answer and the work are the same whether or not there is such an account, and whatever is wrong, so that nobody
learns who has a space. Failures are counted apart from those of signing in and by visitor and network only, so
that nobody can keep the owner from this way back.

For the same reason nothing is told of an address that the mail server refuses: only a mail that was written can be
refused, and one is written for somebody who has a space. What to do then is said to everybody.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from secrets import token_urlsafe

from sqlalchemy import and_, delete, exists, insert, literal, select
from sqlmodel import Session, col

from app import addresses, clock
from app.content import trust_questions as questions
from app.models import Account, RecoveryToken, SpaceKind
from app.models.base import UtcDateTime
from app.services import audit, database, throttle, typed_text
from app.services.accounts import accounts, email_address, sessions, taxpayers, trust_questions
from app.services.accounts.email_address import EmailRefusedError
from app.services.accounts.password_reset import still_works, token_hash
from app.services.form_errors import Checks, WrongFieldError
from app.services.notifications import account_messages, outbox
from app.settings import get_settings

LINK_LIVES = timedelta(minutes=10)
ASKED_AGAIN_AFTER = timedelta(minutes=1)
"""Until then a second click, or a second tab, sends no second link."""

SUBSCRIBER_NUMBER_LENGTH = 14
_LONGEST_ANSWER = 200
_NOBODY = 0


def ask(
    kind: SpaceKind,
    visitor_key: str,
    *,
    network: str,
    email: str,
    subscriber_number: str,
    question: str,
    answer: str,
) -> None:
    """Queue the mail with the link if all this belongs to one account; return the same if it does not.

    `network` is `visitors.network_key`; the CAPTCHA was passed before. Raises FieldErrors (under `email`,
    `subscriber_number`, `trust_question`, `trust_answer`) for what nobody's account can hold, TooManyAttemptsError.
    """
    throttle.hit("recovery_visitor", visitor_key)
    throttle.hit("recovery_network", network)
    claim = _claim(email, subscriber_number, question, answer)
    with database.writing() as session:
        account = accounts.find_by_email(session, kind, claim.email_key)
        is_owner = _is_owner(account, claim)
        was_sent = _send_link(session, visitor_key, account if account is not None and is_owner else _decoy())
        subject = sessions.subject(account.id or _NOBODY) if account is not None else ""
        audit.record(session, "recovery", visitor_key, subject, _outcome(is_owner, was_sent))


def check(*, email: str, subscriber_number: str, question: str, answer: str) -> None:
    """Accept what somebody's account may hold, or raise FieldErrors as `ask` does; nothing is looked up or counted."""
    _claim(email, subscriber_number, question, answer)


def ask_personal(visitor_key: str, *, network: str, tax_number: str, email: str) -> None:
    """Queue the mail with the link if a personal space has this tax number and this address; return the same if not.

    `network` is `visitors.network_key`; the CAPTCHA was passed before. Raises FieldErrors (under `tax_number`,
    `email`) for what nobody's account can hold, TooManyAttemptsError.
    """
    throttle.hit("personal_recovery_visitor", visitor_key)
    throttle.hit("personal_recovery_network", network)
    number, email_key = _personal_claim(tax_number, email)
    with database.writing() as session:
        account = accounts.find_by_tax_number(session, number)
        known = account or _decoy(SpaceKind.PERSONAL)
        is_owner = compare_digest(known.email_key.encode(), email_key.encode()) and account is not None
        was_sent = _send_link(session, visitor_key, known if is_owner else _decoy(SpaceKind.PERSONAL))
        subject = sessions.subject(account.id or _NOBODY) if account is not None else ""
        audit.record(session, "recovery", visitor_key, subject, _outcome(is_owner, was_sent))


def check_personal(*, tax_number: str, email: str) -> None:
    """Accept what somebody's account may hold, or raise FieldErrors as `ask_personal` does; nothing is looked up."""
    _personal_claim(tax_number, email)


@dataclass(frozen=True, slots=True)
class _Claim:
    """What somebody says of an account, brought into one form."""

    email_key: str
    subscriber_number: str
    question: str
    answer: str


def _claim(email: str, subscriber_number: str, question: str, answer: str) -> _Claim:
    checks = Checks(
        {
            "email": email,
            "subscriber_number": subscriber_number,
            "trust_question": question,
            "trust_answer": answer,
        }
    )
    claim = _Claim(
        email_key=checks.take("email", _email_key),
        subscriber_number=checks.take("subscriber_number", _number),
        question=checks.take("trust_question", _question),
        answer=checks.take("trust_answer", _answer),
    )
    checks.finish()
    return claim


def _personal_claim(tax_number: str, email: str) -> tuple[str, str]:
    checks = Checks({"tax_number": tax_number, "email": email})
    claim = checks.take("tax_number", taxpayers.tax_number), checks.take("email", _email_key)
    checks.finish()
    return claim


def _email_key(text: str) -> str:
    try:
        return email_address.parse(text).key
    except EmailRefusedError as refused:
        raise WrongFieldError(refused.message) from None


def _number(text: str) -> str:
    typed = typed_text.alphanumeric(text[:_LONGEST_ANSWER])
    if not (len(typed) == SUBSCRIBER_NUMBER_LENGTH and typed.isascii() and typed.isdigit()):
        raise WrongFieldError("Saisissez les 14\u00a0chiffres de votre numéro d’abonné, écrits sur le récapitulatif.")
    return typed


def _question(text: str) -> str:
    if not questions.label(text):
        raise WrongFieldError("Choisissez votre question de confiance dans la liste.")
    return text


def _answer(text: str) -> str:
    if not text.strip() or len(text) > _LONGEST_ANSWER:
        raise WrongFieldError("Saisissez la réponse que vous avez donnée à votre inscription.")
    return text


def _is_owner(account: Account | None, claim: _Claim) -> bool:
    known = account or _decoy()
    # Every comparison is made, so that the time says nothing about which one failed.
    right = (
        compare_digest(known.subscriber_number or "", claim.subscriber_number),
        compare_digest(known.trust_question.encode(), claim.question.encode()),
        trust_questions.matches(known.trust_answer, claim.answer),
        not known.has_certificate,
        account is not None,
    )
    return all(right)


def _send_link(session: Session, visitor_key: str, account: Account) -> bool:
    """Make a link and queue its mail, both taken back for the decoy and within a minute; return whether it went."""
    token, kind = token_urlsafe(32), SpaceKind(account.kind)
    path = addresses.personal_reset(token) if kind == SpaceKind.PERSONAL else addresses.recovery_reset(token)
    message = account_messages.recovery(
        reset_url=f"{get_settings().site_url}{path}", minutes=LINK_LIVES // timedelta(minutes=1), kind=kind
    )
    with session.begin_nested() as savepoint:
        was_made = _insert(session, account.id or _NOBODY, token)
        outbox.queue(
            session,
            kind=outbox.MailKind.RECOVERY,
            dedup_key=f"{outbox.MailKind.RECOVERY}:{token_hash(token)[:32]}",
            recipient=account.email,
            visitor_key=visitor_key,
            message=message,
        )
        if not was_made:
            savepoint.rollback()
    return was_made


def _insert(session: Session, account_id: int, token: str) -> bool:
    """Write the only link of an account, unless there is no such account or it got one within a minute."""
    now = clock.now()
    # Locked, so that of two requests at once the second one sees the link of the first.
    session.execute(select(col(Account.id)).where(col(Account.id) == account_id).with_for_update())
    mine = and_(col(RecoveryToken.account_id) == account_id, still_works())
    just_made = and_(mine, col(RecoveryToken.created_at) > now - ASKED_AGAIN_AFTER)
    session.execute(delete(RecoveryToken).where(mine, ~just_made))
    row = select(
        literal(token_hash(token)),
        col(Account.id),
        literal(now, UtcDateTime()),
        literal(now + LINK_LIVES, UtcDateTime()),
    ).where(col(Account.id) == account_id, ~exists().where(just_made))
    columns = ["token_hash", "account_id", "created_at", "expires_at"]
    made = insert(RecoveryToken).from_select(columns, row).returning(col(RecoveryToken.token_hash))
    return session.execute(made).scalar_one_or_none() is not None


def _outcome(is_owner: bool, was_sent: bool) -> str:
    if not is_owner:
        return "no match"
    return "sent" if was_sent else "sent just before"


def _decoy(kind: SpaceKind = SpaceKind.PROFESSIONAL) -> Account:
    """Return an account nobody has, never stored."""
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    return Account(
        kind=kind,
        email="nobody@guichet.example",
        email_key="",
        password_hash="",
        subscriber_number="0" * SUBSCRIBER_NUMBER_LENGTH,
        last_name="X",
        first_name="X",
        trust_question=questions.FIRST,
        trust_answer="X",
        created_at=long_ago,
        password_changed_at=long_ago,
    )
