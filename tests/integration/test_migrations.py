from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, insert, inspect, text
from sqlmodel import SQLModel

from app import clock
from app.models import Account, Appointment, CaptchaChallenge, OpeningSession, Slot, SlotClaim
from app.models.base import EncryptedText
from app.services import database, schema
from app.services.accounts import accounts
from app.services.appointments import cancellation
from app.settings import get_settings


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Make the settings point to a database without any table."""
    if request.param == "sqlite":
        yield "sqlite"
        return
    server = request.getfixturevalue("postgresql_url")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS empty WITH (FORCE)")
        connection.execute("CREATE DATABASE empty")
    monkeypatch.setenv("DATABASE_URL", server.rpartition("/")[0] + "/empty")
    get_settings.cache_clear()
    yield "postgresql"
    database.reset()


def _tables(engine: Engine) -> dict[str, Any]:
    """Describe all tables as the database itself sees them."""
    seen = inspect(engine)
    return {
        name: {
            "columns": {c["name"]: (str(c["type"]), c["nullable"], c["default"]) for c in seen.get_columns(name)},
            "key": seen.get_pk_constraint(name),
            "foreign keys": sorted(map(str, seen.get_foreign_keys(name))),
            "unique": sorted(map(str, seen.get_unique_constraints(name))),
            "checks": sorted(map(str, seen.get_check_constraints(name))),
        }
        for name in seen.get_table_names()
        if name != "alembic_version"
    }


def _indexes(engine: Engine) -> set[str]:
    """Return the definition of every index, the condition of partial ones included."""
    query = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    }[engine.dialect.name]
    with engine.connect() as connection:
        found = set(connection.execute(text(query)).scalars())
    return {" ".join(sql.replace('"', "").split()) for sql in found if "alembic_version" not in sql}


def test_the_migrations_make_the_tables_of_the_models(empty: str) -> None:
    schema.upgrade()
    with database.engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_the_migrations_make_the_same_columns_and_indexes_as_the_models(empty: str) -> None:
    schema.upgrade()
    migrated = _tables(database.engine()), _indexes(database.engine())
    schema.downgrade("base")
    SQLModel.metadata.create_all(database.engine())
    assert migrated == (_tables(database.engine()), _indexes(database.engine()))
    assert any("WHERE" in index for index in migrated[1])


def test_taking_everything_back_leaves_no_table_and_can_be_done_again(empty: str) -> None:
    schema.upgrade()
    schema.downgrade("base")
    assert _tables(database.engine()) == {}
    schema.upgrade()
    assert set(_tables(database.engine())) == set(SQLModel.metadata.tables)


def test_migrating_twice_changes_nothing(empty: str) -> None:
    schema.upgrade()
    before = _tables(database.engine())
    schema.upgrade()
    assert _tables(database.engine()) == before


def test_two_processes_that_migrate_at_once_both_succeed(empty: str) -> None:
    import os
    import subprocess
    import sys

    command = [sys.executable, "-m", "app.cli", "migrate"]
    both = [subprocess.Popen(command, env=os.environ, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(one.wait(timeout=60), one.communicate()[1]) for one in both] == [(0, ""), (0, "")]
    assert set(_tables(database.engine())) == set(SQLModel.metadata.tables)


def test_a_database_used_by_newer_code_is_refused_in_plain_words(empty: str) -> None:
    schema.upgrade()
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(schema.UnknownRevisionError, match="9999"):
        schema.upgrade()


def test_foreign_keys_hold_after_a_migration(empty: str) -> None:
    schema.upgrade()
    with pytest.raises(Exception, match=r"(?i)foreign key"), database.writing() as session:
        session.execute(text("INSERT INTO agent (office_id, label) VALUES (4242, 'Guichet 1')"))


# From 0002, with rows in the tables

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
STARTS = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


def _fill_0002(engine: Engine) -> None:
    """Write a booked appointment and an account as the portal of revision 0002 left them."""
    tables = MetaData()
    tables.reflect(engine)
    rows: list[tuple[str, dict[str, Any]]] = [
        (
            "office",
            {"id": 1, "code": "o1", "kind": "individuals", "area": "111", "department": "11", "region": "76"}
            | {"name": "Service", "street": "1 rue", "postal_code": "11000", "city": "Carcassonne", "phone": ""}
            | {"email": "o@guichet.example", "access": "", "timezone": "Europe/Paris", "holiday_region": ""}
            | {"slot_minutes": 30},
        ),
        ("agent", {"id": 1, "office_id": 1, "label": "Guichet 1"}),
        (
            "opening_session",
            {"id": 1, "agent_id": 1, "weekday": 1, "starts": time(9), "ends": time(12), "channels": 3},
        ),
        (
            "appointment",
            {"id": 1, "public_id": "abc", "reference": "K7M-2QX-9RD", "office_id": 1, "topic_id": "test", "channel": 1}
            | {"starts_at": STARTS, "minutes": 30, "status": "booked", "revision": 1, "visitor_key": "v"}
            | {"civility": "", "last_name": "Martin", "first_name": "Camille", "details": "", "phone": ""}
            | {"second_phone": "", "email": "a@test.example", "tax_number": "", "created_at": NOW},
        ),
        ("slot", {"id": 1, "office_id": 1, "agent_id": 1, "starts_at": STARTS, "channels": 3, "appointment_id": 1}),
        ("slot_claim", {"slot_id": 1, "appointment_id": 1}),
        (
            "account",
            {
                "id": 1,
                "kind": "professional",
                "mode": "expert",
                "email": "c@test.example",
                "email_key": "c@test.example",
            }
            | {"password_hash": "hash", "has_certificate": False, "subscriber_number": "20260560000101"}
            | {"last_name": "Martin", "first_name": "Camille", "phone": "", "street_number": "", "street_type": ""}
            | {"street_name": "", "address_extra": "", "postal_code": "", "commune": "", "country": "FR"}
            | {"trust_question": "surnom", "trust_answer": _encrypted("Paul", engine), "siren": "", "contact_email": ""}
            | {"iban": _encrypted("", engine), "created_at": NOW, "password_changed_at": NOW},
        ),
        (
            "captcha_challenge",
            {"id": "challenge", "visitor_key": "v", "answer": _encrypted("ACDEFH", engine), "created_at": NOW}
            | {"expires_at": NOW},
        ),
    ]
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.begin() as connection:
        for table, row in rows:
            stored = {name: _stored(value) if is_sqlite else value for name, value in row.items()}
            connection.execute(insert(tables.tables[table]).values(stored))


def _encrypted(value: str, engine: Engine) -> str | None:
    return EncryptedText().process_bind_param(value, engine.dialect)


def _stored(value: Any) -> Any:
    """Return an instant as SQLite keeps it, in UTC without a time zone."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def test_what_0002_holds_survives_0003_with_what_was_true_of_it(empty: str) -> None:
    command.upgrade(schema.configuration(), "0002")
    _fill_0002(database.engine())
    database.reset()
    schema.upgrade()
    with database.reading() as session:
        appointment = session.get(Appointment, 1)
        account = session.get(Account, 1)
        challenge = session.get(CaptchaChallenge, "challenge")
        slot = session.get(Slot, 1)
        opening = session.get(OpeningSession, 1)
        assert appointment is not None and account is not None  # noqa: PT018
        assert (appointment.last_name, appointment.starts_at, appointment.created_at) == ("Martin", STARTS, NOW)
        assert (appointment.place_id, appointment.needs, appointment.account_id) == (None, 0, None)
        assert (appointment.other_last_name, appointment.other_first_name) == ("", "")
        # Whether somebody reminded them by other means is not known: none is due.
        assert (appointment.remind_at, appointment.confirm_until, appointment.anonymised_at) == (None, None, None)
        assert (account.email, account.trust_answer, account.created_at) == ("c@test.example", "Paul", NOW)
        assert (account.tax_number, account.insee, account.civility, account.needs) == (None, "", "", 0)
        assert challenge is not None and (challenge.kind, challenge.answer) == ("text", "ACDEFH")  # noqa: PT018
        assert slot is not None and (slot.appointment_id, slot.place_id) == (1, None)  # noqa: PT018
        assert opening is not None and (opening.starts, opening.place_id) == (time(9), None)  # noqa: PT018
        assert session.get(SlotClaim, 1) is not None


def test_the_services_work_on_what_0002_left(empty: str) -> None:
    command.upgrade(schema.configuration(), "0002")
    _fill_0002(database.engine())
    database.reset()
    schema.upgrade()
    with clock.moved(NOW):
        view = cancellation.cancel("abc", "once")
        found = accounts.get(1)
    assert view.status == "cancelled"
    assert found is not None
    assert found.subscriber_number == "20260560000101"


def test_0003_can_be_taken_back_with_rows_in_the_tables(empty: str) -> None:
    command.upgrade(schema.configuration(), "0002")
    _fill_0002(database.engine())
    before = _tables(database.engine()), _indexes(database.engine())
    database.reset()
    schema.upgrade()
    schema.downgrade("0002")
    database.reset()
    assert (_tables(database.engine()), _indexes(database.engine())) == before
    with database.reading() as session:
        kept = session.execute(text("SELECT last_name FROM appointment JOIN slot_claim ON appointment_id = id"))
        assert kept.scalar_one() == "Martin"
    schema.upgrade()
