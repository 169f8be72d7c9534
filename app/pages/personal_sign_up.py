"""The screens on which a personal space is created, and the one that activates it in another browser."""

from typing import Any

import reflex as rx

from app import addresses
from app.components import blocks, buttons, fields, mailbox, notices, refused_address
from app.components.activation_code import code_field
from app.components.captcha import captcha
from app.components.identifiers import identifier_fields
from app.components.journey import wizard_page
from app.components.password import advice_dialog
from app.components.stepper import PERSONAL_SIGN_UP
from app.pages.personal_sign_in import CRUMB
from app.pages.withdrawal import change_of_mind
from app.settings import get_settings
from app.state.personal_sign_up import (
    IdentityState,
    LinkedCodeState,
    PersonalActivationState,
    PersonalCodeState,
    PersonalDoneState,
    PersonalIdentifiersState,
    PersonalSignUpState,
)


def identity() -> rx.Component:
    """Return step 1: the three numbers of the register, where to find each, and the CAPTCHA."""
    state = IdentityState
    return _step(
        1,
        "Je crée mon espace particulier",
        rx.el.p(
            "Ces trois numéros montrent que vous êtes bien la personne qui déclare. Ils figurent sur vos documents "
            "fiscaux.",
            class_name="lead",
        ),
        *([_demo_identities()] if get_settings().is_demo else []),
        fields.error_summary(state),
        fields.form(
            fields.required_note("Tous les champs sont obligatoires."),
            _number(
                state,
                "tax_number",
                "Numéro fiscal",
                "13 chiffres, en haut de votre dernier avis d’impôt et de votre déclaration de revenus.",
            ),
            _number(
                state,
                "access_number",
                "Numéro d’accès en ligne",
                "7 chiffres, en haut de la première page de votre dernière déclaration de revenus.",
            ),
            _number(
                state,
                "reference_income",
                "Revenu fiscal de référence",
                "En euros, sans centimes, sur la première page de votre dernier avis d’impôt. Écrivez 0 si l’avis "
                "indique zéro.",
            ),
            rx.cond(state.human, rx.fragment(), captcha(state)),
            buttons.steps(
                buttons.submit("Continuer", state.busy),
                buttons.go("Étape précédente", addresses.PERSONAL_SIGN_IN, "btn second"),
            ),
            on_submit=state.submit,
        ),
        rx.el.p(
            "Vous avez déjà un espace ? ",
            rx.el.a("Connectez-vous", href=addresses.PERSONAL_SIGN_IN),
            ", ou choisissez un nouveau mot de passe si vous avez ",
            rx.el.a("oublié le vôtre", href=addresses.PERSONAL_RECOVERY),
            ". ",
            rx.el.a("Il vous manque un numéro ?", href=f"{addresses.HELP_PERSONAL}#nombres"),
        ),
    )


def identifiers() -> rx.Component:
    """Return step 2: the address and the password, each twice."""
    state = PersonalIdentifiersState
    return _step(
        2,
        "Créez vos identifiants",
        rx.el.p(
            "Vous vous connecterez avec votre numéro fiscal et ce mot de passe. L’adresse reçoit le code "
            "d’activation, puis les messages sur vos rendez-vous."
        ),
        fields.error_summary(state),
        fields.form(
            fields.required_note(),
            *identifier_fields(state),
            buttons.steps(
                buttons.submit("Continuer", state.busy),
                buttons.go("Étape précédente", addresses.PERSONAL_SIGN_UP, "btn second"),
            ),
            on_submit=state.submit,
        ),
        advice_dialog(),
    )


def code() -> rx.Component:
    """Return step 3: the code of the mail."""
    state = PersonalCodeState
    return _step(
        3,
        rx.cond(state.refused, "Corrigez votre adresse", "Saisissez le code reçu"),
        rx.el.div(rx.cond(state.refused, refused_address.refused_code(state), _code_sent(state)), role="status"),
        mailbox.note(),
        rx.cond(state.refused, rx.fragment(), _code_form(state)),
    )


