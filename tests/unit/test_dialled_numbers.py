"""A number that a page shows can be tapped: its link dials it from anywhere."""

import pytest

from app.services import phones


@pytest.mark.parametrize(
    ("shown", "address"),
    [
        ("04 65 71 00 01", "tel:+33465710001"),
        ("04\u00a065\u00a071\u00a000\u00a001", "tel:+33465710001"),
        ("+41 44 668 18 00", "tel:+41446681800"),
        ("0262 90 88 00", "tel:+262262908800"),
        ("39 39", "tel:3939"),
        ("", "tel:"),
    ],
)
def test_a_number_is_dialled_with_its_country(shown: str, address: str) -> None:
    assert phones.dialled(shown) == address
