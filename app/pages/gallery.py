"""Every component in every state, for people who build and check the portal; part of the demonstration only."""

from typing import Any

import reflex as rx

from app import addresses
from app.components import agenda as agendas
from app.components import appointment, blocks, buttons, dialog, fields, journey, layout, notices, password, stepper
from app.components.captcha import captcha
from app.state.gallery import GalleryState

_OVER = "2026-01-01T09:00:00+00:00"
_CHANNELS = (("1", "Sur place, au guichet", "Un agent vous reçoit."), ("2", "Par téléphone", "Un agent vous appelle."))


def gallery() -> rx.Component:
    """Return the page of all components."""
    samples = (
        ("boutons", "Boutons et liens", _buttons()),
        ("champs", "Champs", _fields()),
        ("choix", "Choix", _choices()),
        ("mots-de-passe", "Mots de passe", _passwords()),
        ("captcha-exemple", "CAPTCHA", _captcha()),
        ("avis", "Avis", _notices()),
        ("reservation", "Créneau gardé", _holds()),
        ("etapes", "Étapes", _steppers()),
        ("blocs", "Blocs et choix faits", _blocks()),
        ("agenda-exemple", "Agenda", _agenda()),
        ("rendez-vous", "Rendez-vous", _appointment()),
        ("dialogue", "Dialogue", _dialog()),
        ("attente", "Attente, reprise, coupure, incident", _interruptions()),
    )
    return layout.page(
        rx.el.h1("Composants", id="titre", tab_index=-1),
        rx.el.p(
            "Chaque composant du portail dans chacun de ses états, avec des valeurs d’exemple. Rien ici n’agit.",
            class_name="lead",
        ),
        rx.el.nav(
            rx.el.ul(*(rx.el.li(layout.jump(title, anchor)) for anchor, title, _ in samples)),
            class_name="samples",
            aria_label="Composants",
        ),
        fields.error_summary(GalleryState),
        *(_sample(anchor, title, content) for anchor, title, content in samples),
        here="Composants",
    )


def _sample(anchor: str, title: str, content: tuple[rx.Component, ...]) -> rx.Component:
    return rx.el.section(rx.el.h2(title, id=anchor), *content, class_name="sample", aria_labelledby=anchor)


def _buttons() -> tuple[rx.Component, ...]:
    return (
        rx.el.div(
            buttons.submit("Continuer"),
            buttons.submit("Confirmer et terminer", GalleryState.always_busy),
            buttons.act("Effacer", GalleryState.nothing),
            buttons.go("Étape précédente", addresses.DEMO_COMPONENTS, "btn second"),
            buttons.act("Oui, annuler", GalleryState.nothing, "btn danger"),
            buttons.act("Ajouter à mon agenda", GalleryState.nothing, "btn quiet"),
            class_name="row",
        ),
        rx.el.p(
            rx.el.button("Effacer et quitter", type="button", on_click=GalleryState.nothing, class_name="as-link"),
            " · ",
            rx.el.a("Un lien", href=addresses.DEMO_COMPONENTS),
        ),
        rx.el.p(
            rx.el.button(
                "Compter ", GalleryState.presses, type="button", on_click=GalleryState.press, class_name="btn second"
            )
        ),
        rx.el.h3("À la fin d’un formulaire"),
        buttons.steps(
            buttons.act("Continuer", GalleryState.nothing, "btn"),
            buttons.act("Étape précédente", GalleryState.nothing),
        ),
    )


def _fields() -> tuple[rx.Component, ...]:
    communes = fields.options((("", "Choisissez votre commune"), ("11037", "Berriac"), ("11069", "Carcassonne")))
    return (
        fields.form(
            fields.required_note(),
            fields.text_field(GalleryState, "nom", "Nom", mark="obligatoire", autoComplete="off"),
            fields.text_field(
                GalleryState, "indice", "Adresse électronique", hint="Par exemple\u00a0: nom@domaine.fr.", kind="email"
            ),
            fields.text_field(
                GalleryState,
                "courriel-faux",
                "Adresse électronique, avec une erreur",
                hint="Par exemple\u00a0: nom@domaine.fr.",
                mark="obligatoire",
                kind="email",
            ),
            fields.text_field(GalleryState, "code", "Code postal", short=True, inputMode="numeric"),
            fields.text_field(GalleryState, "texte", "Précisions", lines=True, rows="3"),
            fields.text_field(GalleryState, "texte-faux", "Précisions, avec une erreur", lines=True, rows="3"),
            fields.select_field(GalleryState, "commune", "Commune", communes, hint="Plusieurs ont ce code postal."),
            fields.select_field(GalleryState, "commune-fausse", "Commune, avec une erreur", communes),
            on_submit=GalleryState.submit,
        ),
    )


