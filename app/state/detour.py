"""Whoever is sent elsewhere reads why: the sentence goes ahead to the page that shows it once."""

from datetime import datetime

import reflex as rx
from reflex.event import EventSpec

from app import clock
from app.content import detours
from app.services.journeys import LIFETIME


class DetourState(rx.State):
    """The sentence this page shows above its title, and the one for the page to come."""

    words: str = ""
    _next: str = ""


async def send(state: rx.State, address: str, words: str) -> EventSpec:
    """Return the event that leads to `address`, where `words` (of `content.detours`) are read.

    The page asked for leaves no trace in the browser's history: going back from there would lead here again.
    """
    (await state.get_state(DetourState))._next = words
    return rx.redirect(address, replace=True)


async def say(state: rx.State, words: str) -> None:
    """Show `words` on this page, whose visitor stays."""
    (await state.get_state(DetourState)).words = words


async def arrive(state: rx.State) -> None:
    """Show what was sent ahead to the page that loads, and forget what the page before showed."""
    detour = await state.get_state(DetourState)
    detour.words, detour._next = detour._next, ""


def why_ended(seen_at: str, *, is_finished: bool, has_expired: bool = False) -> str:
    """Return why a journey begun in a tab is no longer there, as far as anybody knows.

    `seen_at` is when the tab last showed it (ISO, or empty); `is_finished`: it led to something, in another tab;
    `has_expired`: it is still there, too old. What was typed then is gone for good: drafts live a day, no longer.
    """
    if has_expired:
        return detours.EXPIRED
    if is_finished:
        return detours.FINISHED
    is_old = seen_at and clock.now() - datetime.fromisoformat(seen_at) >= LIFETIME
    return detours.EXPIRED if is_old else detours.ENDED
