"""What mails say, and what nobody can make them say."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from app import clock
from app.content import both_times
from app.models import Channel, OutboxMail
from app.services import demo_offices
from app.services.notifications import messages, smtp, waiting_messages
from app.services.notifications.messages import Message
from tests.mails import CONFIRM_URL, FACTS, POINT, WISH, every_message

NBSP = "\u00a0"


def as_row(message: Message, recipient: str = "camille@test.example") -> OutboxMail:
    return OutboxMail(
        dedup_key="key",
        kind="confirmed",
        visitor_key="v",
        message_id="<id@guichet.example>",
        recipient=recipient,
        subject=message.subject,
        text_body=message.text,
        html_body=message.html,
        calendar=message.calendar,
        calendar_method=message.calendar_method,
        created_at=clock.now(),
        next_attempt_at=clock.now(),
    )


class _Page(HTMLParser):
    """The tags, the attributes and the text of an HTML mail."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data


def both_texts(message: Message) -> tuple[str, str]:
    return message.text, _Page(message.html).words


def test_who_has_one_name_only_is_greeted_by_it() -> None:
    for message in every_message(replace(FACTS, first_name="", received="")):
        assert message.text.startswith("Bonjour Martin,")
        assert '<p style="margin:0 0 14px">Bonjour Martin,</p>' in message.html
        assert "  Martin" not in (message.calendar or "")


def test_a_confirmation_says_when_where_what_to_bring_and_how_to_change() -> None:
    for text in both_texts(messages.confirmed(FACTS)):
        flat = " ".join(text.split())
        for expected in (
            "Bonjour Camille Martin,",
            "mardi 24 novembre 2026 à 9 h 30",
            "30 minutes",
            "Comprendre son avis d’impôt",
            "12 place des Essais",
            "11000 Carcassonne",
            "RDV-7K3M",
            "Une pièce d’identité",
            "Votre dernier avis d’impôt",
            "Un agent pourra vous téléphoner avant le rendez-vous",
            "https://guichet.example/rendez-vous/suivi/7f3k9q2m-abc",
            "Ouvrir ce lien ne change rien",
            "Nous ne demandons jamais de mot de passe",
            "démonstration, pas un site officiel",
        ):
            assert expected in flat, expected


def test_times_and_punctuation_keep_together() -> None:
    message = messages.confirmed(FACTS)
    assert f"9{NBSP}h{NBSP}30" in message.subject
    assert not re.search(r" [:;?!]", message.text + _Page(message.html).words + message.subject)


def test_a_phone_appointment_gives_the_number_to_be_called_and_no_address() -> None:
    facts = replace(FACTS, channel=Channel.PHONE)
    for text in both_texts(messages.confirmed(facts)):
        assert f"un agent vous appelle au 06{NBSP}39{NBSP}98{NBSP}00{NBSP}01" in text
        assert "place des Essais" not in text
        assert "À GARDER PRÈS DE VOUS" in text.upper()


def test_at_a_local_point_the_mail_gives_that_place_and_how_to_get_in() -> None:
    facts = replace(FACTS, place=POINT)
    message = messages.confirmed(facts)
    for text in both_texts(message):
        for expected in ("Point d’accueil de Trèbes", "3 place de la Mairie", "11800 Trèbes", "Entrée de plain-pied."):
            assert expected in text
        assert "12 place des Essais" not in text
        assert "Service des impôts des particuliers de Carcassonne" in text
    assert (
        the_event(message)["location"]
        == "Point d’accueil de Trèbes (démonstration), 3 place de la Mairie, 11800 Trèbes"
    )


ACCESS = (
    "Arrêt de bus « Maquette » à 150 m, lignes 2, 4 et 12, puis à gauche. " * 5
    + "Les personnes en fauteuil roulant entrent par la cour : sonnette à 90 cm du sol."
)


