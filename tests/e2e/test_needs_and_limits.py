"""Booking for somebody else with particular needs; how many appointments one may have, and what the mail asks then."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlmodel import col, select, update

from app import addresses, clock
from app.models import Appointment, AppointmentStatus, Channel, Need, OutboxMail, Slot, SpaceKind
from app.services import database, demo_taxpayers
from app.services.accounts import sessions
from app.services.appointments import access, availability, records
from app.services.appointments.limits import PER_ACCOUNT, UNASKED_PER_ADDRESS
from app.services.appointments.steps import BOOKING
from app.state.on_device import NAME
from tests.accounts import make_account
from tests.e2e import letters
from tests.e2e.axe import Sweep
from tests.e2e.conftest import Arrive
from tests.e2e.portal import Portal, run_command
from tests.e2e.test_one_seat import TOPIC_ID, book, held_by, is_kept, until
from tests.e2e.visitor import CONFIRMATION, DESKTOP, DETAILS, OFFICE, PHONE, PHONE_SMALL, Identity, Visitor
from tests.smtp import MailServer

Begin = Callable[[Page], Sweep]
SCREENS = pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["360", "1280"])
OPEN_IT = "Ouvrez ce courriel dans les 30 minutes : vous vérifiez ainsi que l’adresse est la bonne."
CONFIRM_TITLE = "Confirmez votre rendez-vous"
TAX_NUMBERS = [identity.tax_number for identity in demo_taxpayers.identities()]


def appointment_of(email: str) -> Appointment:
    """Return the appointment made last on an address."""
    with database.reading() as session:
        query = select(Appointment).where(Appointment.email == email).order_by(col(Appointment.id).desc())
        return session.exec(query).first()  # type: ignore[return-value]


def are_noted(visitor: Visitor, email: str, count: int) -> None:
    """Wait until the portal has noted that it sent these mails, which is after they arrive."""

    def so() -> bool:
        with database.reading() as session:
            sent = session.exec(select(OutboxMail).where(col(OutboxMail.sent_at).is_not(None))).all()
        # A test that runs while it becomes nine o'clock may get a reminder too.
        return len([mail for mail in sent if mail.recipient == email and mail.kind != "reminder"]) == count

    until(visitor.page, so)


def box(visitor: Visitor, label: str) -> Locator:
    return visitor.page.get_by_role("checkbox", name=label)


def holding(screen: dict[str, int]) -> dict[str, bool]:
    return {"has_touch": screen is not DESKTOP, "is_mobile": screen is not DESKTOP}


# One name only


def test_who_has_one_name_only_books_under_it(arrive: Arrive, post_office: MailServer) -> None:
    visitor = arrive(PHONE, **holding(PHONE))
    who = Identity(last_name="Sukarno", email="un.nom@example.org")
    visitor.reach(DETAILS)
    visitor.fill_in(who)
    box(visitor, "Je n’ai pas de prénom").check()
    expect(visitor.field("Prénom")).to_be_hidden()
    visitor.page.reload()
    visitor.has_loaded()
    expect(box(visitor, "Je n’ai pas de prénom")).to_be_checked()
    expect(visitor.field("Prénom")).to_be_hidden()
    box(visitor, "Je n’ai pas de prénom").uncheck()
    expect(visitor.field("Prénom")).to_have_value(who.first_name)
    box(visitor, "Je n’ai pas de prénom").check()
    visitor.copy_captcha()
    visitor.confirm()
    assert (appointment_of(who.email).last_name, appointment_of(who.email).first_name) == ("Sukarno", "")
    assert letters.wait_for(post_office, who.email, 1).text.startswith("Bonjour Sukarno,")


# For somebody else, with needs


@SCREENS
def test_a_person_books_for_somebody_else_who_has_particular_needs(
    screen: dict[str, int], arrive: Arrive, post_office: MailServer
) -> None:
    visitor = arrive(screen, **holding(screen))
    who = Identity(email=f"pour.autrui.{screen['width']}@example.org", phone="")
    visitor.reach(DETAILS)
    expect(visitor.field("Nom de la personne reçue")).to_be_hidden()
    box(visitor, "quelqu’un d’autre").check()
    visitor.field("Nom de la personne reçue").fill("Ñuñez")
    visitor.field("Prénom de la personne reçue").fill("Anselme")
    for need in ("fauteuil roulant", "pas de téléphone", "m’accompagnera"):
        box(visitor, need).check()
    visitor.fill_in(who)
    # The boxes were ticked before: what a tab does is done in its order.
    is_kept(visitor, BOOKING, email=who.email)

    # A reload loses nothing, and what the box hides comes back with it.
    visitor.page.reload()
    visitor.has_loaded()
    expect(visitor.field("Nom de la personne reçue")).to_have_value("Ñuñez")
    expect(box(visitor, "pas de téléphone")).to_be_checked()
    expect(box(visitor, "langue des signes")).not_to_be_checked()
    box(visitor, "quelqu’un d’autre").uncheck()
    expect(visitor.field("Nom de la personne reçue")).to_be_hidden()
    box(visitor, "quelqu’un d’autre").check()
    expect(visitor.field("Prénom de la personne reçue")).to_have_value("Anselme")

    visitor.copy_captcha()
    visitor.confirm()
    needs = "Fauteuil roulant, pas de téléphone, personne accompagnante"
    told = {"Personne reçue": "Anselme Ñuñez", "Pris par": f"{who.first_name} {who.last_name}"}
    assert {term: visitor.fact(term) for term in told} == told
    assert visitor.fact("Besoins particuliers") == needs
    booked = appointment_of(who.email)
    assert Need(booked.needs) == Need.WHEELCHAIR | Need.NO_PHONE | Need.COMPANION
    assert (booked.phone, booked.other_first_name) == ("", "Anselme")

    mail = letters.wait_for(post_office, who.email, 1)
    are_noted(visitor, who.email, 1)
    for words in ("Anselme Ñuñez", "fauteuil roulant", "pas de téléphone", "personne accompagnante"):
        assert words.casefold() in plain(mail.text).casefold()
        assert words.casefold() in plain(mail.html).casefold()
    visitor.page.goto(mail.link)
    visitor.has_loaded()
    assert visitor.fact("Besoins particuliers") == needs
    assert visitor.fact("Personne reçue") == "Anselme Ñuñez"
    expect(visitor.page.get_by_role("listitem").filter(has_text="envoyé le")).to_be_visible()


def test_names_behind_a_box_that_is_not_ticked_are_not_used(visitor: Visitor) -> None:
    who = Identity(email="pour.soi@example.org")
    visitor.reach(DETAILS)
    box(visitor, "quelqu’un d’autre").check()
    visitor.field("Nom de la personne reçue").fill("Oubliée")
    box(visitor, "quelqu’un d’autre").uncheck()
    visitor.fill_in(who)
    visitor.confirm()
    assert visitor.fact("Pour") == f"{who.first_name} {who.last_name}"
    assert appointment_of(who.email).other_last_name == ""


def test_the_keyboard_opens_the_names_of_somebody_else_and_finds_them_next(visitor: Visitor) -> None:
    visitor.walk_to(DETAILS)
    keys = visitor.page.keyboard
    expect(visitor.title).to_be_focused()
    box(visitor, "quelqu’un d’autre").focus()
    keys.press("Tab")
    expect(visitor.field("Précisions pour préparer le rendez-vous")).to_be_focused()
    keys.press("Shift+Tab")
    keys.press("Space")
    keys.press("Tab")
    expect(visitor.field("Nom de la personne reçue")).to_be_focused()
    keys.press("Tab")
    expect(visitor.field("Prénom de la personne reçue")).to_be_focused()
    visitor.press_confirm()
    expect(visitor.summary).to_contain_text("Indiquez le nom de la personne reçue.")
    expect(visitor.field("Nom de la personne reçue")).to_have_attribute("aria-invalid", "true")
    group = visitor.page.get_by_role("group", name="Besoins particuliers")
    expect(group).to_have_accessible_description(re.compile("le service s’y prépare"))
    expect(group.get_by_role("checkbox")).to_have_count(4)


def test_without_a_phone_nobody_can_be_called(visitor: Visitor) -> None:
    visitor.reach(DETAILS, "Par téléphone")
    box(visitor, "pas de téléphone").check()
    visitor.fill_in(Identity(email="sans.telephone@example.org", phone=""))
    visitor.press_confirm()
    expect(visitor.summary).to_contain_text("vous avez signalé ne pas avoir de téléphone")


# On this device


def test_what_the_device_keeps_follows_the_appointment_and_goes_with_it(visitor: Visitor) -> None:
    visitor.book(Identity(email="appareil@example.org"))
    visitor.button("Garder ce rendez-vous sur cet appareil").click()
    expect(visitor.button("Effacer de cet appareil")).to_be_visible()
    visitor.link("dès maintenant").click()
    link = f"/rendez-vous/suivi/{access.manage_token(appointment_of('appareil@example.org').public_id)}"
    visitor.is_at(link, "Votre rendez-vous")
    first = kept_on(visitor)["words"]
    move(visitor)
    expect(visitor.button("Effacer de cet appareil")).to_be_visible()
    until(visitor.page, lambda: plain(kept_on(visitor)["words"]) == visitor.fact("Date et heure"))
    assert plain(kept_on(visitor)["words"]) != plain(first)

    visitor.go(link)
    visitor.has_loaded()
    visitor.page.get_by_role("button", name="Annuler", exact=True).click()
    expect(visitor.page.get_by_role("heading", name="Annuler ce rendez-vous ?")).to_be_focused()
    visitor.button("Oui, annuler").click()
    visitor.says("Ce rendez-vous est annulé.")
    expect(visitor.button("Effacer de cet appareil")).to_have_count(0)
    until(visitor.page, lambda: kept_on(visitor) == {})


def test_whoever_erases_and_leaves_leaves_nothing_on_the_device(visitor: Visitor) -> None:
    visitor.book(Identity(email="appareil.partage@example.org"))
    visitor.button("Garder ce rendez-vous sur cet appareil").click()
    expect(visitor.button("Effacer de cet appareil")).to_be_visible()
    assert kept_on(visitor)
    visitor.button("Effacer et quitter").click()
    visitor.is_at("/", re.compile("Vos démarches"))
    assert kept_on(visitor) == {}


def kept_on(visitor: Visitor) -> dict[str, str]:
    found: dict[str, str] = json.loads(visitor.page.evaluate(f"() => localStorage.getItem('{NAME}')") or "{}")
    return found


def move(visitor: Visitor) -> None:
    """Move the appointment of the page to the last day shown."""
    visitor.button("Replanifier").click()
    visitor.is_at("/rendez-vous/replanifier/creneau", "Choisissez un créneau")
    visitor.choose_day(-1)
    visitor.choose_time(0)
    visitor.is_at("/rendez-vous/replanifier/verification", "Vérifiez le changement")
    visitor.button("Confirmer le nouveau rendez-vous").click()
    visitor.is_at("/rendez-vous/replanifier/confirmation", "Votre rendez-vous est déplacé")


# To a local point


@SCREENS
def test_a_person_moves_to_a_video_appointment_and_is_told_to_go_there(
    screen: dict[str, int], arrive: Arrive, sweep: Begin, post_office: MailServer
) -> None:
    visitor = arrive(screen, **holding(screen))
    email = f"visio.{screen['width']}@example.org"
    visitor.book(Identity(email=email))
    eyes = sweep(visitor.page)
    visitor.link("dès maintenant").click()
    visitor.button("Replanifier").click()
    visitor.is_at("/rendez-vous/replanifier/creneau", "Choisissez un créneau")
    visitor.go("/rendez-vous/replanifier/modalite")
    visitor.has_loaded()
    visitor.page.get_by_role("radio", name=re.compile("visioconférence")).first.check()
    visitor.button("Rechercher un créneau disponible").click()
    visitor.is_at("/rendez-vous/replanifier/creneau", "Choisissez un créneau")
    visitor.choose_day(0)
    visitor.choose_time(-1)
    visitor.is_at("/rendez-vous/replanifier/verification", "Vérifiez le changement")
    assert "Sur place, au guichet" in visitor.fact("Rendez-vous actuel")
    assert "Vous vous rendez sur place" in visitor.fact("Nouveau rendez-vous")
    eyes.look(f"check, to a video appointment, {screen['width']}")
    visitor.button("Confirmer le nouveau rendez-vous").click()
    visitor.is_at("/rendez-vous/replanifier/confirmation", "Votre rendez-vous est déplacé")
    place = visitor.fact("Adresse")
    assert "Vous vous rendez sur place" in place
    assert visitor.fact("Service").startswith("Service des impôts des particuliers de Carcassonne")
    eyes.look(f"moved to a video appointment, {screen['width']}")
    mail = letters.wait_for(post_office, email, 2)
    are_noted(visitor, email, 2)
    visitor.page.goto(mail.link)
    visitor.has_loaded()
    assert visitor.fact("Adresse") == place
    expect(visitor.page.get_by_role("listitem").filter(has_text="envoyé le")).to_have_count(2)
    eyes.look(f"follow-up of a video appointment, {screen['width']}")


# Without an account: the mail asks


@SCREENS
def test_the_fourth_appointment_on_an_address_is_confirmed_from_its_mail(
    screen: dict[str, int], arrive: Arrive, sweep: Begin, post_office: MailServer
) -> None:
    visitor = arrive(screen, **holding(screen))
    email = f"quatre.{screen['width']}@example.org"
    path = asked_to_confirm(visitor, email, post_office)
    # The page tells whoever booked no more than everybody else.
    visitor.says(OPEN_IT)
    eyes = sweep(visitor.page)
    eyes.look("confirmation")

    visitor.go(path)
    visitor.is_at(path, CONFIRM_TITLE)
    assert visitor.fact("Référence")
    eyes.look("confirm from the mail, waiting")
    visitor.page.reload()
    visitor.is_at(path, CONFIRM_TITLE)
    assert appointment_of(email).confirm_until is not None, "opening changes nothing"

    visitor.button("Confirmer ce rendez-vous").click()
    visitor.is_at(path, "Votre rendez-vous est confirmé")
    expect(visitor.title).to_be_focused()
    assert appointment_of(email).confirm_until is None
    eyes.look("confirm from the mail, confirmed")
    mail = letters.wait_for(post_office, email, UNASKED_PER_ADDRESS + 2)
    are_noted(visitor, email, UNASKED_PER_ADDRESS + 2)
    assert mail.starts_at == appointment_of(email).starts_at
    visitor.page.reload()
    visitor.is_at(path, "Votre rendez-vous est confirmé")
    visitor.link("Déplacer ou annuler").click()
    visitor.is_at(mail.link.removeprefix(visitor.portal.url), "Votre rendez-vous")
    # Nor does the list of mails tell that there was something to confirm.
    expect(visitor.page.get_by_role("listitem").filter(has_text="envoyé le")).to_have_count(1)
    visitor.page.get_by_role("button", name="Annuler", exact=True).click()
    visitor.button("Oui, annuler").click()
    visitor.says("Ce rendez-vous est annulé.")
    visitor.go(path)
    visitor.has_loaded()
    visitor.says("Ce rendez-vous est annulé.")
    eyes.look("confirm from the mail, cancelled")
    with database.writing() as session:
        mine = update(Appointment).where(col(Appointment.id) == appointment_of(email).id)
        session.exec(mine.values(status="booked", starts_at=clock.now() - timedelta(days=2)))
    visitor.page.reload()
    visitor.has_loaded()
    visitor.says("Ce rendez-vous est passé.")
    eyes.look("confirm from the mail, past")
    visitor.go(f"{addresses.CONFIRM}/abcdef-abcdefghijklmnop")
    visitor.has_loaded()
    visitor.says("Ce lien ne mène pas à un rendez-vous")
    eyes.look("confirm from the mail, unknown link")


def test_an_appointment_nobody_confirms_is_free_again_after_half_an_hour(
    visitor: Visitor, portal: Portal, sweep: Begin, post_office: MailServer
) -> None:
    email = "personne.ne.confirme@example.org"
    path = asked_to_confirm(visitor, email, post_office)
    booked = appointment_of(email)
    assert booked.confirm_until is not None
    assert timedelta(minutes=29) < booked.confirm_until - booked.created_at <= timedelta(minutes=30)
    visitor.go(path)
    visitor.is_at(path, CONFIRM_TITLE)
    with database.writing() as session:
        mine = update(Appointment).where(col(Appointment.id) == booked.id)
        session.exec(mine.values(confirm_until=clock.now() - timedelta(seconds=1)))

    # Too late by a second: the page that is still open says so.
    visitor.button("Confirmer ce rendez-vous").click()
    visitor.says("Ce rendez-vous n’a pas été confirmé à temps.")
    sweep(visitor.page).look("confirm from the mail, lapsed")
    run_command("job", portal.environment(), "unconfirmed")
    assert appointment_of(email).status == AppointmentStatus.CANCELLED
    with database.reading() as session:
        assert session.exec(select(Slot.id).where(Slot.appointment_id == booked.id)).all() == []
    letters.wait_for(post_office, email, UNASKED_PER_ADDRESS + 2)
    visitor.page.reload()
    visitor.has_loaded()
    visitor.says("Ce rendez-vous n’a pas été confirmé à temps.")
    visitor.go(f"/rendez-vous/suivi/{access.manage_token(booked.public_id)}")
    visitor.has_loaded()
    visitor.says("Ce rendez-vous est annulé.")


def asked_to_confirm(visitor: Visitor, email: str, post_office: MailServer) -> str:
    """Book a fourth appointment on an address; return the path of the page its mail asks to confirm on."""
    visitor.reach(DETAILS)
    book_some(visitor, email, UNASKED_PER_ADDRESS)
    visitor.fill_in(Identity(email=email))
    visitor.confirm()
    mail = letters.wait_for(post_office, email, UNASKED_PER_ADDRESS + 1)
    found = re.search(rf"https?://[^/\s]+({addresses.CONFIRM}/[\w-]+)", mail.text)
    assert found, mail.text
    assert found[0] in mail.html
    assert mail.calendar == "", "what may go again is not put into an agenda"
    return found[1]


def book_some(visitor: Visitor, email: str, count: int) -> None:
    """Book the last free times of the office where this person holds one."""
    for starts_at in free_times(visitor, count):
        book(held_by(visitor).office_id, starts_at, email)


def free_times(visitor: Visitor, count: int) -> list[datetime]:
    """Return free times at the counter of that office, each on another day, the last ones first."""
    hold = held_by(visitor)
    first = hold.starts_at.date() + timedelta(days=2)
    days = availability.free_times(
        hold.office_id, Channel.COUNTER, records.minutes_of(TOPIC_ID), first, first + timedelta(days=60)
    )
    return [day.times[-1] for day in days[-count:]]


# In the personal space


@SCREENS
def test_in_the_space_the_form_is_filled_in_and_asks_for_no_characters(
    screen: dict[str, int], arrive: Arrive, sweep: Begin, post_office: MailServer
) -> None:
    visitor = arrive(screen, **holding(screen))
    number = TAX_NUMBERS[0] if screen is DESKTOP else TAX_NUMBERS[1]
    email = f"espace.{screen['width']}@example.org"
    account = sign_in(visitor, email, number, needs=int(Need.SIGN_LANGUAGE))
    visitor.reach(DETAILS)
    expect(visitor.field("Nom")).to_have_value("Martin")
    expect(visitor.field("Adresse électronique")).to_have_value(email)
    expect(visitor.page.get_by_role("radio", name="Madame")).to_be_checked()
    expect(box(visitor, "langue des signes")).to_be_checked()
    expect(visitor.page.get_by_role("img", name="Image à recopier")).to_have_count(0)
    visitor.says(number)
    sweep(visitor.page).look(f"details in the space, {screen['width']}")

    # What is typed in this journey wins, emptied fields too.
    visitor.field("Prénom").fill("Camille-Zoé")
    box(visitor, "langue des signes").uncheck()
    visitor.field("Téléphone").fill("06 39 98 77 66")
    visitor.field("Téléphone").blur()
    is_kept(visitor, BOOKING, phone="06 39 98 77 66")
    visitor.page.reload()
    visitor.has_loaded()
    expect(visitor.field("Prénom")).to_have_value("Camille-Zoé")
    expect(box(visitor, "langue des signes")).not_to_be_checked()
    expect(visitor.field("Nom")).to_have_value("Martin")
    visitor.confirm()
    expect(visitor.page.get_by_text("Ouvrez ce courriel")).to_have_count(0)
    booked = appointment_of(email)
    assert (booked.account_id, booked.tax_number, booked.first_name) == (account, number, "Camille-Zoé")
    assert booked.civility == "madame"
    letters.wait_for(post_office, email, 1)


def test_a_second_appointment_for_the_same_reason_is_a_choice(visitor: Visitor, sweep: Begin) -> None:
    email = "doublon@example.org"
    account = sign_in(visitor, email, TAX_NUMBERS[2], phone="+33639981111")
    visitor.reach(DETAILS)
    [starts_at] = free_times(visitor, 1)
    first = book(held_by(visitor).office_id, starts_at, email)
    own(first.public_id, account)
    visitor.field("Précisions pour préparer le rendez-vous").fill("Avec mes deux avis.")
    visitor.press_confirm()
    question = visitor.page.locator("#arret")
    expect(question).to_contain_text("Vous avez déjà un rendez-vous pour ce motif")
    expect(question).to_contain_text(first.reference)
    expect(question).to_be_focused()
    expect(visitor.link("Garder celui-ci")).to_have_attribute("href", re.compile(addresses.PERSONAL_SPACE))
    sweep(visitor.page).look("details, an appointment like this one")
    visitor.button("Prendre aussi ce rendez-vous").click()
    visitor.is_at(CONFIRMATION, "Votre rendez-vous est enregistré")
    booked = appointment_of(email)
    assert booked.public_id != first.public_id
    assert booked.details == "Avec mes deux avis."


def test_one_appointment_too_many_loses_nothing(visitor: Visitor, sweep: Begin) -> None:
    email = "limite@example.org"
    account = sign_in(visitor, email, TAX_NUMBERS[3], phone="+33639981111")
    visitor.reach(DETAILS)
    for starts_at in free_times(visitor, PER_ACCOUNT):
        own(book(held_by(visitor).office_id, starts_at, email).public_id, account)
    visitor.field("Précisions pour préparer le rendez-vous").fill("Avec mes deux avis.")
    visitor.press_confirm()
    expect(visitor.page.locator("#arret")).to_contain_text("Vous avez déjà trois rendez-vous à venir")
    expect(visitor.link("Voir « Mes contacts »")).to_be_visible()
    expect(visitor.field("Précisions pour préparer le rendez-vous")).to_have_value("Avec mes deux avis.")
    sweep(visitor.page).look("details, too many appointments")
    # It is told where the way to another appointment begins, before anything is chosen.
    for page, title in ((OFFICE, "Votre service"), (addresses.PERSONAL_SPACE, "Mes contacts")):
        visitor.go(page)
        visitor.is_at(page, title)
        visitor.says("C’est le nombre permis par espace")
        for again in (visitor.button("Prendre rendez-vous"), visitor.link("Prendre rendez-vous")):
            expect(again).to_have_count(0)
        sweep(visitor.page).look(f"{title}, too many appointments")


def test_whose_session_ends_meanwhile_goes_on_without_it(visitor: Visitor, sweep: Begin) -> None:
    email = "fin.de.session@example.org"
    account = sign_in(visitor, email, TAX_NUMBERS[4], phone="+33639981111")
    visitor.reach(DETAILS)
    visitor.field("Précisions pour préparer le rendez-vous").fill("Avec mes deux avis.")
    sessions.end_all(account)
    visitor.press_confirm()
    expect(visitor.summary).to_contain_text("Votre session est terminée")
    sweep(visitor.page).look("details, the session has ended")
    visitor.copy_captcha()
    visitor.confirm()
    booked = appointment_of(email)
    assert (booked.account_id, booked.details) == (None, "Avec mes deux avis.")


def sign_in(visitor: Visitor, email: str, tax_number: str, **more: Any) -> int:
    """Open a session of a new personal space in this browser; return the account."""
    account = make_account(email, kind=SpaceKind.PERSONAL, tax_number=tax_number, civility="madame", **more)
    with database.writing() as session:
        token = sessions.open(session, account, "Chromium")
    visitor.context.add_cookies(
        [{"name": sessions.cookie_name(SpaceKind.PERSONAL), "value": token, "url": visitor.address, "httpOnly": True}]
    )
    return account


def own(public_id: str, account: int) -> None:
    """Make an appointment one that was taken in this space."""
    with database.writing() as session:
        mine = update(Appointment).where(col(Appointment.public_id) == public_id)
        session.exec(mine.values(account_id=account, topic_id=TOPIC_ID))


# Every state


def test_the_states_of_the_form_at_every_width(arrive: Arrive, sweep: Begin) -> None:
    visitor = arrive(PHONE_SMALL)
    visitor.reach(DETAILS)
    eyes = sweep(visitor.page)
    box(visitor, "quelqu’un d’autre").check()
    eyes.look("details, for somebody else")
    visitor.press_confirm()
    expect(visitor.summary).to_be_focused()
    eyes.look("details, errors, for somebody else")


def plain(text: str) -> str:
    """Return a text with ordinary blanks, as a screen shows it."""
    return re.sub(r"\s+", " ", text)
