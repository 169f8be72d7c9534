"""« Vouliez-vous dire… ? »: one tap mends a slip in a mail address; nobody has to answer, and nothing moves."""

from collections.abc import Callable, Mapping

import pytest
from playwright.sync_api import Locator, Page, expect

from app import addresses
from app.services.appointments import steps
from tests.e2e import letters
from tests.e2e.axe import Sweep
from tests.e2e.conftest import Arrive
from tests.e2e.test_one_seat import until
from tests.e2e.visitor import DESKTOP, DETAILS, PHONE_SMALL, Identity, Visitor
from tests.smtp import MailServer

MAIL = "Adresse électronique"
TOUCHED = {"has_touch": True, "is_mobile": True}


def question(page: Page) -> Locator:
    return page.get_by_role("status").filter(has_text="Vouliez-vous dire")


def draft_of(visitor: Visitor) -> Mapping[str, str]:
    """Return what the server keeps of the form."""
    progress = steps.progress(visitor.key(), steps.BOOKING)
    return progress.typed if progress else {}


def types(visitor: Visitor, email: str) -> None:
    """Type an address and go on to the next field by keyboard."""
    field = visitor.field(MAIL)
    field.fill(email)
    field.press("Tab")


def test_one_tap_mends_the_address_and_the_mail_goes_there(arrive: Arrive, post_office: MailServer) -> None:
    visitor = arrive(PHONE_SMALL, **TOUCHED)
    visitor.reach(DETAILS)
    visitor.fill_in(Identity(email="une.touche@gmial.com"))
    expect(question(visitor.page)).to_contain_text("une.touche@gmail.com")
    visitor.fits()
    visitor.button("Oui, corriger").tap()
    field = visitor.field(MAIL)
    expect(field).to_have_value("une.touche@gmail.com")
    expect(field).to_be_focused()
    expect(question(visitor.page)).to_have_count(0)
    visitor.confirm()
    assert letters.wait_for(post_office, "une.touche@gmail.com", 1)
    assert letters.to(post_office, "une.touche@gmial.com") == []


def test_the_answer_is_kept_like_what_is_typed(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    types(visitor, "lila@orange.f")
    visitor.button("Oui, corriger").click()
    expect(visitor.field(MAIL)).to_have_value("lila@orange.fr")
    until(visitor.page, lambda: draft_of(visitor).get("email") == "lila@orange.fr")
    visitor.page.reload()
    visitor.has_loaded()
    expect(visitor.field(MAIL)).to_have_value("lila@orange.fr")


def test_who_keeps_the_address_is_not_asked_again(visitor: Visitor, post_office: MailServer) -> None:
    visitor.reach(DETAILS)
    types(visitor, "garde@gmial.com")
    visitor.button("Non, garder").click()
    expect(question(visitor.page)).to_have_count(0)
    expect(visitor.field(MAIL)).to_be_focused()
    visitor.page.reload()
    visitor.has_loaded()
    visitor.fill_in(Identity(email="garde@gmial.com"))
    visitor.confirm()
    assert letters.wait_for(post_office, "garde@gmial.com", 1)


def test_who_does_not_answer_goes_on(visitor: Visitor, post_office: MailServer) -> None:
    visitor.reach(DETAILS)
    visitor.fill_in(Identity(email="sans.reponse@gmail.con"))
    expect(question(visitor.page)).to_be_visible()
    visitor.confirm()
    assert letters.wait_for(post_office, "sans.reponse@gmail.con", 1)


def test_the_question_goes_while_the_address_is_typed_again(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    types(visitor, "lila@hotmial.fr")
    expect(question(visitor.page)).to_contain_text("lila@hotmail.fr")
    field = visitor.field(MAIL)
    field.press("End")
    field.press("Backspace")
    expect(question(visitor.page)).to_have_count(0)
    field.press("r")
    field.press("Tab")
    expect(question(visitor.page)).to_contain_text("lila@hotmail.fr")


@pytest.mark.parametrize("screen", [PHONE_SMALL, DESKTOP], ids=["320", "1280"])
def test_what_has_the_focus_does_not_move(screen: dict[str, int], arrive: Arrive) -> None:
    visitor = arrive(screen)
    visitor.reach(DETAILS)
    visitor.field(MAIL).fill("lila@gmial.com")
    visitor.field(MAIL).press("Tab")
    place = "document.activeElement.getBoundingClientRect().top"
    focused = "document.activeElement.tagName + document.activeElement.id"
    before, which = visitor.page.evaluate(place), visitor.page.evaluate(focused)
    expect(question(visitor.page)).to_be_visible()
    assert visitor.page.evaluate(focused) == which
    assert visitor.page.evaluate(place) == pytest.approx(before, abs=1)


def test_nothing_comes_under_a_button_that_is_being_pressed(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    visitor.field(MAIL).fill("lila@gmial.com")
    confirm = visitor.page.get_by_role("button", name="Confirmer et terminer")
    confirm.scroll_into_view_if_needed()
    confirm.hover()
    visitor.page.mouse.down()
    with pytest.raises(AssertionError):
        expect(question(visitor.page)).to_be_visible(timeout=1500)
    visitor.page.mouse.up()
    expect(visitor.summary).to_be_visible()
    expect(question(visitor.page)).to_be_visible()


def test_before_the_button_of_a_form_a_pause_is_enough(visitor: Visitor) -> None:
    visitor.go(addresses.CONTACT)
    visitor.has_loaded()
    field = visitor.field(MAIL)
    field.press_sequentially("lila@outlok.fr")
    expect(field).to_be_focused()
    expect(question(visitor.page)).to_contain_text("lila@outlook.fr")
    field.press_sequentially("x")
    expect(question(visitor.page)).to_have_count(0)


def test_the_question_is_for_everybody(visitor: Visitor, sweep: Callable[[Page], Sweep]) -> None:
    visitor.reach(DETAILS)
    types(visitor, "un-nom-particulierement-long@numericable.f")
    expect(question(visitor.page)).to_be_visible()
    sweep(visitor.page).look("details, a mail address that is nearly a common one")
