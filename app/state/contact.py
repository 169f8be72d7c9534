"""The contact page: blocks one after the other, then the address, then the office."""

from dataclasses import dataclass

import reflex as rx
from reflex.event import EventSpec

from app import addresses, durations
from app.content import communes, detours, postal_codes, topics
from app.content.communes import Commune
from app.models import OfficeKind
from app.services import journeys
from app.services.appointments import offices, steps
from app.services.appointments.offices import OfficeNotFoundError
from app.services.appointments.steps import BOOKING, Step
from app.services.journeys import JourneyGoneError
from app.state import detour
from app.state.base import call, fields, query, tab_of, text, visitor_of
from app.state.forms import FormMixin
from app.state.journey import Choice, JourneyState, TrailItem

_FIELDS = ("voie", "code-postal", "commune")
_MAX_FIELD = 200


@dataclass(frozen=True)
class Place:
    """A commune to choose."""

    code: str
    label: str
    postal_code: str = ""


class ContactState(FormMixin, rx.State):
    """What the contact page shows for the path in its address."""

    label: str = ""
    choices: list[Choice] = []
    trail: list[TrailItem] = []
    leaf: str = ""
    answer_title: str = ""
    answer_paragraphs: list[str] = []
    answer_link: str = ""
    answer_link_label: str = ""
    places: list[Place] = []
    found: list[Place] = []
    searched: str = ""
    forced: int = 0
    street_forced: int = 0
    resumable: bool = False
    no_cookies: bool = False
    _path: str = ""

    @rx.event
    async def load(self) -> None:
        """Show the block of the contact tree that the address names."""
        path = query(self, "chemin")
        node = topics.contact_block(path) or topics.contact_block("")
        if node is None:
            return
        self._path = node.path
        self.label = node.label if node.path else ""
        self.trail = [
            TrailItem(known.label, addresses.contact(known.path)) for known in topics.contact_trail(node.path)[:-1]
        ]
        self.choices = [Choice(child.label, child.hint, addresses.contact(child.path)) for child in node.children]
        self.leaf = _leaf(node)
        self._show_answer(node.answer)
        self.errors = {}
        await self._show_journey()

    async def _show_journey(self) -> None:
        visitor = visitor_of(self)
        self.no_cookies = visitor is None
        progress = await call(steps.progress, visitor, BOOKING) if visitor else None
        is_here = progress is not None and tab_of(self) in progress.tabs
        self.resumable = progress is not None and (
            progress.step > Step.OFFICE or (not is_here and steps.is_begun(progress))
        )
        self.draft = {name: progress.typed.get(name, "") for name in _FIELDS} if progress and is_here else {}
        self.places = _places(self.draft.get("code-postal", ""))

    def _show_answer(self, answer: topics.SelfService | None) -> None:
        self.answer_title = answer.title if answer else ""
        self.answer_paragraphs = [durations.filled(each) for each in answer.paragraphs] if answer else []
        self.answer_link = answer.link.path if answer and answer.link else ""
        self.answer_link_label = answer.link.label if answer and answer.link else ""

    @rx.event
    async def keep(self, name: str, value: str) -> None:
        """Keep what was typed in a field; a postal code brings its communes."""
        if name not in _FIELDS:
            return
        value = text(value, _MAX_FIELD)
        if name == "code-postal":
            self.places = _places(value)
        visitor = visitor_of(self)
        if visitor is None or await call(steps.begin, visitor, tab_of(self), self._path) is None:
            return
        try:
            await call(steps.remember, visitor, BOOKING, {name: value})
        except (JourneyGoneError, journeys.DraftTooLargeError):
            return

    @rx.event
    async def find_commune(self, data: dict[str, str]) -> None:
        """List the communes of that name, each told apart by its department."""
        name = fields(data, ["nom-commune"])["nom-commune"][:80]
        self.searched = name
        self.found = [_place(commune) for commune in await call(communes.search, name)] if name else []

    @rx.event
    async def take_commune(self, code: str) -> None:
        """Take a commune from the list and fill in its postal code."""
        commune = communes.by_code(text(code, 5))
        if commune is None:
            return
        postal_code = commune.postal_codes[0] if commune.postal_codes else ""
        self.found, self.searched = [], ""
        self.draft = {**self.draft, "code-postal": postal_code, "commune": commune.code}
        self.places = _places(postal_code) or [_place(commune)]
        self.forced += 1

    @rx.event
    async def search(self, data: dict[str, str]) -> EventSpec:
        """Find the office for the address, keep it, and show it."""
        sent = {name: value[:_MAX_FIELD] for name, value in fields(data, _FIELDS).items()}
        typed = _understood(sent)
        if typed != sent:
            self.forced += 1
            self.street_forced += 1
        # A commune without postal code, taken from the list, stays.
        self.places = _places(typed["code-postal"]) if typed["code-postal"] else self.places
        self.draft = typed
        commune, errors = _checked(typed, self.places)
        if errors or commune is None:
            return self._refuse(errors)
        self.errors = {}
        return await self._choose(commune.code, typed)

    @rx.event
    async def go_direct(self) -> EventSpec:
        """Show the one office that needs no address."""
        return await self._choose(None, {})

    async def _choose(self, commune: str | None, typed: dict[str, str]) -> EventSpec:
        visitor, node = visitor_of(self), topics.contact_block(self._path)
        if visitor is None or node is None or node.office_kind is None:
            return rx.redirect(addresses.CONTACT)
        try:
            office = await call(offices.for_commune, OfficeKind(node.office_kind), commune)
        except OfficeNotFoundError:
            return self._refuse({"code-postal": "Aucun service ne couvre cette commune : vérifiez le code postal."})
        try:
            await call(steps.choose_office, visitor, tab_of(self), office.id, node.path, node.topic_path)
            await call(steps.remember, visitor, BOOKING, typed)
        except JourneyGoneError:
            return await detour.send(self, addresses.CONTACT, detours.ENDED)
        await (await self.get_state(JourneyState))._arrive_at_office()
        return rx.redirect(addresses.OFFICE)


