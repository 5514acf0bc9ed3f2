"""Asking a question and answering it: a row, its mails, how often one may ask, how long it is kept."""

import uuid
from datetime import datetime
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Correspondent, Employee, User
from accounts.services import pace
from dispenses import parties
from dispenses.contact import messages
from dispenses.enums import Asker, Subject
from dispenses.exceptions import Code, TransitionRefused
from dispenses.models import Dispense, LegalHold, Question
from dispenses.request.permissions import own_dispenses
from dispenses.workflow import Status
from notifications.outbox import enqueue
from portal.lib.dates import add_years, start_of_day
from portal.lib.leases import purge
from portal.lib.links import absolute, entrance
from portal.lib.turns import one_at_a_time

PACE = pace.Pace(((3, 10 * pace.MINUTE), (6, pace.HOUR), (12, pace.DAY)))
"""Questions of one account, or of one address given at one place on the network without any."""
ADDRESS_PACE = pace.Pace(((10, 10 * pace.MINUTE), (30, pace.HOUR), (60, pace.DAY)))
"""Of one address given without an account, wherever from: whoever writes that of another silences nobody soon."""
PLACE_PACE = pace.Pace(((20, 10 * pace.MINUTE), (60, pace.HOUR), (150, pace.DAY)))
"""Of all those without an account at one place on the network: a company goes out by one."""
TOO_SOON = "Vous avez posé plusieurs questions"
TOO_MANY = "Trop de questions en peu de temps"
"""Without an account, whatever is counted: nobody learns whether an address wrote lately."""
QUESTIONS_KEPT = 2
"""Years: prudence, no article says a number. The same question comes back within that time."""
SUBJECTS: dict[Asker, tuple[Subject, ...]] = {
    Asker.EMPLOYEE: (
        Subject.REQUEST,
        Subject.DOCUMENT,
        Subject.JOINING,
        Subject.ACCOUNT,
        Subject.DATA,
        Subject.OTHER,
    ),
    Asker.CORRESPONDENT: (Subject.EMPLOYEES, Subject.EVIDENCE, Subject.ACCOUNT, Subject.DATA, Subject.OTHER),
    Asker.VISITOR: (Subject.LINK, Subject.ACCOUNT, Subject.RIGHT, Subject.DATA, Subject.OTHER),
}
"""What each may ask about, what is asked most first."""


def asker_of(user: User | None) -> Asker:
    """As whom somebody asks: who has a request or an employment is an employee first."""
    if user is None:
        return Asker.VISITOR
    is_correspondent = user.correspondent_roles.exists() and not user.employees.exists()
    return Asker.CORRESPONDENT if is_correspondent else Asker.EMPLOYEE


def own_numbers(user: User | None) -> list[int]:
    """The requests that one may ask about: one's own, once sent, the newest first."""
    if user is None:
        return []
    sent = own_dispenses(user).exclude(status=Status.DRAFT.value)
    return list(sent.order_by("-number").values_list("number", flat=True)[:20])


@transaction.atomic
def ask(
    *, user: User | None, name: str, email: str, subject: str, number: int | None, text: str, network: str
) -> Question:
    """Keep a question for the centre and tell it; whoever has an account receives a word that it has arrived.

    Raises SentTooOften for one that comes too soon after others.
    """
    now = timezone.now()
    if user is not None:
        User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
        pace.refuse_early(PACE, _asked(PACE, now, user=user), what=TOO_SOON, now=now)
    else:
        one_at_a_time(f"question:{email}", f"question:{network}")
        for kept, of in (
            (PACE, {"email": email, "network": network}),
            (ADDRESS_PACE, {"email": email}),
            (PLACE_PACE, {"network": network}),
        ):
            pace.refuse_early(kept, _asked(kept, now, user=None, **of), what=TOO_MANY, now=now)
    question = Question.objects.create(
        asked_at=now,
        user=user,
        asker=asker_of(user),
        name=name,
        email=email,
        subject=subject,
        number=number,
        text=text,
        network=network,
    )
    about = question.get_subject_display()
    enqueue(
        messages.QuestionArrived(about_what=about, queue_url=absolute(entrance("questions"))),
        to=settings.PORTAL_CONTACT_EMAIL,
        dedup_key=f"question-arrived:{question.pk}",
    )
    if user is not None:
        enqueue(
            messages.QuestionReceived(person_name=name, about_what=about),
            to=email,
            dedup_key=f"question-received:{question.pk}",
        )
    return question


