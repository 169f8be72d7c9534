"""Confirming, step 5 of booking: once per journey, with everything it leaves behind."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
from sqlmodel import SQLModel, col

from app import clock
from app.models import Appointment, AppointmentChange, AuditEvent, Channel, Hold, Journey, Need, OutboxMail
from app.services import database, journeys
from app.services.appointments import booking, records, seats
from app.services.appointments.calendar_file import calendar_file
from app.services.appointments.cancellation import cancel
from app.services.appointments.records import AppointmentView, NotOfferedError
from app.services.appointments.seats import SlotGoneError, TooNearError
from app.services.journeys import JourneyGoneError
from app.services.notifications import delivery, outbox
from app.services.throttle import TooManyAttemptsError
from app.settings import get_settings
from tests.booking import MONDAY, PERSON, a_visitor, check_invariants, count, seats_of, together, topic_of
from tests.factories import MadeOffice, at, make_agent, make_office, make_place, make_slots, slots_of, week

NINE = at("2026-11-24 09:00")
HALF_PAST_NINE = at("2026-11-24 09:30")
TEN = at("2026-11-24 10:00")


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.moved(MONDAY):
        yield


@pytest.fixture
def office(db: str) -> MadeOffice:
    return make_office()


def test_a_held_seat_becomes_an_appointment_with_its_history_audit_and_mail(office: MadeOffice) -> None:
    make_slots(office, NINE)
    visitor = a_visitor()
    visitor.hold(office, NINE)

    view = visitor.confirm(office, NINE)

    assert (view.starts_at, view.minutes, view.channel) == (NINE, 30, Channel.COUNTER)
    assert (view.last_name, view.first_name, view.timezone) == (PERSON.last_name, PERSON.first_name, "Europe/Paris")
    assert view.is_booked
    assert records.get(view.public_id) == view == records.of_journey(visitor.key, visitor.journey_id)
    assert [change.kind for change in records.history(view.public_id)] == ["booked"]
    assert [mail.kind for mail in outbox.for_visitor(visitor.key)] == ["confirmed"]
    assert (count(AppointmentChange), count(AuditEvent), count(Hold)) == (1, 1, 0)
    check_invariants()


def test_the_mail_and_the_calendar_file_say_how_to_get_into_the_office(office: MadeOffice) -> None:
    make_slots(office, NINE)
    visitor = a_visitor()

    view = visitor.confirm(office, NINE)

    (mail,) = outbox.for_visitor(visitor.key)
    opened = outbox.mail_of_visitor(visitor.key, mail.id)
    assert opened is not None
    assert "Entrée par la cour." in opened.text
    assert "Entrée par la cour." in (calendar_file(view.public_id) or "").replace("\r\n ", "")


def test_the_journey_is_finished_and_what_was_typed_is_erased_from_it(office: MadeOffice) -> None:
    make_slots(office, NINE)
    visitor = a_visitor()
    journeys.save(visitor.key, "booking", visitor.journey_id, {"email": "x@y.example"})

    visitor.confirm(office, NINE)

    assert journeys.find(visitor.key, "booking") is None
    finished = journeys.last_finished(visitor.key, "booking")
    assert finished is not None
    assert (finished.id, finished.is_finished) == (visitor.journey_id, True)
    assert "email" not in finished.draft


def test_a_retry_after_the_commit_gives_the_same_appointment(office: MadeOffice) -> None:
    make_slots(office, NINE, TEN)
    visitor = a_visitor()
    visitor.hold(office, NINE)

    first = visitor.confirm(office, NINE)
    again = visitor.confirm(office, NINE)
    other_time = visitor.confirm(office, TEN)

    assert first == again == other_time
    assert (count(Appointment), count(OutboxMail)) == (1, 1)
    check_invariants()


def test_two_tabs_and_a_double_click_make_one_appointment_and_one_mail(office: MadeOffice) -> None:
    make_slots(office, NINE, TEN)
    visitor = a_visitor()
    visitor.hold(office, NINE)

    clicks = [partial(visitor.confirm, office, starts_at) for starts_at in (NINE, TEN) for _ in range(6)]
    results = together(clicks)

    assert {result.public_id for result in results} == {results[0].public_id}
    assert (count(Appointment), count(OutboxMail), count(AppointmentChange)) == (1, 1, 1)
    check_invariants()


def test_the_journey_of_somebody_else_gives_nothing(office: MadeOffice) -> None:
    make_slots(office, NINE, TEN)
    visitor, stranger = a_visitor(), a_visitor()
    visitor.confirm(office, NINE)

    with pytest.raises(JourneyGoneError):
        booking.confirm(
            stranger.key,
            visitor.journey_id,
            office_id=office.id,
            topic_id=topic_of(30),
            channel=Channel.COUNTER,
            starts_at=TEN,
            person=PERSON,
        )
    assert records.of_journey(stranger.key, visitor.journey_id) is None


def test_a_journey_left_in_another_tab_books_nothing(office: MadeOffice) -> None:
    make_slots(office, NINE)
    visitor = a_visitor()
    journeys.leave(visitor.key, "booking")

    with pytest.raises(JourneyGoneError):
        visitor.confirm(office, NINE)
    assert count(Appointment) == 0


def test_a_seat_that_has_just_gone_changes_nothing_and_keeps_the_journey(office: MadeOffice) -> None:
    make_slots(office, NINE)
    visitor = a_visitor()
    a_visitor().confirm(office, NINE)

    with pytest.raises(SlotGoneError):
        visitor.confirm(office, NINE)

    assert journeys.find(visitor.key, "booking") is not None
    assert (count(Appointment), count(OutboxMail)) == (1, 1)
    check_invariants()


def test_when_one_agent_is_taken_another_one_free_at_that_time_serves(db: str) -> None:
    office = make_office(agents=2)
    for agent in office.agents:
        make_slots(MadeOffice(office.id, (agent,)), NINE)

    first, second = a_visitor().confirm(office, NINE), a_visitor().confirm(office, NINE)

    assert seats_of(first)[0][0] != seats_of(second)[0][0]
    check_invariants()


def test_a_hold_that_ended_is_no_error_while_the_time_is_still_free(office: MadeOffice) -> None:
    make_slots(office, NINE)
    visitor = a_visitor()
    visitor.hold(office, NINE)

    with clock.moved(MONDAY + timedelta(hours=1)):
        assert visitor.confirm(office, NINE).is_booked
        check_invariants()


def test_a_hold_that_ended_gives_way_to_somebody_faster(office: MadeOffice) -> None:
    make_slots(office, NINE)
    slow, fast = a_visitor(), a_visitor()
    slow.hold(office, NINE)

    with clock.moved(MONDAY + timedelta(minutes=10)):
        fast.confirm(office, NINE)
        with pytest.raises(SlotGoneError):
            slow.confirm(office, NINE)
        check_invariants()


def test_the_seat_somebody_else_holds_is_not_taken(office: MadeOffice) -> None:
    make_slots(office, NINE)
    a_visitor().hold(office, NINE)

    with pytest.raises(SlotGoneError):
        a_visitor().confirm(office, NINE)


def test_confirming_another_time_than_the_one_held_frees_the_held_seat(office: MadeOffice) -> None:
    make_slots(office, NINE, TEN)
    visitor = a_visitor()
    visitor.hold(office, NINE)

    visitor.confirm(office, TEN)

    assert [slot.held_by for slot in slots_of(office.id)] == [None, None]
    assert a_visitor().confirm(office, NINE).is_booked
    check_invariants()


def test_an_hour_takes_two_slots_of_one_agent(db: str) -> None:
    office = make_office(agents=3)
    first, second, third = (MadeOffice(office.id, (agent,)) for agent in office.agents)
    make_slots(first, NINE, TEN)
    make_slots(second, HALF_PAST_NINE)
    make_slots(third, NINE, HALF_PAST_NINE)

    view = a_visitor().confirm(office, NINE, minutes=60)

    assert seats_of(view) == [(third.agent, NINE), (third.agent, HALF_PAST_NINE)]
    check_invariants()


def test_an_hour_is_not_made_of_two_agents_or_of_slots_apart(db: str) -> None:
    office = make_office(agents=2)
    first, second = (MadeOffice(office.id, (agent,)) for agent in office.agents)
    make_slots(first, NINE, TEN)
    make_slots(second, HALF_PAST_NINE)

    with pytest.raises(SlotGoneError):
        a_visitor().confirm(office, NINE, minutes=60)


def test_the_agent_with_the_fewest_other_channels_is_taken_first(db: str) -> None:
    office = make_office(agents=2)
    both, phone_only = (MadeOffice(office.id, (agent,)) for agent in office.agents)
    make_slots(both, NINE, channels=Channel.PHONE | Channel.COUNTER)
    make_slots(phone_only, NINE, channels=Channel.PHONE)

    view = a_visitor().confirm(office, NINE, channel=Channel.PHONE)

    assert seats_of(view) == [(phone_only.agent, NINE)]


def test_a_slot_serves_only_its_channels(office: MadeOffice) -> None:
    make_slots(office, NINE, channels=Channel.COUNTER)

    with pytest.raises(SlotGoneError):
        a_visitor().confirm(office, NINE, channel=Channel.PHONE)


@pytest.mark.parametrize("minutes_before", [59, 0, -30])
def test_a_time_too_near_or_past_is_refused(office: MadeOffice, minutes_before: int) -> None:
    make_slots(office, NINE)
    with clock.moved(NINE - timedelta(minutes=minutes_before)):
        with pytest.raises(TooNearError):
            a_visitor().confirm(office, NINE)
        with pytest.raises(TooNearError):
            a_visitor().hold(office, NINE)


def test_a_time_held_an_hour_before_can_be_confirmed_until_it_begins(office: MadeOffice) -> None:
    make_slots(office, NINE, TEN)
    with clock.moved(NINE - timedelta(minutes=60)):
        on_time, late = a_visitor(), a_visitor()
        on_time.hold(office, NINE)
        late.hold(office, TEN)

    with clock.moved(NINE - timedelta(minutes=1)):
        assert on_time.confirm(office, NINE).is_booked
    with clock.moved(TEN), pytest.raises(SlotGoneError):
        late.confirm(office, TEN)


def test_an_unknown_office_topic_or_channel_is_refused(office: MadeOffice) -> None:
    make_slots(office, NINE, channels=Channel.COUNTER | Channel.PHONE | Channel.VIDEO)
    good = {"office_id": office.id, "topic_id": topic_of(30), "channel": Channel.COUNTER}
    visitor = a_visitor()
    for bad in ({"office_id": 9999}, {"topic_id": "no-such-topic"}, {"channel": Channel(0)}):
        with pytest.raises(NotOfferedError):
            booking.confirm(visitor.key, visitor.journey_id, starts_at=NINE, person=PERSON, **(good | bad))  # type: ignore[arg-type]
    assert count(Appointment) == 0


def test_one_network_cannot_confirm_without_end(office: MadeOffice) -> None:
    visitor = a_visitor()

    def attempt() -> None:
        with pytest.raises(SlotGoneError):
            booking.confirm(
                visitor.key,
                visitor.journey_id,
                office_id=office.id,
                topic_id=topic_of(30),
                channel=Channel.COUNTER,
                starts_at=NINE,
                person=PERSON,
                network=visitor.network,
            )

    for _ in range(10):
        attempt()
    with pytest.raises(TooManyAttemptsError):
        attempt()


def test_a_failure_at_the_last_moment_leaves_nothing(office: MadeOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    make_slots(office, NINE)
    visitor = a_visitor()
    visitor.hold(office, NINE)

    def fail(*args: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr(journeys, "finish", fail)
        with pytest.raises(RuntimeError):
            visitor.confirm(office, NINE)

    assert (count(Appointment), count(OutboxMail), count(AuditEvent), count(Hold)) == (0, 0, 0, 1)
    assert visitor.confirm(office, NINE).is_booked
    check_invariants()


def test_references_are_short_and_without_look_alikes(office: MadeOffice) -> None:
    make_slots(office, NINE, TEN)
    references = [a_visitor().confirm(office, starts_at).reference for starts_at in (NINE, TEN)]

    assert len(set(references)) == 2
    for reference in references:
        assert len(reference) == 11
        assert not set(reference) & set("01OIL")


def test_the_database_refuses_a_second_appointment_for_one_journey(office: MadeOffice) -> None:
    make_slots(office, NINE, TEN)
    visitor = a_visitor()
    visitor.confirm(office, NINE)
    with database.writing() as session:
        # As if the journey's row had been restored from somewhere: live again.
        row = session.get(Journey, visitor.journey_id)
        assert row is not None
        row.finished_at, row.appointment_id = None, None

    with pytest.raises(Exception, match="idempotency_key"):
        visitor.confirm(office, TEN)
    assert count(Appointment) == 1
    check_invariants()


def test_no_connection_is_left_in_a_transaction_after_refusals(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_POOL_SIZE", "2")
    get_settings.cache_clear()
    database.reset()
    office = make_office()
    make_slots(office, NINE)
    a_visitor().confirm(office, NINE)

    for _ in range(10):
        with pytest.raises(SlotGoneError):
            a_visitor().confirm(office, NINE)
    assert count(Appointment) == 1


def test_booking_waits_while_another_process_writes_to_sqlite(settings: None) -> None:
    """SQLite lets one write at a time; whoever comes meanwhile waits, and is not told of an error."""
    SQLModel.metadata.create_all(database.engine())
    office = make_office()
    make_slots(office, NINE)
    visitor = a_visitor()
    path = get_settings().data_dir / "guichet.db"
    locked, written = threading.Event(), threading.Event()

    def hold_the_lock() -> None:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        locked.set()
        time.sleep(0.5)
        written.set()
        other.execute("COMMIT")
        other.close()

    writer = threading.Thread(target=hold_the_lock)
    writer.start()
    locked.wait(5)
    view = visitor.confirm(office, NINE)
    waited = written.is_set()
    writer.join()

    assert isinstance(view, AppointmentView)
    assert waited
    check_invariants()


def test_two_processes_booking_on_sqlite_never_upgrade_a_read_to_a_write(
    settings: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow transaction in the middle of choosing seats does not make the others fail."""
    SQLModel.metadata.create_all(database.engine())
    office = make_office()
    starts = [at("2026-11-24 09:00") + timedelta(minutes=30 * number) for number in range(12)]
    make_slots(office, *starts)
    real = seats.find

    def slow(*args: object) -> object:
        time.sleep(0.02)
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(seats, "find", slow)
    results = together([partial(a_visitor().confirm, office, starts_at) for starts_at in starts])

    assert all(isinstance(result, AppointmentView) for result in results)
    check_invariants()


