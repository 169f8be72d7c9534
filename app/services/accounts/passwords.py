"""Passwords: which ones are accepted, how strong they look, and how they are kept.

A password is compared as NFC code points, so that an accent typed on another keyboard is the same, and without what
does not show, so that one that was pasted can be typed. It is kept as
bcrypt over a keyed hash (ASVS 11.4.2): bcrypt reads 72 bytes only, the keyed hash takes any length in any script,
and a stolen database is worth nothing without the portal's secret. What is kept names the secret it was made
with, so that secrets can be renewed: `needs_rehash` says when to hash again at the next sign-in.
"""

import asyncio
import hashlib
import hmac
import os
import threading
import unicodedata
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from enum import StrEnum
from functools import lru_cache, partial
from typing import ParamSpec, TypeVar

import bcrypt
from zxcvbn_rs_py import Entropy, zxcvbn

from app import keys
from app.services import typed_text

P = ParamSpec("P")
T = TypeVar("T")

SHORTEST = 20
LONGEST = 128
COST = 12
"""Base-2 logarithm of bcrypt's rounds, some 0.3 s on a server; tests lower it."""

BUSY_SECONDS = 20.0
"""How long a hash waits for a processor before `PasswordsBusyError`."""

_AT_ONCE = os.cpu_count() or 1
_WAITING_SERVICES = 64
_PURPOSE = "password"
_PORTAL = "guichet"
_SHORTEST_FORBIDDEN = 4
_ACCEPTED_SCORE = 3
_STRONG_GUESSES = 14.0
"""Base-10 logarithm of guesses; zxcvbn's best score starts at 10, which a stolen hash would not resist for long."""

# zxcvbn knows English; these are what French keyboards and habits bring into long passwords.
_FRENCH = (
    "azerty",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "azertyuiopqsdfghjklm",
    "azertyuiopqsdfghjklmwxcvbn",
    "motdepasse",
    "bonjour",
    "bienvenue",
    "soleil",
    "doudou",
    "chouchou",
    "jetaime",
    "loulou",
    "marseille",
    "toulouse",
    "bordeaux",
    "francais",
    "impots",
    "entreprise",
    "societe",
    "comptable",
    "comptabilite",
    "cabinet",
    "professionnel",
    "connexion",
)

_TOO_SHORT = f"Choisissez un mot de passe d’au moins {SHORTEST}\u00a0caractères, par exemple une phrase sans espaces."
_TOO_LONG = f"Choisissez un mot de passe de {LONGEST}\u00a0caractères au plus."
_BLANK = "Retirez les espaces du mot de passe\u00a0: remplacez-les par un tiret ou un point."
_UNREADABLE = "Retirez du mot de passe les caractères invisibles, que vous ne pourriez pas saisir à nouveau."
_NO_LETTER = "Ajoutez au moins une lettre au mot de passe."
_NO_DIGIT = "Ajoutez au moins un chiffre au mot de passe."
_HOLDS_ADDRESS = "Retirez du mot de passe le début de votre adresse électronique."
_HOLDS_PORTAL = "Retirez du mot de passe le nom de ce site, «\u00a0Guichet\u00a0»."
_HOLDS_NAME = "Retirez du mot de passe votre nom et votre prénom."
_GUESSABLE = (
    "Choisissez un mot de passe plus difficile à deviner\u00a0: "
    "évitez les répétitions, les suites et les mots les plus courants."
)


class Strength(StrEnum):
    """How a password looks while it is typed; the value is what a person reads."""

    WEAK = "Faible"
    FAIR = "Moyen"
    STRONG = "Fort"


