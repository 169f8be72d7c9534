"""The whole journey from three more places on three screens: at the counter and called back, by touch on phones."""

import re
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, expect
from sqlmodel import select

from app.models import Appointment, AppointmentStatus, Channel
from app.services import database
from tests.e2e import letters
from tests.e2e.conftest import Arrive
from tests.e2e.visitor import DESKTOP, DETAILS, PHONE, PHONE_SMALL, UNDERSTAND_NOTICE, Identity, Visitor
from tests.smtp import MailServer

SCREENS = {"320": PHONE_SMALL, "360": PHONE, "1280": DESKTOP}
PLACES = {
    "Paris 16e": ("75016", "Paris", "Europe/Paris"),
    "Saint-Denis near Paris": ("93200", "Saint-Denis", "Europe/Paris"),
    "Saint-Denis in La Réunion": ("97400", "Saint-Denis", "Indian/Reunion"),
}
CALLED = {("320", "Paris 16e"), ("360", "Saint-Denis near Paris"), ("1280", "Saint-Denis in La Réunion")}


def tap(visitor: Visitor, target: Locator) -> None:
    """Touch the target on a phone, click it elsewhere."""
    size = visitor.page.viewport_size
    if size and size["width"] < DESKTOP["width"]:
        target.tap()
    else:
        target.click()


def tap_slot(visitor: Visitor, day: int, time: int) -> str:
    """Choose a day and a time by touch and go on; return their words."""
    target = visitor.open_days().nth(day)
    words = re.sub(r"\s+", " ", str(target.get_attribute("aria-label"))).partition(",")[0]
    tap(visitor, target)
    expect(visitor.page.get_by_role("heading", level=2, name=words)).to_be_in_viewport()
    expect(visitor.times().first).to_be_in_viewport()
    expect(visitor.page.locator(".chip[aria-pressed=true]")).to_have_count(0)
    chip = visitor.times().nth(time)
    hour = re.sub(r"\s+", " ", chip.inner_text())
    tap(visitor, chip)
    return f"{words} à {hour}"


def appointment_of(email: str) -> Appointment:
    with database.reading() as session:
        return session.exec(select(Appointment).where(Appointment.email == email)).one()


def hour_of(appointment: Appointment, zone: str) -> str:
    """Return the end of the sentence that says when: « à 9 h 30 », on the clock of the place."""
    local = appointment.starts_at.astimezone(ZoneInfo(zone))
    return f"à {local.hour} h" + (f" {local.minute:02}" if local.minute else "")


def plain(words: str) -> str:
    return re.sub(r"\s+", " ", words)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("screen", SCREENS)
def test_a_person_books_moves_and_cancels(screen: str, place: str, arrive: Arrive, post_office: MailServer) -> None:
    is_phone = screen != "1280"
    visitor = arrive(SCREENS[screen], has_touch=is_phone, is_mobile=is_phone)
    postal_code, city, zone = PLACES[place]
    is_called = (screen, place) in CALLED
    email = f"{postal_code}.{screen}@example.org"
    who = Identity(email=email, phone="0692 12 34 56" if zone != "Europe/Paris" else "06 39 98 12 34")

    visitor.find_office("1 rue de l’Exemple", postal_code)
    assert city in visitor.fact("Adresse")
    visitor.begin_booking()
    visitor.choose_topic()
    visitor.choose_channel("Par téléphone" if is_called else "Sur place, au guichet")
    visitor.fits()
    moment = tap_slot(visitor, 1, 0)
    visitor.is_at(DETAILS, "Vos informations")
    visitor.says(f"Nous gardons le {moment} pour vous")
    assert visitor.fact("Motif") == UNDERSTAND_NOTICE
    assert city in visitor.fact("Lieu") if not is_called else visitor.fact("Service")
    visitor.fill_in(who)
    visitor.fits()
    visitor.confirm()
    visitor.fits()

    booked = appointment_of(email)
    assert booked.channel == (Channel.PHONE if is_called else Channel.COUNTER)
    assert moment.endswith(hour_of(booked, zone))
    shown = visitor.fact("Date et heure")
    assert shown.endswith(hour_of(booked, zone))
    where = visitor.fact("Numéro appelé") if is_called else city
    assert where in visitor.fact("Numéro appelé" if is_called else "Adresse")
    mail = letters.wait_for(post_office, email, 1)
    for words in (shown, booked.reference, where):
        assert words in plain(mail.text)
    assert mail.starts_at == booked.starts_at

    visitor.page.goto(mail.link)
    tap(visitor, visitor.button("Replanifier"))
    visitor.is_at("/rendez-vous/replanifier/creneau", "Choisissez un créneau")
    tap_slot(visitor, -1, -1)
    visitor.is_at("/rendez-vous/replanifier/verification", "Vérifiez le changement")
    tap(visitor, visitor.button("Confirmer le nouveau rendez-vous"))
    visitor.is_at("/rendez-vous/replanifier/confirmation", "Votre rendez-vous est déplacé")
    moved = appointment_of(email)
    assert moved.starts_at != booked.starts_at
    assert visitor.fact("Date et heure").endswith(hour_of(moved, zone))
    second = letters.wait_for(post_office, email, 2)
    assert second.starts_at == moved.starts_at
    assert visitor.fact("Date et heure") in plain(second.text)

    # The first mail's link leads to what became of the appointment.
    visitor.page.goto(mail.link)
    visitor.is_at(mail.link.removeprefix(visitor.portal.url), "Votre rendez-vous")
    assert visitor.fact("Date et heure").endswith(hour_of(moved, zone))
    expect(visitor.page.get_by_role("listitem").filter(has_text="Déplacé")).to_be_visible()
    tap(visitor, visitor.page.get_by_role("button", name="Annuler", exact=True))
    tap(visitor, visitor.button("Oui, annuler"))
    visitor.says("Ce rendez-vous est annulé.")
    assert appointment_of(email).status == AppointmentStatus.CANCELLED
    assert letters.wait_for(post_office, email, 3).calendar_method.upper() == "CANCEL"
