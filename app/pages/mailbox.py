"""The demo mailbox."""

import reflex as rx

from app.components import blocks, buttons, layout, notices
from app.components import mailbox as delivery
from app.state.mailbox import Letter, MailboxState


def mailbox() -> rx.Component:
    """Return the mails of this browser, one of them open."""
    return layout.page(
        rx.el.h1("Boîte de démonstration", id="titre", tab_index=-1),
        delivery.only_there(
            rx.el.p(
                "Aucun serveur de messagerie n’est configuré : les courriels restent ici. "
                "Vous ne voyez que ceux de votre navigateur, pendant un jour.",
                class_name="lead",
            ),
        ),
        delivery.only_sent(
            rx.el.p(
                "Un serveur de messagerie est configuré : les courriels sont envoyés à leur adresse, "
                "et aucun ne se lit ici.",
                class_name="lead",
            ),
        ),
        rx.cond(MailboxState.opened.id > 0, _opened()),
        rx.cond(
            MailboxState.letters.length() > 0,
            rx.el.ul(rx.foreach(MailboxState.letters, _line), class_name="results"),
            rx.cond(MailboxState.loaded, rx.el.p("Aucun courriel pour l’instant."), notices.waiting()),
        ),
        here="Boîte de démonstration",
    )


def _line(letter: rx.Var[Letter]) -> rx.Component:
    return rx.el.li(
        rx.el.h2(letter.subject),
        rx.el.p("À ", blocks.mail(letter.recipient), ", le ", letter.received, class_name="soft small"),
        rx.el.button(
            "Ouvrir",
            rx.el.span(" : ", letter.subject, class_name="unseen"),
            type="button",
            on_click=MailboxState.open(letter.id),
            class_name="btn second",
        ),
    )


def _opened() -> rx.Component:
    opened = MailboxState.opened
    return rx.el.article(
        rx.el.h2(opened.subject, id="message", tab_index=-1),
        rx.el.p(
            "De ",
            blocks.mail(opened.sender),
            rx.el.br(),
            "À ",
            blocks.mail(opened.recipient),
            rx.el.br(),
            "Le ",
            opened.received,
            class_name="soft small",
        ),
        rx.el.pre(MailboxState.body),
        rx.cond(
            opened.calendar != "",
            rx.el.p(
                "Pièce jointe\u00a0: ",
                buttons.download("rendez-vous.ics", opened.calendar, "rendez-vous.ics", class_name=""),
                ", à ouvrir avec un agenda.",
            ),
        ),
        buttons.actions(
            rx.cond(
                MailboxState.link != "",
                rx.el.a("Suivre le lien du message", href=MailboxState.link, class_name="btn"),
            ),
            rx.cond(
                opened.page != "",
                # The browser fetches it, the router would look for a page.
                rx.el.a(
                    "Voir le message mis en forme",
                    href=opened.page,
                    class_name="btn second",
                    custom_attrs={"reloadDocument": True},
                ),
            ),
        ),
        class_name="letter",
    )
