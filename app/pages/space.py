"""The professional space: what is in it, « Gérer les services », and the open sessions."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from app import addresses
from app.components import blocks, buttons, layout, notices
from app.components.private import SERVICES, SPACE, done, private_page
from app.state.space import ServiceView, SessionLine, SessionsState, SpaceState


def space() -> rx.Component:
    """Return the home page of the space."""
    return private_page(
        SpaceState,
        "Votre espace professionnel",
        rx.el.p("Bonjour ", rx.el.b(SpaceState.who), ".", class_name="lead"),
        old_password(SpaceState, addresses.SPACE_PASSWORD),
        rx.el.div(
            rx.el.div(rx.cond(SpaceState.is_simplified, _company(), _nothing_yet())),
            _card_of_the_space(),
            class_name="columns",
        ),
        crumbs=(),
        here="Espace professionnel",
    )


def services() -> rx.Component:
    """Return « Gérer les services »: the services, and the person's own data."""
    return private_page(
        SpaceState,
        "Gérer les services",
        rx.el.section(
            rx.el.h2("Services", id="services"),
            rx.cond(
                SpaceState.is_simplified,
                rx.fragment(rx.el.p("Ouverts pour l’entreprise ", rx.el.b(SpaceState.siren), "."), _services()),
                rx.el.p(
                    "Aucun service pour l’instant. ",
                    rx.el.a("Adhérer aux services et déléguer", href=addresses.HELP_SERVICES),
                ),
            ),
            aria_labelledby="services",
        ),
        rx.el.section(
            rx.el.h2("Données personnelles", id="donnees-personnelles"),
            blocks.fixed_tiles(
                ("Modifier mes coordonnées", "Nom, téléphone, adresse, et le récapitulatif", addresses.SPACE_DETAILS),
                ("Changer mon mot de passe", "L’ancien est demandé", addresses.SPACE_PASSWORD),
                (
                    "Changer mon adresse de connexion",
                    "Un code est envoyé à la nouvelle adresse",
                    addresses.SPACE_ADDRESS,
                ),
                ("Mes sessions ouvertes", "Où vous êtes connecté, et depuis quand", addresses.SPACE_SESSIONS),
                ("Mes données et fermeture", "Tout télécharger, ou fermer cet espace", addresses.SPACE_DATA),
            ),
            aria_labelledby="donnees-personnelles",
            class_name="apart",
        ),
        crumbs=(SPACE,),
    )


def sessions() -> rx.Component:
    """Return the list of open sessions."""
    return sessions_page(SessionsState, (SPACE, SERVICES), password=addresses.SPACE_PASSWORD)


def sessions_page(state: Any, crumbs: Sequence[layout.Crumb], *, password: str) -> rx.Component:
    """Return the list of sessions of a state that mixes in SessionsMixin; `password` is where that is changed."""
    return private_page(
        state,
        "Mes sessions ouvertes",
        rx.el.p(
            "Chaque navigateur connecté à votre espace. Vous n’en reconnaissez pas un\u00a0? Fermez sa session, puis ",
            rx.el.a("changez votre mot de passe", href=password),
            ".",
        ),
        done(state.done),
        rx.el.ul(rx.foreach(state.lines, lambda line: _session(state, line)), class_name="results"),
        rx.cond(
            state.lines.length() > 1,
            buttons.actions(buttons.act("Fermer toutes les autres sessions", state.close_others)),
            rx.el.p("Aucune autre session n’est ouverte.", class_name="soft"),
        ),
        crumbs=crumbs,
    )


def old_password(state: Any, page: str) -> rx.Component:
    """Return the hint to renew an old password (`password_is_old` of a state); `page` is where that is done."""
    return rx.cond(
        state.password_is_old,
        notices.notice(
            rx.el.p(
                rx.el.b("Votre mot de passe a plus d’un an. "),
                "Pensez à le renouveler\u00a0: ",
                rx.el.a("changer mon mot de passe", href=page),
                ".",
            ),
            tone="warm",
        ),
    )


