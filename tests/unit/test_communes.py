import lzma
import unicodedata
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content import communes
from app.content.communes import Commune

DATA = communes._data()
EVERY_CODE = [line.split("\t", 1)[0] for line in DATA.lines]
codes = st.sampled_from(EVERY_CODE)


def commune(code: str) -> Commune:
    found = communes.by_code(code)
    assert found is not None
    return found


def test_the_whole_country_is_there_with_three_cities_cut_into_arrondissements() -> None:
    assert len(EVERY_CODE) == 34_969 - 3 + 20 + 9 + 16
    assert all(first < second for first, second in pairwise(EVERY_CODE))


def test_data_file_is_small() -> None:
    assert communes.DATA_FILE.stat().st_size < 800_000
    assert lzma.decompress(communes.DATA_FILE.read_bytes()).startswith(b'{"source":"@etalab/decoupage-administratif 6')


@given(codes)
def test_every_commune_is_complete_and_consistent(code: str) -> None:
    found = commune(code)
    assert found.code == code
    assert code.startswith(found.department)
    assert found.name
    assert found.department_name == communes.department_name(found.department)
    assert found.region_name == DATA.regions[found.region]
    assert all(communes.is_postal_code(postal_code) for postal_code in found.postal_codes)
    assert found.population >= 0


@given(codes)
def test_every_commune_is_served_by_an_area_of_its_department(code: str) -> None:
    found = commune(code)
    served_by = communes.area(found.area)
    assert served_by is not None
    assert (served_by.department, served_by.region) == (found.department, found.region)


@given(codes)
def test_every_commune_is_found_by_each_of_its_postal_codes(code: str) -> None:
    found = commune(code)
    assert all(found in communes.by_postal_code(postal_code) for postal_code in found.postal_codes)


@given(codes)
def test_every_commune_is_found_by_its_name_among_the_first(code: str) -> None:
    found = commune(code)
    results = communes.search(found.name)
    assert found in results
    equal = [communes.fold(result.name) == communes.fold(found.name) for result in results]
    assert equal.index(True) <= results.index(found)


@given(codes, st.sampled_from([str.upper, str.lower, str.title, lambda name: name.replace("-", " ")]))
def test_case_accents_and_hyphens_do_not_count(code: str, change: Callable[[str], str]) -> None:
    name = commune(code).name
    bare = "".join(c for c in unicodedata.normalize("NFD", change(name)) if not unicodedata.combining(c))
    assert communes.search(bare) == communes.search(name)


@given(st.text())
def test_folding_gives_plain_words_and_twice_changes_nothing(text: str) -> None:
    folded = communes.fold(text)
    assert communes.fold(folded) == folded
    assert all(c.isascii() and (c.isalnum() or c == " ") for c in folded)
    assert folded == " ".join(folded.split())


@given(st.text(max_size=300), st.integers(max_value=50))
def test_any_query_is_answered_within_the_limit_except_for_equal_names(text: str, limit: int) -> None:
    results = communes.search(text, limit)
    if len(results) > max(0, limit):
        query = communes.fold(text[:100])
        assert all(query in communes.fold(f"{result.name} {result.city}") for result in results)
    assert len(set(results)) == len(results)


@given(st.text())
def test_a_postal_code_that_is_none_gives_no_commune(text: str) -> None:
    if not communes.is_postal_code(text):
        assert communes.by_postal_code(text) == ()


@given(st.text())
def test_an_unknown_code_gives_no_commune(text: str) -> None:
    found = communes.by_code(text)
    assert found is None or found.code == text


@pytest.mark.parametrize("text", ["", "11", "11069\t", "11069\tCarcassonne", "75056", "69123", "13055", "99999"])
def test_pieces_of_lines_and_whole_cities_are_no_codes(text: str) -> None:
    assert communes.by_code(text) is None


def test_a_postal_code_with_several_communes_gives_all_of_them_by_name() -> None:
    found = communes.by_postal_code("51300")
    assert len(found) == 46
    names = [communes.fold(commune.name) for commune in found]
    assert names == sorted(names)


def test_carcassonne() -> None:
    berriac, found = communes.by_postal_code("11000")
    assert berriac.name == "Berriac"
    assert (found.code, found.name, found.area) == ("11069", "Carcassonne", "111")
    assert (found.department_name, found.region_name) == ("Aude", "Occitanie")
    assert found.label == "Carcassonne (Aude, 11)"


@pytest.mark.parametrize("postal_code", ["75016", "75116"])
def test_both_postal_codes_of_paris_16e_lead_to_its_own_area(postal_code: str) -> None:
    (found,) = communes.by_postal_code(postal_code)
    assert (found.code, found.name, found.city, found.area) == ("75116", "Paris 16e Arrondissement", "Paris", "75116")


@pytest.mark.parametrize(("city", "arrondissements"), [("Paris", 20), ("Lyon", 9), ("Marseille", 16)])
def test_the_name_of_a_large_city_gives_all_its_arrondissements_in_order(city: str, arrondissements: int) -> None:
    found = communes.search(city)[:arrondissements]
    assert [commune.city for commune in found] == [city] * arrondissements
    assert [commune.area for commune in found] == sorted(commune.code for commune in found)


