"""Who the appointment is for: what was typed, checked and brought into one form.

Names are taken as people write them, in any script; what could hide in a mail (control and direction characters,
addresses of sites) is refused. Messages say what to do (look-and-feel: errors).
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import PhoneNumberType
from stdnum.fr import nif

CIVILITIES = ("", "madame", "monsieur")
LONGEST_NAME = 80
LONGEST_DETAILS = 1000
_LONGEST_EMAIL = 254
_LONGEST_NUMBER = 40

_REGIONS = ("FR", "GP", "GF", "MQ", "RE", "YT", "PM", "BL", "MF")
"""Where a number without its country is looked for: 0692… is a number of La Réunion and not of France."""

_FICTION = re.compile(r"\+33(19900|26191|35301|46571|53649|63998)\d{4}")
"""Numbers that will never ring anybody, for tests and demos (ARCEP decision 2018-0881, « œuvres audiovisuelles »)."""

_CHARGED = (PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.VOICEMAIL, PhoneNumberType.UAN)
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
_PUNCTUATION_OF_NAMES = frozenset(" '’ʼ‘·.,-\N{HYPHEN}\N{NON-BREAKING HYPHEN}" + _JOINERS)
_SITE = re.compile(r"\.\w{2}")
_PHONE = re.compile(r"\+?[\d\s().\-/]+")

_MISSING_NUMBER = "Indiquez au moins un numéro de téléphone."
_MISSING_CALLED_NUMBER = "Indiquez le numéro de téléphone auquel un agent vous appellera."
_WRONG_NUMBER = (
    "Vérifiez ce numéro\u00a0: il a 10\u00a0chiffres, ou commence par + et l’indicatif du pays s’il est étranger."
)
_CHARGED_NUMBER = "Indiquez un autre numéro\u00a0: celui-ci est surtaxé."
_WRONG_EMAIL = "Vérifiez l’adresse électronique\u00a0: elle s’écrit comme nom@exemple.fr, sans accent ni espace."
_UNREADABLE = "Effacez les caractères invisibles de ce champ, ou saisissez-le à nouveau."


class FieldErrors(Exception):  # noqa: N818 (it is a set of messages for a form)
    """What is wrong with the form: a French sentence for each field, saying what to do."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = dict(errors)


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
    errors: dict[str, str] = {}

    def checked(name: str, check: Callable[[str], str]) -> str:
        try:
            return check(fields.get(name, ""))
        except _WrongError as wrong:
            errors[name] = wrong.message
            return ""

    person = Person(
        civility=checked("civility", _civility),
        last_name=checked("last_name", lambda text: _name(text, "votre nom")),
        first_name=checked("first_name", lambda text: _name(text, "votre prénom")),
        details=checked("details", _details),
        phone=checked("phone", _phone),
        second_phone=checked("second_phone", _phone),
        email=checked("email", _email),
        tax_number=checked("tax_number", _tax_number),
    )
    if not (person.phone or person.second_phone or {"phone", "second_phone"} & errors.keys()):
        errors["phone"] = _MISSING_CALLED_NUMBER if call_back else _MISSING_NUMBER
    if errors:
        raise FieldErrors(errors)
    return _with_first_phone(person)


def phone_number(text: str) -> str:
    """Return a typed number in E.164; raise FieldErrors under « phone », for an empty one too."""
    try:
        number = _phone(text)
    except _WrongError as wrong:
        raise FieldErrors({"phone": wrong.message}) from None
    if not number:
        raise FieldErrors({"phone": _MISSING_CALLED_NUMBER})
    return number


class _WrongError(Exception):
    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def _with_first_phone(person: Person) -> Person:
    """Put the only number first, and keep one number once."""
    numbers = list(dict.fromkeys(number for number in (person.phone, person.second_phone) if number))
    return replace(person, phone=numbers[0], second_phone="".join(numbers[1:]))


def _civility(text: str) -> str:
    if text not in CIVILITIES:
        raise _WrongError("Choisissez une civilité dans la liste, ou aucune.")
    return text


def _name(text: str, what: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise _WrongError(f"Indiquez {what}.")
    if len(name) > LONGEST_NAME:
        raise _WrongError(f"Raccourcissez {what}\u00a0: {LONGEST_NAME}\u00a0caractères au plus.")
    letters = any(char.isalpha() for char in name)
    if not letters or _SITE.search(name) or not all(map(_is_of_names, name)):
        raise _WrongError(f"Écrivez {what} avec des lettres, des espaces, des apostrophes ou des traits d’union.")
    return name


def _is_of_names(char: str) -> bool:
    return char in _PUNCTUATION_OF_NAMES or unicodedata.category(char)[0] in "LM"


def _details(text: str) -> str:
    details = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")).strip()
    if len(details) > LONGEST_DETAILS:
        raise _WrongError("Raccourcissez vos précisions\u00a0: 1\u00a0000\u00a0caractères au plus.")
    if not all(char == "\n" or _is_readable(char) for char in details):
        raise _WrongError(_UNREADABLE)
    return details


def _is_readable(char: str) -> bool:
    """Refuse what does not show: control and direction characters, lone surrogates, unassigned code points."""
    return unicodedata.category(char)[0] != "C" or char in _JOINERS


def _phone(text: str) -> str:
    typed = unicodedata.normalize("NFKC", text).strip()
    if not typed:
        return ""
    if len(typed) > _LONGEST_NUMBER or not _PHONE.fullmatch(typed):
        raise _WrongError(_WRONG_NUMBER)
    for region in _REGIONS:
        found = _number(typed, region)
        if found is not None:
            return found
    raise _WrongError(_WRONG_NUMBER)


def _number(typed: str, region: str) -> str | None:
    """Return the number in E.164 as dialled from this region, None if it is none there."""
    try:
        parsed = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        return None
    number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if _FICTION.fullmatch(number):
        return number
    if not phonenumbers.is_valid_number(parsed):
        return None
    if phonenumbers.number_type(parsed) in _CHARGED:
        raise _WrongError(_CHARGED_NUMBER)
    return number


def _email(text: str) -> str:
    typed = text.strip()
    if not typed:
        raise _WrongError("Indiquez votre adresse électronique.")
    if len(typed) > _LONGEST_EMAIL or not all(map(_is_readable, typed)):
        raise _WrongError(_WRONG_EMAIL)
    try:
        # ASCII on the wire: not every mail server takes an accent before the @.
        found = validate_email(typed, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise _WrongError(_WRONG_EMAIL) from None
    return found.ascii_email or found.normalized


def _tax_number(text: str) -> str:
    typed = "".join(text.split())
    if not typed:
        return ""
    if not (typed.isascii() and typed.isdigit() and len(typed) == 13):
        raise _WrongError("Saisissez les 13\u00a0chiffres du numéro fiscal, ou laissez ce champ vide.")
    if not nif.is_valid(typed):
        raise _WrongError("Vérifiez le numéro fiscal sur votre avis d’impôt, ou laissez ce champ vide.")
    return typed