def _asked(kept: pace.Pace, now: datetime, **of: Any) -> list[datetime]:
    """When questions of somebody, or of somewhere, were asked that still count."""
    recent = Question.objects.filter(asked_at__gt=now - kept.memory, **of)
    return list(recent.exclude(text="").values_list("asked_at", flat=True))  # without text: the centre wrote first


def open_to(reader: User) -> QuerySet[Question]:
    """The questions that a member of the centre may read and answer: those to which they are no party.

    Not their own, nor those about a request that is closed to them, nor what the employees and the correspondents of a
    company ask for which they act.
    """
    found = parties.interests(reader)
    theirs = (
        Q(user=reader)
        | Q(user__in=Employee.objects.filter(employer__in=found.employers).exclude(user=None).values("user"))
        | Q(user__in=Correspondent.objects.filter(employer__in=found.employers).values("user"))
        | Q(number__in=Dispense.objects.filter(found.of_requests()).values("pk"))
    )
    return Question.objects.exclude(theirs)


@transaction.atomic
def answer(*, question: Question, user: User, text: str) -> Question:
    """Answer a question by mail, once. Raises TransitionRefused when somebody did, without a word, or for a party."""
    locked = Question.objects.select_for_update(of=("self",)).select_related("user").get(pk=question.pk)
    if not open_to(user).filter(pk=locked.pk).exists():
        raise TransitionRefused(
            "Cette question vous concerne, ou concerne une entreprise dont vous êtes correspondant\xa0: un autre "
            f"membre du centre y répond. {parties.NOTHING_DONE}",
            code=Code.PARTY,
        )
    if locked.answered_at:
        raise TransitionRefused(
            "Quelqu’un a déjà répondu à cette question\xa0: votre réponse n’est pas partie.", code=Code.CHANGED
        )
    if not text.strip():
        raise TransitionRefused("Écrivez la réponse\xa0: elle part par e-mail.", code=Code.REASON_MISSING)
    locked.answer, locked.answered_at, locked.answered_by = text.strip(), timezone.now(), user
    locked.save(update_fields=["answer", "answered_at", "answered_by"])
    message: messages.QuestionAnswered | messages.MessageWaits = messages.QuestionAnswered(
        person_name=locked.name,
        asked_on=timezone.localdate(locked.asked_at),
        question=locked.text,
        answer=locked.answer,
    )
    if locked.number and locked.number in own_numbers(locked.user):  # read in the portal, beside the request
        message = _waits(locked.name, locked.number)
    enqueue(
        message,
        to=locked.user.email if locked.user else locked.email,
        dedup_key=f"question-answered:{locked.pk}:{uuid.uuid4().hex}",
    )
    return locked


def _waits(name: str, number: int) -> messages.MessageWaits:
    url = absolute(entrance("messages", str(number)))
    return messages.MessageWaits(person_name=name, number=number, messages_url=url)


@transaction.atomic
def write(*, dispense: Dispense, user: User, text: str) -> Question:
    """The centre writes first about a request: its message waits in the portal, a mail says so and nothing of it.

    Raises TransitionRefused without a word, or for an employee who has no account.
    """
    owner, now = dispense.employee.user, timezone.now()
    if owner is None:
        raise TransitionRefused("Cette personne n’a pas de compte\xa0: appelez-la.", code=Code.CHANGED)
    if not text.strip():
        raise TransitionRefused("Écrivez le message avant de l’envoyer.", code=Code.REASON_MISSING)
    message = Question.objects.create(
        asked_at=now,
        user=owner,
        asker=Asker.EMPLOYEE,
        name=owner.full_name,
        email=owner.email,
        subject=Subject.REQUEST,
        number=dispense.number,
        answer=text.strip(),
        answered_at=now,
        answered_by=user,
    )
    enqueue(_waits(owner.full_name, dispense.number), to=owner.email, dedup_key=f"message-waits:{message.pk}")
    return message


def of_request(dispense: Dispense) -> QuerySet[Question]:
    """What the employee and the centre wrote to each other about a request, the oldest first."""
    owner = dispense.employee.user_id
    return Question.objects.filter(number=dispense.number, user=owner).exclude(user=None).order_by("asked_at", "pk")


@shared_task(name="dispenses.tasks.purge_questions")
def purge_questions(now: datetime | None = None) -> int:
    """Forget the questions of two years ago, answered or not, but those about a request under a hold.

    Returns how many. Those about a request that is forgotten go with it (dispenses.keeping.evidence).
    """
    limit = start_of_day(add_years(timezone.localdate(now), -QUESTIONS_KEPT))
    held = LegalHold.held_requests().values("pk")
    return purge(Question.objects.filter(asked_at__lt=limit).exclude(number__in=held))
