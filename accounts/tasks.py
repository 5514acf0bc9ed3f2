"""What workers run, each under the name by which the schedule and the messages on their way call it.

A task is its function: here they are only gathered, so that Celery finds them all.
"""

from accounts.imports.inviting import sweep as send_held_invitations
from accounts.imports.runs import purge as purge_imports
from accounts.imports.runs import sweep as sweep_imports
from accounts.imports.runs import work as work_on_import
from accounts.services.colleagues import expire_colleagues
from accounts.services.idempotency import purge_idempotency
from accounts.services.insurance import tell_contract_ends
from accounts.services.invitations import expire_invitations, purge_never_activated, remind_invitations
from accounts.services.own_address import purge_former_addresses
from accounts.services.passkeys import purge_passkey_challenges
from accounts.services.passwords import answer_password_resets
from accounts.services.reminders import sweep_reminders
from accounts.services.reminders import work_on_reminders as send_reminders
from accounts.services.sessions import purge_sessions
from accounts.services.throttle import purge_tries
from accounts.services.unheld import sweep_unheld

__all__ = [
    "answer_password_resets",
    "expire_colleagues",
    "expire_invitations",
    "purge_former_addresses",
    "purge_idempotency",
    "purge_imports",
    "purge_never_activated",
    "purge_passkey_challenges",
    "purge_sessions",
    "purge_tries",
    "remind_invitations",
    "send_held_invitations",
    "send_reminders",
    "sweep_imports",
    "sweep_reminders",
    "sweep_unheld",
    "tell_contract_ends",
    "work_on_import",
]
