"""What a person is told when a handler failed: a reference, never the error itself (ASVS 16.5.1)."""

from secrets import token_hex

import reflex as rx
import structlog
from reflex.event import EventSpec

from app.state.base import text

_log = structlog.get_logger()


class FailureState(rx.State):
    """Holds the reference of the last failure in this tab, empty when all is well."""

    reference: str = ""

    @rx.event
    async def show(self, reference: str) -> None:
        """Show the notice with this reference (8 hexadecimal digits)."""
        self.reference = text(reference, 8)

    @rx.event
    async def clear(self) -> None:
        """Hide the notice."""
        self.reference = ""


def on_exception(exception: Exception) -> EventSpec:
    """Log a handler's exception under a reference and return the event that shows it."""
    reference = token_hex(4)
    _log.error("handler failed", reference=reference, exc_info=exception)
    shown: EventSpec = FailureState.show(reference)  # type: ignore[operator]  # an event handler, once compiled
    return shown


def on_browser_error(exception: Exception) -> None:
    """Log what a browser says has gone wrong there: anybody can send this, so it is a warning, bounded on its way."""
    _log.warning("browser error", said=str(exception))