def test_an_appointment_at_a_local_point_takes_its_seat_there_and_says_where_to_go(office: MadeOffice) -> None:
    point, topic = _video_point(office), topic_of(30, "counter", "phone", "video")
    make_slots(office, NINE, channels=Channel.VIDEO, place=point)
    make_slots(office, TEN, channels=Channel.COUNTER | Channel.VIDEO)
    visitor = a_visitor()

    view = visitor.confirm(office, NINE, Channel.VIDEO, topic=topic, place_id=point)

    assert (view.place_id, view.place_name) == (point, "Point d’accueil de Trèbes")
    assert view.place_lines[1] == "11800 Trèbes"
    assert view.place_access == "Entrée de plain-pied."
    assert records.get(view.public_id) == view
    [mail] = outbox.for_visitor(visitor.key)
    opened = outbox.mail_of_visitor(visitor.key, mail.id)
    assert opened is not None
    assert "Point d’accueil de Trèbes" in opened.text
    assert "C’est là qu’il faut vous rendre" in opened.text
    assert "LOCATION:Point d’accueil de Trèbes" in (opened.calendar or "").replace("\r\n ", "")
    assert "Point d’accueil de Trèbes" in (calendar_file(view.public_id) or "").replace("\r\n ", "")
    check_invariants()


