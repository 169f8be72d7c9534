"""A tab closed at any step is taken up again in a new one; moving an appointment survives what booking survives."""

import re
from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from app.models import Appointment, Channel, Office, OfficeKind, Slot
from app.services import database
from app.services.appointments import access, availability
from app.services.appointments.records import AppointmentView
from app.services.appointments.steps import BOOKING, RESCHEDULE
from app.state.channel import FIELD as CHANNEL_FIELD
from tests.e2e import letters
from tests.e2e.conftest import Arrive
from tests.e2e.line import Line, line_to
from tests.e2e.portal import Portal
from tests.e2e.test_nothing_is_lost import (
    ADDRESS,
    BROKEN,
    Disturb,
    change_networks,
    chosen,
    close_the_tab,
    cut_the_connection,
    go_back_and_forth,
    reload,
    restart_the_server,
)
from tests.e2e.test_one_seat import book, holds, is_kept
from tests.e2e.visitor import (
    CHANNEL,
    CONFIRMATION,
    DETAILS,
    INCOME_TAX,
    OFFICE,
    PHONE,
    SLOT,
    TOPIC,
    UNDERSTAND_NOTICE,
    Identity,
    Visitor,
)
from tests.smtp import MailServer

QUESTION = "Une demande est déjà commencée dans ce navigateur"
MOVE = "/rendez-vous/replanifier"
SLOT_TITLE, CHECK_TITLE = "Choisissez un créneau", "Vérifiez le changement"
NEW_NUMBER = "06 39 98 55 66"
BY_PHONE = {CHANNEL_FIELD: str(int(Channel.PHONE))}


@pytest.fixture
def line(portal: Portal) -> Iterator[Line]:
    """Lay a line to the portal that can be cut."""
    with line_to(portal.port) as laid:
        yield laid


def take_up_again(
    visitor: Visitor, path: str, title: str, *secrets: str, kept: Mapping[str, str] | None = None
) -> None:
    """Close the tab, go to this page in a new one, press « Reprendre » and be back, nothing shown before.

    `kept` are the fields, by name, that were given the time to arrive.
    """
    close_the_tab(visitor, RESCHEDULE if path.startswith(MOVE) else BOOKING, **(kept or {}))
    visitor.new_tab()
    visitor.go(path)
    visitor.has_loaded()
    expect(visitor.page.get_by_role("heading", name=QUESTION)).to_be_visible()
    for secret in secrets:
        assert secret not in visitor.page.content()
    visitor.button("Reprendre").click()
    visitor.is_at(path.partition("?")[0], title)
    expect(visitor.page.get_by_role("heading", name=QUESTION)).to_have_count(0)


def go_on(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="Continuer", exact=True).click()


def test_a_tab_closed_at_any_step_of_booking_is_taken_up_again(arrive: Arrive) -> None:
    visitor = arrive(PHONE)
    visitor.go("/")
    visitor.open_blocks()
    visitor.give_address(ADDRESS["Numéro et voie"], ADDRESS["Code postal"], "Carcassonne (Aude)")
    leaf = visitor.page.url.removeprefix(visitor.address)
    for path in ("/contact", leaf):
        take_up_again(visitor, path, INCOME_TAX[-1], ADDRESS["Numéro et voie"], kept={"commune": "11069"})
        expect(visitor.field("Commune")).to_have_value("11069")
        holds(visitor, ADDRESS)
    visitor.button("Rechercher votre service").click()

    visitor.is_at(OFFICE, "Votre service")
    take_up_again(visitor, TOPIC, "Précisez votre motif", "Carcassonne")
    visitor.go(OFFICE)
    expect(visitor.page.get_by_role("heading", name="Service des impôts des particuliers de Carc")).to_be_visible()
    visitor.begin_booking()
    visitor.choose_topic()

    take_up_again(visitor, CHANNEL, "Choisissez comment être reçu", UNDERSTAND_NOTICE)
    visitor.page.get_by_role("radio", name="Par téléphone").check()
    take_up_again(visitor, CHANNEL, "Choisissez comment être reçu", kept=BY_PHONE)
    expect(visitor.page.get_by_role("radio", name="Par téléphone")).to_be_checked()
    visitor.button("Rechercher un créneau disponible").click()

    visitor.is_at(SLOT, SLOT_TITLE)
    take_up_again(visitor, SLOT, SLOT_TITLE, kept=BY_PHONE)
    moment = f"{visitor.choose_day(1)} à {visitor.choose_time(0)}"

    visitor.is_at(DETAILS, "Vos informations")
    visitor.link("Étape précédente").click()
    visitor.is_at(SLOT, SLOT_TITLE)
    expect(visitor.page.get_by_role("button", pressed=True)).to_have_count(2)
    assert chosen(visitor) == moment
    go_on(visitor)
    visitor.is_at(DETAILS, "Vos informations")
    who = Identity(email="onglet.ferme@example.org")
    visitor.fill_in(who, captcha=False)
    secrets = (who.last_name, who.email, who.phone)
    take_up_again(visitor, DETAILS, "Vos informations", *secrets, kept={"email": who.email, "phone": who.phone})
    visitor.says(f"Nous gardons le {moment} pour vous")
    expect(visitor.field("Nom")).to_have_value(who.last_name)
    visitor.copy_captcha()
    visitor.confirm()

    # What is booked shows in no other tab: the link of the mail leads to it.
    reference = visitor.fact("Référence")
    visitor.page.close()
    visitor.new_tab()
    visitor.go(CONFIRMATION)
    visitor.is_at("/contact", "Contact et rendez-vous")
    assert reference not in visitor.page.content()


