"""Waiting for a time to come free: joining, the offer of a mail, taking it, letting it go, leaving."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, insert, update
from sqlmodel import col, select

from app import clock
from app.models import Absence, Agent, Appointment, Office, WaitingEntry, WaitingOffer, WaitingStatus
from app.services import database
from app.services.appointments import schedule, waiting_list
from app.services.appointments.steps import BOOKING
from tests.e2e import letters
from tests.e2e.axe import Sweep
from tests.e2e.conftest import Arrive
from tests.e2e.letters import Letter
from tests.e2e.test_by_keyboard_and_by_phone import Keyboard
from tests.e2e.test_one_seat import is_kept
from tests.e2e.visitor import CHANNEL, DESKTOP, DETAILS, PHONE, PHONE_SMALL, SLOT, Identity, Visitor
from tests.smtp import MailServer

WAITING, OFFER = "/rendez-vous/liste-d-attente", "/rendez-vous/creneau-propose"
JOIN, JOINED = "Être prévenu si un créneau se libère", "Votre demande est enregistrée"
OFFERED, STANDING = "Un créneau vous est proposé", "Votre place sur la liste d’attente"
FULL = "particuliers-232"
SCREENS = pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "smartphone"])


def full_office() -> int:
    with database.reading() as session:
        return session.exec(select(Office).where(Office.code == FULL)).one().id or 0


@contextmanager
def agents_back() -> Iterator[None]:
    """Let the agents of Guéret come back from their long absence: times come free, until the end of the block."""
    office = full_office()
    agents = select(col(Agent.id)).where(col(Agent.office_id) == office)
    with database.writing() as session:
        query = select(Absence).where(col(Absence.agent_id).in_(agents))
        away = [each.model_dump(exclude={"id"}) for each in session.exec(query)]
        session.execute(delete(Absence).where(col(Absence.agent_id).in_(agents)))
    schedule.replan(office)
    waiting_list.run()
    try:
        yield
    finally:
        with database.writing() as session:
            session.execute(insert(Absence), away)
        schedule.replan(office)


def address_in(letter: Letter, path: str) -> str:
    found = re.search(rf"https?://\S+{path}/[\w-]+", letter.text)
    assert found, letter.text
    return found[0]


def reach_form(visitor: Visitor) -> None:
    """Go to the form from the agenda of the office without free times."""
    # A time that was offered to somebody else and let go may be free.
    schedule.replan(full_office())
    visitor.find_office("1 rue de l’Exemple", "23000", "Guéret (Creuse)")
    visitor.begin_booking()
    visitor.choose_topic()
    visitor.choose_channel()
    visitor.link("Être prévenu si un créneau se libère").click()
    visitor.is_at(WAITING, JOIN)
    expect(visitor.field("Adresse électronique")).to_be_visible()


def join(visitor: Visitor, email: str, post_office: MailServer) -> Letter:
    """Ask to be told at this address; return the mail that says so."""
    visitor.field("Adresse électronique").fill(email)
    visitor.copy_captcha()
    visitor.button("M’inscrire sur la liste d’attente").click()
    expect(visitor.page.get_by_role("heading", name=JOINED)).to_be_focused()
    visitor.says(email)
    return letters.wait_for(post_office, email, 1)


def an_offer(visitor: Visitor, email: str, post_office: MailServer) -> str:
    """Join, let times come free, and return the address of the page that the offer's mail leads to."""
    reach_form(visitor)
    join(visitor, email, post_office)
    with agents_back():
        letter = letters.wait_for(post_office, email, 2)
    assert letter.subject.startswith("Un créneau se libère")
    return address_in(letter, OFFER)


def entry_of(email: str) -> WaitingEntry:
    with database.reading() as session:
        rows = session.exec(select(WaitingEntry).order_by(col(WaitingEntry.id).desc())).all()
        return next(row for row in rows if row.email == email)


def status_of(email: str) -> str:
    return str(entry_of(email).status)


