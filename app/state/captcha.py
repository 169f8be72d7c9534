"""The CAPTCHA of a form: which challenge is shown, and whether the answer fits."""

import reflex as rx

from app import addresses
from app.services import captcha, throttle
from app.services.throttle import TooManyAttemptsError
from app.state.base import call, network_of, text, visitor_of

FIELD = "captcha"
_MISSING = "Recopiez les six caractères de l’image, ou écoutez-les"
_WRONG = "Les caractères ne correspondent pas : recopiez ceux de la nouvelle image"
_TOO_MANY = "Trop d’essais : attendez une minute, puis recopiez les caractères"


class CaptchaMixin(rx.State, mixin=True):
    """The addresses of the picture and of the sound; the answer never leaves the server."""

    captcha_image: str = ""
    captcha_sound: str = ""
    _captcha_id: str = ""

    @rx.event
    async def change_captcha(self) -> None:
        """Show another picture."""
        await self._new_captcha()

    async def _keep_or_renew_captcha(self) -> None:
        """Show another picture only if the one shown no longer serves: what was typed of it stays otherwise."""
        visitor = visitor_of(self)
        if visitor and await call(captcha.answer_for_media, visitor, self._captcha_id) is None:
            await self._new_captcha()

    async def _new_captcha(self) -> None:
        visitor = visitor_of(self)
        if visitor is None:
            return
        try:
            # New cookies come free, so the network has a limit of its own.
            await call(throttle.hit, "captcha_network", network_of(self))
            challenge = await call(captcha.issue, visitor)
        except TooManyAttemptsError:
            return
        self._captcha_id = challenge
        self.captcha_image = addresses.captcha_image(challenge)
        self.captcha_sound = addresses.captcha_sound(challenge)

    async def _captcha_error(self, answer: object) -> str:
        """Check and use up the challenge; return what to tell the person, empty when the answer fits."""
        visitor, typed = visitor_of(self), text(answer, 20)
        if visitor is None or not typed:
            return _MISSING
        try:
            fits = await call(captcha.check, visitor, self._captcha_id, typed)
        except TooManyAttemptsError:
            return _TOO_MANY
        if fits:
            return ""
        await self._new_captcha()
        return _WRONG
