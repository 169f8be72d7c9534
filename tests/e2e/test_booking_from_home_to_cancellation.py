"""The portal's main job, from the home page to the last mail."""

import re
from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from app.content import wording
from app.models import Appointment, AppointmentStatus, Slot
from app.services import database
from tests.e2e import letters
from tests.e2e.conftest import Arrive
from tests.e2e.visitor import DESKTOP, OFFICE, PHONE, PHONE_SMALL, Identity, Visitor
from tests.smtp import MailServer

PARIS = ZoneInfo("Europe/Paris")


def appointments_of(email: str) -> list[Appointment]:
    with database.reading() as session:
        return list(session.exec(select(Appointment).where(Appointment.email == email)))


def seats_of(appointment: Appointment) -> int:
    with database.reading() as session:
        return len(session.exec(select(Slot.id).where(Slot.appointment_id == appointment.id)).all())


@pytest.mark.parametrize("screen", [PHONE_SMALL, PHONE, DESKTOP], ids=["320", "360", "1280"])
def test_a_person_books_by_touch_then_moves_and_cancels_from_the_mails(
    screen: dict[str, int], arrive: Arrive, post_office: MailServer
) -> None:
    is_phone = screen is not DESKTOP
    visitor = arrive(screen, has_touch=is_phone, is_mobile=is_phone)
    book_move_and_cancel(visitor, post_office, is_phone=is_phone)


def book_move_and_cancel(visitor: Visitor, post_office: MailServer, *, is_phone: bool) -> None:
    """Walk from the home page to the mail about the cancellation, comparing every place where a time stands."""
    who = Identity(
        email=f"lila.de.quatrebarbes-rosemonde.{uuid4().hex[:8]}@example.org", details="Je viens avec ma sœur."
    )

    visitor.go("/")
    if is_phone:
        open_contact_by_the_menu(visitor)
        visitor.link("Particulier").first.click()
        visitor.open_blocks(("Votre dossier fiscal (domicile en France)", "Le calcul de vos impôts"))
        visitor.open_blocks(("Votre impôt sur le revenu/prélèvements sociaux",))
    else:
        visitor.open_blocks()
    visitor.give_address("12 rue de Verdun", "11000", "Carcassonne (Aude)")
    visitor.button("Rechercher votre service").click()
    visitor.is_at(OFFICE, "Votre service")
    expect(
        visitor.page.get_by_role("heading", name="Service des impôts des particuliers de Carcassonne")
    ).to_be_visible()
    visitor.begin_booking()
    visitor.choose_topic()
    for video in visitor.page.get_by_role("radio", name=re.compile("visioconférence")).all():
        expect(video).to_have_accessible_name(re.compile("Vous devez vous rendre à cette adresse"))
    visitor.choose_channel()
    moment = visitor.choose_slot(day=1, time=-1)
    visitor.says(f"Nous gardons le {moment} pour vous")
    visitor.fill_in(who)
    visitor.confirm()

    reference, shown = visitor.fact("Référence"), visitor.fact("Date et heure")
    visitor.fits()
    [booked] = appointments_of(who.email)
    assert booked.reference == reference
    assert (booked.last_name, booked.first_name, booked.details) == (who.last_name, who.first_name, who.details)
    assert seats_of(booked) == 1
    assert shown == plain(wording.moment(booked.starts_at.astimezone(PARIS)))
    assert moment in shown.replace(f" {booked.starts_at.astimezone(PARIS).year}", "")

    mail = letters.wait_for(post_office, who.email, 1)
    for words in (shown, reference, "Carcassonne"):
        assert words in plain(mail.text)
        assert words in plain(mail.html)
    assert mail.starts_at == booked.starts_at
    assert booked.public_id in str(mail.event["uid"])
    check_calendar_file(visitor, booked.starts_at)

    # Opening the link changes nothing.
    visitor.page.goto(mail.link)
    visitor.is_at(mail.link.removeprefix(visitor.portal.url), "Votre rendez-vous")
    expect(visitor.button("Annuler")).to_be_visible()
    assert appointments_of(who.email)[0].status == AppointmentStatus.BOOKED

    visitor.button("Replanifier").click()
    visitor.is_at("/rendez-vous/replanifier/creneau", "Choisissez un créneau")
    visitor.says(f"Votre rendez-vous du {moment} reste valable")
    new_moment = f"{visitor.choose_day(-1)} à {visitor.choose_time(0)}"
    visitor.is_at("/rendez-vous/replanifier/verification", "Vérifiez le changement")
    assert visitor.fact("Rendez-vous actuel").startswith(shown)
    visitor.button("Confirmer le nouveau rendez-vous").click()
    visitor.is_at("/rendez-vous/replanifier/confirmation", "Votre rendez-vous est déplacé")
    assert visitor.fact("Référence") == reference
    # This portal has a mail server: nothing points to the demonstration's mailbox.
    visitor.has_loaded()
    expect(visitor.page.get_by_text("boîte de démonstration")).to_have_count(0)

    [moved] = appointments_of(who.email)
    assert moved.id == booked.id
    assert moved.starts_at != booked.starts_at
    assert seats_of(moved) == 1
    new_shown = visitor.fact("Date et heure")
    assert new_moment in new_shown.replace(f" {moved.starts_at.astimezone(PARIS).year}", "")
    mail = letters.wait_for(post_office, who.email, 2)
    assert new_shown in plain(mail.text)
    assert shown in plain(mail.text)
    assert mail.starts_at == moved.starts_at

    visitor.page.goto(mail.link)
    visitor.has_loaded()
    visitor.page.get_by_role("button", name="Annuler", exact=True).click()
    expect(visitor.page.get_by_role("heading", name="Annuler ce rendez-vous ?")).to_be_visible()
    visitor.button("Non, le garder").click()
    visitor.page.get_by_role("button", name="Annuler", exact=True).click()
    visitor.button("Oui, annuler").click()
    expect(visitor.page.get_by_text("Ce rendez-vous est annulé.")).to_be_visible()
    [cancelled] = appointments_of(who.email)
    assert cancelled.status == AppointmentStatus.CANCELLED
    assert seats_of(cancelled) == 0
    assert letters.wait_for(post_office, who.email, 3).calendar_method.upper() == "CANCEL"

    # The old link explains what became of the appointment.
    visitor.page.goto(mail.link)
    expect(visitor.page.get_by_text("Ce rendez-vous est annulé.")).to_be_visible()
    expect(visitor.button("Replanifier")).to_have_count(0)


def open_contact_by_the_menu(visitor: Visitor) -> None:
    menu = visitor.page.get_by_role("navigation", name="Menu principal")
    expect(menu).to_be_hidden()
    visitor.button("Menu").click()
    expect(menu.get_by_role("button", name="Fermer")).to_be_focused()
    visitor.page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    visitor.button("Menu").click()
    menu.get_by_role("link", name="Contact et rendez-vous").click()
    visitor.is_at("/contact", "Contact et rendez-vous")
    expect(menu).to_be_hidden()


def check_calendar_file(visitor: Visitor, starts_at: datetime) -> None:
    with visitor.page.expect_download() as download:
        visitor.link("Ajouter à mon agenda").click()
    letter = letters.Letter("", "", "", "", download.value.path().read_text(), "")
    assert letter.starts_at == starts_at


def plain(text: Any) -> str:
    """Return a text with ordinary blanks, as a screen shows it."""
    return re.sub(r"\s+", " ", str(text))
