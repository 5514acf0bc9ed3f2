"""A request of each family of motifs, and the actes that open them: one that opens all, one whose version is closed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.employee.fields import Declared
from accounts.enums import ActeKind, ContractType
from accounts.models import Acte, Employer, User
from dispenses.documents import acte_texts
from dispenses.law.catalogue import OPENED_BY_ACTE
from dispenses.law.codes import MotifCode
from portal.dev import demo_requests
from portal.dev.samples import sample_document

FIRST_DAY = date(2019, 1, 1)
SINCE_AGREEMENT = 45  # days
Answers = Mapping[str, str | int]
INSURED: Answers = {"assureur": "Mutuelle des Rives", "couverture_depuis": -700}
COLLECTIVE: Answers = {"nature_contrat": "collective", "assureur": "Mutuelle du Lac", "couverture_depuis": -300}


@dataclass(frozen=True)
class Shown:
    """An employee and their request. Numbers, among `answers` or for `hired`, are days from the day of the sending.

    `at_tilleuls`: at the employer whose acte was replaced, rather than at the one whose acte opens every motif.
    """

    first_name: str
    last_name: str
    code: MotifCode
    hired: int | date
    sent: int
    fate: str
    decided: int
    answers: Answers = field(default_factory=dict)
    contract_type: ContractType = ContractType.CDI
    part_time: bool = False
    at_tilleuls: bool = False


SHOWN: tuple[Shown, ...] = (
    Shown(
        *("Lila", "Moreau", MotifCode.TEMPS_PARTIEL, -400, 75, "accept", 60),
        answers={"cotisation": "42,50", "brut": "380"},
        part_time=True,
        at_tilleuls=True,
    ),
    Shown("Bernard", "Colin", MotifCode.PRESENT_AVANT_DUE, date(2015, 5, 4), 80, "accept", 66, at_tilleuls=True),
    Shown("Ousmane", "Traoré", MotifCode.ACTE_1_PRESENT, date(2014, 9, 1), 50, "accept", 40),
    Shown(
        *("Céline", "Arnaud", MotifCode.ACTE_D_C2S, -500, 35, "accept", 24),
        answers={"couverture_depuis": -200, "couverture_jusquau": 150},
    ),
    Shown(
        *("Diego", "Fuentes", MotifCode.ACTE_E_INDIVIDUELLE, -60, 28, "accept", 16),
        answers={**INSURED, "couverture_jusquau": 200},
    ),
    Shown(
        *("Sabine", "Hoareau", MotifCode.ACTE_F_COUVERTURE_COLLECTIVE, -900, 25, "accept", 13),
        answers={**COLLECTIVE, "titulaire": "Yvon Hoareau"},
    ),
    Shown(
        *("Tom", "Lacroix", MotifCode.CONTRAT_COURT, -5, 14, "accept", 7),
        answers={**INSURED, "couverture_par": "individuelle", "debut_contrat": -5, "fin_contrat": 50},
        contract_type=ContractType.CDD,
    ),
    Shown(
        *("Anouk", "Perrin", MotifCode.PARENT, -4, 8, "accept", 2),
        answers={**COLLECTIVE, "titulaire": "Luc Perrin"},
        contract_type=ContractType.APPRENTI,
    ),
    Shown(
        *("Hélène", "Muller", MotifCode.FONCTION_PUBLIQUE, -6, 7, "", 0),
        answers={
            "emploi_couvrant": "conjoint",
            "employeur_public": "Ville de Colmar",
            "assureur": "Mutuelle des Cités",
            "couverture_depuis": -500,
        },
    ),
)


def write_actes(belair: Employer, tilleuls: Employer) -> None:
    """One acte that opens every motif; one whose DUE gave way, some weeks ago, to an agreement that opens fewer."""
    Acte.objects.create(
        employer=belair,
        kind=ActeKind.DUE,
        in_force_from=FIRST_DAY,
        employee_share_from=FIRST_DAY,
        opened_motifs=[entry.code.value for entry in OPENED_BY_ACTE],
        yearly_policies=["camieg:nothing", "multi_employeur:document"],
    )
    agreed_on = timezone.localdate() - timedelta(days=SINCE_AGREEMENT)
    fixed_term = [MotifCode.CDD_12_MOIS_ET_PLUS.value, MotifCode.CDD_MOINS_12_MOIS.value]
    Acte.objects.create(
        employer=tilleuls,
        kind=ActeKind.DUE,
        in_force_from=FIRST_DAY,
        in_force_until=agreed_on - timedelta(days=1),
        employee_share_from=FIRST_DAY,
        opened_motifs=[*fixed_term, MotifCode.TEMPS_PARTIEL.value],
    )
    Acte.objects.create(
        employer=tilleuls,
        kind=ActeKind.ACCORD,
        in_force_from=agreed_on,
        employee_share_from=FIRST_DAY,
        opened_motifs=fixed_term,
        withholds_c2s=True,
    )


def write_text(acte: Acte, by: User) -> None:
    """The PDF of a version, as an administrator brings it."""
    content = sample_document(
        f"{acte.get_kind_display()} du {acte.in_force_from:%d/%m/%Y}", acte.employer.name, pages=2
    )
    received = acte_texts.receive(SimpleUploadedFile("acte.pdf", content, "application/pdf"))
    acte_texts.keep(acte, received, by=by)


def send_one_of_each(belair: Employer, tilleuls: Employer, *, lead: User, reviewer: User) -> None:
    """The requests of SHOWN, declared by `lead`, decided by `reviewer`."""
    for number, one in enumerate(SHOWN):
        employer = tilleuls if one.at_tilleuls else belair
        with demo_requests.days_ago(one.sent) as now:
            day = timezone.localdate(now)
            declared = Declared(
                first_name=one.first_name,
                last_name=one.last_name,
                professional_email=f"motif{number}@demo.exemple",
                matricule=f"{employer.name[0]}-{3300 + number}",
                hired_on=one.hired if isinstance(one.hired, date) else day + timedelta(days=one.hired),
                contract_type=one.contract_type,
                part_time=one.part_time,
            )
            answers = {
                key: f"{day + timedelta(days=value):%d/%m/%Y}" if isinstance(value, int) else value
                for key, value in one.answers.items()
            }
            dispense = demo_requests.send(employer, lead, declared, one.code, answers)
        demo_requests.decide_as_told(dispense, one.fate, one.decided, reviewer)
