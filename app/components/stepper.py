"""The stepper: where one stands in a journey, not clickable."""

from collections.abc import Sequence

import reflex as rx

BOOKING = ("Motif", "Modalité", "Créneau", "Vos informations", "Confirmation")
SIGN_UP = ("Conditions générales", "Identifiants", "Formulaire inscription", "Récapitulatif", "Enregistrement")
PERSONAL_SIGN_UP = ("Vos trois numéros", "Identifiants", "Code d’activation", "Votre espace")
ACTIVATION = ("Code d’activation", "Identifiants", "Récapitulatif")
RESCHEDULING = ("Modalité", "Créneau", "Vérification", "Confirmation")
_COUNT_ID = "etape"


def stepper(steps: Sequence[str], current: int, title: str | rx.Var[str]) -> rx.Component:
    """Return « Étape 3 sur 5 », the page's title, the steps, and the next one; `current` counts from 1."""
    # The title takes the focus of a new page: which step it is must be heard with it.
    heading = rx.el.h1(title, id="titre", tab_index=-1, custom_attrs={"aria-describedby": _COUNT_ID})
    return stepper_under(heading, steps, current, count_id=_COUNT_ID)


def words(steps: Sequence[str], current: int) -> str:
    """Return « étape 3 sur 5 », for the page's own title."""
    return f"étape {current} sur {len(steps)}"


def stepper_under(title: rx.Component, steps: Sequence[str], current: int, count_id: str = "") -> rx.Component:
    """Return the stepper around a title of any level; `count_id` names the line that says which step this is."""
    following = f"Étape suivante : {_lower(steps[current])}" if current < len(steps) else "Dernière étape"
    return rx.el.div(
        rx.el.p(f"Étape {current} sur {len(steps)}", class_name="count", **({"id": count_id} if count_id else {})),
        title,
        rx.el.ol(
            *(_step(label, number, current) for number, label in enumerate(steps, start=1)),
            class_name="steps",
            aria_label="Étapes",
        ),
        rx.el.p(following, class_name="next"),
        class_name="stepper",
    )


def _step(label: str, number: int, current: int) -> rx.Component:
    attributes = {"aria-current": "step"} if number == current else {}
    return rx.el.li(label, class_name="done" if number < current else "", custom_attrs=attributes)


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]
