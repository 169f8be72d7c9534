"""Who the appointment is for: what was typed, checked and brought into one form.

Names are taken as people write them, in any script; what could hide in a mail (control and direction characters,
addresses of sites) is refused. Messages say what to do (look-and-feel: errors).
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

from email_validator import EmailNotValidError, validate_email
from stdnum.fr import nif

from app.services import phones
from app.services.form_errors import Checks, FieldErrors, WrongFieldError

__all__ = ["CIVILITIES", "LONGEST_DETAILS", "LONGEST_NAME", "FieldErrors", "Person", "phone_number", "validate"]

CIVILITIES = ("", "madame", "monsieur")
LONGEST_NAME = 80
LONGEST_DETAILS = 1000
_LONGEST_EMAIL = 254
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
_PUNCTUATION_OF_NAMES = frozenset(" '’ʼ‘·.,-\N{HYPHEN}\N{NON-BREAKING HYPHEN}" + _JOINERS)
_SITE = re.compile(r"\.\w{2}")

_MISSING_NUMBER = "Indiquez au moins un numéro de téléphone."
_MISSING_CALLED_NUMBER = "Indiquez le numéro de téléphone auquel un agent vous appellera."
_WRONG_EMAIL = "Vérifiez l’adresse électronique\u00a0: elle s’écrit comme nom@exemple.fr, sans accent ni espace."
_UNREADABLE = "Effacez les caractères invisibles de ce champ, ou saisissez-le à nouveau."


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who books; phones in E.164 (the first is the one to call), the tax number as 13 digits or empty."""

    civility: str
    last_name: str
    first_name: str
    details: str
    phone: str
    second_phone: str
    email: str
    tax_number: str


def validate(fields: Mapping[str, str], *, call_back: bool) -> Person:
    """Return the person the form describes; `call_back` when an agent calls.

    Field names are those of Person; a missing one is empty. Raises FieldErrors with all that is wrong at once.
    """
    checks = Checks(fields)
    person = Person(
        civility=checks.take("civility", _civility),
        last_name=checks.take("last_name", lambda text: _name(text, "votre nom")),
        first_name=checks.take("first_name", lambda text: _name(text, "votre prénom")),
        details=checks.take("details", _details),
        phone=checks.take("phone", phones.parse),
        second_phone=checks.take("second_phone", phones.parse),
        email=checks.take("email", _email),
        tax_number=checks.take("tax_number", _tax_number),
    )
    if not (person.phone or person.second_phone or {"phone", "second_phone"} & checks.errors.keys()):
        checks.errors["phone"] = _MISSING_CALLED_NUMBER if call_back else _MISSING_NUMBER
    checks.finish()
    return _with_first_phone(person)


def phone_number(text: str) -> str:
    """Return a typed number in E.164; raise FieldErrors under « phone », for an empty one too."""
    try:
        number = phones.parse(text)
    except WrongFieldError as wrong:
        raise FieldErrors({"phone": wrong.message}) from None
    if not number:
        raise FieldErrors({"phone": _MISSING_CALLED_NUMBER})
    return number


def _with_first_phone(person: Person) -> Person:
    """Put the only number first, and keep one number once."""
    numbers = list(dict.fromkeys(number for number in (person.phone, person.second_phone) if number))
    return replace(person, phone=numbers[0], second_phone="".join(numbers[1:]))


def _civility(text: str) -> str:
    if text not in CIVILITIES:
        raise WrongFieldError("Choisissez une civilité dans la liste, ou aucune.")
    return text


def _name(text: str, what: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise WrongFieldError(f"Indiquez {what}.")
    if len(name) > LONGEST_NAME:
        raise WrongFieldError(f"Raccourcissez {what}\u00a0: {LONGEST_NAME}\u00a0caractères au plus.")
    letters = any(char.isalpha() for char in name)
    if not letters or _SITE.search(name) or not all(map(_is_of_names, name)):
        raise WrongFieldError(f"Écrivez {what} avec des lettres, des espaces, des apostrophes ou des traits d’union.")
    return name


def _is_of_names(char: str) -> bool:
    return char in _PUNCTUATION_OF_NAMES or unicodedata.category(char)[0] in "LM"


def _details(text: str) -> str:
    details = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")).strip()
    if len(details) > LONGEST_DETAILS:
        raise WrongFieldError("Raccourcissez vos précisions\u00a0: 1\u00a0000\u00a0caractères au plus.")
    if not all(char == "\n" or _is_readable(char) for char in details):
        raise WrongFieldError(_UNREADABLE)
    return details


def _is_readable(char: str) -> bool:
    """Refuse what does not show: control and direction characters, lone surrogates, unassigned code points."""
    return unicodedata.category(char)[0] != "C" or char in _JOINERS


def _email(text: str) -> str:
    typed = text.strip()
    if not typed:
        raise WrongFieldError("Indiquez votre adresse électronique.")
    if len(typed) > _LONGEST_EMAIL or not all(map(_is_readable, typed)):
        raise WrongFieldError(_WRONG_EMAIL)
    try:
        # ASCII on the wire: not every mail server takes an accent before the @.
        found = validate_email(typed, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise WrongFieldError(_WRONG_EMAIL) from None
    return found.ascii_email or found.normalized


def _tax_number(text: str) -> str:
    typed = "".join(text.split())
    if not typed:
        return ""
    if not (typed.isascii() and typed.isdigit() and len(typed) == 13):
        raise WrongFieldError("Saisissez les 13\u00a0chiffres du numéro fiscal, ou laissez ce champ vide.")
    if not nif.is_valid(typed):
        raise WrongFieldError("Vérifiez le numéro fiscal sur votre avis d’impôt, ou laissez ce champ vide.")
    return typed