class PasswordRefusedError(ValueError):
    """The password is not accepted; `message` says in French what to do, and never holds the password."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class PasswordsBusyError(Exception):
    """Too many passwords are being hashed already; it is worth trying again in a few seconds."""


def same(one: str, other: str) -> bool:
    """Tell whether two fields hold one password."""
    return _normal(one) == _normal(other)


def strength(password: str, words: Iterable[str] = ()) -> Strength:
    """Return how strong a password looks; `words` (address, names) count as guessed. Anything refused is weak."""
    typed = _normal(password)
    if not SHORTEST <= len(typed) <= LONGEST:
        return Strength.WEAK
    found = _estimate(typed, words)
    if int(found.score) < _ACCEPTED_SCORE:
        return Strength.WEAK
    return Strength.STRONG if found.guesses_log10 >= _STRONG_GUESSES else Strength.FAIR


def check(password: str, *, email: str = "", names: Iterable[str] = ()) -> None:
    """Accept a new password or raise PasswordRefusedError (rules: docs/decisions/0014).

    `email` is the sign-in address, `names` the person's names once they are known.
    """
    typed, known = _normal(password), tuple(names)
    for refused, message in _REFUSALS:
        if refused(typed):
            raise PasswordRefusedError(message)
    plain, local_part = _plain(typed), email.partition("@")[0]
    if _holds(plain, (local_part,)):
        raise PasswordRefusedError(_HOLDS_ADDRESS)
    if _PORTAL in plain:
        raise PasswordRefusedError(_HOLDS_PORTAL)
    if _holds(plain, _words_of(known)):
        raise PasswordRefusedError(_HOLDS_NAME)
    if int(_estimate(typed, (local_part, *known)).score) < _ACCEPTED_SCORE:
        raise PasswordRefusedError(_GUESSABLE)


def hash(password: str) -> str:  # noqa: A001 (always read as passwords.hash)
    """Return what is kept of a password, at most 100 characters: the name of a secret, `$`, and bcrypt's own text.

    Takes about 0.3 s of a processor and waits for its turn: never call it inside a transaction. Raises
    PasswordsBusyError.
    """
    name, key = next(iter(_keys().items()))
    with _turn():
        return f"{name}{bcrypt.hashpw(_keyed(password, key), bcrypt.gensalt(COST)).decode()}"


def verify(password: str, kept: str) -> bool:
    """Tell whether `password` is the one `kept` was made from (`passwords.hash`).

    The work is the same whatever is given, even a `kept` that no password makes. Raises PasswordsBusyError.
    """
    name, dollar, rest = kept.partition("$")
    key = _keys().get(name)
    if key is None or not dollar or len(password) > _LONGEST_VERIFIED:
        return verify_nothing(password)
    salted = f"${rest}".encode(errors="replace")
    with _turn():
        try:
            return bcrypt.checkpw(_keyed(password, key), salted)
        except ValueError:
            pass
    return verify_nothing(password)


def verify_nothing(password: str) -> bool:
    """Do the work of `verify` for an account that does not exist; return False. Raises PasswordsBusyError."""
    key = next(iter(_keys().values()))
    with _turn():
        bcrypt.hashpw(_keyed(password[:_LONGEST_VERIFIED], key), f"$2b${COST:02}${'.' * 22}".encode())
    return False


def needs_rehash(kept: str) -> bool:
    """Tell whether `kept` was made with an older secret or another cost than `hash` uses today."""
    return not kept.startswith(f"{next(iter(_keys()))}$2b${COST:02}$")


async def apart(service: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a service that hashes in threads of its own, so that those of every other service stay free.

    Raises PasswordsBusyError at once when too many wait already.
    """
    threads = _threads()
    if not _waiting.acquire(blocking=False):
        raise PasswordsBusyError
    running = asyncio.get_running_loop().run_in_executor(threads, partial(service, *args, **kwargs))
    running.add_done_callback(lambda _: _waiting.release())
    # Whoever asked may leave: the work already begun goes on, and keeps its place until it ends.
    return await asyncio.shield(running)


_LONGEST_VERIFIED = 4 * LONGEST
"""Code points as typed: NFC can only shorten what a keyboard makes of 128 characters."""

_turns = threading.BoundedSemaphore(_AT_ONCE)
_waiting = threading.BoundedSemaphore(_WAITING_SERVICES)

_REFUSALS: tuple[tuple[Callable[[str], bool], str], ...] = (
    (lambda typed: any(map(str.isspace, typed)), _BLANK),
    (lambda typed: any(unicodedata.category(char) in ("Cc", "Cs") for char in typed), _UNREADABLE),
    (typed_text.is_turned, _UNREADABLE),
    (lambda typed: len(typed) < SHORTEST, _TOO_SHORT),
    (lambda typed: len(typed) > LONGEST, _TOO_LONG),
    (lambda typed: not any(map(str.isalpha, typed)), _NO_LETTER),
    (lambda typed: not any(map(str.isdecimal, typed)), _NO_DIGIT),
)


@contextmanager
def _turn() -> Iterator[None]:
    # bcrypt lets other Python threads run: without a limit a burst of sign-ins would take every processor.
    if not _turns.acquire(timeout=BUSY_SECONDS):
        raise PasswordsBusyError
    try:
        yield
    finally:
        _turns.release()


@lru_cache
def _threads() -> ThreadPoolExecutor:
    # More than may hash at once: while one hashes, another reads its account.
    return ThreadPoolExecutor(2 * _AT_ONCE, thread_name_prefix="passwords")


def _keys() -> dict[str, bytes]:
    return keys.derived(_PURPOSE)


def _keyed(password: str, key: bytes) -> bytes:
    """Return 44 bytes without NUL, whatever the password holds."""
    # A lone surrogate is accepted by no rule; it must not raise when somebody posts one.
    text = _normal(password).encode(errors="surrogatepass")
    return b64encode(hmac.digest(key, text, hashlib.sha256))


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", typed_text.visible(password))


def _plain(text: str) -> str:
    """Return what counts of a text when a word is looked for in a password, however its letters are spelled."""
    return typed_text.letters(text)


def _holds(plain_password: str, words: Iterable[str]) -> bool:
    plain_words = map(_plain, words)
    return any(len(word) >= _SHORTEST_FORBIDDEN and word in plain_password for word in plain_words)


def _words_of(names: Iterable[str]) -> Iterator[str]:
    """Give each name, and each word of a name of several."""
    for name in names:
        yield name
        yield from "".join(char if char.isalnum() else " " for char in name).split()


def _estimate(typed: str, words: Iterable[str]) -> Entropy:
    # The library's work grows with the square of the length, and it takes no lone surrogate.
    text = typed[:LONGEST].encode(errors="replace").decode()
    inputs = [word[:LONGEST].encode(errors="replace").decode() for word in words if word]
    return zxcvbn(text, [*_FRENCH, _PORTAL, *inputs])