def test_an_address_that_takes_no_mail_is_told_at_once_and_corrected(arrive: Arrive, post_office: MailServer) -> None:
    visitor, wrong, right = arrive(PHONE_SMALL), "sans.boite@example.org", "avec.boite.enfin@example.org"
    post_office.refused.add(wrong)
    reach_form(visitor)
    visitor.field("Adresse électronique").fill(wrong)
    visitor.copy_captcha()
    visitor.button("M’inscrire sur la liste d’attente").click()
    visitor.says(f"L’adresse {wrong} n’a pas été acceptée")
    expect(visitor.page.locator("#refus")).to_be_focused()
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= PHONE_SMALL["width"]

    visitor.button("Corriger l’adresse").click()
    address = visitor.field("Adresse électronique")
    expect(address).to_be_focused()
    expect(address).to_have_value(wrong)
    address.fill(right)
    visitor.button("M’inscrire sur la liste d’attente").click()
    visitor.says(f"Un courriel est envoyé à l’adresse {right}")
    letters.wait_for(post_office, right, 1)
    assert (status_of(wrong), status_of(right)) == (WaitingStatus.LEFT, WaitingStatus.WAITING)


@SCREENS
def test_a_person_waits_takes_the_offered_time_and_confirms(
    screen: dict[str, int], arrive: Arrive, post_office: MailServer
) -> None:
    visitor = arrive(screen)
    who = Identity(email=f"attend-{screen['width']}@example.org")
    link = an_offer(visitor, who.email, post_office)
    visitor.page.goto(link)
    visitor.has_loaded()
    expect(visitor.title).to_have_text(OFFERED)
    moment = visitor.fact("Date et heure")
    visitor.says("Ce créneau vous est gardé jusqu’au")
    # The search that led to the list is a booking begun here.
    visitor.says("Prendre ce créneau la remplace")
    visitor.button("Prendre ce créneau").click()
    visitor.is_at(DETAILS, "Vos informations")
    expect(visitor.page.get_by_role("timer")).to_be_visible()
    expect(visitor.field("Adresse électronique")).to_have_value(who.email)
    visitor.fill_in(who)
    visitor.confirm()
    assert visitor.fact("Date et heure") == moment
    with database.reading() as session:
        [booked] = session.exec(select(Appointment).where(Appointment.email == who.email)).all()
    assert (booked.office_id, status_of(who.email)) == (full_office(), WaitingStatus.SERVED)
    visitor.page.goto(link)
    visitor.has_loaded()
    visitor.says("Vous avez confirmé le rendez-vous")
    expect(visitor.title).to_have_text("Vous avez pris ce créneau")
    expect(visitor.page.get_by_text("Reprendre ma demande")).to_have_count(0)


def test_an_offer_can_be_taken_in_another_browser_without_asking_to_replace_anything(
    arrive: Arrive, post_office: MailServer
) -> None:
    email = "ailleurs-attend@example.org"
    link = an_offer(arrive(), email, post_office)
    elsewhere = arrive(PHONE)
    elsewhere.page.goto(link)
    elsewhere.has_loaded()
    expect(elsewhere.button("Prendre ce créneau")).to_be_visible()
    expect(elsewhere.page.get_by_text("la remplace")).to_have_count(0)
    elsewhere.button("Prendre ce créneau").click()
    elsewhere.is_at(DETAILS, "Vos informations")
    late = arrive()
    late.page.goto(link)
    late.has_loaded()
    expect(late.title).to_have_text("Ce créneau a été pris avec ce lien")
    late.says("Il attend votre confirmation")
    late.button("Reprendre ma demande").click()
    late.says("Ce créneau ne peut plus être pris depuis ce navigateur.")