@pytest.mark.parametrize("at_point", [True, False])
def test_how_to_get_in_is_told_whole_at_the_office_as_well(at_point: bool) -> None:
    facts = replace(FACTS, place=replace(POINT, access=ACCESS)) if at_point else replace(FACTS, office_access=ACCESS)
    message = messages.confirmed(facts)
    for text in (*both_texts(message), *both_texts(messages.reminder(facts))):
        assert ACCESS in " ".join(text.replace(NBSP, " ").split())
    assert ACCESS in str(the_event(message)["description"])
    for text in both_texts(messages.confirmed(replace(facts, channel=Channel.PHONE))):
        assert "sonnette" not in text


def test_the_way_to_the_office_is_not_told_to_who_goes_elsewhere() -> None:
    facts = replace(FACTS, place=POINT, office_access="Sonnette à droite.")
    message = messages.confirmed(facts)
    for text in (*both_texts(message), str(the_event(message)["description"])):
        assert "Sonnette" not in text
        assert "Entrée de plain-pied." in text


def test_nothing_a_person_needs_is_cut() -> None:
    long = "Chaque justificatif de l’année, dans l’ordre des mois, avec sa copie. " * 9 + "Et la clé."
    facts = replace(
        FACTS, documents=(long,), topic_label=long, needs=(long,), manage_url=f"https://x.example/{'a' * 400}"
    )
    for text in both_texts(messages.confirmed(facts)):
        flat = " ".join(text.split())
        assert flat.count(long) == 3
        assert "a" * 400 in flat or "a" * 400 in messages.confirmed(facts).html


def test_a_video_appointment_says_that_one_must_go_there() -> None:
    facts = replace(FACTS, place=POINT, channel=Channel.VIDEO)
    message = messages.confirmed(facts)
    for text in both_texts(message):
        flat = " ".join(text.split())
        assert "C’est là qu’il faut vous rendre" in flat
        assert "un ordinateur et une personne pour vous aider vous y attendent, l’agent est à l’écran" in flat
        assert "3 place de la Mairie" in flat
    event = the_event(message)
    assert str(event["location"]).startswith("Point d’accueil de Trèbes")
    assert "l’agent est à l’écran" in str(event["description"])


def test_what_was_signalled_and_for_whom_is_told_back() -> None:
    facts = replace(FACTS, needs=("fauteuil roulant", "pas de téléphone"), received="Jeanne Dupont")
    message = messages.confirmed(facts)
    for text in both_texts(message):
        flat = " ".join(text.replace(NBSP, " ").split())
        assert re.search(r"Vous avez signalé(?: :)? fauteuil roulant, pas de téléphone", flat)
        assert re.search(r"Pour(?: :)? Jeanne Dupont", flat)
        assert "Bonjour Camille Martin" in flat
        assert "Un agent pourra vous téléphoner" not in flat
    words = str(the_event(message)["description"])
    assert "Pour\u00a0: Jeanne Dupont" in words
    assert f"Vous avez signalé{NBSP}: fauteuil roulant, pas de téléphone" in words
    assert "Jeanne Dupont" in messages.cancelled(facts).text
    for text in both_texts(messages.confirmed(FACTS)):
        assert "signalé" not in text
        assert "Pour :" not in text.replace(NBSP, " ")


def test_long_names_are_told_whole_to_both() -> None:
    first, last = "Marie-Clémentine-Joséphine de " * 2 + "Jésus", "Saint-Hilaire-d’Ozilhan-" * 3 + "Fin"
    message = messages.confirmed(replace(FACTS, first_name=first, last_name=last, received=f"{last} {first}"))
    for text in both_texts(message):
        assert f"Bonjour {first} {last}," in text
        assert f"{last} {first}" in text
    assert f"Pour\u00a0: {last} {first}" in str(the_event(message)["description"])


def test_the_name_of_whoever_is_received_is_letters_too() -> None:
    message = messages.confirmed(replace(FACTS, received="http://evil.example/ \r\nBcc: x"))
    assert "http evil example Bcc x" in message.text
    assert "evil.example" not in str(message.calendar)


