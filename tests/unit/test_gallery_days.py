"""The sample days of the gallery of components."""

from datetime import date, timedelta

import pytest

from app.state.gallery import sample_days


@pytest.mark.parametrize("today", [date(2026, 12, 21) + timedelta(days=number) for number in range(14)], ids=str)
def test_some_days_ahead_have_room_whatever_the_day(today: date) -> None:
    days = sample_days(today)
    assert any(day.state == "open" and day.day > today for day in days)
    assert {"open", "closed", "full", "beyond"} <= {day.state for day in days}