def test_opening_the_mail_changes_nothing_and_a_begun_booking_stays_until_the_button(
    arrive: Arrive, post_office: MailServer
) -> None:
    link = an_offer(arrive(), "intact-attend@example.org", post_office)
    visitor = arrive()
    visitor.reach(DETAILS)
    visitor.field("Nom").fill("Intact")
    visitor.field("Prénom").fill("Ida")
    booking = visitor.page
    visitor.new_tab().goto(link)
    visitor.has_loaded()
    visitor.says("Prendre ce créneau la remplace")
    visitor.page.reload()
    visitor.has_loaded()
    visitor.says("Ce créneau vous est gardé jusqu’au")
    booking.reload()
    expect(booking.get_by_role("textbox", name="Nom (obligatoire)", exact=True)).to_have_value("Intact")
    visitor.button("Prendre ce créneau").click()
    visitor.is_at(DETAILS, "Vos informations")
    expect(visitor.field("Nom")).to_have_value("")


@SCREENS
def test_no_thank_you_leaves_one_on_the_list_and_one_link_leaves_it(
    screen: dict[str, int], arrive: Arrive, post_office: MailServer
) -> None:
    email = f"decline-{screen['width']}@example.org"
    visitor = arrive(screen)
    visitor.page.goto(an_offer(visitor, email, post_office))
    visitor.has_loaded()
    visitor.button("Non merci").click()
    expect(visitor.title).to_have_text("Vous avez refusé ce créneau")
    expect(visitor.title).to_be_focused()
    assert status_of(email) == WaitingStatus.WAITING
    visitor.page.reload()
    visitor.has_loaded()
    visitor.says("Vous avez refusé ce créneau")
    visitor.link("Voir ma place sur la liste").click()
    expect(visitor.title).to_have_text(STANDING)
    visitor.says("Nous vous écrivons dès qu’un créneau se libère")
    assert status_of(email) == WaitingStatus.WAITING
    visitor.button("Quitter la liste d’attente").click()
    visitor.says("Vous avez quitté la liste d’attente.")
    assert status_of(email) == WaitingStatus.LEFT
    visitor.page.reload()
    visitor.has_loaded()
    visitor.says("Vous avez quitté la liste d’attente.")


def test_an_offer_that_came_too_late_explains_itself(arrive: Arrive, post_office: MailServer) -> None:
    email = "tard-attend@example.org"
    visitor = arrive(PHONE)
    link = an_offer(visitor, email, post_office)
    with database.writing() as session:
        ended = update(WaitingOffer).where(col(WaitingOffer.entry_id) == entry_of(email).id)
        session.execute(ended.values(expires_at=clock.now() - timedelta(minutes=1)))
    visitor.page.goto(link)
    visitor.has_loaded()
    visitor.says("Le délai est passé")
    expect(visitor.button("Prendre ce créneau")).to_have_count(0)
    waiting_list.run()
    visitor.page.reload()
    visitor.has_loaded()
    visitor.says("Le délai est passé")
    for path in (WAITING, OFFER):
        visitor.go(f"{path}/abcdef-abcdefghijklmnop")
        visitor.has_loaded()
        visitor.says("Ce lien est incomplet")


