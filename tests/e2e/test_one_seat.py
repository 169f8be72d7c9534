"""A seat goes to one person, once, and nobody loses anything over it."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from secrets import token_hex
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect
from sqlmodel import col, select, update

from app import clock
from app.content import wording
from app.models import Appointment, CaptchaChallenge, Channel, Hold, Slot
from app.services import database, journeys
from app.services.appointments import access, availability, booking, records, steps
from app.services.appointments.person import Person
from app.services.appointments.records import AppointmentView
from app.services.journey_drafts import typed_in
from tests.e2e import letters
from tests.e2e.visitor import CONFIRMATION, DETAILS, SLOT, Identity, Visitor, typed
from tests.smtp import MailServer

TOPIC_ID = "ir-comprendre-avis"
GONE = "Ce créneau vient d’être pris par une autre personne"


def book(office_id: int, starts_at: datetime, email: str, channel: Channel = Channel.COUNTER) -> AppointmentView:
    """Book for somebody else, as another browser would."""
    key = token_hex(32)
    journey = journeys.start(key, "booking")
    someone = Person(
        civility="",
        last_name="Autre",
        first_name="Personne",
        details="",
        phone="+33639981111",
        second_phone="",
        email=email,
        tax_number="",
    )
    return booking.confirm(
        key,
        journey.id,
        office_id=office_id,
        topic_id=TOPIC_ID,
        channel=channel,
        starts_at=starts_at,
        person=someone,
    )


def held_by(visitor: Visitor) -> Hold:
    with database.reading() as session:
        return session.exec(select(Hold).where(Hold.visitor_key == visitor.key())).one()


def take_every_seat_at(office_id: int, starts_at: datetime) -> None:
    """Let the hold of this time end, then book whatever is free at that time."""
    with database.writing() as session:
        past = clock.now() - timedelta(minutes=1)
        session.exec(update(Hold).where(col(Hold.starts_at) == starts_at).values(expires_at=past))
        session.exec(
            update(Slot)
            .where(col(Slot.office_id) == office_id, col(Slot.starts_at) == starts_at)
            .values(held_until=past)
        )
    with database.reading() as session:
        query = select(Slot.id).where(
            Slot.office_id == office_id, Slot.starts_at == starts_at, col(Slot.appointment_id).is_(None)
        )
        seats = len(session.exec(query).all())
    for number in range(seats):
        book(office_id, starts_at, f"autre.{number}.{token_hex(4)}@example.org")


def booked_for(email: str) -> list[Appointment]:
    with database.reading() as session:
        return list(session.exec(select(Appointment).where(Appointment.email == email)))


def test_a_double_click_on_confirm_makes_one_appointment(visitor: Visitor, post_office: MailServer) -> None:
    who = Identity(email="double.clic@example.org")
    visitor.reach(DETAILS)
    visitor.fill_in(who)
    visitor.button("Confirmer et terminer").dblclick()
    visitor.is_at(CONFIRMATION, "Votre rendez-vous est enregistré")
    assert visitor.fact("Référence") == booked_for(who.email)[0].reference
    assert len(booked_for(who.email)) == 1
    letters.wait_for(post_office, who.email, 1)
    visitor.page.wait_for_timeout(1500)
    assert len(letters.to(post_office, who.email)) == 1


def test_two_tabs_make_one_appointment(visitor: Visitor, post_office: MailServer) -> None:
    who = Identity(email="deux.onglets@example.org")
    visitor.reach(DETAILS)
    visitor.fill_in(who)
    first = visitor.page
    visitor.new_tab()
    visitor.go(DETAILS)
    visitor.has_loaded()
    visitor.button("Reprendre").click()
    visitor.is_at(DETAILS, "Vos informations")
    visitor.fill_in(who)
    second = visitor.page
    for page in (first, second):
        page.get_by_role("button", name="Confirmer et terminer").click(no_wait_after=True)
    references = set()
    for page in (first, second):
        visitor.page = page
        visitor.is_at(CONFIRMATION, "Votre rendez-vous est enregistré")
        references.add(visitor.fact("Référence"))
    [booked] = booked_for(who.email)
    assert references == {booked.reference}
    letters.wait_for(post_office, who.email, 1)
    visitor.page.wait_for_timeout(1500)
    assert len(letters.to(post_office, who.email)) == 1


def test_when_the_seat_has_gone_the_agenda_says_so_and_everything_typed_stays(visitor: Visitor) -> None:
    who = Identity(email="trop.tard@example.org", details="À garder.")
    visitor.reach(DETAILS)
    visitor.fill_in(who)
    hold = held_by(visitor)
    take_every_seat_at(hold.office_id, hold.starts_at)
    visitor.press_confirm()
    visitor.is_at(SLOT, "Choisissez un créneau")
    expect(visitor.summary).to_contain_text(GONE)
    assert booked_for(who.email) == []

    moment = visitor.choose_slot(day=2)
    visitor.says(f"Nous gardons le {moment} pour vous")
    holds(visitor, typed(who))
    if visitor.page.get_by_role("img", name="Image à recopier").count():
        visitor.copy_captcha()
    visitor.confirm()
    assert len(booked_for(who.email)) == 1


def test_the_first_free_time_that_has_gone_gives_way_to_the_next_and_says_so(visitor: Visitor) -> None:
    visitor.reach(SLOT)
    progress = steps.progress(visitor.key(), steps.BOOKING)
    assert progress is not None
    assert progress.office is not None
    asked = (progress.office.id, Channel.COUNTER, progress.minutes)
    first = availability.first_free(*asked)
    assert first is not None
    take_every_seat_at(progress.office.id, first)
    visitor.button("Choisir ce créneau").click()
    visitor.is_at(DETAILS, "Vos informations")
    held = held_by(visitor).starts_at
    assert held > first
    assert held < (availability.first_free(*asked) or held + timedelta(minutes=1))
    visitor.says(
        f"Nous gardons le {wording.short_moment(held.astimezone(ZoneInfo(progress.office.timezone)))} pour vous"
    )
    visitor.says("nous avons retenu le suivant")


def test_when_the_new_seat_has_gone_the_old_appointment_stands(visitor: Visitor, post_office: MailServer) -> None:
    mine = begin_to_move(visitor, "reste.valable@example.org")
    hold = held_by(visitor)
    assert hold.starts_at != mine.starts_at
    take_every_seat_at(hold.office_id, hold.starts_at)
    visitor.button("Confirmer le nouveau rendez-vous").click()
    visitor.is_at("/rendez-vous/replanifier/creneau", "Choisissez un créneau")
    expect(visitor.summary).to_contain_text(GONE)
    visitor.says("reste valable")
    now = records.get(mine.public_id)
    assert now is not None
    assert (now.starts_at, now.status, now.revision) == (mine.starts_at, "booked", 1)
    letters.wait_for(post_office, mine.email, 1)


def begin_to_move(visitor: Visitor, email: str) -> AppointmentView:
    """Book for this address, then open the link and choose another time, up to the check."""
    visitor.reach(SLOT)
    visitor.choose_slot(day=-1)
    hold = held_by(visitor)
    visitor.button("Effacer et quitter").click()
    visitor.is_at("/", re.compile("Vos démarches"))
    mine = book(hold.office_id, hold.starts_at, email)
    visitor.go(f"/rendez-vous/suivi/{access.manage_token(mine.public_id)}")
    visitor.has_loaded()
    visitor.button("Replanifier").click()
    visitor.is_at("/rendez-vous/replanifier/creneau", "Choisissez un créneau")
    visitor.choose_day(1)
    visitor.choose_time(0)
    visitor.is_at("/rendez-vous/replanifier/verification", "Vérifiez le changement")
    assert visitor.fact("Nouveau rendez-vous") != visitor.fact("Rendez-vous actuel")
    return mine


def countdown(visitor: Visitor) -> int:
    """Return how many seconds the countdown shows."""
    words = str(visitor.page.get_by_role("timer").text_content())
    minutes, seconds = re.findall(r"\d+", words)
    return int(minutes) * 60 + int(seconds)


def counts_down(visitor: Visitor) -> None:
    """Check that the countdown shows what is left of the hold."""
    expect(visitor.page.get_by_role("timer")).to_have_text(re.compile(r"^\d+.min \d\d.s$"))
    ends = held_by(visitor).expires_at
    # The clock goes on between the two looks, more so on a busy machine: they agree at one of them.
    until(visitor.page, lambda: abs(countdown(visitor) - (ends - clock.now()).total_seconds()) <= 1.5)


def shift_hold(visitor: Visitor, remaining: timedelta) -> datetime:
    """Make the visitor's hold end that long from now, as if time had passed; return when."""
    ends = clock.now() + remaining
    hold = held_by(visitor)
    with database.writing() as session:
        session.exec(update(Hold).where(col(Hold.id) == hold.id).values(expires_at=ends))
        session.exec(update(Slot).where(col(Slot.held_by) == hold.id).values(held_until=ends))
    return ends


