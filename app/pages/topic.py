"""Step 1 of booking: the topic."""

import reflex as rx

from app.components import blocks, buttons
from app.components.journey import journey_page
from app.components.stepper import BOOKING
from app.state.topic import TopicState


def topic() -> rx.Component:
    """Return the blocks of the topic tree, or the topic at their end."""
    return journey_page(
        BOOKING,
        1,
        "Précisez votre motif",
        blocks.trail(TopicState.trail),
        rx.cond(TopicState.topic_label != "", _chosen(), blocks.tiles(TopicState.choices)),
        rx.cond(
            TopicState.topic_label == "",
            buttons.steps(None, buttons.go("Étape précédente", TopicState.back, "btn second")),
        ),
    )


def _chosen() -> rx.Component:
    return rx.fragment(
        rx.cond(
            TopicState.answer_title != "",
            rx.el.p("Voici une réponse qui vous évitera peut-être de vous déplacer."),
        ),
        blocks.answer(
            TopicState.answer_title, TopicState.answer_paragraphs, TopicState.answer_link, TopicState.answer_link_label
        ),
        rx.el.p("Durée prévue : ", rx.el.b(TopicState.length)),
        rx.cond(
            TopicState.documents.length() > 0,
            rx.fragment(rx.el.h2("Documents à préparer"), blocks.bullets(TopicState.documents)),
        ),
        buttons.steps(
            rx.el.button(
                rx.cond(TopicState.answer_title != "", "Continuer vers le rendez-vous", "Continuer"),
                type="button",
                on_click=TopicState.choose,
                class_name="btn",
            ),
            buttons.go("Étape précédente", TopicState.back, "btn second"),
        ),
    )
