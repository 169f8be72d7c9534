"""The personal space from end to end: create it, book by phone, move to a video appointment, cancel; each mail read."""

import re

import pytest
from playwright.sync_api import Locator, expect

from app.content import wording
from app.models import Channel
from app.services.accounts import accounts
from app.services.appointments import mine, places, records
from app.services.appointments.records import AppointmentView
from app.state.base import local
from tests.e2e import letters
from tests.e2e.conftest import Arrive
from tests.e2e.my_space import own_office
from tests.e2e.personal import CONTACTS, DONE, PEOPLE, SIGN_IN, Person, is_phone, spaces_of
from tests.e2e.visitor import CHANNEL, DESKTOP, DETAILS, PHONE, SLOT, TOPIC, UNDERSTAND_NOTICE, Visitor
from tests.smtp import MailServer

MOVING = "/rendez-vous/replanifier"
INCOME_TAX = ("Le calcul de vos impôts", "Votre impôt sur le revenu")
NUMBER = "06 39 98 77 66"


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["smartphone", "desktop"])
def test_a_person_creates_a_space_books_by_phone_moves_to_video_at_a_local_point_and_cancels(
    screen: dict[str, int], arrive: Arrive, post_office: MailServer
) -> None:
    visitor = arrive(screen, has_touch=is_phone(screen), is_mobile=is_phone(screen))
    # Carcassonne and Strasbourg: their offices always have local points with video.
    who = Person(visitor, PEOPLE[0] if is_phone(screen) else PEOPLE[4], f"parcours.{screen['width']}@example.org")
    office = own_office(who)
    point = next(point for point in places.of_office(office.id) if Channel.VIDEO in point.channels)

    who.create(post_office)
    assert visitor.page.url.rstrip("/").endswith(DONE)
    visitor.go(SIGN_IN)
    who.sign_in()
    visitor.is_at(CONTACTS, "Mes contacts")
    visitor.says(office.name)

    book_by_phone(who)
    booked = letters.wait_for(post_office, who.email, 2)
    view = found(visitor.fact("Référence"), who)
    assert (view.channel, view.place_id, view.tax_number) == (Channel.PHONE, None, who.identity.tax_number)
    tells(booked, view, "confirmé", "Par téléphone")

    move_to_video(who, view, point.name)
    moved = found(view.reference, who)
    assert (moved.channel, moved.place_id, moved.revision) == (Channel.VIDEO, point.id, 2)
    letter = letters.wait_for(post_office, who.email, 3)
    tells(letter, moved, "replanifié", "Par visioconférence")
    for words in (point.name, point.street, point.postal_code):
        assert words in letter.text
    assert when(view) in blanks(letter.text), "the old time is told too"
    assert letter.event.get("UID") == booked.event.get("UID")

    cancel(visitor, moved)
    letter = letters.wait_for(post_office, who.email, 4)
    assert "annulé" in letter.subject
    assert letter.calendar_method == "CANCEL"
    assert letter.event.get("UID") == booked.event.get("UID")
    gone = records.get(view.public_id)
    assert gone is not None
    assert not gone.is_booked


def book_by_phone(who: Person) -> None:
    visitor = who.visitor
    visitor.button("Prendre rendez-vous").click()
    visitor.is_at(TOPIC, "Précisez votre motif")
    visitor.choose_topic(*INCOME_TAX, UNDERSTAND_NOTICE)
    visitor.is_at(CHANNEL, "Choisissez comment être reçu")
    visitor.choose_channel("Par téléphone")
    visitor.is_at(SLOT, "Choisissez un créneau")
    visitor.choose_slot()
    visitor.is_at(DETAILS, "Vos informations")
    for label, known in (("Nom", who.identity.last_name), ("Prénom", who.identity.first_name)):
        expect(visitor.field(label)).to_have_value(known)
    expect(visitor.field("Adresse électronique")).to_have_value(who.email)
    expect(visitor.page.get_by_role("img", name="Image à recopier")).to_have_count(0)
    number = visitor.page.locator("#phone")
    number.fill(NUMBER)
    visitor.confirm()


def move_to_video(who: Person, view: AppointmentView, place: str) -> None:
    visitor = who.visitor
    visitor.go(CONTACTS)
    visitor.has_loaded()
    expect(next_one(visitor)).to_contain_text(when(view))
    visitor.page.get_by_role("button", name="Replanifier", exact=True).click()
    visitor.is_at(f"{MOVING}/creneau", "Choisissez un créneau")
    visitor.link("Étape précédente").click()
    visitor.is_at(f"{MOVING}/modalite", re.compile("Choisissez comment être reçu"))
    visitor.page.get_by_role("radio", name=re.compile(f"Par visioconférence.*{re.escape(place)}")).check()
    visitor.button("Rechercher un créneau disponible").click()
    visitor.is_at(f"{MOVING}/creneau", "Choisissez un créneau")
    visitor.says("reste valable tant que vous n’avez pas confirmé")
    visitor.choose_day(0)
    visitor.choose_time(-1)
    visitor.is_at(f"{MOVING}/verification", "Vérifiez le changement")
    visitor.says(place)
    visitor.button("Confirmer le nouveau rendez-vous").click()
    visitor.is_at(f"{MOVING}/confirmation", "Votre rendez-vous est déplacé")
    visitor.says(place)


def cancel(visitor: Visitor, view: AppointmentView) -> None:
    visitor.go(CONTACTS)
    visitor.has_loaded()
    expect(next_one(visitor)).to_contain_text(when(view))
    visitor.page.get_by_text("Historique et courriels").first.click()
    for words in ("Réservé le", "Déplacé le", "Confirmation", "Nouvelle date"):
        expect(next_one(visitor)).to_contain_text(words)
    visitor.page.get_by_role("button", name="Annuler", exact=True).click()
    visitor.button("Oui, annuler").click()
    visitor.says(f"Le rendez-vous du {when(view)} est annulé.")
    visitor.says("Vous n’avez pas de rendez-vous à venir.")


def tells(letter: letters.Letter, view: AppointmentView, subject: str, channel: str) -> None:
    assert subject in letter.subject
    for words in (when(view), view.reference, channel):
        assert words in blanks(letter.text)
    assert letter.starts_at == view.starts_at
    assert letter.link in letter.html


def found(reference: str, who: Person) -> AppointmentView:
    account = accounts.get(spaces_of(who.identity)[0].id or 0)
    assert account is not None
    return next(view for view in mine.upcoming(account) if view.reference == reference)


def next_one(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("region", name="Votre prochain rendez-vous")


def when(view: AppointmentView) -> str:
    """Return « mardi 24 novembre 2026 à 9 h 30 » with blanks that break."""
    return blanks(wording.moment(local(view.starts_at, view.timezone)))


def blanks(text: str) -> str:
    return re.sub(r"\s+", " ", text)
