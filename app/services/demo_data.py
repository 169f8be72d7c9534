"""What the portal is tried with: invented offices for the whole country, their local points, and a space.

One office for individuals and one for companies for each area of `app.content.communes`, and one national office
for non-residents (`demo_offices`); agents with their weeks (`demo_hours`); local points for some (`demo_points`).

Everything follows from the code of the office, and absences from the date as well: two installations that start on
the same day show the same agendas.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from operator import itemgetter
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert
from sqlmodel import Session, SQLModel, col, select

from app import clock
from app.models import Absence, Account, Agent, Closure, Office, OpeningSession, SpaceKind, SpaceMode
from app.services import demo_hours, demo_offices, demo_points, upsert
from app.services.appointments import schedule
from app.services.demo_hours import DemoAgent, demo_agent
from app.services.demo_offices import CLOSED_CODE, FULL_CODE, Row
from app.settings import get_settings

CERTIFICATE_ADDRESS = "certificat@guichet.example"
"""The sign-in address of a space with a certificate, which sign-up refuses with a message of its own."""

_LOCK = 0x67756963
"""Number of the PostgreSQL advisory lock held while loading; any constant does."""
_MARGIN_DAYS = 24
_PARIS = ZoneInfo("Europe/Paris")


def load(session: Session) -> None:
    """Add the offices and local points that are missing; keep absences and closures ahead of today.

    `session` is a writing transaction of the caller. Safe at every start and in several processes at once: they wait
    for one another, and whoever comes later finds nothing left to do. Never removes anything, and changes nothing
    but the end of the works at the closed office, and the free seats of offices that get a local point, or a closure or
    an absence on days that are planned already. A day is that of Paris.
    """
    _one_at_a_time(session)
    today = clock.now().astimezone(_PARIS).date()
    covered: date | None = session.scalar(select(func.max(col(Absence.first_day))))
    until = today + timedelta(days=get_settings().horizon_days + _MARGIN_DAYS)
    known = set(session.exec(select(Office.code)))
    missing = [office for office in demo_offices.all_offices() if office["code"] not in known]
    if known and covered is not None and covered < until - timedelta(days=_MARGIN_DAYS):
        first = max(covered + timedelta(days=1), today)
        _add_absences(session, _agents_of_demo(session), first, until, today)
        schedule.replan_from(session, dict.fromkeys(_ids_of_demo(session).values(), first))
    if missing:
        _add_offices(session, missing, today, until if covered is None else max(covered, until))
    _keep_closures(session, today, until)
    demo_points.add_missing(session)


def is_loaded(session: Session) -> bool:
    """Tell whether the demonstration's offices are there."""
    return session.scalar(select(Office.id).where(Office.code == FULL_CODE)) is not None


def load_accounts(session: Session) -> None:
    """Add the space with a certificate if it is missing; no password opens it. Safe at every start, like `load`."""
    now = clock.now()
    account = {
        "kind": SpaceKind.PROFESSIONAL,
        "mode": SpaceMode.EXPERT,
        "email": CERTIFICATE_ADDRESS,
        "email_key": CERTIFICATE_ADDRESS,
        "password_hash": "",
        "has_certificate": True,
        "last_name": "Démonstration",
        "first_name": "Certificat",
        "trust_answer": "",
        "iban": "",
        "created_at": now,
        "password_changed_at": now,
    }
    statement = upsert.insert(session, Account).values(account)
    session.execute(statement.on_conflict_do_nothing(index_elements=["kind", "email_key"]))


def _one_at_a_time(session: Session) -> None:
    """Wait until no other process loads; SQLite needs nothing, a writing transaction is alone there."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _add_offices(session: Session, offices: list[Row], today: date, until: date) -> None:
    query = insert(Office).returning(col(Office.id), col(Office.code))
    ids = {code: number for number, code in session.execute(query, offices)}
    agents = _add_agents(session, ids)
    _insert(session, OpeningSession, (row for agent in agents for row in demo_hours.sessions(agent)))
    _add_absences(session, agents, today, until, today)
    away = (demo_hours.absence(agent, today, date.max) for agent in agents if agent.office == FULL_CODE)
    _insert(session, Absence, away)


def _keep_closures(session: Session, today: date, until: date) -> None:
    """Write the closures up to a day that are missing, and plan anew the offices where they touch planned days."""
    ids = _ids_of_demo(session)
    ahead = session.exec(select(Closure).where(Closure.last_day >= today))
    known = {(row.office_id, row.first_day, row.reason) for row in ahead}
    wanted = (row for code in ids for row in demo_hours.closures(code, ids[code], today, until))
    missing = [row for row in wanted if (row["office_id"], row["first_day"], row["reason"]) not in known]
    _insert(session, Closure, missing)
    # From the last one on, so that the first day of each office stays.
    changed = {row["office_id"]: row["first_day"] for row in sorted(missing, key=itemgetter("first_day"), reverse=True)}
    if CLOSED_CODE in ids:
        works = demo_hours.works(ids[CLOSED_CODE], today)
        changed.setdefault(works["office_id"], _keep_works(session, works))
    schedule.replan_from(session, changed)


def _keep_works(session: Session, works: Row) -> date:
    """Put off the end of the works, or write when they begin; return the first day that changed, if any did."""
    found = session.exec(
        select(Closure)
        .where(Closure.office_id == works["office_id"], Closure.reason == works["reason"])
        .order_by(col(Closure.last_day).desc())
    ).first()
    if found is None:
        _insert(session, Closure, [works])
        first: date = works["first_day"]
        return first
    if found.last_day >= works["last_day"]:
        return date.max
    first, found.last_day = found.last_day + timedelta(days=1), works["last_day"]
    session.add(found)
    session.flush()
    return first


def _ids_of_demo(session: Session) -> dict[str, int]:
    codes = {office["code"] for office in demo_offices.all_offices()}
    return {code: number or 0 for code, number in session.exec(select(Office.code, Office.id)) if code in codes}


def _insert(session: Session, table: type[SQLModel], rows: Iterable[Row]) -> None:
    # Without rows, SQLAlchemy would insert one made of defaults.
    if listed := list(rows):
        # Past the ORM, which would look at each of tens of thousands of rows.
        session.connection().execute(insert(table.__table__), listed)  # type: ignore[attr-defined]


def _add_absences(session: Session, agents: Iterable[DemoAgent], first: date, last: date, today: date) -> None:
    working = [agent for agent in agents if agent.office != FULL_CODE]
    _insert(session, Absence, (row for agent in working for row in demo_hours.absences(agent, first, last, today)))


def _add_agents(session: Session, office_ids: dict[str, int]) -> list[DemoAgent]:
    codes = {number: code for code, number in office_ids.items()}
    rows = [
        {"office_id": office_id, "label": f"Guichet {number + 1}"}
        for code, office_id in office_ids.items()
        for number in range(demo_hours.staff(code))
    ]
    query = insert(Agent).returning(col(Agent.id), col(Agent.office_id), col(Agent.label))
    return [demo_agent(number, codes[office], label) for number, office, label in session.execute(query, rows)]


def _agents_of_demo(session: Session) -> list[DemoAgent]:
    query = select(Agent.id, Office.code, Agent.label).join(Office, col(Agent.office_id) == Office.id)
    return [demo_agent(number or 0, code, label) for number, code, label in session.exec(query)]
