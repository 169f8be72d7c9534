"""What a press opens or takes away leaves the focus, and the eyes, a place on the page."""

import pytest
from playwright.sync_api import Locator, expect

from app.services.appointments import access
from tests.e2e.conftest import Arrive
from tests.e2e.my_space import a_person, arrive_home, booked, id_of, own_office
from tests.e2e.personal import PEOPLE
from tests.e2e.space import NEW_PASSWORD, a_professional
from tests.e2e.visitor import CHANNEL, DESKTOP, DETAILS, PHONE, PHONE_SMALL, SLOT, TITLES, Visitor

SCREENS = pytest.mark.parametrize("screen", [PHONE_SMALL, DESKTOP], ids=["320", "1280"])
_BEHIND_THE_BAR = """() => {
  const bar = document.querySelector(".agenda .bar");
  const focused = document.activeElement;
  if (bar.contains(focused) || !document.querySelector("main").contains(focused)) return false;
  const [over, under] = [bar, focused].map((each) => each.getBoundingClientRect());
  return under.top >= over.top && under.bottom <= over.bottom;
}"""


def is_whole(target: Locator) -> None:
    """Check that the whole element is on the screen."""
    expect(target).to_be_in_viewport(ratio=0.99)


@pytest.mark.parametrize("page", [CHANNEL, DETAILS], ids=["led further", "same page"])
def test_the_title_has_the_focus_after_a_journey_is_taken_up(page: str, visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    visitor.new_tab()
    visitor.go(page)
    visitor.has_loaded()
    visitor.button("Reprendre").click()
    visitor.is_at(DETAILS, TITLES[DETAILS])
    expect(visitor.title).to_be_focused()


@pytest.mark.parametrize("page", ["/contact", CHANNEL], ids=["same page", "led back"])
def test_the_title_has_the_focus_after_a_journey_is_begun_again(page: str, visitor: Visitor) -> None:
    visitor.reach(CHANNEL)
    visitor.new_tab()
    visitor.go(page)
    visitor.has_loaded()
    visitor.button("Recommencer").click()
    expect(visitor.button("Recommencer")).to_have_count(0)
    visitor.is_at("/contact", "Contact et rendez-vous")
    expect(visitor.title).to_be_focused()


def test_a_message_that_is_closed_leaves_the_focus_to_the_title(visitor: Visitor) -> None:
    visitor.go("/espace-professionnel/connexion")
    visitor.has_loaded()
    visitor.button("Fermer ce message").press("Enter")
    expect(visitor.button("Fermer ce message")).to_have_count(0)
    expect(visitor.title).to_be_focused()


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_the_menu_closes_when_the_focus_leaves_it(key: str, arrive: Arrive) -> None:
    visitor = arrive(PHONE)
    visitor.go("/aide")
    visitor.has_loaded()
    visitor.button("Menu").press("Enter")
    panel = visitor.page.locator("#menu")
    expect(panel.get_by_role("button", name="Fermer")).to_be_focused()
    for _ in range(panel.get_by_role("link").count() + 2):
        visitor.page.keyboard.press(key)
        if not panel.evaluate("panel => panel.contains(document.activeElement)"):
            break
    expect(panel).to_be_hidden()
    expect(visitor.page.locator(":focus")).to_be_in_viewport()


def test_the_menu_button_closes_the_menu_it_opened(arrive: Arrive) -> None:
    visitor = arrive(PHONE)
    visitor.go("/aide")
    visitor.has_loaded()
    panel = visitor.page.get_by_role("navigation", name="Menu principal")
    visitor.button("Menu").click()
    expect(panel).to_be_visible()
    panel.get_by_role("button", name="Fermer").click()
    expect(panel).to_be_hidden()


def test_the_password_advice_is_read_from_its_beginning(arrive: Arrive) -> None:
    visitor = arrive(PHONE_SMALL)
    lila = a_professional(visitor, "lila.conseils@example.org", "20260520007001")
    lila.enter()
    visitor.go(NEW_PASSWORD)
    visitor.has_loaded()
    visitor.button("Conseils pour votre mot de passe").click()
    advice = visitor.page.get_by_role("dialog")
    heading = advice.get_by_role("heading")
    expect(heading).to_be_focused()
    assert advice.evaluate("dialog => dialog.scrollTop") == 0
    is_whole(heading)
    visitor.page.keyboard.press("Escape")
    expect(visitor.button("Conseils pour votre mot de passe")).to_be_focused()


@SCREENS
def test_the_question_before_a_cancellation_is_seen_whole(screen: dict[str, int], arrive: Arrive) -> None:
    visitor = arrive(screen)
    who = a_person(visitor, f"question.{screen['width']}@example.org", PEOPLE[screen is DESKTOP])
    mine = booked(own_office(who).id, account_id=id_of(who))
    visitor.go(f"/rendez-vous/suivi/{access.manage_token(mine.public_id)}")
    asks(visitor)
    arrive_home(who)
    asks(visitor)


def asks(visitor: Visitor) -> None:
    """Press « Annuler », see the whole question, and keep the appointment."""
    visitor.has_loaded()
    visitor.page.get_by_role("button", name="Annuler", exact=True).click()
    question = visitor.page.locator(".notice").filter(has=visitor.button("Oui, annuler"))
    expect(question.get_by_role("heading")).to_be_focused()
    is_whole(question)
    visitor.button("Non, le garder").click()
    expect(question).to_have_count(0)
    expect(visitor.page.locator("main :focus")).to_have_count(1)


@pytest.mark.parametrize("width", [320, 360])
def test_the_way_on_is_at_hand_where_a_time_is_chosen_and_hides_nothing(width: int, arrive: Arrive) -> None:
    # So low that the times alone fill it, however few a day has.
    visitor = arrive({"width": width, "height": 400}, has_touch=True, is_mobile=True)
    visitor.reach(SLOT)
    visitor.open_days().first.tap()
    time = visitor.times().first
    expect(time).to_be_in_viewport()
    time.tap()
    visitor.is_at(DETAILS, TITLES[DETAILS])
    visitor.link("Étape précédente").tap()
    visitor.is_at(SLOT, TITLES[SLOT])
    expect(time).to_have_attribute("aria-pressed", "true")
    time.scroll_into_view_if_needed()
    onward = visitor.page.get_by_role("button", name="Continuer", exact=True)
    is_whole(onward)
    visitor.page.evaluate("() => { scrollTo(0, 0); document.querySelector('h1').focus(); }")
    visitor.page.keyboard.press("Tab")
    while visitor.page.evaluate("() => document.querySelector('main').contains(document.activeElement)"):
        assert not visitor.page.evaluate(_BEHIND_THE_BAR), visitor.page.locator(":focus").inner_text()
        visitor.page.keyboard.press("Tab")
    onward.tap()
    visitor.is_at(DETAILS, TITLES[DETAILS])
