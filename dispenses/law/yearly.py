"""What is asked each year of a dispense granted: by the law, by the insurer's prudence, as the employer's acte says.

The law itself asks for a proof each year in one case alone (Code de la sécurité sociale, art. R242-1-6, 2° f). What the
insurer asks by prudence, an acte may lighten or strengthen, motif by motif. The declaration, the reminders, the packs
and their estimate ask here, so that they say the same.
"""

from dispenses.enums import Yearly, YearlyPolicy
from dispenses.law.rules import ActeRules, MotifRules

BY_PRUDENCE = YearlyPolicy.UNCHANGED


def policy_of(motif: MotifRules, acte: ActeRules | None) -> YearlyPolicy:
    """What the employee has to give each year to keep a dispense under `motif`; `acte`: that of the request's day."""
    if motif.yearly == Yearly.LAW:
        return YearlyPolicy.DOCUMENT
    if motif.yearly == Yearly.NONE:
        return YearlyPolicy.NOTHING
    chosen = acte.yearly_policies if acte else ()
    return next((one for one in YearlyPolicy if stored(motif.code, one) in chosen), BY_PRUDENCE)


def asked_by(motif: MotifRules, acte: ActeRules | None) -> Yearly:
    """Who asks that a dispense under `motif` be confirmed each year: nobody when its policy is « nothing »."""
    return Yearly.NONE if policy_of(motif, acte) is YearlyPolicy.NOTHING else Yearly(motif.yearly)


def stored(code: str, policy: YearlyPolicy) -> str:
    """« motif:politique », as an acte keeps it."""
    return f"{code}:{policy.value}"