def _choices() -> tuple[rx.Component, ...]:
    return (
        rx.el.div(
            _radios("canal", "Modalité du rendez-vous"),
            _radios("canal-faux", "Modalité, avec une erreur", chosen=""),
            fields.radio_group(
                GalleryState,
                "civilite",
                "Civilité",
                rx.fragment(
                    *(
                        fields.radio("civilite", value, label, identifier=f"civilite-{value}", chosen="madame")
                        for value, label in (("madame", "Madame"), ("monsieur", "Monsieur"))
                    )
                ),
                inline=True,
            ),
            fields.checkbox(GalleryState, "accord", "J’ai lu les conditions générales"),
            fields.checkbox(GalleryState, "accord-coche", "Case déjà cochée", checked=True),
            fields.checkbox(GalleryState, "accord-faux", "Case à cocher, avec une erreur", mark="obligatoire"),
            class_name="form",
        ),
    )


def _radios(name: str, legend: str, chosen: Any = GalleryState.chosen_canal) -> rx.Component:
    choices = (
        fields.radio(
            name, value, label, hint=hint, identifier=name if value == "1" else f"{name}-{value}", chosen=chosen
        )
        for value, label, hint in _CHANNELS
    )
    return fields.radio_group(GalleryState, name, legend, rx.fragment(*choices), mark="obligatoire")


def _passwords() -> tuple[rx.Component, ...]:
    return (
        rx.el.div(
            password.password_field(GalleryState, "secret", "Mot de passe", hint="20 caractères au moins."),
            password.password_field(
                GalleryState,
                "secret-faux",
                "Mot de passe, avec une erreur",
                hint="20 caractères au moins.",
                after=password.strength_meter(rx.Var.create("Faible")),
            ),
            password.password_field(
                GalleryState, "secret-connu", "Votre mot de passe", mark="", autocomplete="current-password"
            ),
            *(password.strength_meter(rx.Var.create(level)) for level in ("", "Faible", "Moyen", "Fort")),
            password.advice_button(),
            password.advice_dialog(),
            class_name="form",
        ),
    )


def _captcha() -> tuple[rx.Component, ...]:
    return (
        rx.el.div(captcha(GalleryState), class_name="form"),
        buttons.act("Avec ou sans erreur", GalleryState.toggle_captcha_error),
    )


def _notices() -> tuple[rx.Component, ...]:
    return (
        notices.notice(rx.el.h3("Un avis simple"), rx.el.p("Quelque chose à savoir, sans urgence.")),
        notices.notice(rx.el.h3("Un avis pressant"), rx.el.p("Quelque chose qui n’attend pas."), tone="warm"),
        notices.notice(rx.el.p("Quelque chose à corriger, ou qui n’a pas marché."), tone="danger"),
        notices.notice(rx.el.p("Quelque chose de fait, dit en passant."), tone="ok"),
        notices.success(rx.el.p("Quelque chose de fait, ce pour quoi on est venu.")),
        blocks.answer(
            "Vous évitera peut-être de vous déplacer",
            GalleryState.documents,
            addresses.HELP_BOOKING,
            "Comment prendre rendez-vous",
        ),
    )


def _holds() -> tuple[rx.Component, ...]:
    what = GalleryState.first_words
    now = GalleryState.running_from
    both = rx.fragment(
        notices.hold(what, GalleryState.running_until, now, GalleryState.nothing, 3600),
        notices.hold(what, _OVER, now, GalleryState.nothing, 3600),
    )
    return (
        # Never in the page as it is built: the countdown would begin before React takes the page over.
        rx.cond(GalleryState.running_until != "", both),
        agendas.first_free(GalleryState),
    )


def _steppers() -> tuple[rx.Component, ...]:
    steps = stepper.BOOKING
    return tuple(stepper.stepper_under(rx.el.h3(label), steps, number) for number, label in enumerate(steps, start=1))


def _blocks() -> tuple[rx.Component, ...]:
    return (
        blocks.trail(GalleryState.trail),
        blocks.tiles(GalleryState.choices),
        rx.el.div(
            rx.el.div(rx.el.h3("Sur fond sombre"), blocks.tiles(GalleryState.choices), class_name="wrap"),
            class_name="contact",
        ),
    )


def _agenda() -> tuple[rx.Component, ...]:
    continuing = buttons.steps(buttons.act("Continuer", GalleryState.nothing, "btn"))
    return (agendas.agenda(GalleryState, continuing),)


def _appointment() -> tuple[rx.Component, ...]:
    return (
        rx.el.div(
            rx.el.div(appointment.appointment_facts(GalleryState.card)),
            appointment.preparation(GalleryState.card, GalleryState.documents),
            class_name="columns",
        ),
    )


def _dialog() -> tuple[rx.Component, ...]:
    return (
        dialog.opener("Ouvrir le dialogue", "exemple-dialogue"),
        dialog.dialog(
            "exemple-dialogue",
            "Annuler ce rendez-vous\u00a0?",
            rx.el.p("L’heure sera proposée à une autre personne."),
            buttons.actions(
                dialog.closer("Oui, annuler", GalleryState.nothing, "btn danger"),
                dialog.closer("Non, le garder", class_name="btn second"),
            ),
        ),
    )


def _interruptions() -> tuple[rx.Component, ...]:
    return (
        notices.waiting("Recherche des créneaux…"),
        journey.resume_question(GalleryState),
        journey.no_cookies(),
        rx.el.div(layout.connection_lost(), class_name="still"),
        layout.incident("3f9a01bc"),
        journey.leaving(GalleryState),
    )
