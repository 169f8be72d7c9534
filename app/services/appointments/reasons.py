"""Why a day or the whole horizon has no room, in French, as far as the opening rules alone tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from app import clock
from app.content import wording
from app.models import Channel
from app.services.appointments.holds import LEAD
from app.services.appointments.opening import OpeningRules, local_midnight
from app.settings import get_settings

DayState = Literal["open", "closed", "past", "beyond", "full"]

_CHANNEL_WORDS = {
    Channel.COUNTER: "au guichet",
    Channel.PHONE: "par téléphone",
    Channel.VIDEO: "par visioconférence",
}
_LOCAL_POINT_WORDS = {
    Channel.COUNTER: "avec un agent dans ce point d’accueil",
    Channel.PHONE: "par téléphone",
    Channel.VIDEO: "par visioconférence dans ce point d’accueil",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What kind of appointment is searched, where, and for whom."""

    channel: Channel
    minutes: int
    place_id: int | None = None
    visitor_key: str = ""

    @property
    def words(self) -> str:
        """How and where one would be received: « au guichet »."""
        return (_CHANNEL_WORDS if self.place_id is None else _LOCAL_POINT_WORDS)[self.channel]


@dataclass(frozen=True, slots=True)
class Reasons:
    """What the agenda needs to say why a day has no room."""

    rules: OpeningRules
    asked: Asked
    today: date
    last: date

    def why(self, day: date) -> tuple[DayState, str]:
        """Return the state of a day without free times, and why there are none, without a full stop."""
        if day < self.today:
            return "past", "Jour passé"
        if day > self.last:
            return "beyond", f"Les rendez-vous s’ouvrent {_horizon()} à l’avance"
        closed = self._closed(day)
        if closed:
            return "closed", closed
        if not _is_still_possible(self.rules, day, self.asked):
            return "past", f"Un rendez-vous se prend au moins {_lead()} à l’avance"
        if self.asked.minutes > self.rules.slot_minutes:
            return "full", f"Aucun créneau de {wording.duration(self.asked.minutes)}"
        return "full", "Tous les créneaux sont pris"

    def _closed(self, day: date) -> str | None:
        reason = self.rules.closed_reason(day, self.asked.place_id)
        if reason or self.asked.channel & self.rules.channels_on(day, self.asked.place_id):
            return reason
        return f"Pas de rendez-vous {self.asked.words} ce jour-là"


def receives(rules: OpeningRules, day: date, asked: Asked) -> bool:
    """Tell whether agents give such appointments on a day, taken or not, late enough to be booked still."""
    is_open = not rules.closed_reason(day, asked.place_id)
    serves = bool(asked.channel & rules.channels_on(day, asked.place_id))
    return is_open and serves and _is_still_possible(rules, day, asked)


def weekdays_served(rules: OpeningRules, asked: Asked) -> int:
    """Return the days of an ordinary week on which such appointments are given, bit 0 for Monday."""
    mask = 0
    for session in rules.sessions:
        if session.place_id == asked.place_id and session.served & asked.channel:
            mask |= 1 << session.weekday
    return mask


def why_not_weekdays(rules: OpeningRules, asked: Asked, weekdays: Sequence[int]) -> str:
    """Return the sentences that say on which of `weekdays` (0 is Monday) no such appointment is ever given."""
    served = weekdays_served(rules, asked)
    open_at = {session.weekday for session in rules.sessions if session.place_id == asked.place_id}
    unserved = [day for day in weekdays if not served >> day & 1]
    who = "Ce service" if asked.place_id is None else "Ce point d’accueil"
    shut = [day for day in unserved if day not in open_at]
    otherwise = [day for day in unserved if day in open_at]
    sentences = []
    if shut:
        sentences.append(f"{who} ne reçoit pas {_on(shut)}.")
    if otherwise:
        sentences.append(f"{who} ne donne pas de rendez-vous {asked.words} {_on(otherwise)}.")
    return " ".join(sentences)


def why_closed(rules: OpeningRules, days: Sequence[date], words: str) -> str:
    """Return the sentences that say why nobody is received on any of `days`, the last of which is the horizon."""
    until = wording.day_with_year(days[-1])
    closure = next(filter(None, map(rules.closure_on, days)), None)
    if closure is None:
        return f"Aucun agent ne reçoit {words} jusqu’au {until}."
    return f"Le service ne reçoit pas jusqu’au {until}. Motif\u00a0: {closure.reason}."


def _on(weekdays: Sequence[int]) -> str:
    """Return « le samedi », « le lundi, le mardi ni le samedi »."""
    names = [f"le {wording.weekday(day)}" for day in weekdays]
    return " ni ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _is_still_possible(rules: OpeningRules, day: date, asked: Asked) -> bool:
    """Tell whether an open day has seats for what is asked, free or not, that begin late enough."""
    earliest = clock.now() + LEAD
    if local_midnight(day, rules.timezone) >= earliest:
        return True
    return any(
        start >= earliest and service.channels & asked.channel and service.place_id == asked.place_id
        for (_, start), service in rules.slots_on(day).items()
    )


def _lead() -> str:
    return wording.duration(LEAD // timedelta(minutes=1))


def _horizon() -> str:
    return wording.count(get_settings().horizon_days, "jour")
