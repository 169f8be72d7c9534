"""« Mes contacts »: the next appointment first, then the others, the person's office, and what is over."""

from typing import Any

import reflex as rx

from app import addresses
from app.components import appointment, blocks, both_times, buttons, notices, on_device, refused_address
from app.components.private import PROFILE, private_page
from app.pages.office import local_points
from app.state.my_contacts import CANCELLED_ID, QUESTION_ID, MyAppointment, MyContactsState


def my_contacts() -> rx.Component:
    """Return the home page of the personal space."""
    return private_page(
        MyContactsState,
        "Mes contacts",
        rx.el.p("Bonjour ", rx.el.b(MyContactsState.who), ".", class_name="lead"),
        rx.cond(MyContactsState.problem != "", notices.notice(MyContactsState.problem, tone="danger", role="alert")),
        _cancelled(),
        _question(),
        _next(),
        rx.cond(MyContactsState.later.length() > 0, _later()),
        _office(),
        rx.cond(MyContactsState.past.length() > 0, _past()),
        rx.el.section(
            rx.el.h2("Mon espace", id="mon-espace"),
            blocks.fixed_tiles(
                (PROFILE[0], "Téléphone, besoins particuliers, mot de passe, sessions", PROFILE[1]),
                ("Mes données et fermeture", "Tout télécharger, ou fermer cet espace", addresses.PERSONAL_DATA),
            ),
            aria_labelledby="mon-espace",
            class_name="apart",
        ),
        crumbs=(),
    )


def _cancelled() -> rx.Component:
    return rx.el.div(
        rx.cond(
            MyContactsState.cancelled.reference != "",
            notices.notice(
                rx.el.p(rx.el.b("Le rendez-vous du ", MyContactsState.cancelled.words, " est annulé. ")),
                rx.cond(
                    MyContactsState.is_told_by_mail,
                    rx.el.p("Un courriel le confirme à l’adresse donnée lors de la réservation."),
                    rx.el.p("Aucun courriel ne le confirme\u00a0: la messagerie n’accepte pas l’adresse donnée."),
                ),
                on_device.erased(MyContactsState.cancelled),
                tone="ok",
            ),
        ),
        id=CANCELLED_ID,
        role="status",
        tab_index=-1,
    )


def _question() -> rx.Component:
    """Ask at one place of the page, whichever appointment it is about: what is in a list cannot take the focus."""
    return rx.cond(
        MyContactsState.asking != "",
        notices.notice(
            rx.el.h2(
                "Annuler le rendez-vous du ", MyContactsState.asked_words, "\u00a0?", id=QUESTION_ID, tab_index=-1
            ),
            rx.el.p("L’heure sera proposée à une autre personne. Vous pourrez reprendre rendez-vous plus tard."),
            buttons.actions(
                buttons.act("Oui, annuler", MyContactsState.cancel, "btn danger"),
                buttons.act("Non, le garder", MyContactsState.keep_it),
            ),
            tone="warm",
        ),
    )


def _next() -> rx.Component:
    coming = MyContactsState.coming
    return rx.el.section(
        rx.el.h2("Votre prochain rendez-vous", id="prochain"),
        rx.cond(
            MyContactsState.has_next,
            rx.el.div(
                rx.el.div(_refused(coming), appointment.appointment_facts(coming.card), _buttons(coming.card)),
                appointment.preparation(coming.card, coming.documents),
                rx.el.div(_story(coming, rx.el.h3), class_name="rest"),
                class_name="columns",
            ),
            rx.el.p("Vous n’avez pas de rendez-vous à venir."),
        ),
        aria_labelledby="prochain",
    )


def _later() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Vos autres rendez-vous à venir", id="autres"),
        rx.el.ul(rx.foreach(MyContactsState.later, _later_one), class_name="results"),
        aria_labelledby="autres",
        class_name="apart",
    )


def _later_one(one: rx.Var[MyAppointment]) -> rx.Component:
    card = one.card
    return rx.el.li(
        rx.el.h3(card.words, class_name="sentence"),
        both_times.ask([card.starts_at], card.timezone),
        rx.cond(both_times.said(card.starts_at), rx.el.p(both_times.words(card.starts_at))),
        _refused(one),
        _summary(card),
        _buttons(card, of=card.words),
        _story(one),
    )


