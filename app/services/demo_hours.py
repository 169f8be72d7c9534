"""When the invented agents of the demonstration work: their weeks, the closures of offices, absences.

Everything follows from the code of the office and the agent's number in it; closures and absences from the date too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from hashlib import shake_128

from app.content import communes
from app.models import Channel
from app.services.demo_offices import COUNTER_ONLY_CODE, SLOT_MINUTES, Dice, Row

_DRAWS = 512
"""Days after which the absences of an agent repeat."""
_ALL = Channel.COUNTER | Channel.PHONE
_NOON = time(12)
WORKS = "Travaux dans les locaux"
"""Why the office that is always closed is closed."""
WORKS_DAYS = 14
"""For how many days, today among them, it says it is closed."""
_WEEKS_BETWEEN_TRAININGS = 8


@dataclass(frozen=True, slots=True)
class Timetable:
    """Morning and afternoon of an office; each a whole number of slots, all on one grid of half-hours."""

    morning: tuple[time, time]
    afternoon: tuple[time, time]


_TIMETABLES = (
    Timetable((time(8, 30), time(12)), (time(13, 30), time(16))),
    Timetable((time(8, 45), time(12, 15)), (time(13, 15), time(16, 15))),
    Timetable((time(9), time(12)), (time(13, 30), time(16, 30))),
    Timetable((time(8, 45), time(11, 45)), (time(13, 45), time(16, 15))),
)


@dataclass(frozen=True, slots=True)
class DemoAgent:
    """An agent and what their timetable and absences follow from: their office's code and their number in it."""

    id: int
    office: str
    number: int

    def dice(self, about: object) -> Dice:
        """Return this agent's choices on a subject."""
        return Dice(f"{self.office}/{self.number}/{about}")


def demo_agent(agent_id: int, office: str, label: str) -> DemoAgent:
    """Return the agent of a row, whose label ends with their number, « Guichet 1 » for the first."""
    return DemoAgent(agent_id, office, int(label.rpartition(" ")[2]) - 1)


# Hours


