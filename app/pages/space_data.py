"""« Mes données et fermeture », for both kinds of space, and the page after a space was closed."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from app import addresses
from app.components import blocks, buttons, fields, layout, notices
from app.components.password import password_field
from app.components.private import CONTACTS, PROFILE, SERVICES, SPACE, private_page
from app.pages.recovery import username
from app.state.space_data import (
    CANCEL,
    CLOSING_PASSWORD,
    DOWNLOAD_ID,
    PASSWORD,
    SURE,
    PersonalDataState,
    SpaceDataState,
)

_TITLE = "Mes données et fermeture"


def professional() -> rx.Component:
    """Return the page of a professional space."""
    erased = "votre nom, vos coordonnées, votre question de confiance et, s’il y en a un, le compte bancaire"
    return _page(SpaceDataState, (SPACE, SERVICES), erased, "Votre adresse redevient libre pour un autre espace.")


def personal() -> rx.Component:
    """Return the page of a personal space."""
    erased = "votre nom, votre numéro fiscal, vos coordonnées et vos besoins particuliers"
    freed = "Votre adresse et votre numéro fiscal redeviennent libres pour un nouvel espace."
    return _page(PersonalDataState, (CONTACTS, PROFILE), erased, freed)


def closed() -> rx.Component:
    """Return the page one arrives at when a space has been closed; it says nothing of anybody."""
    return layout.page(
        rx.el.h1("Votre espace est fermé", id="titre", tab_index=-1),
        rx.el.p("Vous n’y êtes plus connecté, sur aucun appareil. Un courriel vous le confirme.", class_name="lead"),
        rx.el.p(
            "Si vous avez gardé des rendez-vous, le lien de leur courriel de confirmation permet de les déplacer ou "
            "de les annuler."
        ),
        buttons.actions(
            buttons.go("Revenir à l’accueil", addresses.HOME),
            buttons.go("Prendre rendez-vous", addresses.CONTACT, "btn second"),
        ),
        here="Espace fermé",
        to_read=True,
    )


def _page(state: Any, crumbs: Sequence[layout.Crumb], erased: str, freed: str) -> rx.Component:
    return private_page(
        state,
        _TITLE,
        fields.error_summary(state),
        rx.el.section(
            rx.el.h2("Télécharger mes données", id="donnees"),
            rx.el.p(
                "Un fichier JSON, lisible par une personne comme par un logiciel : votre espace, vos rendez-vous, vos "
                "sessions, les courriels envoyés et le journal de sécurité."
            ),
            rx.cond(state.proven, _download(state), _ask_password(state)),
            aria_labelledby="donnees",
        ),
        rx.el.section(
            rx.el.h2("Fermer mon espace", id="fermer"),
            _consequences(erased, freed),
            _closing(state),
            aria_labelledby="fermer",
            class_name="apart",
        ),
        crumbs=crumbs,
    )


def _ask_password(state: Any) -> rx.Component:
    return fields.form(
        username(state.email),
        password_field(
            state,
            PASSWORD,
            "Votre mot de passe",
            hint="Le fichier contient tout ce que vous nous avez confié.",
            mark="",
            autocomplete="current-password",
        ),
        buttons.actions(buttons.submit("Continuer", state.busy)),
        on_submit=state.prove,
    )


def _download(state: Any) -> rx.Component:
    return rx.fragment(
        rx.el.p("Le téléchargement reste ouvert cinq minutes.", id=DOWNLOAD_ID, tab_index=-1),
        buttons.actions(buttons.act("Télécharger mes données", state.download, "btn")),
    )


def _consequences(erased: str, freed: str) -> rx.Component:
    return rx.fragment(
        rx.el.p("C’est définitif : un espace fermé ne se rouvre pas."),
        rx.el.h3("Effacé tout de suite"),
        rx.el.ul(
            rx.el.li(f"Votre espace : {erased}."),
            rx.el.li("Toutes vos sessions et ce que vous aviez commencé à saisir dans ce navigateur."),
            rx.el.li(freed),
        ),
        rx.el.h3("Gardé un temps"),
        blocks.facts(
            blocks.fact("13 mois", "Vos rendez-vous, après leur date ; ensuite, plus rien n’y est personnel."),
            blocks.fact("12 mois", "Le journal de sécurité, sans votre nom."),
            blocks.fact("30 jours", "La trace des courriels envoyés."),
        ),
    )


def _closing(state: Any) -> rx.Component:
    return fields.form(
        rx.cond(state.upcoming > 0, _appointments(state)),
        fields.checkbox(
            state,
            SURE,
            "Je ferme mon espace. Je sais que c’est définitif.",
            mark="obligatoire",
            checked=state.draft[SURE] == "oui",
        ),
        password_field(
            state, CLOSING_PASSWORD, "Mot de passe de cet espace", mark="obligatoire", autocomplete="current-password"
        ),
        buttons.actions(
            buttons.submit("Fermer mon espace", state.busy, "btn danger"),
        ),
        on_submit=state.close,
    )


def _appointments(state: Any) -> rx.Component:
    several = state.upcoming > 1
    return rx.fragment(
        notices.notice(
            rx.el.p(
                rx.cond(
                    several,
                    rx.fragment(rx.el.b(state.upcoming, " rendez-vous à venir"), " ont été pris dans cet espace."),
                    rx.fragment(rx.el.b("Un rendez-vous à venir"), " a été pris dans cet espace."),
                ),
            ),
            rx.el.p(
                "Vous y êtes attendu si vous fermez sans rien annuler. Le lien du courriel permet ",
                rx.cond(several, "de les déplacer ou de les annuler.", "de le déplacer ou de l’annuler."),
            ),
            tone="warm",
        ),
        fields.checkbox(
            state,
            CANCEL,
            rx.cond(several, "Annuler aussi ces rendez-vous", "Annuler aussi ce rendez-vous"),
            checked=state.draft[CANCEL] == "oui",
        ),
    )
