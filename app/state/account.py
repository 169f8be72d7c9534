"""Who is signed in: what the header of every page shows, for how long, and the session behind a state's browser."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import reflex as rx
from reflex.event import EventSpec

from app import addresses, clock, durations
from app.content import detours, wording
from app.models import SpaceKind
from app.services.accounts import sessions
from app.services.accounts.sessions import Ending, SessionView
from app.settings import get_settings
from app.state import detour, near_address
from app.state.base import call

_WARNED_BEFORE = 120
"""Seconds (WCAG 2.2.1 asks for 20 at least); half the time of a session that is shorter than four minutes."""

_WHY: Mapping[Ending, str] = {
    Ending.IDLE: detours.IDLE,
    Ending.LONGEST: detours.LONGEST,
    Ending.ENDED: detours.ENDED_ELSEWHERE,
}


class _Space(NamedTuple):
    """Where one signs in to a kind of space, and its pages."""

    way_in: str
    pages: tuple[str, ...]


_SPACES = {
    SpaceKind.PROFESSIONAL: _Space(addresses.PROFESSIONAL_SIGN_IN, addresses.PROFESSIONAL_PAGES),
    SpaceKind.PERSONAL: _Space(addresses.PERSONAL_SIGN_IN, addresses.PERSONAL_PAGES),
}


async def session_of(
    state: rx.State, kind: SpaceKind = SpaceKind.PROFESSIONAL, *, touch: bool = True
) -> SessionView | None:
    """Return the live session of the browser behind `state`, None if nobody is signed in.

    Asked again at each event: the websocket's own headers are those of when it was opened.
    """
    return await call(sessions.find, kind, state.router.headers.cookie or "", touch=touch)


async def sent_to_sign_in(state: rx.State, kind: SpaceKind, *, was_shown: bool) -> EventSpec:
    """Return the event that leads to the sign-in, where one reads why, and from there back to the page left.

    `was_shown` when the page had been there already: its session has ended since.
    """
    ending = await call(sessions.ending, kind, state.router.headers.cookie or "")
    unknown = detours.SIGNED_OUT if was_shown else detours.PRIVATE
    why = durations.filled(_WHY[ending]) if ending else unknown
    space = _SPACES[kind]
    left = addresses.one_of(space.pages, state.router.url.path)
    return await detour.send(state, addresses.sign_in(space.way_in, left), why)


class AccountState(rx.State):
    """The names in the header, empty when nobody is signed in; the states of private pages are below this one."""

    name: str = ""
    """Whose professional space it is."""
    personal_name: str = ""
    """Whose personal space it is: a browser may be signed in to one of each."""
    session_left: int = 0
    """Seconds until the first of the sessions ends if nothing is done, when it was last measured."""
    session_measured: str = ""
    """Another text at each measure, empty when nobody is signed in."""
    session_warned_at: int = 0
    """How many seconds before the end one is warned."""
    session_is_last: bool = False
    """Whether that end is the one that nothing puts off."""
    _accounts: tuple[int, ...] = (0, 0)

    @rx.event
    async def load(self) -> None:
        """Show who is signed in, and why one is here; what somebody else's space held in this tab is forgotten."""
        await detour.arrive(self)
        await near_address.arrive(self)
        await self._look(touch=True)

    @rx.event
    async def look(self) -> EventSpec | None:
        """Measure again what is left of the sessions, or say that one has ended: asked by assets/session.js."""
        return await self._measure(touch=False)

    @rx.event
    async def stay(self) -> EventSpec | None:
        """« Rester connecté »: the limit without use begins again."""
        return await self._measure(touch=True)

    async def _measure(self, *, touch: bool) -> EventSpec | None:
        before = self._accounts
        found = await self._look(touch=touch)
        for account, kind in zip(before, _SPACES, strict=True):
            if account and kind not in found:
                return await self._tell_ended(kind)
        return None

    async def _tell_ended(self, kind: SpaceKind) -> EventSpec | None:
        if addresses.one_of(_SPACES[kind].pages, self.router.url.path):
            return await sent_to_sign_in(self, kind, was_shown=True)
        # Everybody may read the page: it stays, without the name.
        ending = await call(sessions.ending, kind, self.router.headers.cookie or "")
        await detour.say(self, durations.filled(_WHY[ending]) if ending else detours.SIGNED_OUT)
        return None

    async def _look(self, *, touch: bool) -> Mapping[SpaceKind, SessionView]:
        """Show who is signed in and for how long; return the live sessions."""
        asked = {kind: await session_of(self, kind, touch=touch) for kind in _SPACES}
        accounts = tuple(each.account.id if each else 0 for each in asked.values())
        if accounts != self._accounts:
            await _forget(self)
        self._accounts = accounts
        self.name, self.personal_name = (_name(each) for each in asked.values())
        found = {kind: each for kind, each in asked.items() if each}
        self._show_time(found.values())
        return found

    def _show_time(self, found: Collection[SessionView]) -> None:
        now = clock.now()
        self.session_measured = now.isoformat() if found else ""
        first = min(found, key=lambda each: min(each.idle_until, each.expires_at), default=None)
        if first is not None:
            until = min(first.idle_until, first.expires_at)
            self.session_left = max(0, int((until - now).total_seconds()))
            self.session_warned_at = min(_WARNED_BEFORE, get_settings().session_idle_minutes * 60 // 2)
            self.session_is_last = first.expires_at <= first.idle_until


async def _forget(state: rx.State) -> None:
    """Empty the private pages, loaded or not, and the forms that an account had filled in; they import this module."""
    from app.state.details import DetailsState
    from app.state.leaving import empty

    await empty(state, AccountState)
    await empty(state, DetailsState)


def _name(session: SessionView | None) -> str:
    return wording.full_name(session.account.first_name, session.account.last_name) if session else ""
