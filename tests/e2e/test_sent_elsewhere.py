"""Nobody stands on another page than the one they asked for without reading why, and what they can do now."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest
from playwright.sync_api import expect
from sqlmodel import col, update

from app import clock
from app.content import detours
from app.models import Journey
from app.services import database, journeys
from app.services.appointments import access, availability, cancellation, rescheduling, steps
from app.services.appointments.records import AppointmentView
from app.services.appointments.seats import SlotGoneError
from tests.e2e.conftest import Arrive
from tests.e2e.test_closed_tabs_and_moving import CHECK_TITLE, MOVE, SLOT_TITLE, booked, stored
from tests.e2e.test_one_seat import book, held_by, shift_hold, until
from tests.e2e.visitor import CHANNEL, CONFIRMATION, DETAILS, SLOT, STEPS, TITLES, UNDERSTAND_NOTICE, Identity, Visitor

FOLLOW_UP = "/rendez-vous/suivi"


def age(visitor: Visitor) -> None:
    """Let a day pass over what this visitor has begun."""
    with database.writing() as session:
        old = clock.now() - journeys.LIFETIME - timedelta(minutes=1)
        session.exec(update(Journey).where(col(Journey.visitor_key) == visitor.key()).values(updated_at=old))


def to_the_check(visitor: Visitor, mine: AppointmentView) -> None:
    """Open the link of the mail and choose another time."""
    visitor.go(f"{FOLLOW_UP}/{access.manage_token(mine.public_id)}")
    visitor.has_loaded()
    visitor.button("Replanifier").click()
    visitor.is_at(f"{MOVE}/creneau", SLOT_TITLE)
    visitor.choose_day(-1)
    visitor.choose_time(0)
    visitor.is_at(f"{MOVE}/verification", CHECK_TITLE)


def cancel(mine: AppointmentView) -> None:
    cancellation.cancel(mine.public_id, mine.reference, visitor_key="elsewhere")


def move(mine: AppointmentView) -> None:
    """Move the appointment from another browser, to the next free time."""
    first = availability.first_free(mine.office_id, mine.channel, mine.minutes)
    assert first is not None
    begun = steps.begin_reschedule("elsewhere", "tab", mine.public_id)
    rescheduling.reschedule("elsewhere", begun.journey_id, mine.public_id, mine.channel, first)


@pytest.mark.parametrize(
    ("meanwhile", "why", "state"),
    [(cancel, detours.CANCELLED, "Ce rendez-vous est annulé."), (move, detours.MOVED, "Replanifier")],
    ids=["cancelled", "moved"],
)
def test_an_appointment_changed_elsewhere_while_it_is_moved_shows_as_it_is_now(
    visitor: Visitor, meanwhile: Callable[[AppointmentView], None], why: str, state: str
) -> None:
    mine = booked(f"{meanwhile.__name__}.ailleurs@example.org")
    to_the_check(visitor, mine)
    meanwhile(mine)
    before = stored(mine.email)
    visitor.button("Confirmer le nouveau rendez-vous").click()
    visitor.is_at(f"{FOLLOW_UP}/{access.manage_token(mine.public_id)}", "Votre rendez-vous")
    visitor.says(why)
    visitor.says(state)
    after = stored(mine.email)
    assert (after.starts_at, after.revision) == (before.starts_at, before.revision)


def test_the_agenda_of_a_move_does_not_say_that_a_cancelled_appointment_stands(visitor: Visitor) -> None:
    mine = booked("agenda.annule@example.org")
    to_the_check(visitor, mine)
    cancel(mine)
    visitor.page.go_back()
    visitor.is_at(f"{FOLLOW_UP}/{access.manage_token(mine.public_id)}", "Votre rendez-vous")
    visitor.says(detours.CANCELLED)


def test_a_move_left_for_a_day_leads_back_to_its_appointment(visitor: Visitor) -> None:
    mine = booked("deplace.demain@example.org")
    to_the_check(visitor, mine)
    age(visitor)
    visitor.button("Confirmer le nouveau rendez-vous").click()
    visitor.is_at(f"{FOLLOW_UP}/{access.manage_token(mine.public_id)}", "Votre rendez-vous")
    visitor.says(detours.MOVE_ENDED)
    expect(visitor.button("Replanifier")).to_be_visible()


def test_a_booking_left_for_a_day_says_that_it_has_ended(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    age(visitor)
    visitor.button("Confirmer et terminer").click()
    visitor.is_at("/contact", "Contact et rendez-vous")
    visitor.says(detours.EXPIRED)
    # It is said once: whoever goes on, or loads the page again, has read it.
    visitor.link("Particulier").first.click()
    visitor.has_loaded()
    expect(visitor.page.get_by_text(detours.EXPIRED)).to_have_count(0)


@pytest.mark.parametrize("path", [step for step in STEPS if step != "/contact/service"] + [f"{MOVE}/creneau"])
def test_a_step_whose_address_is_typed_says_where_to_begin(visitor: Visitor, path: str) -> None:
    visitor.go(path)
    visitor.is_at("/contact", "Contact et rendez-vous")
    visitor.says(detours.NOT_BEGUN)


def test_a_step_too_far_ahead_says_what_is_missing(visitor: Visitor) -> None:
    visitor.reach(CHANNEL)
    visitor.go(DETAILS)
    visitor.is_at(CHANNEL, TITLES[CHANNEL])
    visitor.says(detours.MISSING)


def test_another_tab_is_asked_before_it_is_told_what_is_missing(visitor: Visitor) -> None:
    visitor.reach(CHANNEL)
    visitor.new_tab()
    visitor.go(DETAILS)
    visitor.has_loaded()
    expect(visitor.button("Reprendre")).to_be_visible()
    expect(visitor.page.get_by_text(detours.MISSING)).to_have_count(0)
    visitor.button("Reprendre").click()
    visitor.is_at(CHANNEL, TITLES[CHANNEL])


def test_a_confirmation_that_is_not_of_this_tab_says_where_the_appointment_is(visitor: Visitor) -> None:
    visitor.go(CONFIRMATION)
    visitor.is_at("/contact", "Contact et rendez-vous")
    visitor.says(detours.NO_CONFIRMATION)


@pytest.mark.parametrize(
    ("path", "way_in", "why"),
    [
        ("/espace-professionnel/creation/formulaire", "/espace-professionnel/choix", detours.NOT_BEGUN),
        ("/espace-professionnel/creation/conditions", "/espace-professionnel/choix", detours.NO_MODE),
        ("/espace-professionnel/activation/recapitulatif", "/espace-professionnel/activation/code", detours.NOT_BEGUN),
        ("/espace-particulier/creation/identifiants", "/espace-particulier/creation", detours.NOT_BEGUN),
        ("/espace-professionnel/coordonnees", "/espace-professionnel/connexion", detours.PRIVATE),
        ("/espace-particulier/profil", "/espace-particulier/connexion", detours.PRIVATE),
    ],
)
def test_every_guard_of_a_space_says_why(visitor: Visitor, path: str, way_in: str, why: str) -> None:
    visitor.go(path)
    expect(visitor.page).to_have_url(re.compile(rf"{way_in}/?(\?retour=[a-z/-]+)?$"))
    visitor.says(why)


def test_going_back_after_the_confirmation_leaves_the_journey(visitor: Visitor) -> None:
    visitor.go("/aide")
    visitor.has_loaded()
    visitor.reach(DETAILS)
    visitor.fill_in(Identity(email="retour@example.org"))
    visitor.confirm()
    entries = visitor.page.evaluate("history.length")
    for _ in range(entries):
        visitor.page.go_back()
        visitor.has_loaded()
        if visitor.page.url.endswith("/aide"):
            break
        visitor.page.wait_for_timeout(500)
    assert visitor.page.url.endswith("/aide"), "each step back goes one step back"


def test_a_hold_that_ended_is_kept_again_while_the_time_is_free_and_says_so_when_it_is_not(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    visitor.field("Nom").fill("Reste")
    for taken in (False, True):
        hold = held_by(visitor)
        ends = shift_hold(visitor, timedelta(seconds=1))
        until(visitor.page, lambda ends=ends: clock.now() > ends)  # type: ignore[misc]
        if not taken:
            visitor.button("Prolonger").click()
            visitor.says("nous le gardons de nouveau pour vous")
            assert held_by(visitor).expires_at > clock.now() + timedelta(minutes=8)
            continue
        # Everybody's seat at that time goes to others.
        with suppress(SlotGoneError):
            for number in count():
                book(hold.office_id, hold.starts_at, f"autre{number}@example.org")
        visitor.button("Prolonger").click()
        visitor.is_at(SLOT, TITLES[SLOT])
        visitor.says("vient d’être pris par une autre personne")
    visitor.choose_slot(day=-1)
    visitor.is_at(DETAILS, TITLES[DETAILS])
    expect(visitor.field("Nom")).to_have_value("Reste")


@pytest.mark.parametrize("link", [access.manage_url, access.confirm_url])
def test_a_new_appointment_after_a_cancelled_one_is_at_the_same_office_on_the_same_topic(
    link: Callable[[str], str], arrive: Arrive
) -> None:
    mine = booked(f"encore.{link.__name__}@example.org")
    cancel(mine)
    visitor = arrive()
    visitor.page.goto(link(mine.public_id))
    visitor.says("Ce rendez-vous est annulé.")
    visitor.button("Prendre un nouveau rendez-vous").click()
    visitor.is_at(CHANNEL, TITLES[CHANNEL])
    visitor.says(UNDERSTAND_NOTICE)
    visitor.says(mine.office_name)
