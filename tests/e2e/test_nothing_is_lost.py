"""Reloads, cut connections, restarts, other tabs: nothing typed is lost and no step is skipped."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, WebSocket, WebSocketRoute, expect

from app.models import Channel
from app.services.appointments.steps import BOOKING
from app.state.channel import FIELD as CHANNEL_FIELD
from tests.e2e.conftest import Arrive
from tests.e2e.line import Line, line_to
from tests.e2e.portal import Portal
from tests.e2e.test_one_seat import holds, is_kept, until
from tests.e2e.visitor import (
    ANSWERED,
    CHANNEL,
    CONFIRMATION,
    DETAILS,
    OFFICE,
    OTHER_OFFICE,
    PHONE,
    SLOT,
    TOPIC,
    Identity,
    Visitor,
    typed,
)

WHO = Identity(
    email="rien.perdu@example.org",
    second_phone="01 99 00 12 34",
    details="Première ligne\nDeuxième ligne : 100 % d’accord, <b>vraiment</b>.",
)
ADDRESS = {"Numéro et voie": "12 rue de Verdun", "Code postal": "11000"}
# What the browser itself says about a connection that breaks.
BROKEN = ("ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "ERR_SOCKET", "WebSocket connection to")
NOTICE = "Connexion interrompue."
SILENT, BACK = "Pas de réponse pour l’instant.", "La connexion est revenue."
FROM_CONTACT = "/contact"
_LOADED = re.compile(r'"is_hydrated_rx_state_": ?true')
Disturb = Callable[[Visitor, Line], None]
STEPS = (FROM_CONTACT, TOPIC, CHANNEL, SLOT, DETAILS)


@pytest.fixture
def line(portal: Portal) -> Iterator[Line]:
    """Lay a line to the portal that can be cut."""
    with line_to(portal.port) as laid:
        yield laid


def reload(visitor: Visitor, line: Line) -> None:
    visitor.page.reload()
    visitor.has_loaded()


def go_back_and_forth(visitor: Visitor, line: Line) -> None:
    here = visitor.page.url
    visitor.page.go_back()
    expect(visitor.page).not_to_have_url(here)
    visitor.has_loaded()
    visitor.page.go_forward()
    expect(visitor.page).to_have_url(here)
    visitor.has_loaded()


def pictures_are_there(visitor: Visitor) -> None:
    """Wait until the page has its pictures: one that is cut off stays away, and what it shows cannot be copied."""
    visitor.has_loaded()
    for picture in visitor.page.get_by_role("img", name="Image à recopier").all():
        expect(picture).not_to_have_js_property("naturalWidth", 0)


@contextmanager
def comes_back(visitor: Visitor) -> Iterator[None]:
    """Wait, after the block, until a new connection has brought the page all it needs.

    The notice goes before; what the page shows then is what it still holds from the connection of before.
    """
    pictures_are_there(visitor)
    frames: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: frames.append(str(frame)))

    visitor.page.on("websocket", listen)
    yield
    expect(visitor.page.get_by_text(NOTICE)).to_be_hidden(timeout=60_000)
    until(visitor.page, lambda: any(_LOADED.search(frame) for frame in frames))
    visitor.page.remove_listener("websocket", listen)
    visitor.has_loaded()


def cut_the_connection(visitor: Visitor, line: Line) -> None:
    with comes_back(visitor), line.cut():
        expect(visitor.page.get_by_text(NOTICE)).to_be_visible(timeout=60_000)
        visitor.reads_french()


def change_networks(visitor: Visitor, line: Line) -> None:
    """Do as a phone that leaves a Wi-Fi: its end of the connection goes, the portal still sees its own."""
    with comes_back(visitor):
        line.leave_half_open()


def restart_the_server(visitor: Visitor, line: Line) -> None:
    # A click on its way when the server stops is lost, and shows as not done.
    visitor.page.wait_for_timeout(300)
    with comes_back(visitor):
        visitor.portal.stop()
        expect(visitor.page.get_by_text(NOTICE)).to_be_visible(timeout=60_000)
        visitor.portal.start()


def is_settled(disturb: Disturb, visitor: Visitor, **chosen: str) -> None:
    """Wait for what a click chose where it would be lost on its way."""
    if disturb in (cut_the_connection, change_networks, restart_the_server):
        is_kept(visitor, BOOKING, **chosen)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "disturb", [reload, go_back_and_forth, cut_the_connection, change_networks, restart_the_server]
)
def test_at_every_step_what_was_typed_and_chosen_stays(disturb: Disturb, arrive: Arrive, line: Line) -> None:
    visitor = arrive(PHONE, address=line.url)
    visitor.tolerate(*BROKEN)
    visitor.go("/")
    visitor.open_blocks()
    visitor.give_address(ADDRESS["Numéro et voie"], ADDRESS["Code postal"], "Carcassonne (Aude)")
    is_settled(disturb, visitor, commune="11069")
    disturb(visitor, line)
    expect(visitor.field("Commune")).to_have_value("11069")
    holds(visitor, ADDRESS)
    visitor.button("Rechercher votre service").click()

    visitor.is_at(OFFICE, "Votre service")
    disturb(visitor, line)
    expect(
        visitor.page.get_by_role("heading", name="Service des impôts des particuliers de Carcassonne")
    ).to_be_visible()
    visitor.begin_booking()

    visitor.link(ANSWERED).click()
    expect(visitor.button("Continuer vers le rendez-vous")).to_be_visible()
    disturb(visitor, line)
    visitor.button("Continuer vers le rendez-vous").click()

    visitor.is_at(CHANNEL, "Choisissez comment être reçu")
    visitor.page.get_by_role("radio", name="Par téléphone").check()
    is_settled(disturb, visitor, **{CHANNEL_FIELD: str(int(Channel.PHONE))})
    disturb(visitor, line)
    expect(visitor.page.get_by_role("radio", name="Par téléphone")).to_be_checked()
    visitor.button("Rechercher un créneau disponible").click()

    visitor.is_at(SLOT, "Choisissez un créneau")
    day = visitor.choose_day(2)
    disturb(visitor, line)
    if disturb is restart_the_server:
        # Which day is open is a look, not a choice: a new server opens the first one with room.
        visitor.choose_day(2)
    expect(visitor.page.get_by_role("heading", level=2, name=day)).to_be_visible()
    moment = f"{day} à {visitor.choose_time(-1)}"

    visitor.is_at(DETAILS, "Vos informations")
    visitor.says(f"Nous gardons le {moment} pour vous")
    visitor.page.get_by_role("radio", name="Madame").check()
    visitor.fill_in(WHO, captcha=False)
    is_settled(disturb, visitor, civility="madame")
    disturb(visitor, line)
    visitor.says(f"Nous gardons le {moment} pour vous")
    holds(visitor, typed(WHO))
    expect(visitor.page.get_by_role("radio", name="Madame")).to_be_checked()
    visitor.copy_captcha()
    visitor.confirm()

    reference = visitor.fact("Référence")
    if disturb is go_back_and_forth:
        # What is booked cannot be booked again: every step leads to its confirmation.
        visitor.page.go_back()
        visitor.is_at(CONFIRMATION, "Votre rendez-vous est enregistré")
    else:
        disturb(visitor, line)
    assert visitor.fact("Référence") == reference


def written(time: str) -> str:
    """Return « 9 h 30 » as « 09:30 »."""
    hour, _, minute = time.partition(" h")
    return f"{int(hour):02}:{minute.strip() or '00'}"


def chosen(visitor: Visitor) -> str:
    """Return the day and time that are marked in the agenda."""
    labels = [str(button.get_attribute("aria-label") or button.text_content()) for button in pressed(visitor)]
    day, time = (" ".join(label.split()) for label in labels)
    return f"{day.partition(',')[0]} à {time}"


def pressed(visitor: Visitor) -> list[Locator]:
    return list(visitor.page.get_by_role("button", pressed=True).all())


def test_text_typed_while_the_connection_is_cut_arrives_afterwards(arrive: Arrive, line: Line) -> None:
    visitor = arrive(PHONE, address=line.url)
    visitor.tolerate(*BROKEN)
    visitor.reach(DETAILS)
    with comes_back(visitor), line.cut():
        visitor.fill_in(WHO, captcha=False)
        expect(visitor.page.get_by_text(NOTICE)).to_be_visible(timeout=60_000)
    holds(visitor, typed(WHO))
    visitor.field("Nom").press("End")
    visitor.copy_captcha()
    visitor.confirm()


def of_the_line(visitor: Visitor, words: str) -> Locator:
    """Return what is said of the line; the same words wait in the page, hidden, until they are needed."""
    return visitor.page.locator("#ligne").get_by_text(words)


def test_a_line_that_falls_silent_is_told_and_the_press_counts_when_it_speaks_again(arrive: Arrive, line: Line) -> None:
    visitor = arrive(PHONE, address=line.url)
    visitor.reach(CHANNEL)
    visitor.page.get_by_role("radio", name="Au guichet").check()
    go_on = visitor.button("Rechercher un créneau disponible")
    with line.silent():
        go_on.click()
        expect(go_on).to_have_attribute("data-waits", "")
        expect(of_the_line(visitor, SILENT)).to_be_visible(timeout=10_000)
        visitor.reads_french()
    visitor.is_at(SLOT, "Choisissez un créneau")
    expect(of_the_line(visitor, SILENT)).to_be_hidden()
    expect(of_the_line(visitor, BACK)).to_be_hidden()
    expect(visitor.page.locator("[data-waits]")).to_have_count(0)


def test_a_press_that_a_silent_line_swallowed_is_told_to_be_pressed_again(arrive: Arrive, line: Line) -> None:
    visitor = arrive(PHONE, address=line.url)
    visitor.tolerate(*BROKEN)
    visitor.reach(DETAILS)
    visitor.page.get_by_role("radio", name="Madame").check()
    visitor.fill_in(WHO, captcha=False)
    visitor.copy_captcha()
    is_kept(visitor, BOOKING, details=WHO.details)
    with line.silent(swallows=True):
        visitor.button("Confirmer et terminer").click()
        expect(of_the_line(visitor, SILENT)).to_be_visible(timeout=10_000)
    expect(of_the_line(visitor, BACK)).to_be_visible(timeout=60_000)
    expect(of_the_line(visitor, SILENT)).to_be_hidden()
    holds(visitor, typed(WHO))
    visitor.confirm()
    expect(of_the_line(visitor, BACK)).to_be_hidden()


def test_text_typed_while_the_server_restarts_arrives_afterwards(arrive: Arrive, portal: Portal) -> None:
    visitor = arrive(PHONE)
    visitor.tolerate(*BROKEN)
    visitor.reach(DETAILS)
    visitor.field("Nom").fill("Avant")
    with comes_back(visitor):
        portal.stop()
        visitor.fill_in(WHO, captcha=False)
        portal.start()
    is_kept(visitor, BOOKING, last_name=WHO.last_name, details=WHO.details)
    holds(visitor, typed(WHO))
    visitor.page.reload()
    visitor.has_loaded()
    holds(visitor, typed(WHO))


def test_text_that_never_reached_the_server_is_there_after_a_reload(arrive: Arrive) -> None:
    visitor = arrive(PHONE)
    heard = Hearing()
    visitor.context.route_web_socket(re.compile("_event"), heard.pass_on)
    visitor.reach(DETAILS)
    heard.go_deaf()
    visitor.fill_in(WHO, captcha=False)
    visitor.page.reload()
    visitor.is_at(DETAILS, "Vos informations")
    holds(visitor, typed(WHO))
    is_kept(visitor, BOOKING, last_name=WHO.last_name, details=WHO.details)
    # The browser itself keeps nothing of it.
    assert WHO.last_name not in visitor.page.evaluate("JSON.stringify({...sessionStorage})")


def test_text_typed_and_erased_is_not_brought_back(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    visitor.fill_in(WHO, captcha=False)
    visitor.page.reload()
    visitor.is_at(DETAILS, "Vos informations")
    holds(visitor, typed(WHO))
    for field in typed(WHO):
        visitor.field(field).fill("")
    visitor.page.reload()
    visitor.is_at(DETAILS, "Vos informations")
    holds(visitor, dict.fromkeys(typed(WHO), ""))


class Hearing:
    """Passes on what pages say over their websockets, but nothing more of those that were open when it went deaf."""

    def __init__(self) -> None:
        self._opened = self._deaf = 0

    def pass_on(self, page: WebSocketRoute) -> None:
        self._opened += 1
        server, number = page.connect_to_server(), self._opened
        page.on_message(lambda said: None if number <= self._deaf else server.send(said))

    def go_deaf(self) -> None:
        self._deaf = self._opened


def test_a_new_tab_asks_whether_to_resume_and_shows_nothing_of_what_was_typed(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    visitor.fill_in(WHO, captcha=False)
    for step in STEPS:
        close_the_tab(visitor, details=WHO.details)
        visitor.new_tab()
        visitor.go(step)
        visitor.has_loaded()
        question = visitor.page.get_by_role("heading", name="Une demande est déjà commencée dans ce navigateur")
        expect(question).to_be_visible()
        seen = visitor.page.content()
        for secret in (WHO.last_name, WHO.first_name, WHO.email, WHO.phone, "Deuxième ligne"):
            assert secret not in seen
        visitor.button("Reprendre").click()
        visitor.is_at(DETAILS, "Vos informations")
        holds(visitor, typed(WHO))


def close_the_tab(visitor: Visitor, kind: str = BOOKING, **typed: str) -> None:
    """Leave the field one is in, then close the tab; the fields in `typed` are given the time to arrive."""
    visitor.page.keyboard.press("Tab")
    visitor.page.wait_for_timeout(300)
    is_kept(visitor, kind, **typed)
    visitor.page.close()


def test_starting_again_in_a_new_tab_erases_what_was_begun(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    visitor.fill_in(WHO, captcha=False)
    close_the_tab(visitor, details=WHO.details)
    visitor.new_tab()
    visitor.go(DETAILS)
    visitor.has_loaded()
    visitor.button("Recommencer").click()
    visitor.is_at("/contact", "Contact et rendez-vous")
    expect(visitor.button("Reprendre")).to_have_count(0)
    visitor.go(DETAILS)
    visitor.is_at("/contact", "Contact et rendez-vous")
    visitor.reach(DETAILS)
    holds(visitor, dict.fromkeys(typed(WHO), ""))


def test_typing_the_address_of_a_later_step_leads_to_the_next_open_one(visitor: Visitor) -> None:
    def leads_to(path: str, title: str, *later: str) -> None:
        for step in later:
            visitor.go(step)
            visitor.is_at(path, title)

    leads_to("/contact", "Contact et rendez-vous", OFFICE, OTHER_OFFICE, TOPIC, CHANNEL, SLOT, DETAILS, CONFIRMATION)
    visitor.find_office()
    leads_to(TOPIC, "Précisez votre motif", CHANNEL, SLOT, DETAILS)
    visitor.choose_topic()
    leads_to(CHANNEL, "Choisissez comment être reçu", SLOT, DETAILS)
    visitor.choose_channel()
    leads_to(SLOT, "Choisissez un créneau", DETAILS)
    moving = [f"/rendez-vous/replanifier/{step}" for step in ("modalite", "creneau", "verification", "confirmation")]
    leads_to("/contact", "Contact et rendez-vous", *moving)


def test_leaving_a_shared_computer_erases_everything(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    visitor.fill_in(WHO, captcha=False)
    visitor.button("Effacer et quitter").click()
    visitor.is_at("/", "Vos démarches fiscales, à l’heure qui vous convient")
    visitor.page.go_back()
    visitor.is_at("/contact", "Contact et rendez-vous")
    assert WHO.email not in visitor.page.content()
    expect(visitor.button("Reprendre")).to_have_count(0)
    visitor.reach(DETAILS)
    holds(visitor, dict.fromkeys(typed(WHO), ""))


def test_leaving_after_the_confirmation_hides_the_appointment(visitor: Visitor) -> None:
    reference = visitor.book(Identity(email="parti@example.org"))
    visitor.button("Effacer et quitter").click()
    visitor.is_at("/", "Vos démarches fiscales, à l’heure qui vous convient")
    visitor.go(CONFIRMATION)
    visitor.is_at("/contact", "Contact et rendez-vous")
    assert reference not in visitor.page.content()
