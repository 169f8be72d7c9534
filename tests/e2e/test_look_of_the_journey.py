"""What the design asks of sizes, order and paper."""

from itertools import pairwise

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.conftest import Arrive
from tests.e2e.test_one_seat import until
from tests.e2e.visitor import DESKTOP, DETAILS, PHONE_SMALL, SLOT, Identity, Visitor

TABLET, JUST_A_DESKTOP = {"width": 1023, "height": 768}, {"width": 1024, "height": 768}


def box(target: Locator) -> dict[str, float]:
    found = target.bounding_box()
    assert found is not None
    return {name: float(found[name]) for name in ("x", "y", "width", "height")}  # type: ignore[literal-required]


def in_source_order(first: Locator, second: Locator) -> bool:
    """Tell whether the keyboard meets the first element before the second."""
    following = "(one, other) => !!(one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING)"
    other = second.element_handle()
    return bool(first.evaluate(following, other))


def test_days_and_times_are_large_enough_for_a_finger_at_320_px(arrive: Arrive) -> None:
    visitor = arrive(PHONE_SMALL, has_touch=True, is_mobile=True)
    visitor.reach(SLOT)
    expect(visitor.open_days().first).to_be_visible()
    for day in visitor.page.locator("[data-day]").all():
        size = box(day)
        assert size["height"] >= 44
        assert size["width"] >= 40
    visitor.open_days().first.tap()
    expect(visitor.times().first).to_be_in_viewport()
    for time in visitor.times().all():
        assert box(time)["height"] >= 44
    visitor.fits()


def test_a_closed_day_says_why_and_an_open_one_how_much_is_free(visitor: Visitor) -> None:
    visitor.reach(SLOT)
    expect(visitor.open_days().first).to_be_visible()
    for day in visitor.page.locator("[data-day]").all():
        name = str(day.get_attribute("aria-label"))
        is_open = day.locator("small").count() == 1
        assert day.get_attribute("aria-disabled") == ("false" if is_open else "true"), name
        words = name.partition(", ")[2].partition(", aujourd’hui")[0]
        assert words, name
        assert (" créneau" in words.replace("\u00a0", " ")) == is_open or "créneaux sont pris" in words, name
        if is_open:
            assert words.split()[0] == day.locator("small").get_attribute("data-free")


def test_the_main_button_comes_first_in_the_source_left_on_a_phone_right_on_a_desktop(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    main = visitor.button("Confirmer et terminer")
    back = visitor.page.get_by_role("link", name="Étape précédente")
    assert in_source_order(main, back)
    assert box(back)["x"] < box(main)["x"]
    visitor.page.set_viewport_size(PHONE_SMALL)  # type: ignore[arg-type]
    assert box(main)["y"] < box(back)["y"]


def test_the_fields_come_in_the_order_of_the_leaflet(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    order = [
        visitor.page.get_by_role("group", name="Civilité"),
        visitor.field("Nom"),
        visitor.field("Prénom"),
        visitor.field("Précisions pour préparer le rendez-vous"),
        visitor.field("Téléphone"),
        visitor.field("Autre téléphone"),
        visitor.field("Adresse électronique"),
        visitor.field("Numéro fiscal"),
        visitor.field("Recopiez les caractères de l’image"),
        visitor.button("Confirmer et terminer"),
    ]
    for first, second in pairwise(order):
        assert in_source_order(first, second)
    heights = [box(each)["y"] for each in order]
    assert heights == sorted(heights)


def test_errors_are_listed_in_the_order_of_the_fields(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    visitor.fill_in(Identity(last_name="", first_name="", email="x", phone="12", tax_number="123"), captcha=False)
    visitor.press_confirm()
    expect(visitor.summary).to_be_focused()
    links = visitor.summary.get_by_role("link").all()
    listed = [str(link.get_attribute("href")).partition("#")[2] for link in links]
    assert listed == ["last_name", "first_name", "phone", "email", "tax_number", "captcha"]


@pytest.mark.parametrize("screen", [PHONE_SMALL, DESKTOP], ids=["320", "1280"])
def test_the_button_under_the_times_stays_put_when_both_clocks_are_told(screen: dict[str, int], arrive: Arrive) -> None:
    visitor = arrive(screen, timezone_id="Asia/Tokyo")
    visitor.reach(SLOT)
    expect(visitor.page.locator(".first-free .both-times")).to_be_visible()
    visitor.choose_day(1)
    button = visitor.page.get_by_role("button", name="Continuer", exact=True)
    from_top = "element => element.getBoundingClientRect().top + scrollY"
    before = button.evaluate(from_top)
    visitor.choose_time(0)
    expect(visitor.page.locator(".room-for-both .both-times")).to_contain_text("chez vous")
    assert button.evaluate(from_top) == pytest.approx(before, abs=1), "a press meanwhile would be lost"


@pytest.mark.parametrize(("screen", "has_menu"), [(TABLET, True), (JUST_A_DESKTOP, False)], ids=["1023", "1024"])
def test_the_menu_button_serves_phones_and_tablets(screen: dict[str, int], has_menu: bool, arrive: Arrive) -> None:
    visitor = arrive(screen)
    visitor.go("/")
    expect(visitor.button("Menu")).to_be_visible(visible=has_menu)
    expect(visitor.page.get_by_role("navigation", name="Navigation principale")).to_be_visible(visible=not has_menu)


def test_a_confirmation_on_paper_holds_the_appointment_and_nothing_to_press(visitor: Visitor) -> None:
    visitor.book(Identity(email="papier@example.org"))
    printed: list[str] = []
    visitor.page.expose_function("printed", lambda: printed.append("once"))
    visitor.page.evaluate("() => { window.print = () => window.printed(); }")
    visitor.button("Imprimer").click()
    until(visitor.page, lambda: printed == ["once"])
    visitor.page.emulate_media(media="print")
    for term in ("Date et heure", "Adresse", "Référence"):
        expect(visitor.page.locator("dt", has_text=term).first).to_be_visible()
    expect(visitor.page.get_by_role("heading", name="Avant le rendez-vous")).to_be_visible()
    for gone in ("Imprimer", "Effacer et quitter"):
        expect(visitor.button(gone)).to_be_hidden()
    expect(visitor.page.get_by_role("contentinfo")).to_be_hidden()
    visitor.fits()
