"""The request: its motif, its justificatifs, what was signed and everything that happened to it."""

from dispenses.models.actes import ActeText, acte_storage
from dispenses.models.bulk import BulkLine, BulkRun
from dispenses.models.consultations import Consultation
from dispenses.models.contact import Question
from dispenses.models.decisions import ComplementReminder, PendingDecision, PieceVerdict
from dispenses.models.desk import DeskVisit, SavedView
from dispenses.models.documents import (
    Justificatif,
    ReceivedUpload,
    ShownJustificatif,
    justificatif_storage,
    random_key,
)
from dispenses.models.exports import ListExport
from dispenses.models.figures import EmployerRank, QueueDepth, WeeklyFigure
from dispenses.models.history import Declaration, TimelineEvent
from dispenses.models.holds import LegalHold
from dispenses.models.keeping import DataCopy, Forgetting, LeavingFile, Tombstone, copy_storage
from dispenses.models.motifs import Motif, RequiredJustificatif, in_full
from dispenses.models.notes import InternalNote
from dispenses.models.packs import EvidencePack, PackReading, pack_storage
from dispenses.models.payroll import PayrollBook, PayrollChange, PayrollFile, PayrollProfile
from dispenses.models.phrases import StandardPhrase
from dispenses.models.presence import Presence
from dispenses.models.queue import QueueEntry
from dispenses.models.requests import FIRST_NUMBER, STATUS_CHOICES, Complement, Dispense, LifeStep
from dispenses.models.storage import UnknownObject
from dispenses.models.transfers import Transfer, TransferredDispense

__all__ = [
    "FIRST_NUMBER",
    "STATUS_CHOICES",
    "ActeText",
    "BulkLine",
    "BulkRun",
    "Complement",
    "ComplementReminder",
    "Consultation",
    "DataCopy",
    "Declaration",
    "DeskVisit",
    "Dispense",
    "EmployerRank",
    "EvidencePack",
    "Forgetting",
    "InternalNote",
    "Justificatif",
    "LeavingFile",
    "LegalHold",
    "LifeStep",
    "ListExport",
    "Motif",
    "PackReading",
    "PayrollBook",
    "PayrollChange",
    "PayrollFile",
    "PayrollProfile",
    "PendingDecision",
    "PieceVerdict",
    "Presence",
    "Question",
    "QueueDepth",
    "QueueEntry",
    "ReceivedUpload",
    "RequiredJustificatif",
    "SavedView",
    "ShownJustificatif",
    "StandardPhrase",
    "TimelineEvent",
    "Tombstone",
    "Transfer",
    "TransferredDispense",
    "UnknownObject",
    "WeeklyFigure",
    "acte_storage",
    "copy_storage",
    "in_full",
    "justificatif_storage",
    "pack_storage",
    "random_key",
]
