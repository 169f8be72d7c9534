"""The register of taxpayers: what a personal space is checked against before it is asked for.

The answer and the work are the same for a number nobody has and for a wrong access number or income, so that nobody
learns who is in the register. Attempts are counted by visitor and by network, and by tax number in two ways: with the
network for hours, so that whoever guesses is stopped and the owner, on another network, is not; without it for a
minute only, so that many networks together stay slow and nobody's way to a space is closed for longer than the abuse
lasts. None of these counters is asked by signing in or by recovering a password.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest

from sqlalchemy import Text, select, type_coerce
from sqlmodel import Session, col
from stdnum.fr import nif

from app import keys
from app.models import Taxpayer
from app.services import database, throttle, typed_text
from app.services.form_errors import Checks, FieldErrors, WrongFieldError

FIELDS = ("tax_number", "access_number", "reference_income")
TAX_NUMBER_LENGTH = 13
ACCESS_NUMBER_LENGTH = 7
NO_MATCH = (
    "Vérifiez ces trois informations, puis recommencez\u00a0: telles quelles, elles ne correspondent à aucun "
    "contribuable du registre."
)

_LONGEST_TYPED = 60
_LONGEST_INCOME = 12
_EURO_WORDS = ("€", "euros", "euro", "eur")


@dataclass(frozen=True, slots=True)
class TaxpayerView:
    """A line of the register without its secrets; `insee` is the code of the commune."""

    tax_number: str
    civility: str
    last_name: str
    first_name: str
    street_number: str
    street_type: str
    street_name: str
    postal_code: str
    commune: str
    insee: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody says of themselves in one form: digits only, the income without leading zeros."""

    tax_number: str
    access_number: str
    reference_income: str


def check(visitor_key: str, fields: Mapping[str, str], network: str = "") -> TaxpayerView:
    """Return the taxpayer whose three identifiers these are; `fields` by name as in `FIELDS`.

    `network` is `visitors.network_key`. Raises FieldErrors (under a field for what no identifier looks like, under
    `tax_number` with `NO_MATCH` when they do not fit together), TooManyAttemptsError.
    """
    throttle.hit("taxpayer_visitor", visitor_key)
    if network:
        throttle.hit("taxpayer_network", network)
    claim = parse(fields)
    throttle.hit("taxpayer_number_network", f"{claim.tax_number} {network or visitor_key}")
    throttle.hit("taxpayer_number", claim.tax_number)
    found = find(claim.tax_number, claim.access_number, claim.reference_income)
    if found is None:
        raise FieldErrors({"tax_number": NO_MATCH})
    return found


def parse(fields: Mapping[str, str]) -> Claim:
    """Return what was typed in the three fields. Raises FieldErrors with all that is wrong at once."""
    checks = Checks(fields)
    claim = Claim(
        tax_number=checks.take("tax_number", tax_number),
        access_number=checks.take("access_number", access_number),
        reference_income=checks.take("reference_income", reference_income),
    )
    checks.finish()
    return claim


def find(tax_number: str, access_number: str, reference_income: str) -> TaxpayerView | None:
    """Return the taxpayer of a register line if all three fit; the same work whatever is wrong."""
    # As they are stored: what is encrypted is opened below, whether or not there is a line.
    stored = select(
        type_coerce(col(Taxpayer.access_number), Text), type_coerce(col(Taxpayer.reference_income), Text)
    ).where(col(Taxpayer.tax_number) == tax_number)
    with database.reading() as session:
        line = session.execute(stored).one_or_none()
        decoy = keys.encrypt("")
        known = [keys.decrypt(token) for token in (line or (decoy, decoy))]
        # Every comparison is made, so that the time says nothing about which one failed.
        right = (
            compare_digest(known[0].encode(), access_number.encode()),
            compare_digest(known[1].encode(), reference_income.encode()),
            line is not None,
        )
        return _view(session, tax_number) if all(right) else None


def tax_number(text: str) -> str:
    """Return a tax number as 13 digits; raise WrongFieldError for what is none."""
    typed = _code(text)
    if not _is_digits(typed, TAX_NUMBER_LENGTH):
        raise WrongFieldError("Saisissez les 13\u00a0chiffres de votre numéro fiscal.")
    if not (int(typed) and nif.is_valid(typed)):  # thirteen zeros pass the sum, and are nobody's
        raise WrongFieldError("Vérifiez votre numéro fiscal\u00a0: l’un de ses chiffres n’est pas le bon.")
    return typed


def access_number(text: str) -> str:
    """Return an online access number as 7 digits; raise WrongFieldError for what is none."""
    typed = _code(text)
    if not _is_digits(typed, ACCESS_NUMBER_LENGTH):
        raise WrongFieldError("Saisissez les 7\u00a0chiffres de votre numéro d’accès en ligne.")
    return typed


def reference_income(text: str) -> str:
    """Return an income in whole euros as digits, « 24350 » for « 24 350 € »; raise WrongFieldError for what is none."""
    typed = _without_blanks(text).casefold()
    for word in _EURO_WORDS:
        typed = typed.removesuffix(word)
    if not (typed.isascii() and typed.isdigit() and len(typed) <= _LONGEST_INCOME):
        raise WrongFieldError(
            "Saisissez votre revenu fiscal de référence en euros, sans centimes, par exemple 24\u00a0350."
        )
    return typed.lstrip("0") or "0"


def _without_blanks(text: str) -> str:
    """Return the text without blanks of any width, nor what comes along unseen when one copies from a document."""
    if len(text) > _LONGEST_TYPED:
        return ""
    return "".join(char for char in typed_text.visible(text) if unicodedata.category(char) not in ("Zs", "Cc"))


def _code(text: str) -> str:
    """Return a number that stands for somebody, without what was pasted around it: full stops, quotes, blanks."""
    return typed_text.alphanumeric(text) if len(text) <= _LONGEST_TYPED else ""


def _is_digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()


def _view(session: Session, tax_number: str) -> TaxpayerView:
    row = session.execute(select(Taxpayer).where(col(Taxpayer.tax_number) == tax_number)).scalar_one()
    return TaxpayerView(**{name: getattr(row, name) for name in TaxpayerView.__dataclass_fields__})
