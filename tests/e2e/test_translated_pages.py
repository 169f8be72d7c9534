"""A browser translates each page as it is shown: what people then read still goes with where they are.

The translator of these tests does to the page what Chrome's does: each text is taken out of the document and <font>
elements stand in its place; what comes later is translated a moment after it came. It changes no word, so the walks
of everybody else can be walked. Firefox and extensions move the text itself into elements of their own.
"""

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, expect

from tests.e2e.conftest import Arrive
from tests.e2e.test_booking_from_home_to_cancellation import book_move_and_cancel
from tests.e2e.test_professional_sign_up import sign_up_activate_and_sign_in
from tests.e2e.visitor import ANSWERED, DESKTOP, PHONE_SMALL, TOPIC, Visitor
from tests.smtp import MailServer

OTHER_ANSWERED = "Vous n’avez pas reçu votre avis"
_REPLACES, _REMOVES_FIRST, _MOVES = "replaces", "removes first", "moves"
_TRANSLATOR = """
(() => {
  const left = "font, script, style, title, textarea, option, noscript, [translate=no]";
  const inside = () => {
    const outer = document.createElement("font");
    return [outer, outer.appendChild(document.createElement("font"))];
  };
  const translate = {
    "replaces"(text) {
      const [outer, inner] = inside();
      inner.textContent = text.data;
      text.replaceWith(outer);
    },
    "removes first"(text) {
      const [outer, inner] = inside();
      const { parentNode, nextSibling } = text;
      inner.textContent = text.data;
      text.remove();
      parentNode.insertBefore(outer, nextSibling);
    },
    "moves"(text) {
      const [outer, inner] = inside();
      text.before(outer);
      inner.append(text);
    },
  }["WAY"];
  let waits;
  const look = () => {
    waits = 0;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) found.push(walker.currentNode);
    found.filter((text) => text.data.trim() && !text.parentElement.closest(left)).forEach(translate);
  };
  const soon = () => (waits ||= setTimeout(look, 50));
  const change = { childList: true, characterData: true, subtree: true };
  addEventListener("load", () => (new MutationObserver(soon).observe(document.body, change), soon()));
})();
"""


def translate(visitor: Visitor, way: str = _REPLACES) -> None:
    """Have every page of this window translated from when it has loaded."""
    visitor.context.add_init_script(_TRANSLATOR.replace("WAY", way))


@pytest.mark.parametrize("screen", [PHONE_SMALL, DESKTOP], ids=["320", "1280"])
def test_a_person_books_moves_and_cancels_on_translated_pages(
    screen: dict[str, int], arrive: Arrive, post_office: MailServer
) -> None:
    is_phone = screen is not DESKTOP
    visitor = arrive(screen, has_touch=is_phone, is_mobile=is_phone)
    translate(visitor)
    book_move_and_cancel(visitor, post_office, is_phone=is_phone)


def test_a_person_signs_up_activates_and_signs_in_on_translated_pages(
    visitor: Visitor, post_office: MailServer
) -> None:
    translate(visitor)
    sign_up_activate_and_sign_in(visitor, post_office, is_phone=False)


@pytest.mark.parametrize("way", [_REPLACES, _REMOVES_FIRST, _MOVES])
def test_texts_that_change_in_place_go_with_what_they_stand_for(visitor: Visitor, way: str) -> None:
    translate(visitor, way)
    visitor.reach(TOPIC)
    expect(visitor.page.locator("main font").first).to_be_attached()
    goes_to_and_fro(visitor)


def goes_to_and_fro(visitor: Visitor) -> None:
    """Change block, topic and day again and again: what is read must be what the server would send now."""
    for label in (ANSWERED, OTHER_ANSWERED):
        visitor.link(label).click()
        expect(visitor.button("Continuer")).to_be_visible()
        reads_as_after_a_reload(visitor)
        visitor.page.get_by_role("link", name="Étape précédente").click()
        expect(visitor.button("Continuer")).to_have_count(0)
        reads_as_after_a_reload(visitor)
    visitor.choose_topic()
    visitor.choose_channel()
    visitor.choose_day(1)
    times = visitor.page.locator("[data-times]")
    first = times.inner_text()
    visitor.choose_day(2)
    expect(times).not_to_have_text(first, use_inner_text=True)
    visitor.choose_day(1)
    expect(times).to_have_text(first, use_inner_text=True)


def reads_as_after_a_reload(visitor: Visitor) -> None:
    """Check that texts and links are those of the page when it comes from the server."""
    page = visitor.page.get_by_role("main")
    shown, links = page.inner_text(), addresses(page)
    visitor.page.reload()
    visitor.has_loaded()
    expect(page).to_have_text(shown, use_inner_text=True)
    assert addresses(page) == links


def addresses(page: Locator) -> list[str]:
    found: list[str] = page.get_by_role("link").evaluate_all("links => links.map((link) => link.href)")
    return found


@pytest.mark.parametrize("way", [_REPLACES, _MOVES])
def test_without_the_script_these_tests_see_what_a_translator_does(arrive: Arrive, way: str) -> None:
    visitor = arrive()
    visitor.tolerate("translated.js", "NotFoundError", "console error", "React error #418")
    visitor.context.set_default_timeout(3_000)
    visitor.context.route("**/translated.js", lambda route: route.abort())
    translate(visitor, way)
    visitor.reach(TOPIC)
    expect(visitor.page.locator("main font").first).to_be_attached()
    with pytest.raises((AssertionError, PlaywrightError)):
        goes_to_and_fro(visitor)
    assert [trouble for trouble in visitor.troubles if "NotFoundError" in trouble], "React lost hold of a text"
