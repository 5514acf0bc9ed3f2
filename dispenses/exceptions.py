"""What is refused to a person about a request. Each refusal has its code: nobody looks inside the French sentence."""

from enum import StrEnum

from portal.lib.refusals import Refusal


class Code(StrEnum):
    """Why, for a program: every code of `dispenses`. The comment says what a person would have to know or do."""

    # The request is not where the person thinks (TransitionRefused)
    CHANGED = "changed"  # its status is another one: read it again
    BEING_DECIDED = "being_decided"  # a decision waits for its time: whoever took it may undo it
    ALREADY_SENT = "already_sent"  # what was sent is not changed any more
    IN_HAND = "in_hand"  # the employee has an open request, which may be followed
    ANOTHER_REQUEST = "another_request"  # the employee began another request: this one is not reopened
    NOTHING_AWAITED = "nothing_awaited"  # no complement is asked for
    MOTIF_CLOSED = "motif_closed"  # the motif is not open to the employee today
    DECIDED = "decided"  # nobody has to examine it any more

    # The person may not (TransitionRefused)
    NOT_THEIRS = "not_theirs"  # the move is another role's, the decision or the request another person's
    OWN_REQUEST = "own_request"  # a colleague decides it
    RIGHT_LOST = "right_lost"  # whoever decided may not decide any more

    # A decision lacks something (TransitionRefused, with its field)
    REASON_MISSING = "reason_missing"
    RULE_MISSING = "rule_missing"
    NOT_CONFIRMED = "not_confirmed"  # a motif de droit is refused only for the law or for want of a proof
    END_BEFORE_HIRING = "end_before_hiring"
    END_TOO_FAR = "end_too_far"
    END_UNEXPLAINED = "end_unexplained"
    VERDICT_UNEXPLAINED = "verdict_unexplained"

    # It is too late to undo (TransitionRefused)
    ALREADY_UNDONE = "already_undone"
    IN_EFFECT = "in_effect"


class TransitionRefused(Refusal):
    """A move that the process does not allow now; the message is French and meant for the person."""


class JustificatifRefused(Exception):
    """A file that cannot be joined; the message is French and meant for the person."""


class UploadTooLarge(JustificatifRefused):
    """A file over the limit."""


class StorageUnavailable(JustificatifRefused):
    """A file that we could not keep: nothing wrong with it, the same sending may succeed later."""


class TooManyUploads(JustificatifRefused):
    """A person who sent too much in an hour; `seconds` until the file would be accepted."""

    def __init__(self, message: str, *, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class DispenseIncomplete(Exception):
    """A request that cannot be sent yet: `steps` lists what is missing as (step name, French message)."""

    def __init__(self, missing: list[tuple[str, str]]) -> None:
        super().__init__(" ".join(message for _, message in missing))
        self.missing = missing


class NotReleased(Exception):
    """A document that may not be handed over now; the message is French and meant for the person."""


class EditionRefused(Exception):
    """An edition of a motif that cannot be made, closed, changed or dropped; the message is French."""


class PackRefused(Exception):
    """A pack cannot be asked for or taken now; the French message says why."""


class ExportRefused(Exception):
    """A list that cannot leave in the form asked; the French message says what to do."""
