"""The contact page: blocks, then the address; and the form that sends a lost link again."""

import reflex as rx

from app import addresses
from app.components import blocks, buttons, fields, layout, notices
from app.components.journey import no_cookies, resume_question
from app.state.contact import ContactState, Place
from app.state.journey import JourneyState
from app.state.lost_link import LostLinkState


def contact() -> rx.Component:
    """Return the contact page for any block of the contact tree."""
    return layout.page(
        rx.el.h1(
            rx.cond(ContactState.label != "", ContactState.label, "Contact et rendez-vous"), id="titre", tab_index=-1
        ),
        rx.cond(ContactState.resumable, resume_question(JourneyState)),
        rx.cond(
            ContactState.label == "",
            rx.el.p("Dites-nous qui vous êtes : nous vous orientons vers le service compétent.", class_name="lead"),
        ),
        rx.cond(ContactState.choices.length() > 0, blocks.tiles(ContactState.choices), _leaf()),
        rx.cond(ContactState.label == "", _lost_link()),
        crumbs=(("Contact", addresses.CONTACT),),
        more=ContactState.trail,
        here=rx.cond(ContactState.label != "", ContactState.label, "Votre demande"),
    )


def _leaf() -> rx.Component:
    return rx.match(
        ContactState.leaf,
        ("address", rx.cond(ContactState.no_cookies, no_cookies(), _address())),
        ("direct", rx.cond(ContactState.no_cookies, no_cookies(), _direct())),
        ("answer", _answer()),
        notices.waiting(),
    )


def _answer() -> rx.Component:
    return rx.fragment(
        _answer_block(),
        rx.el.p("Assistance : ", layout.ASSISTANCE_PHONE, f", {layout.ASSISTANCE_HOURS}."),
    )


def _answer_block() -> rx.Component:
    return blocks.answer(
        ContactState.answer_title,
        ContactState.answer_paragraphs,
        ContactState.answer_link,
        ContactState.answer_link_label,
    )


def _direct() -> rx.Component:
    return rx.fragment(
        _answer_block(),
        rx.el.p("Un seul service s’occupe de votre demande, où que vous habitiez."),
        fields.error_summary(ContactState),
        buttons.actions(buttons.act("Voir ce service", ContactState.go_direct, "btn")),
    )


def _address() -> rx.Component:
    return rx.fragment(
        _answer_block(),
        rx.el.h2("Votre adresse"),
        rx.el.p("Elle sert à trouver le service qui suit votre dossier."),
        fields.error_summary(ContactState),
        fields.form(
            fields.required_note("Les champs suivis de « obligatoire » doivent être remplis."),
            fields.text_field(
                ContactState,
                "voie",
                "Numéro et voie",
                hint="Par exemple : 12 rue de Longchamp",
                mark="obligatoire",
                force=ContactState.street_forced,
                autoComplete="street-address",
                maxLength="200",
            ),
            fields.text_field(
                ContactState,
                "code-postal",
                "Code postal",
                mark="obligatoire",
                short=True,
                force=ContactState.forced,
                autoComplete="postal-code",
                inputMode="numeric",
                maxLength="40",
            ),
            _commune(),
            buttons.actions(buttons.submit("Rechercher votre service", ContactState.busy)),
            on_submit=ContactState.search,
        ),
        _find_commune(),
    )


def _commune() -> rx.Component:
    return rx.match(
        ContactState.places.length(),
        # Room for the line below: a button that moves while somebody presses it is not pressed.
        (0, rx.el.p("Votre commune s’affichera ici.", class_name="commune soft")),
        (
            1,
            rx.el.p(
                "Commune : ",
                rx.el.b(ContactState.places[0].label),
                rx.el.input(type="hidden", name="commune", value=ContactState.places[0].code),
                class_name="commune",
                role="status",
            ),
        ),
        fields.select_field(
            ContactState,
            "commune",
            "Commune",
            rx.fragment(
                rx.el.option("Choisissez votre commune", value=""),
                rx.foreach(ContactState.places, lambda place: rx.el.option(place.label, value=place.code)),
            ),
            hint="Plusieurs communes ont ce code postal.",
            mark="obligatoire",
            force=ContactState.forced,
        ),
    )


def _find_commune() -> rx.Component:
    return rx.el.details(
        rx.el.summary("Vous ne connaissez pas le code postal ?"),
        fields.form(
            rx.el.div(
                rx.el.label("Nom de la commune", html_for="nom-commune"),
                rx.el.input(id="nom-commune", name="nom-commune", auto_complete="address-level2", max_length=80),
                class_name="field",
            ),
            buttons.submit("Chercher la commune", class_name="btn second"),
            on_submit=ContactState.find_commune,
        ),
        rx.el.div(
            rx.cond(
                ContactState.found.length() > 0,
                rx.el.ul(rx.foreach(ContactState.found, _found), class_name="results"),
                rx.cond(
                    ContactState.searched != "",
                    rx.el.p("Aucune commune ne porte ce nom : vérifiez l’orthographe, ou essayez le début du nom."),
                ),
            ),
            role="status",
        ),
    )


def _found(place: rx.Var[Place]) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            place.label,
            " ",
            place.postal_code,
            type="button",
            on_click=ContactState.take_commune(place.code),
            class_name="as-link",
        )
    )


def _lost_link() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Déplacer ou annuler un rendez-vous", id="retrouver"),
        rx.el.p(
            "Le courriel de confirmation contient un lien pour déplacer ou annuler votre rendez-vous. "
            "Vous ne le retrouvez plus ? Demandez-le à nouveau."
        ),
        rx.cond(
            LostLinkState.sent,
            notices.notice(
                rx.el.p(
                    "Si cette référence et cette adresse correspondent à un rendez-vous, un courriel avec le lien "
                    "est envoyé à cette adresse. Regardez aussi dans les courriers indésirables."
                ),
                rx.el.p(
                    "Cette adresse ne reçoit plus de courriel\u00a0? Appelez l’assistance au ",
                    rx.el.a(layout.ASSISTANCE_PHONE, href=layout.ASSISTANCE_CALL, class_name="nowrap"),
                    "\u00a0: un agent déplace ou annule le rendez-vous avec vous.",
                ),
                tone="ok",
                role="status",
            ),
        ),
        fields.error_summary(LostLinkState),
        fields.form(
            fields.text_field(
                LostLinkState,
                "reference",
                "Référence du rendez-vous",
                hint="Elle figure sur la page de confirmation, par exemple K7M-2PQ-X4R.",
                mark="obligatoire",
                short=True,
                autoComplete="off",
                spellCheck="false",
            ),
            fields.text_field(
                LostLinkState,
                "adresse",
                "Adresse électronique",
                hint="Celle que vous avez donnée pour ce rendez-vous, par exemple nom@domaine.fr.",
                mark="obligatoire",
                kind="email",
                autoComplete="email",
                is_last=True,
            ),
            buttons.actions(buttons.submit("Recevoir le lien", class_name="btn second")),
            on_submit=LostLinkState.submit,
        ),
        rx.el.p(rx.el.a("Comment prendre, déplacer ou annuler un rendez-vous", href=addresses.HELP_BOOKING)),
        aria_labelledby="retrouver",
        # It holds its place for whoever is led here, and is seen once the blocks above have pushed it down.
        class_name=rx.cond(ContactState.choices.length() > 0, "", "pending"),
    )
