"""What the portal knows of one person, as a ZIP: data.json, and the documents of their requests.

Memory does not depend on how much there is: one request at a time, one block of a file at a time.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from operator import itemgetter
from typing import IO, Any

from django.conf import settings
from django.utils import timezone

from accounts.employee.fields import FIELDS
from accounts.models import CompanyEvent, Correspondent, Employee, Identity, Invitation, Passkey, User
from dispenses.documents import storage
from dispenses.enums import ScanStatus
from dispenses.models import Consultation, Dispense, Justificatif, LegalHold, PayrollChange, Question
from dispenses.request import endings, retention
from dispenses.workflow import STATUS_LABELS, Status
from notifications.models import OutgoingEmail

README = """Vos données dans {portal}

data.json contient ce que le portail sait de vous : votre compte, vos fiches de salarié, vos demandes avec ce que vous
avez signé, leur historique et qui a ouvert vos documents, vos échanges avec le centre de gestion. Il s’ouvre dans un
navigateur ou un éditeur de texte.
demandes/NUMÉRO/ contient les documents joints à chaque demande, tels que vous les avez envoyés.

Une erreur ? Écrivez à {contact}.
"""
PAYROLL = ("noted_at", "matricule", "left_on", "dispensed", "effective_on", "ends_on", "affiliation_due_on")
Row = dict[str, Any]


def write(user: User, target: IO[bytes]) -> None:
    """Write the ZIP. Raises OSError: the storage is silent."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        told = {"portal": settings.PORTAL_NAME, "contact": settings.PORTAL_CONTACT_EMAIL}
        archive.writestr("LISEZMOI.txt", README.format(**told))
        files = {
            file.pk: _document(archive, file)
            for file in Justificatif.objects.filter(dispense__employee__user=user).order_by("pk").iterator()
        }
        with archive.open("data.json", "w", force_zip64=True) as entry, io.TextIOWrapper(entry, "utf-8") as out:
            _write_json(out, user, files)


def _write_json(out: IO[str], user: User, files: dict[int, str]) -> None:
    sections: dict[str, Iterable[Row]] = {
        "fiches_de_salarie": map(_employee, user.employees.select_related("employer").order_by("pk").iterator()),
        "cles_d_acces": _rows(Passkey, {"user": user}, ("name", "created_at")),
        "identites_d_organisation": _rows(Identity, {"user": user}, ("issuer", "subject", "linked_at", "used_at")),
        "entreprises_dont_vous_etes_correspondant": _rows(Correspondent, {"user": user}, ("employer__name",)),
        "invitations": _rows(Invitation, {"employee__user": user}, ("sent_at", "expires_at", "used_at", "revoked_at")),
        "actes_de_l_entreprise_sur_vous": _rows(
            CompanyEvent, {"employee__user": user}, ("at", "act", "actor_label", "detail")
        ),
        "demandes": _requests(user, files),
        "questions_et_messages": map(_question, Question.objects.filter(user=user).order_by("pk").iterator()),
        "ce_que_la_paie_a_su": _rows(PayrollChange, {"employee__user": user}, PAYROLL),
        "emails": _rows(OutgoingEmail, {"to__iexact": user.email}, ("subject", "created_at", "sent_at")),
    }
    out.write('{\n"compte": ' + _dump(_account(user)))
    for name, rows in sections.items():
        out.write(f',\n"{name}": [')
        for rank, row in enumerate(rows):
            out.write((",\n" if rank else "\n") + _dump(row))
        out.write("\n]")
    out.write("\n}\n")


def _dump(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False, indent=1, default=_plain)


def _plain(value: object) -> str:
    """Dates in ISO 8601, instants in local time."""
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def _rows(model: Any, matching: Row, names: tuple[str, ...]) -> Iterator[Row]:
    found: Iterator[Row] = model.objects.filter(**matching).order_by("pk").values(*names).iterator()
    return found


def _account(user: User) -> Row:
    return {
        "prenom": user.first_name,
        "nom": user.last_name,
        "identifiant": user.email,
        "second_facteur_depuis": user.second_factor_at,
        "emails_commerciaux_acceptes_le": user.marketing_consent_at,
    }


def _employee(employee: Employee) -> Row:
    shown: dict[str, Callable[[Employee], Any]] = {"sealed_nir": lambda one: one.masked_nir}
    values = {
        field.heading: field.exported(getattr(employee, field.attribute))
        if field.attribute not in shown
        else shown[field.attribute](employee)
        for field in FIELDS
    }
    return {
        "entreprise": employee.employer.name,
        **values,
        "dernier_jour_de_travail": employee.left_on,
        "declare_le": employee.created_at,
        "compte_active_le": employee.activated_at,
    }