def trail(nodes: tuple[topics.ContactNode | topics.Block | topics.Topic, ...], address: object) -> list[TrailItem]:
    """Return the choices made, each with the address where another can be chosen."""
    parents = ["", *(node.path for node in nodes)]
    return [TrailItem(node.label, address(parent)) for node, parent in zip(nodes, parents, strict=False)]  # type: ignore[operator]


def _leaf(node: topics.ContactNode) -> str:
    if not node.is_leaf:
        return ""
    if node.needs_address:
        return "address"
    return "direct" if node.office_kind else "answer"


def _places(postal_code: str) -> list[Place]:
    return [_place(commune) for commune in postal_codes.communes_of(postal_code)]


def _understood(typed: dict[str, str]) -> dict[str, str]:
    """Return the fields with a whole address, pasted in the street's, shared out; those already filled in stay."""
    address = postal_codes.split(typed.get("voie", ""))
    if address is None or postal_codes.read(typed.get("code-postal", "")) not in ("", address.postal_code):
        return typed
    commune = typed.get("commune") or address.insee
    return {**typed, "voie": address.street, "code-postal": address.postal_code, "commune": commune}


def _place(commune: Commune) -> Place:
    codes = ", ".join(commune.postal_codes[:3])
    return Place(commune.code, f"{commune.name} ({commune.department_name})", codes)


def _checked(typed: dict[str, str], places: list[Place]) -> tuple[Commune | None, dict[str, str]]:
    errors: dict[str, str] = {}
    if not typed["voie"]:
        errors["voie"] = "Saisissez au moins le nom de la voie."
    codes = [place.code for place in places]
    if not codes:
        errors["code-postal"] = postal_codes.refusal(typed["code-postal"])
    elif typed["commune"] not in codes and len(codes) > 1:
        whole_city = communes.of_whole_city(postal_codes.read(typed["code-postal"]))
        errors["commune"] = f"Choisissez votre {'arrondissement' if whole_city else 'commune'} dans la liste."
    if errors:
        return None, errors
    return communes.by_code(typed["commune"] if typed["commune"] in codes else codes[0]), {}
