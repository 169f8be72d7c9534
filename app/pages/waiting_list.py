"""The waiting list: its form, the page by which one leaves it, and the page of an offered time."""

import functools
import operator
from typing import Any

import reflex as rx

from app import addresses
from app.components import blocks, both_times, buttons, fields, layout, notices, refused_address
from app.components.appointment import book_again
from app.components.captcha import captcha
from app.components.journey import gate, leaving
from app.content import wording
from app.state.journey import JourneyState
from app.state.waiting_from_mail import WaitingEntryState, WaitingOfferState
from app.state.waiting_list import TICKED, WEEKDAYS, WaitingListState

_REQUIRED = "obligatoire"
_CRUMBS = (("Contact", addresses.CONTACT), ("Créneau", addresses.SLOT))
_BACK = "Revenir aux créneaux"
_BOOK = "Prendre rendez-vous"


def join() -> rx.Component:
    """Return the form, or what was asked for with it."""
    return layout.page(
        rx.el.h1("Être prévenu si un créneau se libère", id="titre", tab_index=-1),
        gate(
            JourneyState,
            rx.el.p(WaitingListState.topic_label, " · ", WaitingListState.where, class_name="soft"),
            rx.cond(WaitingListState.done_days != "", _joined(), _form()),
            leaving(JourneyState),
        ),
        crumbs=_CRUMBS,
        here="Liste d’attente",
    )


def _form() -> rx.Component:
    state = WaitingListState
    return rx.fragment(
        rx.el.p(
            "Laissez une adresse électronique et les jours qui vous conviennent. Quand un créneau se libère, nous "
            "écrivons à une personne à la fois, dans l’ordre des inscriptions : il vous est gardé 30 minutes, de 8 h "
            "à 21 h."
        ),
        fields.error_summary(state),
        fields.form(
            fields.required_note(),
            fields.text_field(
                state,
                "email",
                "Adresse électronique",
                hint="Nous y envoyons les créneaux proposés et le lien pour quitter la liste.",
                mark=_REQUIRED,
                kind="email",
                autoComplete="email",
            ),
            _weekdays(state),
            rx.el.div(
                _day(state, "first_day", "À partir du"),
                _day(state, "last_day", "Jusqu’au"),
                class_name="two",
            ),
            rx.cond(~state.human, captcha(state)),
            buttons.actions(
                buttons.submit("M’inscrire sur la liste d’attente", state.busy),
                buttons.go(_BACK, addresses.SLOT, "btn second"),
            ),
            on_submit=state.submit,
        ),
    )


def _weekdays(state: Any) -> rx.Component:
    boxes = (_weekday(state, name, wording.weekday(number)) for number, name in enumerate(WEEKDAYS))
    return rx.el.fieldset(
        rx.el.legend("Jours qui vous conviennent", rx.el.span(f" ({_REQUIRED})", class_name="mark")),
        fields.error_message(state, "weekdays"),
        rx.el.div(*boxes, class_name="inline-choices"),
        rx.cond(state.closed_words != "", rx.el.p(state.closed_words, class_name="hint")),
        rx.el.details(rx.el.summary("Quand ce lieu reçoit-il\u00a0?"), blocks.bullets(state.hours)),
        class_name=rx.cond(state.errors["weekdays"], "field invalid", "field"),
    )


def _weekday(state: Any, name: str, label: str) -> rx.Component:
    ticked = state.draft[name] == TICKED
    before = WEEKDAYS[: WEEKDAYS.index(name)]
    is_first = functools.reduce(operator.and_, map(state.closed.contains, before), ~state.closed.contains(name))
    # Not by `id=`: Reflex would send true in place of the value. The summary of errors links to the first box that
    # can be ticked.
    attributes = {
        "id": rx.cond(is_first, "weekdays", name),
        "name": name,
        "value": TICKED,
        **fields.described(state, "weekdays"),
    }
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            disabled=state.closed.contains(name),
            default_checked=ticked,
            key=f"{ticked}",
            custom_attrs=attributes,
            on_change=lambda is_ticked: state.keep(name, rx.cond(is_ticked, TICKED, "")),
        ),
        rx.el.span(label),
        class_name="choice",
    )


def _day(state: Any, name: str, label: str) -> rx.Component:
    return fields.text_field(
        state, name, label, mark=_REQUIRED, kind="date", short=True, min=state.earliest, max=state.latest
    )


def _joined() -> rx.Component:
    state = WaitingListState
    return rx.fragment(
        rx.el.div(rx.cond(state.refused, _unreachable(state), _recorded(state)), role="status"),
        rx.el.p(
            "Rien n’est réservé pour l’instant. Vous pouvez prendre un créneau plus tardif dès maintenant, et "
            "l’annuler si un autre vous est proposé."
        ),
        rx.cond(
            state.refused,
            buttons.actions(buttons.go(_BACK, addresses.SLOT, "btn second")),
            buttons.actions(
                buttons.go(_BACK, addresses.SLOT),
                buttons.act("Modifier les jours ou l’adresse", state.change),
            ),
        ),
    )


