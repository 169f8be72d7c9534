"""The PDF summary of a professional space: « Récapitulatif de vos données personnelles ».

Typst makes it as PDF/UA-1 (tagged, titled, in French). Values reach the template as plain strings through
`sys.inputs`, so nothing a person typed is read as markup.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import typst

from app import clock, content
from app.content import trust_questions
from app.models import Account
from app.services import database, phones
from app.services.accounts import identity_form

FILE_NAME = "recapitulatif-espace-professionnel.pdf"
_FOLDER = Path(content.__file__).parent / "pdf"
_PARIS = ZoneInfo("Europe/Paris")
_DRAWN = re.compile("[ -\u036f\u1e00-\u1eff\u2010-\u2027\u2030-\u203a]")
"""What the fonts of the document have for certain: Latin letters, their accents, common punctuation."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What the document says; `address_lines` as on an envelope, `created_at` aware. Holds the trust answer."""

    last_name: str
    first_name: str
    subscriber_number: str
    phone: str
    email: str
    address_lines: tuple[str, ...]
    trust_question: str
    trust_answer: str
    created_at: datetime
    siren: str = ""
    contact_email: str = ""


def read(account_id: int) -> Summary | None:
    """Return what the document of an open account says now, None if there is no such account.

    The caller has made sure that its owner asks.
    """
    with database.reading() as session:
        row = session.get(Account, account_id)
    return None if row is None or row.closed_at else _summary(row)


def render(summary: Summary) -> bytes:
    """Return the document as PDF/UA-1; some 15 ms of computing, so call it in a thread of few."""
    inputs = _inputs(summary)
    try:
        return _compiled(inputs, summary.created_at)
    except typst.TypstError:
        # PDF/UA forbids a character that no font draws, such as an emoji in an answer: its number stands for it.
        return _compiled({name: _drawable(value) for name, value in inputs.items()}, summary.created_at)


def _compiled(inputs: dict[str, str], created_at: datetime) -> bytes:
    made = typst.compile(
        _FOLDER / "account_summary.typ",
        root=_FOLDER,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs=inputs,
        pdf_standards=["ua-1"],
        timestamp=created_at.replace(microsecond=0),
    )
    if not isinstance(made, bytes):
        raise TypeError("one document was asked for")
    return made


def _summary(row: Account) -> Summary:
    parts = {name: getattr(row, name) for name in identity_form.ADDRESS_FIELDS}
    return Summary(
        last_name=row.last_name,
        first_name=row.first_name,
        subscriber_number=row.subscriber_number or "",
        phone=phones.shown(row.phone),
        email=row.email,
        address_lines=identity_form.address_lines(parts),
        trust_question=trust_questions.label(row.trust_question),
        trust_answer=row.trust_answer,
        created_at=clock.now(),
        siren=row.siren,
        contact_email=row.contact_email,
    )


def _inputs(summary: Summary) -> dict[str, str]:
    """Return the strings of the template, without what does not show: Typst refuses what it cannot draw in PDF/UA."""
    values = {
        "siren": summary.siren,
        "contact_email": summary.contact_email,
        "last_name": summary.last_name,
        "first_name": summary.first_name,
        "subscriber_number": summary.subscriber_number,
        "phone": summary.phone,
        "email": summary.email,
        "trust_question": summary.trust_question,
        "trust_answer": summary.trust_answer,
        "created_at": _moment(summary.created_at),
    }
    return {name: _line(value) for name, value in values.items()} | {
        "address": "\n".join(map(_line, summary.address_lines))
    }


def _moment(instant: datetime) -> str:
    """Return « 25/02/2026 à 14h29mn59s », as the guide writes it, in the time of Paris."""
    return instant.astimezone(_PARIS).strftime("%d/%m/%Y à %Hh%Mmn%Ss")


def _line(text: str) -> str:
    shown = (" " if _is_hidden(char) else char for char in unicodedata.normalize("NFC", text))
    return " ".join(filter(None, "".join(shown).split(" ")))


def _drawable(text: str) -> str:
    return "".join(char if char == "\n" or _DRAWN.fullmatch(char) else f"(U+{ord(char):04X})" for char in text)


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char)[0] == "C" or char in "\u2028\u2029"


@cache
def _fonts() -> typst.Fonts:
    # Those of the package and of this folder only: the document is the same on every machine.
    return typst.Fonts(include_system_fonts=False, font_paths=[str(_FOLDER / "fonts")])
