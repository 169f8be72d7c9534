"""Every address of the portal, as constants and builders, so that no page spells one by hand."""

from urllib.parse import quote, urlencode

HOME = "/"
CONTACT = "/contact"
OFFICE = "/contact/service"
OTHER_OFFICE = "/contact/autre-service"

TOPIC = "/rendez-vous/motif"
CHANNEL = "/rendez-vous/modalite"
SLOT = "/rendez-vous/creneau"
DETAILS = "/rendez-vous/informations"
CONFIRMATION = "/rendez-vous/confirmation"

FOLLOW_UP = "/rendez-vous/suivi"
FOLLOW_UP_ROUTE = f"{FOLLOW_UP}/[lien]"
RESCHEDULE_CHANNEL = "/rendez-vous/replanifier/modalite"
RESCHEDULE_SLOT = "/rendez-vous/replanifier/creneau"
RESCHEDULE_CHECK = "/rendez-vous/replanifier/verification"
RESCHEDULE_CONFIRMATION = "/rendez-vous/replanifier/confirmation"
RESCHEDULE_PREFIX = "/rendez-vous/replanifier/"

PERSONAL_SPACE = "/espace-particulier/mes-contacts"
PERSONAL_SIGN_IN = "/espace-particulier/connexion"
PERSONAL_SIGN_OUT = "/espace-particulier/deconnexion"
PERSONAL_SIGN_UP = "/espace-particulier/creation"
PERSONAL_SIGN_UP_IDENTIFIERS = "/espace-particulier/creation/identifiants"
PERSONAL_SIGN_UP_CODE = "/espace-particulier/creation/code"
PERSONAL_SIGN_UP_DONE = "/espace-particulier/creation/termine"
PERSONAL_ACTIVATION = "/espace-particulier/activation"
PERSONAL_WITHDRAWAL = "/espace-particulier/annuler-demande"
PERSONAL_NOT_ME = "/espace-particulier/pas-moi"
PERSONAL_NOT_ME_ROUTE = f"{PERSONAL_NOT_ME}/[lien]"
PERSONAL_PROFILE = "/espace-particulier/profil"
PERSONAL_PASSWORD = "/espace-particulier/mot-de-passe"  # noqa: S105
PERSONAL_ADDRESS = "/espace-particulier/adresse"
PERSONAL_SESSIONS = "/espace-particulier/sessions"
PERSONAL_DATA = "/espace-particulier/mes-donnees"
PERSONAL_RECOVERY = "/espace-particulier/mot-de-passe-oublie"
PERSONAL_RESET = "/espace-particulier/nouveau-mot-de-passe"
PERSONAL_RESET_ROUTE = f"{PERSONAL_RESET}/[lien]"

PROFESSIONAL_SPACE = "/espace-professionnel"
PROFESSIONAL_SIGN_IN = "/espace-professionnel/connexion"
PROFESSIONAL_SIGN_OUT = "/espace-professionnel/deconnexion"
SPACE_CHOICE = "/espace-professionnel/choix"
SIGN_UP_CONDITIONS = "/espace-professionnel/creation/conditions"
SIGN_UP_IDENTIFIERS = "/espace-professionnel/creation/identifiants"
SIGN_UP_FORM = "/espace-professionnel/creation/formulaire"
SIGN_UP_SUMMARY = "/espace-professionnel/creation/recapitulatif"
SIGN_UP_REGISTERED = "/espace-professionnel/creation/enregistrement"
WITHDRAWAL = "/espace-professionnel/annuler-demande"
NOT_ME = "/espace-professionnel/pas-moi"
NOT_ME_ROUTE = f"{NOT_ME}/[lien]"
ACTIVATION_CODE = "/espace-professionnel/activation/code"
ACTIVATION_IDENTIFIERS = "/espace-professionnel/activation/identifiants"
ACTIVATION_SUMMARY = "/espace-professionnel/activation/recapitulatif"
SUMMARY_PDF = "/espace-professionnel/recapitulatif.pdf"
SPACE_SERVICES = "/espace-professionnel/gerer-les-services"
SPACE_DETAILS = "/espace-professionnel/coordonnees"
SPACE_PASSWORD = "/espace-professionnel/mot-de-passe"  # noqa: S105
SPACE_ADDRESS = "/espace-professionnel/adresse"
SPACE_SESSIONS = "/espace-professionnel/sessions"
SPACE_DATA = "/espace-professionnel/mes-donnees"
RECOVERY = "/espace-professionnel/mot-de-passe-oublie"
RECOVERY_RESET = "/espace-professionnel/nouveau-mot-de-passe"
RECOVERY_RESET_ROUTE = f"{RECOVERY_RESET}/[lien]"
LOCAL_TAXES = "/payer-impots-locaux"
ASSISTANCE = "/aide/assistance"

