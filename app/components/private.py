"""What the pages of a space share: they wait until it is sure who is signed in, then show their content."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from app import addresses
from app.components import layout, notices

SPACE = ("Espace professionnel", addresses.PROFESSIONAL_SPACE)
SERVICES = ("Gérer les services", addresses.SPACE_SERVICES)
CONTACTS = ("Mes contacts", addresses.PERSONAL_SPACE)
PROFILE = ("Mon profil", addresses.PERSONAL_PROFILE)


def private_page(
    state: Any, title: str, *content: Any, crumbs: Sequence[layout.Crumb] = (SPACE, SERVICES), here: str = ""
) -> rx.Component:
    """Return a page of the space behind `state` (its `phase`), under the links `crumbs` and the name `here`."""
    return layout.page(
        rx.el.h1(title, id="titre", tab_index=-1),
        rx.cond(state.phase == "ready", rx.fragment(*content), notices.waiting()),
        crumbs=crumbs,
        here=here or title,
    )


def done(words: Any, *more: Any) -> rx.Component:
    """Return the notice that something has been done; empty while `words` are."""
    return rx.el.div(rx.cond(words != "", notices.notice(rx.el.p(words), *more, tone="ok")), role="status")
