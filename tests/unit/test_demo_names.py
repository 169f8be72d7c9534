import pytest

from app.services.demo_offices import contracted


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("Carcassonne", "de Carcassonne"),
        ("Albi", "d’Albi"),
        ("Évreux", "d’Évreux"),
        ("Yssingeaux", "d’Yssingeaux"),
        ("Haguenau", "de Haguenau"),
        ("Le Mans", "du Mans"),
        ("Les Andelys", "des Andelys"),
        ("La Rochelle", "de La Rochelle"),
        ("L'Haÿ-les-Roses", "de L'Haÿ-les-Roses"),
        ("Lens", "de Lens"),
    ],
)
def test_a_place_name_is_contracted_as_french_wants(place: str, words: str) -> None:
    assert contracted(place) == words
