"""The CAPTCHA block: a picture, its sound, and the field for the characters."""

from typing import Any

import reflex as rx

from app.components import fields

FIELD = "captcha"


def captcha(state: Any, change: Any = None) -> rx.Component:
    """Return the block for a state that mixes in CaptchaMixin; `change` shows another picture unless the mixin does."""
    return rx.el.div(
        rx.el.div(
            rx.el.label(
                "Recopiez les caractères de l’image ", rx.el.span("(obligatoire)", class_name="mark"), html_for=FIELD
            ),
            rx.el.p("Six lettres ou chiffres, sans tenir compte des majuscules.", id="captcha-aide", class_name="hint"),
            rx.cond(
                # A page that comes back first gets the picture of before, which may have served.
                state.is_hydrated & (state.captcha_image != ""),
                rx.el.img(
                    src=state.captcha_image, alt="Image à recopier, l’extrait sonore la dit", class_name="picture"
                ),
                rx.el.div(class_name="picture"),
            ),
            rx.el.audio(src=state.captcha_sound, id="captcha-son", custom_attrs={"preload": "none"}),
            rx.el.div(
                rx.el.button(
                    "Changer l'image", type="button", on_click=change or state.change_captcha, class_name="as-link"
                ),
                rx.el.button(
                    "Ecouter l'extrait sonore",
                    type="button",
                    class_name="as-link",
                    custom_attrs={"data-play": "captcha-son"},
                ),
                class_name="tools",
            ),
            fields.error_message(state, FIELD),
            rx.el.input(
                id=FIELD,
                name=FIELD,
                class_name="short",
                auto_complete="off",
                key=state.captcha_image,
                custom_attrs={
                    "autoCapitalize": "characters",
                    "spellCheck": "false",
                    "maxLength": "12",
                    "aria-invalid": rx.cond(state.errors[FIELD], "true", "false"),
                    "aria-describedby": rx.cond(state.errors[FIELD], "captcha-erreur captcha-aide", "captcha-aide"),
                },
            ),
            class_name=rx.cond(state.errors[FIELD], "field invalid", "field"),
        ),
        class_name="captcha",
    )
