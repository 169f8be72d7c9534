"""Passwords: the field with « Afficher » (assets/password-field.js), the level of security, the advice."""

from typing import Any

import reflex as rx
from reflex.event import passthrough_event_spec

from app.components import buttons, fields
from app.components.dialog import closer, dialog, opener

ADVICE_ID = "conseils-mot-de-passe"

_LONGEST_TYPED = "512"


class _PasswordField(rx.Component):
    library = "$/public/password-field.js"
    tag = "PasswordField"

    name: rx.Var[str]
    on_rate: rx.EventHandler[passthrough_event_spec(str)]  # type: ignore[type-arg, valid-type]


def password_field(
    state: Any,
    name: str,
    label: str,
    *,
    hint: Any = "",
    mark: str = "obligatoire",
    autocomplete: str = "new-password",
    rate: Any = None,
    after: rx.Component | None = None,
) -> rx.Component:
    """Return a password field with « Afficher »; its text is in the submitted form only, never in a variable.

    `rate` is an event handler that gets what was typed after a pause; `after` stands under the field.
    """
    events = {"on_rate": rate} if rate is not None else {}
    control = _PasswordField.create(
        id=name,
        name=name,
        custom_attrs={
            "autoComplete": autocomplete,
            "autoCapitalize": "none",
            "spellCheck": "false",
            "maxLength": _LONGEST_TYPED,
            **fields.described(state, name, hint=hint),
        },
        **events,
    )
    return fields.framed(state, name, label, rx.el.div(control, class_name="secret"), hint=hint, mark=mark, after=after)


def strength_meter(level: Any) -> rx.Component:
    """Return three bars and the level in words: « Faible », « Moyen », « Fort », empty before anything is typed."""
    return rx.el.div(
        rx.el.div(
            rx.el.i(),
            rx.el.i(),
            rx.el.i(),
            class_name=rx.match(
                level, ("Fort", "meter strong"), ("Moyen", "meter fair"), ("Faible", "meter weak"), "meter"
            ),
            custom_attrs={"aria-hidden": "true"},
        ),
        rx.el.p(
            rx.cond(level != "", rx.fragment("Niveau de sécurité : ", rx.el.b(level)), "Niveau de sécurité"),
            role="status",
            class_name="level small",
        ),
    )


def advice_button() -> rx.Component:
    """Return the button that opens the advice."""
    return opener("Conseils pour votre mot de passe", ADVICE_ID, "as-link")


def advice_dialog() -> rx.Component:
    """Return the advice against stolen passwords, shown by `advice_button` and closed by « Fermer »."""
    return dialog(
        ADVICE_ID,
        "Recommandations pour prévenir les usurpations",
        rx.el.ul(*(rx.el.li(*words) for words in _ADVICE)),
        rx.el.p(
            "Pour le retenir, partez d’une phrase : quelques mots sans rapport entre eux, reliés par des tirets, avec "
            "un chiffre au milieu. Un gestionnaire de mots de passe en invente et les retient pour vous ; vous pouvez "
            "coller ici ce qu’il propose."
        ),
        rx.el.p("Sur un ordinateur partagé, réglez le navigateur pour qu’il ne retienne pas les mots de passe saisis."),
        buttons.actions(closer()),
    )


_ADVICE: tuple[tuple[Any, ...], ...] = (
    ("Un mot de passe ", rx.el.b("différent pour chaque site"), ", pour limiter les effets d’un vol."),
    ("Un mot de passe différent de ceux que vous avez déjà utilisés.",),
    (rx.el.b("Ne l’envoyez pas par courriel"), " : les messageries sont la cible de nombreux pirates."),
    (rx.el.b("Ne le laissez pas en clair"), " dans un fichier ou sur un papier."),
    (rx.el.b("Renouvelez-le régulièrement"), ", notamment au départ d’un collaborateur."),
)