def test_somebody_else_at_the_same_browser_sees_no_address_while_typing_their_own(arrive: Arrive) -> None:
    visitor = arrive(PHONE)
    visitor.go("/")
    visitor.open_blocks()
    visitor.give_address("12 rue de Verdun", "11000", "Carcassonne (Aude)")
    close_the_tab(visitor, voie="12 rue de Verdun", commune="11069")
    visitor.new_tab()
    visitor.go("/")
    visitor.open_blocks()
    visitor.field("Code postal").fill("75016")
    visitor.says("Commune : Paris 16e")
    visitor.page.reload()
    visitor.has_loaded()
    expect(visitor.field("Numéro et voie")).to_have_value("")
    visitor.button("Recommencer").click()
    visitor.is_at("/contact", "Contact et rendez-vous")
    visitor.go("/")
    visitor.open_blocks()
    visitor.field("Code postal").fill("75016")
    visitor.says("Commune : Paris 16e")
    is_kept(visitor, BOOKING, **{"code-postal": "75016"})
    visitor.page.reload()
    visitor.has_loaded()
    expect(visitor.field("Code postal")).to_have_value("75016")
    expect(visitor.field("Numéro et voie")).to_have_value("")


def booked(email: str, channel: Channel = Channel.COUNTER) -> AppointmentView:
    """Book in Carcassonne for this address, as another browser would."""
    with database.reading() as session:
        query = select(Office.id).where(Office.kind == OfficeKind.INDIVIDUALS, Office.city == "Carcassonne")
        [office_id] = session.exec(query).all()
    assert office_id is not None
    first = availability.first_free(office_id, channel, 30)
    assert first is not None
    return book(office_id, first, email, channel)


def stored(email: str) -> Appointment:
    with database.reading() as session:
        return session.exec(select(Appointment).where(Appointment.email == email)).one()


