"""Who is a party to a request: the employee whose it is, and the correspondents of the employer (docs/adr/0038).

A party neither reads the request at the desk, nor decides it, nor undoes what was decided, nor says who examines it,
whatever their group. Every page, list and decision of the centre asks here.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Cast

from accounts.models import Correspondent, Employee, User
from dispenses.exceptions import Code, TransitionRefused
from dispenses.models import Dispense, TransferredDispense

OWN = "Cette demande est la vôtre"
EMPLOYER = "Cette demande vient d’un employeur dont vous êtes correspondant"
WHO_MAY = "un membre du centre qui n’est ni le salarié ni un correspondant de l’employeur doit s’en occuper"
NOTHING_DONE = "Rien n’a été modifié."


@dataclass(frozen=True)
class Interests:
    """What the account `person` is a party to: their own requests, by number, and all of the employers they act for.

    `own_employers`: those from which their own requests come; `passed`: requests, by number, that these employers had
    until a transfer, of which they keep the evidence.
    """

    person: int
    own: tuple[int, ...] = ()
    employers: tuple[int, ...] = ()
    own_employers: tuple[int, ...] = ()
    passed: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.own or self.employers or self.passed)

    def of_requests(self) -> Q:
        """Among requests, those to which the person is a party."""
        return Q(pk__in=(*self.own, *self.passed)) | Q(employee__employer__in=self.employers)

    def of_queue(self) -> Q:
        """Among rows of the queue, those of the same requests."""
        return Q(pk__in=(*self.own, *self.passed)) | Q(employer__in=self.employers)

    def of_companies(self) -> Q:
        """Among rows about all the requests of an `employer`, those where one is a request of the person."""
        return Q(employer__in=(*self.employers, *self.own_employers))

    def of_holds(self) -> Q:
        """Among holds, those of the same requests, alone or with all the others of their employer."""
        return Q(dispense__in=self.own) | Q(employer__in=self.employers) | self.of_companies() & Q(dispense=None)

    def in_hold(self, *, employer: int, number: int | None) -> bool:
        """Whether a hold on the request of that number, or on all those of the employer, is one of these."""
        if employer in self.employers:
            return True
        return number in self.own if number else employer in self.own_employers

    def why(self, *, owner: int | None, employer: int, number: int = 0) -> str:
        """Why what is about an employee is closed to the person, and who may do it; "" when it is open.

        `owner`: the account of the employee, if any; `employer`: the key of the employer; `number`: of the request.
        """
        acts_for = employer in self.employers or number in self.passed
        reason = OWN if owner == self.person else EMPLOYER if acts_for else ""
        return reason and f"{reason}\xa0: {WHO_MAY}."


def interests(user: User) -> Interests:
    """What `user` is a party to now."""
    own = (
        Dispense.objects.filter(employee__user=user).order_by().annotate(what=_named("own"), of=F("employee__employer"))
    )
    acted_for = Correspondent.objects.filter(user=user).order_by().annotate(what=_named("employer"), of=F("employer"))
    handed_over = (
        TransferredDispense.objects.filter(former__employer__correspondents__user=user)
        .order_by()
        .annotate(what=_named("passed"), of=F("former__employer"))
    )
    found = list(
        own.values_list("what", "pk", "of").union(
            acted_for.values_list("what", "employer_id", "of"),
            handed_over.values_list("what", "dispense_id", "of"),
            all=True,
        )
    )
    return Interests(
        user.pk,
        own=tuple(key for what, key, _ in found if what == "own"),
        employers=tuple(key for what, key, _ in found if what == "employer"),
        passed=tuple(key for what, key, _ in found if what == "passed"),
        own_employers=tuple({of for what, _, of in found if what == "own"}),
    )


def numbers(found: Interests) -> QuerySet[Dispense, str]:
    """Numbers, as text, of the requests among these interests, as a query of one column."""
    requests = Dispense.objects.filter(found.of_requests()).order_by()
    return requests.annotate(number_as_text=Cast("pk", CharField())).values_list("number_as_text", flat=True)


def _named(what: str) -> Value:
    return Value(what, output_field=CharField())


def why_not(user: User, dispense: Dispense) -> str:
    """Why the request is closed to `user`, and who may do it; "" when it is open."""
    employee = dispense.employee
    return interests(user).why(owner=employee.user_id, employer=employee.employer_id, number=dispense.number)


def employers_of(user: User) -> set[int]:
    """Keys of the employers that `user` acts for, and of those that employ or employed them, with a request or not."""
    acts_for = Correspondent.objects.filter(user=user).order_by().values_list("employer")
    return {key for (key,) in acts_for.union(Employee.objects.filter(user=user).order_by().values_list("employer"))}


def is_of(user: User, employers: Iterable[int]) -> bool:
    """Whether `user` acts for one of these employers, by key, or is or was employed there, with a request or not."""
    return not employers_of(user).isdisjoint(employers)


def refuse(user: User, dispense: Dispense) -> None:
    """Raises TransitionRefused when `user` is a party to the request."""
    if words := why_not(user, dispense):
        raise TransitionRefused(f"{words} {NOTHING_DONE}", code=Code.PARTY)