HELP = "/aide"
HELP_BOOKING = "/aide/prendre-rendez-vous"
HELP_MOVING = "/aide/deplacer-ou-annuler"
HELP_MODE = "/aide/choisir-un-mode"
HELP_SIGN_UP = "/aide/creer-espace"
HELP_ACTIVATION = "/aide/activer-espace"
HELP_WITHDRAWAL = "/aide/annuler-demande"
HELP_SIGN_IN = "/aide/se-connecter"
HELP_RECOVERY = "/aide/mot-de-passe-oublie"
HELP_DETAILS = "/aide/modifier-coordonnees"
HELP_SERVICES = "/aide/adherer-aux-services"
HELP_PERSONAL = "/aide/espace-particulier"
HELP_SAFETY = "/aide/securite"
SITE_MAP = "/plan-du-site"
ACCESSIBILITY = "/accessibilite"
LEGAL = "/mentions-legales"
PRIVACY = "/donnees-personnelles"
TERMS = "/conditions-generales"

DEMO_MAILBOX = "/demo/courriels"
DEMO_IDENTITIES = "/demo/identites"
DEMO_COMPONENTS = "/demo/composants"


def contact(path: str = "") -> str:
    """Return the address of a block of the contact tree, `path` like « particulier/dossier »."""
    return f"{CONTACT}?{urlencode({'chemin': path}, safe='/')}" if path else CONTACT


TOP = "tous"
"""Stands for the top of the topic tree, since no path means the block the contact tree led to."""


def topic(path: str = "") -> str:
    """Return the address of a block of the topic tree; without a path, of where the person stands."""
    return f"{TOPIC}?{urlencode({'choix': path}, safe='/')}" if path else TOPIC


def topic_from_top(path: str) -> str:
    """Return the address of a block of the topic tree, its top for an empty path."""
    return topic(path or TOP)


def follow_up(token: str) -> str:
    """Return the path of the page a mail links to."""
    return f"{FOLLOW_UP}/{quote(token, safe='')}"


def calendar_file(token: str) -> str:
    """Return the path of an appointment's calendar file."""
    return f"{follow_up(token)}/rendez-vous.ics"


def mail_page(mail_id: int | str) -> str:
    """Return the path of the HTML form of a mail in the demonstration's mailbox."""
    return f"{DEMO_MAILBOX}/{mail_id}/message"


def mail_calendar(mail_id: int | str) -> str:
    """Return the path of the calendar file that came with such a mail."""
    return f"{DEMO_MAILBOX}/{mail_id}/rendez-vous.ics"


def sign_up(mode: str) -> str:
    """Return where the sign-up for a space of this mode (`SpaceMode`) begins."""
    return f"{SIGN_UP_CONDITIONS}?{urlencode({'mode': mode})}"


def captcha_image(challenge_id: str) -> str:
    """Return the path of a CAPTCHA's picture."""
    return f"/captcha/{challenge_id}.png"


def captcha_sound(challenge_id: str) -> str:
    """Return the path of a CAPTCHA's sound."""
    return f"/captcha/{challenge_id}.wav"


def activation(code: str) -> str:
    """Return the address of the activation's first screen with the code filled in."""
    return f"{ACTIVATION_CODE}?{urlencode({'code': code})}"


def withdrawal(code: str) -> str:
    """Return the address where a request is withdrawn, with its code filled in."""
    return f"{WITHDRAWAL}?{urlencode({'code': code})}"


def not_me(token: str) -> str:
    """Return the path of « Ce n'est pas moi » for a sign-up request."""
    return f"{NOT_ME}/{quote(token, safe='')}"


def recovery_reset(token: str) -> str:
    """Return the path of the page where a lost password is replaced."""
    return f"{RECOVERY_RESET}/{quote(token, safe='')}"


