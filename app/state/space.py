"""The professional space itself: what is in it, what comes next; and the sessions that are open on either kind."""

from dataclasses import dataclass
from typing import ClassVar
from zoneinfo import ZoneInfo

import reflex as rx
from reflex.event import EventSpec

from app.content import company_services, wording
from app.models import SpaceKind, SpaceMode
from app.services.accounts import changes, sessions
from app.services.accounts.accounts import AccountView
from app.services.accounts.sessions import OpenSession, SessionView
from app.state.account import AccountState, sent_to_sign_in, session_of
from app.state.base import call, text

_PARIS = ZoneInfo("Europe/Paris")
_LONGEST_ID = 32


@dataclass(frozen=True)
class ServiceView:
    """A demonstration service of a company in simplified mode."""

    label: str
    purpose: str
    today: str


@dataclass(frozen=True)
class SessionLine:
    """One line of the list of open sessions."""

    id: str
    browser: str
    since: str
    seen: str
    is_here: bool


class PrivateMixin(rx.State, mixin=True):
    """A page for whoever is signed in: « loading » until that is sure, then « ready »."""

    phase: str = "loading"

    _kind: ClassVar[SpaceKind] = SpaceKind.PROFESSIONAL

    async def _enter(self) -> tuple[SessionView | None, EventSpec | None]:
        """Return the live session, else None and where to go; what the page showed is forgotten then."""
        found = await session_of(self, self._kind)
        if found is None:
            return None, await self._signed_out()
        self.phase = "ready"
        return found, None

    async def _signed_out(self) -> EventSpec:
        """Forget what the page showed; return the event that leads to the sign-in, where one reads why."""
        was_shown = self.phase == "ready"
        self.reset()  # type: ignore[no-untyped-call]
        return await sent_to_sign_in(self, self._kind, was_shown=was_shown)


class SpaceState(PrivateMixin, AccountState):
    """Whose space it is, and the services in it."""

    who: str = ""
    email: str = ""
    subscriber_number: str = ""
    registered: str = ""
    is_simplified: bool = False
    siren: str = ""
    contact_email: str = ""
    services: list[ServiceView] = []
    password_is_old: bool = False

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the space."""
        found, elsewhere = await self._enter()
        if found is not None:
            self._show(found.account)
        return elsewhere

    def _show(self, account: AccountView) -> None:
        self.who = wording.full_name(account.first_name, account.last_name)
        self.email = account.email
        self.subscriber_number = account.subscriber_number
        self.registered = wording.day_with_year(account.created_at.astimezone(_PARIS).date())
        self.is_simplified = account.mode == SpaceMode.SIMPLIFIED
        self.siren = _grouped(account.siren)
        self.contact_email = account.contact_email
        self.password_is_old = changes.password_is_old(account)
        self.services = (
            [ServiceView(service.label, service.purpose, service.today) for service in company_services.SERVICES]
            if self.is_simplified
            else []
        )


class SessionsMixin(PrivateMixin, mixin=True):
    """The sessions open on the account; the one of this browser is marked."""

    lines: list[SessionLine] = []
    done: str = ""

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the list."""
        found, elsewhere = await self._enter()
        if found is not None:
            self.done = ""
            await self._list(found)
        return elsewhere

    async def _list(self, mine: SessionView) -> None:
        opened = await call(sessions.list, mine.account.id)
        self.lines = sorted((_line(one, mine) for one in opened), key=lambda line: not line.is_here)

    @rx.event
    async def close(self, session_id: str) -> EventSpec | None:
        """Close another session of the same account."""
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        asked = text(session_id, _LONGEST_ID)
        # This browser's own session ends by « Se déconnecter », which also clears its cookie.
        if asked and asked != found.id:
            await call(sessions.end, asked, found.account.id)
            self.done = "La session est fermée."
        await self._list(found)
        return None

    @rx.event
    async def close_others(self) -> EventSpec | None:
        """Close every session of the account but this one."""
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        await call(sessions.end_all, found.account.id, found.id)
        self.done = "Les autres sessions sont fermées."
        await self._list(found)
        return None


class SessionsState(SessionsMixin, AccountState):
    """The sessions of a professional space."""


def _line(one: OpenSession, mine: SessionView) -> SessionLine:
    return SessionLine(
        id=one.id,
        browser=one.browser,
        since=wording.short_moment(one.created_at.astimezone(_PARIS)),
        seen=wording.short_moment(one.last_seen_at.astimezone(_PARIS)),
        is_here=one.id == mine.id,
    )


def _grouped(siren: str) -> str:
    """Return a SIREN as it is read: « 732 829 320 »."""
    return wording.NBSP.join((siren[:3], siren[3:6], siren[6:])) if siren else ""
