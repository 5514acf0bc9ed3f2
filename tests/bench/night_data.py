"""Requests by the million in all the states of their life, with some that are due on each of the nights measured."""

from collections.abc import Iterator
from datetime import date
from functools import partial

from django.db import connection
from django.utils import timezone

from accounts.models import Correspondent, Employee, Employer
from accounts.states import Standing
from dispenses.life.messages import DispenseEndsSoon
from dispenses.life.steps import CONFIRMATION, END
from dispenses.life.unreached import UNREACHED
from dispenses.models import Declaration, Dispense, LifeStep, Motif, QueueEntry
from notifications.enums import EmailStatus
from notifications.models import OutgoingEmail
from tests.bench.desk_data import FIRST, add_employers, copy, two_at_once, without_indexes
from tests.factories import CorrespondentFactory, DispenseFactory, EmployeeFactory

COPIED = (Employee, Dispense, Declaration, QueueEntry, LifeStep, OutgoingEmail)
LOTS = ("ended", "silent", "step_end", "step_confirm", "left", "unreached", "old")
"""What makes a request due on a night: each is that of as many requests."""
OVER = "n % 20 IN (14, 15)"  # of the requests that are never due: ended, their employee gone for half of them
REFUSED = "n % 20 IN (16, 17, 18)"
ENDING, CONFIRMED = "n % 20 < 4", "n % 20 BETWEEN 4 AND 13"  # granted, with a day to come


class Plan:
    """Expressions over n, the rank of a request: those of `nights` from `first` on come first, `due` in each lot."""

    def __init__(self, count: int, nights: int, due: int, first: date) -> None:
        self.count, self.nights, self.due = count, nights, due
        self.last = nights * due * len(LOTS)
        self.first = f"DATE '{first}'"
        self.night = f"({self.first} + ((n - 1) / {due * len(LOTS)})::int)"
        self.others = f"n > {self.last}"

    def lot(self, name: str) -> str:
        """Whether a request is in a lot."""
        return f"(n <= {self.last} AND (n - 1) / {self.due} % {len(LOTS)} = {LOTS.index(name)})"

    def by_lot(self, others: str, usual: str, **values: str) -> str:
        """One of `values` in each lot named, `usual` in the other lots, `others` beyond."""
        named = " ".join(f"WHEN {self.lot(name)} THEN {value}" for name, value in values.items())
        return f"CASE {named} WHEN n <= {self.last} THEN {usual} ELSE {others} END"

    def rows(self, where: str = "TRUE") -> str:
        """A SELECT of the ranks, those `where` it is true."""
        return f"SELECT n FROM generate_series(1, {self.count}) AS n WHERE {where}"

    @property
    def status(self) -> str:
        """Status of a request."""
        others = f"CASE WHEN {OVER} THEN 'ended' WHEN {REFUSED} THEN 'refused' ELSE 'accepted' END"
        return self.by_lot(others, "'accepted'", old="'refused'")

    @property
    def sent(self) -> str:
        """When it was sent and decided: over six years, or so long ago that it is announced on its night."""
        old = f"{self.night} + 29 - interval '6 years'"
        return self.by_lot(f"{self.first} - 90 - n % 1900", f"{self.first} - 400", old=old)