def test_a_mail_to_confirm_says_until_when_and_gives_no_calendar_file() -> None:
    message = messages.to_confirm(FACTS, datetime(2026, 11, 23, 9, 5, tzinfo=UTC), CONFIRM_URL)
    assert message.subject.startswith("Rendez-vous à confirmer")
    assert (message.calendar, message.calendar_method) == (None, "")
    for text in both_texts(message):
        flat = " ".join(text.replace(NBSP, " ").split())
        assert "avant le lundi 23 novembre 2026 à 10 h 05" in flat
        assert "la page vous demande de confirmer" in flat
        assert "Ancienne date" not in flat
    assert CONFIRM_URL in message.text
    assert f'href="{CONFIRM_URL}"' in message.html
    moved = messages.to_confirm(FACTS, FACTS.starts_at, CONFIRM_URL, datetime(2026, 11, 20, 13, 0, tzinfo=UTC))
    assert "Ancienne date, qui n’est plus valable : vendredi 20 novembre 2026" in moved.text.replace(NBSP, " ")


def test_a_released_time_is_told_with_the_way_to_book_again() -> None:
    message = messages.lapsed(replace(FACTS, revision=2))
    for text in both_texts(message):
        assert "n’a pas été confirmé à temps" in " ".join(text.split())
    assert FACTS.manage_url in message.text, "its page begins again at the same office, on the same topic"
    assert "Vous n’avez pas demandé cette annulation" not in message.text
    assert the_event(message)["status"] == "CANCELLED"


def test_a_foreign_number_is_shown_in_full() -> None:
    facts = replace(FACTS, channel=Channel.PHONE, phone="+41441234567")
    assert "+41 44 123 45 67".replace(" ", NBSP) in messages.confirmed(facts).text


def test_a_reschedule_gives_both_times() -> None:
    previous = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)
    for text in both_texts(messages.rescheduled(FACTS, previous)):
        assert f"vendredi 20 novembre 2026 à 14{NBSP}h" in text
        assert f"mardi 24 novembre 2026 à 9{NBSP}h{NBSP}30" in text


@pytest.mark.parametrize("kind", ["booked", "moved"])
@pytest.mark.parametrize("zone", ["Europe/Paris", "Indian/Reunion"])
def test_the_mail_says_when_the_reminder_comes_and_nothing_of_one_that_does_not(kind: str, zone: str) -> None:
    def written(facts: messages.AppointmentFacts) -> Message:
        return messages.confirmed(facts) if kind == "booked" else messages.rescheduled(facts, facts.starts_at)

    facts = replace(FACTS, timezone=zone, remind_at=datetime(2026, 11, 22, 9, tzinfo=ZoneInfo(zone)))
    sentence = messages.typographic(f"Un rappel vous sera envoyé le {both_times.moment(facts.remind_at, zone)}.")
    mail, without = written(facts), written(replace(facts, remind_at=None))
    assert "dimanche 22 novembre 2026 à 9\u00a0h" in sentence
    assert ("heure de La Réunion" in sentence) == (zone != "Europe/Paris")
    for text in (mail.text, mail.html):
        assert sentence in " ".join(text.split(" ")).replace("\n", " ")
    assert "rappel" not in without.text + without.html


def test_a_reschedule_to_another_channel_at_the_same_time_gives_no_old_time() -> None:
    assert "Ancienne date" not in messages.rescheduled(FACTS, FACTS.starts_at).text


def test_a_cancellation_asks_for_nothing_and_offers_another_appointment() -> None:
    for message in (messages.cancelled(FACTS),):
        assert "annulé" in message.subject
        assert FACTS.manage_url in message.text, "its page begins again at the same office, on the same topic"
        assert f'href="{FACTS.manage_url}"' in message.html
        assert "Documents" not in message.html


def test_the_link_again_has_no_calendar_file() -> None:
    message = messages.link_again(FACTS)
    assert message.calendar is None
    assert FACTS.manage_url in message.text


