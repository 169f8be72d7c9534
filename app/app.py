"""The table of contents: pages, HTTP routes, middleware, background tasks."""

import gc
from functools import partial

import reflex as rx

from app import addresses, clock, logging
from app.components import boundary, layout, stepper
from app.content import static_pages
from app.pages import (
    activation,
    assistance,
    channel,
    confirm_from_mail,
    confirmation,
    contact,
    demo_identities,
    details,
    follow_up,
    gallery,
    home,
    information,
    mailbox,
    my_contacts,
    office,
    personal_sign_in,
    personal_sign_up,
    personal_space,
    recovery,
    sign_in,
    sign_up,
    slot,
    space,
    space_changes,
    space_choice,
    space_data,
    topic,
    waiting_list,
    withdrawal,
)
from app.settings import get_settings
from app.state.account import AccountState
from app.state.activation import ActivationIdentifiersState, ActivationSummaryState, CodeState
from app.state.assistance import AssistanceState
from app.state.channel import ChannelState
from app.state.confirm_from_mail import ConfirmFromMailState
from app.state.confirmation import ConfirmationState
from app.state.contact import ContactState
from app.state.details import CheckState, DetailsState
from app.state.failure import on_browser_error, on_exception
from app.state.follow_up import FollowUpState
from app.state.gallery import GalleryState
from app.state.lost_link import LostLinkState
from app.state.mailbox import MailboxState
from app.state.my_contacts import MyContactsState
from app.state.office import OfficeState, OtherOfficeState
from app.state.personal_recovery import PersonalRecoveryState, PersonalResetState
from app.state.personal_sign_in import PersonalSignInState
from app.state.personal_sign_up import (
    IdentityState,
    LinkedCodeState,
    PersonalCodeState,
    PersonalDoneState,
    PersonalIdentifiersState,
)
from app.state.personal_space import (
    PersonalAddressState,
    PersonalPasswordState,
    PersonalSessionsState,
    ProfileState,
)
from app.state.recovery import RecoveryState, ResetState
from app.state.sign_in import SignInState
from app.state.sign_up import ConditionsState, IdentifiersState
from app.state.sign_up_form import FormState, RegisteredState, SummaryState
from app.state.slot import SlotState
from app.state.space import SessionsState, SpaceState
from app.state.space_credentials import SpaceAddressState, SpacePasswordState
from app.state.space_data import PersonalDataState, SpaceDataState
from app.state.space_details import SpaceDetailsState, SpaceSecretsState
from app.state.topic import TopicState
from app.state.waiting_from_mail import WaitingEntryState, WaitingOfferState
from app.state.waiting_list import WaitingListState
from app.state.withdrawal import NotMeState, WithdrawalState
from app.web.application import Portal, transformers
from app.web.background import background

SITE = "Guichet"
_DESCRIPTION = "Prenez, déplacez ou annulez un rendez-vous avec votre service fiscal. Site de démonstration."

logging.configure()
clock.shift(get_settings().clock_offset)
app = Portal(
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
        rx.el.link(rel="manifest", href="/site.webmanifest"),
        rx.el.link(rel="apple-touch-icon", href="/icones/guichet-apple-180.png"),
        rx.el.meta(name="theme-color", content="#0b4f4a"),
        rx.el.script(src="/translated.js", custom_attrs={"defer": True}),
        rx.el.script(src="/guichet.js", custom_attrs={"defer": True}),
    ],
    backend_exception_handler=on_exception,
    frontend_exception_handler=on_browser_error,
    api_transformer=transformers(),
)
app.register_lifespan_task(background)
app.app_wraps = {
    (55, "ErrorBoundary"): lambda _stateful: boundary.boundary(),
    (5, "Overlay"): lambda _stateful: layout.connection_notice(),
}


_STEPS = {
    address: f", {stepper.words(steps, number)}"
    for steps, pages in (
        (stepper.BOOKING, addresses.BOOKING_STEPS),
        (stepper.RESCHEDULING, addresses.RESCHEDULE_STEPS),
        (stepper.SIGN_UP, addresses.SIGN_UP_STEPS),
        (stepper.PERSONAL_SIGN_UP, addresses.PERSONAL_SIGN_UP_STEPS),
        (stepper.ACTIVATION, addresses.ACTIVATION_STEPS),
    )
    for number, address in enumerate(pages, start=1)
}
"""Which step of its journey a page is, for its title (WCAG 2.4.2)."""


