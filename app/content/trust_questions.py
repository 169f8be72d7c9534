"""The trust questions one may choose from; ids are stored with accounts and never change or disappear."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrustQuestion:
    """A question to which only one person knows the answer."""

    id: str
    label: str


QUESTIONS = (
    TrustQuestion("surnom", "Quel est votre surnom\u00a0?"),
    TrustQuestion("prenom-conjoint", "Quel est le prénom de votre conjoint(e)\u00a0?"),
    TrustQuestion("premier-animal", "Comment s’appelait votre premier animal de compagnie\u00a0?"),
    TrustQuestion("rue-enfance", "Dans quelle rue avez-vous grandi\u00a0?"),
    TrustQuestion("meilleur-ami", "Quel est le prénom de votre meilleur(e) ami(e) d’enfance\u00a0?"),
    TrustQuestion("premier-concert", "Quel est le premier concert ou spectacle que vous avez vu\u00a0?"),
    TrustQuestion("enseignant", "Quel est le nom de l’enseignant(e) qui vous a marqué\u00a0?"),
    TrustQuestion("premier-emploi", "Où avez-vous exercé votre premier emploi\u00a0?"),
    TrustQuestion("livre-prefere", "Quel est le titre de votre livre préféré\u00a0?"),
    TrustQuestion("lieu-vacances", "Où avez-vous passé vos plus belles vacances\u00a0?"),
)
"""The list, in the order of the screens; the first one is selected at the beginning."""

FIRST = QUESTIONS[0].id


def label(question_id: str) -> str:
    """Return the words of a question, empty for an unknown id."""
    return next((question.label for question in QUESTIONS if question.id == question_id), "")
