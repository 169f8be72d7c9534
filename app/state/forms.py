"""What states with a form share: errors by field, whether work is in progress, what is kept while it is typed."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import ClassVar

import reflex as rx
from reflex.event import EventSpec

from app.services.form_errors import FieldErrors
from app.state.base import text

_LONGEST_PASSWORD = 512

SUMMARY_ID = "resume-erreurs"
"""The element that takes focus when a form comes back with errors."""

LONGEST_KEPT = 2000

Work = Callable[[dict[str, str]], Awaitable[EventSpec | None]]
"""What a button does with the fields of its form."""


class FormMixin(rx.State, mixin=True):
    """Errors by field name, in the order of the fields, and the work in progress."""

    errors: dict[str, str] = {}
    draft: dict[str, str] = {}
    busy: bool = False

    def _refuse(self, errors: Mapping[str, str]) -> EventSpec:
        """Show these errors; return the event that moves focus to their summary."""
        self.errors = dict(errors)
        return rx.set_focus(SUMMARY_ID)

    async def _alone(self, work: Work, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Do the work of a button, shown as busy meanwhile; a second press before its end does nothing."""
        if self.busy:
            return
        self.busy = True
        yield None
        try:
            yield await work(data)
        finally:
            self.busy = False


class SubmitMixin(FormMixin, mixin=True):
    """A form with one button; `_submit` says what it does and where that leads."""

    @rx.event
    async def submit(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Do what the form is for, once however often it is pressed."""
        async for event in self._alone(self._submit, data):
            yield event

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        raise NotImplementedError


class KeptMixin(FormMixin, mixin=True):
    """A form whose fields named in `_kept` are found again after a reload; `_keep` says where they are kept."""

    _kept: ClassVar[tuple[str, ...]] = ()

    @rx.event
    async def keep(self, name: str, value: str) -> EventSpec | None:
        """Keep what was typed in a field; anything else a browser may send is left out."""
        return await self._keep({name: text(value, LONGEST_KEPT)}) if name in self._kept else None

    async def _keep(self, typed: dict[str, str]) -> EventSpec | None:
        raise NotImplementedError


class KeepMixin(KeptMixin, SubmitMixin, mixin=True):
    """A form with one button whose fields are kept."""


def secrets_in(data: object, names: tuple[str, ...]) -> dict[str, str]:
    """Return the passwords of a submitted form exactly as they were typed, blanks included, for services to judge."""
    found = data if isinstance(data, dict) else {}
    return {name: text(found.get(name, ""), _LONGEST_PASSWORD) for name in names}


def errors_of(check: Callable[..., object], *args: object, **more: object) -> dict[str, str]:
    """Return what a check of a form raises, by field, so that it is said together with what is wrong elsewhere."""
    try:
        check(*args, **more)
    except FieldErrors as wrong:
        return wrong.errors
    return {}