@pytest.mark.parametrize(
    ("timezone", "instant", "words"),
    [
        ("Europe/Paris", datetime(2026, 10, 23, 7, 0, tzinfo=UTC), "vendredi 23 octobre 2026 à 9_h"),
        ("Europe/Paris", datetime(2026, 10, 26, 8, 0, tzinfo=UTC), "lundi 26 octobre 2026 à 9_h"),
        ("Europe/Paris", datetime(2027, 3, 26, 8, 0, tzinfo=UTC), "vendredi 26 mars 2027 à 9_h"),
        ("Europe/Paris", datetime(2027, 3, 29, 7, 0, tzinfo=UTC), "lundi 29 mars 2027 à 9_h"),
        ("Indian/Reunion", datetime(2026, 11, 24, 5, 30, tzinfo=UTC), "mardi 24 novembre 2026 à 9_h_30"),
        ("America/Guadeloupe", datetime(2026, 11, 24, 13, 30, tzinfo=UTC), "mardi 24 novembre 2026 à 9_h_30"),
        ("America/Guadeloupe", datetime(2027, 7, 1, 13, 30, tzinfo=UTC), "jeudi 1er juillet 2027 à 9_h_30"),
    ],
)
def test_times_are_the_offices_in_the_mail_and_exact_in_the_calendar(
    timezone: str, instant: datetime, words: str
) -> None:
    message = messages.confirmed(replace(FACTS, timezone=timezone, starts_at=instant))
    assert words.replace("_", NBSP) in message.text
    assert words.replace("_", NBSP) in message.subject
    event = the_event(message)
    assert event.decoded("dtstart") == instant
    assert event.decoded("dtend") == instant + timedelta(minutes=30)
    assert event.decoded("dtstart").astimezone(ZoneInfo(timezone)).hour == 9
    assert words.replace("_", NBSP) in str(event["description"])


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["Europe/Paris", "Indian/Reunion", "America/Guadeloupe", "America/Miquelon", "Pacific/Noumea"]),
    st.sampled_from([15, 30, 45, 60, 90]),
)
def test_the_calendar_gives_back_the_instant_it_was_given(instant: datetime, timezone: str, minutes: int) -> None:
    instant = instant.replace(second=0, microsecond=0)
    local = instant.astimezone(ZoneInfo(timezone))
    facts = replace(FACTS, starts_at=local, timezone=timezone, minutes=minutes)
    event = the_event(messages.confirmed(facts))
    assert event.decoded("dtstart") == instant
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(minutes=minutes)


def the_event(message: Message) -> Event:
    assert message.calendar is not None
    [event] = Calendar.from_ical(message.calendar).walk("VEVENT")
    assert isinstance(event, Event)
    return event


def test_each_calendar_file_replaces_the_one_before() -> None:
    moved = replace(FACTS, revision=2)
    gone = replace(FACTS, revision=3)
    files = [messages.confirmed(FACTS), messages.rescheduled(moved, FACTS.starts_at), messages.cancelled(gone)]
    events = [the_event(message) for message in files]
    assert [event["sequence"] for event in events] == [0, 1, 2]
    assert {str(event["uid"]) for event in events} == {"7f3k9q2m@guichet"}
    assert [event["status"] for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    methods = [Calendar.from_ical(str(message.calendar))["method"] for message in files]
    assert methods == ["PUBLISH", "PUBLISH", "CANCEL"]
    assert [message.calendar_method for message in files] == methods


def test_the_calendar_file_is_well_formed_and_holds_no_link_that_changes_anything() -> None:
    text = messages.confirmed(FACTS).calendar
    assert text is not None
    assert "suivi" not in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")
    event = Calendar.from_ical(text).walk("VEVENT")[0]
    assert str(event["organizer"]) == "mailto:ne-pas-repondre@guichet.example"
    assert "attendee" not in event
    assert str(event["location"]).endswith("12 place des Essais, 11000 Carcassonne")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Jean\r\nBcc: victim@test.example", "Jean Bcc victim test example"),
        ("<script>alert(1)</script>", "script alert script"),
        ("http://evil.example/", "http evil example"),
        ("Anne-Sophie d’Aubigné", "Anne-Sophie d’Aubigné"),
        ("Zoé \u202eevil", "Zoé evil"),
        ("Ольга Łukasz 李", "Ольга Łukasz 李"),
        ("हिन्दी", "हिन्दी"),
        ("J.-P.", "J.-P."),
        ("J. P.", "J. P."),
        ("Martin, Jr.", "Martin, Jr."),
        ("D‘Angelo Gal·la", "D‘Angelo Gal·la"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("Jean‑Pierre", "Jean‑Pierre"),
        ("Wolfeschlegelsteinhausenbergerdorff-" * 2, "Wolfeschlegelsteinhausenbergerdorff-" * 2),
        ("evil.example", "evil example"),
        ("a.b.example.fr", "a.b example fr"),
        ("evil.\u200bexample", "evil example"),
        ("...", ""),
        ("{{ 7 * 7 }}", ""),
    ],
)
def test_a_name_is_letters_and_nothing_else(name: str, shown: str) -> None:
    facts = replace(FACTS, first_name=name, last_name="")
    greeting = messages.confirmed(facts).text.splitlines()[0]
    assert greeting == (f"Bonjour {shown}," if shown else "Bonjour,")


