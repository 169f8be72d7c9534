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

PERSONAL_SIGN_IN = "/espace-particulier/connexion"
PROFESSIONAL_SIGN_IN = "/espace-professionnel/connexion"

HELP = "/aide"
HELP_BOOKING = "/aide/prendre-rendez-vous"
SITE_MAP = "/plan-du-site"
ACCESSIBILITY = "/accessibilite"
LEGAL = "/mentions-legales"
PRIVACY = "/donnees-personnelles"
TERMS = "/conditions-generales"

DEMO_MAILBOX = "/demo/courriels"
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


def captcha_image(challenge_id: str) -> str:
    """Return the path of a CAPTCHA's picture."""
    return f"/captcha/{challenge_id}.png"


def captcha_sound(challenge_id: str) -> str:
    """Return the path of a CAPTCHA's sound."""
    return f"/captcha/{challenge_id}.wav"
