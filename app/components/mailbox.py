"""What depends on where mails go: to people, or to the demonstration's mailbox."""

import reflex as rx

from app import addresses
from app.settings import get_settings
from app.state.mails import MailsState


def only_there(*content: rx.Component) -> rx.Component:
    """Return what is true only while mails stay in the demonstration's mailbox."""
    return rx.cond(MailsState.stay_here, rx.fragment(*content))


def only_sent(*content: rx.Component) -> rx.Component:
    """Return what is true only where a mail server takes the mails."""
    return rx.cond(MailsState.stay_here, rx.fragment(), rx.fragment(*content))


def note() -> rx.Component:
    """Return where the mail just announced can be read, nothing where it is really sent."""
    if not get_settings().is_demo:
        return rx.fragment()
    return only_there(
        rx.el.p(
            "Dans cette démonstration, aucun courriel ne part sans serveur de messagerie\u00a0: ",
            rx.el.a("ouvrir la boîte de démonstration", href=addresses.DEMO_MAILBOX),
            ".",
            class_name="soft no-print",
        )
    )
