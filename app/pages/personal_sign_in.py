"""« Connexion à l’espace particulier », a lost password, and « Ce n'est pas moi »."""

import reflex as rx

from app import addresses
from app.components import buttons, fields, layout
from app.components.captcha import captcha
from app.components.durations import ACTIVATION
from app.components.journey import no_cookies
from app.pages.recovery import reset_page, sent
from app.pages.sign_in import card, posted_field, posted_form, refusal
from app.pages.withdrawal import not_me_page
from app.settings import get_settings
from app.state.personal_recovery import PersonalRecoveryState, PersonalResetState
from app.state.personal_sign_in import PersonalSignInState

CRUMB = ("Espace particulier", addresses.PERSONAL_SIGN_IN)
_DIGITS = "13 chiffres, en haut de votre dernier avis d’impôt."


def sign_in() -> rx.Component:
    """Return the sign-in screen, with the ways to a new space, to activation and to help under the form."""
    state = PersonalSignInState
    demo = [_identities()] if get_settings().is_demo else []
    return layout.page(
        rx.el.h1("Connexion à l’espace particulier", id="titre", tab_index=-1),
        rx.cond(state.no_cookies, no_cookies(), rx.fragment(refusal(state), _form())),
        rx.el.div(_creation(), _activation(), _help(), *demo, class_name="cards"),
        here="Espace particulier",
    )


def recovery() -> rx.Component:
    """Return the form that asks for a link to a new password."""
    state = PersonalRecoveryState
    return layout.page(
        rx.el.h1("Mot de passe oublié", id="titre", tab_index=-1),
        rx.cond(
            state.no_cookies,
            no_cookies(),
            rx.cond(state.sent, sent("particulier", addresses.PERSONAL_SIGN_IN), _recovery_form()),
        ),
        crumbs=(CRUMB,),
        here="Mot de passe oublié",
    )


def reset() -> rx.Component:
    """Return the page where a new password is chosen."""
    return reset_page(PersonalResetState, (CRUMB,), recovery=addresses.PERSONAL_RECOVERY)


def not_me() -> rx.Component:
    """Return the page for whoever got a code without having asked for a space."""
    return not_me_page("particulier", CRUMB, addresses.PERSONAL_ACTIVATION, addresses.PERSONAL_SIGN_UP)


def _form() -> rx.Component:
    number = posted_field(
        PersonalSignInState, "numero-fiscal", "Numéro fiscal", _DIGITS, inputMode="numeric", maxLength="60"
    )
    return posted_form(
        PersonalSignInState,
        number,
        space="particulier",
        recovery=addresses.PERSONAL_RECOVERY,
        action=addresses.PERSONAL_SIGN_IN,
    )


def _creation() -> rx.Component:
    return card(
        "Vous n’avez pas d’espace particulier ?",
        "Trois numéros de votre avis et de votre déclaration suffisent, avec une adresse électronique.",
        buttons.go("Je crée mon espace particulier", addresses.PERSONAL_SIGN_UP, "btn second"),
    )


def _activation() -> rx.Component:
    return card(
        "Vous avez reçu un code d’activation ?",
        rx.fragment(
            "Il arrive par courriel à la fin de la création, et sert une seule fois, pendant ", ACTIVATION, "."
        ),
        buttons.go("Activer", addresses.PERSONAL_ACTIVATION, "btn second"),
    )


def _help() -> rx.Component:
    return card(
        "Besoin d’aide ?",
        "Créer l’espace, se connecter, retrouver un numéro ou un mot de passe.",
        rx.el.a("Lire la fiche de l’espace particulier", href=addresses.HELP_PERSONAL),
    )


def _identities() -> rx.Component:
    return card(
        "Pour essayer",
        "Des contribuables inventés, avec tous leurs numéros, servent à cette démonstration.",
        rx.el.a("Voir les identités de démonstration", href=addresses.DEMO_IDENTITIES),
    )


def _recovery_form() -> rx.Component:
    state = PersonalRecoveryState
    return rx.fragment(
        rx.el.p(
            "Un lien pour choisir un nouveau mot de passe est envoyé à l’adresse de votre espace.", class_name="lead"
        ),
        fields.error_summary(state),
        fields.form(
            fields.required_note("Tous les champs sont obligatoires."),
            fields.text_field(
                state,
                "tax_number",
                "Numéro fiscal",
                hint=_DIGITS,
                inputMode="numeric",
                autoComplete="username",
                spellCheck="false",
                maxLength="60",
            ),
            fields.text_field(
                state,
                "email",
                "Adresse électronique de connexion",
                hint="Celle qui a reçu le code d’activation, par exemple : nom@domaine.fr",
                kind="email",
                autoComplete="email",
                spellCheck="false",
                maxLength="254",
            ),
            rx.cond(state.human, rx.fragment(), captcha(state)),
            buttons.actions(
                buttons.submit("Continuer", state.busy),
                buttons.go("Revenir à la connexion", addresses.PERSONAL_SIGN_IN, "btn second"),
            ),
            on_submit=state.submit,
        ),
        rx.el.p(
            "Cette adresse n’est plus la vôtre ? ",
            rx.el.a("Écrivez à l’assistance", href=addresses.ASSISTANCE),
            ", ou appelez-la.",
        ),
    )
