"""« Mes contacts »: one's appointments, wherever they were taken, and one's office."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from app.content import wording
from app.models import AppointmentStatus, Channel, OfficeKind
from app.services.appointments import cancellation, offices, places, records
from app.services.appointments.records import AppointmentView
from app.services.form_drafts import Form
from app.state.base import local
from tests.e2e import letters
from tests.e2e.axe import Sweep
from tests.e2e.conftest import Arrive
from tests.e2e.my_space import (
    ADDRESS,
    NEW_PASSWORD,
    PRIVATE,
    PROFILE,
    SESSIONS,
    STRANGER,
    a_person,
    account_of,
    arrive_home,
    booked,
    id_of,
    local_point,
    own_office,
    somebody_with,
)
from tests.e2e.personal import CONTACTS, PEOPLE, SIGN_IN, Person, is_phone
from tests.e2e.space import SPACE as PROFESSIONAL_SPACE
from tests.e2e.space import a_professional
from tests.e2e.test_one_seat import is_kept
from tests.e2e.visitor import (
    CHANNEL,
    DESKTOP,
    OTHER_OFFICE,
    PHONE_SMALL,
    TOPIC,
    Visitor,
)
from tests.smtp import MailServer

SAINT_DENIS = "97411"
RESCHEDULED = "/rendez-vous/replanifier/"
SCREENS = pytest.mark.parametrize("screen", [PHONE_SMALL, DESKTOP], ids=["320", "1280"])


def words_of(view: AppointmentView) -> str:
    """Return « mardi 24 novembre 2026 à 9 h 30 » with blanks that break."""
    return wording.moment(local(view.starts_at, view.timezone)).replace("\u00a0", " ")


def status_of(view: AppointmentView) -> AppointmentStatus:
    found = records.get(view.public_id)
    assert found is not None
    return found.status


def next_one(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("region", name="Votre prochain rendez-vous")


def sees_next(visitor: Visitor, view: AppointmentView) -> None:
    expect(next_one(visitor)).to_contain_text(words_of(view))
    expect(next_one(visitor)).to_contain_text(view.reference)


@SCREENS
def test_an_appointment_taken_without_an_account_appears_is_moved_and_cancelled(
    screen: dict[str, int], arrive: Arrive, post_office: MailServer
) -> None:
    identity = PEOPLE[0] if is_phone(screen) else PEOPLE[11]
    booker = f"reserve.{screen['width']}@example.org"
    who = a_person(arrive(screen, has_touch=is_phone(screen), is_mobile=is_phone(screen)), f"s{booker}", identity)
    visitor = who.visitor
    view = booked(own_office(who).id, somebody_with(identity.tax_number, email=booker))
    letters.wait_for(post_office, booker, 1)

    arrive_home(who)
    sees_next(visitor, view)
    expect(next_one(visitor)).to_contain_text("Sur place, au guichet")
    expect(next_one(visitor)).to_contain_text(own_office(who).street)
    for typed in (booker, STRANGER.details, "99 00 71 83"):
        assert typed not in visitor.page.content(), "what whoever booked typed about themselves stays theirs"
    visitor.page.get_by_text("Historique et courriels").first.click()
    visitor.says("Réservé le")
    visitor.says("Confirmation")

    visitor.page.get_by_role("button", name="Replanifier", exact=True).click()
    visitor.is_at(f"{RESCHEDULED}creneau", "Choisissez un créneau")
    visitor.choose_day(2)
    visitor.choose_time(-1)
    visitor.is_at(f"{RESCHEDULED}verification", "Vérifiez le changement")
    visitor.button("Confirmer le nouveau rendez-vous").click()
    visitor.is_at(f"{RESCHEDULED}confirmation", "Votre rendez-vous est déplacé")
    assert booker not in visitor.page.content()
    moved = records.get(view.public_id)
    assert moved is not None
    assert (moved.revision, moved.starts_at != view.starts_at) == (2, True)
    letters.wait_for(post_office, booker, 2)

    visitor.go(CONTACTS)
    visitor.has_loaded()
    sees_next(visitor, moved)
    visitor.page.get_by_role("button", name="Annuler", exact=True).click()
    expect(visitor.page.get_by_role("heading", name="Annuler le rendez-vous du")).to_be_focused()
    visitor.button("Non, le garder").click()
    assert status_of(view) == AppointmentStatus.BOOKED
    visitor.page.get_by_role("button", name="Annuler", exact=True).click()
    visitor.button("Oui, annuler").click()
    visitor.says(f"Le rendez-vous du {words_of(moved)} est annulé.")
    visitor.says("Vous n’avez pas de rendez-vous à venir.")
    assert status_of(view) == AppointmentStatus.CANCELLED
    assert "annulé" in letters.wait_for(post_office, booker, 3).subject
    visitor.page.get_by_text("Les afficher (1)").click()
    visitor.says(view.reference)


def test_somebody_elses_appointments_never_appear_and_cannot_be_changed(arrive: Arrive) -> None:
    who = a_person(arrive(), "nour@example.org", PEOPLE[2])
    office = own_office(who)
    other = booked(office.id, somebody_with(PEOPLE[1].tax_number))
    nobodys = booked(office.id, which=2)

    arrive_home(who)
    who.visitor.says("Vous n’avez pas de rendez-vous à venir.")
    for view in (other, nobodys):
        assert view.reference not in who.visitor.page.content()
    expect(who.visitor.page.get_by_role("button", name=re.compile("Replanifier|Annuler"))).to_have_count(0)


def test_several_appointments_stand_in_order_and_past_ones_are_folded_away(arrive: Arrive) -> None:
    who = a_person(arrive(), "tanguy@example.org", PEOPLE[7])
    office, mine = own_office(who), id_of(who)
    own = somebody_with("", email="tanguy@example.org", phone="+33639981234")
    last = booked(office.id, own, account_id=mine, which=30, channel=Channel.PHONE)
    first = booked(office.id, own, account_id=mine)
    gone = booked(office.id, own, account_id=mine, which=12)
    cancellation.cancel(gone.public_id, "once")

    arrive_home(who)
    visitor = who.visitor
    sees_next(visitor, first)
    others = visitor.page.get_by_role("region", name="Vos autres rendez-vous à venir")
    expect(others.get_by_role("listitem").filter(has_text=last.reference)).to_contain_text("06 39 98 12 34")
    expect(visitor.page.get_by_text(gone.reference, exact=True)).to_be_hidden()
    visitor.page.get_by_text("Les afficher (1)").click()
    expect(visitor.page.get_by_text(gone.reference, exact=True)).to_be_visible()
    expect(visitor.page.get_by_role("region", name="Rendez-vous passés et annulés")).to_contain_text("Annulé")

    others.get_by_role("button", name=re.compile("^Annuler")).click()
    expect(visitor.page.get_by_role("heading", name="Annuler le rendez-vous du")).to_contain_text(words_of(last))
    expect(visitor.page.get_by_role("heading", name="Annuler le rendez-vous du")).to_be_focused()
    visitor.button("Oui, annuler").click()
    visitor.says(f"Le rendez-vous du {words_of(last)} est annulé.")
    expect(others).to_have_count(0)
    sees_next(visitor, first)
    assert [status_of(view) for view in (first, last)] == [AppointmentStatus.BOOKED, AppointmentStatus.CANCELLED]


def test_an_appointment_that_was_cancelled_meanwhile_is_said_to_be_gone(arrive: Arrive) -> None:
    who = a_person(arrive(), "fiora@example.org", PEOPLE[8])
    view = booked(own_office(who).id, somebody_with(PEOPLE[8].tax_number))
    arrive_home(who)
    sees_next(who.visitor, view)
    cancellation.cancel(view.public_id, "elsewhere")
    who.visitor.page.get_by_role("button", name="Replanifier", exact=True).click()
    who.visitor.says("Ce rendez-vous ne peut plus être changé")
    who.visitor.says("Vous n’avez pas de rendez-vous à venir.")


def test_ones_office_is_there_with_its_local_points_and_booking_begins_at_it(arrive: Arrive) -> None:
    who = a_person(arrive(), "odile@example.org", PEOPLE[4])
    visitor, office = who.visitor, own_office(who)
    arrive_home(who)
    region = visitor.page.get_by_role("region", name="Votre service")
    for words in (office.name, office.street, office.phone, *(line.replace("\u00a0", " ") for line in office.hours)):
        expect(region).to_contain_text(words)
    expect(region).to_contain_text(local_point(office.id, Channel.VIDEO).name)

    visitor.button("Prendre rendez-vous").click()
    visitor.is_at(TOPIC, "Précisez votre motif")
    visitor.link("Le calcul de vos impôts").first.click()
    visitor.link("Votre impôt sur le revenu").first.click()
    visitor.choose_topic()
    visitor.is_at(CHANNEL, "Choisissez comment être reçu")
    visitor.says(office.name)

    visitor.go(CONTACTS)
    visitor.has_loaded()
    visitor.button("Rechercher un autre service").click()
    visitor.is_at(OTHER_OFFICE, "Rechercher un autre service")
    visitor.says(f"Service actuel : {office.name}")
    who.is_signed_in()
    visitor.go(CONTACTS)
    visitor.has_loaded()
    visitor.link("Trouver le service compétent").click()
    visitor.is_at("/contact", re.compile("."))
    who.is_signed_in()


@pytest.mark.parametrize("path", PRIVATE)
def test_nothing_shows_without_signing_in(path: str, visitor: Visitor) -> None:
    visitor.go(path)
    visitor.is_at(SIGN_IN, "Connexion à l’espace particulier")


def test_both_kinds_of_space_open_in_one_browser_do_not_mix(arrive: Arrive) -> None:
    who = a_person(arrive(), "deux.espaces@example.org", PEOPLE[3])
    pro = a_professional(
        who.visitor, "deux.espaces@example.org", "20260510009001", last_name="Vaillant", first_name="Prosper"
    )
    view = booked(own_office(who).id, somebody_with(PEOPLE[3].tax_number))
    visitor = who.visitor
    arrive_home(who)
    pro.enter()
    visitor.says("Prosper Vaillant")
    assert view.reference not in visitor.page.content()
    who.is_signed_in()
    visitor.go(CONTACTS)
    visitor.has_loaded()
    sees_next(visitor, view)
    main = visitor.page.get_by_role("main")
    expect(main).to_contain_text(who.name)
    expect(main).not_to_contain_text("Vaillant")

    navigation = who.navigation()
    navigation.get_by_role("button", name="Se déconnecter de l’espace particulier").click()
    visitor.is_at(SIGN_IN, "Connexion à l’espace particulier")
    visitor.go(PROFESSIONAL_SPACE)
    visitor.is_at(PROFESSIONAL_SPACE, "Votre espace professionnel")
    visitor.go(CONTACTS)
    visitor.is_at(SIGN_IN, "Connexion à l’espace particulier")


def test_the_profile_keeps_a_number_and_needs(arrive: Arrive) -> None:
    who = a_person(arrive(), "maite@example.org", PEOPLE[5], phone="")
    visitor = who.visitor
    arrive_home(who)
    visitor.link("Mon profil").click()
    visitor.is_at(PROFILE, "Mon profil")
    visitor.says(PEOPLE[5].tax_number)
    visitor.says("Maïté Siarras")
    visitor.field("Téléphone").fill("12")
    visitor.field("Je me déplace en fauteuil roulant").check()
    is_kept(visitor, Form.PROFILE, phone="12", need_wheelchair="oui")
    visitor.page.reload()
    visitor.has_loaded()
    expect(visitor.field("Téléphone")).to_have_value("12")
    expect(visitor.field("Je me déplace en fauteuil roulant")).to_be_checked()
    visitor.button("Enregistrer").click()
    expect(visitor.summary).to_be_focused()
    assert account_of(who).needs == 0
    visitor.field("Téléphone").fill("06 39 98 55 55")
    visitor.button("Enregistrer").click()
    visitor.says("Votre profil est enregistré.")
    assert (account_of(who).phone, account_of(who).needs) == ("+33639985555", 1)
    visitor.field("Je me déplace en fauteuil roulant").uncheck()
    visitor.field("Téléphone").fill("")
    visitor.button("Enregistrer").click()
    expect(visitor.page.locator("#enregistre")).to_be_focused()
    visitor.page.reload()
    visitor.has_loaded()
    expect(visitor.field("Téléphone")).to_have_value("")
    expect(visitor.field("Je me déplace en fauteuil roulant")).not_to_be_checked()
    assert (account_of(who).phone, account_of(who).needs) == ("", 0)


def test_password_address_and_sessions_are_reached_from_the_profile(arrive: Arrive, post_office: MailServer) -> None:
    who = a_person(arrive(), "gaspard@example.org", PEOPLE[6])
    visitor = who.visitor
    arrive_home(who)
    visitor.go(PROFILE)
    visitor.has_loaded()
    visitor.link("Changer mon mot de passe").click()
    visitor.is_at(NEW_PASSWORD, "Changer mon mot de passe")
    new = "Violon-Orange73-Nuage-Pl0mb"
    visitor.field("Mot de passe actuel").fill(who.password)
    visitor.field("Nouveau mot de passe").fill(new)
    visitor.field("Confirmez votre nouveau mot de passe").fill(new)
    visitor.button("Enregistrer").click()
    visitor.says("Votre mot de passe est changé")
    who.password = new
    letters.wait_for(post_office, who.email, 1)

    visitor.link("Mon profil").last.click()
    visitor.link("Changer mon adresse").click()
    visitor.is_at(ADDRESS, "Changer mon adresse")
    visitor.field("Nouvelle adresse électronique").fill("gaspard.neuf@example.org")
    visitor.field("Confirmez la nouvelle adresse").fill("gaspard.neuf@example.org")
    visitor.field("Votre mot de passe").fill(new)
    visitor.page.get_by_role("button", name="Continuer", exact=True).click()
    visitor.says("Un code a été envoyé à gaspard.neuf@example.org")
    found = re.search(
        r"^ +([A-Za-z0-9]{12})\r?$",
        letters.wait_for(post_office, "gaspard.neuf@example.org", 1).text,
        re.MULTILINE,
    )
    assert found
    visitor.field("Code reçu").fill(found[1])
    visitor.page.get_by_role("button", name="Valider", exact=True).click()
    visitor.says("Vos courriels arrivent désormais à gaspard.neuf@example.org")
    assert account_of(who).email == "gaspard.neuf@example.org"

    elsewhere = Person(arrive(), who.identity, who.email, new)
    elsewhere.visitor.go(SIGN_IN)
    elsewhere.sign_in()
    visitor.link("Mon profil").last.click()
    visitor.link("Mes sessions ouvertes").click()
    visitor.is_at(SESSIONS, "Mes sessions ouvertes")
    visitor.page.get_by_role("button", name=re.compile("^Fermer cette session")).click()
    visitor.says("La session est fermée.")
    elsewhere.visitor.link("Mon profil").click()
    elsewhere.visitor.is_at(SIGN_IN, "Connexion à l’espace particulier")


def test_both_times_show_where_the_clock_differs(arrive: Arrive) -> None:
    who = a_person(arrive(), "jean-emile@example.org", PEOPLE[10])
    office = offices.for_commune(OfficeKind.INDIVIDUALS, SAINT_DENIS).id
    first = booked(office, somebody_with(PEOPLE[10].tax_number))
    booked(office, somebody_with(PEOPLE[10].tax_number), which=9)
    arrive_home(who)
    sees_next(who.visitor, first)
    assert "heure de La Réunion), soit" in who.visitor.fact("Selon votre horloge")
    others = who.visitor.page.get_by_role("region", name="Vos autres rendez-vous à venir")
    expect(others).to_contain_text(re.compile(r"heure de La Réunion\), soit .* chez vous"))


def test_by_keyboard_alone_one_cancels_and_comes_back_to_what_is_left(arrive: Arrive) -> None:
    who = a_person(arrive(), "dominique@example.org", PEOPLE[9])
    view = booked(own_office(who).id, somebody_with(PEOPLE[9].tax_number))
    arrive_home(who)
    page = who.visitor.page
    sees_next(who.visitor, view)
    page.get_by_role("button", name="Annuler", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Annuler le rendez-vous du")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Oui, annuler")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.get_by_role("button", name="Annuler", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Annuler le rendez-vous du")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    who.visitor.says("est annulé.")
    expect(page.locator("#annule")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name=own_office(who).phone)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Prendre rendez-vous")).to_be_focused()


def test_every_state_is_accessible(arrive: Arrive, sweep: Callable[[Page], Sweep]) -> None:
    who = a_person(arrive(), "armand@example.org", PEOPLE[1], needs=1)
    office, visitor = own_office(who), who.visitor
    arrive_home(who)
    eyes = sweep(visitor.page)
    eyes.look("mes contacts, nothing")
    own = somebody_with(who.identity.tax_number, email=who.email)
    points = [point for point in places.of_office(office.id) if Channel.VIDEO in point.channels]
    booked(office.id, own, account_id=id_of(who))
    booked(office.id, own, account_id=id_of(who), channel=Channel.PHONE, which=8)
    if points:
        booked(office.id, own, account_id=id_of(who), channel=Channel.VIDEO, place_id=points[0].id, which=3)
    gone = booked(office.id, own, which=20)
    cancellation.cancel(gone.public_id, "once")
    visitor.go(CONTACTS)
    visitor.has_loaded()
    expect(visitor.page.get_by_role("button", name="Replanifier", exact=True)).to_be_visible()
    eyes.look("mes contacts")
    for each in visitor.page.locator("summary").all():
        each.click()
    eyes.look("mes contacts, unfolded")
    visitor.page.get_by_role("button", name="Annuler", exact=True).click()
    expect(visitor.page.get_by_role("heading", name="Annuler le rendez-vous du")).to_be_focused()
    eyes.look("mes contacts, question")
    visitor.button("Oui, annuler").click()
    visitor.says("est annulé")
    eyes.look("mes contacts, cancelled")
    for path in (PROFILE, NEW_PASSWORD, *PRIVATE[3:5]):
        visitor.go(path)
        visitor.has_loaded()
        expect(visitor.page.get_by_text("Chargement…")).to_have_count(0)
        eyes.look(path)
    visitor.go(PROFILE)
    visitor.has_loaded()
    visitor.field("Téléphone").fill("12")
    visitor.button("Enregistrer").click()
    expect(visitor.summary).to_be_focused()
    eyes.look("profil, refused")
    visitor.field("Téléphone").fill("06 39 98 12 34")
    visitor.button("Enregistrer").click()
    visitor.says("Votre profil est enregistré.")
    eyes.look("profil, saved")
