"""What the tests of sign-up and activation share: somebody who signs up, and the mail they get."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4

from app.models import SpaceMode
from app.services.accounts import activation, registration, sign_up
from app.services.accounts.activation import Activated
from app.services.accounts.registration import Registration
from app.services.notifications import delivery, outbox
from app.services.notifications.outbox import OpenedMail
from tests.accounts import PASSWORD

ADDRESS = "lila.rosemonde@courriel.example"
IBAN = "FR14 2004 1010 0505 0001 3M02 606"
FORM: Mapping[str, str] = {
    "last_name": "Rosemonde",
    "first_name": "Lila",
    "phone_country": "FR",
    "phone": "01 99 00 12 34",
    "street_number": "12",
    "street_type": "rue",
    "street_name": "de Longchamp",
    "address_extra": "",
    "postal_code": "75016",
    "commune": "Paris",
    "country": "FR",
    "trust_question": "prenom-conjoint",
    "trust_answer": "Paul-Émile",
}
SIMPLIFIED: Mapping[str, str] = {
    "siren": "732 829 320",
    "contact_email": "contact@entreprise.example",
    "iban": IBAN,
    **{name: FORM[name] for name in ("last_name", "first_name", "phone_country", "phone")},
    **{name: FORM[name] for name in ("trust_question", "trust_answer")},
}


@dataclass(frozen=True)
class Newcomer:
    """A browser that signs up."""

    email: str = ADDRESS
    mode: SpaceMode = SpaceMode.EXPERT
    form: Mapping[str, str] = field(default_factory=lambda: FORM)
    key: str = field(default_factory=lambda: uuid4().hex)
    tab: str = "tab"

    def accepts(self) -> "Newcomer":
        sign_up.begin(self.key, self.tab, self.mode)
        sign_up.note_human(self.key)
        sign_up.accept_terms(self.key)
        return self

    def identifies(self, password: str = PASSWORD) -> "Newcomer":
        sign_up.set_identifiers(
            self.key, email=self.email, email_again=self.email, password=password, password_again=password
        )
        return self

    def reaches_the_summary(self) -> "Newcomer":
        self.accepts().identifies()
        sign_up.set_form(self.key, self.form)
        return self

    def registers(self) -> Registration:
        return registration.register(self.key)

    def mail(self) -> OpenedMail:
        """Return the mail this browser's demo mailbox holds, once it is sent."""
        delivery.deliver_due()
        [mail] = [mail for mail in outbox.for_visitor(self.key) if mail.kind == "activation"]
        opened = outbox.mail_of_visitor(self.key, mail.id)
        assert opened is not None
        return opened

    def code(self) -> str:
        return code_in(self.mail().text)

    def types_the_code(self, code: str) -> "Newcomer":
        activation.begin(self.key, self.tab)
        activation.note_human(self.key)
        activation.check_code(self.key, code)
        return self

    def activates(self) -> Activated:
        return activation.activate(self.key, self.email)


def signed_up(email: str = ADDRESS, **more: object) -> Newcomer:
    """Return somebody whose request waits for its code."""
    newcomer = Newcomer(email=email, **more)  # type: ignore[arg-type]
    newcomer.reaches_the_summary().registers()
    return newcomer


def code_in(text: str) -> str:
    """Return the activation code a mail holds."""
    [code] = re.findall(r"^ {4}(\w{12})$", text, re.MULTILINE)
    return str(code)
