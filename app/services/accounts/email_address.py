"""Sign-in addresses: what is one, and how two of them are compared."""

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from app.services import typed_text

LONGEST = 100
"""Characters of a sign-in address."""

_MISSING = "Saisissez votre adresse électronique, par exemple nom@exemple.fr."
_TOO_LONG = f"Saisissez une adresse plus courte\u00a0: {LONGEST}\u00a0caractères au plus."
LONGEST_LOCAL_PART = 64
"""Characters before the @ (RFC 5321, 4.5.3.1.1): mail servers refuse more."""

TAKES_NO_MAIL = "Saisissez une autre adresse électronique\u00a0: celle-ci n’a pas été acceptée par la messagerie."
TOO_LONG_BEFORE_AT = (
    f"Vérifiez l’adresse électronique\u00a0: ce qui précède le signe @ a {LONGEST_LOCAL_PART}\u00a0caractères au plus."
)
_WRONG = "Vérifiez l’adresse électronique\u00a0: elle s’écrit comme nom@exemple.fr, sans accent ni espace."


class EmailRefusedError(ValueError):
    """What was typed is no sign-in address; `message` says in French what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Address:
    """A sign-in address in ASCII: `display` is written to and shown, `key` is what is compared and unique."""

    display: str
    key: str


def parse(text: str) -> Address:
    """Return the address in `text`, without blanks around it and what does not show; raise EmailRefusedError if none.

    Nothing is asked of the network: whether the address exists shows when the code arrives.
    """
    typed = typed_text.visible(text).strip()
    if not typed:
        raise EmailRefusedError(_MISSING)
    if len(typed) > LONGEST:
        raise EmailRefusedError(_TOO_LONG)
    if not typed.isprintable():
        raise EmailRefusedError(_WRONG)
    if is_too_long_before_at(typed):
        raise EmailRefusedError(TOO_LONG_BEFORE_AT)
    try:
        # ASCII on the wire: not every mail server takes an accent before the @.
        found = validate_email(typed, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise EmailRefusedError(_WRONG) from None
    display = found.ascii_email or found.normalized
    if len(display) > LONGEST:  # an accent in the domain takes several characters on the wire
        raise EmailRefusedError(_TOO_LONG)
    return Address(display, display.casefold())


def is_too_long_before_at(typed: str) -> bool:
    """Tell whether an address has more before its @ than mail servers take."""
    return len(typed.rpartition("@")[0]) > LONGEST_LOCAL_PART
