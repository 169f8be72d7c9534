"""Ending a sign-up request before its time: « Annulez votre demande » and « Ce n'est pas moi ».

Both serve both kinds of space: a code, like the token of a link, belongs to one request, whatever it asks for.
"""

from sqlalchemy import delete
from sqlmodel import Session, col

from app import keys
from app.models import Journey, RequestOutcome, SignUpRequest
from app.services import audit, database, throttle
from app.services.accounts import email_address, requests
from app.services.accounts.email_address import EmailRefusedError
from app.services.form_errors import Checks, WrongFieldError

_NOT_ME = "not_me"
_LONGEST_TOKEN = 80
_NO_CODE = "Saisissez les 12\u00a0caractères du code reçu par courriel."


def not_me_token(public_id: str) -> str:
    """Return the signed token of a request's « Ce n'est pas moi », safe in an address."""
    return keys.signed(_NOT_ME, public_id)


def check(*, email: str, code: str) -> None:
    """Accept what a request may hold, or raise FieldErrors (under `email`, `code`); nothing is looked up or counted."""
    checks = Checks({"email": email, "code": code})
    checks.take("email", _email)
    checks.take("code", _code)
    checks.finish()


def withdraw(visitor_key: str, email: str, code: str, network: str) -> bool:
    """Erase the pending request of this address and this code, and free the address; tell whether there was one.

    Nobody learns which of the two was wrong. The CAPTCHA is the caller's to check first. Raises
    TooManyAttemptsError.
    """
    throttle.hit("withdrawal", visitor_key)
    throttle.hit("withdrawal_network", network)
    try:
        email_key = email_address.parse(email).key
    except EmailRefusedError:
        email_key = ""
    with database.writing() as session:
        code_hash = requests.code_hash(requests.typed_code(code))
        request = requests.lock(session, col(SignUpRequest.code_hash) == code_hash)
        matches = _is_pending(request) and request is not None and request.email_key == email_key
        if matches and request is not None:
            _erase(session, request)
        audit.record(session, "sign_up_withdrawal", visitor_key, outcome="done" if matches else "no match")
    return matches


def is_pending(token: str) -> bool:
    """Tell whether the request of a « Ce n'est pas moi » link still waits for its code."""
    public_id = _public_id(token)
    if public_id is None:
        return False
    with database.reading() as session:
        return requests.deadline(session, public_id) is not None


def not_me(visitor_key: str, token: str) -> bool:
    """Erase the request of a « Ce n'est pas moi » link once its button was pressed; tell whether it was pending."""
    public_id = _public_id(token)
    if public_id is None:
        return False
    with database.writing() as session:
        request = requests.lock(session, col(SignUpRequest.public_id) == public_id)
        if request is None or not _is_pending(request):
            return False
        _erase(session, request)
        audit.record(session, "sign_up_not_me", visitor_key, public_id, "done")
    return True


def _email(text: str) -> str:
    try:
        return email_address.parse(text).key
    except EmailRefusedError as refused:
        raise WrongFieldError(refused.message) from None


def _code(text: str) -> str:
    code = requests.typed_code(text)
    if len(code) != requests.CODE_LENGTH:
        raise WrongFieldError(_NO_CODE)
    return code


def _public_id(token: str) -> str | None:
    if len(token) > _LONGEST_TOKEN or not token.isascii():
        return None
    return keys.verified(_NOT_ME, token)


def _is_pending(request: SignUpRequest | None) -> bool:
    return request is not None and request.outcome == RequestOutcome.PENDING


def _erase(session: Session, request: SignUpRequest) -> None:
    """End the request; the browser that made it no longer shows the address, nor waits for the code, either."""
    session.execute(delete(Journey).where(col(Journey.id) == request.journey_id))
    requests.end(session, request, RequestOutcome.WITHDRAWN)