def _card_of_the_space() -> rx.Component:
    return rx.el.aside(
        rx.el.h2("Votre inscription"),
        rx.el.dl(
            _line("Numéro d’abonné", blocks.code(SpaceState.subscriber_number)),
            _line("Inscription", SpaceState.registered),
            _line("Adresse de connexion", blocks.mail(SpaceState.email)),
            class_name="plain-facts",
        ),
        rx.el.p("Ce numéro vous est personnel. Il est indispensable en cas de perte de votre mot de passe."),
        rx.el.p(buttons.go("Gérer les services", addresses.SPACE_SERVICES, "btn second")),
        class_name="side",
        aria_label="Votre inscription",
    )


def _line(term: str, value: Any) -> rx.Component:
    return rx.el.div(rx.el.dt(term), rx.el.dd(value))


def _nothing_yet() -> rx.Component:
    return rx.fragment(
        rx.el.h2("Votre espace est vide pour l’instant"),
        rx.el.p(
            "C’est normal\u00a0: il ne contient encore ni entreprise, ni service. Deux chemins pour la suite\u00a0:"
        ),
        rx.el.ol(
            rx.el.li(
                rx.el.b("Demander une adhésion. "),
                "Vous demandez les services dont vous avez besoin, entreprise par entreprise. ",
                rx.el.a("Comment adhérer", href=f"{addresses.HELP_SERVICES}#chemins"),
            ),
            rx.el.li(
                rx.el.b("Recevoir une délégation. "),
                "Communiquez votre numéro d’abonné au titulaire du service que vous voulez gérer avec lui : il vous "
                "désigne comme suppléant ou délégué.",
            ),
            class_name="ways",
        ),
        notices.notice(
            rx.el.p(
                "Un seul espace suffit pour toutes vos entreprises. Nous conseillons de ne pas dépasser "
                "100 entreprises par espace."
            ),
        ),
        rx.el.p(
            "Avez-vous enregistré votre récapitulatif\u00a0? Vous pouvez le télécharger à nouveau dans ",
            rx.el.a("Modifier mes coordonnées", href=addresses.SPACE_DETAILS),
            ".",
        ),
    )


def _company() -> rx.Component:
    return rx.fragment(
        rx.el.h2("Les services de votre entreprise"),
        rx.el.p(
            "SIREN ",
            rx.el.b(SpaceState.siren, class_name="nowrap"),
            ". Ses services en ligne sont ouverts. Nous joignons l’entreprise à l’adresse ",
            rx.el.b(SpaceState.contact_email),
            ".",
        ),
        _services(),
    )


def _services() -> rx.Component:
    return rx.el.ul(rx.foreach(SpaceState.services, _service), class_name="results")


def _service(service: rx.Var[ServiceView]) -> rx.Component:
    return rx.el.li(
        rx.el.h3(service.label, " ", rx.el.span("Ouvert", class_name="tag ok")),
        rx.el.p(service.purpose),
        rx.el.details(
            rx.el.summary("Ouvrir", rx.el.span("\u00a0: ", service.label, class_name="unseen")),
            rx.el.p(service.today),
            rx.el.p("Service de démonstration\u00a0: rien n’est transmis.", class_name="soft small"),
        ),
    )


def _session(state: Any, line: rx.Var[SessionLine]) -> rx.Component:
    return rx.el.li(
        rx.el.h2(line.browser),
        rx.el.p(
            rx.cond(line.is_here, rx.fragment(rx.el.b("Ce navigateur"), rx.el.br())),
            "Connecté le ",
            line.since,
            rx.cond(line.is_here, rx.fragment(), rx.fragment(rx.el.br(), "Dernière activité le ", line.seen)),
            class_name="soft",
        ),
        rx.cond(
            line.is_here,
            rx.fragment(),
            rx.el.button(
                "Fermer cette session",
                rx.el.span("\u00a0: ", line.browser, ", ouverte le ", line.since, class_name="unseen"),
                type="button",
                on_click=state.close(line.id),
                class_name="btn second",
            ),
        ),
    )
