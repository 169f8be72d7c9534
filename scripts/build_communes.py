"""Make app/content/communes/communes.json.xz from the npm package @etalab/decoupage-administratif.

Usage: python -m scripts.build_communes FOLDER, where FOLDER holds the unpacked package (its package.json and data/).
The result depends on the package alone: building twice gives the same bytes.
"""

import json
import lzma
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.content.communes import DATA_FILE, fold

Record = dict[str, Any]

_FORMER = ("commune-deleguee", "commune-associee")
_ARTICLE = re.compile(r"^(?:le|la|les|l) (?=.)")
# Nobody lives in these two: the package names no usable seat, so their offices stand where they are run from,
# Saint-Pierre (La Réunion) and Papeete.
_SEATS = {"D984": "97416", "D989": "98735"}


def build(package: Path) -> bytes:
    """Return the content of the data file for the unpacked `package`; raise ValueError when it is inconsistent."""
    records = _read(package, "communes")
    places = _places(records)
    former = _former_names(records)
    lines = [_line(place, former[place["code"]]) for place in places]
    content = {
        "source": f"{_version(package)}",
        "regions": {record["code"]: record["nom"] for record in _read(package, "regions")},
        "departments": {
            record["code"]: [record["nom"], record["region"]]
            for record in sorted(_read(package, "departements"), key=lambda record: str(record["code"]))
        },
        "areas": _areas(package, places),
        "communes": "\n".join(lines),
        "keys": "\n".join(sorted(_keys(places, former))),
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME)


def _read(package: Path, name: str) -> list[Record]:
    records: list[Record] = json.loads((package / "data" / f"{name}.json").read_text(encoding="utf-8"))
    return records


def _version(package: Path) -> str:
    described = json.loads((package / "package.json").read_text(encoding="utf-8"))
    return f"{described['name']} {described['version']}"


def _places(records: list[Record]) -> list[Record]:
    """Return today's communes by code, three cities replaced by their municipal arrondissements."""
    communes = {record["code"]: record for record in records if record["type"] == "commune-actuelle"}
    parts = [record for record in records if record["type"] == "arrondissement-municipal"]
    for part in parts:
        city = communes[part["commune"]]
        part |= {"area": part["code"], "city": city["nom"], "weight": city["population"]}
    for city_code in {part["commune"] for part in parts}:
        del communes[city_code]
    for commune in communes.values():
        commune["area"] = commune.get("arrondissement") or f"D{commune['departement']}"
    return sorted([*communes.values(), *parts], key=lambda place: str(place["code"]))


def _former_names(records: list[Record]) -> dict[str, list[str]]:
    """Return, by code of today's commune, the names of those that merged into it, without its own."""
    names = {record["code"]: record["nom"] for record in records if record["type"] == "commune-actuelle"}
    found: dict[str, set[str]] = defaultdict(set)
    for record in records:
        if record["type"] in _FORMER and fold(record["nom"]) != fold(names[record["chefLieu"]]):
            found[record["chefLieu"]].add(record["nom"])
    return defaultdict(list, {code: sorted(merged) for code, merged in found.items()})


def _line(place: Record, former: list[str]) -> str:
    population = place.get("population", 0)
    fields = [
        place["code"],
        place["nom"],
        place["area"],
        " ".join(place.get("codesPostaux", ())),
        str(place.get("weight", population)),
        str(population),
        place.get("city", ""),
        "|".join(former),
    ]
    if any("\t" in field or "\n" in field for field in fields):
        raise ValueError(f"{place['code']}: a field holds a tab or a line break")
    return "\t".join(fields)


def _keys(places: list[Record], former: dict[str, list[str]]) -> Iterator[str]:
    """Give the lines of the search index, see `_Data.keys` in app/content/communes.py."""
    for number, place in enumerate(places):
        today = {place["nom"], place.get("city", place["nom"])}
        for kind, names in (("=", today), ("<", former[place["code"]])):
            for key in {spelling for name in names for spelling in _spellings(name)}:
                yield f"{key}\t{kind}\t{number}"


def _spellings(name: str) -> set[str]:
    folded = fold(name)
    return {folded, _ARTICLE.sub("", folded)}


def _areas(package: Path, places: list[Record]) -> list[list[str | int]]:
    """Return [code, name, department, region, seat, population] of each area that has communes, by code."""
    members: dict[str, list[Record]] = defaultdict(list)
    for place in places:
        members[place["area"]].append(place)
    named = {record["code"]: record for record in _read(package, "arrondissements")}
    departments = {f"D{record['code']}": record for record in _read(package, "departements")}
    parts = {place["code"]: place for place in places if "city" in place}
    known = parts | departments | named
    return [
        [
            code,
            known[code]["nom"],
            inside[0]["departement"],
            inside[0]["region"],
            _seat(code, known[code], inside),
            sum(place.get("population", 0) for place in inside),
        ]
        for code, inside in sorted(members.items())
    ]


def _seat(code: str, area: Record, inside: list[Record]) -> str:
    """Return the commune where the area's offices stand: its chief town, or its largest when that lies outside.

    The chief towns of the arrondissements of Lyon and Marseille are areas of their own.
    """
    if code in _SEATS:
        return _SEATS[code]
    codes = {place["code"]: place.get("population", 0) for place in inside}
    chief = area.get("chefLieu")
    return str(chief if chief in codes else max(codes, key=lambda place: (codes[place], place)))


def main(arguments: list[str]) -> int:
    """Write the data file; return the exit code."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    content = build(Path(arguments[0]))
    DATA_FILE.parent.mkdir(parents=True, exist_ok=True)
    DATA_FILE.write_bytes(content)
    print(f"{DATA_FILE}: {len(content):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
