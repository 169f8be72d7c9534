"""« Connexion à votre espace professionnel »."""

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
        rx.cond(SignInState.no_cookies, no_cookies(), rx.fragment(_refusal(), _form())),
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


def _refusal() -> rx.Component:
    return rx.cond(
        SignInState.refused != "",
        rx.el.div(
            rx.el.h2("Vous n’êtes pas connecté"),
            rx.el.p(SignInState.refused),
            id=SUMMARY_ID,
            class_name="error-summary",
            role="alert",
            tab_index=-1,
        ),
    )


def _form() -> rx.Component:
    return native_form(
        fields.required_note("Tous les champs sont obligatoires."),
        _address(),
        password_field(
            SignInState,
            "mot-de-passe",
            "Mot de passe",
            hint="Celui de votre espace professionnel. Les majuscules et les minuscules comptent.",
            mark="",
            autocomplete="current-password",
            after=rx.el.p(rx.el.a("Mot de passe oublié ?", href=addresses.RECOVERY), class_name="under"),
        ),
        captcha(SignInState, SignInState.renew),
        rx.el.input(type="hidden", name="captcha-id", value=SignInState.captcha_id),
        buttons.actions(buttons.submit("Se connecter")),
        action=addresses.PROFESSIONAL_SIGN_IN,
        class_name="form",
    )


def _address() -> rx.Component:
    hint = "Format attendu : adresse@domaine.fr"
    control = DraftInput.create(
        id="adresse",
        name="adresse",
        draft=SignInState.draft["adresse"],
        force=0,
        custom_attrs={
            "type": "email",
            "autoComplete": "username",
            "spellCheck": "false",
            "maxLength": "254",
            **fields.described(SignInState, "adresse", hint=hint),
        },
    )
    return fields.framed(SignInState, "adresse", "Adresse électronique", control, hint=hint)


def _creation() -> rx.Component:
    return _card(
        "Vous n’avez pas d’espace professionnel ?",
        "Un seul espace suffit pour toutes les entreprises que vous représentez.",
        buttons.go("Créer votre espace professionnel", addresses.SPACE_CHOICE, "btn second"),
    )


def _activation() -> rx.Component:
    return _card(
        "Activation de votre espace professionnel et de vos services",
        "Les nouveaux espaces et services doivent être activés avant d’être utilisés.",
        buttons.go("Activer", addresses.ACTIVATION_CODE, "btn second"),
    )


def _help() -> rx.Component:
    return _card(
        "Besoin d’aide ?",
        "Chaque démarche est expliquée pas à pas.",
        rx.el.a("Accéder aux fiches pratiques", href=addresses.HELP),
    )


def _local_taxes() -> rx.Component:
    return _card(
        "Payer vos impôts locaux",
        "Taxe foncière ou cotisation foncière des entreprises, avec la référence de votre avis.",
        rx.el.a("Payer en ligne", rx.el.span(" vos impôts locaux", class_name="unseen"), href=addresses.LOCAL_TAXES),
    )


def _card(title: str, text: str, link: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.h2(title), rx.el.p(text), rx.el.div(link, class_name="more"), class_name="card small-title"
    )
