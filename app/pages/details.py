"""Step 4 of booking: the person's details; step 3 of moving: the check."""

from typing import Any

import reflex as rx

from app import addresses
from app.components import blocks, both_times, buttons, fields, notices
from app.components.captcha import captcha
from app.components.journey import journey_page
from app.components.stepper import BOOKING, RESCHEDULING
from app.content import wording
from app.state.details import NEED_FIELDS, STOP_ID, CheckState, DetailsState
from app.state.journey import HOLD_NOTE_ID, JourneyState

_CIVILITIES = (("", "Non précisée"), ("madame", "Madame"), ("monsieur", "Monsieur"))


def details() -> rx.Component:
    """Return the form of the person's details."""
    return journey_page(
        BOOKING,
        4,
        "Vos informations",
        _hold(),
        blocks.facts(
            blocks.fact("Motif", DetailsState.topic_label),
            blocks.fact("Rendez-vous", DetailsState.how),
            blocks.fact(rx.cond(DetailsState.call_back, "Service", "Lieu"), DetailsState.where),
            both_times.fact(DetailsState.starts_at, DetailsState.timezone),
        ),
        rx.el.div(_stop(), id=STOP_ID, tab_index=-1, class_name="stop"),
        fields.error_summary(DetailsState),
        fields.form(
            fields.required_note(),
            rx.cond(
                DetailsState.in_space,
                rx.el.p(
                    "Ce que votre espace particulier connaît est déjà rempli : vérifiez-le et complétez.",
                    class_name="soft",
                ),
            ),
            # In the order of the leaflet.
            _identity(),
            _other(),
            _precisions(),
            _contact(),
            _tax_number(),
            _needs(),
            rx.cond(DetailsState.human, rx.fragment(), captcha(DetailsState)),
            buttons.steps(
                buttons.submit("Confirmer et terminer", DetailsState.busy),
                buttons.go("Étape précédente", addresses.SLOT, "btn second"),
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
            blocks.fact(
                "Rendez-vous actuel",
                rx.el.span(CheckState.old_words, class_name="sentence"),
                _below(both_times.words(CheckState.old_starts_at)),
                _below(CheckState.old_channel),
                rx.cond(CheckState.old_place != "", _below(CheckState.old_place)),
            ),
            blocks.fact(
                "Nouveau rendez-vous",
                rx.el.span(CheckState.new_words, class_name="main"),
                _below(both_times.words(CheckState.new_starts_at)),
                _below(CheckState.new_channel),
                rx.cond(CheckState.new_place != "", _below(CheckState.new_place)),
                rx.cond(CheckState.on_arrival != "", _below(CheckState.on_arrival)),
            ),
            blocks.fact("Service", CheckState.office_name),
        ),
        both_times.ask([CheckState.old_starts_at, CheckState.new_starts_at], CheckState.timezone),
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
            buttons.steps(
                buttons.submit("Confirmer le nouveau rendez-vous", CheckState.busy),
                buttons.go("Étape précédente", addresses.RESCHEDULE_SLOT, "btn second"),
            ),
            on_submit=CheckState.submit,
        ),
    )


def _hold() -> rx.Component:
    return rx.cond(
        JourneyState.hold_until != "",
        rx.fragment(
            notices.hold(
                JourneyState.hold_words,
                JourneyState.hold_until,
                JourneyState.hold_now,
                JourneyState.extend,
                JourneyState.extend_within,
            ),
            rx.el.p(JourneyState.hold_note, id=HOLD_NOTE_ID, tab_index=-1, role="status", class_name="soft small"),
        ),
        notices.notice(
            rx.el.p(
                "Votre créneau n’est plus réservé. Vous pouvez encore confirmer s’il est libre, ou en ",
                "choisir un autre à l’étape précédente.",
            ),
            tone="warm",
        ),
    )


def _below(words: Any) -> rx.Component:
    return rx.el.span(words, class_name="below")


