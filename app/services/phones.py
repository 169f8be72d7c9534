"""Telephone numbers: typed in any usual way, kept in E.164, shown as people of the country write them."""

import re
import unicodedata

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from app.services.form_errors import WrongFieldError

_OVERSEAS = ("GP", "GF", "MQ", "RE", "YT")
"""Regions that share the numbers of ten digits with France; those of BL and MF are numbers of GP."""

_FRANCE = "FR"
_LONGEST_NUMBER = 40
_FRENCH_CODE = 33
_FICTION = re.compile(r"\+33(19900|26191|35301|46571|53649|63998)\d{4}")
"""Numbers that will never ring anybody, for tests and demos (ARCEP decision 2018-0881, « œuvres audiovisuelles »)."""

# Not UAN: 0806 to 0809 cost what any call costs (« banalisés »).
_CHARGED = (PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.VOICEMAIL)
_OF_A_PLACE = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
_SAINT_PIERRE = re.compile(r"0?508(\d{6})")
_WITHOUT_AREA = re.compile(r"\d{6}|[48]\d{7}")
_PHONE = re.compile(r"\+?[\d\s().\-/]+")
_NBSP = "\N{NO-BREAK SPACE}"

_WRONG_NUMBER = (
    "Vérifiez ce numéro\u00a0: il a 10\u00a0chiffres, ou commence par + et l’indicatif du pays s’il est étranger."
)
_WHICH_ISLANDS = (
    "Ajoutez l’indicatif devant ce numéro\u00a0: +508 à Saint-Pierre-et-Miquelon, +681 à Wallis-et-Futuna, "
    "+687 en Nouvelle-Calédonie, +689 en Polynésie française. Ailleurs, un numéro a 10\u00a0chiffres."
)
_CHARGED_NUMBER = "Indiquez un autre numéro\u00a0: celui-ci est surtaxé."


def parse(text: str, region: str = _FRANCE, wrong: str = _WRONG_NUMBER) -> str:
    """Return a typed number in E.164, empty for an empty text.

    A number without its country is one of `region` (ISO 3166); from France one dials those of five overseas regions
    too. Raises WrongFieldError, with the message `wrong` for what is no number there.
    """
    typed = unicodedata.normalize("NFKC", text).strip()
    if not typed:
        return ""
    if len(typed) > _LONGEST_NUMBER or not _PHONE.fullmatch(typed):
        raise WrongFieldError(wrong)
    if region == _FRANCE and _WITHOUT_AREA.fullmatch(re.sub(r"[^\d+]", "", typed)):
        raise WrongFieldError(_WHICH_ISLANDS)
    parsed = _parsed(typed, region)
    if parsed is None:
        raise WrongFieldError(wrong)
    found = _french(f"0{parsed.national_number}") if parsed.country_code == _FRENCH_CODE else _valid(parsed)
    if found is None:
        raise WrongFieldError(wrong)
    if phonenumbers.number_type(found) in _CHARGED:
        raise WrongFieldError(_CHARGED_NUMBER)
    return _e164(found)


def shown(number: str) -> str:
    """Return an E.164 number as people write it: « 01 99 00 12 34 » in France, « +41 44 123 45 67 » elsewhere."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return re.sub(r"[^\d +]", "", number)
    french = parsed.country_code == _FRENCH_CODE
    style = PhoneNumberFormat.NATIONAL if french else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, style).replace(" ", _NBSP)


def dialled(number: str) -> str:
    """Return the address by which a number shown on a page is called (RFC 3966): « tel:+33199001234 »."""
    try:
        return f"tel:{parse(number)}"
    except WrongFieldError:
        # Short numbers, and what an office may have typed: as it stands.
        return "tel:" + re.sub(r"[^\d+]", "", number)


def split(number: str) -> tuple[str, str]:
    """Return the country (ISO 3166) of an E.164 number and the number as one dials it there, for a form's fields."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return "FR", ""
    region = phonenumbers.region_code_for_number(parsed)
    if region is None:  # numbers of fiction belong to nobody
        region = phonenumbers.region_code_for_country_code(parsed.country_code or _FRENCH_CODE)
    return region, phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)


def _french(dialled: str) -> PhoneNumber | None:
    """Return the number of ten digits as dialled in France: 0692… is La Réunion's, and has no +33.

    The library takes some numbers of overseas for French ones as well (0269…, 0596…): the one place wins.
    """
    if island := _SAINT_PIERRE.fullmatch(dialled):
        return _valid(_parsed(f"+508{island[1]}", _FRANCE))
    french = _valid(_parsed(dialled, _FRANCE))
    if french is not None and (_is_of_fiction(french) or phonenumbers.number_type(french) not in _OF_A_PLACE):
        return french
    overseas = {_e164(found): found for found in (_valid(_parsed(dialled, region)) for region in _OVERSEAS) if found}
    if len(overseas) == 1:
        return next(iter(overseas.values()))
    return french


def _parsed(typed: str, region: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        return None


def _valid(number: PhoneNumber | None) -> PhoneNumber | None:
    if number is None or not (_is_of_fiction(number) or phonenumbers.is_valid_number(number)):
        return None
    return number


def _is_of_fiction(number: PhoneNumber) -> bool:
    return _FICTION.fullmatch(_e164(number)) is not None


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
