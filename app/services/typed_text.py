"""Text as people type and paste it: what does not show is left out, what would mislead the eye is named.

Copying from a document, a chat or a list of contacts brings along characters of no width that nobody can see or
delete. Every field leaves them out before it is checked.
"""

import unicodedata

APOSTROPHES = frozenset("'’ʼ‘ʻ")
"""What stands for an apostrophe in a name, kept as typed."""

_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"

MARKS_OF_NAMES = APOSTROPHES | frozenset(" ·.,-\N{HYPHEN}\N{NON-BREAKING HYPHEN}" + _JOINERS)
"""What names hold besides letters and their accents: « J.-P. », « Gal·la », « d’Arc »."""

_RIGHT_TO_LEFT_OVERRIDE = "\N{RIGHT-TO-LEFT OVERRIDE}"
_LEFT_TO_RIGHT_OVERRIDE = "\N{LEFT-TO-RIGHT OVERRIDE}"
_RIGHT_TO_LEFT = frozenset(("R", "AL", "AN"))

# Unicode’s « default ignorable » characters and the fillers that show as nothing, without joiners and overrides.
_UNSEEN = frozenset(
    map(
        chr,
        (
            0x00AD,  # soft hyphen
            0x034F,  # combining grapheme joiner
            0x061C,  # Arabic letter mark
            *(0x115F, 0x1160, 0x3164, 0xFFA0),  # Hangul fillers
            *(0x17B4, 0x17B5),  # inherent vowels of Khmer
            *range(0x180B, 0x1810),  # Mongolian selectors
            *(0x200B, 0x200E, 0x200F),  # zero width space, direction marks
            *(0x202A, 0x202B, 0x202C),  # embeddings and what ends them
            *range(0x2060, 0x2070),  # word joiner, invisible operators, isolates, deprecated marks
            0xFEFF,  # byte order mark
            *range(0xFFF0, 0xFFFC),  # annotations
            *range(0x1BCA0, 0x1BCA4),  # shorthand controls
            *range(0x1D173, 0x1D17B),  # music controls
            *range(0xE0000, 0xE0100),  # tags
        ),
    )
)
_SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))

_AS_APOSTROPHE = dict.fromkeys(
    map(ord, "´`\N{PRIME}\N{REVERSED PRIME}\N{SINGLE HIGH-REVERSED-9 QUOTATION MARK}＇"), "’"
)
_AS_HYPHEN = dict.fromkeys(map(ord, "\N{FIGURE DASH}\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}\N{SMALL HYPHEN-MINUS}－"), "-")
_AS_IN_NAMES = _AS_APOSTROPHE | _AS_HYPHEN

# Letters that people without them on their keyboard write otherwise, and that Unicode takes for letters of their own.
_SPELLED = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "þ": "th", "ı": "i", "ŋ": "n", "ŧ": "t"}
)


def visible(text: str) -> str:
    """Return a text without the characters that nobody sees; joiners stay where they change what is seen.

    An override that turns nothing round goes too. One that does stays: see `is_turned`.
    """
    kept: list[str] = []
    left_out = _UNSEEN if is_turned(text) else _UNSEEN | {_LEFT_TO_RIGHT_OVERRIDE}
    for char in text:
        if char in left_out or ((char in _SELECTORS or char in _JOINERS) and not (kept and _may_change(kept[-1]))):
            continue
        kept.append(char)
    while kept and kept[-1] in _JOINERS:
        kept.pop()
    return "".join(kept)


def is_turned(text: str) -> bool:
    """Tell whether an override makes a text read otherwise than it is written."""
    if _RIGHT_TO_LEFT_OVERRIDE in text:
        return True
    return _LEFT_TO_RIGHT_OVERRIDE in text and any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text)


def with_plain_marks(name: str) -> str:
    """Return a name whose accents and dashes standing for an apostrophe or a hyphen are one: « d´Arc » is « d’Arc »."""
    return name.translate(_AS_IN_NAMES)


def letters(text: str) -> str:
    """Return a text as one compares it by eye: no case, no accents, « œ » as « oe »; blanks and marks stay."""
    spelled = visible(text).casefold().translate(_SPELLED)
    decomposed = unicodedata.normalize("NFKD", spelled).translate(_SPELLED)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def alphanumeric(text: str) -> str:
    """Return what a code or a number consists of: no blanks, full stops, hyphens or quotes that came along."""
    return "".join(char for char in visible(text) if not (char.isspace() or char in _AROUND_CODES))


_AROUND_CODES = frozenset(".,;:'’‘‚‛\"“”„‟«»‹›`´()[]<>-–—‐‑")


def _may_change(before: str) -> bool:
    """Tell whether a joiner or a selector after this character may be seen: among emoji, and in scripts that join."""
    if before in _JOINERS or before in _SELECTORS:
        return before in _SELECTORS
    category = unicodedata.category(before)
    if category[0] == "L":
        return not unicodedata.name(before, "").startswith(("LATIN", "GREEK", "CYRILLIC"))
    return category[0] in "MS" and not 0x300 <= ord(before) < 0x370
