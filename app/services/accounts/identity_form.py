"""« Formulaire inscription »: who somebody is and where they live, checked and brought into one form.

Everything is in Latin script, as on identity papers, because letters, mails and the PDF summary must be readable by
whoever handles them. What could hide in a mail is refused.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType

from stdnum import iban as iban_numbers
from stdnum.fr import siren as siren_numbers

from app.content import countries, postal_codes, trust_questions
from app.content.street_types import STREET_TYPES
from app.models import SpaceMode
from app.services import phones
from app.services.accounts import email_address
from app.services.accounts.email_address import EmailRefusedError
from app.services.form_errors import Checks, WrongFieldError
from app.services.typed_text import APOSTROPHES, MARKS_OF_NAMES, alphanumeric, with_plain_marks

LONGEST_NAME = 80
LONGEST_ANSWER = 80
_LONGEST_STREET = 100
_LONGEST_STREET_NUMBER = 10
_LONGEST_POSTAL_CODE = 12
_NBSP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class IdentityForm:
    """A checked form; phone in E.164, countries in ISO 3166-1 alpha-2, what the mode does not ask for is empty.

    Who has one name only ticks `no_first_name` (`TICKED`), and has an empty first name.
    """

    last_name: str = ""
    first_name: str = ""
    no_first_name: str = ""
    phone_country: str = ""
    phone: str = ""
    street_number: str = ""
    street_type: str = ""
    street_name: str = ""
    address_extra: str = ""
    postal_code: str = ""
    commune: str = ""
    country: str = ""
    trust_question: str = ""
    trust_answer: str = ""
    siren: str = ""
    contact_email: str = ""
    iban: str = ""

    def address_lines(self) -> tuple[str, ...]:
        """Return the postal address as it is written on an envelope, the country last."""
        return address_lines(asdict(self))


LABELS: Mapping[str, str] = MappingProxyType(
    {
        "siren": "SIREN de l’entreprise",
        "contact_email": "Adresse électronique de contact de l’entreprise",
        "last_name": "Nom",
        "first_name": "Prénom",
        "no_first_name": "Je n’ai pas de prénom",
        "phone_country": "Pays du numéro de téléphone",
        "phone": "Téléphone",
        "street_number": "Numéro de voie",
        "street_type": "Nature de la voie",
        "street_name": "Libellé de la voie",
        "address_extra": "Complément d’adresse",
        "postal_code": "Code postal",
        "commune": "Commune",
        "country": "Pays",
        "iban": "Compte bancaire de prélèvement (IBAN)",
        "trust_question": "Question de confiance",
        "trust_answer": "Réponse à la question de confiance",
    }
)
"""The labels of the fields, in the order of the screens (sources/professional-space-guide.txt)."""

TICKED = "oui"
"""What a box that is ticked holds."""

FORM_ONLY = ("no_first_name", "phone_country")
"""What the form asks for and an account does not keep."""

REQUIRED = frozenset(LABELS) - {
    "no_first_name",
    "street_number",
    "street_type",
    "street_name",
    "address_extra",
    "postal_code",
}

PERSON_FIELDS = ("last_name", "first_name", "no_first_name", "phone_country", "phone")
ADDRESS_FIELDS = (
    "street_number",
    "street_type",
    "street_name",
    "address_extra",
    "postal_code",
    "commune",
    "country",
)
TRUST_FIELDS = ("trust_question", "trust_answer")
COMPANY_FIELDS = ("siren", "contact_email")
PERSONAL_FIELDS = ("phone_country", "phone")
"""What the owner of a personal space may change; the rest is the register's. The number may be empty there."""

FIELDS: Mapping[SpaceMode, tuple[str, ...]] = MappingProxyType(
    {
        SpaceMode.EXPERT: PERSON_FIELDS + ADDRESS_FIELDS + TRUST_FIELDS,
        SpaceMode.SIMPLIFIED: (*COMPANY_FIELDS, *PERSON_FIELDS, "iban", *TRUST_FIELDS),
    }
)
"""What each mode asks for, in the order of its screen."""

FIRST_CHOICES: Mapping[str, str] = MappingProxyType(
    {"phone_country": countries.FRANCE, "country": countries.FRANCE, "trust_question": trust_questions.FIRST}
)
"""What the lists show before anything is chosen."""


