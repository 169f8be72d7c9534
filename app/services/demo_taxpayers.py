"""The invented register of taxpayers, so that a personal space can be tried; its identities are public.

Every tax number begins with five zeros at least, so that nobody takes it for a real one; its check digits are right.
"""

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from sqlmodel import Session

import app.content
from app.models import Taxpayer
from app.services import upsert

DATA_FILE = Path(app.content.__file__).with_name("demo_identities.json")


@dataclass(frozen=True, slots=True)
class DemoIdentity:
    """One invented taxpayer with all that a personal space asks; `insee` is the code of the commune."""

    tax_number: str
    access_number: str
    reference_income: str
    civility: str
    last_name: str
    first_name: str
    street_number: str
    street_type: str
    street_name: str
    postal_code: str
    commune: str
    insee: str


@cache
def identities() -> tuple[DemoIdentity, ...]:
    """Return the invented taxpayers, in the order of their page."""
    return tuple(DemoIdentity(**line) for line in json.loads(DATA_FILE.read_text(encoding="utf-8")))


def load(session: Session) -> None:
    """Add the invented taxpayers that are missing; changes and removes nothing. Safe at every start.

    `session` is a writing transaction of the caller.
    """
    statement = upsert.insert(session, Taxpayer).values([asdict(identity) for identity in identities()])
    session.execute(statement.on_conflict_do_nothing(index_elements=["tax_number"]))