def test_at_the_office_the_place_is_the_office_and_a_call_has_none(office: MadeOffice) -> None:
    make_slots(office, NINE, TEN)
    counter = a_visitor().confirm(office, NINE)
    call = a_visitor().confirm(office, TEN, Channel.PHONE)

    assert (counter.place_id, counter.place_name) == (None, counter.office_name)
    assert counter.place_lines[1] == "11000 Carcassonne"
    assert (call.place_id, call.place_name, call.place_lines, call.place_access) == (None, "", (), "")


def test_what_the_place_does_not_serve_is_refused(office: MadeOffice) -> None:
    point, topic = _video_point(office), topic_of(30, "counter", "phone", "video")
    everything = Channel.COUNTER | Channel.PHONE | Channel.VIDEO
    make_slots(office, NINE, channels=everything, place=point)
    make_slots(office, TEN, channels=everything)
    elsewhere = _video_point(make_office())
    asked = [(Channel.VIDEO, None), (Channel.COUNTER, point), (Channel.PHONE, point), (Channel.VIDEO, elsewhere)]
    for channel, place_id in [*asked, (Channel.VIDEO, 9999)]:
        for starts_at in (NINE, TEN):
            with pytest.raises(NotOfferedError):
                a_visitor().confirm(office, starts_at, channel, topic=topic, place_id=place_id)
    assert count(Appointment) == 0


