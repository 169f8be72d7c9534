"""The personal space beside « Mes contacts »: the profile, the password, the address, the open sessions."""

from typing import Any

import reflex as rx

from app import addresses
from app.components import blocks, buttons, fields
from app.components.private import CONTACTS, PROFILE, done, private_page
from app.content import countries, wording
from app.pages.space import old_password, sessions_page
from app.pages.space_changes import address_page, password_page
from app.state.details import NEED_FIELDS
from app.state.personal_space import (
    PersonalAddressState,
    PersonalPasswordState,
    PersonalSessionsState,
    ProfileState,
)

_UNDER_PROFILE = (CONTACTS, PROFILE)


def profile() -> rx.Component:
    """Return « Mon profil »."""
    return private_page(
        ProfileState,
        "Mon profil",
        old_password(ProfileState, addresses.PERSONAL_PASSWORD),
        rx.el.div(done(ProfileState.saved), id="enregistre", tab_index=-1),
        fields.error_summary(ProfileState),
        rx.el.section(
            rx.el.h2("Votre identité", id="identite"),
            blocks.facts(
                blocks.fact("Nom", ProfileState.who),
                blocks.fact("Numéro fiscal", blocks.code(ProfileState.tax_number)),
                blocks.fact_if(ProfileState.commune != "", "Commune", ProfileState.commune),
                blocks.fact("Adresse électronique", blocks.mail(ProfileState.email)),
                blocks.fact("Espace ouvert le", ProfileState.since),
            ),
            rx.el.p(
                "Nom et commune viennent du registre des contribuables ; ils ne se changent pas ici. Une erreur ? ",
                rx.el.a("Écrivez à l’assistance", href=addresses.ASSISTANCE),
                ".",
                class_name="soft",
            ),
            aria_labelledby="identite",
        ),
        rx.el.section(
            rx.el.h2("Pour vos rendez-vous", id="rendez-vous"),
            _form(),
            aria_labelledby="rendez-vous",
            class_name="apart",
        ),
        rx.el.section(
            rx.el.h2("Votre espace", id="espace"),
            blocks.fixed_tiles(
                ("Changer mon mot de passe", "L’ancien est demandé", addresses.PERSONAL_PASSWORD),
                ("Changer mon adresse", "Un code est envoyé à la nouvelle adresse", addresses.PERSONAL_ADDRESS),
                ("Mes sessions ouvertes", "Où vous êtes connecté, et depuis quand", addresses.PERSONAL_SESSIONS),
                ("Mes données et fermeture", "Tout télécharger, ou fermer cet espace", addresses.PERSONAL_DATA),
            ),
            aria_labelledby="espace",
            class_name="apart",
        ),
        crumbs=(CONTACTS,),
    )


def password() -> rx.Component:
    """Return « Changer mon mot de passe »."""
    return password_page(PersonalPasswordState, _UNDER_PROFILE, recovery=addresses.PERSONAL_RECOVERY)


def address() -> rx.Component:
    """Return « Changer mon adresse »."""
    return address_page(
        PersonalAddressState,
        _UNDER_PROFILE,
        title="Changer mon adresse",
        label="Nouvelle adresse électronique",
        then=rx.el.p("Vos courriels arrivent désormais à ", rx.el.b(blocks.mail(PersonalAddressState.email)), "."),
    )


def sessions() -> rx.Component:
    """Return the list of open sessions."""
    return sessions_page(PersonalSessionsState, _UNDER_PROFILE, password=addresses.PERSONAL_PASSWORD)


def _form() -> rx.Component:
    dialling = [(country.code, f"{country.label} ({country.dialling})") for country in countries.with_telephone()]
    return fields.form(
        rx.el.p("Rien n’est obligatoire. Ces réponses vous sont proposées à chaque prise de rendez-vous."),
        fields.select_field(
            ProfileState,
            "phone_country",
            "Pays du numéro de téléphone",
            fields.options(dialling),
            force=ProfileState.forced,
            autoComplete="off",
        ),
        fields.text_field(
            ProfileState,
            "phone",
            "Téléphone",
            hint="Par exemple : 06 39 98 12 34. Laissez vide pour l’effacer.",
            kind="tel",
            force=ProfileState.forced,
            autoComplete="tel-national",
            maxLength="40",
        ),
        rx.el.fieldset(
            rx.el.legend("Besoins particuliers"),
            rx.el.p("Le service se prépare à vous recevoir. Lui seul les voit.", class_name="hint"),
            *(_need(field, wording.NEED_LABELS[name]) for field, name in NEED_FIELDS.items()),
            class_name="field needs",
        ),
        buttons.actions(
            buttons.submit("Enregistrer", ProfileState.busy),
            buttons.go(*CONTACTS, "btn second"),
        ),
        on_submit=ProfileState.submit,
    )


def _need(field: str, label: Any) -> rx.Component:
    return fields.checkbox(
        ProfileState, field, label, checked=ProfileState.draft[field] == "oui", keep=ProfileState.keep
    )
