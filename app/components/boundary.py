"""What a person sees when the page itself breaks in the browser: French words instead of Reflex's English ones."""

import reflex as rx
from reflex_base.vars.function import ArgsFunctionOperation
from reflex_components_core.base.error_boundary import ErrorBoundary

from app import addresses


def boundary() -> rx.Component:
    """Return the boundary that wraps every page."""
    fallback = ArgsFunctionOperation.create(("event_args",), rx.Var.create(_broken()), _var_type=rx.Component)
    return ErrorBoundary.create(fallback_render=fallback)


def _broken() -> rx.Component:
    return rx.el.main(
        rx.el.div(
            rx.el.h1("Cette page a rencontré un incident"),
            rx.el.p(
                "Ce que vous avez saisi est conservé. Rechargez la page ; si l’incident revient, appelez l’assistance."
            ),
            rx.el.p(rx.el.a("Revenir à l’accueil", href=addresses.HOME, custom_attrs={"reloadDocument": True})),
            class_name="wrap",
        ),
        role="alert",
    )
