"""The extra questions that a motif may ask, by key: one place for their wording, kind and limits."""

from dataclasses import dataclass
from enum import StrEnum

from dispenses.enums import EndRule


class Kind(StrEnum):
    TEXT = "text"
    DATE = "date"
    EUROS = "euros"


@dataclass(frozen=True)
class Question:
    """One question: `kind` tells the type of its cleaned value (str, date, or Decimal in euros a month)."""

    key: str
    label: str
    kind: Kind
    hint: str = ""


QUESTIONS: dict[str, Question] = {
    question.key: question
    for question in (
        Question("assureur", "Nom de l’assureur", Kind.TEXT, "Le nom de la mutuelle, inscrit sur la carte."),
        Question(
            "titulaire", "Nom et prénom du titulaire du contrat", Kind.TEXT, "La personne par qui vous êtes couvert."
        ),
        Question("autre_employeur", "Nom de l’autre employeur", Kind.TEXT),
        Question("employeur_public", "Nom de l’employeur public", Kind.TEXT),
        Question(
            "couverture_jusquau",
            "Couverture jusqu’au",
            Kind.DATE,
            "La date de fin ou d’échéance inscrite sur votre document.",
        ),
        Question("debut_contrat", "Début du contrat de travail", Kind.DATE),
        Question("fin_contrat", "Fin du contrat de travail", Kind.DATE),
        Question("cotisation", "Cotisation mensuelle à votre charge, en euros", Kind.EUROS, "Par exemple, 42,50."),
        Question("brut", "Salaire brut mensuel, en euros", Kind.EUROS, "Celui de votre bulletin de paie."),
    )
}

END_QUESTIONS: dict[str, str] = {
    EndRule.COVERED_UNTIL.value: "couverture_jusquau",
    EndRule.CONTRACT_END.value: "fin_contrat",
}
"""The question whose answer is the end of the dispense, by EndRule."""

CONTRACT = ("debut_contrat", "fin_contrat")
SHARE = ("cotisation", "brut")
TOGETHER = (CONTRACT, SHARE)
"""Questions that are asked together: one says nothing without the other."""
