from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts import messages, tokens
from accounts.enums import InvitationState, RevocationReason
from accounts.exceptions import ActivationRefused, Code, SentTooOften
from accounts.models import Employee, Invitation, User, normalize_email
from accounts.services import code_life, employee_events
from accounts.services.people import tell_correspondents
from accounts.services.sessions import end_sessions_of_organisation
from notifications.outbox import enqueue
from portal.lib.keyed import Keyed
from portal.lib.links import absolute, entrance

REFUSALS = {
    InvitationState.USED: (Code.LINK_USED, "Ce lien a déjà servi\xa0: connectez-vous avec votre identifiant."),
    InvitationState.REVOKED: (Code.LINK_REVOKED, "Ce lien a été désactivé\xa0: adressez-vous à votre employeur."),
    InvitationState.EXPIRED: (Code.LINK_EXPIRED, "Ce lien a expiré\xa0: demandez-en un nouveau."),
}


def find_invitation(token: str) -> Invitation | None:
    """The invitation of a link's secret, with employee and employer; None for an unknown link. Changes nothing."""
    return (
        Invitation.objects.filter(links__token_hash=tokens.hash_token(token))
        .select_related("employee__employer", "employee__user")
        .first()
    )


def _dead(state: InvitationState) -> ActivationRefused:
    code, said = REFUSALS[state]
    return ActivationRefused(said, code=code)


def lock_live(invitation: Invitation) -> Invitation:
    """The invitation, locked with its employee. Raises ActivationRefused unless its link may still be used."""
    # The employee first, as a new sending does: the same order everywhere, or two of them would wait for each other.
    Employee.objects.select_for_update(no_key=True).get(pk=invitation.employee_id)
    locked = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("employee__employer", "employee__user")
        .get(pk=invitation.pk)
    )
    state = locked.state(timezone.now())
    if state is not InvitationState.LIVE:
        raise _dead(state)
    if locked.employee.user_id is not None:
        raise _dead(InvitationState.USED)
    return locked


@transaction.atomic
def register(*, invitation: Invitation, personal_email: str, marketing_consent: bool) -> None:
    """Keep the answers of step 1 and, for a personal address, send its confirmation code.

    Raises ActivationRefused when the link is no longer live or too many codes were sent.
    """
    locked = lock_live(invitation)
    address = normalize_email(personal_email)
    changed = address != locked.personal_email
    locked.registered_at = timezone.now()
    locked.personal_email, locked.marketing_consent = address, marketing_consent
    if changed:
        locked.code_hash = ""
    locked.save(
        update_fields=["registered_at", "personal_email", "marketing_consent", "code_hash"],
    )
    if address and changed:
        _send_code(locked)


@transaction.atomic
def send_code(*, invitation: Invitation) -> None:
    """Send a new code, which replaces the former. Raises ActivationRefused past 6 codes in an hour."""
    locked = lock_live(invitation)
    if locked.personal_email:
        _send_code(locked)


def count_code(invitation: Invitation, code_hash: str) -> str:
    """Keep the hash of a new code, in place of the former; returns the key of its mail.

    Raises ActivationRefused past 6 codes in an hour.
    """
    try:
        return code_life.replace(invitation, code_hash)
    except SentTooOften as refusal:
        raise ActivationRefused(str(refusal), code=Code.TOO_MANY_CODES, field="code") from refusal


def code_left(keys: Sequence[str], at: datetime) -> None:
    """The mails of these codes have left: they live from then on. One replaced since is left alone."""
    code_life.count_from(Invitation.objects.all(), keys, at)


def _send_code(invitation: Invitation) -> None:
    code = tokens.mint_code()
    hashed = tokens.activation_code(code, invitation_id=invitation.pk).hashed()
    key = f"activation-code:{count_code(invitation, hashed)}"
    name = invitation.employee.full_name
    if User.objects.filter(email=invitation.personal_email).exists():
        # Same screen for everybody: only the owner of the address learns that it has an account.
        enqueue(
            messages.AddressAlreadyUsed(
                person_name=name,
                employer_name=invitation.employee.employer.name,
                sign_in_url=absolute(reverse("connexion")),
            ),
            to=invitation.personal_email,
            dedup_key=key,
        )
        return
    enqueue(
        messages.ActivationCode(person_name=name, code=code, minutes=code_life.MINUTES),
        to=invitation.personal_email,
        dedup_key=key,
    )


def activate(*, invitation: Invitation, password: str, code: str) -> User:
    """Open the account: the link is used, the employee linked, both sides told.

    `password` is already validated. Raises ActivationRefused (dead link, missing step 1, wrong or dead code).
    A wrong code is counted even though nothing else is kept.
    """
    with transaction.atomic():
        locked = lock_live(invitation)
        if locked.registered_at is None or (locked.is_letter and not locked.personal_email):
            raise ActivationRefused("Commencez par l’étape 1.", code=Code.NOT_BEGUN)
        refusal = None
        if locked.personal_email:
            refusal = check_code(locked, tokens.activation_code(code, invitation_id=locked.pk))
        if refusal is None:
            return _open_account(locked, password)
    raise refusal  # once the attempt is committed


