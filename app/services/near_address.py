"""Whether a mail address was probably meant for one of the common domains: « lila@gmial.com ».

Only ever a question: any domain may exist, so what was typed is as good an answer as what is proposed
(docs/decisions/0026-near-addresses.md). Nothing is asked of the network.
"""

import re
from collections.abc import Iterator

from rapidfuzz.distance import OSA

from app.content import countries
from app.content.mail_domains import COMMON, NATIONAL, REAL, SLIPS_OF_COM, WORDS
from app.services import typed_text

LONGEST = 320
_LONGEST_DOMAIN = 40
_LONG = 5
"""Letters from which a name is hardly another one by chance when it is a slip away."""

_VERY_LONG = 7
"""Letters from which this holds for two slips."""

_MISTAKEN_FOR_DOTS = re.compile(r"[.,;:·]+")
_OTHER_NAMES = frozenset(domain.partition(".")[0] for domain in REAL)
_COUNTRIES = frozenset(country.code.lower() for country in countries.all_countries()) | {"uk", "eu"}


def meant(address: str) -> str | None:
    """Return the whole address that was probably meant, its local part as typed; None where nothing is to be asked."""
    typed = typed_text.visible(address[: LONGEST + 1]).strip()
    local, at, domain = typed.rpartition("@")
    if not at or not local or len(typed) > LONGEST or re.search(r"[\s@]", local):
        return None
    found = _meant_domain(domain.strip().casefold())
    return f"{local}@{found}" if found else None


def _meant_domain(typed: str) -> str | None:
    if not typed or len(typed) > _LONGEST_DOMAIN or typed in COMMON or typed in REAL:
        return None
    dotted = _MISTAKEN_FOR_DOTS.sub(".", typed).strip(".")
    if dotted in COMMON:
        return dotted
    if _is_of_a_country(*_parts(dotted)):
        return None
    near = [(slips, place, known) for place, known in enumerate(COMMON) for slips in _slips(dotted, known)]
    return min(near)[-1] if near else None


def _is_of_a_country(name: str, ending: str) -> bool:
    """Tell whether this is a name that exists in other countries, under the ending of one of them."""
    country = ending.rpartition(".")[-1]
    if country not in _COUNTRIES:
        return False
    return ending not in SLIPS_OF_COM if name in NATIONAL else name in WORDS


def _slips(typed: str, known: str) -> Iterator[int]:
    """Give how many slips of the finger make the typed domain of a known one, if so few that it was probably meant.

    A slip is a letter left out, added, replaced, or exchanged with its neighbour: the distance called « optimal string
    alignment ». The dot counts as a letter, and name and ending are looked at apart as well.
    """
    name, ending = _parts(typed)
    known_name, known_ending = _parts(known)
    if typed == known_name + known_ending:
        yield 1
    elif name == known_name:
        yield from _in_ending(ending, known_ending, certain=name not in WORDS and len(name) >= _LONG)
    elif len(known_name) < _LONG:
        if ending == known_ending and _is_slip_of_short(name, known_name):
            yield 1
    elif OSA.distance(typed, known) == 1:
        yield 1
    elif name not in _OTHER_NAMES:
        yield from _in_name(name, known_name, OSA.distance(ending, known_ending))


def _in_ending(typed: str, known: str, *, certain: bool) -> Iterator[int]:
    """Give the slips in the ending; behind a name that nobody else has, whatever is typed is one."""
    slips = OSA.distance(typed, known)
    if certain or not typed or slips == 1:
        yield slips


def _in_name(typed: str, known: str, slips_in_ending: int) -> Iterator[int]:
    """Give the slips in name and ending together."""
    slips = OSA.distance(typed, known)
    same_beginning = typed[:1] == known[:1]
    most = 2 if len(known) >= _VERY_LONG and same_beginning and known not in WORDS else 1
    if slips <= most and slips_in_ending <= 1:
        yield slips + slips_in_ending


def _is_slip_of_short(typed: str, known: str) -> bool:
    """Tell whether a name of a few letters is a slip away from a known one and hardly a name of its own.

    Replaced letters make other words (« fred », « tree » of « free »); so do those at the beginning, and one added at
    the end (« olive », « lives » of « live »).
    """
    if OSA.distance(typed, known) != 1 or typed[:1] != known[:1]:
        return False
    if len(typed) < len(known):
        return len(known) > 3
    if len(typed) > len(known):
        return typed[-1] == known[-1]
    return sorted(typed) == sorted(known)


def _parts(domain: str) -> tuple[str, str]:
    """Return a domain's name and its ending: « yahoo » and « co.uk »."""
    name, _, ending = domain.partition(".")
    return name, ending
