"""Who is signed in: what the header of every page shows, and the session behind a state's own browser."""

import reflex as rx

from app.content import wording
from app.models import SpaceKind
from app.services.accounts import sessions
from app.services.accounts.sessions import SessionView
from app.state import detour
from app.state.base import call


async def session_of(state: rx.State, kind: SpaceKind = SpaceKind.PROFESSIONAL) -> SessionView | None:
    """Return the live session of the browser behind `state`, None if nobody is signed in.

    Asked again at each event: the websocket's own headers are those of when it was opened.
    """
    return await call(sessions.find, kind, state.router.headers.cookie or "")


class AccountState(rx.State):
    """The names in the header, empty when nobody is signed in; the states of private pages are below this one."""

    name: str = ""
    """Whose professional space it is."""
    personal_name: str = ""
    """Whose personal space it is: a browser may be signed in to one of each."""
    _accounts: tuple[int, ...] = (0, 0)

    @rx.event
    async def load(self) -> None:
        """Show who is signed in, and why one is here; what somebody else's space held in this tab is forgotten."""
        await detour.arrive(self)
        found = [await session_of(self, kind) for kind in (SpaceKind.PROFESSIONAL, SpaceKind.PERSONAL)]
        accounts = tuple(each.account.id if each else 0 for each in found)
        if accounts != self._accounts:
            self.reset()  # type: ignore[no-untyped-call]
            await _empty_prefilled(self)
        self._accounts = accounts
        self.name, self.personal_name = (_name(each) for each in found)


async def _empty_prefilled(state: rx.State) -> None:
    """Empty the forms that an account had filled in; they import this module."""
    from app.state.details import DetailsState
    from app.state.leaving import empty

    await empty(state, DetailsState)


def _name(session: SessionView | None) -> str:
    return wording.full_name(session.account.first_name, session.account.last_name) if session else ""
