"""The demonstration services that a space in simplified mode opens for its company."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CompanyService:
    """A service of a company: what it is for, and what one would find in it today."""

    id: str
    label: str
    purpose: str
    today: str


SERVICES = (
    CompanyService(
        "declarer-tva",
        "Déclarer la TVA",
        "Déposer vos déclarations et retrouver les précédentes.",
        "Aucune déclaration n’est attendue pour l’instant.",
    ),
    CompanyService(
        "declarer-resultat",
        "Déclarer le résultat",
        "Transmettre la déclaration de résultat et ses annexes.",
        "L’exercice en cours n’est pas clos\u00a0: rien n’est à transmettre.",
    ),
    CompanyService(
        "payer",
        "Payer",
        "Régler vos impôts et gérer les comptes bancaires qui les paient.",
        "Le compte de prélèvement indiqué à l’inscription est enregistré. Aucun paiement n’est en attente.",
    ),
    CompanyService(
        "consulter",
        "Consulter le compte fiscal",
        "Voir ce qui a été déclaré, payé et remboursé.",
        "Le compte est ouvert et son solde est nul.",
    ),
    CompanyService(
        "messagerie",
        "Messagerie",
        "Écrire au service qui suit l’entreprise, à l’abri des regards.",
        "Aucun message reçu.",
    ),
)
"""In the order of the screen."""
