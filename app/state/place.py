"""The communes proposed for a French postal code, in forms that ask for a postal address."""

import re
from collections.abc import Mapping

import reflex as rx

from app.content import countries, postal_codes
from app.content.wording import count

_ARRONDISSEMENT = re.compile(r" \d+(er|e) Arrondissement$")
_PLACE = ("postal_code", "commune", "country")


class PlaceMixin(rx.State, mixin=True):
    """What the list under « Commune » proposes, and a sentence that says so."""

    communes: list[str] = []
    communes_note: str = ""
    _place: dict[str, str] = {}

    def _settle_place(self, draft: Mapping[str, str]) -> None:
        """Begin with the address of a draft."""
        self._place = {name: draft.get(name, "") for name in _PLACE}
        self._propose()

    def _move_place(self, typed: Mapping[str, str]) -> dict[str, str]:
        """Follow what was typed of an address; return the commune it leaves no doubt about, by field name."""
        if not typed.keys() & set(_PLACE):
            return {}
        self._place = {**self._place, **typed}
        self._propose()
        if "postal_code" not in typed or len(self.communes) != 1 or self._place.get("commune"):
            return {}
        self._place = {**self._place, "commune": self.communes[0]}
        return {"commune": self.communes[0]}

    def _propose(self) -> None:
        is_french = self._place.get("country") in countries.FRENCH_POSTAL_CODES
        self.communes = communes_of(self._place.get("postal_code", "")) if is_french else []
        several = count(len(self.communes), "commune proposée", "communes proposées")
        self.communes_note = f"{several} pour ce code postal." if len(self.communes) > 1 else ""


def communes_of(postal_code: str) -> list[str]:
    """Return the communes of a French postal code as an envelope names them: Paris, without its arrondissement."""
    names = (_ARRONDISSEMENT.sub("", commune.name) for commune in postal_codes.communes_of(postal_code))
    return list(dict.fromkeys(names))
