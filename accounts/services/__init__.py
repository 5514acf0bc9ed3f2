"""Everything that changes people, invitations and accounts. Pages, admin, tasks and shell all come through here."""

from accounts.services.activation import (
    activate,
    attach,
    find_invitation,
    not_me,
    register,
    request_new_link,
    send_code,
)
from accounts.services.groups import ADMINISTRATEUR, GESTIONNAIRE, RESPONSABLE, ensure_groups
from accounts.services.invitations import (
    expire_invitations,
    pre_affiliate,
    purge_never_activated,
    remind_invitations,
    resend,
    revoke,
)
from accounts.services.passwords import answer_password_resets, change_password, request_password_reset, reset_password
from accounts.services.people import (
    appoint_correspondent,
    note_consent,
    people_to_notify,
)

__all__ = [
    "ADMINISTRATEUR",
    "GESTIONNAIRE",
    "RESPONSABLE",
    "activate",
    "answer_password_resets",
    "appoint_correspondent",
    "attach",
    "change_password",
    "ensure_groups",
    "expire_invitations",
    "find_invitation",
    "not_me",
    "note_consent",
    "people_to_notify",
    "pre_affiliate",
    "purge_never_activated",
    "register",
    "remind_invitations",
    "request_new_link",
    "request_password_reset",
    "resend",
    "reset_password",
    "revoke",
    "send_code",
]
