"""The same journey without a mouse, for a call-back."""

import re

from playwright.sync_api import Locator, expect
from sqlmodel import select

from app.models import Appointment, Channel
from app.services import database
from tests.e2e import letters
from tests.e2e.conftest import Arrive
from tests.e2e.visitor import CHANNEL, CONFIRMATION, DETAILS, OFFICE, SLOT, TOPIC, Identity, Visitor
from tests.smtp import MailServer

_TABS = 60
_VISIBLE_FOCUS = """() => {
  const style = getComputedStyle(document.activeElement);
  const box = document.activeElement.getBoundingClientRect();
  const shown = box.width > 0 && box.bottom > 0 && box.top < innerHeight;
  return shown && (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 || style.boxShadow !== "none");
}"""


class Keyboard:
    """Somebody who has no mouse, and checks that they always see where they are."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._keys = visitor.page.keyboard

    def press(self, *keys: str) -> None:
        for key in keys:
            self._keys.press(key)

    def type(self, text: str) -> None:
        self._keys.type(text)

    def go_to(self, target: Locator) -> None:
        """Press Tab until the target has the focus, and see it."""
        expect(target).to_be_visible()
        for _ in range(_TABS):
            self.press("Tab")
            assert self._visitor.page.evaluate(_VISIBLE_FOCUS), self._focused()
            if target.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError(f"{_TABS} times Tab do not lead to {target}, but to {self._focused()}")

    def open(self, target: Locator) -> None:
        """Go to a link or a button and press Enter."""
        self.go_to(target)
        self.press("Enter")

    def arrives_at(self, path: str, title: str) -> None:
        """Check that the page is shown and that its title has the focus."""
        self._visitor.is_at(path, title)
        expect(self._visitor.title).to_be_focused()

    def day(self) -> str:
        return str(self._visitor.page.evaluate("() => document.activeElement.dataset.day"))

    def _focused(self) -> str:
        return str(self._visitor.page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)"))


def test_a_person_books_a_call_back_with_the_keyboard_alone(visitor: Visitor, post_office: MailServer) -> None:
    who = Identity(email="clavier.rappel@example.org", phone="06 39 98 44 55")
    keyboard = Keyboard(visitor)

    visitor.go("/")
    visitor.has_loaded()
    keyboard.press("Tab")
    expect(visitor.page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    keyboard.press("Enter")
    keyboard.open(visitor.link("Particulier").last)
    keyboard.arrives_at("/contact", "Particulier")
    for block in ("Votre dossier fiscal (domicile en France)", "Le calcul de vos impôts"):
        keyboard.open(visitor.link(block))
        keyboard.arrives_at("/contact", block)
    keyboard.open(visitor.link("Votre impôt sur le revenu/prélèvements sociaux"))
    keyboard.arrives_at("/contact", "Votre impôt sur le revenu/prélèvements sociaux")
    give_address(visitor, keyboard)
    keyboard.arrives_at(OFFICE, "Votre service")
    keyboard.open(visitor.link("Prendre rendez-vous"))
    keyboard.arrives_at(TOPIC, "Précisez votre motif")
    keyboard.open(visitor.link("Faire votre première déclaration"))
    keyboard.arrives_at(TOPIC, "Précisez votre motif")
    keyboard.open(visitor.button("Continuer vers le rendez-vous"))
    keyboard.arrives_at(CHANNEL, "Choisissez comment être reçu")
    choose_call_back(visitor, keyboard)
    keyboard.arrives_at(SLOT, "Choisissez un créneau")
    walk_through_the_agenda(visitor, keyboard)
    keyboard.arrives_at(DETAILS, "Vos informations")
    fill_in(visitor, keyboard, who)
    keyboard.arrives_at(CONFIRMATION, "Votre rendez-vous est enregistré")
    assert visitor.fact("Numéro appelé").replace(" ", "").endswith("639984455")

    with database.reading() as session:
        [booked] = session.exec(select(Appointment).where(Appointment.email == who.email)).all()
    assert booked.channel == Channel.PHONE
    assert "39 98 44 55" in re.sub(r"\s", " ", letters.wait_for(post_office, who.email, 1).text)


def give_address(visitor: Visitor, keyboard: Keyboard) -> None:
    search = visitor.button("Rechercher votre service")
    keyboard.open(search)
    expect(visitor.summary).to_be_focused()
    expect(visitor.page).to_have_title(re.compile("^Erreur : "))
    keyboard.press("Tab", "Enter")
    expect(visitor.field("Numéro et voie")).to_be_focused()
    keyboard.type("12 rue de Verdun")
    keyboard.press("Tab")
    keyboard.type("11000")
    expect(visitor.field("Commune")).to_be_visible()
    keyboard.press("Tab")
    keyboard.type("Carc")
    expect(visitor.field("Commune")).to_have_value("11069")
    keyboard.open(search)


def choose_call_back(visitor: Visitor, keyboard: Keyboard) -> None:
    call_back = visitor.page.get_by_role("radio", name="Par téléphone")
    keyboard.go_to(visitor.page.get_by_role("radio", checked=True))
    for _ in visitor.page.get_by_role("radio").all():
        keyboard.press("ArrowDown")
        if call_back.is_checked():
            break
    expect(call_back).to_be_checked()
    keyboard.open(visitor.button("Rechercher un créneau disponible"))


def walk_through_the_agenda(visitor: Visitor, keyboard: Keyboard) -> None:
    page = visitor.page
    # The agenda is one stop of the Tab key: its first open day, whose times are there already.
    expect(visitor.open_days().first).to_have_attribute("aria-pressed", "true")
    keyboard.go_to(visitor.open_days().first)
    days = page.locator("[data-day]")
    all_days = [str(day.get_attribute("data-day")) for day in days.all()]
    assert len(all_days) == 28
    at = all_days.index(keyboard.day())
    for key, to in (
        ("Home", at - at % 7),
        ("End", at - at % 7 + 6),
        ("ArrowDown", at - at % 7 + 13),
        ("ArrowLeft", at - at % 7 + 12),
        ("ArrowUp", at - at % 7 + 5),
        ("ArrowRight", at - at % 7 + 6),
    ):
        keyboard.press(key)
        assert keyboard.day() == all_days[to], key
    keyboard.press("PageDown")
    expect(days.first).not_to_have_attribute("data-day", all_days[0])
    keyboard.press("PageUp")
    expect(days.first).to_have_attribute("data-day", all_days[0])
    assert keyboard.day() in all_days, "turning the page keeps the focus in the agenda"

    keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    open_days = [str(day.get_attribute("data-day")) for day in visitor.open_days().all()]
    move_to(keyboard, all_days, open_days[2])
    keyboard.press("Enter")
    expect(page.locator(f'[data-day="{open_days[2]}"]')).to_have_attribute("aria-pressed", "true")
    time = visitor.times().last
    keyboard.go_to(time)
    keyboard.press("Space")


def move_to(keyboard: Keyboard, days: list[str], day: str) -> None:
    """Go from day to day with the arrow keys."""
    for _ in days:
        here, there = days.index(keyboard.day()), days.index(day)
        if here == there:
            return
        keyboard.press("ArrowRight" if there > here else "ArrowLeft")
    raise AssertionError(f"the arrow keys do not lead to {day}")


def fill_in(visitor: Visitor, keyboard: Keyboard, who: Identity) -> None:
    confirm = visitor.button("Confirmer et terminer")
    keyboard.open(confirm)
    expect(visitor.summary).to_be_focused()
    keyboard.press("Tab", "Enter")
    expect(visitor.field("Nom")).to_be_focused()
    keyboard.type(who.last_name)
    for label, text in (("Prénom", who.first_name), ("Téléphone", who.phone), ("Adresse électronique", who.email)):
        keyboard.go_to(visitor.field(label))
        keyboard.type(text)
    captcha = visitor.field("Recopiez les caractères de l’image")
    keyboard.go_to(captcha)
    keyboard.type(visitor.captcha_answer().lower())
    keyboard.press("Enter")


def test_the_menu_keeps_the_focus_where_a_person_expects_it(arrive: Arrive) -> None:
    visitor = arrive({"width": 360, "height": 740})
    keyboard = Keyboard(visitor)
    visitor.go("/aide")
    visitor.has_loaded()
    menu = visitor.button("Menu")
    keyboard.open(menu)
    panel = visitor.page.get_by_role("navigation", name="Menu principal")
    expect(panel).to_be_visible()
    expect(panel.get_by_role("button", name="Fermer")).to_be_focused()
    keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(menu).to_be_focused()
    keyboard.press("Enter")
    expect(panel.get_by_role("button", name="Fermer")).to_be_focused()
    keyboard.open(panel.get_by_role("link", name="Contact et rendez-vous"))
    visitor.is_at("/contact", "Contact et rendez-vous")
    expect(visitor.title).to_be_focused()


def test_the_page_and_its_focused_title_say_which_step_it_is(visitor: Visitor) -> None:
    visitor.reach(SLOT)
    expect(visitor.page).to_have_title("Créneau, étape 3 sur 5 · Guichet")
    visitor.choose_slot()
    expect(visitor.page).to_have_title("Vos informations, étape 4 sur 5 · Guichet")
    expect(visitor.title).to_be_focused()
    expect(visitor.title).to_have_accessible_description("Étape 4 sur 5")
    for path, title in (("creation/conditions?mode=simplifie", "1 sur 5"), ("activation/code", "1 sur 3")):
        visitor.go(f"/espace-professionnel/{path}")
        expect(visitor.page).to_have_title(re.compile(rf", étape {title} · Guichet$"))
