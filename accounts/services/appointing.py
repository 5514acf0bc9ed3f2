"""Who acts for an employer: nobody appoints themself, and a member of the centre wants two administrators.

Each right that is given comes through `give_right`, which writes it down and tells the other correspondents.
"""

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts import messages
from accounts.enums import AppointmentState, CompanyAct
from accounts.exceptions import Code, CompanyRefused
from accounts.models import Appointment, Correspondent, Employer, User, normalize_email
from accounts.services.groups import holders
from accounts.services.journal import CENTRE, note_act
from accounts.services.people import RESET_HOURS, people_to_notify, set_password_url
from notifications.outbox import enqueue
from portal.lib.links import absolute, entrance

DECIDE = "accounts.decide_appointment"


def refuse_oneself(*, email: str, by: User) -> None:
    """Raises CompanyRefused for an administrator who would appoint the account they are signed in with."""
    if normalize_email(email) == by.email:
        raise CompanyRefused(
            "Vous ne pouvez pas vous nommer vous-même. Demandez-le à un autre administrateur.",
            code=Code.ONESELF,
            field="email",
        )


@transaction.atomic
def appoint_correspondent(
    *, email: str, first_name: str, last_name: str, employer: Employer, by: User
) -> Correspondent | Appointment:
    """Make a person the employer's correspondent; a new account receives a link to choose its password.

    A member of the centre is only asked for: an Appointment, which another administrator confirms or refuses.
    Raises CompanyRefused when `by` appoints themself.
    """
    refuse_oneself(email=email, by=by)
    user, _ = User.objects.get_or_create(
        email=normalize_email(email),
        defaults={"first_name": first_name, "last_name": last_name, "password": make_password(None)},
    )
    if user.is_staff and not Correspondent.objects.filter(user=user, employer=employer).exists():
        return ask_for(user=user, employer=employer, by=by, label=CENTRE)
    correspondent, created = give_right(user=user, employer=employer, act=CompanyAct.APPOINTED, by=by, label=CENTRE)
    if created:
        _welcome(correspondent)
    return correspondent


def give_right(
    *, user: User, employer: Employer, act: CompanyAct, by: User, label: str = ""
) -> tuple[Correspondent, bool]:
    """The right of `user` to act for the employer, and whether it is new; then written down, the others told.

    To be called in a transaction.
    """
    correspondent, created = Correspondent.objects.get_or_create(user=user, employer=employer)
    if created:
        note_act(act=act, by=by, employer=employer, detail=f"{user.full_name} ({user.email})", label=label)
        for address in people_to_notify(employer):
            if address != user.email:
                enqueue(
                    messages.CorrespondentJoined(
                        colleague_name=user.full_name,
                        employer_name=employer.name,
                        identifier=user.email,
                        list_url=absolute(entrance("employees")),
                    ),
                    to=address,
                    dedup_key=f"correspondent-joined:{correspondent.pk}:{address}",
                )
    return correspondent, created


def _welcome(correspondent: Correspondent) -> None:
    user = correspondent.user
    enqueue(
        messages.CorrespondentWelcome(
            person_name=user.full_name,
            employer_name=correspondent.employer.name,
            set_password_url=set_password_url(user),
            sign_in_url=absolute(reverse("connexion")),
            hours=RESET_HOURS,
        ),
        to=user.email,
        dedup_key=f"correspondent-welcome:{correspondent.pk}",
    )


def ask_for(*, user: User, employer: Employer, by: User, label: str = "") -> Appointment:
    """Ask that a member of the centre may act for the employer; twice is once. To be called in a transaction."""
    waiting = {"user": user, "employer": employer, "state": AppointmentState.WAITING}
    appointment, created = Appointment.objects.get_or_create(**waiting, defaults={"asked_by": by})
    if created:
        detail = f"{user.full_name} ({user.email})"
        note_act(act=CompanyAct.APPOINTMENT_ASKED, by=by, employer=employer, detail=detail, label=label)
        for person in deciders(appointment):
            enqueue(
                messages.AppointmentToConfirm(
                    person_name=person.full_name,
                    member_name=user.full_name,
                    employer_name=employer.name,
                    asked_by=by.full_name,
                    decide_url=absolute(reverse("admin:accounts_appointment_change", args=[appointment.pk])),
                ),
                to=person.email,
                dedup_key=f"appointment-to-confirm:{appointment.pk}:{person.pk}",
            )
    return appointment


def deciders(appointment: Appointment) -> QuerySet[User]:
    """Who may confirm or refuse it: neither whoever asked nor the member."""
    return holders(DECIDE).exclude(pk__in=[appointment.asked_by_id, appointment.user_id])


@transaction.atomic
def settle_appointment(*, appointment: Appointment, by: User, confirm: bool) -> Appointment:
    """A second administrator agrees, and the right is given, or refuses. Both people are told.

    Raises CompanyRefused when it was settled already, or when `by` asked for it, is the member or may not decide.
    """
    locked = (
        Appointment.objects.select_for_update(of=("self",))
        .select_related("employer", "user", "asked_by")
        .get(pk=appointment.pk)
    )
    if locked.state != AppointmentState.WAITING:
        raise CompanyRefused("Cette nomination est déjà décidée. Rien n’a été modifié.", code=Code.SETTLED)
    if by.pk in (locked.asked_by_id, locked.user_id):
        raise CompanyRefused(
            "Cette nomination est la vôtre, ou vous l’avez demandée\xa0: un autre administrateur doit en décider.",
            code=Code.ONESELF,
        )
    if not by.has_perm(DECIDE):
        raise CompanyRefused("Un administrateur doit en décider.", code=Code.NOT_ADMINISTRATOR)
    locked.state = AppointmentState.CONFIRMED if confirm else AppointmentState.REFUSED
    locked.settled_by, locked.settled_at = by, timezone.now()
    locked.save(update_fields=["state", "settled_by", "settled_at"])
    if confirm:
        give_right(user=locked.user, employer=locked.employer, act=CompanyAct.APPOINTED, by=by, label=CENTRE)
    else:
        detail = f"{locked.user.full_name} ({locked.user.email})"
        note_act(act=CompanyAct.APPOINTMENT_REFUSED, by=by, employer=locked.employer, detail=detail, label=CENTRE)
    for person in (locked.user, locked.asked_by):
        enqueue(
            messages.AppointmentSettled(
                person_name=person.full_name,
                member_name=locked.user.full_name,
                employer_name=locked.employer.name,
                outcome="confirmée" if confirm else "refusée",
                settled_by=by.full_name,
            ),
            to=person.email,
            dedup_key=f"appointment-settled:{locked.pk}:{person.pk}",
        )
    return locked
