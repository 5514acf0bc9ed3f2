"""« Inviter un collègue »: an address is invited, whoever it is; the right comes with its holder's acceptance.

Nothing here looks for an account before somebody opens the link: known and unknown addresses get the same answer, in
the same time.
"""

from datetime import datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from accounts import messages, tokens
from accounts.enums import CompanyAct
from accounts.exceptions import Code, CompanyRefused, SentTooOften
from accounts.models import Appointment, ColleagueInvitation, Correspondent, Employer, User, normalize_email
from accounts.services import pace
from accounts.services.appointing import ask_for, give_right
from accounts.services.journal import note_act
from notifications.outbox import enqueue
from portal.lib.links import absolute, entrance
from portal.lib.typography import NBSP

MOST = 50  # invitations of one employer that wait for an answer; addresses that it invites in a day
DAY = timedelta(days=1)
KEPT = timedelta(days=90)  # what was cancelled or left without an answer names people for nothing
BATCH = 200
DEAD = "Cette invitation n’est plus valable. Demandez-en une autre à la personne qui vous l’a envoyée."


@transaction.atomic
def invite_colleague(
    *, employer: Employer, by: User, email: str, first_name: str, last_name: str
) -> ColleagueInvitation:
    """Propose to the holder of an address to become a correspondent too. Inviting again sends another link.

    Raises CompanyRefused for one who already is, a link that has just left, too many that wait or that left in a day.
    """
    _lock(employer)
    address = normalize_email(email)
    if Correspondent.objects.filter(employer=employer, user__email=address).exists():
        raise CompanyRefused(
            "Cette personne est déjà correspondante de l’entreprise.", code=Code.ALREADY_CORRESPONDENT, field="email"
        )
    opened = ColleagueInvitation.objects.filter(employer=employer, accepted_at=None, cancelled_at=None)
    again = opened.filter(email=address).first()
    if again is None and opened.count() >= MOST:
        raise CompanyRefused(
            f"{MOST}{NBSP}invitations attendent déjà une réponse. Annulez celles qui ne servent plus.",
            code=Code.TOO_MANY_INVITATIONS,
            field="email",
        )
    others = ColleagueInvitation.objects.filter(employer=employer, sent_at__gt=timezone.now() - DAY).exclude(
        email=address
    )
    if again is None and others.values("email").distinct().count() >= MOST:  # those cancelled since among them
        raise CompanyRefused(
            f"{MOST}{NBSP}personnes ont déjà été invitées en un jour. Réessayez demain.",
            code=Code.TOO_MANY_INVITATIONS,
            field="email",
        )
    invitation = again or ColleagueInvitation(employer=employer, email=address, sendings=0)
    invitation.first_name, invitation.last_name = first_name, last_name
    _send(invitation, by)
    act = CompanyAct.COLLEAGUE_RESENT if again else CompanyAct.COLLEAGUE_INVITED
    note_act(act=act, by=by, employer=employer, detail=_detail(invitation))
    return invitation


@transaction.atomic
def resend_colleague(*, invitation: ColleagueInvitation, by: User) -> None:
    """Send another link, which kills the former. Raises CompanyRefused when it was answered, or has just left."""
    locked = _locked_open(invitation)
    _send(locked, by)
    note_act(act=CompanyAct.COLLEAGUE_RESENT, by=by, employer=locked.employer, detail=_detail(locked))


@transaction.atomic
def cancel_colleague(*, invitation: ColleagueInvitation, by: User) -> None:
    """Kill the link. Raises CompanyRefused when it was answered already."""
    locked = _locked_open(invitation)
    locked.cancelled_at = timezone.now()
    locked.save(update_fields=["cancelled_at"])
    note_act(act=CompanyAct.COLLEAGUE_CANCELLED, by=by, employer=locked.employer, detail=_detail(locked))


def find_colleague_invitation(token: str) -> ColleagueInvitation | None:
    """The invitation of a link, alive or not; None for an unknown one, replaced ones included."""
    found = ColleagueInvitation.objects.filter(token_hash=tokens.hash_token(token))
    return found.select_related("employer", "invited_by").first()


def may_join(invitation: ColleagueInvitation, now: datetime) -> bool:
    """Whether the link works: live, and from somebody who still acts for the employer."""
    return invitation.is_live(now) and _still_invites(invitation)


@transaction.atomic
def accept_colleague(*, invitation: ColleagueInvitation, user: User) -> Correspondent | Appointment:
    """The holder of the address invited accepts: the right is given, written down and told to the others.

    A member of the centre is only asked for: two administrators agree (docs/adr/0039). Raises CompanyRefused for a dead
    link, or another account than that of the address.
    """
    locked = _locked(invitation)
    now = timezone.now()
    if user.email != locked.email or not user.is_active:
        raise CompanyRefused(f"Cette invitation est pour {locked.email}.", code=Code.NOT_INVITED)
    if not may_join(locked, now):
        raise CompanyRefused(DEAD, code=Code.INVITATION_DEAD)
    locked.accepted_at = now
    locked.save(update_fields=["accepted_at"])
    if user.is_staff:
        return ask_for(user=user, employer=locked.employer, by=locked.invited_by)
    return give_right(user=user, employer=locked.employer, act=CompanyAct.COLLEAGUE_JOINED, by=user)[0]