def _refused(one: Any) -> rx.Component:
    """Lead to where the address of an appointment is corrected, if it takes no mail."""
    which = rx.el.span(" du rendez-vous du ", one.card.words, class_name="unseen")
    return rx.cond(
        one.refused,
        refused_address.refusal(
            one.card.email,
            rx.el.p("Ce rendez-vous reste enregistré."),
            buttons.actions(rx.el.a("Corriger l’adresse", which, href=one.card.manage_href, class_name="btn second")),
        ),
    )


def _summary(card: Any) -> rx.Component:
    return rx.fragment(
        rx.el.p(card.channel, ", ", card.duration, rx.el.br(), card.topic),
        rx.cond(
            card.place != "",
            rx.el.p(*appointment.place_lines(card)),
            rx.el.p(card.office, rx.cond(card.called != "", rx.fragment(rx.el.br(), "Numéro appelé : ", card.called))),
        ),
        rx.el.p("Référence : ", blocks.code(card.reference), class_name="soft"),
    )


def _buttons(card: Any, of: Any = None) -> rx.Component:
    # Several buttons of one name: which appointment is said to those who do not see where they stand.
    which = [] if of is None else [rx.el.span("\u00a0: ", of, class_name="unseen")]
    return buttons.actions(
        rx.el.button(
            "Replanifier",
            *which,
            type="button",
            on_click=MyContactsState.reschedule(card.reference),
            class_name="btn" if of is None else "btn second",
        ),
        rx.el.button(
            "Annuler",
            *which,
            type="button",
            on_click=MyContactsState.ask(card.reference),
            class_name="btn second",
        ),
        rx.cond(
            card.calendar_href != "",
            buttons.download("Ajouter à mon agenda", card.calendar_href, "rendez-vous.ics", "btn quiet")
            if of is None
            else rx.fragment(),
        ),
    )


def _story(one: Any, heading: Any = rx.el.h4) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            "Historique et courriels", rx.el.span(" du rendez-vous ", one.card.reference, class_name="unseen")
        ),
        appointment.story(one.history, one.mails, heading),
    )


def _office() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Votre service", id="service"),
        rx.cond(MyContactsState.is_full, appointment.limit_reached()),
        rx.cond(MyContactsState.has_office, _known_office(), _no_office()),
        aria_labelledby="service",
        class_name="apart",
    )


def _known_office() -> rx.Component:
    office = MyContactsState.office
    return rx.fragment(
        rx.el.div(
            rx.el.div(
                rx.el.h3(office.name),
                blocks.facts(
                    blocks.fact("Adresse", office.street, rx.el.br(), office.city),
                    blocks.fact("Téléphone", blocks.phone(office.phone, office.call)),
                    blocks.fact("Modalités", blocks.bullets(MyContactsState.offers)),
                    blocks.fact_if(office.access != "", "Accès", office.access),
                ),
                buttons.actions(
                    rx.cond(~MyContactsState.is_full, buttons.act("Prendre rendez-vous", MyContactsState.book, "btn")),
                    buttons.act("Rechercher un autre service", MyContactsState.search),
                ),
                rx.el.p(
                    "Une autre demande, une entreprise ? ",
                    rx.el.a("Trouver le service compétent", href=addresses.CONTACT),
                    ".",
                ),
            ),
            rx.el.aside(
                rx.el.h3("Horaires"),
                blocks.bullets(MyContactsState.hours),
                rx.el.p("Fermé les jours fériés.", class_name="soft"),
                class_name="side",
                aria_label="Horaires",
            ),
            class_name="columns",
        ),
        rx.cond(MyContactsState.points.length() > 0, local_points(MyContactsState.points)),
    )


def _no_office() -> rx.Component:
    return rx.fragment(
        rx.el.p("Nous n’avons pas trouvé le service de votre commune."),
        buttons.actions(buttons.go("Rechercher un autre service", addresses.CONTACT)),
    )


def _past() -> rx.Component:
    past = MyContactsState.past
    return rx.el.section(
        rx.el.h2("Rendez-vous passés et annulés", id="passes"),
        rx.el.details(
            rx.el.summary("Les afficher (", past.length(), ")"),
            rx.el.ul(rx.foreach(past, _past_one), class_name="results"),
            rx.el.p("Ils restent ici 13 mois.", class_name="soft"),
        ),
        aria_labelledby="passes",
        class_name="apart",
    )


def _past_one(one: rx.Var[MyAppointment]) -> rx.Component:
    return rx.el.li(
        rx.el.h3(one.card.words, class_name="sentence"),
        rx.el.p(rx.el.span(one.outcome, class_name="tag")),
        _summary(one.card),
        _story(one),
    )
