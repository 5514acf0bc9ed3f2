"""What changed for payroll, as the API tells it: by pages whose cursor is a rank of the employer's log."""

from django.utils import timezone

from accounts.models import ApiToken
from dispenses.api.schemas import PayrollChangesOut, PayrollOut, PayrollQuery
from dispenses.models import PayrollChange
from dispenses.queue import payroll_log
from dispenses.queue.standing import GROUPS


def page(token: ApiToken, query: PayrollQuery) -> PayrollChangesOut:
    """The employees of the token's employer whose facts changed after the cursor, everybody without one."""
    payroll_log.follow(token.employer_id)
    after = int(query.cursor or 0)
    found = list(payroll_log.changes(token.employer_id, after)[: query.limit + 1])
    lines, more = found[: query.limit], len(found) > query.limit
    return PayrollChangesOut(
        employees=[_told(line, token.employer.siret) for line in lines],
        next_cursor=str(lines[-1].rank if lines else after),
        has_more=more,
    )


def _told(line: PayrollChange, siret: str) -> PayrollOut:
    return PayrollOut(
        id=line.employee_id,
        matricule=line.matricule,
        siret=line.establishment_siret or siret,
        left_on=line.left_on,
        dispensed=line.dispensed,
        effective_on=line.effective_on,
        ends_on=line.ends_on,
        affiliation_due_on=line.affiliation_due_on,
        motif_group=GROUPS.get(line.motif_family),
        noted_at=timezone.localtime(line.noted_at),
    )
