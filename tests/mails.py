"""An appointment, and a place on the waiting list, to write about in tests of mails."""

from datetime import UTC, date, datetime, timedelta

from app.models import Channel
from app.services.notifications import messages
from app.services.notifications.messages import AppointmentFacts, Message, PlaceFacts
from app.services.notifications.waiting_messages import Wish

FACTS = AppointmentFacts(
    public_id="7f3k9q2m",
    reference="RDV-7K3M",
    revision=1,
    office_name="Service des impôts des particuliers de Carcassonne (démonstration)",
    office_address_lines=("12 place des Essais", "11000 Carcassonne"),
    office_phone="04 65 71 00 01",
    topic_label="Comprendre son avis d’impôt",
    channel=Channel.COUNTER,
    starts_at=datetime(2026, 11, 24, 8, 30, tzinfo=UTC),
    timezone="Europe/Paris",
    minutes=30,
    first_name="Camille",
    last_name="Martin",
    phone="+33639980001",
    documents=("Une pièce d’identité", "Votre dernier avis d’impôt"),
    manage_url="https://guichet.example/rendez-vous/suivi/7f3k9q2m-abc",
)

CONFIRM_URL = "https://guichet.example/rendez-vous/confirmer/7f3k9q2m-def"
POINT = PlaceFacts(
    "Point d’accueil de Trèbes (démonstration)", ("3 place de la Mairie", "11800 Trèbes"), "Entrée de plain-pied."
)
WISH = Wish(
    office_name=FACTS.office_name,
    place_name=POINT.name,
    address_lines=POINT.address_lines,
    topic_label=FACTS.topic_label,
    minutes=30,
    channel=Channel.COUNTER,
    weekdays=0b0010101,
    first_day=date(2026, 11, 24),
    last_day=date(2026, 12, 5),
    leave_url="https://guichet.example/attente/abc",
)


def every_message(facts: AppointmentFacts) -> list[Message]:
    return [
        messages.confirmed(facts),
        messages.rescheduled(facts, facts.starts_at - timedelta(days=1)),
        messages.cancelled(facts),
        messages.link_again(facts),
        messages.reminder(facts),
        messages.to_confirm(facts, facts.starts_at - timedelta(hours=20), CONFIRM_URL),
        messages.to_confirm(facts, facts.starts_at - timedelta(hours=20), CONFIRM_URL, facts.starts_at),
        messages.lapsed(facts),
    ]
