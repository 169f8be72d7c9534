"""Joining the waiting list, looking at one's entry and leaving; nobody learns who is on it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from app import clock
from app.models import AuditEvent, Channel, WaitingEntry, WaitingStatus
from app.services import database, throttle
from app.services.appointments import waiting_links, waiting_list
from app.services.appointments.cancellation import cancel
from app.services.appointments.records import NotOfferedError
from app.services.appointments.waiting_list import EntryView
from app.services.form_errors import FieldErrors
from app.services.notifications import outbox
from app.services.throttle import TooManyAttemptsError
from app.settings import get_settings
from tests.booking import MONDAY, a_visitor, count, topic_of
from tests.factories import (
    MadeOffice,
    at,
    make_absence,
    make_agent,
    make_closure,
    make_office,
    make_place,
    make_slots,
    week,
)
from tests.waiting import FIRST, LAST, Waiting, a_waiter, an_office, check_waiting_list, join, mails

NINE = at("2026-11-24 09:00")
ANH = "anh@courriel.example"
MONDAYS_AND_FRIDAYS = 0b0010001


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    throttle.reset()
    with clock.moved(MONDAY):
        yield


def test_who_joins_is_told_what_they_asked_and_gets_one_mail_with_the_way_out(db: str) -> None:
    office = an_office()

    view = join(office, email=ANH, weekdays=MONDAYS_AND_FRIDAYS)

    assert (view.office_id, view.channel, view.weekdays, view.status) == (
        office.id,
        Channel.COUNTER,
        MONDAYS_AND_FRIDAYS,
        WaitingStatus.WAITING,
    )
    assert view.weekday_words == "lundi et vendredi"
    assert view.period_words == "du 24 novembre 2026 au 4 décembre 2026"
    (mail,) = mails("waiting_joined")
    assert mail.recipient == ANH
    assert mail.subject == "Vous êtes sur la liste d’attente"
    with database.reading() as session:
        entry = session.execute(select(WaitingEntry)).scalar_one()
    for body in (mail.text_body or "", mail.html_body or ""):
        assert waiting_links.entry_url(entry.public_id) in body
        assert "lundi et vendredi, du 24 novembre 2026 au 4 décembre 2026" in body
        assert "rue des Essais" in body


def test_the_link_of_the_mail_shows_the_entry_and_changes_nothing(db: str) -> None:
    anh = a_waiter(an_office())

    view = waiting_list.entry(anh.token)

    assert view is not None
    assert (view.first_day, view.last_day, view.status) == (FIRST, LAST, WaitingStatus.WAITING)
    assert waiting_list.entry(anh.token) == view
    assert anh.row.status == WaitingStatus.WAITING


@pytest.mark.parametrize("token", ["", "x", "é", "0" * 300, "0" * 32 + "-" + "a" * 26])
def test_a_forged_link_shows_nothing_and_leaves_nothing(db: str, token: str) -> None:
    anh = a_waiter(an_office())

    assert waiting_list.entry(token) is None
    assert waiting_list.leave(token) is None
    assert waiting_list.offer(token) is None
    assert waiting_list.decline(token) is None
    assert anh.row.status == WaitingStatus.WAITING


def test_a_link_that_the_portal_made_is_told_from_one_that_was_cut(db: str) -> None:
    anh = a_waiter(an_office())
    token = anh.token
    assert waiting_list.is_made(token)
    assert not waiting_list.is_made(token[:-1])
    assert waiting_list.is_made(waiting_links.offer_token("erased"))
    assert waiting_list.offer(waiting_links.offer_token("erased")) is None


def test_a_link_of_an_entry_is_no_link_of_an_offer(db: str) -> None:
    anh = a_waiter(an_office())

    assert waiting_links.public_id_of(waiting_links.offer_token(anh.row.public_id)) is None
    assert waiting_links.offer_id_of(anh.token) is None


def test_who_leaves_is_off_the_list_and_may_press_the_button_again(db: str) -> None:
    office = an_office()
    anh = a_waiter(office)

    views = [waiting_list.leave(anh.token), waiting_list.leave(anh.token)]

    assert [view and view.status for view in views] == [WaitingStatus.LEFT, WaitingStatus.LEFT]
    make_slots(office, NINE)
    assert waiting_list.run() == 0
    assert anh.offers == []


def test_who_left_may_join_again_behind_those_who_came_meanwhile(db: str) -> None:
    office = an_office()
    anh = a_waiter(office, email=ANH)
    bao = a_waiter(office)
    anh.leave()
    again = a_waiter(office, email=ANH)
    make_slots(office, NINE)

    waiting_list.run()

    assert (bao.offered, again.offered) == ([NINE], [])


def test_a_stranger_gets_the_same_answer_whether_or_not_an_address_waits(db: str) -> None:
    office = an_office()
    fresh = join(office, key="stranger", email="nobody@courriel.example")
    a_waiter(office, email=ANH)
    known = join(office, key="stranger", email=ANH)
    full = [join(an_office(), email="full@courriel.example") for _ in range(5)]

    assert known == fresh
    assert {replace(view, office_id=0, office_name="") for view in full} == {
        replace(fresh, office_id=0, office_name="")
    }


def test_a_stranger_takes_no_day_away_from_somebody_and_learns_nothing_in_the_demo_mailbox(db: str) -> None:
    office = an_office()
    anh = a_waiter(office, email=ANH, weekdays=0b0000011)

    join(
        office, key="stranger", email=ANH.upper(), weekdays=0b0010000, first=date(2026, 11, 23), last=date(2026, 11, 30)
    )

    assert (anh.row.weekdays, anh.row.first_day, anh.row.last_day) == (0b0010011, date(2026, 11, 23), LAST)
    assert {mail.visitor_key for mail in mails("waiting_joined", anh.email)} == {anh.key}
    assert count(WaitingEntry) == 1


def test_the_same_browser_changes_its_days_without_losing_its_place(db: str) -> None:
    office = an_office()
    anh = a_waiter(office)
    a_waiter(office)

    join(office, key=anh.key, email=anh.email, weekdays=0b0000001, first=date(2026, 11, 30), last=date(2026, 12, 1))

    assert count(WaitingEntry) == 2
    assert (anh.row.weekdays, anh.row.first_day, anh.row.last_day) == (1, date(2026, 11, 30), date(2026, 12, 1))
    assert len(mails("waiting_joined", anh.email)) == 2


def test_joining_twice_the_same_way_sends_one_mail_a_day(db: str) -> None:
    office = an_office()
    for _ in range(3):
        join(office, key="anh", email=ANH)
    assert len(mails("waiting_joined", ANH)) == 1

    with clock.moved(MONDAY + timedelta(days=1)):
        join(office, key="anh", email=ANH)
    assert len(mails("waiting_joined", ANH)) == 2


def test_the_fourth_thing_an_address_waits_for_is_refused_by_mail_only(db: str) -> None:
    waiting = [a_waiter(an_office(), email=ANH) for _ in range(3)]

    join(an_office(), key="anywhere", email=ANH)
    join(an_office(), key="anywhere", email=ANH)

    assert count(WaitingEntry) == 3
    (mail,) = mails("waiting_full")
    assert mail.recipient == ANH
    assert mail.visitor_key == waiting[0].key
    for one in waiting:
        assert waiting_links.entry_url(one.row.public_id) in (mail.text_body or "")
        assert waiting_links.entry_url(one.row.public_id) in (mail.html_body or "")


def test_there_is_room_again_after_leaving_one_list(db: str) -> None:
    waiting = [a_waiter(an_office(), email=ANH) for _ in range(3)]
    waiting[0].leave()

    join(an_office(), email=ANH)

    assert count(WaitingEntry) == 4
    assert mails("waiting_full") == []


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"email": "not an address"}, "email"),
        ({"email": "a@b.example\r\nBcc: c@d.example"}, "email"),
        ({"email": " "}, "email"),
        ({"weekdays": 0}, "weekdays"),
        ({"weekdays": 128}, "weekdays"),
        ({"weekdays": -1}, "weekdays"),
        ({"weekdays": 0b1000000, "first": date(2026, 11, 24), "last": date(2026, 11, 27)}, "weekdays"),
        ({"first": date(2026, 11, 26), "last": date(2026, 11, 25)}, "last_day"),
        ({"first": date(2026, 11, 1), "last": date(2026, 11, 22)}, "last_day"),
        ({"last": date(2027, 11, 25)}, "last_day"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(db: str, wish: dict[str, object], field: str) -> None:
    with pytest.raises(FieldErrors) as wrong:
        join(an_office(), **wish)  # type: ignore[arg-type]
    assert list(wrong.value.errors) == [field]
    assert count(WaitingEntry) == 0


SATURDAY = 0b0100000


def refused(office: MadeOffice, **wish: object) -> dict[str, str]:
    """Return what is wrong with the days somebody asks for."""
    with pytest.raises(FieldErrors) as wrong:
        join(office, **wish)  # type: ignore[arg-type]
    assert count(WaitingEntry) == 0
    return wrong.value.errors


def test_nobody_waits_for_a_week_day_on_which_nobody_is_ever_received(db: str) -> None:
    office = make_office(sessions=week() + week("9:00-12:00", days=[5], channels=Channel.PHONE))
    place = make_place(office.id)
    make_agent(office.id, week(days=[1], channels=Channel.COUNTER, place=place))

    sunday = refused(office, weekdays=0b1000001)
    saturday = refused(office, weekdays=0b1111111)
    there = refused(office, weekdays=0b0000111, place=place)

    assert sunday == {"weekdays": "Ce service ne reçoit pas le dimanche."}
    assert saturday["weekdays"].startswith("Ce service ne reçoit pas le dimanche.")
    assert saturday["weekdays"].endswith("Ce service ne donne pas de rendez-vous au guichet le samedi.")
    assert there == {"weekdays": "Ce point d’accueil ne reçoit pas le lundi ni le mercredi."}
    assert join(office, channel=Channel.PHONE, weekdays=SATURDAY).weekday_words == "samedi"
    assert waiting_list.week(office.id, Channel.COUNTER, place, range(6)).served == 0b0000010
    assert waiting_list.week(office.id, Channel.COUNTER, None, range(5)) == waiting_list.Week(0b0011111, "")


def test_a_closed_day_alone_is_refused_with_its_reason(db: str) -> None:
    office = an_office()
    make_closure(office.id, date(2026, 11, 25), date(2026, 11, 27), reason="Inventaire")
    wednesday, friday = date(2026, 11, 25), date(2026, 11, 27)

    alone = refused(office, first=wednesday, last=wednesday)
    period = refused(office, first=wednesday, last=friday)
    holiday = refused(office, first=date(2026, 12, 25), last=date(2026, 12, 25))

    assert alone == {"first_day": "Choisissez un autre jour que le mercredi 25 novembre 2026. Inventaire."}
    assert period["weekdays"].startswith("Ce service ne reçoit aucun des jours cochés de cette période")
    assert holiday["first_day"].endswith("Jour férié\u00a0: Noël.")
    assert join(office, first=wednesday, last=date(2026, 11, 30)).last_day == date(2026, 11, 30)


def test_one_may_wait_for_agents_who_are_away_for_long(db: str) -> None:
    office = an_office()
    make_absence(office.agent, date(2026, 1, 1), date(2027, 12, 31))
    assert join(office).status == WaitingStatus.WAITING


def test_a_first_day_in_the_past_means_today_and_the_horizon_is_the_last_day(db: str) -> None:
    last = date(2026, 11, 23) + timedelta(days=get_settings().horizon_days)
    view = join(an_office(), first=date(2020, 1, 1), last=last)
    assert (view.first_day, view.last_day) == (date(2026, 11, 23), last)


def test_nobody_waits_for_what_an_office_does_not_offer(db: str) -> None:
    with pytest.raises(NotOfferedError):
        join(an_office(), topic="unknown")
    with pytest.raises(NotOfferedError):
        join(an_office(), channel=Channel.VIDEO)


def test_a_script_that_joins_with_many_addresses_is_slowed_down(db: str) -> None:
    office = an_office()
    for number in range(5):
        join(office, key="script", email=f"victim-{number}@courriel.example")
    with pytest.raises(TooManyAttemptsError):
        join(office, key="script", email="victim@courriel.example")
    assert count(WaitingEntry) == 5


def test_the_audit_log_knows_entries_by_number_only(db: str) -> None:
    anh = a_waiter(an_office(), email=ANH)
    anh.leave()
    with database.reading() as session:
        events = session.execute(select(AuditEvent).order_by(col(AuditEvent.id))).scalars().all()
    told = [(event.event, event.subject, event.outcome) for event in events]
    assert told == [
        ("waiting_entry", f"waiting {anh.entry_id}", "joined"),
        ("waiting_entry", f"waiting {anh.entry_id}", "left"),
    ]


def test_one_waits_for_a_local_point_and_is_offered_only_what_is_there(db: str) -> None:
    office = an_office()
    place = make_place(office.id)
    make_agent(office.id, week("9:00-12:00", channels=Channel.COUNTER, place=place))
    there = a_waiter(office, place=place)
    make_slots(office, NINE)
    make_slots(office, NINE + timedelta(hours=1), channels=Channel.COUNTER, place=place)

    waiting_list.run()

    assert there.offered == [NINE + timedelta(hours=1)]
    (mail,) = mails("waiting_offer")
    assert "place des Essais" in (mail.text_body or "")
    for body in (mail.text_body, mail.html_body):
        assert "Entrée de plain-pied." in (body or "")
    view = waiting_list.offer(there.offer_token)
    assert view is not None
    assert (view.place_id, view.address_lines[1]) == (place, "11800 Trèbes")
    check_waiting_list()


def test_an_entry_ends_with_its_last_day_where_the_office_is(db: str) -> None:
    paris = a_waiter(an_office(), last=date(2026, 11, 25))
    tahiti = a_waiter(an_office(timezone="Pacific/Tahiti"), first=date(2026, 11, 24), last=date(2026, 11, 25))

    with clock.moved(at("2026-11-25 23:59")):
        waiting_list.run()
        assert paris.row.status == WaitingStatus.WAITING
    with clock.moved(at("2026-11-26 00:01")):
        waiting_list.run()
        assert (paris.row.status, tahiti.row.status) == (WaitingStatus.OVER, WaitingStatus.WAITING)
    with clock.moved(at("2026-11-26 00:01", "Pacific/Tahiti")):
        waiting_list.run()
        assert tahiti.row.status == WaitingStatus.OVER


def test_who_waited_in_vain_gets_one_mail_with_the_way_to_search_again(db: str) -> None:
    anh = a_waiter(an_office(), email=ANH, weekdays=MONDAYS_AND_FRIDAYS)

    with clock.moved(at("2026-12-05 00:01")):
        assert waiting_list.run() == 1
        assert waiting_list.run() == 0

    (mail,) = mails("waiting_over")
    assert (mail.recipient, mail.visitor_key) == (ANH, anh.key)
    assert mail.subject == "Votre inscription sur la liste d’attente est terminée"
    for body in (mail.text_body or "", mail.html_body or ""):
        assert "Les jours que vous aviez choisis sont passés" in body
        assert "lundi et vendredi, du 24 novembre 2026 au 4 décembre 2026" in body
        assert "rue des Essais" in body
        assert waiting_links.entry_url(anh.row.public_id) in body
        assert "Le service et le motif sont gardés" in " ".join(body.split())


def test_an_offer_without_an_answer_does_not_spare_the_mail_at_the_end(db: str) -> None:
    office = an_office()
    make_slots(office, NINE)
    anh = a_waiter(office)
    waiting_list.run()
    assert anh.offered == [NINE]

    with clock.moved(at("2026-12-05 00:01")):
        waiting_list.run()

    assert anh.row.status == WaitingStatus.OVER
    assert len(mails("waiting_over", anh.email)) == 1
    check_waiting_list()


def test_who_left_or_was_served_gets_no_mail_about_the_end_and_who_never_answered_one(db: str) -> None:
    office = an_office()
    make_slots(office, NINE)
    served, left, silent = (a_waiter(office) for _ in range(3))
    waiting_list.run()
    served.accept()
    left.leave()
    _answers_nothing(silent, office)
    assert [each.row.status for each in (served, left, silent)] == ["served", "left", "over"]

    with clock.moved(at("2026-12-05 00:01")):
        waiting_list.run()

    assert [mail.recipient for mail in mails("waiting_over")] == [silent.email]


def test_many_entries_end_in_one_run(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_list, "AT_ONCE", 2)
    office = an_office()
    people = [a_waiter(office) for _ in range(5)]

    with clock.moved(at("2026-12-05 00:01")):
        assert waiting_list.run() == 5

    assert sorted(mail.recipient for mail in mails("waiting_over")) == sorted(each.email for each in people)


def test_an_entry_whose_mail_cannot_be_written_has_not_ended(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    anh = a_waiter(an_office())

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError

    with clock.moved(at("2026-12-05 00:01")):
        with monkeypatch.context() as patch:
            patch.setattr(outbox, "queue", fails)
            with pytest.raises(RuntimeError):
                waiting_list.run()
        assert anh.row.status == WaitingStatus.WAITING
        waiting_list.run()

    assert (anh.row.status, len(mails("waiting_over"))) == (WaitingStatus.OVER, 1)


def test_cancelling_at_an_office_where_nobody_waits_offers_nothing(db: str) -> None:
    a_waiter(an_office())
    office = an_office()
    make_slots(office, NINE)
    booked = a_visitor().confirm(office, NINE)

    cancel(booked.public_id, "key")

    assert mails("waiting_offer") == []


def test_the_topic_decides_how_long_it_takes(db: str) -> None:
    assert join(an_office(), topic=topic_of(60)).minutes == 60


def _answers_nothing(silent: Waiting, office: MadeOffice) -> None:
    """Offer three times to somebody who never answers."""
    for number in range(3):
        make_slots(office, NINE + timedelta(days=1, hours=number))
        with clock.moved(MONDAY + timedelta(hours=number)):
            waiting_list.run()
    with clock.moved(MONDAY + timedelta(hours=4)):
        waiting_list.run()
    assert len(silent.offers) == 3


def _anywhere(view: EntryView) -> EntryView:
    return replace(view, office_id=0, office_name="")