HOSTILE = st.text(max_size=80) | st.sampled_from(
    [
        "\r\nBcc: x@test.example",
        "\n.\r\nQUIT",
        "</td><img src=x onerror=y>",
        '"><a href=//evil>',
        "\x00",
        "\u2028BEGIN:VEVENT",
    ]
)


@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_nothing_typed_becomes_a_header_a_tag_or_a_calendar_line(first: str, last: str, topic: str, phone: str) -> None:
    facts = replace(FACTS, first_name=first, last_name=last, topic_label=topic, phone=phone, channel=Channel.PHONE)
    plain = smtp.composed(as_row(messages.confirmed(replace(FACTS, channel=Channel.PHONE))), "Guichet <g@test.example>")
    message = messages.confirmed(facts)
    mail = smtp.composed(as_row(message), "Guichet <g@test.example>")
    parsed = message_from_bytes(mail.as_bytes(), policy=policy.SMTP)
    assert parsed.keys() == plain.keys()
    assert parsed["to"].addresses[0].addr_spec == "camille@test.example"
    assert len(list(parsed.walk())) == len(list(plain.walk()))
    assert _Page(message.html).tags == _Page(messages.confirmed(replace(FACTS, channel=Channel.PHONE)).html).tags
    assert len(Calendar.from_ical(str(message.calendar)).walk()) == 2


def test_markup_in_data_is_escaped() -> None:
    message = messages.confirmed(replace(FACTS, topic_label="<b>R&D</b>", documents=("<i>",)))
    assert "&lt;b&gt;R&amp;D&lt;/b&gt;" in message.html
    assert "<b>R&D</b>" in message.text
    assert "<i>" not in message.html


def test_the_html_stands_alone_and_is_legible_in_light_and_dark() -> None:
    for message in every_message(FACTS):
        page = _Page(message.html)
        assert not {"style", "script", "img", "link", "form", "iframe"} & set(page.tags)
        assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("class", "src")]
        assert 'lang="fr"' in message.html
        styles = [value for name, value in page.attributes if name == "style" and value]
        for style in styles:
            # A text colour without its background, or the reverse, is unreadable in one of the two modes.
            assert ("background-color:" in style) == bool(re.search(r"(^|;)color:(?!inherit)", style))


def test_every_link_is_the_portals() -> None:
    for message in every_message(FACTS):
        page = _Page(message.html)
        links = [value for name, value in page.attributes if name == "href"]
        assert links
        assert all(str(link).startswith(("https://guichet.example/", "http://localhost:3000")) for link in links)


def test_a_composed_mail_has_text_html_and_calendar() -> None:
    mail = smtp.composed(as_row(messages.confirmed(FACTS)), "Guichet <ne-pas-repondre@guichet.example>")
    parsed = message_from_bytes(mail.as_bytes(), policy=policy.SMTP)
    kinds = [part.get_content_type() for part in parsed.walk()]
    assert kinds == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar"]
    [attached] = list(parsed.iter_attachments())
    assert attached.get_filename() == "rendez-vous.ics"
    assert attached["content-type"].params["method"] == "PUBLISH"
    assert Calendar.from_ical(attached.get_content()).walk("VEVENT")
    assert parsed["message-id"] == "<id@guichet.example>"
    assert parsed["auto-submitted"] == "auto-generated"
    plain = parsed.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().startswith("Bonjour Camille Martin,")


