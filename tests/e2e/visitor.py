"""What a person does in front of the portal, by the words they read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from app import clock, keys
from app.content import topics
from app.models import Account, CaptchaChallenge, Channel, OfficeKind
from app.services import database, visitors
from app.services.accounts import sessions
from app.services.appointments import availability, offices, steps
from app.services.appointments.steps import Step
from app.settings import get_settings
from tests.e2e.portal import Portal

PHONE_SMALL = {"width": 320, "height": 568}
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}

ENGLISH_BUILT_INS = ("Built with Reflex", "Cannot connect", "Connection Error", "An error occurred", "Loading...")
OFFICE, OTHER_OFFICE = "/contact/service", "/contact/autre-service"
TOPIC, CHANNEL, SLOT = "/rendez-vous/motif", "/rendez-vous/modalite", "/rendez-vous/creneau"
DETAILS, CONFIRMATION = "/rendez-vous/informations", "/rendez-vous/confirmation"

INCOME_TAX = (
    "Particulier",
    "Votre dossier fiscal (domicile en France)",
    "Le calcul de vos impôts",
    "Votre impôt sur le revenu/prélèvements sociaux",
)
UNDERSTAND_NOTICE = "Comprendre le montant de votre impôt"
# A topic with an answer that may spare the appointment: it is read before one goes on.
ANSWERED = "Faire votre première déclaration"
COUNTER = "Sur place, au guichet"
STEPS = (OFFICE, TOPIC, CHANNEL, SLOT, DETAILS)
TITLES = {
    OFFICE: "Votre service",
    TOPIC: "Précisez votre motif",
    CHANNEL: "Choisissez comment être reçu",
    SLOT: "Choisissez un créneau",
    DETAILS: "Vos informations",
}

_NO_WORKER = "Service Worker registration blocked by Playwright"

_TWO_FRAMES = """() => new Promise((done) => {
  setTimeout(done, 250);
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)));
})"""


@dataclass(frozen=True)
class Identity:
    """What somebody types at step 4; addresses and numbers that reach nobody."""

    last_name: str = "O’Connor-Ñuñez"
    first_name: str = "Lila"
    email: str = "lila@example.org"
    phone: str = "06 39 98 12 34"
    second_phone: str = ""
    details: str = ""
    tax_number: str = ""


@dataclass
class Visitor:
    """A browser with one window at this address of the portal; `troubles` is what its console complained about."""

    portal: Portal
    context: BrowserContext
    address: str
    page: Page = field(init=False)
    troubles: list[str] = field(default_factory=list)
    tolerated: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.set_default_timeout(15_000)
        self.context.on("console", self._hear)
        self.context.on("weberror", lambda error: self.troubles.append(f"exception: {error.error}"))
        self.context.on("requestfailed", self._notice_failure)
        self.page = self.context.new_page()

    # Troubles

    def tolerate(self, *patterns: str) -> None:
        """Say what may go wrong in this test: parts of console messages, or of « failed why address »."""
        self.tolerated.extend(patterns)

    def real_troubles(self) -> list[str]:
        return [trouble for trouble in self.troubles if not any(part in trouble for part in self.tolerated)]

    def _hear(self, message: ConsoleMessage) -> None:
        # The console names every answer of status 400 and more; to be told of each answer costs a tenth of a walk.
        if message.type in ("error", "warning") and _NO_WORKER not in message.text:
            self.troubles.append(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

    def _notice_failure(self, request: Request) -> None:
        # A page that is left cancels what it was still fetching.
        if request.failure not in ("net::ERR_ABORTED", None):
            self.troubles.append(f"failed {request.failure} {request.url}")

    # Where one is

    def go(self, path: str = "/") -> None:
        """Type an address."""
        self.page.goto(f"{self.address}{path}")

    def is_at(self, path: str, title: str | re.Pattern[str]) -> None:
        """Check that this page is shown under its title with all it needs, in French."""
        expect(self.page).to_have_url(re.compile(rf"^{re.escape(self.address + path)}/?(\?.*)?(#.*)?$"))
        expect(self.page.get_by_role("heading", level=1)).to_have_text(title)
        # React says that a page waits a frame after it shows it.
        self.page.evaluate(_TWO_FRAMES)
        self.has_loaded()
        self.reads_french()

    def has_loaded(self) -> None:
        """Wait until the server has sent what the page shows; before, a person sees what was prepared for everybody."""
        self.page.locator("main[data-loaded=yes]").wait_for()

    def fits(self) -> None:
        """Check that the page as it stands does not scroll sideways (WCAG 1.4.10)."""
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def reads_french(self) -> None:
        """Check that none of the framework's own English sentences shows."""
        words = self.page.locator("body").inner_text()
        assert not [english for english in ENGLISH_BUILT_INS if english in words]

    @property
    def title(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    @property
    def summary(self) -> Locator:
        """The summary of errors of a refused form."""
        return self.page.get_by_role("alert").filter(has=self.page.get_by_role("heading", name="à corriger"))

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name)

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("main").get_by_role("link", name=name)

    def says(self, words: str) -> None:
        """Check that these words show; blanks that do not break count as blanks."""
        expect(self.page.locator("body")).to_contain_text(words)

    def text_of(self, *fields: str) -> dict[str, str]:
        """Return what the fields with these labels hold."""
        return {name: self.field(name).input_value() for name in fields}

    def field(self, label: str) -> Locator:
        # A label ends with « (obligatoire) » or the like.
        return self.page.get_by_label(re.compile(rf"^{re.escape(label)}( \(.*\))?$"))

    # The way to an office

    def open_blocks(self, labels: Sequence[str] = INCOME_TAX) -> None:
        """From the home page's dark block, choose one block after the other."""
        for label in labels:
            self.link(label).last.click()

    def give_address(self, street: str, postal_code: str, commune: str = "") -> None:
        """Fill in the address; choose among the communes of the postal code when there are several."""
        self.field("Numéro et voie").fill(street)
        self.field("Code postal").fill(postal_code)
        if commune:
            self.field("Commune").select_option(label=commune)

    def find_office(self, street: str = "12 rue de Verdun", postal_code: str = "11000", commune: str = "") -> None:
        """Go from the home page to the office of an address (Carcassonne unless told)."""
        self.go("/")
        self.open_blocks()
        default = "Carcassonne (Aude)" if postal_code == "11000" else ""
        self.give_address(street, postal_code, commune or default)
        self.button("Rechercher votre service").click()
        self.is_at(OFFICE, "Votre service")

    # The steps

    def begin_booking(self) -> None:
        self.link("Prendre rendez-vous").click()
        self.is_at(TOPIC, "Précisez votre motif")

    def choose_topic(self, *labels: str) -> None:
        for label in labels or (UNDERSTAND_NOTICE,):
            self.link(label).click()
        answered = self.button("Continuer vers le rendez-vous")
        expect(answered.or_(self.button("Rechercher un créneau disponible"))).to_be_visible()
        if answered.is_visible():
            answered.click()
        self.is_at(CHANNEL, "Choisissez comment être reçu")

    def choose_channel(self, label: str = COUNTER) -> None:
        self.page.get_by_role("radio", name=label).check()
        self.button("Rechercher un créneau disponible").click()
        self.is_at(SLOT, "Choisissez un créneau")

    def open_days(self) -> Locator:
        """The days of the agenda that have room."""
        return self.page.get_by_role("button", name=re.compile(r"^\S+ \d+(er)? \S+, \d+ créneaux?"))

    def times(self) -> Locator:
        """The free times of the chosen day."""
        return self.page.get_by_role("button", name=re.compile(r"^\d+ h( \d+)?$"))

    def choose_day(self, which: int = 1) -> str:
        """Tap the day; return its words, for example « mardi 24 novembre »."""
        day = self.open_days().nth(which)
        label = str(day.get_attribute("aria-label") or day.text_content())
        words = re.sub(r"\s+", " ", label).partition(",")[0]
        day.click()
        expect(self.page.get_by_role("heading", level=2, name=words)).to_be_visible()
        return words

    def choose_time(self, which: int = 0) -> str:
        """Tap a time, which leads on; return its words, for example « 9 h 30 »."""
        time_button = self.times().nth(which)
        words = re.sub(r"\s+", " ", time_button.inner_text())
        time_button.click()
        return words

    def choose_slot(self, day: int = 1, time: int = 0) -> str:
        """Choose a day and a time; return them, for example « mardi 24 novembre à 9 h 30 »."""
        words = f"{self.choose_day(day)} à {self.choose_time(time)}"
        self.is_at(DETAILS, "Vos informations")
        return words

    def fill_in(self, who: Identity, *, captcha: bool = True) -> None:
        """Fill in step 4."""
        for label, text in typed(who).items():
            if text:
                self.field(label).fill(text)
        if captcha:
            self.copy_captcha()

    def copy_captcha(self) -> None:
        """Type what the picture shows, as its reader would."""
        self.field("Recopiez les caractères de l’image").fill(self.captcha_answer())

    def captcha_answer(self) -> str:
        """Return what the picture on the screen says, from the portal's database."""
        picture = self.page.get_by_role("img", name="Image à recopier")
        # Nobody copies a picture that has not arrived; the answer uses it up, and its address is gone.
        expect(picture).not_to_have_js_property("naturalWidth", 0)
        found = re.search(r"/captcha/([\w-]+)\.png", str(picture.get_attribute("src")))
        assert found
        with database.reading() as session:
            challenge = session.get(CaptchaChallenge, found[1])
        assert challenge is not None
        return challenge.answer

    def press_confirm(self) -> None:
        self.button("Confirmer et terminer").click()

    def confirm(self) -> None:
        self.press_confirm()
        self.is_at(CONFIRMATION, "Votre rendez-vous est enregistré")
        assert self.fact("Référence")

    def walk_to(self, path: str) -> None:
        """Go as far as this page, by the shortest way a person can take."""
        ways = (
            (OFFICE, self.find_office),
            (TOPIC, self.begin_booking),
            (CHANNEL, self.choose_topic),
            (SLOT, self.choose_channel),
            (DETAILS, self.choose_slot),
        )
        for at, way in ways:
            way()
            if at == path:
                return

    def reach(self, path: str, channel: str = COUNTER) -> None:
        """Open this page in a tab that has come as far: what was chosen before is settled by the services."""
        self.go("/")
        self.has_loaded()
        self._settle(Step(STEPS.index(path)) if channel == COUNTER else Step.CHANNEL)
        if channel != COUNTER:
            self.go(CHANNEL)
            self.has_loaded()
            self.choose_channel(channel)
            if path == DETAILS:
                self.choose_slot()
            return
        self.go(path)
        self.is_at(path, TITLES[path])

    def _settle(self, step: Step) -> None:
        """Choose all that comes before this step, in this tab: the office of Carcassonne, its second open day."""
        key, contact = self.key(), topics.contact_block("particulier/dossier/calcul/revenu")
        assert contact is not None
        office = offices.for_commune(OfficeKind.INDIVIDUALS, "11069")
        topic = next(topic for topic in topics.all_topics() if topic.label == UNDERSTAND_NOTICE)
        steps.choose_office(key, self.tab(), office.id, contact.path, contact.topic_path)
        if step >= Step.CHANNEL:
            steps.choose_topic(key, steps.BOOKING, topic.id)
        if step >= Step.SLOT:
            steps.choose_channel(key, steps.BOOKING, Channel.COUNTER)
        if step >= Step.DETAILS:
            today = clock.now().date()
            last = today + timedelta(days=get_settings().horizon_days)
            days = availability.free_times(office.id, Channel.COUNTER, topic.minutes, today, last)
            steps.choose_time(key, steps.BOOKING, key, days[1].times[0])

    def tab(self) -> str:
        """Return the name by which the portal knows this tab."""
        return keys.keyed_hash("tab", str(self.page.evaluate("sessionStorage.getItem('token')"))[:36])[:16]

    def book(self, who: Identity | None = None, channel: str = COUNTER) -> str:
        """Book an appointment, the last step by hand; return its reference."""
        self.reach(DETAILS, channel)
        self.fill_in(who or Identity())
        self.confirm()
        return self.fact("Référence")

    def fact(self, term: str) -> str:
        """Return what the list of facts says about a term."""
        value = self.page.locator("dl > div").filter(has=self.page.locator("dt", has_text=re.compile(f"^{term}$")))
        expect(value.locator("dd")).not_to_be_empty()
        return re.sub(r"\s+", " ", str(value.locator("dd").text_content())).strip()

    # The browser

    def key(self) -> str:
        """Return the visitor's key in the portal's database."""
        cookies: list[Any] = self.context.cookies(self.address)
        found = next(cookie for cookie in cookies if cookie["name"] == visitors.cookie_name())
        key = visitors.key_of(f"{found['name']}={found['value']}")
        assert key
        return key

    def has_session(self, account: Account) -> None:
        """Give this browser the session of somebody who signed in before."""
        agent = str(self.page.evaluate("navigator.userAgent"))
        with database.writing() as session:
            token = sessions.open(session, account.id or 0, agent)
        cookie = {"name": sessions.cookie_name(account.kind), "value": token, "httpOnly": True, "sameSite": "Lax"}
        self.context.add_cookies([{**cookie, "url": self.address}])  # type: ignore[typeddict-item]

    def new_tab(self) -> Page:
        """Open another tab of the same browser and look at it from now on."""
        self.page = self.context.new_page()
        return self.page


def typed(who: Identity) -> dict[str, str]:
    """Return what goes into which field of step 4."""
    return {
        "Nom": who.last_name,
        "Prénom": who.first_name,
        "Adresse électronique": who.email,
        "Téléphone": who.phone,
        "Autre téléphone": who.second_phone,
        "Précisions pour préparer le rendez-vous": who.details,
        "Numéro fiscal": who.tax_number,
    }
