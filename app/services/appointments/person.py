"""Who the appointment is for: what was typed, checked and brought into one form.

Names are taken as people write them, in any script; what could hide in a mail (control and direction characters,
addresses of sites) is refused. Messages say what to do.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

from email_validator import EmailNotValidError, validate_email
from stdnum.fr import nif

from app.models import Need
from app.services import phones, typed_text
from app.services.accounts import email_address
from app.services.form_errors import Checks, FieldErrors, WrongFieldError, seen

__all__ = [
    "CIVILITIES",
    "LONGEST_DETAILS",
    "LONGEST_NAME",
    "FieldErrors",
    "Person",
    "mail_address",
    "need_names",
    "needs_field",
    "phone_number",
    "validate",
]

NO_NEEDS = Need(0)
CIVILITIES = ("", "madame", "monsieur")
LONGEST_NAME = 80
LONGEST_DETAILS = 1000
_LONGEST_EMAIL = 254
_LONGEST_NEEDS = 100
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
_SITE = re.compile(r"\.\w{2}")
_NEEDS = {need.name.lower(): need for need in Need if need.name}

_MISSING_NUMBER = "Indiquez au moins un numéro de téléphone."
_MISSING_CALLED_NUMBER = "Indiquez le numéro de téléphone auquel un agent vous appellera."
_NO_CALL_WITHOUT_PHONE = (
    "Indiquez le numéro auquel un agent vous appellera, ou choisissez un rendez-vous sur place\u00a0: "
    "vous avez signalé ne pas avoir de téléphone."
)
_WRONG_NEEDS = "Cochez les besoins de la liste, ou aucun."
_WRONG_EMAIL = "Vérifiez l’adresse électronique\u00a0: elle s’écrit comme nom@exemple.fr, sans accent ni espace."
_UNREADABLE = "Effacez les caractères invisibles de ce champ, ou saisissez-le à nouveau."


TICKED = "oui"
"""What a box that is ticked holds."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who books; phones in E.164 (the first is the one to call), the tax number as 13 digits or empty.

    Without a phone both numbers are empty. The other names are those of whoever is received, empty for themselves.
    """

    civility: str
    last_name: str
    first_name: str
    details: str
    phone: str
    second_phone: str
    email: str
    tax_number: str
    needs: Need = NO_NEEDS
    other_last_name: str = ""
    other_first_name: str = ""


def validate(fields: Mapping[str, str], *, call_back: bool) -> Person:
    """Return the person the form describes; `call_back` when an agent calls.

    Field names are those of Person; a missing one is empty. `needs` holds names of `need_names` between commas, in
    any order. `for_other`, filled in, says that somebody else is received: their names are needed then. Who has one
    name only has `no_first_name` or `no_other_first_name` ticked (`TICKED`). Raises FieldErrors with all that is wrong
    at once.
    """
    checks = Checks(fields)
    needs = needs_of(checks.take("needs", _needs))
    person = Person(
        civility=checks.take("civility", _civility),
        last_name=checks.take("last_name", lambda text: _name(text, "votre nom")),
        first_name="" if fields.get("no_first_name") == TICKED else checks.take("first_name", _first_name),
        details=checks.take("details", _details),
        phone=checks.take("phone", phones.parse),
        second_phone=checks.take("second_phone", phones.parse),
        email=checks.take("email", _email),
        tax_number=checks.take("tax_number", _tax_number),
        needs=needs,
        **_other_names(checks, fields),
    )
    _check_phones(checks, person, call_back=call_back)
    checks.finish()
    return _with_first_phone(person)


def phone_number(text: str) -> str:
    """Return a typed number in E.164; raise FieldErrors under « phone », for an empty one too."""
    try:
        number = phones.parse(seen(text))
    except WrongFieldError as wrong:
        raise FieldErrors({"phone": wrong.message}) from None
    if not number:
        raise FieldErrors({"phone": _MISSING_CALLED_NUMBER})
    return number


def mail_address(text: str) -> str:
    """Return a typed mail address as it is written to; raise FieldErrors under « email », for an empty one too."""
    try:
        return _email(seen(text))
    except WrongFieldError as wrong:
        raise FieldErrors({"email": wrong.message}) from None


def need_names(needs: Need) -> tuple[str, ...]:
    """Return the names of the needs, as the form writes them: « wheelchair », « no_phone »."""
    return tuple(name for name, need in _NEEDS.items() if need in needs)


def needs_field(needs: Need) -> str:
    """Return what the form's field `needs` holds for these needs."""
    return ",".join(need_names(needs))