@pytest.mark.parametrize("typed", ["paris 16", "Paris 16e", "PARIS 16ème", "Paris 16ieme arrondissement"])
def test_an_arrondissement_is_found_however_its_number_is_written(typed: str) -> None:
    assert [commune.code for commune in communes.search(typed)] == ["75116"]


@pytest.mark.parametrize("typed", ["Saint-Denis", "st denis", "SAINT DENIS", "St-Denis"])
def test_saint_denis_is_told_apart_by_department(typed: str) -> None:
    first, second, *_ = communes.search(typed)
    assert {first.label, second.label} == {"Saint-Denis (Seine-Saint-Denis, 93)", "Saint-Denis (La Réunion, 974)"}


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Sainte Geneviève des Bois", "91549"),
        ("Ste-Geneviève-des-Bois", "91549"),
        ("havre", "76351"),
        ("L'Haÿ-les-Roses", "94038"),
        ("L’Haÿ les roses", "94038"),
        ("hay les roses", "94038"),
        ("Billancourt", "92012"),
        ("Saint-Maur s/ Indre", None),
        ("Œuilly", "51410"),
        ("oeuilly", "51410"),
    ],
)
def test_usual_spellings_are_understood(typed: str, code: str | None) -> None:
    found = [commune.code for commune in communes.search(typed)]
    assert code in found if code else not found


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("larochelle", "17300"),
        ("La Rochelle cedex 1", "17300"),
        ("aixenprovence", "13001"),
        ("l haylesroses", "94038"),
        ("saintetienne", "42218"),
        ("stetienne", "42218"),
        ("stegenevievedesbois", "91549"),
        ("sainte genevieve desbois", "91549"),
        ("Carcassonne Cedex 9", "11069"),
        ("Saint-Étienne 42", "42218"),
        ("75016 Paris", "75116"),
        ("F-75016 PARIS", "75116"),
        ("Paris 75016", "75116"),
        ("75016", "75116"),
        ("Paris 08", "75108"),
        ("paris16", "75116"),
        ("Paris cedex 16", "75116"),
        ("Lyon 03", "69383"),
        ("lyon3", "69383"),
        ("Saint-Denis 97400", "97411"),
        ("93200 saint denis", "93066"),
        ("Lille 99999", "59350"),
        ("75000 Paris", "75101"),
        ("75001 " * 16, "75101"),
    ],
)
def test_blanks_and_what_else_stands_on_envelopes_do_not_count(typed: str, code: str) -> None:
    assert communes.search(typed)[0].code == code


@pytest.mark.parametrize("typed", ["cedex", "99999", "1", "Cedex 9", "00000 cedex"])
def test_words_of_envelopes_alone_find_nothing(typed: str) -> None:
    assert communes.search(typed) == ()


def test_the_name_of_a_merged_commune_leads_to_the_commune_of_today() -> None:
    (found,) = communes.search("Arbignieu")
    assert found.code == "01015"
    assert found.name == "Arboys en Bugey"
    assert "Arbignieu" in found.former_names


def test_a_former_name_comes_after_the_same_name_of_today() -> None:
    found = communes.search("Saint-Denis", limit=40)
    today = [communes.fold(commune.name) == "saint denis" for commune in found]
    assert today == sorted(today, reverse=True)


def test_the_five_districts_without_inhabitants_have_no_postal_code_and_are_found_by_name() -> None:
    without = [code for code in EVERY_CODE if not commune(code).postal_codes]
    assert without == ["98411", "98412", "98413", "98414", "98415"]
    assert communes.search("kerguelen")[0].code == "98412"


def test_communes_without_an_arrondissement_are_served_by_their_department() -> None:
    whole = [area for area in communes.areas() if area.code.startswith("D")]
    assert {area.department for area in whole} == {"975", "976", "977", "978", "984", "986", "987", "988", "989"}
    assert sum(commune(code).area.startswith("D") for code in EVERY_CODE) == 111


def test_every_area_has_a_seat_with_a_postal_code() -> None:
    assert len(communes.areas()) == 332 + 45 + 9
    for area in communes.areas():
        assert commune(area.seat).postal_codes
        assert commune(area.seat).area == area.code or area.population == 0


def test_the_communes_of_an_area_are_listed_the_most_populated_first() -> None:
    assert [found.name for found in communes.in_area("111")[:3]] == ["Carcassonne", "Castelnaudary", "Trèbes"]
    assert [found.code for found in communes.in_area("75116")] == ["75116"]
    assert sum(len(communes.in_area(area.code)) for area in communes.areas()) == len(EVERY_CODE)
    assert communes.in_area("nowhere") == ()


def test_what_is_left_of_the_arrondissements_of_lyon_and_marseille_has_a_seat_of_its_own() -> None:
    seats = {code: area.seat for code in ("691", "133") if (area := communes.area(code))}
    assert {code: commune(seat).name for code, seat in seats.items()} == {"691": "Villeurbanne", "133": "Aubagne"}
    assert communes.area("751") is None


def test_departments_are_listed_with_the_collectivities() -> None:
    listed = dict(communes.departments())
    assert len(listed) == 109
    assert (listed["2A"], listed["974"]) == ("Corse-du-Sud", "La Réunion")
    assert communes.department_name("99") is None