def _add(component: object, route: str, title: str, on_load: object = None) -> None:
    """Add a page; the header of each one shows who is signed in."""
    own = on_load if isinstance(on_load, list) else [on_load] if on_load else []
    loads = [AccountState.load, *own]
    full_title = f"{title}{_STEPS.get(route, '')} · {SITE}"
    app.add_page(component, route=route, title=full_title, description=_DESCRIPTION, on_load=loads)  # type: ignore[arg-type]


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
if get_settings().is_demo:
    _add(gallery.gallery, addresses.DEMO_COMPONENTS, "Composants", GalleryState.load)
for route, page_id, title in (
    (addresses.HELP, "aide", "Aide"),
    (addresses.HELP_BOOKING, "aide-prendre-rendez-vous", "Prendre rendez-vous pas à pas"),
    (addresses.ACCESSIBILITY, "accessibilite", "Accessibilité"),
    (addresses.LEGAL, "mentions-legales", "Mentions légales"),
    (addresses.PRIVACY, "donnees-personnelles", "Données personnelles"),
    (addresses.TERMS, "conditions-generales", "Conditions générales"),
):
    _add(partial(information.information, page_id), route, title)
_add(information.site_map, addresses.SITE_MAP, "Plan du site")
# The professional space: signing in, signing up, activating
_add(sign_in.sign_in, addresses.PROFESSIONAL_SIGN_IN, "Connexion à votre espace professionnel", SignInState.load)
_add(space_choice.space_choice, addresses.SPACE_CHOICE, "Créer votre espace professionnel")
_add(sign_up.conditions, addresses.SIGN_UP_CONDITIONS, "Conditions générales", ConditionsState.load)
_add(sign_up.identifiers, addresses.SIGN_UP_IDENTIFIERS, "Identifiants", IdentifiersState.load)
_add(sign_up.form, addresses.SIGN_UP_FORM, "Formulaire d’inscription", FormState.load)
_add(sign_up.summary, addresses.SIGN_UP_SUMMARY, "Récapitulatif", SummaryState.load)
_add(sign_up.registered, addresses.SIGN_UP_REGISTERED, "Enregistrement", RegisteredState.load)
_add(withdrawal.withdrawal, addresses.WITHDRAWAL, "Annuler une demande", WithdrawalState.load)
_add(withdrawal.not_me, addresses.NOT_ME_ROUTE, "Ce n’est pas moi", NotMeState.load)
_add(activation.code, addresses.ACTIVATION_CODE, "Activation, code", CodeState.load)
_add(
    activation.identifiers,
    addresses.ACTIVATION_IDENTIFIERS,
    "Activation, identifiants",
    ActivationIdentifiersState.load,
)
_add(activation.summary, addresses.ACTIVATION_SUMMARY, "Votre inscription", ActivationSummaryState.load)

# The professional space itself: its pages, the lost password, help
_add(space.space, addresses.PROFESSIONAL_SPACE, "Espace professionnel", SpaceState.load)
_add(space.services, addresses.SPACE_SERVICES, "Gérer les services", SpaceState.load)
_add(
    space_changes.details,
    addresses.SPACE_DETAILS,
    "Modifier mes coordonnées",
    [SpaceDetailsState.load, SpaceSecretsState.load],
)
_add(space_changes.password, addresses.SPACE_PASSWORD, "Changer mon mot de passe", SpacePasswordState.load)
_add(space_changes.address, addresses.SPACE_ADDRESS, "Changer mon adresse de connexion", SpaceAddressState.load)
_add(space.sessions, addresses.SPACE_SESSIONS, "Mes sessions ouvertes", SessionsState.load)
_add(recovery.recovery, addresses.RECOVERY, "Mot de passe oublié", RecoveryState.load)
_add(recovery.reset, addresses.RECOVERY_RESET_ROUTE, "Nouveau mot de passe", ResetState.load)
_add(assistance.assistance, addresses.ASSISTANCE, "Écrire à l’assistance", AssistanceState.load)
for route, page_id in (
    (addresses.HELP_MOVING, "aide-deplacer-ou-annuler"),
    (addresses.HELP_MODE, "aide-choisir-un-mode"),
    (addresses.HELP_SIGN_UP, "aide-creer-espace"),
    (addresses.HELP_ACTIVATION, "aide-activer-espace"),
    (addresses.HELP_WITHDRAWAL, "aide-annuler-demande"),
    (addresses.HELP_SIGN_IN, "aide-se-connecter"),
    (addresses.HELP_RECOVERY, "aide-mot-de-passe-oublie"),
    (addresses.HELP_DETAILS, "aide-modifier-coordonnees"),
    (addresses.HELP_SERVICES, "aide-adherer-aux-services"),
    (addresses.HELP_PERSONAL, "aide-espace-particulier"),
    (addresses.HELP_SAFETY, "aide-securite"),
    (addresses.LOCAL_TAXES, "payer-impots-locaux"),
):
    _add(partial(information.information, page_id), route, static_pages.page(page_id).title)

