"""The days that the form of the waiting list proposes."""

from datetime import date

import pytest

from app.state.waiting_list import last_day_worth_waiting

HORIZON = date(2027, 1, 31)


@pytest.mark.parametrize(
    ("today", "first_free"),
    [
        pytest.param("2026-11-30", "2026-12-01", id="Monday, free on Tuesday"),
        pytest.param("2026-11-27", "2026-11-30", id="Friday, free on Monday"),
        pytest.param("2026-11-30", "2026-11-30", id="free today"),
    ],
)
def test_without_a_working_day_from_tomorrow_on_it_lasts_to_the_horizon(today: str, first_free: str) -> None:
    assert last_day_worth_waiting(date.fromisoformat(today), date.fromisoformat(first_free), HORIZON) == HORIZON


def test_otherwise_it_ends_on_the_eve_of_the_first_free_time() -> None:
    assert last_day_worth_waiting(date(2026, 11, 30), date(2026, 12, 4), HORIZON) == date(2026, 12, 3)
    assert last_day_worth_waiting(date(2026, 11, 27), date(2026, 12, 2), HORIZON) == date(2026, 12, 1)
