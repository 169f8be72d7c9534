"""Every country and territory of ISO 3166-1 in French, France first, with its dialling code.

Names are those of the Unicode CLDR, which babel carries. Kosovo has no ISO code yet but people who live there: it has
the code everybody uses meanwhile.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache

import phonenumbers
from babel import Locale

FRANCE = "FR"
FRENCH_POSTAL_CODES = frozenset(("FR", "GP", "GF", "MQ", "RE", "YT", "PM", "BL", "MF", "WF", "PF", "NC", "TF", "MC"))
"""Where postal codes are those of La Poste: five digits."""

_NOT_COUNTRIES = frozenset(
    # Exceptional reservations, groups of countries and pseudo-codes among CLDR's territories.
    ("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ")
)


@dataclass(frozen=True, slots=True)
class Country:
    """A country; `dialling` like « +33 », empty where nobody has a telephone line."""

    code: str
    label: str
    dialling: str


@cache
def all_countries() -> tuple[Country, ...]:
    """Return all of them in alphabetical order, France before the others."""
    names = {str(code): str(name) for code, name in Locale("fr").territories.items()}
    codes = (code for code in names if len(code) == 2 and code.isalpha() and code not in _NOT_COUNTRIES)
    made = (Country(code, names[code], _dialling(code)) for code in codes)
    return tuple(sorted(made, key=lambda country: (country.code != FRANCE, _sorted_as(country.label))))


def by_code(code: str) -> Country | None:
    """Return the country with this ISO 3166-1 alpha-2 code."""
    return _by_code().get(code)


def label(code: str) -> str:
    """Return the French name of a country, empty for an unknown code."""
    found = by_code(code)
    return found.label if found else ""


def with_telephone() -> tuple[Country, ...]:
    """Return the countries that have a dialling code, in the same order."""
    return tuple(country for country in all_countries() if country.dialling)


@cache
def _by_code() -> dict[str, Country]:
    return {country.code: country for country in all_countries()}


def _dialling(code: str) -> str:
    number = phonenumbers.country_code_for_region(code)
    return f"+{number}" if number else ""


def _sorted_as(text: str) -> str:
    """Return a sorting key in which accents, ligatures and case do not count."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("œ", "oe").replace("’", "'"))
    return "".join(char for char in plain if not unicodedata.combining(char))