def test_needs_and_the_person_received_are_kept_and_told_back(office: MadeOffice) -> None:
    make_slots(office, NINE)
    needs = Need.WHEELCHAIR | Need.NO_PHONE
    visitor = a_visitor(phone="", needs=needs, other_last_name="Dupont", other_first_name="Jeanne")

    view = visitor.confirm(office, NINE)

    assert (view.needs, view.received, view.phone) == (needs, "Jeanne Dupont", "")
    assert records.get(view.public_id) == view
    opened = outbox.mail_of_visitor(visitor.key, outbox.for_visitor(visitor.key)[0].id)
    assert opened is not None
    assert "fauteuil roulant, pas de téléphone" in opened.text
    assert "Pour\u00a0: Jeanne Dupont" in opened.text


def test_nobody_is_called_without_a_number(office: MadeOffice) -> None:
    make_slots(office, NINE)
    with pytest.raises(NotOfferedError):
        a_visitor(phone="", needs=Need.NO_PHONE).confirm(office, NINE, Channel.PHONE)


def test_the_reminder_is_due_two_days_before_and_not_for_a_late_booking(office: MadeOffice) -> None:
    in_time = at("2026-11-27 09:00")
    make_slots(office, NINE, in_time)
    due = {starts_at: a_visitor().confirm(office, starts_at).public_id for starts_at in (NINE, in_time)}

    with database.reading() as session:
        found = {row.public_id: row.remind_at for row in session.query(Appointment).all()}
    assert found[due[NINE]] is None
    assert found[due[in_time]] == at("2026-11-25 09:00")