def _requests(user: User, files: dict[int, str]) -> Iterator[Row]:
    rows = Dispense.objects.filter(employee__user=user).select_related("employee__employer", "motif")
    parts = ("declarations", "events", "justificatifs", "complements", "verdicts")
    for dispense in rows.prefetch_related(*parts).order_by("pk").iterator(chunk_size=10):
        yield _request(dispense, files)


def _request(dispense: Dispense, files: dict[int, str]) -> Row:
    return {
        "numero": dispense.number,
        "statut": STATUS_LABELS[Status(dispense.status)],
        "entreprise": dispense.employee.employer.name,
        "motif": dispense.motif.full_label if dispense.motif else "",
        "matricule": dispense.matricule,
        "embauche": dispense.hired_on,
        "reponses": dispense.answers,
        "commencee_le": dispense.created_at,
        "envoyee_le": dispense.submitted_at,
        "decidee_le": dispense.decided_at,
        "motivation": dispense.decision_reason,
        "regle": dispense.decision_rule,
        "a_compter_du": dispense.effective_on,
        "dernier_jour": dispense.ends_on,
        "fins_connues": [
            {"cause": cause.label, "dernier_jour": day}
            for cause, day in sorted(endings.of(dispense).items(), key=itemgetter(1))
        ],
        "conservee_jusqu_au": kept_until(dispense) if dispense.submitted_at else None,
        "declarations": [
            {
                "signee_le": one.signed_at,
                "motif": one.motif_label,
                "fondement": one.legal_basis,
                "texte": one.text,
                "reponses": one.answers,
                "empreinte": one.seal,
            }
            for one in dispense.declarations.all()
        ],
        "complements": [
            {"demande": one.message, "demande_le": one.asked_at, "complete_le": one.answered_at}
            for one in dispense.complements.all()
        ],
        "verdicts": [
            {"document": one.label, "verdict": one.get_verdict_display(), "pourquoi": one.reason, "le": one.at}
            for one in dispense.verdicts.all()
        ],
        "historique": [
            {
                "evenement": one.label,
                "le": one.at,
                "par": one.actor_label,
                "commentaire": one.comment,
                "fichiers": one.files,
                "empreinte": one.seal,
            }
            for one in dispense.events.all()
        ],
        "documents": [
            {
                "nom": one.name,
                "type": one.content_type,
                "octets": one.size,
                "sha256": one.sha256,
                "recu_le": one.received_at,
                "envoye_le": one.sent_at,
                "aide_a_la_lecture": one.hints,
                "fichier": files.get(one.pk, "joint pendant la préparation de cette copie"),
            }
            for one in dispense.justificatifs.all()
        ],
        "consultations": [
            {"document": one.name, "lecture": one.get_kind_display(), "le": one.at, "par_le_centre": one.by_centre}
            for one in Consultation.objects.filter(dispense=dispense).order_by("at", "pk")
        ],
    }


def kept_until(dispense: Dispense) -> date | None:
    """The last day on which the evidence of a request that was sent is kept; None without one, or under a hold."""
    signed = [declaration.signed_at for declaration in dispense.declarations.all()]
    received = retention.received_on(dispense, signed)
    return retention.kept_until(dispense, received=received, held=LegalHold.suspends(dispense))


def _question(question: Question) -> Row:
    """What was asked of the centre, and what it answered or wrote first."""
    return {
        "demande": question.number,
        "objet": question.get_subject_display(),
        "ecrit_le": question.asked_at if question.text else None,
        "texte": question.text,
        "repondu_le": question.answered_at,
        "reponse": question.answer,
    }


def _document(archive: zipfile.ZipFile, file: Justificatif) -> str:
    """Add the bytes that were received. Returns their name in the ZIP, or why they are not in it."""
    if not file.is_released:
        return f"absent\xa0: {ScanStatus(file.scan_status).label.lower()}"
    name = f"demandes/{file.dispense_id}/{file.pk}-{storage.download_name(file.name)}"
    try:
        with storage.opened(file) as original, archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as entry:
            digest = hashlib.sha256()
            while chunk := original.read(storage.CHUNK):
                digest.update(chunk)
                entry.write(chunk)
    except FileNotFoundError:
        return "absent\xa0: introuvable"
    return name if digest.hexdigest() == file.sha256 else f"{name} (altéré depuis sa réception)"
