"""Who gets which free seats: pure rules of the waiting list, without a database.

People are asked in the order in which they joined, and each takes the earliest time that suits.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from app.models import Channel


@dataclass(frozen=True, slots=True)
class FreeSeat:
    """A free slot of an agent; `channels` are flags, `place_id` None is the office itself."""

    id: int
    agent_id: int
    starts_at: datetime
    channels: int
    place_id: int | None


@dataclass(frozen=True, slots=True)
class Waiter:
    """Somebody who waits; `weekdays` has bit 0 for Monday, days are local, `told` are starts offered before (UTC)."""

    entry_id: int
    email_key: str
    channel: Channel
    place_id: int | None
    minutes: int
    weekdays: int
    first_day: date
    last_day: date
    told: frozenset[datetime] = frozenset()

    def likes(self, day: date) -> bool:
        """Tell whether a local day suits."""
        return self.first_day <= day <= self.last_day and bool(self.weekdays >> day.weekday() & 1)


@dataclass(frozen=True, slots=True)
class Group:
    """Consecutive slots of one agent, enough for one appointment; ids in ascending order."""

    starts_at: datetime
    ids: tuple[int, ...]


class Pool:
    """Free seats of one office, given away one group after the other.

    No group begins before `not_before`. With `fresh`, only groups that hold one of these slots are given.
    """

    def __init__(
        self,
        seats: Iterable[FreeSeat],
        *,
        timezone: ZoneInfo,
        slot_minutes: int,
        not_before: datetime,
        fresh: Collection[int] | None = None,
    ) -> None:
        self._timezone = timezone
        self._slot_minutes = slot_minutes
        self._not_before = not_before
        self._fresh = None if fresh is None else frozenset(fresh)
        self._free = {(seat.agent_id, seat.starts_at): seat for seat in seats}

    def has_room(self) -> bool:
        """Tell whether anything is left to give."""
        return any(self._fresh is None or seat.id in self._fresh for seat in self._free.values())

    def best_for(self, waiter: Waiter) -> Group | None:
        """Return the earliest group that suits, of the agent who serves the fewest other channels; None if none."""
        for start, day in self._starts:
            if start in waiter.told or not waiter.likes(day):
                continue
            groups = [group for agent in self._agents[start] if (group := self._group(waiter, agent, start))]
            if groups:
                chosen = min(groups, key=lambda group: sum(seat.channels.bit_count() for seat in group))
                return Group(start, tuple(sorted(seat.id for seat in chosen)))
        return None

    def take(self, group: Group) -> None:
        """Take a group out."""
        given = frozenset(group.ids)
        self._free = {key: seat for key, seat in self._free.items() if seat.id not in given}

    @cached_property
    def _agents(self) -> dict[datetime, list[int]]:
        agents: dict[datetime, list[int]] = defaultdict(list)
        for agent_id, start in sorted(self._free):
            agents[start].append(agent_id)
        return agents

    @cached_property
    def _starts(self) -> list[tuple[datetime, date]]:
        """The starts that are late enough, earliest first, with their local days."""
        starts = (start for start in sorted(self._agents) if start >= self._not_before)
        return [(start, start.astimezone(self._timezone).date()) for start in starts]

    def _group(self, waiter: Waiter, agent_id: int, start: datetime) -> list[FreeSeat]:
        """Return the seats of an appointment with this agent, nothing if one is missing or none is fresh."""
        step = timedelta(minutes=self._slot_minutes)
        needed = -(-waiter.minutes // self._slot_minutes)
        wanted = (self._free.get((agent_id, start + step * number)) for number in range(needed))
        group = [seat for seat in wanted if seat is not None and _serves(seat, waiter)]
        if len(group) < needed or not (self._fresh is None or any(seat.id in self._fresh for seat in group)):
            return []
        return group


def plan(pool: Pool, waiters: Iterable[Waiter], at_most: int) -> list[tuple[Waiter, Group]]:
    """Give the pool away, one group to each in their order; return who gets what."""
    given: list[tuple[Waiter, Group]] = []
    for waiter in waiters:
        if len(given) == at_most or not pool.has_room():
            break
        group = pool.best_for(waiter)
        if group is not None:
            pool.take(group)
            given.append((waiter, group))
    return given


def _serves(seat: FreeSeat, waiter: Waiter) -> bool:
    return bool(seat.channels & waiter.channel) and seat.place_id == waiter.place_id