def test_the_mails_of_an_appointment_say_what_they_were_and_whether_they_went(office: MadeOffice) -> None:
    make_slots(office, NINE, TEN)
    view = a_visitor().confirm(office, NINE)
    [waiting] = records.mails(view.public_id)
    assert (waiting.kind, waiting.state, waiting.sent_at) == ("Confirmation", records.MailState.WAITING, None)
    assert waiting.queued_at == MONDAY

    with clock.moved(MONDAY + timedelta(minutes=1)):
        delivery.deliver_due()
    cancel(view.public_id, "once")

    sent, last = records.mails(view.public_id)
    assert (sent.kind, sent.state, sent.sent_at) == (
        "Confirmation",
        records.MailState.SENT,
        MONDAY + timedelta(minutes=1),
    )
    assert (last.kind, last.state) == ("Annulation", records.MailState.WAITING)
    with database.writing() as session:
        session.query(OutboxMail).filter(col(OutboxMail.sent_at).is_(None)).update({"gave_up_at": MONDAY})
    assert records.mails(view.public_id)[-1].state is records.MailState.GIVEN_UP
    assert records.mails("unknown") == ()


def _video_point(office: MadeOffice) -> int:
    """Open a local point of the office where one speaks with an agent by video, every working day."""
    point = make_place(office.id, "Point d’accueil de Trèbes")
    make_agent(office.id, week("9:00-12:00", channels=Channel.VIDEO, place=point))
    return point
