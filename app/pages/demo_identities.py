"""The invented taxpayers of the demonstration."""

from urllib.parse import urlencode

import reflex as rx

from app import addresses
from app.components import blocks, buttons, layout, notices
from app.services import demo_taxpayers
from app.services.demo_taxpayers import DemoIdentity

_CRUMBS = (("Espace particulier", addresses.PERSONAL_SIGN_IN),)


def demo_identities() -> rx.Component:
    """Return the identities with all that the creation of a personal space asks; it needs no server to be read."""
    return layout.page(
        rx.el.h1("Identités de démonstration", id="titre", tab_index=-1),
        rx.el.p("De quoi créer un espace particulier sans rien écrire de personnel.", class_name="lead"),
        notices.notice(
            rx.el.p(
                rx.el.b("Personnes inventées. "),
                "Ces noms, ces adresses et ces numéros n’appartiennent à personne. Leurs numéros fiscaux commencent "
                "par des zéros, pour qu’on ne les prenne pas pour de vrais.",
            ),
            tone="warm",
        ),
        rx.el.p(
            "Chaque identité n’a qu’un espace. S’il existe déjà sur ce site, prenez-en une autre. Un clic sur un "
            "numéro le sélectionne en entier."
        ),
        rx.el.ul(*(rx.el.li(_identity(each)) for each in demo_taxpayers.identities()), class_name="results pairs"),
        crumbs=_CRUMBS,
        here="Identités de démonstration",
    )


def _identity(each: DemoIdentity) -> rx.Component:
    name = f"{each.first_name} {each.last_name}"
    street = f"{each.street_number} {each.street_type} {each.street_name}"
    here = f"{addresses.PERSONAL_SIGN_UP}?{urlencode({'identite': each.tax_number})}"
    return rx.fragment(
        rx.el.h2(name),
        rx.el.dl(
            _value("Numéro fiscal", each.tax_number),
            _value("Numéro d’accès en ligne", each.access_number),
            _value("Revenu fiscal de référence", each.reference_income),
            blocks.fact("Adresse", f"{street}, {each.postal_code} {each.commune}"),
            class_name="facts",
        ),
        buttons.go("Créer l’espace de cette identité", here, "btn second"),
    )


def _value(term: str, value: str) -> rx.Component:
    return blocks.fact(term, blocks.code(value, "reference taken-whole"))