def seats_of(appointment: Appointment) -> int:
    with database.reading() as session:
        return len(session.exec(select(Slot.id).where(Slot.appointment_id == appointment.id)).all())


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "disturb", [reload, go_back_and_forth, cut_the_connection, change_networks, restart_the_server]
)
def test_at_every_step_of_moving_what_was_chosen_stays_and_nothing_moves_before_the_end(
    disturb: Disturb, arrive: Arrive, line: Line, post_office: MailServer
) -> None:
    mine = booked(f"deplace.{disturb.__name__}@example.org")
    visitor = arrive(PHONE, address=line.url)
    visitor.tolerate(*BROKEN)
    visitor.go("/aide")
    visitor.go(f"/rendez-vous/suivi/{access.manage_token(mine.public_id)}")
    visitor.button("Replanifier").wait_for()
    disturb(visitor, line)
    visitor.button("Replanifier").click()

    visitor.is_at(f"{MOVE}/creneau", SLOT_TITLE)
    visitor.go(f"{MOVE}/modalite")
    visitor.page.get_by_role("radio", name="Par téléphone").check()
    is_kept(visitor, RESCHEDULE, **BY_PHONE)
    disturb(visitor, line)
    expect(visitor.page.get_by_role("radio", name="Par téléphone")).to_be_checked()
    visitor.button("Rechercher un créneau disponible").click()

    visitor.is_at(f"{MOVE}/creneau", SLOT_TITLE)
    day = visitor.choose_day(2)
    disturb(visitor, line)
    visitor.says("reste valable tant que")
    if disturb is restart_the_server:
        # Which day is open is a look, not a choice: a new server opens the first one with room.
        visitor.choose_day(2)
    expect(visitor.page.get_by_role("heading", level=2, name=day)).to_be_visible()
    moment = f"{day} à {visitor.choose_time(-1)}"

    visitor.is_at(f"{MOVE}/verification", CHECK_TITLE)
    visitor.field("Numéro à appeler").fill(NEW_NUMBER)
    is_kept(visitor, RESCHEDULE, phone=NEW_NUMBER)
    disturb(visitor, line)
    expect(visitor.field("Numéro à appeler")).to_have_value(NEW_NUMBER)
    new = visitor.fact("Nouveau rendez-vous")
    assert moment in re.sub(r" \d{4} à", " à", new)
    before = stored(mine.email)
    assert (before.starts_at, before.channel, before.revision) == (mine.starts_at, mine.channel, 1)
    visitor.button("Confirmer le nouveau rendez-vous").click()

    visitor.is_at(f"{MOVE}/confirmation", "Votre rendez-vous est déplacé")
    if disturb is go_back_and_forth:
        visitor.page.go_back()
        visitor.is_at(f"{MOVE}/confirmation", "Votre rendez-vous est déplacé")
    else:
        disturb(visitor, line)
    assert visitor.fact("Référence") == mine.reference
    assert visitor.fact("Date et heure") in new
    moved = stored(mine.email)
    assert (moved.channel, moved.revision, seats_of(moved)) == (Channel.PHONE, 2, 1)
    assert moved.phone == "+33639985566"
    letters.wait_for(post_office, mine.email, 2)


def test_a_tab_closed_while_moving_is_taken_up_again(arrive: Arrive) -> None:
    mine = booked("onglet.deplace@example.org", Channel.PHONE)
    visitor = arrive(PHONE)
    visitor.go(f"/rendez-vous/suivi/{access.manage_token(mine.public_id)}")
    visitor.button("Replanifier").click()
    visitor.is_at(f"{MOVE}/creneau", SLOT_TITLE)
    visitor.choose_day(2)
    visitor.choose_time(-1)
    visitor.is_at(f"{MOVE}/verification", CHECK_TITLE)
    visitor.field("Numéro à appeler").fill(NEW_NUMBER)
    take_up_again(visitor, f"{MOVE}/verification", CHECK_TITLE, NEW_NUMBER, kept={"phone": NEW_NUMBER})
    expect(visitor.field("Numéro à appeler")).to_have_value(NEW_NUMBER)
    visitor.button("Confirmer le nouveau rendez-vous").click()
    visitor.is_at(f"{MOVE}/confirmation", "Votre rendez-vous est déplacé")
    assert visitor.fact("Numéro appelé").replace(" ", "").endswith("639985566")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_cancellation_asked_for_but_not_confirmed_cancels_nothing(arrive: Arrive, line: Line, portal: Portal) -> None:
    mine = booked("annule.presque@example.org")
    visitor = arrive(PHONE, address=line.url)
    visitor.tolerate(*BROKEN)
    visitor.go(f"/rendez-vous/suivi/{access.manage_token(mine.public_id)}")
    for disturb in (reload, cut_the_connection, change_networks, restart_the_server):
        visitor.page.get_by_role("button", name="Annuler", exact=True).click()
        expect(visitor.page.get_by_role("heading", name="Annuler ce rendez-vous ?")).to_be_visible()
        disturb(visitor, line)
        visitor.has_loaded()
        # Asked again, or still being asked: pressing once more is all it takes.
        keep = visitor.button("Non, le garder")
        expect(keep.or_(visitor.page.get_by_role("button", name="Annuler", exact=True))).to_be_visible()
        if keep.count():
            keep.click()
        assert stored(mine.email).status == "booked"
    visitor.page.get_by_role("button", name="Annuler", exact=True).click()
    visitor.button("Oui, annuler").click()
    visitor.says("Ce rendez-vous est annulé.")
    assert stored(mine.email).status == "cancelled"