def personal_activation(code: str) -> str:
    """Return the address where a personal space is activated, with the code filled in."""
    return f"{PERSONAL_ACTIVATION}?{urlencode({'code': code})}"


def personal_withdrawal(code: str) -> str:
    """Return the address where a request for a personal space is withdrawn, with its code filled in."""
    return f"{PERSONAL_WITHDRAWAL}?{urlencode({'code': code})}"


def personal_not_me(token: str) -> str:
    """Return the path of « Ce n'est pas moi » for a request of a personal space."""
    return f"{PERSONAL_NOT_ME}/{quote(token, safe='')}"


def personal_reset(token: str) -> str:
    """Return the path of the page where the lost password of a personal space is replaced."""
    return f"{PERSONAL_RESET}/{quote(token, safe='')}"


CONFIRM = "/rendez-vous/confirmer"
CONFIRM_ROUTE = f"{CONFIRM}/[lien]"


def confirm_appointment(token: str) -> str:
    """Return the path of the page that confirms an appointment from its mail."""
    return f"{CONFIRM}/{quote(token, safe='')}"


OFFLINE = "/hors-ligne"
SERVICE_WORKER = "/sw.js"


WAITING_LIST = "/rendez-vous/liste-d-attente"
WAITING_ENTRY_ROUTE = f"{WAITING_LIST}/[lien]"
WAITING_OFFER = "/rendez-vous/creneau-propose"
WAITING_OFFER_ROUTE = f"{WAITING_OFFER}/[lien]"


def waiting_entry(token: str) -> str:
    """Return the path of the page where one leaves the waiting list."""
    return f"{WAITING_LIST}/{quote(token, safe='')}"


def waiting_offer(token: str) -> str:
    """Return the path of the page that shows a time offered from the waiting list."""
    return f"{WAITING_OFFER}/{quote(token, safe='')}"


PROFESSIONAL_DATA_FILE = f"{SPACE_DATA}.json"
PERSONAL_DATA_FILE = f"{PERSONAL_DATA}.json"

SPACE_CLOSED = "/espace-ferme"

PROFESSIONAL_PAGES = (
    PROFESSIONAL_SPACE,
    SPACE_SERVICES,
    SPACE_DETAILS,
    SPACE_PASSWORD,
    SPACE_ADDRESS,
    SPACE_SESSIONS,
    SPACE_DATA,
)
PERSONAL_PAGES = (
    PERSONAL_SPACE,
    PERSONAL_PROFILE,
    PERSONAL_PASSWORD,
    PERSONAL_ADDRESS,
    PERSONAL_SESSIONS,
    PERSONAL_DATA,
)
"""The pages of each kind of space, its first page first: nobody sees them without a session of that kind."""


def one_of(pages: tuple[str, ...], path: str) -> str:
    """Return the page that a path from outside names, with or without its final slash; empty for any other.

    What is answered is one of ours, never what was asked: a link to the sign-in leads to no other site.
    """
    return next((page for page in pages if path in (page, f"{page}/")), "")


def sign_in(page: str, back: str = "") -> str:
    """Return the address of a sign-in page from which one goes back to a page of the space, its first one without."""
    return f"{page}?{urlencode({'retour': back}, safe='/')}" if back else page


BOOKING_STEPS = (TOPIC, CHANNEL, SLOT, DETAILS, CONFIRMATION)
RESCHEDULE_STEPS = (RESCHEDULE_CHANNEL, RESCHEDULE_SLOT, RESCHEDULE_CHECK, RESCHEDULE_CONFIRMATION)
SIGN_UP_STEPS = (SIGN_UP_CONDITIONS, SIGN_UP_IDENTIFIERS, SIGN_UP_FORM, SIGN_UP_SUMMARY, SIGN_UP_REGISTERED)
ACTIVATION_STEPS = (ACTIVATION_CODE, ACTIVATION_IDENTIFIERS, ACTIVATION_SUMMARY)
PERSONAL_SIGN_UP_STEPS = (
    PERSONAL_SIGN_UP,
    PERSONAL_SIGN_UP_IDENTIFIERS,
    PERSONAL_SIGN_UP_CODE,
    PERSONAL_SIGN_UP_DONE,
)
