"""The communes of France with their postal codes, and the area whose offices serve each of them.

The data is `app/content/communes/communes.json.xz`, made by `scripts/build_communes.py`; where it comes from and
under which licence: `app/content/communes/ATTRIBUTION.md`. It is read on first use (about 0.1 s) and kept as text
lines; a `Commune` is made when somebody asks for one.

Paris, Lyon and Marseille are present through their municipal arrondissements only. Communes that merged into
another one (« communes déléguées » and « associées ») are found by `search` and give the commune of today.
"""

import heapq
import json
import lzma
import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

DATA_FILE = Path(__file__).with_name("communes") / "communes.json.xz"

_LONGEST_QUERY = 100
_SHORTEST_INSIDE = 3
_RANK_INSIDE = 4
_EVERY_ONE = 40_000
_COMBINING = re.compile(r"[\u0300-\u036f]+")
_NOT_ALPHANUMERIC = re.compile(r"[^a-z0-9]+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})
_ABBREVIATIONS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_ORDINAL = re.compile(r"([0-9])i?eme\b")
_POSTAL_CODE = re.compile(r"[0-9]{5}")
_CEDEX = re.compile(r"\bcedex\b")
_CODE_IN_NAME = re.compile(r"\b(?:fr? ?)?([0-9]{5})\b")
_LEADING_ZERO = re.compile(r"\b0+(?=[1-9])")
_DIGITS = re.compile(r"\b[0-9]+(?:er?|e)?\b")
_SAINTS = (("ste", "sainte"), ("st", "saint"))

# Codes that La Poste delivers to besides those of the data, by INSEE code; an office serves the whole territory.
_MORE_POSTAL_CODES = {
    "97608": "97610",  # Dzaoudzi: Labattoir
    "98715": "98702",  # Faaa
    "98735": "98713",  # Papeete: boxes
    "98805": "98830 98837 98839",  # Dumbéa
    "98811": "98860",  # Koné
    "98814": "98884 98885",  # Lifou: Chépénéhé, Mou
    "98815": "98878",  # Maré: La Roche
    "98817": "98810 98874 98875 98876",  # Le Mont-Dore
    "98821": "98840 98890",  # Païta: Tontouta, Païta
    "98827": "98877",  # Poya: Népoui
}
# What people write for a whole city whose arrondissements have codes of their own.
_WHOLE_CITIES = {"75000": "Paris", "69000": "Lyon", "13000": "Marseille"}
_AFTER_EVERY_KEY = "~"


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune, or a municipal arrondissement of Paris, Lyon or Marseille.

    `code` is the INSEE code, `area` the code of the `Area` that serves it, `city` what stands on an envelope
    (« Paris » for « Paris 16e Arrondissement »), `former_names` the communes that merged into it.
    """

    code: str
    name: str
    department: str
    region: str
    area: str
    postal_codes: tuple[str, ...]
    population: int
    department_name: str
    region_name: str
    city: str
    former_names: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name with what tells it apart: « Saint-Denis (La Réunion, 974) »."""
        return f"{self.name} ({self.department_name}, {self.department})"


@dataclass(frozen=True, slots=True)
class Area:
    """What an office serves: a municipal arrondissement, an arrondissement, else a whole department.

    `seat` is the INSEE code of the commune where its offices stand; for two territories without inhabitants
    it lies in another department. `population` counts the people of its communes.
    """

    code: str
    name: str
    department: str
    region: str
    seat: str
    population: int


@dataclass(frozen=True, slots=True)
class _Data:
    regions: dict[str, str]
    departments: dict[str, tuple[str, str]]
    areas: tuple[Area, ...]
    lines: list[str]
    """One commune a line, fields parted by tabs, in the order of INSEE codes."""
    keys: list[str]
    """Folded name, tab, « = » for a name of today or « < » for a former one, line number; sorted."""
    by_postal_code: dict[str, tuple[int, ...]]


def by_postal_code(code: str) -> tuple[Commune, ...]:
    """Return the communes that use this postal code, by name; none when `code` is unknown or malformed."""
    data = _data()
    found = (_commune(data, data.lines[number]) for number in data.by_postal_code.get(code, ()))
    return tuple(sorted(found, key=lambda commune: (fold(commune.name), commune.code)))


def of_whole_city(code: str) -> tuple[Commune, ...]:
    """Return the arrondissements of the city that people write this code for, in order: « 75000 ». None for others."""
    city = _WHOLE_CITIES.get(code)
    if city is None:
        return ()
    found = (commune for postal_code in _city_codes(code) for commune in by_postal_code(postal_code))
    return tuple(sorted({commune for commune in found if commune.city == city}, key=lambda commune: commune.code))


def by_code(insee: str) -> Commune | None:
    """Return the commune of this INSEE code; None when unknown, and for the whole of Paris, Lyon or Marseille."""
    data = _data()
    start = f"{insee}\t"
    number = bisect_left(data.lines, start)
    if "\t" not in insee and number < len(data.lines) and data.lines[number].startswith(start):
        return _commune(data, data.lines[number])
    return None


def search(name: str, limit: int = 12) -> tuple[Commune, ...]:
    """Return communes by what somebody typed of their name, best first.

    Case, accents, hyphens and apostrophes do not count, « st » is « saint », a leading article may be left out.
    First the names equal to the query, then those that begin with it, names of today before former ones; where room
    is left, those that hold it further on (« Billancourt »); larger places first. At most `limit` communes, but
    always every commune whose name of today equals the query (« Paris » gives its 20 arrondissements): the person
    could not be more precise. A postal code beside the name picks among the communes of that name; what else is
    written on envelopes, and blanks, do not count where nothing is found with them (« larochelle », « Lens Cedex 3 »).
    A postal code alone gives all its communes.
    """
    query = fold(name[:_LONGEST_QUERY])
    if not query or limit < 1:
        return ()
    data = _data()
    code = _CODE_IN_NAME.search(query)
    if code:
        return _search_with_code(code[1], _CODE_IN_NAME.sub(" ", query), limit)
    ranks = _any_ranks(data, query, limit)
    equal = sum(rank == 0 for rank in ranks.values())
    best = heapq.nsmallest(max(limit, equal), ranks, key=lambda number: (ranks[number], *_size_order(data, number)))
    return tuple(_commune(data, data.lines[number]) for number in best)


def in_area(code: str) -> tuple[Commune, ...]:
    """Return the communes of an area, the most populated first; none when the area is unknown."""
    data = _data()
    found = (_commune(data, data.lines[number]) for number in _numbers_by_area().get(code, ()))
    return tuple(sorted(found, key=lambda commune: (-commune.population, commune.code)))


def area(code: str) -> Area | None:
    """Return the area of this code, None when unknown."""
    return _areas_by_code().get(code)


def areas() -> tuple[Area, ...]:
    """Return every area of the country, by code."""
    return _data().areas


def department_name(code: str) -> str | None:
    """Return « Aude » for « 11 »; overseas collectivities count as departments; None when unknown."""
    found = _data().departments.get(code)
    return found[0] if found else None


def departments() -> tuple[tuple[str, str], ...]:
    """Return the code and name of every department and overseas collectivity, by code."""
    return tuple((code, name) for code, (name, _region) in _data().departments.items())


def is_postal_code(text: str) -> bool:
    """Tell whether `text` is written like a French postal code: five digits."""
    return _POSTAL_CODE.fullmatch(text) is not None


def fold(name: str) -> str:
    """Return what of a place name counts in a search: plain lower-case letters and digits, single spaces.

    Abbreviations are spelled out: « St-Maur s/ Indre », « Paris 16ème ». Folding twice changes nothing.
    """
    plain = _COMBINING.sub("", unicodedata.normalize("NFKD", name.casefold())).casefold().translate(_LIGATURES)
    plain = _ORDINAL.sub(r"\1e", plain.replace(" s/", " sur "))
    words = _NOT_ALPHANUMERIC.sub(" ", plain).split()
    return " ".join(_ABBREVIATIONS.get(word, word) for word in words)


def _search_with_code(code: str, name: str, limit: int) -> tuple[Commune, ...]:
    """Return the communes of that code and name, else of the name, else of the code."""
    there = by_postal_code(code) or of_whole_city(code)
    named = search(name, _EVERY_ONE) if fold(name) else ()
    both = tuple(commune for commune in named if commune in there)
    return both or search(name, limit) or there


def _any_ranks(data: _Data, query: str, wanted: int) -> dict[int, int]:
    """Return the ranks for the query as it stands, else for what is left when envelopes' words and blanks go."""
    for words in _readings(query):
        if ranks := _ranks(data, words, wanted):
            return ranks
    for words in _readings(query):
        if ranks := _compact_ranks(words.replace(" ", "")):
            return ranks
    return {}


def _readings(query: str) -> list[str]:
    """Return what the query may mean, the most exact first."""
    plain = " ".join(_LEADING_ZERO.sub("", _CEDEX.sub(" ", query)).split())
    bare = " ".join(_DIGITS.sub(" ", plain).split())
    readings = [query, plain, bare]
    readings += [long + bare.removeprefix(short) for short, long in _SAINTS if bare.startswith(short)]
    return [reading for reading in dict.fromkeys(readings) if reading]


def _compact_ranks(query: str) -> dict[int, int]:
    """Return the rank of every line with a name that equals the query, or begins with it, when blanks are left out."""
    ranks: dict[int, int] = {}
    if len(query) < _SHORTEST_INSIDE:
        return ranks
    for key, kind, number in _compact_keys():
        if key.startswith(query):
            rank = 2 * (key != query) + (kind == "<")
            ranks[number] = min(rank, ranks.get(number, rank))
    return ranks


def _ranks(data: _Data, query: str, wanted: int) -> dict[int, int]:
    """Return the rank, best 0, of every line with a name that matches."""
    first = bisect_left(data.keys, query)
    last = bisect_left(data.keys, query + _AFTER_EVERY_KEY)
    ranks: dict[int, int] = {}
    for entry in data.keys[first:last]:
        key, kind, number = entry.split("\t")
        rank = 2 * (key != query) + (kind == "<")
        ranks[int(number)] = min(rank, ranks.get(int(number), rank))
    # Looking inside every name takes 3 ms: only where too few begin with the query.
    if len(ranks) < wanted and len(query) >= _SHORTEST_INSIDE:
        inside = f" {query}"
        for entry in data.keys:
            if inside in entry:
                ranks.setdefault(int(entry.rpartition("\t")[2]), _RANK_INSIDE)
    return ranks


def _size_order(data: _Data, number: int) -> tuple[int, str]:
    fields = data.lines[number].split("\t", 6)
    # The arrondissements of a city weigh as much as the city, so that they stay together and in order.
    return -int(fields[4]), fields[0]


def _commune(data: _Data, line: str) -> Commune:
    code, name, area_code, postal_codes, _weight, population, city, former = line.split("\t")
    department = _department_of(code)
    department_words, region = data.departments[department]
    return Commune(
        code=code,
        name=name,
        department=department,
        region=region,
        area=area_code,
        postal_codes=tuple(postal_codes.split()),
        population=int(population),
        department_name=department_words,
        region_name=data.regions[region],
        city=city or name,
        former_names=tuple(former.split("|")) if former else (),
    )


def _department_of(insee: str) -> str:
    """Return the department an INSEE code begins with: three characters overseas, two elsewhere."""
    return insee[:3] if insee.startswith(("97", "98")) else insee[:2]


def _city_codes(code: str) -> tuple[str, ...]:
    """Return the codes that may be an arrondissement's: 75001 to 75020 for 75000, and 75116."""
    return (*(str(int(code) + number) for number in range(1, 21)), "75116")


@lru_cache(maxsize=1)
def _compact_keys() -> tuple[tuple[str, str, int], ...]:
    parts = (entry.split("\t") for entry in _data().keys)
    return tuple((key.replace(" ", ""), kind, int(number)) for key, kind, number in parts)


@lru_cache(maxsize=1)
def _areas_by_code() -> dict[str, Area]:
    return {area.code: area for area in _data().areas}


@lru_cache(maxsize=1)
def _numbers_by_area() -> dict[str, tuple[int, ...]]:
    index: dict[str, list[int]] = {}
    for number, line in enumerate(_data().lines):
        index.setdefault(line.split("\t", 3)[2], []).append(number)
    return {code: tuple(numbers) for code, numbers in index.items()}


@lru_cache(maxsize=1)
def _data() -> _Data:
    # The register writes « L'Haÿ »: what is shown here has the apostrophe of all other texts.
    content = json.loads(lzma.decompress(DATA_FILE.read_bytes()).decode().replace("'", "’"))
    lines = [_with_all_postal_codes(line) for line in content["communes"].split("\n")]
    return _Data(
        regions=content["regions"],
        departments={code: (name, region) for code, (name, region) in content["departments"].items()},
        areas=tuple(Area(*fields) for fields in content["areas"]),
        lines=lines,
        keys=content["keys"].split("\n"),
        by_postal_code=_postal_code_index(lines),
    )


def _with_all_postal_codes(line: str) -> str:
    more = _MORE_POSTAL_CODES.get(line[:5])
    if more is None:
        return line
    fields = line.split("\t")
    fields[3] = f"{fields[3]} {more}"
    return "\t".join(fields)


def _postal_code_index(lines: list[str]) -> dict[str, tuple[int, ...]]:
    index: dict[str, tuple[int, ...]] = {}
    for number, line in enumerate(lines):
        for code in line.split("\t", 4)[3].split():
            index[code] = (*index.get(code, ()), number)
    return index
