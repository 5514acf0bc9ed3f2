"""The mail of a document: builds its message and hands it to the outbox."""

from dispenses.documents import messages
from dispenses.models import Justificatif
from dispenses.workflow import Status
from notifications.outbox import enqueue
from portal.lib.links import absolute, entrance

WHAT_TO_DO = {
    Status.DRAFT: "Ouvrez votre demande, retirez ce document et joignez-en une autre copie, puis envoyez-la.",
    Status.AWAITING_COMPLEMENT: "Ouvrez votre demande, complétez-la et joignez une autre copie de ce document.",
}
NOTHING_TO_DO = (
    "Préparez une autre copie de ce document\xa0: si elle est nécessaire, le centre de gestion vous la demandera."
)


def infected(justificatif: Justificatif) -> None:
    """A virus was found in a document: what its owner may do now. Nothing for an employee without an account."""
    dispense = justificatif.dispense
    if dispense.employee.user is None:
        return
    enqueue(
        messages.JustificatifInfected(
            person_name=dispense.employee.full_name,
            number=dispense.number,
            what_to_do=WHAT_TO_DO.get(Status(dispense.status), NOTHING_TO_DO),
            follow_url=absolute(entrance("requests")),
        ),
        to=dispense.employee.user.email,
        dedup_key=f"justificatif-infected:{justificatif.pk}",
    )
