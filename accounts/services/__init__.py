"""Everything that changes people, invitations and accounts. Pages, admin, tasks and shell all come through here."""

from accounts.services.activation import (
    activate,
    find_invitation,
    not_me,
    register,
    request_new_link,
    send_code,
)
from accounts.services.address_changes import AddressChange, tell_address_changes
from accounts.services.address_code import check_address_code, send_address_code
from accounts.services.admin_journal import note_command, note_operation
from accounts.services.api_tokens import (
    count_call,
    create_token,
    find_token,
    revoke_token,
    take_over_token,
)
from accounts.services.appointing import DECIDE as DECIDE_APPOINTMENT
from accounts.services.appointing import appoint_correspondent, deciders, refuse_oneself, settle_appointment
from accounts.services.attaching import attach, detach, refuse_attaching, same_person, send_attaching_code
from accounts.services.colleagues import (
    accept_colleague,
    cancel_colleague,
    expire_colleagues,
    find_colleague_invitation,
    invite_colleague,
    join_with_new_account,
    may_join,
    resend_colleague,
)
from accounts.services.company import (
    change_guide_address,
    correct_employee,
    digest_token,
    role_of_token,
    set_digest,
    withdraw_colleague,
)
from accounts.services.departures import declare_affiliation, declare_departure, refuse_rehired
from accounts.services.groups import ADMINISTRATEUR, GESTIONNAIRE, RESPONSABLE, ensure_groups
from accounts.services.idempotency import once, purge_idempotency
from accounts.services.invitations import (
    expire_invitations,
    pre_affiliate,
    purge_never_activated,
    remind_invitations,
    resend,
    revoke,
)
from accounts.services.journal import note_act
from accounts.services.own_address import change_own_address, send_new_address_code
from accounts.services.passkeys import (
    add_passkey,
    check_passkey,
    options_to_add,
    options_to_use,
    passkeys_possible,
    purge_passkey_challenges,
    remove_passkey,
)
from accounts.services.passwords import answer_password_resets, change_password, request_password_reset, reset_password
from accounts.services.people import (
    note_consent,
    people_to_notify,
    tell_correspondents,
)
from accounts.services.reminders import remind_all, remindable, sweep_reminders, work_on_reminders
from accounts.services.second_factor import (
    check_second_factor,
    new_factor_secret,
    recovery_codes_left,
    renew_recovery_codes,
    reset_second_factor,
    second_factor_required,
    second_factor_stamp,
    set_second_factor,
    use_recovery_code,
)
from accounts.services.session_keys import rotate_sessions
from accounts.services.sessions import (
    end_other_sessions,
    end_session,
    open_sessions,
    purge_sessions,
    tell_new_device,
)
from accounts.services.staff import (
    appoint_staff,
    rights_in_words,
    set_groups,
    tell_identifier,
    tell_password,
    tell_rights,
)
from accounts.services.throttle import (
    check_current_password,
    counted,
    counts_of_sign_in,
    forget_tries,
    purge_tries,
)
from accounts.services.unheld import stop_unheld, sweep_unheld
from accounts.services.updating import update_employee
from accounts.services.webhooks import (
    add_webhook,
    pause_webhook,
    remove_webhook,
    renew_webhook_secret,
    resume_webhook,
)

__all__ = [
    "ADMINISTRATEUR",
    "DECIDE_APPOINTMENT",
    "GESTIONNAIRE",
    "RESPONSABLE",
    "AddressChange",
    "accept_colleague",
    "activate",
    "add_passkey",
    "add_webhook",
    "answer_password_resets",
    "appoint_correspondent",
    "appoint_staff",
    "attach",
    "cancel_colleague",
    "change_guide_address",
    "change_own_address",
    "change_password",
    "check_address_code",
    "check_current_password",
    "check_passkey",
    "check_second_factor",
    "correct_employee",
    "count_call",
    "counted",
    "counts_of_sign_in",
    "create_token",
    "deciders",
    "declare_affiliation",
    "declare_departure",
    "detach",
    "digest_token",
    "end_other_sessions",
    "end_session",
    "ensure_groups",
    "expire_colleagues",
    "expire_invitations",
    "find_colleague_invitation",
    "find_invitation",
    "find_token",
    "forget_tries",
    "invite_colleague",
    "join_with_new_account",
    "may_join",
    "new_factor_secret",
    "not_me",
    "note_act",
    "note_command",
    "note_consent",
    "note_operation",
    "once",
    "open_sessions",
    "options_to_add",
    "options_to_use",
    "passkeys_possible",
    "pause_webhook",
    "people_to_notify",
    "pre_affiliate",
    "purge_idempotency",
    "purge_never_activated",
    "purge_passkey_challenges",
    "purge_sessions",
    "purge_tries",
    "recovery_codes_left",
    "refuse_attaching",
    "refuse_oneself",
    "refuse_rehired",
    "register",
    "remind_all",
    "remind_invitations",
    "remindable",
    "remove_passkey",
    "remove_webhook",
    "renew_recovery_codes",
    "renew_webhook_secret",
    "request_new_link",
    "request_password_reset",
    "resend",
    "resend_colleague",
    "reset_password",
    "reset_second_factor",
    "resume_webhook",
    "revoke",
    "revoke_token",
    "rights_in_words",
    "role_of_token",
    "rotate_sessions",
    "same_person",
    "second_factor_required",
    "second_factor_stamp",
    "send_address_code",
    "send_attaching_code",
    "send_code",
    "send_new_address_code",
    "set_digest",
    "set_groups",
    "set_second_factor",
    "settle_appointment",
    "stop_unheld",
    "sweep_reminders",
    "sweep_unheld",
    "take_over_token",
    "tell_address_changes",
    "tell_correspondents",
    "tell_identifier",
    "tell_new_device",
    "tell_password",
    "tell_rights",
    "update_employee",
    "use_recovery_code",
    "withdraw_colleague",
    "work_on_reminders",
]
