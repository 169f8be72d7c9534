"""The table of contents: pages, HTTP routes, middleware, background tasks."""

import reflex as rx

from app import addresses, logging
from app.components import boundary, layout
from app.pages import (
    channel,
    confirmation,
    contact,
    details,
    follow_up,
    home,
    information,
    mailbox,
    office,
    slot,
    topic,
)
from app.state.channel import ChannelState
from app.state.confirmation import ConfirmationState
from app.state.contact import ContactState
from app.state.details import CheckState, DetailsState
from app.state.failure import on_exception
from app.state.follow_up import FollowUpState
from app.state.lost_link import LostLinkState
from app.state.mailbox import MailboxState
from app.state.office import OfficeState, OtherOfficeState
from app.state.slot import SlotState
from app.state.topic import TopicState
from app.web.application import transformers
from app.web.background import background

SITE = "Guichet"
_DESCRIPTION = "Prenez, déplacez ou annulez un rendez-vous avec votre service fiscal. Site de démonstration."

logging.configure()
app = rx.App(
    html_lang="fr",
    toaster=None,
    reset_style=False,
    stylesheets=["/guichet.css"],
    head_components=[
        rx.el.link(
            rel="preload",
            href="/fonts/public-sans.woff2",
            custom_attrs={"as": "font", "type": "font/woff2", "crossOrigin": ""},
        ),
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.meta(name="theme-color", content="#0b4f4a"),
        rx.el.script(src="/guichet.js", custom_attrs={"defer": True}),
    ],
    backend_exception_handler=on_exception,
    api_transformer=transformers(),
)
app.register_lifespan_task(background)
app.app_wraps = {
    (55, "ErrorBoundary"): lambda _stateful: boundary.boundary(),
    (5, "Overlay"): lambda _stateful: layout.connection_notice(),
}


def _add(component: object, route: str, title: str, on_load: object = None) -> None:
    app.add_page(component, route=route, title=f"{title} · {SITE}", description=_DESCRIPTION, on_load=on_load)  # type: ignore[arg-type]


_add(home.home, addresses.HOME, "Accueil")
_add(contact.contact, addresses.CONTACT, "Contact", [ContactState.load, LostLinkState.load])
_add(office.office, addresses.OFFICE, "Votre service", OfficeState.load)
_add(office.other_office, addresses.OTHER_OFFICE, "Rechercher un autre service", OtherOfficeState.load)
_add(topic.topic, addresses.TOPIC, "Motif", TopicState.load)
_add(channel.channel, addresses.CHANNEL, "Modalité", ChannelState.load)
_add(slot.slot, addresses.SLOT, "Créneau", SlotState.load)
_add(details.details, addresses.DETAILS, "Vos informations", DetailsState.load)
_add(confirmation.confirmation, addresses.CONFIRMATION, "Rendez-vous enregistré", ConfirmationState.load)
_add(follow_up.follow_up, addresses.FOLLOW_UP_ROUTE, "Votre rendez-vous", FollowUpState.load)
_add(channel.reschedule_channel, addresses.RESCHEDULE_CHANNEL, "Replanifier, modalité", ChannelState.load)
_add(slot.reschedule_slot, addresses.RESCHEDULE_SLOT, "Replanifier, créneau", SlotState.load)
_add(details.check, addresses.RESCHEDULE_CHECK, "Replanifier, vérification", CheckState.load)
_add(
    confirmation.reschedule_confirmation,
    addresses.RESCHEDULE_CONFIRMATION,
    "Rendez-vous déplacé",
    ConfirmationState.load,
)
_add(mailbox.mailbox, addresses.DEMO_MAILBOX, "Boîte de démonstration", MailboxState.load)
for route, page_id, title in (
    (addresses.HELP, "aide", "Aide"),
    (addresses.HELP_BOOKING, "aide-prendre-rendez-vous", "Prendre rendez-vous pas à pas"),
    (addresses.ACCESSIBILITY, "accessibilite", "Accessibilité"),
    (addresses.LEGAL, "mentions-legales", "Mentions légales"),
    (addresses.PRIVACY, "donnees-personnelles", "Données personnelles"),
    (addresses.TERMS, "conditions-generales", "Conditions générales"),
):
    _add(information.information(page_id), route, title)
_add(information.site_map, addresses.SITE_MAP, "Plan du site")
_add(lambda: information.space_to_come("Espace professionnel"), addresses.PROFESSIONAL_SIGN_IN, "Espace professionnel")
_add(lambda: information.space_to_come("Espace particulier"), addresses.PERSONAL_SIGN_IN, "Espace particulier")
_add(information.not_found, "404", "Page introuvable")
