"""Who is signed in: what the header of every page shows, and the session behind a state's own browser."""

import reflex as rx

from app.models import SpaceKind
from app.services.accounts import sessions
from app.services.accounts.sessions import SessionView
from app.state.base import call


async def session_of(state: rx.State, kind: SpaceKind = SpaceKind.PROFESSIONAL) -> SessionView | None:
    """Return the live session of the browser behind `state`, None if nobody is signed in.

    Asked again at each event: the websocket's own headers are those of when it was opened.
    """
    return await call(sessions.find, kind, state.router.headers.cookie or "")


class AccountState(rx.State):
    """The name in the header, empty when nobody is signed in; the states of private pages are below this one."""

    name: str = ""
    _account: int = 0

    @rx.event
    async def load(self) -> None:
        """Show who is signed in; what the pages of somebody else's space held in this tab is forgotten."""
        found = await session_of(self)
        account = found.account.id if found else 0
        if account != self._account:
            self.reset()  # type: ignore[no-untyped-call]
        self._account = account
        self.name = f"{found.account.first_name} {found.account.last_name}" if found else ""
