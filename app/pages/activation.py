"""The three screens of the activation."""

from typing import Any

import reflex as rx

from app import addresses
from app.components import blocks, buttons, fields, notices
from app.components.activation_code import code_field
from app.components.captcha import captcha
from app.components.journey import wizard_page
from app.components.stepper import ACTIVATION
from app.state.activation import ActivationIdentifiersState, ActivationState, ActivationSummaryState, CodeState

_CRUMBS = (("Espace professionnel", addresses.PROFESSIONAL_SIGN_IN),)


def code() -> rx.Component:
    """Return screen 1: the code of the mail and the CAPTCHA."""
    return _step(
        1,
        "Code d’activation",
        fields.error_summary(CodeState),
        fields.form(
            fields.required_note(),
            code_field(
                CodeState,
                "Saisissez le code d’activation",
                "12 caractères, reçus par courriel. Ce n’est pas votre mot de passe.",
                "obligatoire",
            ),
            rx.cond(CodeState.human, rx.fragment(), captcha(CodeState)),
            buttons.actions(buttons.submit("Continuer", CodeState.busy)),
            on_submit=CodeState.submit,
        ),
    )


def identifiers() -> rx.Component:
    """Return screen 2: the address the code was sent to."""
    state = ActivationIdentifiersState
    return _step(
        2,
        "Identifiants",
        fields.error_summary(state),
        blocks.facts(blocks.fact("Code d’activation", rx.el.span(state.code, class_name="code"))),
        fields.form(
            fields.required_note(),
            fields.text_field(
                state,
                "email",
                "Saisissez votre adresse électronique de connexion",
                hint="Celle que vous avez choisie à l’inscription, par exemple : nom@domaine.fr",
                mark="obligatoire",
                kind="email",
                force=state.forced,
                autoComplete="email",
                spellCheck="false",
                maxLength="254",
                is_last=True,
            ),
            buttons.steps(
                buttons.submit("Continuer", state.busy),
                buttons.act("Effacer", state.clear),
                buttons.go("Étape précédente", addresses.ACTIVATION_CODE, "btn second"),
            ),
            on_submit=state.submit,
        ),
    )


def summary() -> rx.Component:
    """Return screen 3: the space exists, under which number, and what comes next."""
    state = ActivationSummaryState
    return _step(
        3,
        "Votre inscription",
        notices.success(
            rx.el.div(
                rx.el.p(rx.el.b(state.name)),
                rx.el.p(
                    "Votre inscription a été réalisée le ",
                    state.day_words,
                    " sous le numéro ",
                    blocks.code(state.subscriber_number),
                    ".",
                ),
            )
        ),
        rx.el.p(
            "Ce numéro d’abonné vous est personnel et doit le rester. Il vous sera indispensable en cas de perte de "
            "votre mot de passe."
        ),
        rx.cond(state.has_summary, _summary_here(), _summary_later()),
        rx.el.h2("Vos services en ligne"),
        rx.el.p("Votre espace est ouvert : connectez-vous avec votre adresse électronique et votre mot de passe."),
        buttons.actions(buttons.go("Accédez à vos services en ligne", addresses.PROFESSIONAL_SPACE, "btn second")),
        leave=True,
    )


def _summary_here() -> rx.Component:
    return rx.fragment(
        buttons.actions(
            buttons.download(
                "Sauvegardez ou imprimez le récapitulatif", addresses.SUMMARY_PDF, "recapitulatif-espace.pdf"
            )
        ),
        rx.el.p(
            "Il contient votre numéro d’abonné, votre question et votre réponse de confiance : gardez-le en lieu sûr. "
            "Vous pouvez le télécharger ici pendant une heure, puis à tout moment depuis votre espace.",
            class_name="soft",
        ),
    )


def _summary_later() -> rx.Component:
    return rx.el.p(
        "Le récapitulatif à sauvegarder ou à imprimer vous attend dans votre espace, à la page « ",
        rx.el.a("Modifier mes coordonnées", href=addresses.SPACE_DETAILS),
        " ».",
    )


def _step(current: int, title: str, *content: Any, leave: bool = True) -> rx.Component:
    return wizard_page(
        ActivationState, ACTIVATION, current, title, *content, crumbs=_CRUMBS, here="Activation", leave=leave
    )
