"""Step 4 of booking: the person's details; step 3 of moving: the check."""

import reflex as rx

from app import addresses
from app.components import blocks, buttons, fields, notices
from app.components.captcha import captcha
from app.components.journey import journey_page
from app.components.stepper import BOOKING, RESCHEDULING
from app.state.details import CheckState, DetailsState
from app.state.journey import JourneyState

_CIVILITIES = (("", "Non précisée"), ("madame", "Madame"), ("monsieur", "Monsieur"))


def details() -> rx.Component:
    """Return the form of the person's details."""
    return journey_page(
        BOOKING,
        4,
        "Vos informations",
        _hold(),
        fields.error_summary(DetailsState),
        fields.form(
            fields.required_note(),
            _identity(),
            _contact(),
            _about(),
            rx.cond(DetailsState.human, rx.fragment(), captcha(DetailsState)),
            buttons.actions(
                buttons.submit("Confirmer et terminer", DetailsState.busy),
                buttons.go("Etape précédente", addresses.SLOT, "btn second"),
            ),
            on_submit=DetailsState.submit,
        ),
    )


def check() -> rx.Component:
    """Return the old and the new time, to confirm the move."""
    return journey_page(
        RESCHEDULING,
        3,
        "Vérifiez le changement",
        _hold(),
        fields.error_summary(CheckState),
        blocks.facts(
            blocks.fact("Rendez-vous actuel", CheckState.old_words, rx.el.br(), CheckState.old_channel),
            blocks.fact("Nouveau rendez-vous", CheckState.new_words, main=True),
            blocks.fact("Modalité", CheckState.new_channel),
            blocks.fact("Service", CheckState.office_name),
        ),
        fields.form(
            rx.cond(
                CheckState.call_back,
                fields.text_field(
                    CheckState,
                    "phone",
                    "Numéro à appeler",
                    hint="Un agent vous appelle à ce numéro à l’heure convenue.",
                    mark="obligatoire",
                    kind="tel",
                    autoComplete="tel",
                ),
            ),
            buttons.actions(
                buttons.submit("Confirmer le nouveau rendez-vous", CheckState.busy),
                buttons.go("Etape précédente", addresses.RESCHEDULE_SLOT, "btn second"),
            ),
            on_submit=CheckState.submit,
        ),
    )


def _hold() -> rx.Component:
    return rx.cond(
        JourneyState.hold_until != "",
        rx.fragment(
            notices.hold(JourneyState.hold_words, JourneyState.hold_until, JourneyState.extend),
            rx.el.p(JourneyState.hold_note, role="status", class_name="soft small"),
        ),
        notices.notice(
            rx.el.p(
                "Votre créneau n’est plus réservé. Vous pouvez encore confirmer s’il est libre, ou en ",
                "choisir un autre à l’étape précédente.",
            ),
            tone="warm",
        ),
    )


def _identity() -> rx.Component:
    return rx.fragment(
        fields.radio_group(
            DetailsState,
            "civility",
            "Civilité",
            rx.fragment(
                *(
                    fields.radio(
                        "civility",
                        value,
                        label,
                        identifier=f"civility-{value}" if value else "civility",
                        chosen=DetailsState.draft["civility"],
                        keep=DetailsState.keep("civility", value),
                    )
                    for value, label in _CIVILITIES
                )
            ),
            inline=True,
        ),
        fields.text_field(DetailsState, "last_name", "Nom", mark="obligatoire", autoComplete="family-name"),
        fields.text_field(DetailsState, "first_name", "Prénom", mark="obligatoire", autoComplete="given-name"),
    )


def _contact() -> rx.Component:
    return rx.fragment(
        fields.text_field(
            DetailsState,
            "email",
            "Adresse électronique",
            hint="Par exemple : nom@domaine.fr. La confirmation y est envoyée.",
            mark="obligatoire",
            kind="email",
            autoComplete="email",
            spellCheck="false",
        ),
        rx.cond(
            DetailsState.call_back,
            rx.el.p(
                "Un agent vous appelle à l’heure convenue : indiquez le numéro où vous joindre.", class_name="soft"
            ),
        ),
        fields.text_field(
            DetailsState,
            "phone",
            "Téléphone",
            hint="Par exemple : 06 39 98 12 34. Hors de France, commencez par + et l’indicatif.",
            mark="un numéro au moins",
            kind="tel",
            autoComplete="tel",
        ),
        fields.text_field(DetailsState, "second_phone", "Autre téléphone", kind="tel", autoComplete="off"),
    )


def _about() -> rx.Component:
    return rx.fragment(
        fields.text_field(
            DetailsState,
            "details",
            "Précisions pour préparer le rendez-vous",
            hint="1 000 caractères au plus. N’indiquez ni mot de passe ni numéro de carte bancaire.",
            lines=True,
            rows="4",
        ),
        fields.text_field(
            DetailsState,
            "tax_number",
            "Numéro fiscal",
            hint="13 chiffres, en haut de vos avis. Il permet de suivre ce rendez-vous dans votre espace particulier.",
            short=True,
            inputMode="numeric",
            autoComplete="off",
        ),
    )
