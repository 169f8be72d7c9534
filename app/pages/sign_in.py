"""« Connexion à votre espace professionnel »."""

from typing import Any

import reflex as rx

from app import addresses
from app.components import buttons, fields, layout, notices
from app.components.captcha import captcha
from app.components.draft import DraftInput
from app.components.journey import no_cookies
from app.components.native_form import native_form
from app.components.password import password_field
from app.state.forms import SUMMARY_ID
from app.state.sign_in import SignInState


def sign_in() -> rx.Component:
    """Return the sign-in screen, with the ways to a new space, to activation and to help under the form."""
    return layout.page(
        _security_notice(),
        rx.el.h1("Connexion à votre espace professionnel", id="titre", tab_index=-1),
        rx.cond(SignInState.no_cookies, no_cookies(), rx.fragment(refusal(SignInState), _form())),
        rx.el.div(_creation(), _activation(), _help(), _local_taxes(), class_name="cards"),
        here="Espace professionnel",
    )


def _security_notice() -> rx.Component:
    return rx.cond(
        SignInState.noticed,
        rx.fragment(),
        notices.notice(
            rx.el.p(
                "Pour des raisons de sécurité, renouvelez votre mot de passe régulièrement et ne l’utilisez que sur ce "
                "site. Il comporte 20 caractères au moins."
            ),
            rx.el.button(
                "Fermer",
                rx.el.span(" ce message", class_name="unseen"),
                type="button",
                on_click=SignInState.dismiss,
                class_name="as-link",
            ),
            tone="dismissible",
        ),
    )


def refusal(state: Any) -> rx.Component:
    """Return why the last sign-in was refused, if it was; `state` mixes in SignInMixin."""
    return rx.cond(
        (state.refused != "") | (state.errors.length() > 0),
        rx.el.div(
            rx.el.h2("Vous n’êtes pas connecté"),
            rx.cond(state.refused != "", rx.el.p(state.refused), fields.error_links(state)),
            id=SUMMARY_ID,
            class_name="error-summary",
            role="alert",
            tab_index=-1,
        ),
    )


def posted_form(state: Any, *identifier: rx.Component, space: str, recovery: str, action: str) -> rx.Component:
    """Return the form that the browser posts to `action`: what one signs in with, password and CAPTCHA.

    `space` is the kind of space in words, `recovery` the page for a lost password; `state` mixes in SignInMixin.
    """
    return native_form(
        fields.required_note("Tous les champs sont obligatoires."),
        *identifier,
        password_field(
            state,
            "mot-de-passe",
            "Mot de passe",
            hint=f"Celui de votre espace {space}. Les majuscules et les minuscules comptent.",
            mark="",
            autocomplete="current-password",
            after=rx.el.p(rx.el.a("Mot de passe oublié ?", href=recovery), class_name="under"),
        ),
        captcha(state),
        rx.el.input(type="hidden", name="captcha-id", value=state.captcha_id),
        rx.el.input(type="hidden", name="retour", value=state.back),
        buttons.actions(buttons.submit("Se connecter")),
        action=action,
        class_name="form",
    )


def posted_field(state: Any, name: str, label: str, hint: Any, **attributes: str) -> rx.Component:
    """Return the field of what one signs in with; after a refusal it holds what was typed."""
    control = DraftInput.create(
        id=name,
        name=name,
        draft=state.draft[name],
        force=0,
        custom_attrs={
            "autoComplete": "username",
            "spellCheck": "false",
            **attributes,
            **fields.described(state, name, hint=hint),
        },
    )
    return fields.framed(state, name, label, control, hint=hint)


def card(title: str, text: Any, *links: rx.Component) -> rx.Component:
    """Return one of the ways beside signing in."""
    return rx.el.section(
        rx.el.h2(title), rx.el.p(text), rx.el.div(*links, class_name="more"), class_name="card small-title"
    )


def _form() -> rx.Component:
    hint = "Format attendu : adresse@domaine.fr"
    return posted_form(
        SignInState,
        posted_field(SignInState, "adresse", "Adresse électronique", hint, type="email", maxLength="254"),
        space="professionnel",
        recovery=addresses.RECOVERY,
        action=addresses.PROFESSIONAL_SIGN_IN,
    )


def _creation() -> rx.Component:
    return card(
        "Vous n’avez pas d’espace professionnel ?",
        "Un seul espace suffit pour toutes les entreprises que vous représentez.",
        buttons.go("Créer votre espace professionnel", addresses.SPACE_CHOICE, "btn second"),
    )


def _activation() -> rx.Component:
    return card(
        "Activation de votre espace professionnel et de vos services",
        "Les nouveaux espaces et services doivent être activés avant d’être utilisés.",
        buttons.go("Activer", addresses.ACTIVATION_CODE, "btn second"),
    )


def _help() -> rx.Component:
    return card(
        "Besoin d’aide ?",
        "Chaque démarche est expliquée pas à pas.",
        rx.el.a("Accéder aux fiches pratiques", href=addresses.HELP),
    )


def _local_taxes() -> rx.Component:
    return card(
        "Payer vos impôts locaux",
        "Taxe foncière ou cotisation foncière des entreprises, avec la référence de votre avis.",
        rx.el.a("Payer en ligne", rx.el.span(" vos impôts locaux", class_name="unseen"), href=addresses.LOCAL_TAXES),
    )
