"""What is refused to a person about a request. Each refusal has its code: nobody looks inside the French sentence."""

from enum import StrEnum

from django.http import Http404

from portal.lib.refusals import Refusal


class Forgotten(Http404):
    """A request of which nothing but its number, its dates and its outcome remains: the words are for the person."""


class Code(StrEnum):
    """Why, for a program: every code of `dispenses`. The comment says what a person would have to know or do."""

    # The request is not where the person thinks (TransitionRefused)
    CHANGED = "changed"  # its status is another one: read it again
    BEING_DECIDED = "being_decided"  # a decision waits for its time: whoever took it may undo it
    ALREADY_SENT = "already_sent"  # what was sent is not changed any more
    IN_HAND = "in_hand"  # the employee has an open request, which may be followed
    ANOTHER_REQUEST = "another_request"  # the employee began another request: this one is not reopened
    NOTHING_AWAITED = "nothing_awaited"  # no complement, or no confirmation, is asked for
    NOT_YET = "not_yet"  # a confirmation is not asked for yet, or was just given
    OVER = "over"  # the dispense has ended, or ends by itself before
    MOTIF_CLOSED = "motif_closed"  # the motif is not open to the employee today
    CONTRACT_OVER = "contract_over"  # the insurer's contract of the employer is over: nothing changes any more
    LEFT = "left"  # the employment is over: it takes no new request
    DECIDED = "decided"  # nobody has to examine it any more

    # The person may not (TransitionRefused)
    NOT_THEIRS = "not_theirs"  # the move is another role's, the decision or the request another person's
    PARTY = "party"  # theirs, or of an employer that they act for: somebody else of the centre does it
    RIGHT_LOST = "right_lost"  # whoever decided may not decide any more

    # A decision lacks something (TransitionRefused, with its field)
    REASON_MISSING = "reason_missing"
    RULE_MISSING = "rule_missing"
    NOT_CONFIRMED = "not_confirmed"  # a motif de droit is refused only for the law or for want of a proof
    END_BEFORE_HIRING = "end_before_hiring"
    END_IN_THE_PAST = "end_in_the_past"  # it would end again at once
    END_TOO_FAR = "end_too_far"
    END_BEFORE_START = "end_before_start"
    START_BEFORE_HIRING = "start_before_hiring"
    START_TOO_FAR = "start_too_far"
    END_AFTER_ITS_OWN = "end_after_its_own"  # an employee may end a dispense sooner, never later
    START_UNEXPLAINED = "start_unexplained"
    END_UNEXPLAINED = "end_unexplained"
    VERDICT_UNEXPLAINED = "verdict_unexplained"

    # It is too late to undo (TransitionRefused)
    ALREADY_UNDONE = "already_undone"
    IN_EFFECT = "in_effect"

    # A file is not joined (JustificatifRefused); from DAMAGED on, named as the inspecting process names them
    NO_FILE = "no_file"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    WRONG_KIND = "wrong_kind"  # neither a PDF nor a picture
    TOO_MANY_FILES = "too_many_files"
    DAMAGED = "damaged"
    CUT = "cut"  # its end is missing
    PASSWORD = "password"  # noqa: S105
    PAGES = "pages"
    TOO_LARGE_IMAGE = "too_large_image"
    TOO_COMPLEX = "too_complex"
    TOO_FINE = "too_fine"  # scanned at more dots per inch than can be drawn
    ACTIVE = "active"  # it holds a program, or calls another file
    FORM = "form"  # a form that Acrobat alone shows (XFA): many Cerfa are
    ATTACHMENT = "attachment"  # it holds other files

    # A file is not joined now: nothing is wrong with it, try again later (JustificatifRefused)
    NOT_INSPECTED = "not_inspected"
    NO_ROOM = "no_room"
    STORAGE_DOWN = "storage_down"
    TOO_MANY_UPLOADS = "too_many_uploads"

    # A document is not handed over (NotReleased)
    BEING_SCANNED = "being_scanned"
    INFECTED = "infected"
    SCAN_FAILED = "scan_failed"
    ALTERED = "altered"  # what is stored is not what was received

    # An edition of a motif stays as it is (EditionRefused)
    EDITION_USED = "edition_used"
    NOT_THE_LAST = "not_the_last"
    IN_THE_PAST = "in_the_past"
    TOO_EARLY = "too_early"  # before the first day of the edition in hand

    # A transfer of a company is not planned, cancelled or taken up (TransferRefused, with its field)
    SAME_EMPLOYER = "same_employer"
    DAY_TOO_FAR = "day_too_far"
    NOBODY_TO_MOVE = "nobody_to_move"
    TRANSFER_WAITING = "transfer_waiting"  # another one of the same employer comes first
    TRANSFER_BEGUN = "transfer_begun"  # it is too late to cancel it, or nothing is left to take up

    INCOMPLETE = "incomplete"  # a request that cannot be sent yet (DispenseIncomplete)
    PACK_IN_PREPARATION = "pack_in_preparation"  # wait for it (PackRefused)
    PACK_GONE = "pack_gone"  # ask for another (PackRefused)
    COPY_ASKED = "copy_asked"  # one is made or ready already (CopyRefused)
    COPY_GONE = "copy_gone"  # ask for another (CopyRefused)
    TOO_MANY_ROWS = "too_many_rows"  # take the CSV form (ExportRefused)
    TOO_MANY_PROFILES = "too_many_profiles"  # remove one first (ExportRefused)
    NAME_IN_USE = "name_in_use"  # give the profile another one (ExportRefused)


class TransitionRefused(Refusal):
    """A move that the process does not allow now."""


class JustificatifRefused(Refusal):
    """A file that cannot be joined."""


class UploadTooLarge(JustificatifRefused):
    """A file over the limit."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code=Code.TOO_LARGE)


class StorageUnavailable(JustificatifRefused):
    """A file that we could not check or keep: nothing wrong with it, the same sending may succeed later."""


class TooManyUploads(JustificatifRefused):
    """A person who sent too much in an hour; `seconds` until the file would be accepted."""

    def __init__(self, message: str, *, seconds: int) -> None:
        super().__init__(message, code=Code.TOO_MANY_UPLOADS)
        self.seconds = seconds


class DispenseIncomplete(Refusal):
    """A request that cannot be sent yet: `missing` lists what lacks as (step name, French message)."""

    def __init__(self, missing: list[tuple[str, str]]) -> None:
        super().__init__(" ".join(message for _, message in missing), code=Code.INCOMPLETE)
        self.missing = missing


class NotReleased(Refusal):
    """A document that may not be handed over now."""


class EditionRefused(Refusal):
    """An edition of a motif that cannot be made, closed, changed or dropped."""


class PackRefused(Refusal):
    """A pack cannot be asked for or taken now."""


class CopyRefused(Refusal):
    """A copy of one's data cannot be asked for or taken now."""


class ExportRefused(Refusal):
    """A list that cannot leave in the form asked."""


class TransferRefused(Refusal):
    """A transfer of a company that cannot be planned, cancelled or taken up."""
