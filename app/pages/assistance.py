"""The form that writes to the assistance, with its telephone number and hours."""

import reflex as rx

from app import addresses
from app.components import blocks, buttons, fields, layout, notices
from app.components.captcha import captcha
from app.components.journey import no_cookies
from app.services.assistance import SUBJECTS
from app.state.assistance import AssistanceState
from app.state.refused_address import REFUSAL_ID


def assistance() -> rx.Component:
    """Return the page of the assistance."""
    return layout.page(
        rx.el.h1("Écrire à l’assistance", id="titre", tab_index=-1),
        rx.el.p(
            "Une question sur votre espace, une démarche en ligne ou un rendez-vous ? Décrivez-la, nous répondons par "
            "courriel.",
            class_name="lead",
        ),
        rx.el.div(
            rx.el.div(
                rx.cond(AssistanceState.no_cookies, no_cookies(), rx.cond(AssistanceState.sent, _sent(), _form()))
            ),
            rx.el.aside(
                rx.el.h2("Par téléphone"),
                rx.el.p(rx.el.a(layout.ASSISTANCE_PHONE, href=layout.ASSISTANCE_CALL, class_name="nowrap")),
                rx.el.p(f"Service gratuit, prix d’un appel, {layout.ASSISTANCE_HOURS}."),
                rx.el.p("Beaucoup de réponses sont dans les ", rx.el.a("fiches pratiques", href=addresses.HELP), "."),
                class_name="side",
                aria_label="Par téléphone",
            ),
            class_name="columns",
        ),
        crumbs=(("Aide", addresses.HELP),),
        here="Assistance",
    )


def _sent() -> rx.Component:
    return rx.el.div(rx.cond(AssistanceState.refused, _not_delivered(), _on_its_way()), role="status")


def _on_its_way() -> rx.Component:
    return notices.notice(
        rx.el.h2("Votre message est parti", id="envoye", tab_index=-1),
        rx.el.p("L’assistance vous répond à l’adresse ", rx.el.b(blocks.mail(AssistanceState.answer_to)), "."),
        rx.el.p(
            "Relisez-la\u00a0: si elle est fausse, la réponse n’arrive pas. Écrivez alors à nouveau avec la bonne, ou "
            "appelez."
        ),
        rx.el.p(rx.el.a("Revenir à l’aide", href=addresses.HELP)),
        tone="ok",
    )


def _not_delivered() -> rx.Component:
    return notices.notice(
        rx.el.h2("Votre message n’a pas pu être remis", id=REFUSAL_ID, tab_index=-1),
        rx.el.p(
            "La messagerie de l’assistance ne l’a pas accepté. Appelez le ",
            rx.el.a(layout.ASSISTANCE_PHONE, href=layout.ASSISTANCE_CALL, class_name="nowrap"),
            f", {layout.ASSISTANCE_HOURS}. Voici votre question, pour la garder\u00a0:",
        ),
        rx.el.div(rx.el.pre(AssistanceState.question), class_name="letter"),
        tone="danger",
    )


def _form() -> rx.Component:
    return rx.fragment(
        fields.error_summary(AssistanceState),
        fields.form(
            fields.required_note(),
            fields.text_field(AssistanceState, "name", "Nom et prénom", mark="obligatoire", autoComplete="name"),
            fields.text_field(
                AssistanceState,
                "email",
                "Adresse électronique",
                hint="Celle où nous vous répondons, par exemple nom@domaine.fr.",
                mark="obligatoire",
                kind="email",
                autoComplete="email",
                spellCheck="false",
            ),
            fields.text_field(
                AssistanceState,
                "phone",
                "Téléphone",
                hint="Si vous préférez être rappelé. Par exemple\u00a0: 06 39 98 12 34.",
                kind="tel",
                autoComplete="tel",
            ),
            fields.select_field(
                AssistanceState,
                "subject",
                "Sujet",
                fields.options([("", "Choisissez un sujet"), *SUBJECTS.items()]),
                mark="obligatoire",
                autoComplete="off",
            ),
            fields.text_field(
                AssistanceState,
                "question",
                "Votre question",
                hint="2 000 caractères au plus. N’écrivez ni mot de passe, ni code, ni numéro de carte bancaire.",
                mark="obligatoire",
                lines=True,
                rows="7",
            ),
            rx.cond(AssistanceState.human, rx.fragment(), captcha(AssistanceState)),
            buttons.actions(buttons.submit("Envoyer", AssistanceState.busy)),
            on_submit=AssistanceState.submit,
        ),
    )