def _recorded(state: Any) -> rx.Component:
    return notices.success(
        rx.el.div(
            rx.el.h2("Votre demande est enregistrée", id="inscrit", tab_index=-1),
            rx.el.p(
                "Un courriel est envoyé à l’adresse ",
                rx.el.b(blocks.mail(state.done_email)),
                "\u00a0: il dit ce que vous attendez et comment quitter la liste.",
            ),
            rx.el.p("Jours demandés\u00a0: ", state.done_days, "."),
        )
    )


def _unreachable(state: Any) -> rx.Component:
    return refused_address.in_place(
        state.done_email,
        rx.el.p(
            "Aucun créneau ne pourrait vous être proposé. Corrigez l’adresse\u00a0: les jours demandés sont gardés."
        ),
        buttons.actions(buttons.act("Corriger l’adresse", state.change, "btn")),
    )


def entry() -> rx.Component:
    """Return what one waits for, and the button to leave the list."""
    state = WaitingEntryState
    return layout.page(
        rx.el.h1("Votre place sur la liste d’attente", id="titre", tab_index=-1),
        rx.match(
            state.status,
            ("loading", notices.waiting()),
            ("unknown", _unknown()),
            ("erased", _erased()),
            rx.fragment(
                rx.el.div(rx.cond(state.refused, _offer_not_delivered(), _standing(state)), role="status"),
                _problem(state),
                rx.el.h2("Ce que vous attendez"),
                blocks.facts(
                    blocks.fact("Motif", state.card.topic),
                    blocks.fact("Modalité", state.card.channel),
                    blocks.fact("Service", state.card.office),
                    blocks.fact("Durée", state.card.duration),
                    blocks.fact("Jours", state.card.days),
                ),
                rx.cond(
                    state.status == "waiting",
                    buttons.actions(buttons.act("Quitter la liste d’attente", state.quit, "btn danger")),
                    book_again(state),
                ),
            ),
        ),
        here="Liste d’attente",
    )


def _offer_not_delivered() -> rx.Component:
    return notices.notice(
        rx.el.p(
            rx.el.b("Votre adresse n’est plus acceptée par la messagerie. "),
            "Le courriel du dernier créneau proposé n’a pas pu vous être remis. Quittez la liste, puis inscrivez-vous "
            "à nouveau avec une autre adresse.",
        ),
        tone="warm",
    )


def _standing(state: Any) -> rx.Component:
    return rx.match(
        state.status,
        (
            "left",
            notices.notice(
                rx.el.p(
                    rx.el.b("Vous avez quitté la liste d’attente. "),
                    "Aucun créneau ne vous sera plus proposé pour cette demande.",
                ),
                tone="ok",
            ),
        ),
        (
            "served",
            notices.notice(
                rx.el.p(rx.el.b("Cette attente est finie. "), "Un créneau proposé a été pris avec le lien du courriel.")
            ),
        ),
        (
            "over",
            notices.notice(
                rx.el.p(
                    rx.el.b("Cette attente est finie. "),
                    "Les jours que vous aviez choisis sont passés. Vous pouvez vous inscrire pour d’autres jours.",
                )
            ),
        ),
        (
            "given up",
            notices.notice(
                rx.el.p(
                    rx.el.b("Cette attente est finie. "),
                    "Trois créneaux vous ont été proposés, et les trois sont restés sans réponse. "
                    "Vous pouvez vous inscrire à nouveau.",
                )
            ),
        ),
        rx.el.p("Nous vous écrivons dès qu’un créneau se libère. Vous n’attendez plus\u00a0? Quittez la liste."),
    )


def offer() -> rx.Component:
    """Return an offered time, and what can be done with it."""
    state = WaitingOfferState
    return layout.page(
        rx.el.h1(_offer_title(state.status), id="titre", tab_index=-1),
        rx.match(
            state.status,
            ("loading", notices.waiting()),
            ("unknown", _unknown()),
            ("erased", _erased()),
            rx.fragment(
                _problem(state),
                rx.el.div(_outcome(state), role="status"),
                _offered(state),
                rx.cond(state.status == "live", _choices(state)),
                rx.cond(
                    state.status == "live",
                    rx.el.p(
                        rx.el.a("Ne plus rien attendre\u00a0: quitter la liste d’attente", href=state.card.entry_href),
                        class_name="apart",
                    ),
                ),
            ),
        ),
        here="Créneau proposé",
    )


def _offer_title(status: Any) -> rx.Var[str]:
    """Return the heading, which says what became of the offer: it outlives nothing."""
    return rx.match(
        status,
        ("live", "Un créneau vous est proposé"),
        ("taken", "Ce créneau a été pris avec ce lien"),
        ("booked", "Vous avez pris ce créneau"),
        ("used", "Ce créneau a été pris avec ce lien"),
        ("declined", "Vous avez refusé ce créneau"),
        ("expired", "Le délai est passé"),
        "Créneau proposé",
    )


