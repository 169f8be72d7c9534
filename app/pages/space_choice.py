"""The choice between the simplified and the expert mode."""

import reflex as rx

from app import addresses
from app.components import buttons, layout, notices


def space_choice() -> rx.Component:
    """Return what each mode is for and what it asks, with the way into its sign-up."""
    return layout.page(
        rx.el.h1("Créer votre espace professionnel", id="titre", tab_index=-1),
        rx.el.p("Choisissez le mode qui correspond à votre situation.", class_name="lead"),
        rx.el.div(_simplified(), _expert(), class_name="cards two-cards"),
        rx.el.section(
            rx.el.h2("Vous avez déjà fait une demande ?", id="demande"),
            rx.el.p("Avec le code reçu par courriel, vous pouvez y renoncer : l’adresse est libérée aussitôt."),
            rx.el.p(rx.el.a("Annulez votre demande", href=addresses.WITHDRAWAL)),
            aria_labelledby="demande",
        ),
        crumbs=(("Espace professionnel", addresses.PROFESSIONAL_SIGN_IN),),
        here="Choix du mode",
    )


def _simplified() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Mode simplifié", id="simplifie"),
        rx.el.p(
            "Vous souhaitez créer un espace pour votre propre entreprise, dont vous ne partagerez pas la gestion des "
            "services en ligne ? Optez pour le mode simplifié."
        ),
        rx.el.p("Il vous faut :"),
        rx.el.ul(
            rx.el.li("le SIREN de l’entreprise ;"),
            rx.el.li("une adresse électronique où la joindre à tout sujet la concernant ;"),
            rx.el.li("une adresse électronique qui servira d’identifiant de connexion ;"),
            rx.el.li("un compte bancaire de prélèvement."),
        ),
        rx.el.p("Une fois l’espace activé, les services en ligne sont immédiatement accessibles pour l’entreprise."),
        notices.notice(
            rx.el.p(
                rx.el.b("Collectivité territoriale ou autre administration : "),
                "prenez le mode expert. La personne qui décide d’une dépense et celle qui la paie doivent rester "
                "distinctes.",
            ),
            tone="warm",
        ),
        _learn_more(
            "mode simplifié",
            "Vous êtes seul à agir pour l’entreprise : il n’y a ni délégation ni adhésion service par service. "
            "Si vous devez un jour partager la gestion, créez un espace en mode expert avec une autre adresse "
            "électronique.",
        ),
        _begin("Créez votre espace en mode simplifié", "simplified"),
        class_name="card",
        aria_labelledby="simplifie",
    )


def _expert() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Mode expert", id="expert"),
        rx.el.p(
            "Vous souhaitez créer un espace pour l’entreprise que vous représentez, ou dont vous partagerez la gestion "
            "des services en ligne ? Optez pour le mode expert."
        ),
        rx.el.p("Il vous faut :"),
        rx.el.ul(rx.el.li("une adresse électronique qui servira d’identifiant de connexion.")),
        rx.el.p(
            "Une fois l’espace activé, vous adhérez aux services en ligne pour chacune des entreprises que vous gérez."
        ),
        _learn_more(
            "mode expert",
            "Un même espace regroupe tout ce que vous gérez, pour une ou plusieurs entreprises : n’en créez pas un par "
            "entreprise. Au-delà de cent entreprises, répartissez-les : un espace trop rempli devient lent.",
        ),
        _begin("Créez votre espace en mode expert", "expert"),
        class_name="card",
        aria_labelledby="expert",
    )


def _learn_more(mode: str, text: str) -> rx.Component:
    return rx.el.details(
        rx.el.summary("En savoir plus", rx.el.span(f" sur le {mode}", class_name="unseen")), rx.el.p(text)
    )


def _begin(label: str, mode: str) -> rx.Component:
    return rx.el.div(buttons.go(label, addresses.sign_up(mode)), class_name="more")
