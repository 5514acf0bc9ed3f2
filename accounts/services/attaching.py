"""An invitation used by whoever has an account already: surely theirs, told to both, undone by the centre."""

from django.db import transaction
from django.utils import timezone

from accounts import messages, tokens
from accounts.exceptions import ActivationRefused, Code
from accounts.models import Employee, Invitation, User, employed
from accounts.services import code_life, employee_events
from accounts.services.activation import check_code, count_code, link_account, lock_live
from notifications.messages import Message
from notifications.outbox import enqueue
from portal.lib.links import absolute, entrance
from portal.lib.searching import words
from portal.lib.typography import of

NO_ADDRESS = (
    "Les noms ne sont pas les mêmes, et aucune adresse professionnelle ne permet de vérifier que les deux sont les "
    "vôtres. Adressez-vous à votre employeur."
)


def same_person(employee: Employee, user: User) -> bool:
    """Whether the account is that of the address invited, or of the same names: any order, no accents nor case."""
    same_address = user.email == employee.professional_email
    return same_address or sorted(words(employee.full_name)) == sorted(words(user.full_name))


def refuse_attaching(employee: Employee, user: User) -> None:
    """Raises ActivationRefused when the account already stands for somebody else of this employer."""
    others = Employee.objects.filter(employed(employee.hired_on), employer=employee.employer_id, user=user)
    if others.exclude(pk=employee.pk).exists():
        raise ActivationRefused(
            f"Votre compte est déjà rattaché à {employee.employer.name}\xa0: cette invitation est celle "
            f"{of(employee.full_name)}. Déconnectez-vous pour lui laisser la place.",
            code=Code.ALREADY_ATTACHED,
        )


@transaction.atomic
def send_attaching_code(*, invitation: Invitation, user: User) -> None:
    """Send the code that confirms the attaching to the professional address, which whoever reads it owns.

    Raises ActivationRefused for a dead link, an account that may not be attached, or past 6 codes in an hour.
    """
    locked = lock_live(invitation)
    employee = locked.employee
    refuse_attaching(employee, user)
    if not employee.professional_email:
        raise ActivationRefused(NO_ADDRESS, code=Code.NO_ADDRESS)
    code = tokens.mint_code()
    keyed = tokens.attaching_code(code, invitation_id=locked.pk, user_id=user.pk)
    key = count_code(locked, keyed.hashed())
    enqueue(
        messages.AttachingCode(
            person_name=employee.full_name,
            account_name=user.full_name,
            employer_name=employee.employer.name,
            code=code,
            minutes=code_life.MINUTES,
        ),
        to=employee.professional_email,
        dedup_key=f"attaching-code:{key}",
    )


def attach(*, invitation: Invitation, user: User, code: str = "") -> Employee:
    """Use the link for the account signed in, and tell both addresses.

    `code`: asked when the names differ, from `send_attaching_code`; a wrong one is counted even though nothing else is
    kept. Raises ActivationRefused for a dead link, a wrong or dead code, or a second employment at the same employer.
    """
    with transaction.atomic():
        locked = lock_live(invitation)
        refuse_attaching(locked.employee, user)
        refusal = None
        if not same_person(locked.employee, user):
            given = tokens.attaching_code(code, invitation_id=locked.pk, user_id=user.pk)
            refusal = check_code(locked, given)
        if refusal is None:
            link_account(locked, locked.employee, user)
            tell_attached(locked.employee, user)
            return locked.employee
    raise refusal  # once the attempt is committed


def tell_attached(employee: Employee, user: User) -> None:
    """Say to the account and to the professional address that the one has the employment of the other."""
    message = messages.EmployerAttached(
        person_name=employee.full_name,
        account_name=user.full_name,
        employer_name=employee.employer.name,
        identifier=user.email,
        sign_in_url=absolute(entrance("home")),
    )
    _tell_both(message, employee, user)


def _tell_both(message: Message, employee: Employee, user: User) -> None:
    """One mail to the account and one to the professional address, a single one when they are the same."""
    at = int(timezone.now().timestamp())
    for address in {user.email, employee.professional_email} - {""}:
        key = f"{message.kind.replace('_', '-')}:{employee.pk}:{user.pk}:{at}:{address}"
        enqueue(message, to=address, dedup_key=key)


@transaction.atomic
def detach(*, employee: Employee) -> bool:
    """Undo an attaching: the employee has no account any more and may be invited again. False when there is none.

    Whoever calls makes sure that nothing was signed in between.
    """
    mine = Employee.objects.select_for_update(of=("self",), no_key=True).select_related("employer", "user")
    locked = mine.get(pk=employee.pk)
    user = locked.user
    if user is None:
        return False
    locked.user, locked.activated_at = None, None
    locked.save(update_fields=["user", "activated_at", "standing"])
    employee_events.note_change([locked.pk], timezone.now())
    message = messages.EmployerDetached(
        person_name=locked.full_name,
        account_name=user.full_name,
        employer_name=locked.employer.name,
        identifier=user.email,
    )
    _tell_both(message, locked, user)
    return True