def validate(
    typed: Mapping[str, str], *, mode: SpaceMode = SpaceMode.EXPERT, asked: Collection[str] | None = None
) -> IdentityForm:
    """Return the form that `typed` describes, by field name; a missing field is empty, others are left out.

    `asked` are the fields to check, those of `mode` when it is not given. Raises FieldErrors with all that is wrong,
    in the order of the screen.
    """
    names = FIELDS[mode] if asked is None else [name for name in LABELS if name in asked]
    checks = Checks(typed)
    values = {name: checks.take(name, _check_of(name, typed)) for name in names}
    checks.finish()
    return IdentityForm(**values)


def read(stored: Mapping[str, str]) -> IdentityForm:
    """Return the form kept as a JSON object of its fields."""
    known = {field.name for field in fields(IdentityForm)}
    return IdentityForm(**{name: value for name, value in stored.items() if name in known})


def masked_iban(iban: str) -> str:
    """Return an account number as it may be shown once typed: « FR76 •••• 0189 »."""
    iban = iban_numbers.compact(iban)  # some were kept as typed, with hyphens
    return f"{iban[:4]}{_NBSP}••••{_NBSP}{iban[-4:]}" if iban else ""


def address_lines(parts: Mapping[str, str]) -> tuple[str, ...]:
    """Return the lines of a postal address given by field name, without empty ones, the country last."""
    street = " ".join(filter(None, (parts["street_number"], parts["street_type"], parts["street_name"])))
    town = " ".join(filter(None, (parts["postal_code"], parts["commune"])))
    lines = (street, parts["address_extra"], town, countries.label(parts["country"]).upper())
    return tuple(filter(None, lines)) if town or street else ()


def _check_of(name: str, typed: Mapping[str, str]) -> Callable[[str], str]:
    if name == "phone":
        return lambda text: _phone(text, typed.get("phone_country", ""))
    if name == "first_name" and typed.get("no_first_name") == TICKED:
        return lambda _: ""
    if name == "postal_code":
        return lambda text: _postal_code(text, typed.get("country", ""))
    return _CHECKS[name]


def _name(text: str, what: str) -> str:
    name = _one_line(with_plain_marks(text), what, LONGEST_NAME)
    if not name:
        raise WrongFieldError(f"Indiquez {what}.")
    _check_latin(name, what, "comme sur votre pièce d’identité")
    letters = any(char.isalpha() for char in name)
    if not letters or _SITE.search(name) or not all(char in MARKS_OF_NAMES or _is_letter(char) for char in name):
        raise WrongFieldError(f"Écrivez {what} avec des lettres, des espaces, des apostrophes ou des traits d’union.")
    return name


def _line(text: str, what: str, longest: int = _LONGEST_STREET) -> str:
    line = _one_line(with_plain_marks(text), what, longest)
    _check_latin(line, what, "comme sur une enveloppe")
    if not all(char in _IN_ADDRESSES or char.isdecimal() or _is_letter(char) for char in line):
        raise WrongFieldError(f"Écrivez {what} avec des lettres, des chiffres et la ponctuation d’une adresse.")
    return line


def _commune(text: str) -> str:
    commune = _line(text, "la commune")
    if not any(map(str.isalpha, commune)):
        raise WrongFieldError("Indiquez la commune.")
    return commune


def _street_type(text: str) -> str:
    if text and text not in STREET_TYPES:
        raise WrongFieldError("Choisissez la nature de la voie dans la liste, ou aucune.")
    return text


def _postal_code(text: str, country: str) -> str:
    if country in countries.FRENCH_POSTAL_CODES:
        digits = postal_codes.read(text)
        if text.strip() and not digits:
            raise WrongFieldError("Saisissez les 5\u00a0chiffres du code postal, ou laissez ce champ vide.")
        return digits
    code = _one_line(text, "le code postal", _LONGEST_POSTAL_CODE).upper()
    if not all(char.isascii() and (char.isalnum() or char in " -") for char in code):
        raise WrongFieldError("Vérifiez le code postal\u00a0: des chiffres, des lettres non accentuées et des tirets.")
    return code


def _country(text: str) -> str:
    if countries.by_code(text) is None:
        raise WrongFieldError("Choisissez un pays dans la liste.")
    return text


def _phone_country(text: str) -> str:
    found = countries.by_code(text)
    if found is None or not found.dialling:
        raise WrongFieldError("Choisissez le pays du numéro de téléphone dans la liste.")
    return text


def _phone(text: str, country: str) -> str:
    if not text.strip():
        raise WrongFieldError("Indiquez votre numéro de téléphone.")
    if country == countries.FRANCE:
        return phones.parse(text)
    name = countries.label(country)
    wrong = "Vérifiez ce numéro et le pays choisi à côté"
    return phones.parse(text, country, f"{wrong}\u00a0: {name}." if name else f"{wrong}.")


