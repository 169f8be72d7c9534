"""The tables; importing this package registers all of them."""

from app.models.account import (
    Account,
    AccountSession,
    AddressChange,
    RecoveryToken,
    RequestOutcome,
    SignInNote,
    SignUpRequest,
    SpaceKind,
    SpaceMode,
    SubscriberSequence,
    Taxpayer,
)
from app.models.appointment import Appointment, AppointmentChange, AppointmentStatus, ChangeKind
from app.models.audit import AuditEvent
from app.models.captcha import CaptchaChallenge
from app.models.journey import Journey
from app.models.mail import OutboxMail
from app.models.office import Absence, Agent, Channel, Closure, LocalPoint, Need, Office, OfficeKind, OpeningSession
from app.models.slot import Hold, Slot, SlotClaim
from app.models.waiting import OfferOutcome, WaitingEntry, WaitingOffer, WaitingStatus

__all__ = [
    "Absence",
    "Account",
    "AccountSession",
    "AddressChange",
    "Agent",
    "Appointment",
    "AppointmentChange",
    "AppointmentStatus",
    "AuditEvent",
    "CaptchaChallenge",
    "ChangeKind",
    "Channel",
    "Closure",
    "Hold",
    "Journey",
    "LocalPoint",
    "Need",
    "OfferOutcome",
    "Office",
    "OfficeKind",
    "OpeningSession",
    "OutboxMail",
    "RecoveryToken",
    "RequestOutcome",
    "SignInNote",
    "SignUpRequest",
    "Slot",
    "SlotClaim",
    "SpaceKind",
    "SpaceMode",
    "SubscriberSequence",
    "Taxpayer",
    "WaitingEntry",
    "WaitingOffer",
    "WaitingStatus",
]