def check_code(invitation: Invitation, given: Keyed) -> ActivationRefused | None:
    """Count one attempt at the code, and tell what is wrong with the one `given`, None if nothing."""
    if worn_out := code_life.count_try(invitation):
        return ActivationRefused(code_life.WORN_OUT[worn_out], code=worn_out, field="code")
    if not given.is_that_of(invitation.code_hash):
        return ActivationRefused(
            "Ce code est incorrect. Vérifiez les 6\xa0chiffres reçus par e-mail.", code=Code.WRONG_CODE, field="code"
        )
    return None


def _open_account(invitation: Invitation, password: str) -> User:
    employee, now = invitation.employee, timezone.now()
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                invitation.personal_email or employee.professional_email,
                password,
                first_name=employee.first_name,
                last_name=employee.last_name,
                marketing_consent_at=now if invitation.marketing_consent else None,
            )
    except IntegrityError as error:
        raise ActivationRefused(
            "Un compte existe déjà avec cette adresse\xa0: connectez-vous pour y rattacher l’entreprise.",
            code=Code.ACCOUNT_EXISTS,
        ) from error
    link_account(invitation, employee, user)
    enqueue(
        messages.AccountOpened(
            person_name=employee.full_name, identifier=user.email, sign_in_url=absolute(reverse("connexion"))
        ),
        to=user.email,
        dedup_key=f"account-opened:{user.pk}",
    )
    if invitation.is_letter and employee.professional_email not in ("", user.email):
        # Whoever held the paper has the account: its owner's mailbox, which the letter did not ask, hears of it.
        enqueue(
            messages.EmployerAttached(
                person_name=employee.full_name,
                account_name=user.full_name,
                employer_name=employee.employer.name,
                identifier=user.email,
                sign_in_url=absolute(entrance("home")),
            ),
            to=employee.professional_email,
            dedup_key=f"account-opened-by-letter:{user.pk}",
        )
    return user


def link_account(invitation: Invitation, employee: Employee, user: User) -> None:
    """Use the invitation for this account, tell the employer's software and correspondents."""
    now = timezone.now()
    invitation.used_at = now
    invitation.code_hash = ""
    invitation.save(update_fields=["used_at", "code_hash"])
    employee.user, employee.activated_at = user, now
    employee.save(update_fields=["user", "activated_at", "standing"])
    end_sessions_of_organisation(user=user)
    employee_events.announce(
        employee,
        "employee.activated",
        at=now,
        dedup_key=f"employee-activated:{employee.pk}:{invitation.pk}",
        data=partial(employee_events.of_employee, employee, "active"),
    )
    tell_correspondents(
        employee.employer,
        messages.EmployeeActivated(
            employee_name=employee.full_name,
            employer_name=employee.employer.name,
            list_url=absolute(entrance("employees")),
        ),
        key=f"employee-activated:{employee.pk}",
    )


@transaction.atomic
def not_me(*, invitation: Invitation) -> None:
    """The reader is not of the company: kill the link, tell the correspondents. Raises ActivationRefused."""
    locked = lock_live(invitation)
    locked.revoked_at, locked.revocation_reason = timezone.now(), RevocationReason.NOT_ME
    locked.save(update_fields=["revoked_at", "revocation_reason"])
    employee_events.note_change([locked.employee_id], locked.revoked_at)
    tell_correspondents(
        locked.employee.employer,
        messages.NotMe(
            employee_name=locked.employee.full_name,
            employer_name=locked.employee.employer.name,
            list_url=absolute(entrance("employees")),
        ),
        key=f"not-me:{locked.pk}",
    )


@transaction.atomic
def request_new_link(*, invitation: Invitation) -> bool:
    """Ask the correspondents for a new link in place of an expired one, once. False for a link of another state."""
    locked = (
        Invitation.objects.select_for_update(of=("self",)).select_related("employee__employer").get(pk=invitation.pk)
    )
    if locked.state(timezone.now()) is not InvitationState.EXPIRED or locked.employee.user_id is not None:
        return False
    if locked.renewal_requested_at is None:
        locked.renewal_requested_at = timezone.now()
        locked.save(update_fields=["renewal_requested_at"])
    tell_correspondents(
        locked.employee.employer,
        messages.NewLinkRequested(
            employee_name=locked.employee.full_name,
            employer_name=locked.employee.employer.name,
            list_url=absolute(entrance("employees")),
        ),
        key=f"new-link:{locked.pk}",
    )
    return True
