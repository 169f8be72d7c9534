"""Somebody else's « Mes contacts »: a stolen tab, and another space that names their appointment (OWASP ASVS 8.2)."""

import asyncio
from dataclasses import dataclass

import pytest

from app import addresses
from app.models import AppointmentStatus, OfficeKind, SpaceKind
from app.services import database, visitors
from app.services.accounts import sessions
from app.services.appointments import offices, records
from app.services.appointments.person import Person
from app.services.appointments.records import AppointmentView
from tests.accounts import make_account
from tests.e2e.my_space import booked
from tests.e2e.portal import Portal
from tests.hostile.attacker import ROOT, Attacker, attack, visit

CONTACTS = f"{ROOT}.app___state___account____account_state.app___state___my_contacts____my_contacts_state"
PAGES = (
    addresses.PERSONAL_SPACE,
    addresses.PERSONAL_PROFILE,
    addresses.PERSONAL_PASSWORD,
    addresses.PERSONAL_ADDRESS,
    addresses.PERSONAL_SESSIONS,
    addresses.PERSONAL_DATA,
    addresses.SPACE_DATA,
)
CARCASSONNE = "11069"
VICTIM = Person("madame", "Quatrebarbes-Wyx", "Zélie", "Confidence-Zozime", "+33199007184", "", "zelie@example.org", "")


@dataclass(frozen=True)
class Browser:
    """A browser signed in to a personal space."""

    visitor: str
    session: str

    @property
    def cookies(self) -> str:
        """The cookies as `attack` wants them."""
        return f"{self.visitor}; {sessions.cookie_name(SpaceKind.PERSONAL)}={self.session}"


def test_the_owner_sees_the_appointment_and_a_stolen_tab_does_not(portal: Portal) -> None:
    account, browser = _signed_in(VICTIM.email, VICTIM.last_name, VICTIM.first_name)
    appointment = _appointment(account)

    async def steal() -> tuple[str, str]:
        async with visit(portal.url, cookie=browser.cookies, network="127.0.4.1") as owner:
            heard = await _look_everywhere(owner)
            async with attack(portal.url, cookie=visitors.new_token(), token=owner.token, network="127.0.4.2") as thief:
                return heard, await _look_everywhere(thief)

    owner, thief = asyncio.run(steal())
    for known in (appointment.reference, VICTIM.last_name):
        assert known in owner
        assert known not in thief


@pytest.mark.parametrize("action", ["reschedule", "cancel"])
def test_another_space_that_names_the_appointment_changes_and_learns_nothing(portal: Portal, action: str) -> None:
    account, _ = _signed_in(f"{action}.{VICTIM.email}", VICTIM.last_name, VICTIM.first_name)
    appointment = _appointment(account)
    _, other = _signed_in(f"{action}.curieux@example.org", "Martin", "Camille")

    async def pry() -> str:
        async with visit(portal.url, cookie=other.cookies, network="127.0.4.3") as stranger:
            await stranger.go(addresses.PERSONAL_SPACE)
            await stranger.settle()
            await stranger.call(f"{CONTACTS}.ask", {"reference": appointment.reference})
            named = {"reference": appointment.reference} if action == "reschedule" else {}
            await stranger.call(f"{CONTACTS}.{action}", named)
            await stranger.settle()
            return await _look_everywhere(stranger)

    heard = asyncio.run(pry())
    assert VICTIM.last_name not in heard
    assert appointment.reference not in heard
    after = records.get(appointment.public_id)
    assert after is not None
    assert (after.status, after.starts_at) == (AppointmentStatus.BOOKED, appointment.starts_at)


def _signed_in(email: str, last_name: str, first_name: str) -> tuple[int, Browser]:
    account = make_account(
        email, kind=SpaceKind.PERSONAL, last_name=last_name, first_name=first_name, insee=CARCASSONNE, country="FR"
    )
    with database.writing() as session:
        token = sessions.open(session, account, "Mozilla/5.0")
    return account, Browser(visitors.new_token(), token)


def _appointment(account: int) -> AppointmentView:
    office = offices.for_commune(OfficeKind.INDIVIDUALS, CARCASSONNE)
    return booked(office.id, VICTIM, account_id=account)


async def _look_everywhere(attacker: Attacker) -> str:
    """Ask for all variables and open every page of the space; return all that was heard."""
    await attacker.call(f"{ROOT}.hydrate")
    for page in PAGES:
        await attacker.go(page)
        await attacker.settle()
    return "".join(attacker.heard)
