"""Pictures and sounds of CAPTCHA challenges, drawn off the event loop and kept a short while.

Each drawing of a challenge differs. A player that asks for a sound in parts must get parts of one sound, and a
script must not get twenty drawings of one challenge to compare, so the last few are kept.
"""

from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import anyio

_KEPT = 32
_AT_ONCE = 2


class DrawnMedia:
    """One kind of media; `render` makes it from the answer of a challenge."""

    def __init__(self, render: Callable[[str], bytes]) -> None:
        self._render = render
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        # Drawing is all computing: a few at a time, apart from the threads that wait for the database.
        self._limiter = anyio.CapacityLimiter(_AT_ONCE)

    async def of(self, challenge_id: str, answer: str) -> bytes:
        """Return the media of a challenge; the caller has made sure that it may be shown."""
        if challenge_id not in self._kept:
            drawn = await anyio.to_thread.run_sync(partial(self._render, answer), limiter=self._limiter)
            # Somebody may have asked for the same meanwhile: the first drawing stays.
            self._kept.setdefault(challenge_id, drawn)
        self._kept.move_to_end(challenge_id)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return self._kept[challenge_id]
