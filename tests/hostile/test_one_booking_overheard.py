"""What goes over the websocket and into the log during one whole booking."""

import re

from sqlalchemy import select
from sqlmodel import col

from app import keys
from app.models import Appointment, AuditEvent
from app.services import database, visitors
from tests.e2e.portal import SECRET, Portal
from tests.hostile.inventory import PublicVar
from tests.hostile.walk import PERSON, Victim

_HASH = re.compile(r"(?<![0-9a-f])[0-9a-f]{40,}(?![0-9a-f])")


class TestTheWire:
    def test_never_carries_the_answer_of_a_captcha(self, victim: Victim) -> None:
        wire = "".join(victim.heard)
        assert victim.captcha_answers
        assert not [answer for answer in victim.captcha_answers if answer in wire]

    def test_never_carries_a_key_a_hash_or_the_cookie(self, victim: Victim) -> None:
        wire = "".join(victim.heard)
        visitor = visitors.key_of(f"{visitors.cookie_name()}={victim.cookie}")
        assert visitor is not None
        assert SECRET not in wire
        assert victim.cookie not in wire
        assert visitor not in wire
        assert visitors.network_key("127.0.0.1") not in wire
        assert keys.keyed_hash("tab", victim.token)[:16] not in wire
        assert not [found for found in _HASH.findall(wire) if visitor.startswith(found[:16])]
        assert _HASH.findall(wire) == []

    def test_carries_what_the_person_must_see(self, victim: Victim) -> None:
        wire = "".join(victim.heard)
        assert PERSON["email"] in wire
        assert victim.reference in wire

    def test_never_carries_a_stack_trace(self, victim: Victim) -> None:
        assert "Traceback" not in "".join(victim.heard)
        assert "site-packages" not in "".join(victim.heard)


class TestTheLog:
    def test_holds_nothing_about_the_person(self, portal: Portal, victim: Victim) -> None:
        log = portal.log.read_text()
        assert [secret for secret in victim.secrets() if secret and secret in log] == []

    def test_holds_neither_token_nor_key(self, portal: Portal, victim: Victim) -> None:
        log = portal.log.read_text()
        visitor = visitors.key_of(f"{visitors.cookie_name()}={victim.cookie}")
        assert victim.token not in log
        assert SECRET not in log
        assert str(visitor) not in log

    def test_of_security_holds_the_booking_without_the_person(self, victim: Victim) -> None:
        with database.reading() as session:
            rows = session.execute(select(AuditEvent)).scalars().all()
            written = " ".join(f"{row.event} {row.visitor_key} {row.subject} {row.outcome}" for row in rows)
            booked = session.execute(
                select(Appointment).where(col(Appointment.public_id) == victim.public_id)
            ).scalar_one()
            email = booked.email
        assert email == PERSON["email"]
        assert rows
        personal = [PERSON["last_name"], PERSON["first_name"], PERSON["email"], *victim.captcha_answers]
        assert [secret for secret in personal if secret in written] == []


def test_public_variables_hold_plain_values_and_frozen_views_only(public_vars: list[PublicVar]) -> None:
    assert len(public_vars) > 50
    assert [var for var in public_vars if var.fault] == []
