"""Moving and cancelling without a mouse, on a desktop and in a window as narrow as 400 % zoom makes it."""

import pytest
from playwright.sync_api import expect

from tests.e2e import letters
from tests.e2e.conftest import Arrive
from tests.e2e.test_by_keyboard_and_by_phone import Keyboard, move_to
from tests.e2e.test_closed_tabs_and_moving import booked, seats_of, stored
from tests.e2e.visitor import DESKTOP, PHONE_SMALL, Visitor
from tests.smtp import MailServer

MOVE = "/rendez-vous/replanifier"


@pytest.mark.parametrize("screen", [DESKTOP, PHONE_SMALL], ids=["1280", "320"])
def test_a_person_moves_and_cancels_with_the_keyboard_alone(
    screen: dict[str, int], arrive: Arrive, post_office: MailServer
) -> None:
    mine = booked(f"clavier.{screen['width']}@example.org")
    visitor = arrive(screen)
    keyboard = Keyboard(visitor)
    # Booked by a service: its mail goes out by itself, as after a booking in a browser.
    link = letters.wait_for(post_office, mine.email, 1).link

    visitor.page.goto(link)
    visitor.is_at(link.removeprefix(visitor.portal.url), "Votre rendez-vous")
    keyboard.open(visitor.button("Replanifier"))
    keyboard.arrives_at(f"{MOVE}/creneau", "Choisissez un créneau")
    choose_another_time(visitor, keyboard)
    keyboard.arrives_at(f"{MOVE}/verification", "Vérifiez le changement")
    assert stored(mine.email).revision == 1
    keyboard.open(visitor.button("Confirmer le nouveau rendez-vous"))
    keyboard.arrives_at(f"{MOVE}/confirmation", "Votre rendez-vous est déplacé")
    moved = stored(mine.email)
    assert (moved.revision, seats_of(moved)) == (2, 1)
    assert moved.starts_at != mine.starts_at

    visitor.page.goto(letters.wait_for(post_office, mine.email, 2).link)
    visitor.is_at(link.removeprefix(visitor.portal.url), "Votre rendez-vous")
    cancel = visitor.page.get_by_role("button", name="Annuler", exact=True)
    keyboard.open(cancel)
    question = visitor.page.get_by_role("heading", name="Annuler ce rendez-vous ?")
    expect(question).to_be_focused()
    keyboard.open(visitor.button("Non, le garder"))
    expect(visitor.title).to_be_focused()
    assert stored(mine.email).status == "booked"
    keyboard.open(cancel)
    expect(question).to_be_focused()
    keyboard.open(visitor.button("Oui, annuler"))
    visitor.says("Ce rendez-vous est annulé.")
    expect(visitor.title).to_be_focused()
    assert seats_of(stored(mine.email)) == 0
    assert letters.wait_for(post_office, mine.email, 3).calendar_method.upper() == "CANCEL"


def choose_another_time(visitor: Visitor, keyboard: Keyboard) -> None:
    """Walk to the third open day with the arrow keys, choose its last time (a day may have one only), and go on."""
    expect(visitor.open_days().first).to_be_visible()
    keyboard.go_to(visitor.open_days().first)
    days = [str(day.get_attribute("data-day")) for day in visitor.page.locator("[data-day]").all()]
    third = str(visitor.open_days().nth(2).get_attribute("data-day"))
    move_to(keyboard, days, third)
    keyboard.press("Enter")
    expect(visitor.page.locator(f'[data-day="{third}"]')).to_have_attribute("aria-pressed", "true")
    time = visitor.times().last
    keyboard.go_to(time)
    keyboard.press("Space")
