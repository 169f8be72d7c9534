"""The CAPTCHA block: a picture, its sound and the field for the characters; or a computation, nothing to copy."""

from typing import Any

import reflex as rx

from app.components import fields
from app.state.captcha import BLOCK

FIELD = "captcha"
SCRIPT = "/proof-of-work.js"
RENEWAL = "/captcha.js"


def captcha(state: Any, change: Any = None) -> rx.Component:
    """Return the block for a state that mixes in CaptchaMixin; `change` shows another picture unless the mixin does."""
    return rx.el.div(
        rx.el.div(
            rx.cond(state.captcha_work != "", _work(state), _picture(state, change)),
            class_name=rx.cond(state.errors[FIELD], "field invalid", "field"),
        ),
        id=BLOCK,
        tab_index=-1,
        role="group",
        aria_label=rx.cond(state.captcha_work != "", "Vérification sans recopier", "Vérification"),
        class_name="captcha",
    )


def _picture(state: Any, change: Any) -> rx.Component:
    return rx.fragment(
        rx.el.label(
            "Recopiez les caractères de l’image ", rx.el.span("(obligatoire)", class_name="mark"), html_for=FIELD
        ),
        rx.el.p("Six lettres ou chiffres, sans tenir compte des majuscules.", id="captcha-aide", class_name="hint"),
        rx.cond(
            # A page that comes back first gets the picture of before, which may have served.
            state.is_hydrated & (state.captcha_image != ""),
            rx.el.img(
                src=state.captcha_image,
                alt="Image à recopier, l’extrait sonore la dit",
                class_name="picture",
                custom_attrs={"data-renews-in": state.captcha_renews_in},
            ),
            rx.el.div(class_name="picture"),
        ),
        rx.el.audio(src=state.captcha_sound, id="captcha-son", custom_attrs={"preload": "none"}),
        rx.el.div(
            _tool("Changer l’image", on_click=change or state.change_captcha, custom_attrs={"data-renew": ""}),
            _tool("Écouter l’extrait sonore", custom_attrs={"data-play": "captcha-son"}),
            _tool("Je ne peux ni lire ni écouter\u00a0: vérifier sans recopier", on_click=state.compute_captcha),
            class_name="tools",
        ),
        rx.el.p(state.captcha_note, role="status", class_name="hint"),
        rx.el.script(src=RENEWAL, custom_attrs={"async": True}),
        fields.error_message(state, FIELD),
        rx.el.input(
            name=FIELD,
            class_name="short",
            auto_complete="off",
            key=state.captcha_image,
            # Not by `id=`: Reflex would then ask this field for its text even where the other one stands.
            custom_attrs={
                "id": FIELD,
                "autoCapitalize": "characters",
                "spellCheck": "false",
                "maxLength": "12",
                "aria-invalid": rx.cond(state.errors[FIELD], "true", "false"),
                "aria-describedby": rx.cond(state.errors[FIELD], "captcha-erreur captcha-aide", "captcha-aide"),
            },
        ),
    )


def _work(state: Any) -> rx.Component:
    """Return the computation; its script comes with it, so that only whoever asks for it loads it."""
    return rx.fragment(
        rx.el.p("Vérification sans recopier", class_name="label"),
        rx.el.p(
            "Votre appareil fait un calcul de quelques secondes, sans rien envoyer à un autre site.",
            id="captcha-aide",
            class_name="hint",
        ),
        fields.error_message(state, FIELD),
        rx.el.script(src=SCRIPT, custom_attrs={"async": True}),
        rx.el.div(
            key=state.captcha_work,
            tab_index=-1,
            custom_attrs={
                "id": FIELD,
                "data-work": state.captcha_work,
                "data-field": FIELD,
            },
        ),
        rx.el.div(_tool("Recopier une image", on_click=state.copy_captcha), class_name="tools"),
    )


def _tool(label: str, **attributes: Any) -> rx.Component:
    return rx.el.button(label, type="button", class_name="as-link", **attributes)
