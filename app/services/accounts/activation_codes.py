"""What a code of activation is worth, and why one is refused: one clear message for each reason.

A code is good once, for the request it was made for, for ACTIVATION_HOURS and a limited number of addresses tried
with it. Typing it and making the space is in activation.py.
"""

from enum import StrEnum

from app import durations
from app.models import RequestOutcome, SignUpRequest, SpaceKind
from app.services.accounts import requests


class Refusal(StrEnum):
    """Why a code is refused."""

    WRONG = "wrong"
    USED = "used"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    TAKEN = "address taken"
    TOO_MANY = "too many attempts"


_MESSAGES = {
    Refusal.WRONG: "Vérifiez le code\u00a0: il a 12\u00a0caractères, majuscules et minuscules comptent. "
    "Le plus sûr est de le copier depuis le message reçu.",
    Refusal.USED: "Ce code a déjà servi\u00a0: l’espace est activé. Connectez-vous avec votre adresse et votre mot de "
    "passe.",
    Refusal.EXPIRED: "Ce code n’est plus valable, le délai de {activation} est passé et la demande est effacée. "
    "Refaites une demande de création, la même adresse peut servir.",
    Refusal.WITHDRAWN: "Ce code n’est plus valable\u00a0: la demande a été annulée. Refaites une demande de création.",
    Refusal.TAKEN: "L’adresse de cette demande a été associée à un autre espace entre-temps. Refaites une demande de "
    "création avec une autre adresse.",
    Refusal.TOO_MANY: "Trop d’essais. Attendez quelques minutes avant de saisir le code à nouveau.",
}
_PERSONAL_MESSAGES = {
    Refusal.USED: "Ce code a déjà servi\u00a0: l’espace est activé. Connectez-vous avec votre numéro fiscal et votre "
    "mot de passe.",
    Refusal.TAKEN: "L’adresse ou le numéro fiscal de cette demande a été associé à un autre espace entre-temps. "
    "Connectez-vous, ou choisissez un nouveau mot de passe si vous l’avez oublié.",
}
_BLOCKED = (
    "Ce code ne peut plus servir, une autre adresse a été saisie trop souvent. Annulez votre demande, puis "
    "recommencez, ou contactez l’assistance."
)
_REASONS = {
    RequestOutcome.ACTIVATED: Refusal.USED,
    RequestOutcome.EXPIRED: Refusal.EXPIRED,
    RequestOutcome.UNDELIVERED: Refusal.EXPIRED,
    RequestOutcome.WITHDRAWN: Refusal.WITHDRAWN,
}


class CodeRefusedError(Exception):
    """The code does not activate anything; `message` is a French sentence, `reason` says why."""

    def __init__(self, reason: Refusal, message: str = "", *, kind: SpaceKind = SpaceKind.PROFESSIONAL) -> None:
        super().__init__(reason)
        self.reason = reason
        of_kind = _PERSONAL_MESSAGES if kind == SpaceKind.PERSONAL else {}
        self.message = message or durations.filled(of_kind.get(reason) or _MESSAGES[reason])


def refusal(request: SignUpRequest | None, kind: SpaceKind) -> CodeRefusedError | None:
    """Return why the code of this request is refused, None if it is good; a code without a request is a wrong one."""
    if request is None:
        return CodeRefusedError(Refusal.WRONG)
    reason = _REASONS.get(RequestOutcome(request.outcome))
    if reason is not None:
        return CodeRefusedError(reason, kind=kind)
    if request.attempts >= requests.MOST_ATTEMPTS:
        return CodeRefusedError(Refusal.TOO_MANY, _BLOCKED)
    return None