def test_the_countdown_runs_can_be_prolonged_and_warns_at_two_minutes(visitor: Visitor) -> None:
    visitor.reach(SLOT)
    begun = clock.now()
    visitor.choose_slot()
    first = held_by(visitor).expires_at
    assert timedelta(minutes=10) <= first - begun <= timedelta(minutes=10) + (clock.now() - begun)
    counts_down(visitor)
    visitor.field("Nom").fill("Reste")
    visitor.button("Prolonger").click()
    visitor.says("Le délai est prolongé de 5 minutes.")
    assert held_by(visitor).expires_at - first == timedelta(minutes=5)
    counts_down(visitor)
    expect(visitor.field("Nom")).to_have_value("Reste")

    shift_hold(visitor, timedelta(seconds=119))
    visitor.page.reload()
    visitor.has_loaded()
    expect(visitor.page.get_by_role("status").filter(has_text="Il reste moins de deux minutes")).to_have_count(1)


def test_a_hold_that_ended_is_no_error_while_the_time_is_free(visitor: Visitor) -> None:
    who = Identity(email="lente@example.org")
    visitor.reach(DETAILS)
    ends = shift_hold(visitor, timedelta(seconds=10))
    visitor.page.reload()
    visitor.has_loaded()
    visitor.fill_in(who)
    expect(visitor.page.get_by_text("Le délai est passé : ce créneau n’est plus réservé.")).to_be_visible(
        timeout=30_000
    )
    # The countdown shows whole seconds: it ends a little before the hold does.
    until(visitor.page, lambda: clock.now() > ends)
    holds(visitor, typed(who))
    visitor.confirm()
    assert len(booked_for(who.email)) == 1


