"""The assistance form: a question goes to the assistance by mail, through the outbox."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from app import clock, keys
from app.services import audit, database, phones, throttle, typed_text
from app.services.accounts import email_address
from app.services.accounts.email_address import EmailRefusedError
from app.services.form_errors import Checks, WrongFieldError
from app.services.notifications import account_messages, outbox
from app.settings import get_settings

LONGEST_NAME = 80
LONGEST_QUESTION = 2000
SUBJECTS: Mapping[str, str] = {
    "creation": "Créer ou activer un espace professionnel",
    "connexion": "Se connecter, mot de passe oublié",
    "coordonnees": "Modifier mes coordonnées",
    "services": "Services en ligne",
    "autre": "Autre question",
}
"""What a question may be about, by id, in the order of the list."""

SENT_ONCE_WITHIN = timedelta(minutes=10)
"""The same question of the same person within ten minutes is a second click or a reload."""

_TOO_LONG = f"Raccourcissez votre question\u00a0: {LONGEST_QUESTION}\u00a0caractères au plus."
_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Question:
    """A checked question; `phone` in E.164 or empty. `mail` is the unique key of its mail, once it is sent."""

    name: str
    email: str
    phone: str
    subject: str
    text: str
    mail: str = field(default="", repr=False, compare=False)


def validate(fields: Mapping[str, str]) -> Question:
    """Return the question that the fields describe; raise FieldErrors with all that is wrong.

    Fields: `name`, `email`, `phone` (may be empty), `subject` (an id of SUBJECTS), `question`.
    """
    checks = Checks(fields)
    question = Question(
        name=checks.take("name", _name),
        email=checks.take("email", _email),
        phone=checks.take("phone", phones.parse),
        subject=checks.take("subject", _subject),
        text=checks.take("question", _text),
    )
    checks.finish()
    return question


def send(fields: Mapping[str, str], *, visitor_key: str, network: str) -> Question:
    """Queue the mail to the assistance, once however often it is pressed; return what was sent.

    `network` is `visitors.network_key`; the CAPTCHA was passed before. Raises FieldErrors, TooManyAttemptsError.
    """
    question = validate(fields)
    throttle.hit("assistance_visitor", visitor_key)
    throttle.hit("assistance_network", network)
    rows = [
        ("Nom", question.name),
        ("Adresse électronique", question.email),
        ("Téléphone", phones.shown(question.phone) if question.phone else "non indiqué"),
        ("Sujet", SUBJECTS[question.subject]),
    ]
    mail = f"{outbox.MailKind.ASSISTANCE}:{_event(visitor_key, question)}"
    with database.writing() as session:
        outbox.queue(
            session,
            kind=outbox.MailKind.ASSISTANCE,
            dedup_key=mail,
            recipient=get_settings().assistance_email,
            visitor_key=visitor_key,
            message=account_messages.assistance(rows, question.text),
        )
        audit.record(session, "assistance", visitor_key, question.subject, "done")
    return replace(question, mail=mail)


def _event(visitor_key: str, question: Question) -> str:
    """Return what stays the same while one question is sent again within ten minutes."""
    window = int(clock.now().timestamp() // SENT_ONCE_WITHIN.total_seconds())
    return keys.keyed_hash("assistance", f"{window} {visitor_key} {question!r}")


def _name(text: str) -> str:
    name = _one_line(typed_text.with_plain_marks(text))
    if not name:
        raise WrongFieldError("Indiquez votre nom.")
    if len(name) > LONGEST_NAME:
        raise WrongFieldError(f"Raccourcissez votre nom\u00a0: {LONGEST_NAME}\u00a0caractères au plus.")
    return name


def _email(text: str) -> str:
    try:
        return email_address.parse(text).display
    except EmailRefusedError as refused:
        raise WrongFieldError(refused.message) from None


def _subject(text: str) -> str:
    if text not in SUBJECTS:
        raise WrongFieldError("Choisissez le sujet dans la liste.")
    return text


def _text(text: str) -> str:
    if len(text) > 2 * LONGEST_QUESTION:
        raise WrongFieldError(_TOO_LONG)
    lines = unicodedata.normalize("NFC", text).splitlines()
    question = _BLANK_LINES.sub("\n\n", "\n".join(_one_line(line) for line in lines)).strip()
    if not question:
        raise WrongFieldError("Écrivez votre question.")
    if len(question) > LONGEST_QUESTION:
        raise WrongFieldError(_TOO_LONG)
    return question


def _one_line(text: str) -> str:
    shown = "".join(" " if unicodedata.category(char)[0] == "C" else char for char in text[: 2 * LONGEST_QUESTION])
    return " ".join(unicodedata.normalize("NFC", shown).split())
