"""« Mot de passe oublié ? » and the page behind the link of its mail."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from app import addresses
from app.components import buttons, fields, layout, mailbox, notices
from app.components.captcha import captcha
from app.components.journey import no_cookies
from app.components.password import advice_button, advice_dialog, password_field, strength_meter
from app.content import trust_questions
from app.state.recovery import RecoveryState, ResetState

_CRUMBS = (("Espace professionnel", addresses.PROFESSIONAL_SIGN_IN),)


def recovery() -> rx.Component:
    """Return the form that asks for the link."""
    return layout.page(
        rx.el.h1("Mot de passe oublié", id="titre", tab_index=-1),
        rx.cond(
            RecoveryState.no_cookies,
            no_cookies(),
            rx.cond(RecoveryState.sent, sent("professionnel", addresses.PROFESSIONAL_SIGN_IN), _form()),
        ),
        crumbs=_CRUMBS,
        here="Mot de passe oublié",
    )


def reset() -> rx.Component:
    """Return the page where a new password is chosen."""
    return reset_page(ResetState, _CRUMBS, recovery=addresses.RECOVERY)


def reset_page(state: Any, crumbs: Sequence[layout.Crumb], *, recovery: str) -> rx.Component:
    """Return the page behind the link, for a state that mixes in ResetMixin.

    The last of `crumbs` is where one signs in, `recovery` where another link is asked for.
    """
    sign_in = crumbs[-1][1]
    return layout.page(
        rx.match(
            state.status,
            ("ready", _new_password(state)),
            ("gone", _gone(recovery, sign_in)),
            ("done", _done(sign_in)),
            rx.fragment(rx.el.h1("Nouveau mot de passe", id="titre", tab_index=-1), notices.waiting()),
        ),
        crumbs=crumbs,
        here="Nouveau mot de passe",
    )


def sent(space: str, sign_in: str) -> rx.Component:
    """Return the answer, the same whether or not there is such a space; `space` is its kind in words."""
    return rx.fragment(
        notices.notice(
            rx.el.h2("Demande prise en compte", id="envoye", tab_index=-1),
            rx.el.p(
                f"Si ces informations correspondent à un espace {space}, un courriel est envoyé à l’adresse "
                "indiquée. Son lien sert une seule fois, dans les 10 minutes."
            ),
            rx.el.p("Rien n’arrive\u00a0? Regardez dans les courriers indésirables, puis vérifiez chaque information."),
            rx.el.p(
                "L’adresse de votre espace ne reçoit plus de courriel\u00a0? ",
                rx.el.a("Écrivez à l’assistance", href=addresses.ASSISTANCE),
                ".",
            ),
            tone="ok",
        ),
        mailbox.note(),
        buttons.actions(buttons.go("Revenir à la connexion", sign_in, "btn second")),
    )


def _form() -> rx.Component:
    questions = [(question.id, question.label) for question in trust_questions.QUESTIONS]
    return rx.fragment(
        rx.el.p(
            "Ces informations figurent sur le récapitulatif remis à l’activation de votre espace.",
            class_name="lead",
        ),
        fields.error_summary(RecoveryState),
        fields.form(
            fields.required_note("Tous les champs sont obligatoires."),
            fields.text_field(
                RecoveryState,
                "email",
                "Adresse électronique de connexion",
                hint="Format attendu\u00a0: adresse@domaine.fr",
                kind="email",
                autoComplete="username",
                spellCheck="false",
                maxLength="254",
            ),
            fields.text_field(
                RecoveryState,
                "subscriber_number",
                "Numéro d’abonné",
                hint="14 chiffres.",
                short=True,
                inputMode="numeric",
                autoComplete="off",
                maxLength="30",
            ),
            fields.select_field(
                RecoveryState,
                "trust_question",
                "Question de confiance",
                fields.options(questions),
                hint="Celle que vous aviez choisie à l’inscription.",
                autoComplete="off",
            ),
            _answer(),
            rx.cond(RecoveryState.human, rx.fragment(), captcha(RecoveryState)),
            buttons.actions(
                buttons.submit("Continuer", RecoveryState.busy),
                buttons.go("Revenir à la connexion", addresses.PROFESSIONAL_SIGN_IN, "btn second"),
            ),
            on_submit=RecoveryState.submit,
        ),
        rx.el.p(rx.el.a("Il vous manque une information\u00a0?", href=f"{addresses.HELP_RECOVERY}#recapitulatif")),
    )


def _answer() -> rx.Component:
    hint = "Majuscules et accents ne comptent pas."
    control = rx.el.input(
        id="trust_answer",
        name="trust_answer",
        auto_complete="off",
        custom_attrs={
            "maxLength": "200",
            "spellCheck": "false",
            **fields.described(RecoveryState, "trust_answer", hint=hint),
        },
    )
    return fields.framed(RecoveryState, "trust_answer", "Réponse à la question de confiance", control, hint=hint)


def _new_password(state: Any) -> rx.Component:
    return rx.fragment(
        rx.el.h1("Choisissez un nouveau mot de passe", id="titre", tab_index=-1),
        rx.el.p("Toutes vos sessions seront fermées, sur tous vos appareils.", class_name="lead"),
        fields.error_summary(state),
        fields.form(
            fields.required_note("Tous les champs sont obligatoires."),
            username(state.email),
            *new_password_fields(state),
            buttons.actions(buttons.submit("Enregistrer", state.busy)),
            on_submit=state.submit,
        ),
        advice_dialog(),
    )


def username(email: Any) -> rx.Component:
    """Return the sign-in address for password managers, which look for it beside a new password."""
    return rx.el.p(
        "Espace de ",
        rx.el.b(email),
        rx.el.input(type="text", value=email, read_only=True, auto_complete="username", hidden=True),
    )


def new_password_fields(state: Any) -> list[rx.Component]:
    """Return the two fields of a new password, with its level and the advice; `state` mixes in StrengthMixin."""
    return [
        password_field(
            state,
            "password",
            "Nouveau mot de passe",
            hint="20 caractères minimum, sans espace, avec une lettre et un chiffre au moins.",
            mark="",
            rate=state.rate,
            after=rx.fragment(strength_meter(state.level), advice_button()),
        ),
        password_field(state, "password_again", "Confirmez votre nouveau mot de passe", mark=""),
    ]


# The three causes stay together: one of its own would tell whoever holds an old link what its owner did since.
def _gone(recovery: str, sign_in: str) -> rx.Component:
    return rx.fragment(
        rx.el.h1("Ce lien ne sert plus", id="titre", tab_index=-1),
        rx.el.p(
            "Il a plus de 10 minutes, il a déjà servi, ou un nouveau lien le remplace. Votre mot de passe n’a pas "
            "changé par cette page.",
            class_name="lead",
        ),
        buttons.actions(
            buttons.go("Demander un nouveau lien", recovery),
            buttons.go("Revenir à la connexion", sign_in, "btn second"),
        ),
    )


def _done(sign_in: str) -> rx.Component:
    return rx.fragment(
        rx.el.h1("Votre mot de passe est changé", id="titre", tab_index=-1),
        notices.notice(
            rx.el.p("Toutes vos sessions sont fermées. Un courriel vous le confirme."), tone="ok", role="status"
        ),
        buttons.actions(buttons.go("Se connecter", sign_in)),
    )
