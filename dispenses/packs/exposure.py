"""The adjustment risked for dispenses without proof: an estimate, under article L133-4-8.

The article lets the inspector reduce the adjustment to the contributions that are missing, times 1.5 when the ground is
a document not produced, times 3 for the other breaches that are not of particular gravity. Nothing is reduced for a
breach already observed in the five civil years before, nor for the grave cases that it lists.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from dispenses.enums import Lack
from dispenses.law.numbers import FORMAL, SUBSTANCE
from dispenses.law.rules import civil_months
from dispenses.packs.proofs import Proof

FACTORS: dict[Lack, Decimal] = {
    Lack.DECLARATION: FORMAL,
    Lack.PIECE: FORMAL,
    Lack.YEARLY: FORMAL,
    Lack.NOT_OPENED: SUBSTANCE,
    Lack.PAST_END: SUBSTANCE,
}
LAW: tuple[str, ...] = (
    "Estimation indicative, sans valeur juridique, au titre de l’article L133-4-8 du Code de la sécurité sociale.",
    "1,5 fois les sommes faisant défaut, quand le redressement repose sur l’absence de production d’une demande de "
    "dispense ou d’un autre justificatif.",
    "3 fois ces sommes, pour les autres manquements au caractère obligatoire et collectif du régime qui ne révèlent "
    "pas une méconnaissance d’une particulière gravité des règles.",
    "Le redressement n’est pas réduit, et porte sur toutes les contributions de l’employeur, quand le même manquement "
    "a été relevé lors d’un contrôle des cinq années civiles précédentes, ou dans les cas graves que l’article énumère "
    "(travail dissimulé, discrimination, obstacle au contrôle…).",
    "Sommes faisant défaut retenues ici\xa0: la cotisation patronale mensuelle indiquée, pour chaque mois civil, même "
    "entamé, et chaque salarié concerné. Majorations de retard non comprises.",
)


@dataclass
class Exposure:
    """Months of the period during which employees were let off without proof. A month counts once, at its worst."""

    employees: int = 0
    formal: int = 0
    substance: int = 0
    dispenses: int = 0
    lacks: int = 0
    kinds: Counter[Lack] = field(default_factory=Counter)

    def numbers(self) -> list[int]:
        return [self.employees, self.formal, self.substance, self.dispenses, self.lacks]

    def merge(self, numbers: list[int], kinds: dict[Lack, int]) -> None:
        """Add what another one counted."""
        totals = [mine + more for mine, more in zip(self.numbers(), numbers, strict=True)]
        self.employees, self.formal, self.substance, self.dispenses, self.lacks = totals
        self.kinds.update(kinds)

    def add(self, proofs: Iterable[Proof]) -> tuple[int, int]:
        """Count the proofs of one employee. Returns the months counted: (1.5 times, 3 times)."""
        months: dict[Decimal, set[tuple[int, int]]] = {FORMAL: set(), SUBSTANCE: set()}
        for proof in proofs:
            self.dispenses += 1
            for missing in proof.missing:
                self.lacks += 1
                self.kinds[missing.kind] += 1
                if missing.span and (factor := FACTORS.get(missing.kind)):
                    months[factor] |= civil_months(missing.span)
        substance = len(months[SUBSTANCE])
        formal = len(months[FORMAL] - months[SUBSTANCE])
        self.employees += bool(formal or substance)
        self.formal += formal
        self.substance += substance
        return formal, substance


def risk(contribution: Decimal | None, formal: int, substance: int) -> Decimal | None:
    """Estimate in euros for that many months at `contribution` euros a month; None without a contribution."""
    if contribution is None:
        return None
    return (contribution * (FORMAL * formal + SUBSTANCE * substance)).quantize(Decimal("0.01"))