def _trust_question(text: str) -> str:
    if not trust_questions.label(text):
        raise WrongFieldError("Choisissez une question dans la liste.")
    return text


def _trust_answer(text: str) -> str:
    answer = _one_line(text, "la réponse", LONGEST_ANSWER)
    if not any(map(str.isalnum, answer)):
        raise WrongFieldError("Indiquez la réponse à la question de confiance.")
    _check_latin(answer, "la réponse", "comme vous la saisirez plus tard")
    return answer


def _siren(text: str) -> str:
    typed = alphanumeric(text)
    if not (len(typed) == 9 and typed.isascii() and typed.isdigit()):
        raise WrongFieldError("Saisissez les 9\u00a0chiffres du SIREN de l’entreprise.")
    if not (int(typed) and siren_numbers.is_valid(typed)):  # nine zeros pass the sum, and are nobody's
        raise WrongFieldError("Vérifiez le SIREN de l’entreprise\u00a0: l’un de ses chiffres n’est pas le bon.")
    return typed


def _contact_email(text: str) -> str:
    try:
        return email_address.parse(text).display
    except EmailRefusedError as refused:
        raise WrongFieldError(refused.message) from None


def _iban(text: str) -> str:
    typed = iban_numbers.compact(alphanumeric(text)).removeprefix("IBAN")
    if not typed:
        raise WrongFieldError("Saisissez l’IBAN du compte de prélèvement, écrit sur votre relevé d’identité bancaire.")
    if len(typed) > _LONGEST_IBAN or not typed.isascii() or not iban_numbers.is_valid(typed):
        raise WrongFieldError("Vérifiez l’IBAN\u00a0: l’un de ses caractères n’est pas le bon, ou il en manque.")
    if typed[:2] not in SEPA:
        raise WrongFieldError(_OUTSIDE_SEPA)
    return typed


def _one_line(text: str, what: str, longest: int) -> str:
    line = " ".join(unicodedata.normalize("NFC", text[: 8 * longest]).split())
    if len(line) > longest:
        raise WrongFieldError(f"Raccourcissez {what}\u00a0: {longest}\u00a0caractères au plus.")
    if any(unicodedata.category(char)[0] == "C" for char in line):
        raise WrongFieldError("Effacez les caractères invisibles de ce champ, ou saisissez-le à nouveau.")
    return line


def _check_latin(text: str, what: str, like: str) -> None:
    """Raise WrongFieldError, which asks for the transliteration, if a letter is of another script."""
    if not all(_is_latin(char) for char in text if char.isalpha()):
        raise WrongFieldError(
            f"Écrivez {what} en caractères latins, {like}\u00a0: "
            "par exemple «\u00a0Zhang Wei\u00a0» pour «\u00a0张伟\u00a0»."
        )


def _is_latin(char: str) -> bool:
    return char in APOSTROPHES or unicodedata.name(char, "").startswith("LATIN ")


def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LM"


_LONGEST_IBAN = 34
SEPA = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU"),
        *("LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
        *("AD", "AL", "CH", "GB", "GI", "IS", "LI", "MC", "MD", "ME", "MK", "NO", "RS", "SM", "VA"),
    )
)
"""Where an account may be debited in euros: the Union, then the others (European Payments Council, EPC409-09).

Countries as IBANs begin, so that FR stands for the overseas departments and GB for the Channel Islands too.
"""

_OUTSIDE_SEPA = (
    "Indiquez un compte tenu en France ou dans un autre pays de la zone SEPA\u00a0: un compte d’ailleurs ne peut pas "
    "être prélevé."
)
_SITE = re.compile(r"\.\w{2}")
_IN_ADDRESSES = MARKS_OF_NAMES | frozenset('/()°º&"«»:;#+–')
_CHECKS: Mapping[str, Callable[[str], str]] = {
    "last_name": lambda text: _name(text, "votre nom"),
    "first_name": lambda text: _name(text, "votre prénom"),
    "no_first_name": lambda text: TICKED if text == TICKED else "",
    "phone_country": _phone_country,
    "street_number": lambda text: _line(text, "le numéro de voie", _LONGEST_STREET_NUMBER),
    "street_type": _street_type,
    "street_name": lambda text: _line(text, "le libellé de la voie"),
    "address_extra": lambda text: _line(text, "le complément d’adresse"),
    "commune": _commune,
    "country": _country,
    "trust_question": _trust_question,
    "trust_answer": _trust_answer,
    "siren": _siren,
    "contact_email": _contact_email,
    "iban": _iban,
}