# The personal space: creating it, activating, signing in, the lost password, the identities to try it with
_add(
    personal_sign_in.sign_in,
    addresses.PERSONAL_SIGN_IN,
    "Connexion à l’espace particulier",
    PersonalSignInState.load,
)
_add(personal_sign_up.identity, addresses.PERSONAL_SIGN_UP, "Je crée mon espace particulier", IdentityState.load)
_add(
    personal_sign_up.identifiers,
    addresses.PERSONAL_SIGN_UP_IDENTIFIERS,
    "Identifiants de l’espace particulier",
    PersonalIdentifiersState.load,
)
_add(
    personal_sign_up.code,
    addresses.PERSONAL_SIGN_UP_CODE,
    "Code de l’espace particulier",
    PersonalCodeState.load,
)
_add(personal_sign_up.done, addresses.PERSONAL_SIGN_UP_DONE, "Votre espace est actif", PersonalDoneState.load)
_add(
    personal_sign_up.linked_code,
    addresses.PERSONAL_ACTIVATION,
    "Activez votre espace particulier",
    LinkedCodeState.load,
)
_add(withdrawal.personal_withdrawal, addresses.PERSONAL_WITHDRAWAL, "Annuler une demande", WithdrawalState.load)
_add(personal_sign_in.not_me, addresses.PERSONAL_NOT_ME_ROUTE, "Ce n’est pas moi", NotMeState.load)
_add(
    personal_sign_in.recovery,
    addresses.PERSONAL_RECOVERY,
    "Mot de passe oublié, espace particulier",
    PersonalRecoveryState.load,
)
_add(
    personal_sign_in.reset,
    addresses.PERSONAL_RESET_ROUTE,
    "Nouveau mot de passe, espace particulier",
    PersonalResetState.load,
)
if get_settings().is_demo:
    _add(demo_identities.demo_identities, addresses.DEMO_IDENTITIES, "Identités de démonstration")

# Confirming an appointment from its mail
_add(
    confirm_from_mail.confirm_from_mail,
    addresses.CONFIRM_ROUTE,
    "Confirmer un rendez-vous",
    ConfirmFromMailState.load,
)

# The waiting list
_add(waiting_list.join, addresses.WAITING_LIST, "Liste d’attente", WaitingListState.load)
_add(waiting_list.entry, addresses.WAITING_ENTRY_ROUTE, "Votre place sur la liste d’attente", WaitingEntryState.load)
_add(waiting_list.offer, addresses.WAITING_OFFER_ROUTE, "Créneau proposé", WaitingOfferState.load)

# « Mes contacts » and the rest of the personal space; the data of both kinds of space
_add(my_contacts.my_contacts, addresses.PERSONAL_SPACE, "Mes contacts", MyContactsState.load)
_add(personal_space.profile, addresses.PERSONAL_PROFILE, "Mon profil", ProfileState.load)
_add(personal_space.password, addresses.PERSONAL_PASSWORD, "Changer mon mot de passe", PersonalPasswordState.load)
_add(personal_space.address, addresses.PERSONAL_ADDRESS, "Changer mon adresse", PersonalAddressState.load)
_add(personal_space.sessions, addresses.PERSONAL_SESSIONS, "Mes sessions ouvertes", PersonalSessionsState.load)
_add(space_data.personal, addresses.PERSONAL_DATA, "Mes données et fermeture", PersonalDataState.load)
_add(space_data.professional, addresses.SPACE_DATA, "Mes données et fermeture", SpaceDataState.load)
_add(space_data.closed, addresses.SPACE_CLOSED, "Espace fermé")

_add(information.not_found, "404", "Page introuvable")

# What is loaded by now stays: the collector need not look through all of it again and again.
gc.freeze()
gc.enable()