def test_nothing_typed_for_the_list_is_lost(arrive: Arrive, post_office: MailServer) -> None:
    visitor = arrive(PHONE)
    reach_form(visitor)
    visitor.button("M’inscrire sur la liste d’attente").click()
    expect(visitor.summary).to_be_focused()
    expect(visitor.summary).to_contain_text("Saisissez votre adresse électronique")
    email, first = "garde-attend@example.org", (clock.now() + timedelta(days=9)).date().isoformat()
    visitor.field("Adresse électronique").fill(email)
    visitor.field("À partir du").fill(first)
    visitor.page.get_by_role("checkbox", name="lundi").uncheck()
    visitor.page.get_by_role("checkbox", name="vendredi").uncheck()
    is_kept(visitor, BOOKING, **{"email": email, "first_day": first, "jour-0": "", "jour-4": ""})
    visitor.page.get_by_role("checkbox", name="vendredi").check()
    is_kept(visitor, BOOKING, **{"jour-4": "oui"})
    visitor.page.reload()
    visitor.has_loaded()
    expect(visitor.field("Adresse électronique")).to_have_value(email)
    expect(visitor.field("À partir du")).to_have_value(first)
    expect(visitor.page.get_by_role("checkbox", name="lundi")).not_to_be_checked()
    expect(visitor.page.get_by_role("checkbox", name="vendredi")).to_be_checked()
    visitor.copy_captcha()
    visitor.field("Jusqu’au").fill("2020-01-01")
    visitor.button("M’inscrire sur la liste d’attente").click()
    expect(visitor.summary).to_contain_text("Choisissez un dernier jour qui vient après le premier")
    # The CAPTCHA was passed: it is not asked again.
    expect(visitor.page.get_by_role("img", name="Image à recopier")).to_have_count(0)
    visitor.field("Jusqu’au").fill((clock.now() + timedelta(days=40)).date().isoformat())
    visitor.button("M’inscrire sur la liste d’attente").click()
    expect(visitor.page.get_by_role("heading", name=JOINED)).to_be_focused()
    visitor.says("mardi, mercredi, jeudi et vendredi")
    visitor.page.reload()
    visitor.has_loaded()
    visitor.says(JOINED)
    entry = entry_of(email)
    assert (entry.weekdays, entry.first_day.isoformat()) == (0b0011110, first)
    visitor.button("Modifier les jours ou l’adresse").click()
    expect(visitor.field("À partir du")).to_have_value(first)
    expect(visitor.page.get_by_role("checkbox", name="lundi")).not_to_be_checked()


def test_somebody_joins_answers_and_leaves_with_the_keyboard_alone(visitor: Visitor, post_office: MailServer) -> None:
    email = "clavier-attend@example.org"
    keyboard = Keyboard(visitor)
    schedule.replan(full_office())
    visitor.find_office("1 rue de l’Exemple", "23000", "Guéret (Creuse)")
    visitor.begin_booking()
    visitor.choose_topic()
    visitor.choose_channel()
    expect(visitor.title).to_be_focused()
    keyboard.open(visitor.link("Être prévenu si un créneau se libère"))
    keyboard.arrives_at(WAITING, JOIN)
    keyboard.go_to(visitor.field("Adresse électronique"))
    keyboard.type(email)
    keyboard.go_to(visitor.page.get_by_role("checkbox", name="mardi"))
    keyboard.press("Space")
    expect(visitor.page.get_by_role("checkbox", name="mardi")).not_to_be_checked()
    keyboard.go_to(visitor.field("Recopiez les caractères de l’image"))
    keyboard.type(visitor.captcha_answer())
    keyboard.open(visitor.button("M’inscrire sur la liste d’attente"))
    expect(visitor.page.get_by_role("heading", name=JOINED)).to_be_focused()
    joined = letters.wait_for(post_office, email, 1)
    assert entry_of(email).weekdays == 0b0011101
    with agents_back():
        link = address_in(letters.wait_for(post_office, email, 2), OFFER)
    visitor.page.goto(link)
    visitor.has_loaded()
    keyboard.open(visitor.button("Non merci"))
    visitor.says("Vous avez refusé ce créneau")
    visitor.page.goto(address_in(joined, WAITING))
    visitor.has_loaded()
    keyboard.open(visitor.button("Quitter la liste d’attente"))
    visitor.says("Vous avez quitté la liste d’attente.")
    assert status_of(email) == WaitingStatus.LEFT


