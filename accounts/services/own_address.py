"""Another address for one's own account: proven by a code sent there, told at both, undone for some days from the
former one."""

import uuid
from datetime import datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts import messages, tokens
from accounts.exceptions import ActivationRefused, Code, SentTooOften
from accounts.models import ApiToken, FormerAddress, Session, User, employed, normalize_email
from accounts.services import code_life
from accounts.services.admin_journal import note_own
from accounts.services.api_tokens import revoke_token
from notifications.outbox import enqueue
from portal.lib.leases import purge
from portal.lib.links import absolute

UNDO_DAYS = 3
TAKEN = "Un compte existe déjà avec cette adresse."
WRONG = "Ce code n’est pas celui que nous avons envoyé à votre nouvelle adresse. Vérifiez-le dans l’e-mail."


@transaction.atomic
def send_new_address_code(*, user: User, email: str) -> None:
    """Send a code to the address that the account is to have, which replaces the former one.

    An address that has an account already receives a word instead, and the page says the same. Raises ActivationRefused
    past 6 codes in an hour.
    """
    address, code = normalize_email(email), tokens.mint_code()
    hashed = tokens.new_address_code(code, user_id=user.pk, email=address).hashed()
    try:
        key = code_life.replace(code_life.of_account(user), hashed)
    except SentTooOften as refusal:
        raise ActivationRefused(str(refusal), code=Code.TOO_MANY_CODES, field="code") from refusal
    message: messages.NewAddressCode | messages.NewAddressTaken
    if User.objects.filter(email=address).exists():
        message = messages.NewAddressTaken(contact_email=settings.PORTAL_CONTACT_EMAIL)
    else:
        message = messages.NewAddressCode(person_name=user.full_name, code=code, minutes=code_life.MINUTES)
    enqueue(message, to=address, dedup_key=f"new-address-code:{key}")


def change_own_address(*, user: User, email: str, code: str) -> User:
    """Make `email` the address of the account, once its code was given; both addresses are told.

    Raises ActivationRefused for a wrong, dead or worn-out code, whose try is counted, or an address taken meanwhile.
    """
    address = normalize_email(email)
    given = tokens.new_address_code("".join(code.split()), user_id=user.pk, email=address)
    with transaction.atomic():
        wrong = code_life.use(code_life.of_account(user), given)
        if wrong is None:
            return _changed(user, address)
    raise ActivationRefused(code_life.WORN_OUT.get(wrong, WRONG), code=wrong, field="code")


def _changed(user: User, address: str) -> User:
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    before = locked.email
    _set_address(locked, address, detail="Adresse du compte changée")
    if _of_a_former_employer(locked, before):
        for to in (before, address):
            _tell(locked, before, to=to)
        return locked
    token = tokens.mint_token()
    FormerAddress.objects.create(
        user=locked,
        address=before,
        token_hash=tokens.hash_token(token),
        expires_at=timezone.now() + timedelta(days=UNDO_DAYS),
    )
    enqueue(
        messages.OwnAddressReplaced(
            person_name=locked.full_name,
            before=before,
            after=address,
            undo_url=absolute(reverse("mon_adresse_retablir", args=[token])),
            undo_days=UNDO_DAYS,
            contact_email=settings.PORTAL_CONTACT_EMAIL,
        ),
        to=before,
        dedup_key=f"own-address-replaced:{uuid.uuid4().hex}",
    )
    _tell(locked, before, to=address)
    return locked


def _set_address(user: User, address: str, *, detail: str) -> None:
    """Write the address of a locked account, and the line of the journal. Raises ActivationRefused for one taken."""
    user.email = address
    try:
        with transaction.atomic():
            user.save(update_fields=["email", "password"])
    except IntegrityError as error:
        raise ActivationRefused(TAKEN, code=Code.ACCOUNT_EXISTS, field="code") from error
    note_own(by=user, detail=detail)


def _tell(user: User, before: str, *, to: str) -> None:
    enqueue(
        messages.OwnAddressChanged(
            person_name=user.full_name,
            before=before,
            after=user.email,
            contact_email=settings.PORTAL_CONTACT_EMAIL,
        ),
        to=to,
        dedup_key=f"own-address-changed:{uuid.uuid4().hex}",
    )


def _of_a_former_employer(user: User, address: str) -> bool:
    """Whether only an employer whom the person has left gave this address: others may read it by now."""
    given = user.employees.filter(professional_email=address)
    return given.exists() and not given.filter(employed(timezone.localdate())).exists()


def live_former_addresses(user: User) -> QuerySet[FormerAddress]:
    """The addresses that may still take this account back, the one of longest ago first."""
    return FormerAddress.objects.filter(user=user, expires_at__gt=timezone.now()).order_by("replaced_at", "pk")


def close_former_addresses(*, user: User) -> None:
    """The centre set the address or the password itself: no former address takes the account back any more."""
    FormerAddress.objects.filter(user=user).delete()


def find_former_address(token: str) -> FormerAddress | None:
    """The address that may take its account back by this link, None for a link that served or died.

    Never that of an employer left meanwhile, nor of a member of the centre: an administrator gives theirs back.
    """
    found = (
        FormerAddress.objects.select_related("user")
        .filter(
            token_hash=tokens.hash_token(token),
            expires_at__gt=timezone.now(),
            user__is_active=True,
            user__is_staff=False,
        )
        .first()
    )
    return None if found is None or _of_a_former_employer(found.user, found.address) else found


@transaction.atomic
def restore_address(*, token: str) -> User | None:
    """Give the account back to its former address: every session ends, the password opens nothing any more.

    Nor does an organisation to which it is linked, nor a token of the API made in between. The links of the addresses
    that came after die too. None for a link that served or died; raises ActivationRefused when the address has another
    account by now.
    """
    found = find_former_address(token)
    if found is None:
        return None
    user = User.objects.select_for_update(no_key=True).get(pk=found.user_id)
    former = find_former_address(token)
    if former is None:  # the other click won
        return None
    before = user.email
    user.set_unusable_password()
    _set_address(user, former.address, detail="Adresse du compte rétablie")
    FormerAddress.objects.filter(user=user, pk__gte=former.pk).delete()
    Session.objects.filter(user=user).delete()
    user.identities.all().delete()
    made_since = ApiToken.objects.filter(created_by=user, created_at__gte=former.replaced_at, revoked_at__isnull=True)
    for token_made in made_since.select_related("employer"):
        revoke_token(token=token_made, by=user)
    for to in (before, user.email):
        _tell(user, before, to=to)
    return user


@shared_task(name="accounts.tasks.purge_former_addresses")
def purge_former_addresses(now: datetime | None = None) -> int:
    """Forget the former addresses that may not take their account back any more. Returns how many."""
    return purge(FormerAddress.objects.filter(expires_at__lte=now or timezone.now()))
