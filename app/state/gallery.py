"""Sample values for the component gallery of the demonstration; its handlers change nothing but what it shows."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import reflex as rx

from app import addresses, clock
from app.content import wording
from app.services.appointments.availability import AgendaDay
from app.services.appointments.reasons import DayState
from app.state.agenda import AgendaMixin
from app.state.base import text
from app.state.captcha import CaptchaMixin
from app.state.confirmation import AppointmentCard
from app.state.forms import FormMixin
from app.state.journey import Choice, TrailItem

_ERRORS = {
    "courriel-faux": "Vérifiez l’adresse électronique\u00a0: il manque une arobase.",
    "texte-faux": f"Raccourcissez ce texte\u00a0: 1{wording.NBSP}000 caractères au plus.",
    "commune-fausse": "Choisissez votre commune dans la liste.",
    "canal-faux": "Choisissez comment vous souhaitez être reçu.",
    "accord-faux": "Cochez la case pour continuer.",
    "secret-faux": f"Allongez le mot de passe\u00a0: 20{wording.NBSP}caractères au moins.",
}
_CAPTCHA_ERROR = "Les caractères ne correspondent pas\u00a0: recopiez ceux de la nouvelle image."
_DRAFT = {"nom": "O’Connor-Ñuñez", "courriel-faux": "lila.exemple.fr", "code": "11000", "commune": "11069"}
_HOLD = timedelta(minutes=10)
_DAYS = 28
_PARIS = ZoneInfo("Europe/Paris")
_MORNING = ("09:00", "09:30", "10:00", "10:30", "11:00")
_AFTERNOON = ("14:00", "14:30", "15:00")


class GalleryState(AgendaMixin, CaptchaMixin, FormMixin, rx.State):
    """What the samples show."""

    always_busy: bool = True
    presses: int = 0
    running_from: str = ""
    running_until: str = ""
    choices: list[Choice] = []
    trail: list[TrailItem] = []
    documents: list[str] = []
    card: AppointmentCard = AppointmentCard()
    chosen_canal: str = "1"
    facts: str = ""
    first_words: str = ""
    first_at: str = ""
    as_list: bool = False
    chosen_day: str = ""
    chosen_words: str = ""
    chosen_time: str = ""
    chosen_at: str = ""

    @rx.event
    async def load(self) -> None:
        """Fill in the samples, as empty at first as those of real pages."""
        self.errors, self.draft = dict(_ERRORS), dict(_DRAFT)
        now = clock.now()
        self.running_from, self.running_until = now.isoformat(), (now + _HOLD).isoformat()
        today = now.astimezone(_PARIS).date()
        days = sample_days(today)
        ahead = next(day.day for day in days if day.state == "open" and day.day > today)
        moment = datetime.combine(ahead, time(9, 30), _PARIS)
        self._show_blocks(moment)
        self._show_agenda(days, today, moment)
        if not self._captcha_id:
            await self._new_captcha()

    def _show_blocks(self, moment: datetime) -> None:
        self.choices = [
            Choice("Particulier", "Vous écrivez pour vous ou pour un proche", addresses.DEMO_COMPONENTS),
            Choice("Professionnel", "", addresses.DEMO_COMPONENTS),
            Choice("Un libellé long qui demande plusieurs lignes sur un téléphone", "", addresses.DEMO_COMPONENTS),
        ]
        self.trail = [TrailItem(label, addresses.DEMO_COMPONENTS) for label in ("Particulier", "Le calcul de l’impôt")]
        self.documents = ["Une pièce d’identité", "Votre dernier avis d’impôt"]
        self.card = AppointmentCard(
            words=wording.moment(moment),
            duration=wording.duration(30),
            channel="Sur place, au guichet",
            topic="Comprendre le montant de votre impôt",
            office="Service des impôts des particuliers de Carcassonne (démonstration)",
            place="12 rue des Essais, 11000 Carcassonne",
            office_phone="04 65 71 00 01",
            office_call="tel:+33465710001",
            reference="K7M-2PQ-X4R",
            name="Lila O’Connor-Ñuñez",
        )

    def _show_agenda(self, days: list[AgendaDay], today: date, moment: datetime) -> None:
        self._show_days(days, today)
        self.has_next = True
        self.title = wording.period(days[0].day, days[-1].day)
        self.facts = "Sur place, au guichet, Service de démonstration · 30 minutes"
        self.first_words = wording.short_moment(moment)
        self._choose(moment.date().isoformat())
        self.chosen_time = _MORNING[1]

    def _choose(self, day: str) -> None:
        self.chosen_day, self.chosen_words = day, wording.day(date.fromisoformat(day))
        self.morning, self.afternoon = list(_MORNING), list(_AFTERNOON)

    @rx.event
    async def choose_day(self, day: str) -> None:
        """Choose one of the sample days."""
        if not self.monday:
            return
        monday = date.fromisoformat(self.monday)
        if text(day, 10) in {(monday + timedelta(days=number)).isoformat() for number in range(_DAYS)}:
            self._choose(day)
            self.chosen_time = ""

    @rx.event
    async def choose_time(self, time: str, day: str = "") -> None:
        """Choose one of the sample times, which are those of every day."""
        self.chosen_time = time if text(time, 5) in (*_MORNING, *_AFTERNOON) else ""

    @rx.event
    async def toggle_list(self) -> None:
        """Show the days as a list, or as weeks again."""
        self.as_list = not self.as_list

    @rx.event
    async def toggle_captcha_error(self) -> None:
        """Show the CAPTCHA with its error, or without."""
        without = {name: error for name, error in self.errors.items() if name != "captcha"}
        self.errors = without if "captcha" in self.errors else {**without, "captcha": _CAPTCHA_ERROR}

    @rx.event
    async def press(self) -> None:
        """Count a press; nothing an event may do is smaller, which makes it the floor of `event_latency` (bench)."""
        self.presses += 1

    @rx.event
    async def nothing(self) -> None:
        """Stand in for what a real page would do."""

    @rx.event
    async def resume(self) -> None:
        """Stand in for going on with a journey."""

    @rx.event
    async def restart(self) -> None:
        """Stand in for beginning a journey again."""

    @rx.event
    async def leave(self) -> None:
        """Stand in for leaving a journey."""

    @rx.event
    async def previous(self) -> None:
        """Stand in for the weeks before."""

    @rx.event
    async def following(self) -> None:
        """Stand in for the next weeks."""

    @rx.event
    async def take_first(self) -> None:
        """Stand in for holding the first free time."""

    @rx.event
    async def keep(self, name: str, value: str) -> None:
        """Stand in for keeping what was typed."""

    @rx.event
    async def submit(self, data: dict[str, str]) -> None:
        """Stand in for a form's handler."""


def sample_days(today: date) -> list[AgendaDay]:
    """Return four weeks from the Monday of this day on, some to come with room; on Mondays none is past."""
    monday = today - timedelta(days=today.weekday())
    return [_day(monday + timedelta(days=number), today) for number in range(_DAYS)]


def _day(day: date, today: date) -> AgendaDay:
    state, count, reason = _sample(day, today)
    return AgendaDay(day, count, state, reason, ())


def _sample(day: date, today: date) -> tuple[DayState, int, str]:
    """Return a state of a day, each one somewhere in the four weeks, with its free times and its reason."""
    ahead = (day - today).days
    if ahead < 0:
        return "past", 0, "jour passé"
    if day.weekday() >= 5:
        return "closed", 0, f"fermé le {wording.weekday(day.weekday())}"
    if ahead > 18:
        return "beyond", 0, "pas encore ouvert à la réservation"
    if ahead % 5 == 3:
        return "full", 0, "complet"
    return "open", (1, 3, 12)[ahead % 3], ""