def _code_sent(state: Any) -> rx.Component:
    return notices.notice(
        rx.el.p("Un code d’activation a été envoyé à l’adresse ", rx.el.b(blocks.mail(state.email)), "."),
        rx.cond(
            state.deadline != "",
            rx.el.p("Il sert une seule fois, jusqu’au ", state.deadline, " (heure de Paris)."),
        ),
        tone="ok",
    )


def _code_form(state: Any) -> rx.Component:
    return rx.fragment(
        fields.error_summary(state),
        fields.form(
            _code_field(state),
            buttons.actions(buttons.submit("Activer mon espace", state.busy)),
            on_submit=state.submit,
        ),
        rx.el.h2("Rien n’arrive ?"),
        rx.el.p(
            "L’envoi est immédiat, mais votre messagerie peut le retarder. Regardez dans les courriers indésirables "
            "(« spam »), et vérifiez l’adresse ci-dessus. Si elle n’est pas la bonne, recommencez avec une autre."
        ),
        rx.el.p(
            rx.el.button(
                "Recommencer avec une autre adresse",
                type="button",
                on_click=PersonalSignUpState.restart,
                class_name="as-link",
            )
        ),
        rx.el.p(
            "Vous l’avez déjà activé dans un autre navigateur ? Alors, ",
            rx.el.a("connectez-vous", href=addresses.PERSONAL_SIGN_IN),
            ".",
        ),
        change_of_mind(),
    )


def linked_code() -> rx.Component:
    """Return step 3 in a browser that did not ask for the space: the code, the address it went to, the CAPTCHA."""
    state = LinkedCodeState
    return wizard_page(
        PersonalActivationState,
        PERSONAL_SIGN_UP,
        3,
        "Activez votre espace particulier",
        fields.error_summary(state),
        fields.form(
            fields.required_note("Tous les champs sont obligatoires."),
            _code_field(state),
            fields.text_field(
                state,
                "email",
                "Adresse électronique de connexion",
                hint="Celle qui a reçu le code, par exemple : nom@domaine.fr",
                kind="email",
                autoComplete="email",
                spellCheck="false",
                maxLength="254",
            ),
            rx.cond(state.human, rx.fragment(), captcha(state)),
            buttons.actions(
                buttons.submit("Activer mon espace", state.busy),
                buttons.go("Revenir à la connexion", addresses.PERSONAL_SIGN_IN, "btn second"),
            ),
            on_submit=state.submit,
        ),
        rx.el.p(
            "Vous n’avez pas encore de code ? ",
            rx.el.a("Je crée mon espace particulier", href=addresses.PERSONAL_SIGN_UP),
        ),
        change_of_mind(),
        crumbs=(CRUMB,),
        here="Activation",
    )


def done() -> rx.Component:
    """Return step 4: the space exists."""
    return _step(
        4,
        "Votre espace est actif",
        notices.success(
            rx.el.div(
                rx.el.p(rx.el.b(PersonalDoneState.name)),
                rx.el.p("Votre espace particulier est ouvert. Son code d’activation ne sert plus."),
            )
        ),
        rx.el.p("Connectez-vous avec votre numéro fiscal et le mot de passe que vous avez choisi."),
        buttons.actions(buttons.go("Se connecter", addresses.PERSONAL_SIGN_IN)),
    )


def _step(current: int, title: str | rx.Var[str], *content: Any) -> rx.Component:
    return wizard_page(
        PersonalSignUpState, PERSONAL_SIGN_UP, current, title, *content, crumbs=(CRUMB,), here="Création"
    )


def _number(state: Any, name: str, label: str, hint: str) -> rx.Component:
    return fields.text_field(
        state,
        name,
        label,
        hint=hint,
        short=True,
        inputMode="numeric",
        autoComplete="off",
        spellCheck="false",
        maxLength="60",
    )


def _code_field(state: Any) -> rx.Component:
    hint = "12 caractères, majuscules et minuscules. Ce n’est pas votre mot de passe."
    return code_field(state, "Code d’activation", hint)


def _demo_identities() -> rx.Component:
    return rx.el.p(
        "Dans cette démonstration, n’écrivez pas vos vrais numéros : ",
        rx.el.a("prenez ceux d’une identité inventée", href=addresses.DEMO_IDENTITIES),
        ".",
        class_name="soft no-print",
    )