def _stop() -> rx.Component:
    """Return why somebody signed in cannot simply book."""
    return rx.match(
        DetailsState.stop,
        (
            "too_many",
            notices.notice(
                rx.el.h2("Vous avez déjà trois rendez-vous à venir"),
                rx.el.p(
                    "C’est le nombre permis par espace. Annulez-en un dans « Mes contacts » pour prendre celui-ci : "
                    "votre saisie reste ici."
                ),
                buttons.actions(buttons.go("Voir « Mes contacts »", addresses.PERSONAL_SPACE)),
                tone="warm",
                role="alert",
            ),
        ),
        (
            "duplicate",
            notices.notice(
                rx.el.h2("Vous avez déjà un rendez-vous pour ce motif"),
                rx.el.p(
                    rx.el.b(DetailsState.existing.words, class_name="below sentence"),
                    _below(DetailsState.existing.channel),
                    rx.cond(DetailsState.existing.place != "", _below(DetailsState.existing.place)),
                    _below(rx.fragment("Référence ", blocks.code(DetailsState.existing.reference))),
                ),
                buttons.actions(
                    buttons.go("Garder celui-ci", addresses.PERSONAL_SPACE),
                    buttons.act("Prendre aussi ce rendez-vous", DetailsState.take_both),
                ),
                tone="warm",
                role="alert",
            ),
        ),
        rx.fragment(),
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
        fields.unless_ticked(
            fields.text_field(DetailsState, "first_name", "Prénom", mark="obligatoire", autoComplete="given-name"),
            fields.checkbox(
                DetailsState,
                "no_first_name",
                "Je n’ai pas de prénom",
                checked=DetailsState.draft["no_first_name"] == "oui",
                keep=DetailsState.keep,
            ),
        ),
    )


def _other() -> rx.Component:
    """Return the box for somebody else, whose names the stylesheet shows as long as it is ticked."""
    return rx.el.div(
        fields.checkbox(
            DetailsState,
            "for_other",
            rx.el.b("Je prends ce rendez-vous pour quelqu’un d’autre"),
            checked=DetailsState.draft["for_other"] == "oui",
            keep=DetailsState.keep,
        ),
        rx.el.div(
            fields.text_field(
                DetailsState,
                "other_last_name",
                "Nom de la personne reçue",
                hint="Les messages sur ce rendez-vous arrivent à votre adresse.",
                mark="obligatoire",
                autoComplete="off",
            ),
            fields.unless_ticked(
                fields.text_field(
                    DetailsState,
                    "other_first_name",
                    "Prénom de la personne reçue",
                    mark="obligatoire",
                    autoComplete="off",
                ),
                fields.checkbox(
                    DetailsState,
                    "no_other_first_name",
                    "Cette personne n’a pas de prénom",
                    checked=DetailsState.draft["no_other_first_name"] == "oui",
                    keep=DetailsState.keep,
                ),
            ),
            class_name="revealed",
        ),
        class_name="reveals",
    )


def _needs() -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend("Besoins particuliers"),
        rx.el.p(
            "Cochez ce qui concerne la personne reçue : le service s’y prépare. Rien n’est obligatoire.",
            id="besoins-aide",
            class_name="hint",
        ),
        *(
            fields.checkbox(
                DetailsState,
                field,
                rx.el.b(wording.NEED_LABELS[name]),
                checked=DetailsState.draft[field] == "oui",
                keep=DetailsState.keep,
            )
            for field, name in NEED_FIELDS.items()
        ),
        class_name="field needs",
        custom_attrs={"aria-describedby": "besoins-aide"},
    )


def _contact() -> rx.Component:
    return rx.fragment(
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
            hint="Par exemple : 06 39 98 12 34. Hors de France, commencez par + et l’indicatif. "
            "Si vous n’avez pas de téléphone, indiquez-le dans les besoins particuliers.",
            mark="un numéro au moins",
            kind="tel",
            autoComplete="tel",
        ),
        fields.text_field(DetailsState, "second_phone", "Autre téléphone", kind="tel", autoComplete="off"),
        fields.text_field(
            DetailsState,
            "email",
            "Adresse électronique",
            hint="Par exemple : nom@domaine.fr. La confirmation et le rappel y sont envoyés.",
            mark="obligatoire",
            kind="email",
            autoComplete="email",
            spellCheck="false",
        ),
    )


def _precisions() -> rx.Component:
    return fields.text_field(
        DetailsState,
        "details",
        "Précisions pour préparer le rendez-vous",
        hint="1 000 caractères au plus. N’indiquez ni mot de passe ni numéro de carte bancaire.",
        lines=True,
        rows="4",
    )


def _tax_number() -> rx.Component:
    return rx.cond(
        DetailsState.own_tax_number != "",
        rx.el.div(
            rx.el.p("Numéro fiscal", class_name="label"),
            rx.el.p("Celui de votre espace particulier, où ce rendez-vous sera suivi.", class_name="hint"),
            rx.el.p(DetailsState.own_tax_number, class_name="reference"),
            class_name="field",
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
