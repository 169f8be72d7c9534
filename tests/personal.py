"""What the tests of personal spaces share: the invented register, and somebody who creates a space."""

from dataclasses import dataclass, field
from uuid import uuid4

from app.models import SpaceKind
from app.services import database, demo_taxpayers
from app.services.accounts import activation, personal_sign_up
from app.services.accounts.activation import Activated
from app.services.accounts.personal_sign_up import PersonalProgress
from app.services.demo_taxpayers import DemoIdentity
from app.services.notifications import delivery, outbox
from app.services.notifications.outbox import OpenedMail
from tests.accounts import PASSWORD
from tests.sign_up import code_in

PERSONAL = SpaceKind.PERSONAL
ADDRESS = "lila.rosemonde@courriel.example"
LILA, ARMAND = demo_taxpayers.identities()[:2]


def load_register() -> None:
    with database.writing() as session:
        demo_taxpayers.load(session)


@dataclass(frozen=True)
class Applicant:
    """A browser in which a personal space is created."""

    email: str = ADDRESS
    identity: DemoIdentity = LILA
    key: str = field(default_factory=lambda: uuid4().hex)
    tab: str = "tab"

    @property
    def typed(self) -> dict[str, str]:
        return {
            "tax_number": self.identity.tax_number,
            "access_number": self.identity.access_number,
            "reference_income": self.identity.reference_income,
        }

    def begins(self) -> "Applicant":
        personal_sign_up.begin(self.key, self.tab)
        personal_sign_up.note_human(self.key)
        return self

    def says_who(self, **changes: str) -> PersonalProgress:
        return personal_sign_up.set_identity(self.key, self.typed | changes, f"network of {self.key}")

    def identifies(self, password: str = PASSWORD) -> PersonalProgress:
        return personal_sign_up.set_identifiers(
            self.key, email=self.email, email_again=self.email, password=password, password_again=password
        )

    def registers(self) -> PersonalProgress:
        return personal_sign_up.register(self.key)

    def asks(self) -> "Applicant":
        """Go through all screens up to the one that waits for the code."""
        self.begins().says_who()
        self.identifies()
        self.registers()
        return self

    def mail(self) -> OpenedMail:
        delivery.deliver_due()
        [mail] = [mail for mail in outbox.for_visitor(self.key) if mail.kind == "activation"]
        opened = outbox.mail_of_visitor(self.key, mail.id)
        assert opened is not None
        return opened

    def code(self) -> str:
        return code_in(self.mail().text)

    def activates(self, code: str = "") -> Activated:
        return personal_sign_up.check_code_and_activate(self.key, code or self.code())

    def opens_the_link(self, code: str) -> "Applicant":
        """Type the code of a mail in this browser, which did not ask for it."""
        activation.begin(self.key, self.tab, code, PERSONAL)
        activation.note_human(self.key, PERSONAL)
        activation.check_code(self.key, code, kind=PERSONAL)
        return self

    def activates_by_link(self) -> Activated:
        return activation.activate(self.key, self.email, PERSONAL)


def with_space(email: str = ADDRESS, identity: DemoIdentity = LILA) -> Applicant:
    """Return somebody whose personal space is active."""
    applicant = Applicant(email, identity).asks()
    applicant.activates()
    return applicant