def staff(code: str) -> int:
    """Return how many agents an office has: 3 to 8, more where many people live."""
    area = communes.area(code.partition("-")[2])
    people = area.population if area else 1_000_000
    return min(8, 3 + people // 60_000 + Dice(f"{code}/staff").below(3))


def half_days_off(agent: DemoAgent) -> list[tuple[int, tuple[time, time]]]:
    """Return the half-days of the working week, as (weekday, period), that an agent does not spend at the office."""
    timetable, _ = _timetable(agent.office)
    at_office = {(row["weekday"], row["starts"] < _NOON) for row in sessions(agent)}
    return [
        (day, period)
        for day in range(5)
        for period in (timetable.morning, timetable.afternoon)
        if (day, period[0] < _NOON) not in at_office
    ]


def _timetable(code: str) -> tuple[Timetable, Dice]:
    """Return an office's timetable, and the dice that decide the rest of its week."""
    dice = Dice(f"{code}/hours")
    return dice.pick(_TIMETABLES), dice


def _half_days(code: str) -> list[tuple[int, time, time, Channel]]:
    """Return when an office receives: (weekday, start, end, channels)."""
    timetable, dice = _timetable(code)
    channels = Channel.COUNTER if code == COUNTER_ONLY_CODE else _ALL
    half_days = [(day, *timetable.morning, channels) for day in range(5)]
    for day in range(5):
        afternoon = dice.pick((channels, channels, channels, channels & Channel.PHONE, Channel(0)))
        if afternoon:
            half_days.append((day, *timetable.afternoon, afternoon))
    if dice.chance(12):
        half_days.append((5, *timetable.morning, channels))
    return half_days


def sessions(agent: DemoAgent) -> Iterator[Row]:
    """Give the week of an agent; the first of each office works whenever it is open, others part of the time."""
    dice = agent.dice("hours")
    allowed = dice.pick((_ALL, _ALL, _ALL, _ALL, Channel.COUNTER, Channel.PHONE))
    days_off = {dice.below(6) for _ in range(dice.below(4))}
    for day, starts, ends, channels in _half_days(agent.office):
        if agent.number == 0:
            yield session_row(agent, day, (starts, ends), channels)
        elif channels & allowed and day not in days_off and day < 5 and dice.chance(50):
            yield session_row(agent, day, _shortened(starts, ends, dice), channels & allowed)


def session_row(
    agent: DemoAgent, weekday: int, period: tuple[time, time], channels: Channel, place_id: int | None = None
) -> Row:
    """Return the row of a session at the office, or at a local point."""
    starts, ends = period
    return {
        "agent_id": agent.id,
        "weekday": weekday,
        "starts": starts,
        "ends": ends,
        "channels": int(channels),
        "place_id": place_id,
    }


def _shortened(starts: time, ends: time, dice: Dice) -> tuple[time, time]:
    """Return the period less up to three slots at each end; at least two slots remain, enough for a long topic."""
    first, last = (value.hour * 60 + value.minute for value in (starts, ends))
    spare = (last - first) // SLOT_MINUTES - 2
    before = min(dice.below(4), spare)
    after = min(dice.below(4), spare - before)
    first, last = first + before * SLOT_MINUTES, last - after * SLOT_MINUTES
    return time(first // 60, first % 60), time(last // 60, last % 60)


# Days without anybody


def closures(code: str, office_id: int, first: date, last: date) -> Iterator[Row]:
    """Give the closures of an office that touch the days from `first` to `last`, both included.

    They follow from the date alone, so that they come back for as long as the portal runs. The works of the office
    that is always closed are not among them (`works`).
    """
    dice = Dice(f"{code}/closures")
    if dice.chance(20):
        for year in range(first.year, last.year + 1):
            yield from _touching(first, last, _closure(office_id, *_year_end(year), "Fermeture de fin d’année"))
    if dice.chance(25):
        for day in _trainings(dice, first, last):
            yield _closure(office_id, day, day, "Formation de l’équipe")


def works(office_id: int, today: date) -> Row:
    """Return the closure of the office that is always closed, as it stands today."""
    return _closure(office_id, today, today + timedelta(days=WORKS_DAYS - 1), WORKS)


def _year_end(year: int) -> tuple[date, date]:
    return date(year, 12, 24), date(year, 12, 31)


def _trainings(dice: Dice, first: date, last: date) -> Iterator[date]:
    """Give one working day in eight weeks, always the same one whatever the days asked for."""
    every = _WEEKS_BETWEEN_TRAININGS * 7
    # The first day of all, number 1, was a Monday.
    drawn = 1 + dice.below(_WEEKS_BETWEEN_TRAININGS) * 7 + dice.below(5)
    begin = first.toordinal() + (drawn - first.toordinal()) % every
    return (date.fromordinal(number) for number in range(begin, last.toordinal() + 1, every))


def _touching(first: date, last: date, closure: Row) -> Iterator[Row]:
    if closure["first_day"] <= last and closure["last_day"] >= first:
        yield closure


def _closure(office_id: int, first: date, last: date, reason: str) -> Row:
    return {"office_id": office_id, "first_day": first, "last_day": last, "reason": reason}


def absences(agent: DemoAgent, first: date, last: date, today: date) -> Iterator[Row]:
    """Give the absences between two days, both included; a weekend goes with the Friday before.

    They are frequent in the days to come and rarer later: that is what an agenda people book in looks like.
    """
    draws = shake_128(f"{agent.office}/{agent.number}/absences".encode()).digest(_DRAWS)
    since: date | None = None
    for ahead in range((first - today).days, (last - today).days + 2):
        day = today + timedelta(days=ahead)
        if day.weekday() >= 5 and day <= last:
            continue
        away = day <= last and draws[day.toordinal() % _DRAWS] < 256 * _share_away(agent, ahead)
        if away and since is None:
            since = day
        elif not away and since is not None:
            yield absence(agent, since, day - timedelta(days=1))
            since = None


def _share_away(agent: DemoAgent, days_ahead: int) -> float:
    """Return the share of days, so far from now, on which an agent receives nobody.

    The first of an office alone covers all its hours: were they often there, every day would look the same.
    """
    near = 0.65 if days_ahead <= 3 else 0.4 if days_ahead <= 14 else 0.2
    return near if agent.number else near / 2 + 0.5


def absence(agent: DemoAgent, first: date, last: date) -> Row:
    """Return the row of an absence, both ends included."""
    return {"agent_id": agent.id, "first_day": first, "last_day": last}