def needs_of(field: str) -> Need:
    """Return the needs that a checked field `needs` holds."""
    found = NO_NEEDS
    for name in filter(None, field.split(",")):
        found |= _NEEDS[name]
    return found


def _check_phones(checks: Checks, person: Person, *, call_back: bool) -> None:
    """One number of two is needed; who has no phone needs none, unless an agent is to call."""
    if person.phone or person.second_phone or {"phone", "second_phone"} & checks.errors.keys():
        return
    if Need.NO_PHONE not in person.needs:
        checks.errors["phone"] = _MISSING_CALLED_NUMBER if call_back else _MISSING_NUMBER
    elif call_back:
        checks.errors["phone"] = _NO_CALL_WITHOUT_PHONE


def _other_names(checks: Checks, fields: Mapping[str, str]) -> dict[str, str]:
    """Return both names of whoever is received, or none; one alone is not enough, unless they have no other."""
    names = {"other_last_name": "le nom de la personne reçue", "other_first_name": "le prénom de la personne reçue"}
    if not any(typed_text.visible(fields.get(field, "")).strip() for field in ("for_other", *names)):
        return dict.fromkeys(names, "")
    if fields.get("no_other_first_name") == TICKED:
        del names["other_first_name"]
    found = {field: checks.take(field, lambda text, what=what: _name(text, what)) for field, what in names.items()}  # type: ignore[misc]
    return {"other_first_name": "", **found}


def _with_first_phone(person: Person) -> Person:
    """Put the only number first, and keep one number once."""
    numbers = list(dict.fromkeys(number for number in (person.phone, person.second_phone) if number))
    return replace(person, phone="".join(numbers[:1]), second_phone="".join(numbers[1:]))


def _needs(text: str) -> str:
    if len(text) > _LONGEST_NEEDS:
        raise WrongFieldError(_WRONG_NEEDS)
    names = {part.strip() for part in text.split(",")} - {""}
    if not names <= _NEEDS.keys():
        raise WrongFieldError(_WRONG_NEEDS)
    return ",".join(name for name in _NEEDS if name in names)


def _civility(text: str) -> str:
    if text not in CIVILITIES:
        raise WrongFieldError("Choisissez une civilité dans la liste, ou aucune.")
    return text


def _first_name(text: str) -> str:
    return _name(text, "votre prénom")


def _name(text: str, what: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", typed_text.with_plain_marks(text)).split())
    if not name:
        raise WrongFieldError(f"Indiquez {what}.")
    if len(name) > LONGEST_NAME:
        raise WrongFieldError(f"Raccourcissez {what}\u00a0: {LONGEST_NAME}\u00a0caractères au plus.")
    letters = any(char.isalpha() for char in name)
    if not letters or _SITE.search(name) or not all(map(_is_of_names, name)):
        raise WrongFieldError(f"Écrivez {what} avec des lettres, des espaces, des apostrophes ou des traits d’union.")
    return name


def _is_of_names(char: str) -> bool:
    return char in typed_text.MARKS_OF_NAMES or unicodedata.category(char)[0] in "LM"


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
    if email_address.is_too_long_before_at(typed):
        raise WrongFieldError(email_address.TOO_LONG_BEFORE_AT)
    try:
        # ASCII on the wire: not every mail server takes an accent before the @.
        found = validate_email(typed, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise WrongFieldError(_WRONG_EMAIL) from None
    return found.ascii_email or found.normalized


def _tax_number(text: str) -> str:
    typed = typed_text.alphanumeric(text)
    if not typed:
        return ""
    if not (typed.isascii() and typed.isdigit() and len(typed) == 13):
        raise WrongFieldError("Saisissez les 13\u00a0chiffres du numéro fiscal, ou laissez ce champ vide.")
    if not (int(typed) and nif.is_valid(typed)):  # thirteen zeros pass the sum, and are nobody's
        raise WrongFieldError("Vérifiez le numéro fiscal sur votre avis d’impôt, ou laissez ce champ vide.")
    return typed
