"""What happened to an appointment and which mails went out about it, in words."""

from dataclasses import dataclass

from app.content import wording
from app.models import ChangeKind
from app.services.appointments import records
from app.services.appointments.records import Change, MailState, SentMail
from app.state.base import local

_DONE = {
    ChangeKind.BOOKED: "Réservé",
    ChangeKind.RESCHEDULED: "Déplacé",
    ChangeKind.CANCELLED: "Annulé",
    ChangeKind.CORRECTED: "Adresse électronique corrigée",
}


@dataclass(frozen=True)
class HistoryLine:
    """One thing that happened to an appointment."""

    what: str = ""
    when: str = ""


@dataclass(frozen=True)
class MailLine:
    """One mail about an appointment, and whether it has left."""

    what: str = ""
    state: str = ""


def story_of(public_id: str, timezone: str) -> tuple[list[HistoryLine], list[MailLine]]:
    """Return what happened to an appointment and the mails about it, oldest first, at the time of its office."""
    history = [_change(change, timezone) for change in records.history(public_id)]
    return history, [_mail(mail, timezone) for mail in records.mails(public_id)]


def _change(change: Change, timezone: str) -> HistoryLine:
    what = f"{_DONE[change.kind]} le {wording.moment(local(change.at, timezone))}"
    if change.kind in (ChangeKind.CANCELLED, ChangeKind.CORRECTED):
        return HistoryLine(what, "")
    return HistoryLine(what, f"pour le {wording.moment(local(change.starts_at, timezone))}")


def _mail(mail: SentMail, timezone: str) -> MailLine:
    return MailLine(mail.kind, _state(mail, timezone))


def _state(mail: SentMail, timezone: str) -> str:
    if mail.sent_at is not None:
        return f"envoyé le {wording.moment(local(mail.sent_at, timezone))}"
    if mail.state is MailState.REFUSED:
        return "n’a pas été envoyé : l’adresse électronique n’a pas été acceptée"
    if mail.state is MailState.GIVEN_UP:
        return "n’a pas pu être envoyé : vérifiez l’adresse électronique avec votre service"
    return f"en attente d’envoi depuis le {wording.moment(local(mail.queued_at, timezone))}"