@transaction.atomic
def join_with_new_account(
    *, invitation: ColleagueInvitation, first_name: str, last_name: str, password: str
) -> tuple[User, Correspondent | Appointment]:
    """Open the account of the address invited, whose holder has the link, and accept.

    Raises CompanyRefused for a dead link, or an address that has an account: its holder signs in.
    """
    locked = _locked(invitation)
    if not may_join(locked, timezone.now()):
        raise CompanyRefused(DEAD, code=Code.INVITATION_DEAD)
    user, created = User.objects.get_or_create(
        email=locked.email, defaults={"first_name": first_name, "last_name": last_name}
    )
    if not created:
        raise CompanyRefused("Votre adresse a déjà un compte\xa0: connectez-vous.", code=Code.ACCOUNT_EXISTS)
    user.set_password(password)
    user.save(update_fields=["password"])
    return user, accept_colleague(invitation=locked, user=user)


@shared_task(name="accounts.tasks.expire_colleagues")
def expire_colleagues(now: datetime | None = None) -> int:
    """Tell who invited that nobody answered in time, once; forget what ended long ago. Returns how many were told."""
    now = now or timezone.now()
    due = ColleagueInvitation.objects.filter(
        accepted_at=None, cancelled_at=None, expired_at=None, expires_at__lte=now
    ).order_by("pk")
    told = 0
    while ids := list(due.values_list("pk", flat=True)[:BATCH]):
        told += sum(_expire(pk, now) for pk in ids)
    unanswered = Q(accepted_at=None, expires_at__lt=now - KEPT) & ~Q(expired_at=None)
    ColleagueInvitation.objects.filter(unanswered | Q(cancelled_at__lt=now - KEPT)).delete()
    return told


@transaction.atomic
def _expire(pk: int, now: datetime) -> bool:
    alive = ColleagueInvitation.objects.filter(pk=pk, accepted_at=None, cancelled_at=None, expired_at=None)
    if not alive.filter(expires_at__lte=now).update(expired_at=now):
        return False
    invitation = ColleagueInvitation.objects.select_related("employer", "invited_by").get(pk=pk)
    note_act(act=CompanyAct.COLLEAGUE_EXPIRED, by=None, employer=invitation.employer, detail=_detail(invitation))
    if _still_invites(invitation):
        enqueue(
            messages.ColleagueInvitationExpired(
                person_name=invitation.invited_by.full_name,
                employer_name=invitation.employer.name,
                identifier=invitation.email,
                list_url=absolute(entrance("employees")),
            ),
            to=invitation.invited_by.email,
            dedup_key=f"colleague-expired:{pk}:{invitation.sendings}",
        )
    return True


def end_unheld_invitations(*, employer: Employer | None = None) -> int:
    """Kill the links that were sent by who acts for the employer no more; a colleague may send others. How many."""
    rights = Correspondent.objects.filter(
        user=OuterRef("invited_by"), employer=OuterRef("employer"), user__is_active=True
    )
    now = timezone.now()
    unheld = ColleagueInvitation.objects.filter(
        ~Exists(rights), accepted_at=None, cancelled_at=None, expired_at=None, expires_at__gt=now
    )
    if employer is not None:
        unheld = unheld.filter(employer=employer)
    return unheld.update(expires_at=now)


def _lock(employer: Employer) -> None:
    """One invitation of an employer at a time: the same address twice at once is one."""
    Employer.objects.select_for_update(no_key=True).get(pk=employer.pk)


def _locked(invitation: ColleagueInvitation) -> ColleagueInvitation:
    rows = ColleagueInvitation.objects.select_for_update(of=("self",)).select_related("employer", "invited_by")
    return rows.get(pk=invitation.pk)


def _locked_open(invitation: ColleagueInvitation) -> ColleagueInvitation:
    _lock(invitation.employer)
    locked = _locked(invitation)
    if not locked.is_open:
        raise CompanyRefused("Cette invitation a déjà eu une réponse. Rien n’a été modifié.", code=Code.SETTLED)
    return locked


def _still_invites(invitation: ColleagueInvitation) -> bool:
    right = Correspondent.objects.filter(employer=invitation.employer_id, user=invitation.invited_by_id)
    return right.filter(user__is_active=True).exists()


def _send(invitation: ColleagueInvitation, by: User) -> None:
    """A new link, in the name of `by`. Raises CompanyRefused when others have just left."""
    now = timezone.now()
    _refuse_early(invitation, now)
    token = tokens.mint_token()
    invitation.token_hash, invitation.invited_by, invitation.sent_at = tokens.hash_token(token), by, now
    invitation.expires_at = now + timedelta(days=settings.PORTAL_COLLEAGUE_INVITATION_DAYS)
    invitation.expired_at = None
    invitation.sendings += 1
    invitation.save()
    enqueue(
        messages.ColleagueInvitation(
            person_name=invitation.full_name,
            invited_by=by.full_name,
            employer_name=invitation.employer.name,
            join_url=absolute(reverse("correspondant_invitation", args=[token])),
            expires_on=timezone.localdate(invitation.expires_at),
        ),
        to=invitation.email,
        dedup_key=f"colleague-invitation:{invitation.pk}:{invitation.sendings}",
    )


def _refuse_early(invitation: ColleagueInvitation, now: datetime) -> None:
    """Raises CompanyRefused when links have just left to this address, for this invitation or one cancelled since.

    The instants of all sendings are not kept: those of an invitation count from its last one.
    """
    recent = ColleagueInvitation.objects.filter(
        employer=invitation.employer, email=invitation.email, sent_at__gt=now - pace.COLLEAGUES.memory
    )
    sent = [at for at, times in recent.values_list("sent_at", "sendings") for _ in range(times)]
    try:
        pace.refuse_early(pace.COLLEAGUES, sent, what="Un lien est déjà parti à cette adresse", now=now)
    except SentTooOften as refusal:
        raise CompanyRefused(str(refusal), code=Code.JUST_SENT, field="email") from refusal


def _detail(invitation: ColleagueInvitation) -> str:
    return f"{invitation.full_name} ({invitation.email})"
