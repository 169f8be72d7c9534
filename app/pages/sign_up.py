"""The five screens of the sign-up, in both modes."""

from typing import Any

import reflex as rx

from app import addresses
from app.components import blocks, buttons, fields, mailbox, notices, refused_address
from app.components.captcha import captcha
from app.components.durations import ACTIVATION
from app.components.identifiers import identifier_fields
from app.components.identity import address_fields, company_fields, iban_field, person_fields, trust_fields
from app.components.journey import leaving, wizard_page
from app.components.password import advice_dialog
from app.components.stepper import SIGN_UP
from app.state.sign_up import ConditionsState, IdentifiersState, SignUpState
from app.state.sign_up_form import FormState, Line, RegisteredState, SummaryState

_CRUMBS = (("Espace professionnel", addresses.PROFESSIONAL_SIGN_IN), ("Choix du mode", addresses.SPACE_CHOICE))


def conditions() -> rx.Component:
    """Return step 1: the terms and the CAPTCHA."""
    return _step(
        1,
        "Acceptez les conditions générales",
        fields.error_summary(ConditionsState),
        fields.form(
            fields.required_note(),
            fields.checkbox(
                ConditionsState,
                "terms",
                "Je reconnais avoir pris connaissance des ",
                rx.el.a("conditions générales", _new_tab(), href=addresses.TERMS, target="_blank"),
                " et les accepte sans restriction.",
                mark="obligatoire",
                checked=ConditionsState.accepted,
                keep=ConditionsState.keep,
            ),
            rx.cond(ConditionsState.human, rx.fragment(), captcha(ConditionsState)),
            _actions("Continuer", ConditionsState.busy, addresses.SPACE_CHOICE),
            on_submit=ConditionsState.submit,
        ),
    )


def identifiers() -> rx.Component:
    """Return step 2: the sign-in address and the password, each twice."""
    return _step(
        2,
        "Créez vos identifiants",
        notices.notice(
            rx.el.p("Cette adresse électronique ne pourra servir que pour ", rx.el.b("un seul espace"), ".")
        ),
        fields.error_summary(IdentifiersState),
        fields.form(
            fields.required_note(),
            *identifier_fields(IdentifiersState),
            _actions("Continuer", IdentifiersState.busy, addresses.SIGN_UP_CONDITIONS),
            on_submit=IdentifiersState.submit,
        ),
        advice_dialog(),
    )


def form() -> rx.Component:
    """Return step 3: who the person is, and in simplified mode which company it is for."""
    state = FormState
    return _step(
        3,
        "Remplissez votre formulaire d’inscription",
        fields.error_summary(state),
        fields.form(
            fields.required_note(),
            rx.cond(SignUpState.simplified, rx.fragment(rx.el.h2("Entreprise"), *company_fields(state))),
            rx.el.h2("Usager"),
            *person_fields(state),
            rx.el.div(
                rx.el.p("Adresse électronique de connexion", class_name="label"),
                rx.el.p(
                    blocks.mail(state.email),
                    rx.el.span(" ", _edit(addresses.SIGN_UP_IDENTIFIERS, "l’adresse de connexion")),
                ),
                class_name="field",
            ),
            rx.cond(SignUpState.simplified, iban_field(state), rx.fragment(*address_fields(state))),
            rx.el.h2("Question de confiance"),
            rx.el.p(
                "Elle vous sera demandée si vous perdez votre mot de passe : conservez votre question et votre réponse."
            ),
            *trust_fields(state),
            buttons.steps(
                buttons.submit("Continuer", state.busy),
                buttons.act("Effacer", state.clear),
                buttons.go("Étape précédente", addresses.SIGN_UP_IDENTIFIERS, "btn second"),
            ),
            on_submit=state.submit,
        ),
    )


