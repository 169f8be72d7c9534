"""The fields of a person and of a company, shared by the sign-up and by « Modifier mes coordonnées ».

Each group is a list of fields bound to a state with `draft`, `errors`, `keep` and `forced`; address fields need
`communes` too, the account field `iban_shown`.
"""

from typing import Any

import reflex as rx

from app.components import fields
from app.content import countries, trust_questions
from app.content.street_types import STREET_TYPES
from app.services.accounts.identity_form import LABELS, REQUIRED, TICKED

_COMMUNES_ID = "communes"


def company_fields(state: Any) -> list[rx.Component]:
    """Return the SIREN and the contact address of a company."""
    return [
        _text(
            state, "siren", hint="9 chiffres, par exemple 732 829 320.", short=True, inputMode="numeric", maxLength="20"
        ),
        _text(
            state,
            "contact_email",
            hint="Elle permettra de joindre l’entreprise à tout sujet la concernant.",
            kind="email",
            autoComplete="email",
            spellCheck="false",
            maxLength="254",
        ),
    ]


def person_fields(state: Any) -> list[rx.Component]:
    """Return names and telephone."""
    dialling = [(country.code, f"{country.label} ({country.dialling})") for country in countries.with_telephone()]
    return [
        _text(
            state,
            "last_name",
            hint="Comme sur votre pièce d’identité, en caractères latins.",
            autoComplete="family-name",
        ),
        fields.unless_ticked(
            _text(state, "first_name", autoComplete="given-name"),
            fields.checkbox(
                state,
                "no_first_name",
                LABELS["no_first_name"],
                checked=state.draft["no_first_name"] == TICKED,
                keep=state.keep,
                force=state.forced,
            ),
        ),
        _select(state, "phone_country", dialling, autoComplete="off"),
        _text(
            state,
            "phone",
            hint="Par exemple : 06 39 98 12 34.",
            kind="tel",
            autoComplete="tel-national",
            maxLength="40",
        ),
    ]


def address_fields(state: Any) -> list[rx.Component]:
    """Return the postal address; the communes of a French postal code are proposed."""
    return [
        _text(
            state, "street_number", hint="Par exemple : 12 ou 12 bis.", short=True, autoComplete="off", maxLength="20"
        ),
        _select(state, "street_type", [("", "Aucune"), *((kind, kind) for kind in STREET_TYPES)], autoComplete="off"),
        _text(state, "street_name", hint="Par exemple : de Longchamp.", autoComplete="address-line1"),
        _text(state, "address_extra", hint="Bâtiment, étage, chez…", autoComplete="address-line2"),
        _text(state, "postal_code", short=True, autoComplete="postal-code", maxLength="40"),
        rx.el.div(
            _text(state, "commune", autoComplete="address-level2", list=_COMMUNES_ID),
            rx.el.datalist(rx.foreach(state.communes, lambda name: rx.el.option(value=name)), id=_COMMUNES_ID),
            rx.el.p(state.communes_note, role="status", class_name="soft small under"),
        ),
        _select(
            state,
            "country",
            [(country.code, country.label) for country in countries.all_countries()],
            autoComplete="country",
        ),
    ]


def iban_field(state: Any) -> rx.Component:
    """Return the account number: dots once it is left, and never sent back by the server."""
    return rx.el.div(
        _text(
            state,
            "iban",
            hint="Sur votre relevé d’identité bancaire. Il sert aux prélèvements des impôts de l’entreprise.",
            class_name="masked",
            autoComplete="off",
            autoCapitalize="characters",
            spellCheck="false",
            maxLength="50",
            placeholder=" ",
        ),
        rx.cond(
            state.iban_shown != "",
            rx.el.p(
                "Compte déjà saisi : ",
                rx.el.b(state.iban_shown),
                ". Laissez le champ vide pour le garder.",
                class_name="soft small under",
            ),
        ),
    )


def trust_fields(state: Any) -> list[rx.Component]:
    """Return the trust question and its answer."""
    questions = [(question.id, question.label) for question in trust_questions.QUESTIONS]
    return [
        _select(state, "trust_question", questions, autoComplete="off"),
        _text(state, "trust_answer", hint="En caractères latins.", autoComplete="off"),
    ]


def _text(state: Any, name: str, **options: Any) -> rx.Component:
    options = {"maxLength": "200", **options}
    return fields.text_field(state, name, LABELS[name], mark=_mark(name), force=state.forced, **options)


def _select(state: Any, name: str, pairs: list[tuple[str, str]], **options: Any) -> rx.Component:
    choices = fields.options(pairs)
    return fields.select_field(state, name, LABELS[name], choices, mark=_mark(name), force=state.forced, **options)


def _mark(name: str) -> str:
    return "obligatoire" if name in REQUIRED else ""
