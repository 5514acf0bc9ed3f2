"""What workers run, each under the name by which the schedule and the messages on their way call it.

A task is its function: here they are only gathered, so that Celery finds them all. Long ones are acknowledged at once:
the row's lease brings them back. kombu's Redis transport ends the worker when its broker dies while a message is not
acknowledged (AttributeError in restore_unacked, on a connection already closed).
"""

from dispenses.contact.questions import purge_questions
from dispenses.desk.together import purge_presence
from dispenses.documents.examination import examine, examine_next, rescan
from dispenses.documents.examination import sweep as examine_due
from dispenses.documents.reconciliation import reconcile_storage
from dispenses.employer.digests import send_digests
from dispenses.keeping.copies import prepare as prepare_data_copy
from dispenses.keeping.copies import sweep as prepare_data_copies
from dispenses.keeping.evidence import forget_evidence
from dispenses.keeping.journals import purge_journals
from dispenses.life.asking import record_policies
from dispenses.life.cards import tell_late_cards
from dispenses.life.confirmations import flag_proofs
from dispenses.life.contracts import record_departures
from dispenses.life.ends import end_dispenses
from dispenses.life.second_look import record_second_looks
from dispenses.life.steps import tell_steps
from dispenses.life.transfers import sweep as sweep_transfers
from dispenses.life.transfers import work as work_on_transfer
from dispenses.life.unreached import warn_of_unreached
from dispenses.packs.preparation import prepare as prepare_pack
from dispenses.packs.preparation import sweep as prepare_packs
from dispenses.queue.assignments import release_forgotten
from dispenses.queue.figures import rebuild as rebuild_figures
from dispenses.queue.figures import refresh as refresh_figures
from dispenses.queue.payroll_log import compare as compare_payroll
from dispenses.queue.payroll_log import follow_all as follow_payroll
from dispenses.queue.rows import refresh_people
from dispenses.request.bulk import purge as purge_bulk
from dispenses.request.bulk import sweep as sweep_bulk
from dispenses.request.bulk import work as decide_in_bulk
from dispenses.request.drafts import purge_drafts
from dispenses.request.reminders import remind_complements
from dispenses.request.undo import settle_due as settle_decisions

__all__ = [
    "compare_payroll",
    "decide_in_bulk",
    "end_dispenses",
    "examine",
    "examine_due",
    "examine_next",
    "flag_proofs",
    "follow_payroll",
    "forget_evidence",
    "prepare_data_copies",
    "prepare_data_copy",
    "prepare_pack",
    "prepare_packs",
    "purge_bulk",
    "purge_drafts",
    "purge_journals",
    "purge_presence",
    "purge_questions",
    "rebuild_figures",
    "reconcile_storage",
    "record_departures",
    "record_policies",
    "record_second_looks",
    "refresh_figures",
    "refresh_people",
    "release_forgotten",
    "remind_complements",
    "rescan",
    "send_digests",
    "settle_decisions",
    "sweep_bulk",
    "sweep_transfers",
    "tell_late_cards",
    "tell_steps",
    "warn_of_unreached",
    "work_on_transfer",
]
