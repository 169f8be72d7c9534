"""The fields in which a new space gets its address and its password."""

from typing import Any

import reflex as rx

from app.components import fields, notices
from app.components.password import advice_button, password_field, strength_meter


def identifier_fields(state: Any) -> list[rx.Component]:
    """Return address and password, each twice, for a state that mixes in IdentifiersMixin."""
    return [
        _email(state, "email", "Adresse électronique de connexion", "Par exemple\u00a0: nom@domaine.fr"),
        _email(state, "email_again", "Confirmez l’adresse électronique de connexion", ""),
        rx.cond(
            state.has_password,
            notices.notice(
                rx.el.p(
                    "Votre mot de passe est déjà choisi. Tant que l’adresse reste la même, laissez les deux champs "
                    "suivants vides pour le garder."
                )
            ),
        ),
        password_field(
            state,
            "password",
            "Mot de passe de connexion",
            hint="20 caractères au moins, avec des lettres et des chiffres, sans espace.",
            rate=state.rate,
            after=rx.fragment(strength_meter(state.level), advice_button()),
        ),
        password_field(state, "password_again", "Confirmez votre mot de passe de connexion"),
        notices.notice(
            rx.el.p(
                rx.el.b("Conseil : "),
                "retenez bien votre mot de passe. Pour préserver la confidentialité de votre espace, nous n’en "
                "gardons qu’une empreinte\u00a0: personne ne pourra vous le redonner en cas d’oubli.",
            )
        ),
    ]


def _email(state: Any, name: str, label: str, hint: str) -> rx.Component:
    return fields.text_field(
        state,
        name,
        label,
        hint=hint,
        mark="obligatoire",
        kind="email",
        autoComplete="email",
        spellCheck="false",
        maxLength="254",
    )
