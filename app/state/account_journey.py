"""What the journeys that lead to an account share: may this page be shown, « Reprendre », « Effacer et quitter »."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

import reflex as rx
from reflex.event import EventSpec

from app import addresses, clock
from app.content import detours
from app.services.journeys import DraftTooLargeError, JourneyGoneError
from app.state import detour
from app.state.base import call, tab_of, visitor_of
from app.state.leaving import empty, forget_all


class HasTabs(Protocol):
    """What a finished journey led to, and the browser tabs it was open in."""

    @property
    def tabs(self) -> tuple[str, ...]:
        """Return the tabs as `tab_of` names them."""


class AccountJourneyMixin(rx.State, mixin=True):
    """How the journey stands in this tab: « loading », « resume » (ask first), « no_cookies » or « ready ».

    For the state above those of the journey's pages, which says whose journey it is by the class variables.
    """

    phase: str = "loading"
    _was_here: bool = False
    _seen_at: str = ""

    _service: ClassVar[Any]
    """The service module of the journey: progress, resume, leave, remember, note_human and activated (see `_made`).

    Each is given `_options` too.
    """
    _options: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    _pages: ClassVar[tuple[str, ...]]
    """The address of each step; the journey's progress has `step`, which counts them from 0, and `tabs`."""
    _beginning: ClassVar[str]
    """Where a tab goes in which there is no such journey."""
    _way_out: ClassVar[str]
    """Where « Recommencer » leads, and « Reprendre » when there is nothing left to resume."""

    async def _made(self, visitor: str) -> HasTabs | None:
        """Return what the visitor's last journey of this kind led to."""
        made: HasTabs | None = await call(self._service.activated, visitor, **self._options)
        return made

    async def _admit(self, needed: int) -> tuple[Any, EventSpec | None]:
        """Return the journey if the page of step `needed` may be shown here, else None and where to go instead."""
        visitor = visitor_of(self)
        if visitor is None:
            self.phase = "no_cookies"
            return None, None
        progress = await call(self._service.progress, visitor, **self._options)
        if progress is None:
            return None, await self._sent_back(visitor)
        if tab_of(self) not in progress.tabs:
            self.phase = "resume"
            return None, None
        if progress.step < needed:
            return None, await detour.send(self, self._pages[progress.step], detours.MISSING)
        self.phase, self._was_here, self._seen_at = "ready", True, clock.now().isoformat()
        return progress, None

    async def _sent_back(self, visitor: str) -> EventSpec:
        """Lead a tab without a live journey to what it led to here, else to the beginning, and say why.

        What the tab still holds of it, ended perhaps in another tab, is forgotten.
        """
        why = detours.NOT_BEGUN
        if self._was_here:
            why = detour.why_ended(self._seen_at, is_finished=await self._made(visitor) is not None)
        self._was_here = False
        await self._forget()
        if await self._made_here(visitor) is not None:
            return await detour.send(self, self._pages[-1], detours.DONE)
        return await detour.send(self, self._beginning, why)

    async def _made_here(self, visitor: str) -> Any:
        """Return what the last journey led to if it was open in this tab, for its last page."""
        made = await self._made(visitor)
        return made if made is not None and tab_of(self) in made.tabs else None

    async def _ended(self) -> tuple[Any, EventSpec | None]:
        """Return what the journey led to in this tab, for its last page, else None and where to go instead."""
        visitor = visitor_of(self)
        made = None if visitor is None else await self._made_here(visitor)
        if made is None:
            _, elsewhere = await self._admit(len(self._pages) - 1)
            return None, elsewhere
        # It may have ended in another tab, while this one still holds what was typed.
        await self._forget()
        self.phase = "ready"
        return made, None

    def _lead(self, page: str) -> EventSpec:
        """Go on to a page of the journey; what it still holds of an earlier visit is hidden until it has loaded."""
        self.phase = "loading"
        return rx.redirect(page)

    async def _remember(self, typed: Mapping[str, str]) -> None:
        visitor = visitor_of(self)
        if visitor is None:
            return
        progress = await call(self._service.progress, visitor, **self._options)
        if progress is None:
            await self._forget()
        # What is typed in a tab that was never opened by « Reprendre » is not the journey's.
        elif tab_of(self) in progress.tabs:
            try:
                await call(self._service.remember, visitor, typed, **self._options)
            except (JourneyGoneError, DraftTooLargeError):
                return

    async def _forget(self) -> None:
        """Empty the states of the journey's pages: a page that loads is sent every variable of its tab."""
        own = type(self)
        while (above := own.get_parent_state()) is not None and issubclass(above, AccountJourneyMixin):
            own = above
        for below in own.get_substates():
            await empty(self, below)

    @rx.event
    async def resume(self) -> EventSpec:
        """Go on with what was begun in another tab or earlier."""
        visitor = visitor_of(self)
        if visitor is None:
            return rx.redirect(self._beginning)
        try:
            progress = await call(self._service.resume, visitor, tab_of(self), **self._options)
        except JourneyGoneError:
            return await detour.send(self, self._way_out, detours.ENDED)
        self.phase = "loading"
        return rx.redirect(self._pages[progress.step])

    @rx.event
    async def restart(self) -> EventSpec:
        """Erase what was begun; a request already made, and its code, stay good."""
        visitor = visitor_of(self)
        if visitor is not None:
            await call(self._service.leave, visitor, **self._options)
        await self._forget()
        self.reset()  # type: ignore[no-untyped-call]
        return rx.redirect(self._way_out)

    @rx.event
    async def leave(self) -> EventSpec:
        """Erase what was typed here and leave: for shared computers."""
        await forget_all(self)
        return rx.redirect(addresses.HOME)
