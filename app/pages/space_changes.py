"""« Données personnelles »: the pages where one changes details, password and sign-in address."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from app import addresses
from app.components import blocks, buttons, fields, identity, layout, mailbox, notices, refused_address
from app.components.password import advice_dialog, password_field
from app.components.private import SERVICES, SPACE, done, private_page
from app.pages.recovery import new_password_fields, username
from app.state.space_credentials import SpaceAddressState, SpacePasswordState
from app.state.space_details import SpaceDetailsState, SpaceSecretsState

_FILE_NAME = "recapitulatif-espace-professionnel.pdf"


def details() -> rx.Component:
    """Return « Modifier mes coordonnées », with the PDF summary under it."""
    return private_page(
        SpaceDetailsState,
        "Modifier mes coordonnées",
        rx.el.div(done(SpaceDetailsState.saved), id="enregistre", tab_index=-1),
        fields.error_summary(SpaceDetailsState),
        fields.form(
            fields.required_note(),
            rx.cond(SpaceDetailsState.is_simplified, _contact_address()),
            rx.el.h2("Usager"),
            *identity.person_fields(SpaceDetailsState),
            rx.cond(
                SpaceDetailsState.is_simplified,
                rx.fragment(),
                rx.fragment(*identity.address_fields(SpaceDetailsState)),
            ),
            buttons.actions(
                buttons.submit("Enregistrer", SpaceDetailsState.busy),
                buttons.go("Gérer les services", addresses.SPACE_SERVICES, "btn second"),
            ),
            on_submit=SpaceDetailsState.submit,
        ),
        rx.el.section(
            rx.el.h2("Récapitulatif et question de confiance", id="recapitulatif", tab_index=-1),
            fields.error_summary(SpaceSecretsState),
            rx.cond(SpaceSecretsState.revealed, _secrets(), _ask_password()),
            aria_labelledby="recapitulatif",
            class_name="apart",
        ),
        rx.el.section(
            rx.el.h2("Connexion", id="connexion"),
            rx.el.ul(
                rx.el.li(rx.el.a("Changer mon mot de passe", href=addresses.SPACE_PASSWORD)),
                rx.el.li(rx.el.a("Changer mon adresse de connexion", href=addresses.SPACE_ADDRESS)),
                rx.el.li(rx.el.a("Mes sessions ouvertes", href=addresses.SPACE_SESSIONS)),
                rx.el.li(rx.el.a("Mes données et fermeture", href=addresses.SPACE_DATA)),
            ),
            aria_labelledby="connexion",
            class_name="apart",
        ),
    )


def password() -> rx.Component:
    """Return « Changer mon mot de passe »."""
    return password_page(SpacePasswordState, (SPACE, SERVICES), recovery=addresses.RECOVERY)


def password_page(state: Any, crumbs: Sequence[layout.Crumb], *, recovery: str) -> rx.Component:
    """Return the page where the password is changed, for a state that mixes in PasswordMixin.

    The last of `crumbs` is where one goes back to, `recovery` the page for a lost password.
    """
    back = buttons.go(*crumbs[-1], "btn second")
    return private_page(
        state,
        "Changer mon mot de passe",
        rx.cond(state.changed, _password_changed(back), _password_form(state, back, recovery)),
        crumbs=crumbs,
    )


def address() -> rx.Component:
    """Return « Changer mon adresse de connexion »."""
    return address_page(
        SpaceAddressState,
        (SPACE, SERVICES),
        title="Changer mon adresse de connexion",
        label="Nouvelle adresse électronique de connexion",
        then=rx.el.p("Connectez-vous désormais avec ", rx.el.b(blocks.mail(SpaceAddressState.email)), "."),
    )


def address_page(
    state: Any, crumbs: Sequence[layout.Crumb], *, title: str, label: str, then: rx.Component
) -> rx.Component:
    """Return the page where the address is changed, for a state that mixes in AddressMixin.

    The last of `crumbs` is where one goes back to, `label` that of the new address; `then` says what it is for.
    """
    back = buttons.go(*crumbs[-1], "btn second")
    return private_page(
        state,
        title,
        rx.cond(
            state.changed,
            _address_changed(then, back),
            rx.fragment(
                rx.el.div(rx.cond(state.refused, _address_refused(state)), role="status"),
                rx.cond(
                    (state.waiting_for != "") & ~state.refused,
                    _code_form(state),
                    _address_form(state, label, back),
                ),
            ),
        ),
        crumbs=crumbs,
    )


def _contact_address() -> rx.Component:
    _siren, contact = identity.company_fields(SpaceDetailsState)
    return rx.fragment(rx.el.h2("Entreprise"), contact)


def _ask_password() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            "Le récapitulatif contient votre numéro d’abonné et votre réponse de confiance, indispensables en cas de "
            "perte de votre mot de passe. Pour l’ouvrir, saisissez votre mot de passe."
        ),
        fields.form(
            password_field(
                SpaceSecretsState, "password", "Votre mot de passe", mark="", autocomplete="current-password"
            ),
            buttons.actions(buttons.submit("Continuer", SpaceSecretsState.busy)),
            on_submit=SpaceSecretsState.prove,
        ),
    )


def _secrets() -> rx.Component:
    return rx.fragment(
        rx.el.p("Cette partie reste ouverte cinq minutes."),
        buttons.actions(
            buttons.download("Sauvegardez ou imprimez le récapitulatif", addresses.SUMMARY_PDF, _FILE_NAME)
        ),
        rx.el.h3("Changer la question de confiance"),
        rx.el.p("Elle vous sera demandée si vous perdez votre mot de passe.", class_name="soft"),
        done(SpaceSecretsState.saved),
        fields.form(
            *identity.trust_fields(SpaceSecretsState),
            rx.cond(SpaceSecretsState.is_simplified, identity.iban_field(SpaceSecretsState)),
            buttons.actions(buttons.submit("Enregistrer ces réponses", SpaceSecretsState.busy)),
            on_submit=SpaceSecretsState.submit,
        ),
    )


def _password_form(state: Any, back: rx.Component, recovery: str) -> rx.Component:
    return rx.fragment(
        rx.el.p("Vos autres sessions seront fermées. Un courriel vous préviendra du changement."),
        fields.error_summary(state),
        fields.form(
            fields.required_note("Tous les champs sont obligatoires."),
            username(state.email),
            password_field(state, "old_password", "Mot de passe actuel", mark="", autocomplete="current-password"),
            *new_password_fields(state),
            buttons.actions(
                buttons.submit("Enregistrer", state.busy),
                back,
            ),
            on_submit=state.submit,
        ),
        rx.el.p(rx.el.a("Mot de passe oublié\u00a0?", href=recovery)),
        advice_dialog(),
    )


def _password_changed(back: rx.Component) -> rx.Component:
    return rx.fragment(
        notices.notice(
            rx.el.h2("Votre mot de passe est changé", id="enregistre", tab_index=-1),
            rx.el.p("Vos autres sessions sont fermées. Un courriel vous le confirme."),
            tone="ok",
        ),
        buttons.actions(back),
    )


def _address_refused(state: Any) -> rx.Component:
    return refused_address.in_place(
        state.waiting_for,
        rx.el.p(
            "Rien n’est changé\u00a0: votre adresse reste ",
            rx.el.b(blocks.mail(state.email)),
            ". Essayez-en une autre.",
        ),
        buttons.actions(buttons.act("Garder l’adresse actuelle", state.give_up)),
    )


def _address_form(state: Any, label: str, back: rx.Component) -> rx.Component:
    return rx.fragment(
        rx.el.p(
            "Adresse actuelle : ",
            rx.el.b(blocks.mail(state.email)),
            ". Un code est envoyé à la nouvelle adresse, et un avis à l’ancienne une fois le changement fait.",
        ),
        fields.error_summary(state),
        fields.form(
            fields.required_note("Tous les champs sont obligatoires."),
            fields.text_field(
                state,
                "email",
                label,
                hint="Format attendu\u00a0: adresse@domaine.fr. Une adresse sert à un seul espace du même genre.",
                kind="email",
                autoComplete="email",
                spellCheck="false",
                maxLength="254",
            ),
            fields.text_field(
                state,
                "email_again",
                "Confirmez la nouvelle adresse",
                kind="email",
                autoComplete="email",
                spellCheck="false",
                maxLength="254",
            ),
            password_field(state, "password", "Votre mot de passe", mark="", autocomplete="current-password"),
            buttons.actions(
                buttons.submit("Continuer", state.busy),
                back,
            ),
            on_submit=state.ask,
        ),
    )


def _code_form(state: Any) -> rx.Component:
    hint = "12 caractères\u00a0; majuscules et minuscules comptent."
    control = rx.el.input(
        id="code",
        name="code",
        class_name="short",
        auto_complete="one-time-code",
        custom_attrs={
            "maxLength": "40",
            "autoCapitalize": "none",
            "spellCheck": "false",
            **fields.described(state, "code", hint=hint),
        },
    )
    return rx.fragment(
        notices.notice(
            rx.el.p("Un code a été envoyé à ", rx.el.b(blocks.mail(state.waiting_for)), "."),
            rx.el.p(
                "Il est valable jusqu’à ",
                state.until,
                ". D’ici là, votre adresse reste ",
                rx.el.b(blocks.mail(state.email)),
                ". Rien n’arrive\u00a0? Regardez dans les courriers indésirables.",
            ),
        ),
        fields.error_summary(state),
        fields.form(
            fields.framed(state, "code", "Code reçu", control, hint=hint, mark="obligatoire"),
            buttons.actions(
                buttons.submit("Valider", state.busy),
                buttons.act("Garder l’adresse actuelle", state.give_up),
            ),
            on_submit=state.confirm,
        ),
        mailbox.note(),
    )


def _address_changed(then: rx.Component, back: rx.Component) -> rx.Component:
    return rx.fragment(
        notices.notice(
            rx.el.h2("Votre adresse est changée", id="enregistre", tab_index=-1),
            then,
            rx.el.p("Vos autres sessions sont fermées, et l’ancienne adresse reçoit un avis."),
            tone="ok",
        ),
        buttons.actions(back),
    )
