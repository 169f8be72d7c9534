"""One whole booking over the bare websocket, as the browser's pages would make it."""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlmodel import col

from app.content import topics
from app.models import Appointment, CaptchaChallenge, OfficeKind
from app.services import database, visitors
from app.services.appointments import access
from tests.hostile.attacker import ROOT, Attacker, visit

JOURNEY = f"{ROOT}.app___state___journey____journey_state"
CONTACT = f"{ROOT}.app___state___contact____contact_state"
TOPIC = f"{JOURNEY}.app___state___topic____topic_state"
CHANNEL = f"{JOURNEY}.app___state___channel____channel_state"
SLOT = f"{JOURNEY}.app___state___slot____slot_state"
DETAILS = f"{JOURNEY}.app___state___details____details_state"
FOLLOW_UP = f"{ROOT}.app___state___follow_up____follow_up_state"
MAILBOX = f"{ROOT}.app___state___mailbox____mailbox_state"
OTHER_OFFICE = f"{JOURNEY}.app___state___office____other_office_state"

CONTACT_PAGE = "/contact?chemin=particulier/dossier/calcul/revenu"
SECRET_STREET = "3 ruelle des Victimes"
PERSON = {
    "civility": "madame",
    "last_name": "Delaproie-Zwy",
    "first_name": "Ombeline",
    "details": "Je demande un délai confidentiel.",
    "phone": "06 39 98 41 27",
    "second_phone": "",
    "email": "ombeline.delaproie@example.org",
    "tax_number": "",
}


@dataclass
class Victim:
    """Somebody who has booked: what nobody else may learn, and all that went over the wire."""

    cookie: str
    token: str
    public_id: str
    reference: str
    link: str
    captcha_answers: list[str]
    heard: list[str] = field(repr=False)
    more_secrets: list[str] = field(default_factory=list)

    def secrets(self) -> list[str]:
        """Return what must never reach anybody else."""
        personal = (PERSON["last_name"], PERSON["first_name"], PERSON["details"], PERSON["email"], SECRET_STREET)
        phone = ("639984127", PERSON["phone"])
        booked = (self.public_id, self.reference, self.link, self.cookie)
        return [*personal, *phone, *booked, *self.captcha_answers, *self.more_secrets]


async def book(url: str) -> Victim:
    """Book an appointment in Carcassonne and return who did."""
    cookie = visitors.new_token()
    async with visit(url, cookie=cookie) as person:
        await to_details(person, SECRET_STREET)
        await person.call(f"{DETAILS}.submit", {"data": {**PERSON, "captcha": captcha_answer(cookie)}})
        await person.settle()
        assert person.redirects[-1] == "/rendez-vous/confirmation", person.get("details_state", "errors")
        await person.go("/rendez-vous/confirmation")
        reference = person.get("confirmation_state", "card")["reference"]
        await person.go("/demo/courriels")
        await person.call(f"{MAILBOX}.open", {"mail_id": person.get("mailbox_state", "letters")[0]["id"]})
        await person.settle()
        link = person.get("mailbox_state", "link")
        await person.go(link)
        assert person.get("follow_up_state", "status") == "booked"
        answers = captcha_answers(cookie)
        public_id = access.public_id_of(link.rstrip("/").rpartition("/")[2])
        assert public_id
        return Victim(cookie, person.token, public_id, reference, link, answers, person.heard)


async def to_slot(person: Attacker, street: str = "1 rue du Pont") -> None:
    """Go as far as the agenda."""
    await person.go(CONTACT_PAGE)
    await person.call(f"{CONTACT}.search", {"data": {"voie": street, "code-postal": "11000", "commune": "11069"}})
    await person.settle()
    assert person.redirects[-1] == "/contact/service", person.get("contact_state", "errors")
    topic = next(each for each in topics.all_topics() if each.kind == OfficeKind.INDIVIDUALS and each.minutes == 30)
    await person.go(f"/rendez-vous/motif?choix={topic.path}")
    await person.call(f"{TOPIC}.choose")
    await person.settle()
    await person.go("/rendez-vous/modalite")
    await person.call(f"{CHANNEL}.choose", {"data": {"canal": person.get("channel_state", "options")[0]["value"]}})
    await person.settle()
    await person.go("/rendez-vous/creneau")


async def to_details(person: Attacker, street: str = "1 rue du Pont") -> None:
    """Go as far as the form of the person's details, a time held."""
    await to_slot(person, street)
    await person.call(f"{SLOT}.take_first")
    await person.settle()
    assert person.redirects[-1] == "/rendez-vous/informations", person.get("slot_state", "errors")
    await person.go("/rendez-vous/informations")


def captcha_answer(cookie: str) -> str:
    """Return the answer to the visitor's newest challenge, which only the database knows."""
    return captcha_answers(cookie)[-1]


def newest_captcha_answer() -> str:
    """Return the answer to the challenge made last, whosoever it is."""
    query = select(col(CaptchaChallenge.answer)).order_by(col(CaptchaChallenge.created_at).desc()).limit(1)
    with database.reading() as session:
        return session.execute(query).scalar_one()


def appointments() -> list[tuple[str, str, object]]:
    """Return every appointment: public id, status, time."""
    query = select(col(Appointment.public_id), col(Appointment.status), col(Appointment.starts_at))
    with database.reading() as session:
        return [(row[0], row[1], row[2]) for row in session.execute(query)]


def captcha_answers(cookie: str) -> list[str]:
    """Return the answers to all challenges of a visitor, the newest last."""
    key = visitors.key_of(f"{visitors.cookie_name()}={cookie}")
    query = (
        select(col(CaptchaChallenge.answer))
        .where(col(CaptchaChallenge.visitor_key) == key)
        .order_by(col(CaptchaChallenge.created_at))
    )
    with database.reading() as session:
        return list(session.execute(query).scalars())


async def is_answered(url: str, network: str) -> None:
    """Open a page as a person in this network; raise TimeoutError if an answer takes 30 seconds."""
    async with visit(url, network=network) as visitor:
        await visitor.go(CONTACT_PAGE)
        assert visitor.get("contact_state", "label")
