"""Everything that changes a request. Pages, admin, tasks and shell all come through here."""

from dispenses.reading import declaration_text, missing, open_motifs, pieces, raw_answers, remaining_files
from dispenses.services.assignments import assign, release_forgotten, take_next, unassign
from dispenses.services.decisions import (
    Judgement,
    accept,
    computed_end,
    end,
    end_dispenses,
    refuse,
    reopen,
    request_complement,
)
from dispenses.services.documents import add_justificatif, remove_justificatif
from dispenses.services.drafts import (
    choose_motif,
    discard_draft,
    get_or_create_draft,
    purge_drafts,
    save_answers,
    save_situation,
)
from dispenses.services.motifs import (
    close_motif,
    discard_edition,
    is_last,
    is_used,
    lock_editions,
    new_edition,
    refuse_if_used,
)
from dispenses.services.sending import complete, submit, withdraw

__all__ = [
    "Judgement",
    "accept",
    "add_justificatif",
    "assign",
    "choose_motif",
    "close_motif",
    "complete",
    "computed_end",
    "declaration_text",
    "discard_draft",
    "discard_edition",
    "end",
    "end_dispenses",
    "get_or_create_draft",
    "is_last",
    "is_used",
    "lock_editions",
    "missing",
    "new_edition",
    "open_motifs",
    "pieces",
    "purge_drafts",
    "raw_answers",
    "refuse",
    "refuse_if_used",
    "release_forgotten",
    "remaining_files",
    "remove_justificatif",
    "reopen",
    "request_complement",
    "save_answers",
    "save_situation",
    "submit",
    "take_next",
    "unassign",
    "withdraw",
]
