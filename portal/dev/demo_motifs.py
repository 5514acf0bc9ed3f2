"""A request of each family of motifs, and the actes that open them: one that opens all, one whose version is closed."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.enums import ActeKind, ContractType
from accounts.models import Acte, Employer, User
from dispenses.documents import acte_texts
from dispenses.law.catalogue import OPENED_BY_ACTE
from dispenses.law.codes import MotifCode
from portal.dev import demo_requests
from portal.dev.demo_requests import COLLECTIVE, INSURED, Asked
from portal.dev.samples import sample_document

FIRST_DAY = date(2019, 1, 1)
SINCE_AGREEMENT = 45  # days


@dataclass(frozen=True)
class Shown:
    """A request, and words of what became of it, the last of which came so many days ago."""

    asked: Asked
    fate: str
    decided: int


AT_TILLEULS: tuple[Shown, ...] = (
    Shown(
        Asked(
            *("Lila", "Moreau", MotifCode.TEMPS_PARTIEL, -400, 75),
            answers={"cotisation": "42,50", "brut": "380"},
            part_time=True,
        ),
        *("accept", 60),
    ),
    Shown(Asked("Bernard", "Colin", MotifCode.PRESENT_AVANT_DUE, date(2015, 5, 4), 80), "accept", 66),
)
AT_BELAIR: tuple[Shown, ...] = (
    Shown(Asked("Ousmane", "Traoré", MotifCode.ACTE_1_PRESENT, date(2014, 9, 1), 50), "accept", 40),
    Shown(
        Asked(
            *("Céline", "Arnaud", MotifCode.ACTE_D_C2S, -500, 35),
            answers={"couverture_depuis": -200, "couverture_jusquau": 150},
        ),
        *("accept", 24),
    ),
    Shown(
        Asked(
            *("Diego", "Fuentes", MotifCode.ACTE_E_INDIVIDUELLE, -60, 28),
            answers={**INSURED, "couverture_jusquau": 200},
        ),
        *("accept", 16),
    ),
    Shown(
        Asked(
            *("Sabine", "Hoareau", MotifCode.ACTE_F_COUVERTURE_COLLECTIVE, -900, 25),
            answers={**COLLECTIVE, "titulaire": "Yvon Hoareau"},
        ),
        *("accept", 13),
    ),
    Shown(
        Asked(
            *("Tom", "Lacroix", MotifCode.CONTRAT_COURT, -5, 14),
            answers={**INSURED, "couverture_par": "individuelle", "debut_contrat": -5, "fin_contrat": 50},
            contract_type=ContractType.CDD,
        ),
        *("accept", 7),
    ),
    Shown(
        Asked(
            *("Anouk", "Perrin", MotifCode.PARENT, -4, 8),
            answers={**COLLECTIVE, "titulaire": "Luc Perrin"},
            contract_type=ContractType.APPRENTI,
        ),
        *("accept", 2),
    ),
    Shown(
        Asked(
            *("Hélène", "Muller", MotifCode.FONCTION_PUBLIQUE, -6, 7),
            answers={
                "emploi_couvrant": "conjoint",
                "employeur_public": "Ville de Colmar",
                "assureur": "Mutuelle des Cités",
                "couverture_depuis": -500,
            },
        ),
        *("", 0),
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
    """The requests of AT_TILLEULS and AT_BELAIR, declared by `lead`, decided by `reviewer`."""
    both = [(tilleuls, one) for one in AT_TILLEULS] + [(belair, one) for one in AT_BELAIR]
    for number, (employer, one) in enumerate(both):
        with demo_requests.days_ago(one.asked.sent) as now:
            day = timezone.localdate(now)
            declared = one.asked.declared(
                day, email=f"motif{number}@demo.exemple", matricule=f"{employer.name[0]}-{3300 + number}"
            )
            answers = demo_requests.typed(one.asked.answers, day)
            dispense = demo_requests.send(employer, lead, declared, one.asked.code, answers)
        demo_requests.decide_as_told(dispense, one.fate, one.decided, reviewer)
