"""How much one connection and one network may ask over websockets; Reflex has no limit of its own.

A person never comes near these limits: a tap is one event, typing is sent a few times a second at most. What comes
faster is not lost, it waits: the connection is read no faster than its pace, so that the network itself holds the
sender back. Counts are this process's own.
"""

import time
from dataclasses import dataclass, field

EVENTS_PER_SECOND = 30
EVENTS_AT_ONCE = 120
"""Events one connection may send in a burst, before `EVENTS_PER_SECOND` holds."""

NETWORK_EVENTS_PER_SECOND = 150
NETWORK_EVENTS_AT_ONCE = 3000
"""The same for all connections of a network together: an office building, a school, a mobile operator's gateway."""

NETWORK_CONNECTIONS_PER_SECOND = 1
NETWORK_CONNECTIONS_AT_ONCE = 600
"""New connections of a network: each may leave a session behind that lives for an hour."""

NETWORK_CONNECTIONS_OPEN = 1000

NETWORK_REPORTS_PER_SECOND = 0.5
NETWORK_REPORTS_AT_ONCE = 20
"""Errors that browsers report, which all end up in the log."""

BYTES_PER_EVENT = 4096
"""A message counts as one event for each beginning of so many bytes."""

EVENTS_WAITING = 20
"""Events of one tab that Reflex may have waiting; it keeps any number, and goes on with them when the tab is gone."""

_NETWORKS_KEPT = 5000


class TokenBucket:
    """A budget that refills at `rate` a second up to `burst`."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = time.monotonic()

    def spend(self, cost: float = 1) -> float:
        """Spend `cost`, on credit if need be; return how many seconds to wait before going on, 0 if none."""
        self._refill()
        self._left -= cost
        return max(0.0, -self._left / self._rate)

    def allows(self, cost: float = 1) -> bool:
        """Spend `cost` if there is as much left, and tell whether there was."""
        self._refill()
        if self._left < cost:
            return False
        self._left -= cost
        return True

    def is_full(self) -> bool:
        """Tell whether nothing was spent lately."""
        self._refill()
        return self._left >= self._burst

    def _refill(self) -> None:
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now


def _events_of_network() -> TokenBucket:
    return TokenBucket(NETWORK_EVENTS_PER_SECOND, NETWORK_EVENTS_AT_ONCE)


def _connections_of_network() -> TokenBucket:
    return TokenBucket(NETWORK_CONNECTIONS_PER_SECOND, NETWORK_CONNECTIONS_AT_ONCE)


def _reports_of_network() -> TokenBucket:
    return TokenBucket(NETWORK_REPORTS_PER_SECOND, NETWORK_REPORTS_AT_ONCE)


@dataclass
class Network:
    """What one network spends."""

    open: int = 0
    events: TokenBucket = field(default_factory=_events_of_network)
    connections: TokenBucket = field(default_factory=_connections_of_network)
    reports: TokenBucket = field(default_factory=_reports_of_network)

    def admits(self) -> bool:
        """Count a connection and tell whether it may open; who was admitted must `leave`."""
        if self.open >= NETWORK_CONNECTIONS_OPEN or not self.connections.allows():
            return False
        self.open += 1
        return True

    def leave(self) -> None:
        """Count a connection that has closed."""
        self.open -= 1

    def is_idle(self) -> bool:
        """Tell whether forgetting this network would give it nothing."""
        return self.open == 0 and all(spent.is_full() for spent in (self.events, self.connections, self.reports))


class Networks:
    """Every network seen lately, by its key."""

    def __init__(self) -> None:
        self._known: dict[str, Network] = {}

    def get(self, key: str) -> Network:
        """Return what the network of this key spends."""
        if len(self._known) >= _NETWORKS_KEPT and key not in self._known:
            self._known = {known: network for known, network in self._known.items() if not network.is_idle()}
        return self._known.setdefault(key, Network())


class Pace:
    """How fast one connection is read."""

    def __init__(self, network: Network) -> None:
        self._own = TokenBucket(EVENTS_PER_SECOND, EVENTS_AT_ONCE)
        self._network = network

    def wait(self, size: int) -> float:
        """Count a message of `size` bytes; return how many seconds to wait before it may go on."""
        cost = 1 + size // BYTES_PER_EVENT
        return max(self._own.spend(cost), self._network.events.spend(cost))