@given(st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_subject_arrives_as_it_was_written_whatever_the_date(instant: datetime) -> None:
    for message in every_message(replace(FACTS, starts_at=instant)):
        mail = smtp.composed(as_row(message), "Guichet <g@test.example>")
        raw = mail.as_bytes()
        assert message_from_bytes(raw, policy=policy.SMTP)["subject"] == message.subject
        assert max(len(line) for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n")) <= 78


def test_an_accented_domain_is_written_in_ascii() -> None:
    mail = smtp.composed(as_row(messages.confirmed(FACTS), "camille@école.example"), "g@test.example")
    assert mail["to"].addresses[0].addr_spec == "camille@xn--cole-9oa.example"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", smtp.Server("mail.example", 25, False, False, "", "")),
        ("smtps://u:p%40ss@mail.example", smtp.Server("mail.example", 465, True, False, "u", "p@ss")),
        ("smtp://u:p@mail.example:587?starttls=1", smtp.Server("mail.example", 587, False, True, "u", "p")),
        ("smtp://u:p@127.0.0.1:1025", smtp.Server("127.0.0.1", 1025, False, False, "u", "p")),
    ],
)
def test_the_url_of_a_mail_server_is_read(url: str, expected: smtp.Server) -> None:
    assert smtp.server(url) == expected


@pytest.mark.parametrize("url", ["mail.example:25", "http://mail.example", "smtp://", "smtp://h:99999", "smtp://u:p@h"])
def test_an_unusable_url_is_refused_without_telling_the_password(url: str) -> None:
    with pytest.raises(smtp.SmtpUrlError) as refused:
        smtp.server(url)
    assert ":p@" not in str(refused.value)


@pytest.mark.parametrize(
    ("timezone", "zone"),
    [("Indian/Reunion", "heure de La Réunion"), ("America/Miquelon", "heure de Saint-Pierre-et-Miquelon")],
)
def test_every_hour_names_its_zone_where_it_is_not_that_of_paris(timezone: str, zone: str) -> None:
    for message in every_message(replace(FACTS, timezone=timezone)):
        assert message.subject.endswith(f" ({zone})")
        for text in (*both_texts(message), *([str(the_event(message)["description"])] if message.calendar else [])):
            flat = " ".join(text.split())
            hours = re.findall(r"\d{4} à \d+ h(?: \d\d)?(.{,40})", flat)
            assert hours
            assert all(after.startswith(f" ({zone})") for after in hours), flat
            assert "heure locale" not in flat


def test_the_hour_of_paris_is_named_in_the_mail_and_left_out_of_the_subject() -> None:
    for message in every_message(FACTS):
        assert "heure" not in message.subject
        for text in both_texts(message):
            assert "(heure de Paris)" in " ".join(text.split())


@pytest.mark.parametrize(
    ("timezone", "named"), [("Europe/Paris", ""), ("Pacific/Noumea", " (heure de Nouvelle-Calédonie)")]
)
def test_an_offer_names_the_zone_of_both_its_hours(timezone: str, named: str) -> None:
    message = waiting_messages.offer(
        WISH,
        starts_at=FACTS.starts_at,
        expires_at=FACTS.starts_at - timedelta(hours=2),
        timezone=timezone,
        offer_url="https://guichet.example/attente/proposition/abc",
    )
    assert message.subject.partition(" à ")[2].partition(" (")[1:] == tuple(named.partition(" (")[1:])
    for text in both_texts(message):
        flat = " ".join(text.split())
        assert re.search(rf"réservé jusqu’au [^.(]*{re.escape(named)}\.", flat)
        assert re.search(r"Date(?: :)? [^(]*\(heure de ", flat)


def test_every_zone_of_the_demonstration_has_words() -> None:
    zones = {str(row["timezone"]) for row in demo_offices.all_offices()}
    assert len(zones) > 10
    assert {zone for zone in zones if both_times.zone_words(zone) == "heure du service"} == set()
