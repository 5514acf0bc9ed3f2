"""What the centre received and decided in the last weeks, for `make run`: a queue that looks like one."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from accounts.employee.fields import Declared
from accounts.enums import ContractType
from accounts.models import Employer, User
from dispenses.desk import saved_views
from dispenses.desk.criteria import LATE, Criteria
from dispenses.models import Dispense, QueueEntry
from dispenses.queue import assignments, figures
from dispenses.request import reminders, undo
from dispenses.request.decisions.refuse import RefuseContent
from notifications.models import OutgoingEmail
from portal.dev import demo_motifs, demo_requests

EMPLOYERS = (("Transports Belair", "30613890001294"), ("Clinique des Tilleuls", "41031962600096"))
LATE_AT_BELAIR = Criteria(employeur="Transports Belair", echeance=LATE)
# First name, last name, days since it was sent, what became of it, days since then.
SENT: tuple[tuple[str, str, int, str, int], ...] = (
    ("Élodie", "Nguyen", 62, "accept", 50),
    ("Bruno", "Lefèvre", 60, "refuse", 48),
    ("Awa", "Diallo", 55, "complement accept", 41),
    ("Gaël", "Le Goff", 54, "accept", 44),
    ("Manon", "Girard", 47, "accept", 36),
    ("Thomas", "Bertin", 45, "complement accept", 30),
    ("Leïla", "Haddad", 41, "withdraw", 39),
    ("Jean-Marc", "O’Brien", 38, "accept", 27),
    ("Chloé", "Perrot", 33, "refuse reopen accept", 22),
    ("Yanis", "Cordier", 31, "accept shorter", 20),
    ("Inès", "Lopes", 27, "accept", 15),
    ("Paul", "Ly", 42, "complement", 34),
    ("Zoé", "Blanchard", 24, "complement accept", 6),
    ("Hugo", "Marty", 20, "", 0),
    ("Noémie", "Garreau", 19, "", 0),
    ("Adrien", "Salmon", 17, "complement", 9),
    ("Sarah", "Klein", 15, "", 0),
    ("Mathis", "Evrard", 13, "accept", 4),
    ("Camille", "Œuvrard", 12, "", 0),
    ("Rachid", "Bensaïd", 9, "", 0),
    ("Julie", "Tessier", 6, "", 0),
    ("Louane", "Picard", 4, "", 0),
    ("Axel", "Renaud", 2, "", 0),
    ("Nina", "Vasseur", 1, "", 0),
)


def load(*, reviewer: User, lead: User) -> None:
    """Requests of two more employers, decided by `reviewer`; two of those that wait are `reviewer`'s, one `lead`'s."""
    last = OutgoingEmail.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    employers = [Employer.objects.create(name=name, siret=siret) for name, siret in EMPLOYERS]
    demo_motifs.write_actes(*employers)
    for index, (first, surname, sent, fate, since) in enumerate(SENT):
        dispense = _sent(employers[index % 2], lead, first, surname, index, sent)
        demo_requests.decide_as_told(dispense, fate, since, reviewer)
    for number, user in zip(_waiting()[1:4], (reviewer, reviewer, lead), strict=True):
        assignments.assign(number=number, to=user, by=user)
    demo_motifs.send_one_of_each(*employers, lead=lead, reviewer=reviewer)
    _reminded(since=34)
    _changed_mind(reviewer)
    saved_views.save(owner=lead, name="Transports Belair en retard", shared=True, criteria=LATE_AT_BELAIR)
    OutgoingEmail.objects.filter(pk__gt=last).delete()  # they left long ago
    figures.rebuild(timezone.now())


def _sent(employer: Employer, by: User, first: str, surname: str, index: int, days: int) -> Dispense:
    with demo_requests.days_ago(days) as now:
        hired_on = timezone.localdate(now) - timedelta(days=10)
        end = hired_on + timedelta(days=300)
        code = "multi_employeur" if index % 4 == 0 else "camieg" if index % 7 == 3 else "cdd_moins_12_mois"
        since = {"couverture_depuis": f"01/01/{hired_on.year - 2}"}
        answers = {
            "multi_employeur": {"autre_employeur": "Transports Delmas", "assureur": "Mutuelle du Lac", **since},
            "camieg": {"emploi_couvrant": "conjoint", **since},
            "cdd_moins_12_mois": {"debut_contrat": f"{hired_on:%d/%m/%Y}", "fin_contrat": f"{end:%d/%m/%Y}"},
        }[code]
        declared = Declared(
            first_name=first,
            last_name=surname,
            professional_email=f"salarie{index}@demo.exemple",
            matricule=f"{employer.name[0]}-{3100 + index}",
            hired_on=hired_on,
            contract_type=ContractType.CDD,
        )
        return demo_requests.send(employer, by, declared, code, answers)


def _reminded(*, since: int) -> None:
    """The reminders of the complements, day after day: the oldest may be closed now."""
    for days in range(since - 1, 0, -1):
        with demo_requests.days_ago(days) as now:
            reminders.remind_complements(now)


def _changed_mind(reviewer: User) -> None:
    """A decision undone before it took effect."""
    if settings.PORTAL_UNDO_SECONDS:
        one = Dispense.objects.get(number=_waiting()[1])
        content = RefuseContent(reason="Le document n’est pas au bon nom.", rule="CSS, art. D911-2", de_droit=True)
        seen = one.status_at.isoformat()
        pending = undo.take(number=one.number, user=reviewer, seen=seen, content=content)
        if pending:
            undo.undo(number=one.number, pk=pending.pk, user=reviewer)


def _waiting() -> list[int]:
    waiting = QueueEntry.objects.filter(status="in_progress").order_by("due_on", "pk")
    return list(waiting.values_list("pk", flat=True))
