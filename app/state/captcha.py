"""The CAPTCHA of a form: which challenge is shown, and whether the answer fits."""

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.services import captcha, captcha_work, throttle
from app.services.throttle import TooManyAttemptsError
from app.state.base import call, network_of, text, visitor_of

FIELD, BLOCK = "captcha", "captcha-bloc"
_LONGEST_COPY = 20
_RENEWED_BEFORE = 60
"""Seconds before its end when a picture is replaced: a minute to copy it and to send the form."""
_MISSING = "Recopiez les six caractères de l’image, ou écoutez-les."
_WRONG = "Les caractères ne correspondent pas\u00a0: recopiez ceux de la nouvelle image."
_GONE = "Cette image ne sert plus : recopiez les caractères de la nouvelle."
_CHANGED = "L’image a changé : recopiez les nouveaux caractères."
_TOO_MANY = "Trop d’essais\u00a0: attendez une minute, puis recopiez les caractères."
_WORK_MISSING = "Attendez la fin de la vérification, puis envoyez de nouveau le formulaire."
_WORK_WRONG = "La vérification a expiré\u00a0: attendez la fin de la nouvelle, puis envoyez de nouveau le formulaire."
_WORK_TOO_MANY = "Trop d’essais\u00a0: attendez une minute, puis envoyez de nouveau le formulaire."


class CaptchaMixin(rx.State, mixin=True):
    """The addresses of the picture and of the sound, or the work to do; the answer never leaves the server.

    `captcha_renews_in` is after how many seconds the page asks for another picture (assets/captcha.js), before this one
    ends; `captcha_note` tells that it has changed (WCAG 4.1.3).
    `captcha_id` is for the forms that the browser itself posts; it says no more than the picture's address.
    """

    captcha_image: str = ""
    captcha_sound: str = ""
    captcha_work: str = ""
    captcha_id: str = ""
    captcha_note: str = ""
    captcha_renews_in: int = 0
    _captcha_id: str = ""

    @rx.event
    async def change_captcha(self) -> None:
        """Show another picture, because the person or the page asks for it."""
        before = self._captcha_id
        await self._new_captcha(captcha.TEXT)
        self.captcha_note = _CHANGED if self._captcha_id != before else _TOO_MANY

    @rx.event
    async def compute_captcha(self) -> EventSpec:
        """Give the browser something to compute, in place of the picture and the sound."""
        await self._new_captcha(captcha.WORK)
        return rx.set_focus(BLOCK)

    @rx.event
    async def copy_captcha(self) -> EventSpec:
        """Show a picture in place of the computation."""
        await self._new_captcha(captcha.TEXT)
        return rx.set_focus(BLOCK)

    async def _keep_or_renew_captcha(self) -> None:
        """Give another challenge only if the one shown no longer serves: what was typed of it stays otherwise."""
        visitor = visitor_of(self)
        if visitor is None:
            return
        self.captcha_note = ""
        left = await call(captcha.seconds_left, visitor, self._captcha_id)
        self.captcha_renews_in = left - _RENEWED_BEFORE
        if self.captcha_renews_in <= 0:
            await self._new_captcha()

    async def _new_captcha(self, kind: str = "") -> None:
        """Show a new challenge of this kind, or of the kind that is shown now."""
        visitor = visitor_of(self)
        if visitor is None:
            return
        kind = kind or (captcha.WORK if self.captcha_work else captcha.TEXT)
        try:
            # New cookies come free, so the network has a limit of its own.
            await call(throttle.hit, "captcha_network", network_of(self))
            challenge = await call(captcha.issue, visitor, kind)
        except TooManyAttemptsError:
            return
        self._captcha_id = self.captcha_id = challenge
        self.captcha_note, self.captcha_renews_in = "", int(captcha.LIVES.total_seconds()) - _RENEWED_BEFORE
        if kind == captcha.WORK:
            work = await call(captcha.work, visitor, challenge)
            self.captcha_work = work or ""
            return
        self.captcha_work = ""
        self.captcha_image = addresses.captcha_image(challenge)
        self.captcha_sound = addresses.captcha_sound(challenge)

    async def _captcha_error(self, answer: object) -> str:
        """Check and use up the challenge; return what to tell the person, empty when the answer fits."""
        computes = bool(self.captcha_work)
        visitor = visitor_of(self)
        typed = text(answer, captcha_work.LONGEST_ANSWER if computes else _LONGEST_COPY)
        if visitor is None or not typed:
            return _WORK_MISSING if computes else _MISSING
        served = not await call(captcha.seconds_left, visitor, self._captcha_id)
        try:
            fits = await call(captcha.check, visitor, self._captcha_id, typed)
        except TooManyAttemptsError:
            return _WORK_TOO_MANY if computes else _TOO_MANY
        if fits:
            return ""
        await self._new_captcha()
        if computes:
            return _WORK_WRONG
        return _GONE if served else _WRONG


class HumanMixin(CaptchaMixin, mixin=True):
    """A form that remembers that its CAPTCHA was passed while the rest of it is put right."""

    human: bool = False

    async def _captcha_errors(self, data: object) -> dict[str, str]:
        """Check and use up the challenge of a submitted form unless that was done; return what is wrong, by field."""
        if self.human:
            return {}
        found = data if isinstance(data, dict) else {}
        problem = await self._captcha_error(found.get(FIELD, ""))
        if problem:
            return {FIELD: problem}
        self._captcha_id, self.human = "", True
        # The picture has done its work: at the next visit it shows once there is a new one.
        self.captcha_image = self.captcha_sound = ""
        return {}
