"""How long sessions, codes and chosen times live, for the pages that say it."""

import reflex as rx

from app import durations

_AT_BUILD = durations.words()


class DurationsState(rx.State):
    """Asked while the portal runs: pages are built once, and served with other settings perhaps."""

    @rx.var(initial_value=_AT_BUILD["idle"])
    def idle(self) -> str:
        """After how long without use a signed-in session ends."""
        return durations.words()["idle"]

    @rx.var(initial_value=_AT_BUILD["longest"])
    def longest(self) -> str:
        """After how long a signed-in session ends whatever happens."""
        return durations.words()["longest"]

    @rx.var(initial_value=_AT_BUILD["activation"])
    def activation(self) -> str:
        """How long an activation code works."""
        return durations.words()["activation"]

    @rx.var(initial_value=_AT_BUILD["hold"])
    def hold(self) -> str:
        """How long a chosen time is kept."""
        return durations.words()["hold"]

    @rx.var(initial_value=_AT_BUILD["extension"])
    def extension(self) -> str:
        """How much « Prolonger » adds."""
        return durations.words()["extension"]

    @rx.var(initial_value=_AT_BUILD["extensions"])
    def extensions(self) -> str:
        """How often it may be used."""
        return durations.words()["extensions"]
