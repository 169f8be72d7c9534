"""A lost mail: reference and address bring the link again, with the same answer whether or not they match."""

import reflex as rx
from reflex.event import EventSpec

from app.services.appointments import lost_link
from app.services.throttle import TooManyAttemptsError
from app.state.base import call, fields, network_of
from app.state.forms import KeepMixin


class LostLinkState(KeepMixin, rx.State):
    """The form of the contact page that sends the link again.

    Nothing of it is kept: it may be somebody else's browser.
    """

    sent: bool = False

    @rx.event
    async def load(self) -> None:
        """Show an empty form."""
        self.sent, self.errors = False, {}

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        """Ask for the link again."""
        typed = fields(data, ("reference", "adresse"))
        errors = {}
        if not typed["reference"]:
            errors["reference"] = "Saisissez la référence de votre rendez-vous, par exemple K7M-2PQ-X4R."
        if "@" not in typed["adresse"]:
            errors["adresse"] = "Saisissez l’adresse électronique donnée lors de la prise de rendez-vous."
        if errors:
            return self._refuse(errors)
        try:
            await call(lost_link.request_link_again, typed["reference"][:80], typed["adresse"][:254], network_of(self))
        except TooManyAttemptsError:
            return self._refuse({"reference": "Trop de demandes\u00a0: attendez quelques minutes, puis réessayez."})
        self.errors, self.sent = {}, True
        return None