def _offered(state: Any) -> rx.Component:
    card = state.card
    return rx.fragment(
        both_times.ask([card.starts_at, card.expires_at], card.timezone),
        blocks.facts(
            blocks.fact("Date et heure", card.words, main=True),
            blocks.fact_if(both_times.said(card.starts_at), "Selon votre horloge", both_times.words(card.starts_at)),
            blocks.fact("Durée", card.duration),
            blocks.fact("Modalité", card.channel),
            blocks.fact("Service", card.office),
            blocks.fact_if(card.place != "", "Adresse", card.place),
            blocks.fact_if(
                card.is_video,
                "Sur place",
                f"Vous devez vous rendre à cette adresse\u00a0: {wording.VIDEO_AT_PLACE}.",
            ),
            blocks.fact("Motif", card.topic),
        ),
    )


def _choices(state: Any) -> rx.Component:
    return rx.fragment(
        rx.cond(
            state.replaces,
            notices.notice(
                rx.el.p(
                    rx.el.b("Une demande de rendez-vous est déjà commencée dans ce navigateur. "),
                    "Prendre ce créneau la remplace, et libère l’heure que vous y aviez choisie.",
                ),
                tone="warm",
            ),
        ),
        buttons.actions(
            buttons.act("Prendre ce créneau", state.take, "btn"),
            buttons.act("Non merci", state.decline),
        ),
    )


def _outcome(state: Any) -> rx.Component:
    card = state.card
    return rx.match(
        state.status,
        (
            "live",
            notices.notice(
                rx.el.p(
                    "Ce créneau vous est gardé jusqu’au ",
                    rx.el.b(card.until),
                    ". Sans réponse, il est proposé à la personne suivante.",
                ),
                rx.cond(
                    card.is_last,
                    rx.el.p(
                        rx.el.b("C’est la dernière proposition. "),
                        "Les deux précédentes sont restées sans réponse\u00a0: sans réponse à celle-ci non plus, vous "
                        "quittez la liste d’attente.",
                    ),
                ),
                rx.cond(both_times.said(card.expires_at), rx.el.p(both_times.words(card.expires_at))),
                tone="warm",
            ),
        ),
        (
            "taken",
            notices.notice(
                rx.el.p(
                    "Il attend votre confirmation : reprenez votre demande dans le navigateur où vous l’avez commencée."
                ),
                buttons.actions(buttons.act("Reprendre ma demande", state.take, "btn")),
                tone="warm",
            ),
        ),
        (
            "booked",
            notices.notice(
                rx.el.p(
                    "Vous avez confirmé le rendez-vous\u00a0: le lien du courriel de confirmation dit où il en est."
                ),
                buttons.actions(_link_again()),
                tone="ok",
            ),
        ),
        (
            "used",
            notices.notice(
                rx.el.p(
                    "Aucun rendez-vous n’a été confirmé avec l’adresse qui attendait. Si vous n’en avez pas donné "
                    "d’autre en confirmant, l’heure a été proposée à la personne suivante."
                ),
                buttons.actions(buttons.go(_BOOK, addresses.CONTACT), _link_again()),
            ),
        ),
        (
            "declined",
            notices.notice(
                rx.el.p(
                    "Il est proposé à la personne suivante.",
                    rx.cond(card.is_waiting, " Si un autre se libère, nous vous écrirons.", ""),
                ),
                _to_entry(card),
                tone="ok",
            ),
        ),
        notices.notice(
            rx.el.p("Sans réponse à temps, ce créneau a été proposé à la personne suivante. ", _after_silence(card)),
            _to_entry(card),
            tone="warm",
        ),
    )


def _link_again() -> rx.Component:
    return buttons.go("Recevoir le lien à nouveau", f"{addresses.CONTACT}#retrouver", "btn second")


def _after_silence(card: Any) -> rx.Var[str]:
    """Say what an offer without an answer means for the wait."""
    return rx.cond(
        card.is_last,
        "C’était la troisième proposition sans réponse\u00a0: vous n’êtes plus sur la liste d’attente.",
        rx.cond(
            card.is_waiting,
            "Vous restez sur la liste d’attente\u00a0; après trois propositions sans réponse, vous la quittez.",
            "Cette attente est finie.",
        ),
    )


def _to_entry(card: Any) -> rx.Component:
    return buttons.actions(buttons.go("Voir ma place sur la liste", card.entry_href, "btn second"))


def _problem(state: Any) -> rx.Component:
    return rx.cond(state.problem != "", notices.notice(rx.el.p(state.problem), tone="danger", role="alert"))


def _unknown() -> rx.Component:
    return notices.notice(
        rx.el.h2("Ce lien est incomplet"),
        rx.el.p("Vérifiez que vous avez ouvert le lien entier du courriel. Vous pouvez aussi prendre rendez-vous."),
        buttons.actions(buttons.go(_BOOK, addresses.CONTACT)),
        tone="warm",
    )


def _erased() -> rx.Component:
    return notices.notice(
        rx.el.h2("Ce lien ne mène plus à rien"),
        rx.el.p("Cette attente est finie depuis longtemps, et tout en est effacé. Vous pouvez prendre rendez-vous."),
        buttons.actions(buttons.go(_BOOK, addresses.CONTACT)),
        tone="warm",
    )
