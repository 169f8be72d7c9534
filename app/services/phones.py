"""Telephone numbers: typed in any usual way, kept in E.164, shown as people of the country write them."""

import re
import unicodedata
from collections.abc import Iterable

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from app.services.form_errors import WrongFieldError

FRENCH_REGIONS = ("FR", "GP", "GF", "MQ", "RE", "YT", "PM", "BL", "MF")
"""Where a number without its country is looked for: 0692… is a number of La Réunion and not of France."""

_LONGEST_NUMBER = 40
_FRENCH_CODE = 33
_FICTION = re.compile(r"\+33(19900|26191|35301|46571|53649|63998)\d{4}")
"""Numbers that will never ring anybody, for tests and demos (ARCEP decision 2018-0881, « œuvres audiovisuelles »)."""

_CHARGED = (PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.VOICEMAIL, PhoneNumberType.UAN)
_PHONE = re.compile(r"\+?[\d\s().\-/]+")
_NBSP = "\N{NO-BREAK SPACE}"

_WRONG_NUMBER = (
    "Vérifiez ce numéro\u00a0: il a 10\u00a0chiffres, ou commence par + et l’indicatif du pays s’il est étranger."
)
_CHARGED_NUMBER = "Indiquez un autre numéro\u00a0: celui-ci est surtaxé."


def parse(text: str, regions: Iterable[str] = FRENCH_REGIONS, wrong: str = _WRONG_NUMBER) -> str:
    """Return a typed number in E.164, empty for an empty text.

    A number without its country is looked for in `regions` (ISO 3166 codes), in order. Raises WrongFieldError, with
    the message `wrong` for what is no number there.
    """
    typed = unicodedata.normalize("NFKC", text).strip()
    if not typed:
        return ""
    if len(typed) > _LONGEST_NUMBER or not _PHONE.fullmatch(typed):
        raise WrongFieldError(wrong)
    for region in regions:
        found = _number(typed, region)
        if found is not None:
            return found
    raise WrongFieldError(wrong)


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


def _number(typed: str, region: str) -> str | None:
    """Return the number in E.164 as dialled from this region, None if it is none there."""
    try:
        parsed = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        return None
    number = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    if _FICTION.fullmatch(number):
        return number
    if not phonenumbers.is_valid_number(parsed):
        return None
    if phonenumbers.number_type(parsed) in _CHARGED:
        raise WrongFieldError(_CHARGED_NUMBER)
    return number