def summary() -> rx.Component:
    """Return step 4: everything typed, to check before it is sent."""
    state = SummaryState
    return _step(
        4,
        "Récapitulatif",
        rx.cond(state.problem != "", notices.notice(rx.el.p(state.problem), tone="danger", role="alert")),
        rx.el.p("Vérifiez vos réponses. Rien n’est encore enregistré."),
        _section("Identifiants", state.identifiers, addresses.SIGN_UP_IDENTIFIERS, "les identifiants"),
        rx.cond(
            SignUpState.simplified,
            _section("Entreprise", state.company, f"{addresses.SIGN_UP_FORM}#siren", "l’entreprise"),
        ),
        _section("Usager", state.person, f"{addresses.SIGN_UP_FORM}#last_name", "l’usager"),
        _section(
            "Question de confiance",
            state.trust,
            f"{addresses.SIGN_UP_FORM}#trust_question",
            "la question de confiance",
        ),
        fields.form(_actions("Valider", state.busy, addresses.SIGN_UP_FORM), on_submit=state.submit),
    )


def registered() -> rx.Component:
    """Return step 5: where the code went and what to do with it."""
    return wizard_page(
        SignUpState,
        SIGN_UP,
        5,
        "Enregistrement",
        rx.el.div(
            rx.cond(RegisteredState.refused, refused_address.refused_code(RegisteredState), _code_sent()),
            role="status",
        ),
        # What was typed is kept until then: on a computer that several people use it can be erased here.
        rx.cond(RegisteredState.refused, leaving(SignUpState), _what_to_do_with_the_code()),
        mailbox.note(),
        crumbs=_CRUMBS,
        here="Création",
        leave=False,
    )


def _code_sent() -> rx.Component:
    return notices.notice(
        rx.el.p(
            "Un code d’activation a été envoyé à l’adresse électronique suivante : ",
            rx.cond(RegisteredState.email != "", rx.fragment(rx.el.b(blocks.mail(RegisteredState.email)), "."), "…"),
        ),
        tone="ok",
    )


def _what_to_do_with_the_code() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            "Si vous ne le recevez pas, vérifiez que cette adresse est correcte, et regardez dans les courriers "
            "indésirables (« spam »). L’envoi est immédiat, mais votre messagerie peut le retarder."
        ),
        rx.el.p("Ce code n’est pas un mot de passe. Il ne sert qu’une fois, pour activer votre espace professionnel."),
        rx.el.p("Après réception de ce code, ouvrez le lien du courriel, ou suivez celui-ci :"),
        buttons.actions(buttons.go("Activez votre espace professionnel", addresses.ACTIVATION_CODE)),
        rx.el.h2("Retrouver ce lien plus tard"),
        rx.el.p(
            "En haut de chaque page, suivez « Connexion à l’espace professionnel » (sur un téléphone ou une tablette, "
            "ouvrez d’abord le « Menu »), puis « Activer » dans la rubrique « Activation de votre espace professionnel "
            "et de vos services »."
        ),
        notices.notice(
            rx.el.p(
                "Vous disposez d’un délai de ",
                rx.el.b(ACTIVATION, " à compter de l’envoi du code"),
                " pour activer votre espace",
                rx.cond(
                    RegisteredState.deadline != "",
                    rx.fragment(", jusqu’au ", rx.el.b(RegisteredState.deadline), " (heure de Paris)"),
                ),
                ". Pendant ce délai, aucun autre code ne peut être demandé pour cette adresse. L’espace n’existe pas "
                "tant qu’il n’est pas activé.",
            ),
            tone="warm",
        ),
    )


def _step(current: int, title: str, *content: Any) -> rx.Component:
    return wizard_page(SignUpState, SIGN_UP, current, title, *content, crumbs=_CRUMBS, here="Création")


def _actions(label: str, busy: Any, previous: str) -> rx.Component:
    return buttons.steps(buttons.submit(label, busy), buttons.go("Étape précédente", previous, "btn second"))


def _section(title: str, lines: Any, href: str, what: str) -> rx.Component:
    return rx.el.section(
        rx.el.div(rx.el.h2(title), _edit(href, what), class_name="section-head"),
        rx.el.dl(rx.foreach(lines, _line), class_name="facts"),
    )


def _line(line: rx.Var[Line]) -> rx.Component:
    return rx.el.div(rx.el.dt(line.label), rx.el.dd(line.value))


def _edit(href: str, what: str) -> rx.Component:
    return rx.el.a("Modifier", rx.el.span(f" {what}", class_name="unseen"), href=href)


def _new_tab() -> rx.Component:
    return rx.el.span(" (nouvel onglet)", class_name="unseen")
