"""A picture never ends under the hands of whoever copies it; what is wrong with it is told in the first round."""

from datetime import timedelta

from playwright.sync_api import expect
from sqlmodel import col, update

from app import addresses, clock
from app.models import CaptchaChallenge
from app.services import database
from tests.e2e.visitor import DETAILS, SLOT, Identity, Visitor


def lets_it_end_in(visitor: Visitor, left: timedelta) -> None:
    """Let the pictures of this visitor end that long from now."""
    with database.writing() as session:
        mine = col(CaptchaChallenge.visitor_key) == visitor.key()
        session.exec(update(CaptchaChallenge).where(mine).values(expires_at=clock.now() + left))


def picture(visitor: Visitor) -> str:
    shown = visitor.page.get_by_role("img", name="Image à recopier").get_attribute("src")
    assert shown
    return shown


def test_a_picture_that_is_about_to_end_is_replaced_and_the_person_is_told(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    visitor.field("Nom").fill("Reste")
    lets_it_end_in(visitor, timedelta(seconds=64))
    visitor.page.reload()
    visitor.has_loaded()
    expect(visitor.page.get_by_role("status").filter(has_text="L’image a changé")).to_be_visible(timeout=30_000)
    before = picture(visitor)
    expect(visitor.field("Nom")).to_have_value("Reste")
    visitor.page.reload()
    visitor.has_loaded()
    assert picture(visitor) == before, "the new one lives on"
    visitor.fill_in(Identity(email="a.temps@example.org"))
    visitor.confirm()


def test_a_right_answer_that_comes_too_late_is_not_called_wrong(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    visitor.fill_in(Identity(email="trop.tard@example.org"))
    lets_it_end_in(visitor, -timedelta(seconds=1))
    visitor.press_confirm()
    expect(visitor.summary).to_contain_text("Cette image ne sert plus")
    visitor.copy_captcha()
    visitor.confirm()


def test_the_list_too_asks_for_the_characters_in_the_first_round(visitor: Visitor) -> None:
    visitor.reach(SLOT)
    visitor.go(addresses.WAITING_LIST)
    visitor.is_at(addresses.WAITING_LIST, "Être prévenu si un créneau se libère")
    visitor.button("M’inscrire sur la liste d’attente").click()
    expect(visitor.summary).to_contain_text("Recopiez les six caractères")
    expect(visitor.summary.get_by_role("link")).not_to_have_count(1)


def test_the_characters_belong_to_the_first_round_of_errors(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    visitor.press_confirm()
    expect(visitor.summary).to_contain_text("Recopiez les six caractères")
    expect(visitor.summary.get_by_role("link")).not_to_have_count(1)
    visitor.field("Nom").fill("Seule")
    visitor.copy_captcha()
    visitor.press_confirm()
    expect(visitor.summary).not_to_contain_text("caractères")
    expect(visitor.page.get_by_role("img", name="Image à recopier")).to_have_count(0)
