"""Postal codes as people type them, and what is said of one that is no commune's own."""

import re
import unicodedata
from dataclasses import dataclass

from app.content import communes
from app.content.communes import Commune

_TYPED = re.compile(r"(?:FR?)?([0-9]{5})(?:[A-Z'’]+[0-9]{0,2})?")
_NO_LETTER = re.compile(r"[\s.,_/\-\u2010-\u2015]+")
_COUNTRY_BEFORE_CODE = re.compile(r"\bFR?-(?=[0-9]{2}\s?[0-9]{3}\b)", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?P<street>.*\w.*?)[\s,;\-]+(?P<code>[0-9]{2}\s?[0-9]{3})(?:[\s,;\-]+(?P<town>[^\d,;]*?))?"
    r"(?P<cedex>[\s,;\-]+CEDEX(?:\s*[0-9]+)?)?(?:[\s,;(\-]+FRANCE\)?)?[\s,;.]*",
    re.IGNORECASE | re.DOTALL,
)

_NOT_FIVE_DIGITS = (
    "Saisissez un code postal français à cinq chiffres, ou cherchez votre commune par son nom ci-dessous."
)
_MONACO = "98000 est un code de Monaco : si vous y habitez, revenez aux premiers choix et prenez « Non-résident »"
_ABROAD = (
    "Ce code n’est celui d’aucune commune française : cherchez votre commune par son nom ci-dessous. "
    "Si vous habitez à l’étranger, revenez aux premiers choix et prenez « Non-résident »"
)
_CEDEX = (
    "Ce code n’est celui d’aucune commune : c’est peut-être un code CEDEX, réservé au courrier d’entreprises "
    "et d’administrations. Saisissez le code postal de votre logement, ou cherchez votre commune par son nom "
    "ci-dessous."
)
_ARMY = (
    "Les codes qui commencent par 00 servent au courrier des armées : saisissez le code postal de votre logement, "
    "ou cherchez votre commune par son nom ci-dessous."
)


@dataclass(frozen=True, slots=True)
class TypedAddress:
    """An address typed in one line; `insee` is empty when the town is not known or not one of the code."""

    street: str
    postal_code: str
    insee: str


def read(text: str) -> str:
    """Return the five digits of a typed code, « F-75 001 Paris cedex 16 » included; empty when it holds none."""
    plain = unicodedata.normalize("NFKD", text).upper()
    plain = "".join(char for char in plain if unicodedata.category(char) not in ("Mn", "Cf"))
    found = _TYPED.fullmatch(_NO_LETTER.sub("", plain))
    return found[1] if found else ""


def communes_of(text: str) -> tuple[Commune, ...]:
    """Return the communes to choose among for a typed code; for « 75000 » the arrondissements."""
    code = read(text)
    return communes.by_postal_code(code) or communes.of_whole_city(code)


def refusal(text: str) -> str:
    """Return what is said of a typed code that leads to no commune: what it is, and what to do."""
    code = read(text)
    if not code:
        return _NOT_FIVE_DIGITS
    if code.startswith("980"):
        return _MONACO.replace("98000", code)
    if code.startswith("00") and code != "00000":
        return _ARMY
    return _CEDEX if _is_in_a_department(code) else _ABROAD


def split(text: str) -> TypedAddress | None:
    """Return the parts of a whole address typed in one line, None when it names no postal code of a commune.

    A code beside CEDEX is taken even if it is no commune's: `refusal` tells what it is.
    """
    found = _ADDRESS.fullmatch(_COUNTRY_BEFORE_CODE.sub("", text.strip()))
    if found is None:
        return None
    code = read(found["code"])
    there = communes_of(code)
    if not there and not found["cedex"]:
        return None
    named = communes.search(found["town"] or "", 100)
    both = [commune for commune in there if commune in named]
    chosen = both if both else list(there)
    return TypedAddress(found["street"].strip(" ,;-\n"), code, chosen[0].code if len(chosen) == 1 else "")


def _is_in_a_department(code: str) -> bool:
    start = code[:3] if code.startswith(("97", "98")) else code[:2]
    return start == "20" or communes.department_name(start) is not None
