"""A worked case as rows of the database: the employer and its acte, the employee, the draft with its documents."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.models import Employee, Employer, User
from dispenses.enums import PreviewStatus, ScanStatus
from dispenses.law.questions import QUESTIONS, Kind
from dispenses.law.worked_cases import WorkedCase
from dispenses.models import Declaration, Dispense, Justificatif, Motif
from dispenses.workflow import Status
from tests.factories import ActeFactory, EmployeeFactory, EmployerFactory

ACTE_COLUMNS = (
    *("acte", "acte_version_du", "acte_version_au", "acte_ouvre", "premiere_mise_en_place"),
    *("part_salariale_depuis", "autres_versions", "documents_abaisses"),
    "confirmation_selon_l_acte",
)


class Rows:
    """What the cases share: employers by what their acte says, motifs by code, the owner, the one who decides."""

    def __init__(self, *, owner: User, staff: User) -> None:
        self.owner, self.staff = owner, staff
        self.motifs = {motif.code: motif for motif in Motif.objects.prefetch_related("required_justificatifs")}
        self.employers: dict[tuple[str, ...], Employer] = {}

    def employer(self, case: WorkedCase) -> Employer:
        """One employer for all the cases of the same acte."""
        told = tuple(case.row[column] for column in ACTE_COLUMNS)
        if told not in self.employers:
            self.employers[told] = employer = EmployerFactory()
            for acte in case.situation.actes:
                ActeFactory(
                    employer=employer,
                    kind=acte.kind,
                    in_force_from=acte.in_force_from,
                    in_force_until=acte.in_force_until,
                    opened_motifs=acte.opened_motifs,
                    recommended_pieces=acte.recommended_pieces,
                    yearly_policies=acte.yearly_policies,
                    first_set_up_on=acte.first_set_up_on,
                    set_up_kind=acte.set_up_kind,
                    employee_share_from=acte.employee_share_from,
                )
        return self.employers[told]

    def draft(self, case: WorkedCase) -> Dispense:
        """The request in preparation, its documents joined but for the absent one. The clock is that of the case."""
        person = case.situation.person
        employee = EmployeeFactory(
            employer=self.employer(case),
            user=self.owner,
            activated_at=timezone.now(),
            hired_on=person.hired_on,
            contract_type=person.contract_type,
            contract_ends_on=person.contract_ends_on,
            part_time=person.part_time,
        )
        for code, last_day in (case.situation.granted_until or {}).items():
            self._granted(employee, code, last_day)
        motif = self.motifs[case.motif]
        dispense = Dispense.objects.create(
            employee=employee,
            motif=motif,
            matricule=employee.matricule,
            hired_on=person.hired_on,
            answers=typed(motif, case.situation.answers or {}),
        )
        Justificatif.objects.bulk_create(
            Justificatif(
                dispense=dispense,
                piece=piece.code,
                name=f"{piece.code}.pdf",
                size=1,
                sha256=f"{dispense.number}-{piece.code}",
                scan_status=ScanStatus.DISABLED,
                preview_status=PreviewStatus.READY,
            )
            for piece in motif.required_justificatifs.all()
            if piece.code != case.absent
        )
        return dispense

    def _granted(self, employee: Employee, code: str, last_day: date) -> None:
        at = timezone.now() - timedelta(days=30)
        Dispense.objects.create(
            employee=employee,
            motif=self.motifs[code],
            hired_on=employee.hired_on,
            status=Status.ENDED.value,
            submitted_at=at,
            decided_at=at,
            decided_by=self.staff,
            ends_on=last_day,
        )

    def send_as_it_is(self, dispense: Dispense) -> None:
        """Send what the portal refuses to send: the desk and the pack may meet such a request all the same."""
        now = timezone.now()
        Dispense.objects.filter(pk=dispense.pk).update(status=Status.IN_PROGRESS.value, submitted_at=now)
        Justificatif.objects.filter(dispense=dispense).update(sent_at=now)
        Declaration.objects.create(
            dispense=dispense, signed_at=now, signed_by=self.owner, motif_label="", legal_basis="", text="", answers=[]
        )

    def grant_all(self) -> None:
        """Grant every request that was sent, whatever is to be said of it."""
        for dispense in Dispense.objects.filter(status=Status.IN_PROGRESS.value):
            dispense.status, dispense.decided_by = Status.ACCEPTED.value, self.staff
            dispense.decided_at = dispense.submitted_at
            dispense.save(update_fields=["status", "decided_by", "decided_at"])


def typed(motif: Motif, answers: Mapping[str, object]) -> dict[str, str]:
    """The answers as an employee types them; a name where a name alone is asked."""
    return {key: _typed(key, answers.get(key)) for key in motif.extra_fields}


def _typed(key: str, value: object) -> str:
    if isinstance(value, date):
        return f"{value.day}/{value.month}/{value.year}"
    if isinstance(value, Decimal):
        return f"{value:.2f}".replace(".", ",")
    if value is None and QUESTIONS[key].kind is Kind.TEXT:
        return "Mutuelle du Lac"
    return str(value or "")