def test_every_state_of_the_list_is_accessible(
    arrive: Arrive, post_office: MailServer, sweep: Callable[[Page], Sweep]
) -> None:
    email = "axe-attend@example.org"
    visitor = arrive()
    eyes = sweep(visitor.page)
    reach_form(visitor)
    eyes.look("form")
    for name in ("lundi", "mardi", "mercredi", "jeudi", "vendredi"):
        visitor.page.get_by_role("checkbox", name=name).uncheck()
    visitor.button("M’inscrire sur la liste d’attente").click()
    expect(visitor.summary).to_be_visible()
    eyes.look("form, no address")
    visitor.field("Adresse électronique").fill(email)
    visitor.copy_captcha()
    visitor.button("M’inscrire sur la liste d’attente").click()
    expect(visitor.summary).to_contain_text("Cochez au moins un jour")
    visitor.page.get_by_role("link", name="Cochez au moins un jour").click()
    expect(visitor.page.get_by_role("checkbox", name="lundi")).to_be_focused()
    eyes.look("form, no day")
    for name in ("lundi", "mardi", "mercredi", "jeudi", "vendredi"):
        visitor.page.get_by_role("checkbox", name=name).check()
    visitor.button("M’inscrire sur la liste d’attente").click()
    visitor.says(JOINED)
    eyes.look("joined")
    joined = letters.wait_for(post_office, email, 1)
    with agents_back():
        link = address_in(letters.wait_for(post_office, email, 2), OFFER)
    visitor.page.goto(link)
    visitor.has_loaded()
    expect(visitor.button("Non merci")).to_be_visible()
    eyes.look("offer, replaces")
    visitor.button("Non merci").click()
    visitor.says("Vous avez refusé ce créneau")
    eyes.look("offer, declined")
    for outcome, words in (("taken", "Ce créneau a été pris"), ("expired", "Le délai est passé")):
        with database.writing() as session:
            mine = update(WaitingOffer).where(col(WaitingOffer.entry_id) == entry_of(email).id)
            session.execute(mine.values(outcome=outcome))
        visitor.page.goto(link)
        visitor.has_loaded()
        visitor.says(words)
        eyes.look(f"offer, {outcome}")
    entry = address_in(joined, WAITING)
    visitor.page.goto(entry)
    visitor.has_loaded()
    expect(visitor.button("Quitter la liste d’attente")).to_be_visible()
    eyes.look("entry")
    endings = (("left", "Vous avez quitté"), ("served", "Un créneau proposé"), ("over", "Les jours que vous aviez"))
    for status, words in endings:
        with database.writing() as session:
            mine = update(WaitingEntry).where(col(WaitingEntry.id) == entry_of(email).id)
            session.execute(mine.values(status=status))
        visitor.page.goto(entry)
        visitor.has_loaded()
        visitor.says(words)
        eyes.look(f"entry, {status}")
    visitor.go(f"{OFFER}/nothing")
    visitor.has_loaded()
    visitor.says("Ce lien est incomplet")
    eyes.look("unknown link")


def test_closed_days_cannot_be_ticked_and_an_ended_wait_begins_again_where_it_was(
    arrive: Arrive, post_office: MailServer
) -> None:
    email = "samedi-attend@example.org"
    visitor = arrive(PHONE)
    reach_form(visitor)
    expect(visitor.page.get_by_role("checkbox", name="samedi")).to_be_disabled()
    expect(visitor.page.get_by_role("checkbox", name="samedi")).not_to_be_checked()
    expect(visitor.page.get_by_role("checkbox", name="lundi")).to_be_checked()
    visitor.says("Ce service ne reçoit pas le samedi.")
    joined = join(visitor, email, post_office)
    with database.writing() as session:
        mine = update(WaitingEntry).where(col(WaitingEntry.id) == entry_of(email).id)
        session.execute(mine.values(status=WaitingStatus.OVER, ended_at=clock.now()))
    visitor.page.goto(address_in(joined, WAITING))
    visitor.has_loaded()
    visitor.says("Les jours que vous aviez choisis sont passés.")
    visitor.button("Prendre un nouveau rendez-vous").click()
    visitor.is_at(CHANNEL, "Choisissez comment être reçu")


def test_the_agenda_itself_leads_to_the_list(arrive: Arrive) -> None:
    visitor = arrive(PHONE)
    visitor.reach(SLOT)
    expect(visitor.open_days().first).to_be_visible()
    visitor.link("Être prévenu si un créneau plus tôt se libère").click()
    visitor.is_at(WAITING, JOIN)
    visitor.link("Revenir aux créneaux").click()
    visitor.is_at(SLOT, "Choisissez un créneau")
