"""The home page: what one can do here, the two spaces, and the dark « Contact » block at the bottom."""

import reflex as rx

from app import addresses
from app.components import blocks, buttons, layout, notices
from app.content import topics


def home() -> rx.Component:
    """Return the home page; it needs no server to be read."""
    return layout.page(
        rx.el.div(
            rx.el.div(
                rx.el.h1("Vos démarches fiscales, à l’heure qui vous convient", id="titre", tab_index=-1),
                rx.el.p(
                    "Prenez rendez-vous avec le bon service, sur place, par téléphone ou par visioconférence. "
                    "Déplacez-le ou annulez-le quand vous voulez.",
                    class_name="lead",
                ),
                class_name="hero",
            ),
            rx.el.noscript(notices.without_script()),
            rx.el.div(_booking(), _professional(), _personal(), class_name="cards"),
            class_name="wrap",
        ),
        contact_block(),
        home=True,
    )


def contact_block() -> rx.Component:
    """Return the dark block at the bottom, the first level of the contact tree."""
    top = topics.contact_block("")
    children = top.children if top else ()
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Contact", id="contact"),
            rx.el.p("Dites-nous qui vous êtes : nous vous orientons vers le service compétent."),
            blocks.fixed_tiles(*((node.label, node.hint, addresses.contact(node.path)) for node in children)),
            class_name="wrap",
        ),
        class_name="contact",
        aria_labelledby="contact",
    )


def _booking() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Prendre rendez-vous"),
        rx.el.p("Choisissez un motif, un lieu et une heure. Vous recevez aussitôt une confirmation par courriel."),
        rx.el.div(
            buttons.go("Prendre rendez-vous", addresses.CONTACT),
            rx.el.a("Déplacer ou annuler", href=f"{addresses.CONTACT}#retrouver"),
            class_name="more",
        ),
        class_name="card primary",
    )


def _professional() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Espace professionnel"),
        rx.el.p("Un seul espace pour toutes les entreprises que vous représentez ou gérez."),
        rx.el.div(
            buttons.go("Se connecter", addresses.PROFESSIONAL_SIGN_IN, "btn second"),
            rx.el.a("Créer un espace", href=addresses.SPACE_CHOICE),
            rx.el.a("Activer mon espace", href=addresses.ACTIVATION_CODE),
            class_name="more",
        ),
        class_name="card",
    )


def _personally() -> rx.Component:
    """Return what tells these links from those of the professional space to whoever only hears them."""
    return rx.el.span(", espace particulier", class_name="unseen")


def _personal() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Espace particulier"),
        rx.el.p("Vos services, vos rendez-vous passés et à venir."),
        rx.el.div(
            rx.el.a("Se connecter", _personally(), href=addresses.PERSONAL_SIGN_IN, class_name="btn second"),
            rx.el.a("Créer un espace", _personally(), href=addresses.PERSONAL_SIGN_UP),
            rx.el.a("Activer mon espace", _personally(), href=addresses.PERSONAL_ACTIVATION),
            class_name="more",
        ),
        class_name="card",
    )
