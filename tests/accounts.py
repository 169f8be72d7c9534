"""Accounts for tests, made as the activation leaves them, and quick passwords."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import MetaData, PrimaryKeyConstraint
from sqlmodel import SQLModel

from app import clock
from app.models import Account, SpaceKind, SpaceMode
from app.services import captcha, database
from app.services.accounts import activation, email_address, passwords

PASSWORD = "Lune-Bleue42-Ardoise-Ni9aud"
ADDRESS = "camille.martin@courriel.example"
TAX_NUMBER = "0000000101101"
"""Of the first invented taxpayer."""


@contextmanager
def quick_passwords() -> Iterator[None]:
    """Make bcrypt as cheap as it can be inside the block; the code is the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", 4)
        yield


def make_account(
    email: str = ADDRESS, password: str = PASSWORD, kind: SpaceKind = SpaceKind.PROFESSIONAL, **more: Any
) -> int:
    """Make an active account; return its id."""
    address = email_address.parse(email)
    now = clock.now()
    values: dict[str, Any] = {
        "kind": kind,
        "mode": SpaceMode.EXPERT if kind == SpaceKind.PROFESSIONAL else "",
        "email": address.display,
        "email_key": address.key,
        "password_hash": passwords.hash(password),
        "last_name": "Martin",
        "first_name": "Camille",
        "created_at": now,
        "password_changed_at": now,
    }
    account = Account(**(values | more))
    with database.writing() as session:
        session.add(account)
        session.flush()
        assert account.id is not None
        return account.id


@contextmanager
def without_unique_accounts() -> Iterator[None]:
    """Make all tables anew, accounts without what makes a second space impossible; at the end, as they were."""
    metadata = SQLModel.metadata
    bare = metadata.tables["account"].to_metadata(MetaData())
    bare.constraints = {kept for kept in bare.constraints if isinstance(kept, PrimaryKeyConstraint)}
    with database.engine().begin() as connection:
        metadata.drop_all(connection)
        for table in metadata.sorted_tables:
            (bare if table.name == bare.name else table).create(connection)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(activation, "_unless_taken", lambda statement, _: statement)
        yield
    with database.engine().begin() as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)


def solved_captcha(visitor_key: str) -> tuple[str, str]:
    """Return the id and the answer of a new challenge of this visitor."""
    challenge = captcha.issue(visitor_key)
    answer = captcha.answer_for_media(visitor_key, challenge)
    assert answer is not None
    return challenge, answer