def fill(count: int, nights: int, due: int, first: date) -> None:
    """`count` requests, of which `due` of each of LOTS on each night; what is near of the others was told already."""
    plan = Plan(count, nights, due, first)
    employers = add_employers(max(20, count // 500))
    original = DispenseFactory(employee=EmployeeFactory(employer_id=employers, activated=True), accepted=True)
    user = CorrespondentFactory(employer_id=employers).user
    Correspondent.objects.bulk_create(
        Correspondent(user=user, employer=employer) for employer in Employer.objects.filter(pk__gt=employers)
    )
    with without_indexes(COPIED):
        two_at_once(_tables(plan, original, employers))
    _tell(plan)
    _fail(plan, original)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _tables(plan: Plan, original: Dispense, employers: int) -> Iterator[partial[None]]:
    number, of = f"{FIRST} + n", f"dispense_id = {original.number}"
    employer = f"{employers} + n % {max(20, plan.count // 500)}"
    yield partial(_employees, plan, original, employer)
    yield partial(_dispenses, plan, original)
    yield partial(
        copy,
        Declaration,
        of,
        plan.rows(f"{plan.status} <> 'accepted'"),
        dispense_id=number,
        signed_at=plan.sent,
        text="'t'",
    )
    yield partial(
        copy,
        QueueEntry,
        of,
        plan.rows(),
        dispense_id=number,
        status=plan.status,
        submitted_at=plan.sent,
        active_at=plan.sent,
        decided_at=plan.sent,
        due_on=f"({plan.sent})::date + 14",
        employer_id=employer,
        search="' ' || n || ' '",
    )


def _employees(plan: Plan, original: Dispense, employer: str) -> None:
    gone = f"{plan.others} AND n % 20 = 15"
    copy(
        Employee,
        f"id = {original.employee_id}",
        plan.rows(),
        id=f"{FIRST} + n",
        employer_id=employer,
        professional_email="'p' || n || '@exemple.fr'",
        matricule="'M' || lpad(n::text, 7, '0')",
        left_on=plan.by_lot(f"CASE WHEN {gone} THEN {plan.first} - 60 END", "NULL", left=f"{plan.night} - 1"),
        standing=f"CASE WHEN {gone} THEN {Standing.LEFT.value} ELSE t.standing END",
    )


def _dispenses(plan: Plan, original: Dispense) -> None:
    law, prudence = (Motif.objects.get(code=code).pk for code in ("acte_f_couverture_collective", "conjoint"))
    near = f"{plan.first} + {plan.nights} + n / 20"
    copy(
        Dispense,
        f"number = {original.number}",
        plan.rows(),
        number=f"{FIRST} + n",
        employee_id=f"{FIRST} + n",
        motif_id=f"CASE WHEN {plan.others} AND n % 3 = 0 THEN {law} ELSE {prudence} END",
        status=plan.status,
        status_at=plan.sent,
        created_at=plan.sent,
        submitted_at=plan.sent,
        decided_at=plan.sent,
        effective_on=f"({plan.sent})::date",
        ends_on=plan.by_lot(
            f"CASE WHEN {OVER} THEN {plan.first} - 60 WHEN {ENDING} THEN {near} % 900 END",
            "NULL",
            ended=f"{plan.night} - 1",
            step_end=f"{plan.night} + 60",
            left=f"{plan.night} - 1",
        ),
        confirm_by=plan.by_lot(
            f"CASE WHEN {CONFIRMED} THEN {near} % 360 END",
            "NULL",
            silent=f"{plan.night} - 1",
            step_confirm=f"{plan.night} + 60",
        ),
        decision_reason="'Sans preuve.'",
        decision_rule="'art. D911-2'",
        end_cause=plan.by_lot("''", "''", left="'departure'"),
    )


def _tell(plan: Plan) -> None:
    """Every step that has come, or will have on the last night, but for the lots of steps: nothing is left to tell."""
    ranked = f"(SELECT *, number - {FIRST} AS n FROM {Dispense._meta.db_table} WHERE number > {FIRST}) AS d"
    untold = f"({plan.lot('step_end')} OR {plan.lot('step_confirm')})".replace("%", "%%")
    with connection.cursor() as cursor:
        for field, steps in (("ends_on", END), ("confirm_by", CONFIRMATION)):
            for step in steps:
                cursor.execute(
                    f"INSERT INTO {LifeStep._meta.db_table} (dispense_id, step, target, told_at)"
                    f" SELECT number, %s, {field}, now() FROM {ranked}"
                    f" WHERE status = 'accepted' AND NOT {untold} AND {field} <= {plan.first} + %s",
                    [step.name, plan.nights + step.days],
                )


def _fail(plan: Plan, original: Dispense) -> None:
    """Mails that were refused for good and told, and those of the nights, still waiting (tests.bench.nights)."""
    mail = OutgoingEmail.objects.create(
        kind=DispenseEndsSoon.kind,
        to="virginie@exemple.fr",
        subject="Votre dispense prend fin",
        about=f"{original.number}",
        dedup_key="banc",
        status=EmailStatus.FAILED,
        created_at=timezone.now(),
    )
    own = {"about": f"({FIRST} + n)::text", "dedup_key": "'banc:' || n"}
    told = f"n > {plan.last} AND n <= {plan.last + plan.count // 1000}"
    one = f"id = {mail.pk}"
    copy(OutgoingEmail, one, plan.rows(told), **own, created_at="now() - interval '5 days'")
    copy(OutgoingEmail, one, plan.rows(plan.lot("unreached")), **own, created_at=plan.night, status="'queued'")
    mail.delete()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {LifeStep._meta.db_table} (dispense_id, step, target, told_at) SELECT about::bigint, %s,"
            f" (created_at AT TIME ZONE 'Europe/Paris')::date, now() FROM {OutgoingEmail._meta.db_table}"
            f" WHERE status = 'failed'",
            [UNREACHED],
        )