def test_what_is_kept_until_the_morning_counts_down_in_hours(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    shift_hold(visitor, timedelta(hours=11, minutes=25, seconds=30))
    visitor.page.reload()
    visitor.has_loaded()
    expect(visitor.page.get_by_role("timer")).to_have_text(re.compile(r"^11.h 2[45].min$"))
    expect(visitor.button("Prolonger")).to_be_hidden()
    shift_hold(visitor, timedelta(minutes=20))
    visitor.page.reload()
    visitor.has_loaded()
    expect(visitor.button("Prolonger")).to_be_visible()


def test_ten_extensions_are_enough(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    hold = held_by(visitor)
    with database.writing() as session:
        session.exec(update(Hold).where(col(Hold.id) == hold.id).values(extensions=10))
    visitor.button("Prolonger").click()
    visitor.says("Ce créneau ne peut plus être prolongé.")
    expect(visitor.button("Prolonger")).to_be_hidden()
    expect(visitor.page.locator("#prolongation")).to_be_focused()
    visitor.page.reload()
    visitor.has_loaded()
    expect(visitor.page.get_by_role("timer")).to_be_visible()
    expect(visitor.button("Prolonger")).to_be_hidden()


def test_a_wrong_captcha_keeps_everything_and_shows_another_picture(visitor: Visitor) -> None:
    who = Identity(email="captcha@example.org", details="Rien ne se perd.")
    visitor.reach(DETAILS)
    visitor.fill_in(who, captcha=False)
    picture = visitor.page.get_by_role("img", name="Image à recopier")
    refused(visitor, "", who)
    before = picture.get_attribute("src")
    refused(visitor, "ZZZZZZ", who)
    expect(picture).not_to_have_attribute("src", str(before))

    before = picture.get_attribute("src")
    visitor.button("Changer l’image").click()
    expect(picture).not_to_have_attribute("src", str(before))
    holds(visitor, typed(who))

    with visitor.page.expect_response(lambda answer: answer.url.endswith(".wav")) as sound:
        visitor.button("Écouter l’extrait sonore").click()
    assert sound.value.status in (200, 206)
    assert sound.value.headers["content-type"].startswith("audio/wav")
    sounding = "() => !document.querySelector('audio').paused && document.querySelector('audio').duration > 1"
    until(visitor.page, lambda: bool(visitor.page.evaluate(sounding)))

    answer = visitor.captcha_answer()
    with database.writing() as session:
        session.exec(update(CaptchaChallenge).values(expires_at=clock.now() - timedelta(seconds=1)))
    refused(visitor, answer, who)
    visitor.copy_captcha()
    visitor.confirm()


def refused(visitor: Visitor, answer: str, who: Identity) -> None:
    """Confirm with this answer, and find the form refused with everything still in it."""
    visitor.field("Recopiez les caractères de l’image").fill(answer)
    visitor.press_confirm()
    expect(visitor.summary).to_be_focused()
    expect(visitor.summary.get_by_role("link")).to_have_count(1)
    visitor.summary.get_by_role("link").click()
    captcha = visitor.field("Recopiez les caractères de l’image")
    expect(captcha).to_be_focused()
    expect(captcha).to_have_attribute("aria-invalid", "true")
    holds(visitor, typed(who))


def until(page: Page, is_so: Callable[[], bool]) -> None:
    """Wait until this is so (the content policy forbids Playwright's own way)."""
    for _ in range(450):
        if is_so():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not come true")


def holds(visitor: Visitor, values: Mapping[str, str]) -> None:
    """Check what the fields with these labels hold."""
    for label, value in values.items():
        expect(visitor.field(label)).to_have_value(value)


def is_kept(visitor: Visitor, kind: str, **typed: str) -> None:
    """Wait until the portal has kept these fields, by name, of a journey or of a form (services/form_drafts.py)."""

    def has_them() -> bool:
        found = journeys.find(visitor.key(), kind)
        kept = {} if found is None else {**found.draft.get("typed", {}), **typed_in(found.draft)}
        return typed.items() <= kept.items()

    until(visitor.page, has_them)


def test_the_countdown_is_right_on_a_device_whose_clock_is_wrong(visitor: Visitor) -> None:
    visitor.context.add_init_script("const now = Date.now; Date.now = () => now() + 20 * 60 * 1000;")
    visitor.reach(DETAILS)
    counts_down(visitor)
    expect(visitor.page.get_by_text("Le délai est passé")).to_be_hidden()
