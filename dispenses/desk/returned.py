"""What became of each document when a complement came back: new, as before, or replaced by another."""

from dispenses.enums import Judged, Turn
from dispenses.models import Dispense, Justificatif
from dispenses.request.contents import PieceState


def mark(dispense: Dispense, pieces: list[PieceState]) -> bool:
    """Give each document its `turn` since the last complement that came back, and the `former` one that it stands for.

    Only what that complement rejected is said to be replaced. Returns whether one came back at all: every `turn` is ""
    before.
    """
    answered = {one.answered_at: one.pk for one in dispense.complements.all() if one.answered_at}
    came_back = max(answered, default=None)
    said = [one for one in dispense.verdicts.all() if came_back and one.complement_id == answered[came_back]]
    rejected = {one.piece for one in said if one.verdict == Judged.REJECTED}
    for piece in pieces:
        new = [file for file in piece.files if came_back and file.sent_at and file.sent_at >= came_back]
        old = _last_sending([file for file in piece.files if file not in new])
        for file in piece.files:
            file.turn, file.former = "", None
            if came_back:
                file.turn = Turn.FORMER if new and piece.code in rejected else Turn.SAME
        for rank, file in enumerate(new):
            file.turn = Turn.NEW
            if old and piece.code:
                file.former = old[min(rank, len(old) - 1)]
    return came_back is not None


def _last_sending(files: list[Justificatif]) -> list[Justificatif]:
    """Those that were sent together, the last time."""
    last = max((file.sent_at for file in files if file.sent_at), default=None)
    return [file for file in files if file.sent_at == last]
