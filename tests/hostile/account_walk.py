"""A professional space over the bare websocket: signed up, activated and opened as the browser's pages would do it."""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlmodel import col

from app import addresses
from app.models import Account, SpaceKind
from app.services import database, visitors
from app.services.accounts import sessions
from app.services.notifications import delivery, outbox
from tests.hostile.attacker import ROOT, Attacker, visit
from tests.hostile.walk import captcha_answer, captcha_answers
from tests.sign_up import code_in

SIGN_UP = f"{ROOT}.app___state___sign_up____sign_up_state"
CONDITIONS = f"{SIGN_UP}.app___state___sign_up____conditions_state"
IDENTIFIERS = f"{SIGN_UP}.app___state___sign_up____identifiers_state"
FORM = f"{SIGN_UP}.app___state___sign_up_form____form_state"
SUMMARY = f"{SIGN_UP}.app___state___sign_up_form____summary_state"
ACTIVATION = f"{ROOT}.app___state___activation____activation_state"
CODE = f"{ACTIVATION}.app___state___activation____code_state"
ADDRESS = f"{ACTIVATION}.app___state___activation____activation_identifiers_state"
SECRETS = f"{ROOT}.app___state___account____account_state.app___state___space_details____space_secrets_state"

PAGES = (
    addresses.SIGN_UP_CONDITIONS,
    addresses.SIGN_UP_IDENTIFIERS,
    addresses.SIGN_UP_FORM,
    addresses.SIGN_UP_SUMMARY,
    addresses.SIGN_UP_REGISTERED,
    addresses.ACTIVATION_CODE,
    addresses.ACTIVATION_IDENTIFIERS,
    addresses.ACTIVATION_SUMMARY,
    addresses.PROFESSIONAL_SIGN_IN,
    addresses.PROFESSIONAL_SPACE,
    addresses.SPACE_SERVICES,
    addresses.SPACE_DETAILS,
    addresses.SPACE_PASSWORD,
    addresses.SPACE_ADDRESS,
    addresses.SPACE_SESSIONS,
    addresses.RECOVERY,
    addresses.DEMO_MAILBOX,
)
PASSWORD = "Correct-cheval-7-batterie-agrafe-zinc"
EMAIL = "hermine.dutrefonds@example.org"
TYPED = {
    "last_name": "Dutrefonds-Qyx",
    "first_name": "Hermine",
    "phone_country": "FR",
    "phone": "01 99 00 71 83",
    "street_number": "47",
    "street_type": "rue",
    "street_name": "des Cachotteries",
    "address_extra": "",
    "postal_code": "75016",
    "commune": "Paris",
    "country": "FR",
    "trust_question": "prenom-conjoint",
    "trust_answer": "Childéric-Zozime",
}


@dataclass
class Owner:
    """Somebody who has a space: what nobody else may learn of it, and what went over the wire meanwhile."""

    cookie: str
    token: str
    code: str
    number: str
    session: str
    captcha_answers: list[str]
    heard: list[str] = field(repr=False)

    @property
    def cookies(self) -> str:
        """The cookies of the browser that is signed in, as `attack` wants them."""
        return f"{self.cookie}; {sessions.cookie_name(SpaceKind.PROFESSIONAL)}={self.session}"

    def secrets(self) -> list[str]:
        """Return what must never reach anybody else."""
        typed = [TYPED[name] for name in ("last_name", "first_name", "phone", "street_name", "trust_answer")]
        mine = [EMAIL, PASSWORD, self.cookie, self.session, self.code, self.number, *self.captcha_answers]
        return [*typed, "199007183", *mine]


async def make_space(url: str) -> Owner:
    """Sign up, activate, sign in and open the secrets of the space; return whose it is."""
    cookie = visitors.new_token()
    async with visit(url, cookie=cookie) as person:
        await to_form(person, cookie, EMAIL)
        await _send(person, FORM, TYPED, addresses.SIGN_UP_SUMMARY)
        await person.go(addresses.SIGN_UP_SUMMARY)
        await _send(person, SUMMARY, {}, addresses.SIGN_UP_REGISTERED)
        await person.go(addresses.SIGN_UP_REGISTERED)
        code = await activate(person, cookie)
    session = _sign_in()
    owner = Owner(cookie, person.token, code, _number(), session, captcha_answers(cookie), person.heard)
    async with visit(url, cookie=owner.cookies, token=person.token) as person:
        await person.go(addresses.SPACE_DETAILS)
        await person.call(f"{SECRETS}.prove", {"data": {"password": PASSWORD}})
        await person.settle()
        assert person.get("space_secrets_state", "revealed") is True, person.get("space_secrets_state", "errors")
        for page in PAGES:
            await person.go(page)
        owner.heard += person.heard
    return owner


async def to_form(person: Attacker, cookie: str, email: str) -> None:
    """Go as far as « Formulaire inscription », with everything typed and kept there."""
    await person.go(f"{addresses.SIGN_UP_CONDITIONS}?mode=expert")
    terms = {"terms": "oui", "captcha": captcha_answer(cookie)}
    await _send(person, CONDITIONS, terms, addresses.SIGN_UP_IDENTIFIERS)
    await person.go(addresses.SIGN_UP_IDENTIFIERS)
    identifiers = {"email": email, "email_again": email, "password": PASSWORD, "password_again": PASSWORD}
    await _send(person, IDENTIFIERS, identifiers, addresses.SIGN_UP_FORM)
    await person.go(addresses.SIGN_UP_FORM)
    for name, value in TYPED.items():
        await person.call(f"{FORM}.keep", {"name": name, "value": value})
    await person.go(addresses.SIGN_UP_FORM)


async def activate(person: Attacker, cookie: str) -> str:
    """Activate the space of the mail that this browser got; return the code."""
    delivery.deliver_due()
    key = visitors.key_of(f"{visitors.cookie_name()}={cookie}") or ""
    [mail] = [mail for mail in outbox.for_visitor(key) if mail.kind == "activation"]
    opened = outbox.mail_of_visitor(key, mail.id)
    assert opened
    code = code_in(opened.text)
    await person.go(f"{addresses.ACTIVATION_CODE}?code={code}")
    await _send(person, CODE, {"code": code, "captcha": captcha_answer(cookie)}, addresses.ACTIVATION_IDENTIFIERS)
    await person.go(addresses.ACTIVATION_IDENTIFIERS)
    await _send(person, ADDRESS, {"email": EMAIL}, addresses.ACTIVATION_SUMMARY)
    await person.go(addresses.ACTIVATION_SUMMARY)
    return code


async def _send(person: Attacker, state: str, data: dict[str, str], leads_to: str) -> None:
    await person.call(f"{state}.submit", {"data": data})
    await person.settle()
    name = state.rpartition("____")[2]
    assert person.redirects[-1:] == [leads_to], (name, person.get(name, "errors"))


def _sign_in() -> str:
    """Return the cookie that signing in would set."""
    with database.writing() as session:
        account = session.execute(select(col(Account.id)).where(col(Account.email_key) == EMAIL)).scalar_one()
        return sessions.open(session, account, "Mozilla/5.0")


def _number() -> str:
    with database.reading() as session:
        query = select(col(Account.subscriber_number)).where(col(Account.email_key) == EMAIL)
        return str(session.execute(query).scalar_one())
