"""Keeping what is typed in a form of one page: for this tab, or for the account that is signed in."""

from collections.abc import Collection, Mapping

import reflex as rx

from app.services import form_drafts
from app.services.form_drafts import Form
from app.state.base import call, tab_of, text, visitor_of

LONGEST = 2000


async def restored(state: rx.State, form: Form, names: Collection[str], owner: str = "") -> dict[str, str]:
    """Return what was typed before in the named fields; `owner` is this tab unless given."""
    visitor = visitor_of(state)
    if visitor is None:
        return {}
    found = await call(form_drafts.load, visitor, form, owner or tab_of(state))
    return {name: found[name] for name in names if name in found}


async def keep(
    state: rx.State, form: Form, names: Collection[str], typed: Mapping[str, object], owner: str = ""
) -> None:
    """Keep the named fields among `typed`; anything else a browser may send is left out."""
    visitor = visitor_of(state)
    known = {name: text(typed[name], LONGEST) for name in names if name in typed}
    if visitor is not None and known:
        await call(form_drafts.keep, visitor, form, owner or tab_of(state), known)


async def forget(state: rx.State, form: Form) -> None:
    """Erase what was typed: it has been sent."""
    visitor = visitor_of(state)
    if visitor is not None:
        await call(form_drafts.forget, visitor, form)
