"""A personal space that exists already, and appointments that were taken before, made by the services."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from app import clock
from app.content import topics
from app.models import Account, Channel, OfficeKind, SpaceKind
from app.services import journeys
from app.services.appointments import availability, booking, offices
from app.services.appointments.person import Person as Booker
from app.services.appointments.places import PlaceView, of_office
from app.services.appointments.records import AppointmentView
from app.services.demo_taxpayers import DemoIdentity
from app.settings import get_settings
from tests.accounts import make_account
from tests.e2e.personal import CONTACTS, PASSWORD, PEOPLE, Person, spaces_of
from tests.e2e.visitor import Visitor

PROFILE = "/espace-particulier/profil"
NEW_PASSWORD = "/espace-particulier/mot-de-passe"
ADDRESS = "/espace-particulier/adresse"
SESSIONS = "/espace-particulier/sessions"
DATA = "/espace-particulier/mes-donnees"
PROFESSIONAL_DATA = "/espace-professionnel/mes-donnees"
CLOSED = "/espace-ferme"
PRIVATE = (CONTACTS, PROFILE, NEW_PASSWORD, ADDRESS, SESSIONS, DATA)

STRANGER = Booker(
    civility="madame",
    last_name="Rosemonde",
    first_name="Lila",
    details="Précisions de quelqu’un d’autre",
    phone="+33199007183",
    second_phone="",
    email="quelquun.dautre@example.org",
    tax_number="",
)


def a_person(visitor: Visitor, email: str, identity: DemoIdentity = PEOPLE[0], **more: Any) -> Person:
    """Make an active personal space for whoever sits at this browser."""
    known = {
        name: getattr(identity, name)
        for name in (
            "tax_number",
            "civility",
            "last_name",
            "first_name",
            "street_number",
            "street_type",
            "street_name",
            "postal_code",
            "commune",
            "insee",
        )
    }
    make_account(email, PASSWORD, SpaceKind.PERSONAL, **(known | {"country": "FR", "phone": "+33639981234"} | more))
    return Person(visitor, identity, email)


def account_of(who: Person) -> Account:
    [account] = spaces_of(who.identity)
    return account


def id_of(who: Person) -> int:
    return account_of(who).id or 0


def arrive_home(who: Person) -> None:
    """Open « Mes contacts » in a browser where they have signed in."""
    who.visitor.has_session(account_of(who))
    who.visitor.go(CONTACTS)
    who.visitor.is_at(CONTACTS, "Mes contacts")


def own_office(who: Person) -> offices.OfficeView:
    return offices.for_commune(OfficeKind.INDIVIDUALS, who.identity.insee)


def local_point(office_id: int, channel: Channel) -> PlaceView:
    """Return the first local point of an office that offers a channel."""
    return next(point for point in of_office(office_id) if channel in point.channels)


def booked(
    office_id: int,
    booker: Booker = STRANGER,
    *,
    account_id: int | None = None,
    channel: Channel = Channel.COUNTER,
    place_id: int | None = None,
    which: int = 0,
) -> AppointmentView:
    """Book an appointment at an office, at the free time number `which` of those a week from now and later."""
    topic = next(
        topic
        for topic in topics.all_topics()
        if topic.kind == OfficeKind.INDIVIDUALS and (channel.name or "").lower() in topic.channels
    )
    first = clock.now().date() + timedelta(days=7)
    # The only agent of a local point may be away for weeks.
    last = first + timedelta(days=get_settings().horizon_days)
    found = availability.free_times(office_id, channel, topic.minutes, first, last, place_id=place_id)
    starts_at = [time for day in found for time in day.times][which]
    key = uuid4().hex
    return booking.confirm(
        key,
        journeys.start(key, "booking").id,
        office_id=office_id,
        topic_id=topic.id,
        channel=channel,
        starts_at=starts_at,
        person=booker,
        place_id=place_id,
        account_id=account_id,
        accept_duplicate=True,
    )


def somebody_with(tax_number: str, **changes: Any) -> Booker:
    """Return somebody who books without signing in and types this tax number."""
    return replace(STRANGER, tax_number=tax_number, **changes)
