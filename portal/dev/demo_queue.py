"""What the centre received and decided in the last weeks, for `make run`: a queue that looks like one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from unittest import mock

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts import services as people
from accounts.employee.fields import Declared
from accounts.enums import ActeKind, ContractType
from accounts.models import Acte, Employee, Employer, Invitation, User
from dispenses.desk import saved_views
from dispenses.desk.criteria import LATE, Criteria
from dispenses.models import Dispense, Motif, QueueEntry
from dispenses.queue import assignments, figures
from dispenses.request import contents, drafts, joining, reminders, sending, undo
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.complement import ComplementContent
from dispenses.request.decisions.refuse import RefuseContent
from dispenses.request.decisions.registry import decide
from dispenses.request.decisions.reopen import ReopenContent
from notifications.models import OutgoingEmail
from portal.dev.samples import sample_document

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
    for employer in employers:
        Acte.objects.create(
            employer=employer,
            kind=ActeKind.ACCORD,
            in_force_from=date(2019, 1, 1),
            employee_share_from=date(2019, 1, 1),
            opened_motifs=["cdd_12_mois_et_plus", "cdd_moins_12_mois", "temps_partiel"],
        )
    for index, (first, surname, sent, fate, since) in enumerate(SENT):
        dispense = _sent(employers[index % 2], lead, first, surname, index, sent)
        _decided(dispense, fate, since, reviewer)
    for number, user in zip(_waiting()[1:4], (reviewer, reviewer, lead), strict=True):
        assignments.assign(number=number, to=user, by=user)
    _reminded(since=34)
    _changed_mind(reviewer)
    saved_views.save(owner=lead, name="Transports Belair en retard", shared=True, criteria=LATE_AT_BELAIR)
    OutgoingEmail.objects.filter(pk__gt=last).delete()  # they left long ago
    figures.rebuild(timezone.now())


@contextmanager
def _days_ago(days: int) -> Iterator[datetime]:
    """The services at work some days ago, on a weekday."""
    moment = timezone.now() - timedelta(days=days)
    moment -= timedelta(days=max(0, timezone.localdate(moment).weekday() - 4))
    with mock.patch.object(timezone, "now", return_value=moment):
        yield moment


def _sent(employer: Employer, by: User, first: str, surname: str, index: int, days: int) -> Dispense:
    with _days_ago(days) as now:
        hired_on = timezone.localdate(now) - timedelta(days=10)
        employee = people.pre_affiliate(
            by=by,
            employer=employer,
            declared=Declared(
                first_name=first,
                last_name=surname,
                professional_email=f"salarie{index}@demo.exemple",
                matricule=f"{employer.name[0]}-{3100 + index}",
                hired_on=hired_on,
                contract_type=ContractType.CDD,
            ),
        )
        user = User.objects.create_user(f"salarie{index}@perso.exemple", None, first_name=first, last_name=surname)
        Invitation.objects.filter(employee=employee).update(used_at=now)
        Employee.objects.filter(pk=employee.pk).update(user=user, activated_at=now)
        employee.refresh_from_db()
        draft = drafts.get_or_create_draft(employee=employee)
        code = "multi_employeur" if index % 4 == 0 else "camieg" if index % 7 == 3 else "cdd_moins_12_mois"
        draft = drafts.choose_motif(dispense=draft, motif=Motif.objects.get(code=code))
        end = hired_on + timedelta(days=300)
        since = {"couverture_depuis": f"01/01/{hired_on.year - 2}"}
        answers = {
            "multi_employeur": {"autre_employeur": "Transports Delmas", "assureur": "Mutuelle du Lac", **since},
            "camieg": {"emploi_couvrant": "conjoint", **since},
            "cdd_moins_12_mois": {"debut_contrat": f"{hired_on:%d/%m/%Y}", "fin_contrat": f"{end:%d/%m/%Y}"},
        }[code]
        draft = drafts.save_answers(dispense=draft, answers=answers)
        for piece in (piece for piece in contents.pieces(draft) if piece.required):
            upload = SimpleUploadedFile(f"{piece.code}.pdf", sample_document(piece.label, employee.full_name))
            joining.add_justificatif(dispense=draft, piece=piece.code, upload=upload)
        Dispense.objects.filter(number=draft.number).update(created_at=now)
        return sending.submit(dispense=draft, user=user)


def _decided(dispense: Dispense, fate: str, days: int, reviewer: User) -> None:
    owner = dispense.employee.user
    if owner is None:
        return
    if "complement" in fate:
        with _days_ago(days + 4 if "accept" in fate else days):
            decide(
                ComplementContent(
                    message="Les dates de votre contrat ne sont pas celles de votre dossier. Corrigez-les."
                ),
                dispense=dispense,
                user=reviewer,
            )
    if "reopen" in fate:
        with _days_ago(days + 5):
            _refuse(dispense, reviewer)
        with _days_ago(days + 2):
            decide(
                ReopenContent(reason="Le salarié a montré que le document est bien le sien."),
                dispense=dispense,
                user=reviewer,
            )
    with _days_ago(days) as now:
        if fate == "complement accept":
            sending.complete(dispense=dispense, user=owner)
        if fate == "accept shorter":
            end = timezone.localdate(now) + timedelta(days=120)
            reason = "L’attestation ne vaut que jusqu’à cette date."
            decide(AcceptContent(ends_on=end, end_reason=reason), dispense=dispense, user=reviewer)
        elif "accept" in fate:
            decide(AcceptContent(), dispense=dispense, user=reviewer)
        elif fate == "refuse":
            _refuse(dispense, reviewer)
        elif fate == "withdraw":
            sending.withdraw(dispense=dispense, user=owner)


def _refuse(dispense: Dispense, reviewer: User) -> None:
    decide(
        RefuseContent(
            reason="Le document joint n’est pas à votre nom.",
            rule="Code de la sécurité sociale, art. D911-2",
            de_droit=True,
        ),
        dispense=dispense,
        user=reviewer,
    )


def _reminded(*, since: int) -> None:
    """The reminders of the complements, day after day: the oldest may be closed now."""
    for days in range(since - 1, 0, -1):
        with _days_ago(days) as now:
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
