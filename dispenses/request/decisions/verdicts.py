"""What the centre says of each document, with a decision."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from dispenses.enums import Judged
from dispenses.models import Complement, Dispense, PieceVerdict


@dataclass(frozen=True)
class Judgement:
    """What the centre says of one document asked for: its code and label, the verdict, why it is rejected."""

    piece: str
    label: str
    verdict: str
    reason: str = ""

    @property
    def unexplained(self) -> bool:
        return self.verdict == Judged.REJECTED and not self.reason.strip()

    def words(self) -> str:
        return ". ".join(filter(None, [dict(Judged.choices).get(self.verdict, ""), self.reason]))


def write(
    dispense: Dispense, judgements: Iterable[Judgement], user: User, at: datetime, complement: Complement | None = None
) -> None:
    """Write the verdicts; those of before stay."""
    for judgement in judgements:
        PieceVerdict.objects.create(
            dispense=dispense,
            complement=complement,
            piece=judgement.piece,
            label=judgement.label,
            verdict=judgement.verdict,
            reason=judgement.reason.strip(),
            at=at,
            by=user,
        )
