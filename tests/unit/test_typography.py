"""French as it is printed, in every text: apostrophes, blanks that must not break, capitals, the end of errors."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from app.content import communes
from app.models import Channel
from app.services import demo_offices, demo_points
from app.services.notifications import waiting_messages
from app.services.notifications.messages import Message, typographic
from tests import texts
from tests.mails import FACTS, POINT, WISH, every_message
from tests.texts import GAP, Text

_APOSTROPHE = re.compile(rf"(?<=[A-Za-zÀ-ÿ])['´`ʼ‘](?=[A-Za-zÀ-ÿ{GAP}«]|$)")
_BLANK_BEFORE = re.compile(r"(?<![\u00a0\u202f])(?<!^)[;?!»](?!\w)|(?<![\u00a0\u202f])(?<!^):(?=[\s\u00a0]|$)")
_BLANK_AFTER = re.compile(r"«(?![\u00a0\u202f])")
_PREPOSITION = re.compile(r"(?:^|[.?!:]\s+)A (?=[a-zà-ÿ])")
_BARE_CAPITAL = re.compile(
    r"\bE(?:[bcdfghjklmnpqtvz][aeiouyéèêàâîôû]|[bcdfgptv][lr]|ra?[bg]|vr|qu|ch)"
    r"|\b(?:Ca|Ile|Etre|A-t-on|Eric|A (?:bientôt|propos|partir|quoi|noter))\b"
)
# A brand, written so by its owner.
_BRANDS = ("Etalab",)
# Signs alone, not a text.
_SIGNS = re.compile(r"[\W_]{6,}")
_WORD = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿŒœ]+")
_IMPERATIVE = re.compile(r"\b(?!rendez-vous)\w{2,}ez\b", re.IGNORECASE)
_STATEMENT = re.compile(
    r"(?:Votre|Vos|Ce|Cette|Ces|Le|La|Les|L’\w+|Il|Elle|Vous|Aucun|Un|Une)\b"
    r".*\b(?:est|sont|a|ont|peut|va|reste|avez|suit)\b"
)
_ENDS = re.compile(rf"(?:[.?!…:»,]|{GAP})\s*$")
# A label, the first half of a sentence, a name.
_NO_ERRORS = {
    "Vous écrivez pour vous ou pour un proche",
    "Vérifiez ce numéro et le pays choisi à côté",
    "Lila O’Connor-Ñuñez",
}


@cache
def every_text() -> tuple[Text, ...]:
    """Return every text once, as the files hold them and as mails are rendered."""
    templates = (Text(where, typographic(words)) for where, words in texts.of_templates())
    found = [*texts.of_python(), *texts.of_json(), *texts.of_scripts(), *templates, *_rendered(), *_demonstration()]
    return tuple(dict.fromkeys(found))


def _rendered() -> Iterable[Text]:
    variants = [
        FACTS,
        replace(FACTS, place=POINT, needs=("fauteuil roulant",), received="Jeanne Dupont"),
        replace(FACTS, channel=Channel.PHONE, timezone="Indian/Reunion"),
        replace(FACTS, channel=Channel.VIDEO, place=POINT),
    ]
    mails: list[Message] = [mail for facts in variants for mail in every_message(facts)]
    at = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    mails += [
        waiting_messages.joined(WISH),
        waiting_messages.full([WISH]),
        waiting_messages.over(WISH),
        waiting_messages.offer(
            WISH,
            starts_at=at,
            expires_at=at - timedelta(hours=2),
            timezone="Europe/Paris",
            offer_url="https://x.example",
        ),
    ]
    for mail in mails:
        yield Text(f"subject « {mail.subject} »", mail.subject)
        for paragraph in mail.text.split("\n"):
            if texts.is_french(paragraph) and "://" not in paragraph:
                yield Text(f"mail « {mail.subject} »", paragraph.strip())


def _demonstration() -> Iterable[Text]:
    rows = [*demo_offices.all_offices(), *(point.columns for point in demo_points.all_points())]
    for row in rows:
        for column in ("name", "street", "city", "access"):
            yield Text(f"demo {row['code']}", str(row[column]))


def _wrong_apostrophe(text: Text) -> str | None:
    found = _APOSTROPHE.search(text.words)
    return found and f"apostrophe {found[0]!r}"


def _wrong_blank(text: Text) -> str | None:
    words = "" if _SIGNS.fullmatch(text.words) else re.sub(r"https?://\S+|&\w+;", "", text.words)
    found = _BLANK_BEFORE.search(words) or _BLANK_AFTER.search(words)
    return found and f"blank around {found[0]!r}"


def _wrong_capital(text: Text) -> str | None:
    words = text.words
    for brand in _BRANDS:
        words = words.replace(brand, "")
    bare = _PREPOSITION.search(words) or _BARE_CAPITAL.search(words)
    if bare:
        return f"no accent on {bare[0]!r}"
    # A word in capitals alone, « DEPLACER »: some other text knows what it is.
    for word in _WORD.findall(words):
        if word.isupper() and len(word) > 3 and word.lower() not in _known_words() and word.lower() in _bare_words():
            return f"no accent in {word!r}"
    return None


def _bare_end(text: Text) -> str | None:
    return None if _ENDS.search(text.words) or text.words in _NO_ERRORS else "no full stop"


@cache
def _known_words() -> frozenset[str]:
    return frozenset(word for text in every_text() for word in _WORD.findall(text.words) if word == word.lower())


@cache
def _bare_words() -> frozenset[str]:
    return frozenset(_plain(word) for word in _known_words() if _plain(word) != word)


def _plain(word: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))


def _errors(every: Iterable[Text]) -> list[Text]:
    """Return the whole sentences of the code, orders and statements: what is shown beside a field or as done."""
    return [
        text
        for text in every
        if text.where.startswith(("app/services/", "app/state/", "app/content/"))
        and "notifications" not in text.where
        and text.words[:1].isupper()
        and " " in text.words
        and (_IMPERATIVE.search(text.words) or _STATEMENT.match(text.words))
    ]


def _found(check: Callable[[Text], str | None], every: Iterable[Text]) -> list[str]:
    checked = ((text, check(text)) for text in every)
    return [f"{text.where}: {said}: {text.words!r}" for text, said in checked if said]


def test_every_place_of_texts_is_read() -> None:
    places = {re.split(r"[/:. ]", text.where)[0] for text in every_text()}
    assert {
        "app",
        "static_pages",
        "topic_tree",
        "contact_tree",
        "site",
        "mail",
        "demo",
        "base",
        "proof-of-work",
    } <= places
    folders = {text.where.split("/")[1] for text in every_text() if text.where.startswith("app/")}
    assert {"components", "content", "pages", "services", "state", "web"} <= folders
    assert len(every_text()) > 3000


def test_every_apostrophe_is_the_printed_one() -> None:
    assert _found(_wrong_apostrophe, every_text()) == []


def test_no_punctuation_stands_alone_at_the_end_of_a_line() -> None:
    assert _found(_wrong_blank, every_text()) == []


def test_capitals_have_their_accents() -> None:
    assert _found(_wrong_capital, every_text()) == []


def test_every_error_and_every_confirmation_ends_with_a_full_stop() -> None:
    errors = _errors(every_text())
    assert len(errors) > 130
    assert _found(_bare_end, errors) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Dites-le-nous avant", r"[Dd]ites-le nous"),
        ("est valable {activation}", r"vaut (48|\{activation)"),
        ("QR code", r"code carré|code QR"),
        ("un nouveau lien", r"un lien plus récent|un lien vers un nouveau mot de passe"),
        ("Vos trois numéros", r"([Tt]rois|vrais|leurs|ces|manque un|[Rr]etrouver un) nombre"),
        ("Si vous n’avez pas de téléphone, indiquez-le", r"Sans téléphone"),
        ("appuyez sur le bouton", r"pressez le bouton"),
        (
            "La personne qui décide d’une dépense et celle qui la paie doivent rester distinctes",
            r"ordonnateur|Qui décide",
        ),
        ("les messages sur vos rendez-vous", r"les nouvelles de vos rendez-vous"),
        ("est envoyé à l’adresse", r"\bpart (à l’|vers )"),
        ("Vous avez refusé ce créneau", r"laissé ce créneau"),
        ("de les déplacer ou de les annuler", r"permet d’en changer"),
        ("configuré", r"n’est réglé"),
    ],
)
def test_a_thing_is_said_as_french_says_it(right: str, wrong: str) -> None:
    every = [text.words.replace("\u00a0", " ") for text in every_text()]
    assert any(right in words for words in every)
    assert [words for words in every if re.search(wrong, words)] == []


def test_places_have_the_printed_apostrophe() -> None:
    names = [area.name for area in communes.areas()] + [words for _code, words in communes.departments()]
    names += [commune.label for area in communes.areas() for commune in communes.in_area(area.code)]
    assert "L’Haÿ-les-Roses (Val-de-Marne, 94)" in names
    assert [name for name in names if "'" in name] == []


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (_wrong_apostrophe, "Changer l'image"),
        (_wrong_apostrophe, f"d'{GAP}"),
        (_wrong_apostrophe, "aujourd‘hui"),
        (_wrong_blank, "Un empêchement ?"),
        (_wrong_blank, "Vous n’avez pas reçu le code ?"),
        (_wrong_blank, "« Mes contacts »"),
        (_wrong_blank, "Attention : lisez"),
        (_wrong_blank, "Attention!"),
        (_wrong_blank, "Téléphone : "),
        (_wrong_blank, "Téléphone: "),
        (_wrong_blank, "Voir « Mes contacts\u00a0»"),
        (_wrong_blank, "Voir «\u00a0Mes contacts »"),
        (_wrong_capital, "Etape précédente"),
        (_wrong_capital, "Ecouter l’extrait sonore"),
        (_wrong_capital, "A partir du"),
        (_wrong_capital, "Fermé, A partir du 3 mai"),
        (_wrong_capital, "Echéance"),
        (_wrong_capital, "DEPLACER OU ANNULER"),
        (_bare_end, "Choisissez un jour, puis une heure"),
    ],
)
def test_a_wrong_text_is_noticed(check: Callable[[Text], str | None], words: str) -> None:
    assert _found(check, [Text("here", words)])


@pytest.mark.parametrize(
    "words",
    [
        "Un empêchement\u00a0?",
        "Téléphone\u202f: 01 99 00 12 34",
        "Étape précédente, l’heure est 8:30",
        "En ligne, Elle et Europe",
        "À partir du",
        "DÉPLACER OU ANNULER",
        "\u00a0?",
    ],
)
def test_a_right_text_passes(words: str) -> None:
    for check in (_wrong_apostrophe, _wrong_blank, _wrong_capital):
        assert _found(check, [Text("here", words)]) == []


def test_texts_are_found_in_code_and_templates() -> None:
    source = (
        '"""Not l\'histoire."""\nLABEL = "Ecouter l\'extrait"\nx = f"d\'{town} : {name}"\n"the name of an office"\n'
    )
    assert [words for _line, words in texts.python_strings(source)] == ["Ecouter l'extrait", f"d'{GAP} : {GAP}"]
    template = '{# no #}<p>Bonjour {{ name }},</p>{% if x %}<p>{{ "Etape" if y else "rien" }} ?</p>{% endif %}'
    assert {text.words for text in texts.template_texts("x", template)} == {"Etape", f"Bonjour {GAP},", f"{GAP} ?"}
    assert texts.is_french("Changer l'image")
    assert texts.is_french("Etape")
    assert not texts.is_french("the name of « Guichet »")
    assert not texts.is_french("/contact")
