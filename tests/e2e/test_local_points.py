"""Being received near home: at the counter of a local point, or by video from there."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from app.models import Appointment, Channel, LocalPoint
from app.services import database
from app.services.appointments.steps import BOOKING
from app.state.channel import FIELD
from tests.e2e import letters
from tests.e2e.axe import Sweep
from tests.e2e.conftest import Arrive
from tests.e2e.test_by_keyboard_and_by_phone import Keyboard
from tests.e2e.test_one_seat import is_kept
from tests.e2e.visitor import CHANNEL, DESKTOP, DETAILS, OFFICE, PHONE, SLOT, Identity, Visitor
from tests.smtp import MailServer

VIDEO_AT_TREBES = "Par visioconférence – France services de Trèbes"
COUNTER_AT_CASTELNAUDARY = "Sur place – Maison des services publics de Castelnaudary"
SCREENS = pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "smartphone"])


def booked(email: str) -> Appointment:
    with database.reading() as session:
        return session.exec(select(Appointment).where(Appointment.email == email)).one()


def place_of(appointment: Appointment) -> str:
    with database.reading() as session:
        assert appointment.place_id
        return session.get_one(LocalPoint, appointment.place_id).city


@SCREENS
def test_a_person_books_a_video_call_at_a_local_point(
    screen: dict[str, int], arrive: Arrive, post_office: MailServer
) -> None:
    visitor = arrive(screen)
    who = Identity(email=f"visio-{screen['width']}@example.org")
    visitor.reach(CHANNEL)
    way = visitor.page.get_by_role("radio", name=VIDEO_AT_TREBES)
    choice = visitor.page.locator("label.choice").filter(has=way)
    expect(choice).to_contain_text("Vous devez vous rendre à cette adresse")
    expect(choice).to_contain_text(re.compile(r"Premier créneau libre\s: lundi"))
    visitor.choose_channel(VIDEO_AT_TREBES)
    visitor.says("Par visioconférence depuis France services de Trèbes")
    expect(visitor.open_days().first).to_be_visible()
    # An agent is behind the screen on Monday mornings only.
    assert all("lundi" in str(day.get_attribute("aria-label")) for day in visitor.open_days().all())
    moment = visitor.choose_slot(day=0, time=-1)
    assert moment.startswith("lundi")
    visitor.fill_in(who)
    visitor.confirm()
    visitor.says("Trèbes")
    made = booked(who.email)
    assert (made.channel, place_of(made)) == (Channel.VIDEO, "Trèbes")
    mail = letters.wait_for(post_office, who.email, 1)
    assert "France services de Trèbes" in mail.text
    assert "11800" in str(mail.event["location"])


@SCREENS
def test_a_person_is_received_at_the_counter_of_a_local_point(screen: dict[str, int], arrive: Arrive) -> None:
    visitor = arrive(screen)
    who = Identity(email=f"guichet-{screen['width']}@example.org")
    visitor.reach(SLOT, COUNTER_AT_CASTELNAUDARY)
    visitor.says("Sur place, au guichet, Maison des services publics de Castelnaudary")
    visitor.choose_slot(day=0, time=-1)
    visitor.fill_in(who)
    visitor.confirm()
    made = booked(who.email)
    assert (made.channel, place_of(made)) == (Channel.COUNTER, "Castelnaudary")


def test_the_marked_way_is_found_again_after_a_reload(visitor: Visitor) -> None:
    visitor.reach(CHANNEL)
    way = visitor.page.get_by_role("radio", name=VIDEO_AT_TREBES)
    way.check()
    is_kept(visitor, BOOKING, **{FIELD: str(way.get_attribute("value"))})
    visitor.page.reload()
    visitor.has_loaded()
    expect(visitor.page.get_by_role("radio", name=VIDEO_AT_TREBES)).to_be_checked()
    visitor.choose_channel(VIDEO_AT_TREBES)
    visitor.link("Étape précédente").click()
    visitor.is_at(CHANNEL, "Choisissez comment être reçu")
    expect(visitor.page.get_by_role("radio", name=VIDEO_AT_TREBES)).to_be_checked()
    # Nothing of the office's own agenda shows for the local point, nor the other way round.
    visitor.choose_channel("Sur place, au guichet")
    expect(visitor.open_days().first).to_be_visible()
    assert len({str(day.get_attribute("aria-label")).split()[0] for day in visitor.open_days().all()}) > 2


def unmark(visitor: Visitor) -> None:
    """Take the mark away that the page sets, as no browser of today would."""
    visitor.page.get_by_role("radio", checked=True).evaluate("element => { element.checked = false; }")


def test_a_way_that_is_not_offered_is_refused(visitor: Visitor) -> None:
    visitor.reach(CHANNEL)
    way = visitor.page.get_by_role("radio", name=VIDEO_AT_TREBES)
    unmark(visitor)
    visitor.button("Rechercher un créneau disponible").click()
    expect(visitor.summary).to_be_focused()
    for forged in ("4", "1-28", "4-999999", "4-27-1", "x"):
        way.evaluate("(element, value) => { element.value = value; element.checked = true; }", forged)
        visitor.button("Rechercher un créneau disponible").click()
        expect(visitor.summary).to_be_focused()
        expect(visitor.summary).to_contain_text("Choisissez comment vous souhaitez être reçu")
        visitor.page.reload()
        visitor.has_loaded()
        expect(way).to_be_visible()


def test_a_call_becomes_a_video_call_at_a_local_point(arrive: Arrive, post_office: MailServer) -> None:
    visitor = arrive(PHONE)
    who = Identity(email="deplace-visio@example.org")
    visitor.book(who, "Par téléphone")
    link = letters.wait_for(post_office, who.email, 1).link
    visitor.page.goto(link)
    visitor.has_loaded()
    visitor.button("Replanifier").click()
    visitor.is_at("/rendez-vous/replanifier/creneau", "Choisissez un créneau")
    visitor.link("Étape précédente").click()
    visitor.is_at("/rendez-vous/replanifier/modalite", "Choisissez comment être reçu")
    expect(visitor.page.get_by_role("radio", name="Par téléphone")).to_be_checked()
    visitor.page.get_by_role("radio", name=VIDEO_AT_TREBES).check()
    visitor.button("Rechercher un créneau disponible").click()
    visitor.is_at("/rendez-vous/replanifier/creneau", "Choisissez un créneau")
    expect(visitor.link("Être prévenu")).to_have_count(0)
    visitor.choose_day(0)
    visitor.choose_time(-1)
    visitor.is_at("/rendez-vous/replanifier/verification", "Vérifiez le changement")
    visitor.button("Confirmer le nouveau rendez-vous").click()
    visitor.is_at("/rendez-vous/replanifier/confirmation", "Votre rendez-vous est déplacé")
    made = booked(who.email)
    assert (made.channel, place_of(made)) == (Channel.VIDEO, "Trèbes")


def test_a_video_call_is_chosen_with_the_keyboard_alone(visitor: Visitor) -> None:
    visitor.walk_to(CHANNEL)
    expect(visitor.title).to_be_focused()
    keyboard = Keyboard(visitor)
    keyboard.go_to(visitor.page.get_by_role("radio", name="Sur place, au guichet"))
    keyboard.press("ArrowUp")
    expect(visitor.page.get_by_role("radio", name=VIDEO_AT_TREBES)).to_be_checked()
    place = visitor.page.locator("summary", has_text="Horaires et accessibilité : France services de Trèbes")
    keyboard.open(place)
    visitor.says("Entrée de plain-pied, porte automatique")
    keyboard.open(visitor.button("Rechercher un créneau disponible"))
    keyboard.arrives_at(SLOT, "Choisissez un créneau")
    visitor.says("Par visioconférence depuis France services de Trèbes")


def test_an_office_tells_its_local_points(visitor: Visitor, sweep: Callable[[Page], Sweep]) -> None:
    visitor.reach(OFFICE)
    point = visitor.page.get_by_role("listitem").filter(has_text="France services de Trèbes")
    expect(point).to_contain_text("Par visioconférence")
    point.get_by_text("Horaires et accessibilité").click()
    expect(point).to_contain_text("lundi")
    expect(point).to_contain_text("Entrée de plain-pied")
    eyes = sweep(visitor.page)
    eyes.look("office with local points")
    visitor.begin_booking()
    visitor.choose_topic()
    unmark(visitor)
    visitor.button("Rechercher un créneau disponible").click()
    expect(visitor.summary).to_be_focused()
    visitor.page.locator("summary", has_text="Castelnaudary").click()
    eyes.look("ways, error, details of a place")
    visitor.choose_channel(VIDEO_AT_TREBES)
    visitor.choose_day(0)
    eyes.look("agenda of a local point")


def test_somebody_far_away_reads_both_times(arrive: Arrive, sweep: Callable[[Page], Sweep]) -> None:
    abroad = arrive(PHONE, timezone_id="America/Montreal")
    abroad.reach(SLOT, VIDEO_AT_TREBES)
    abroad.choose_day(0)
    abroad.choose_time(0)
    abroad.is_at(DETAILS, "Vos informations")
    assert re.search(r"\sh.* \(heure de Paris\), soit .* chez vous", abroad.fact("Selon votre horloge"))
    sweep(abroad.page).look("details, both times")
    abroad.link("Étape précédente").click()
    expect(abroad.page.locator(".times")).to_contain_text(re.compile(r"\sh.* \(heure de Paris\), soit .* chez vous"))
    expect(abroad.page.locator(".first-free")).to_contain_text("chez vous")
    sweep(abroad.page).look("agenda, both times")
