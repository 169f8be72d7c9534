"""Comparing the answer to a trust question with the one that was given at sign-up."""

import hmac

from app.services import typed_text


def matches(kept: str, typed: str) -> bool:
    """Tell whether two answers are the same to a person, in constant time; an empty one matches nothing.

    Case, accents, punctuation and blanks do not count, nor how one spells a ligature: « Saint-Étienne » is « saint
    etienne », « Sacré-Cœur » is « sacre coeur ».
    """
    one, other = _plain(kept), _plain(typed)
    return hmac.compare_digest(one.encode(), other.encode()) and bool(one)


def _plain(answer: str) -> str:
    return "".join(char for char in typed_text.letters(answer[:400]) if char.isalnum())
