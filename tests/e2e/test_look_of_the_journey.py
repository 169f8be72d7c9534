"""What the design asks of sizes, order and paper."""

from itertools import pairwise

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.conftest import Arrive
from tests.e2e.my_space import a_person, account_of
from tests.e2e.personal import PEOPLE
from tests.e2e.space import a_professional
from tests.e2e.test_one_seat import until
from tests.e2e.visitor import CHANNEL, DESKTOP, DETAILS, OFFICE, PHONE_SMALL, SLOT, TITLES, Identity, Visitor

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


def places(row: Locator) -> list[tuple[float, float]]:
    """Return where the buttons of a row stand, from the top and from the left, in the order of the source."""
    return [(box(each)["y"], box(each)["x"]) for each in row.locator("button, a").all()]


@pytest.mark.parametrize("screen", [PHONE_SMALL, DESKTOP], ids=["320", "1280"])
def test_rows_that_end_no_step_are_read_in_the_order_of_the_keyboard(screen: dict[str, int], arrive: Arrive) -> None:
    visitor = arrive(screen)
    visitor.reach(OFFICE)
    office = places(visitor.page.locator(".actions", has=visitor.page.get_by_role("link", name="Prendre rendez-vous")))
    visitor.new_tab()
    visitor.go(CHANNEL)
    visitor.has_loaded()
    again = places(visitor.page.locator(".actions", has=visitor.page.get_by_role("button", name="Reprendre")))
    visitor.tolerate("404")
    visitor.go("/nulle-part")
    expect(visitor.title).to_have_text("Cette page n’existe pas")
    nowhere = places(visitor.page.locator(".actions"))
    for row in (office, again, nowhere):
        assert len(row) == 2
        assert row == sorted(row)


def test_documents_to_bring_come_before_what_is_less_urgent_on_a_phone(arrive: Arrive) -> None:
    visitor = arrive(PHONE_SMALL)
    visitor.book(Identity(email="documents@example.org"))
    documents = visitor.page.get_by_role("heading", name="Avant le rendez-vous")
    after = [visitor.page.get_by_role("heading", name=name) for name in ("Un empêchement", "Sans connexion")]
    for heading in after:
        assert box(documents)["y"] < box(heading)["y"]
        assert in_source_order(documents, heading)
    visitor.page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    assert box(documents)["x"] > box(after[0])["x"]
    visitor.link("dès maintenant").click()
    expect(visitor.title).to_have_text("Votre rendez-vous")
    visitor.has_loaded()
    visitor.page.set_viewport_size(PHONE_SMALL)  # type: ignore[arg-type]
    history = visitor.page.get_by_role("heading", name="Historique")
    assert box(documents)["y"] < box(history)["y"]
    assert in_source_order(documents, history)


def test_a_mail_address_breaks_between_its_parts_at_320_px(arrive: Arrive) -> None:
    visitor = arrive(PHONE_SMALL)
    visitor.reach(OFFICE)
    address = visitor.page.locator("a[href^=mailto]")
    lines = address.evaluate(_LINES)
    assert "".join(lines) == str(address.get_attribute("href")).removeprefix("mailto:")
    assert all(line.endswith(("@", ".")) for line in lines[:-1]), lines


_LINES = """(link) => {
  const range = document.createRange();
  const texts = document.createTreeWalker(link, NodeFilter.SHOW_TEXT);
  const lines = new Map();
  for (let text; (text = texts.nextNode());) [...text.data].forEach((letter, at) => {
    range.setStart(text, at);
    range.setEnd(text, at + 1);
    const top = Math.round(range.getBoundingClientRect().top);
    lines.set(top, (lines.get(top) ?? "") + letter);
  });
  return [...lines.values()];
}"""


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
    visitor.reach(DETAILS)
    expect(visitor.page.locator("dt").filter(has_text="Selon votre horloge")).to_be_visible()
    visitor.link("Étape précédente").click()
    visitor.is_at(SLOT, TITLES[SLOT])
    button = visitor.page.get_by_role("button", name="Continuer", exact=True)
    from_top = "element => element.getBoundingClientRect().top + scrollY"
    before = button.evaluate(from_top)
    expect(visitor.page.locator(".room-for-both .both-times")).to_contain_text("chez vous")
    assert button.evaluate(from_top) == pytest.approx(before, abs=1), "a press meanwhile would be lost"


@pytest.mark.parametrize("width", [1024, 1280])
def test_whoever_is_signed_in_reads_their_name_and_the_way_to_their_space_whole(width: int, arrive: Arrive) -> None:
    visitor = arrive({"width": width, "height": 800})
    who = a_person(visitor, f"nom.entier.{width}@example.org", PEOPLE[2 + (width == 1024)])
    lila = a_professional(visitor, f"lila.entier.{width}@example.org", f"2026053002{width:04}")
    visitor.has_session(account_of(who))
    header = visitor.page.get_by_role("navigation", name="Navigation principale")
    for also in (lambda: None, lambda: visitor.has_session(lila.account)):
        also()
        visitor.go("/aide")
        visitor.has_loaded()
        expect(header.get_by_role("link", name="Mes contacts")).to_contain_text(who.name)
        for each in header.locator("a, a small, button").all():
            assert each.evaluate("each => each.scrollWidth <= each.clientWidth + 1 || !each.clientWidth"), each
            assert each.evaluate("each => each.getBoundingClientRect().right <= innerWidth"), each
    expect(header.get_by_role("link", name="Lila Rosemonde")).to_be_visible()


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
