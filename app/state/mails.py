"""Where the mails of this portal go, for pages that say where to read them."""

import reflex as rx

from app.settings import get_settings


class MailsState(rx.State):
    """Asked while the portal runs: pages are built once, and served with a mail server or without."""

    @rx.var(initial_value=False)
    def stay_here(self) -> bool:
        """Whether no mail server is configured, so that mails show in the demonstration's mailbox."""
        return get_settings().demo_mailbox
