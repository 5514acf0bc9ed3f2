"""The motifs as first loaded; afterwards the database is the truth.

Law: Code de la sécurité sociale, articles D911-2 to D911-6, R242-1-6, L911-7, L861-3; loi n° 89-1009, article 11.
"""

from datetime import date

from accounts.enums import ContractType
from dispenses.enums import EndRule, MotifFamily, Opening
from dispenses.law.cases import FarEnd, Length, Moment, MotifEntry, Piece
from dispenses.law.codes import MotifCode
from dispenses.law.numbers import FIRST_TERM, LONG_CONTRACT, SHORT_COVER, SOLIDARITY
from dispenses.models import Motif, RequiredJustificatif

FIXED_TERM = (ContractType.CDD.value, ContractType.APPRENTI.value)


CARTE = Piece(
    "carte_mutuelle",
    "Copie de votre carte mutuelle",
    "La carte de tiers payant en cours de validité, recto et verso.",
)

CATALOGUE: tuple[MotifEntry, ...] = (
    MotifEntry(
        code=MotifCode.CONJOINT,
        family=MotifFamily.COUVERT,
        label="Employeur conjoint",
        help_text="Vous êtes couvert comme ayant droit par la mutuelle obligatoire de votre conjoint.",
        declaration=(
            "je bénéficie, en qualité d’ayant droit, de la couverture collective et obligatoire de l’employeur de "
            "mon conjoint, de ma conjointe ou de mon partenaire"
        ),
        legal_basis="Code de la sécurité sociale, art. D911-2, 3° a",
        opening=Opening.DROIT,
        end_rule=EndRule.OPEN,
        moment=Moment.OTHER_COVER,
        yearly_proof=True,
        extra_fields=("assureur", "titulaire"),
        pieces=(
            Piece(
                "attestation_conjoint",
                "Attestation de la mutuelle obligatoire de votre conjoint",
                "Elle vous cite comme bénéficiaire et précise que le contrat est collectif et obligatoire.",
            ),
            CARTE,
        ),
    ),
    MotifEntry(
        code=MotifCode.MULTI_EMPLOYEUR,
        family=MotifFamily.COUVERT,
        label="Autre employeur du salarié",
        help_text="Vous avez un autre employeur, qui vous couvre déjà.",
        declaration="je bénéficie de la couverture collective et obligatoire d’un autre de mes employeurs",
        legal_basis="Code de la sécurité sociale, art. D911-2, 3° a",
        opening=Opening.DROIT,
        end_rule=EndRule.OPEN,
        moment=Moment.OTHER_COVER,
        yearly_proof=True,
        extra_fields=("autre_employeur",),
        pieces=(Piece("attestation_employeur", "Attestation de votre autre employeur"),),
    ),
    MotifEntry(
        code=MotifCode.ALSACE_MOSELLE,
        family=MotifFamily.COUVERT,
        label="Régime local Alsace-Moselle (Bas-Rhin, Haut-Rhin, Moselle)",
        declaration="je bénéficie du régime local d’assurance maladie d’Alsace-Moselle",
        legal_basis="Code de la sécurité sociale, art. D911-2, 3° d",
        opening=Opening.DROIT,
        end_rule=EndRule.OPEN,
        moment=Moment.OTHER_COVER,
        yearly_proof=True,
        pieces=(Piece("attestation_regime_local", "Attestation du régime local"),),
    ),
    MotifEntry(
        code=MotifCode.CAMIEG,
        family=MotifFamily.COUVERT,
        label="CAMIEG (industries électriques et gazières)",
        declaration="je bénéficie du régime complémentaire des industries électriques et gazières (CAMIEG)",
        legal_basis="Code de la sécurité sociale, art. D911-2, 3° e",
        opening=Opening.DROIT,
        end_rule=EndRule.OPEN,
        moment=Moment.OTHER_COVER,
        yearly_proof=True,
        pieces=(Piece("attestation_camieg", "Attestation CAMIEG"),),
    ),
    MotifEntry(
        code=MotifCode.FONCTION_PUBLIQUE,
        family=MotifFamily.COUVERT,
        label="Mutuelle des agents de l’État ou des collectivités",
        declaration=(
            "je bénéficie d’une couverture au titre de la participation d’un employeur public à la protection "
            "sociale complémentaire de ses agents"
        ),
        legal_basis="Code de la sécurité sociale, art. D911-2, 3° b",
        opening=Opening.DROIT,
        end_rule=EndRule.OPEN,
        moment=Moment.OTHER_COVER,
        yearly_proof=True,
        extra_fields=("employeur_public",),
        pieces=(Piece("attestation_administration", "Attestation de l’administration ou de l’assureur"),),
    ),
    MotifEntry(
        code=MotifCode.MADELIN,
        family=MotifFamily.COUVERT,
        label="Contrat groupe Madelin",
        declaration="je bénéficie d’un contrat d’assurance de groupe dit « Madelin »",
        legal_basis="Code de la sécurité sociale, art. D911-2, 3° c",
        opening=Opening.DROIT,
        end_rule=EndRule.OPEN,
        moment=Moment.OTHER_COVER,
        yearly_proof=True,
        extra_fields=("assureur",),
        pieces=(Piece("attestation_madelin", "Attestation Madelin"),),
    ),
    MotifEntry(
        code=MotifCode.INDIVIDUELLE,
        family=MotifFamily.INDIVIDUELLE,
        label="Assurance individuelle à l’embauche",
        help_text="Jusqu’à l’échéance de votre contrat, même s’il se renouvelle ensuite.",
        declaration=(
            "je suis couvert(e) par une assurance individuelle frais de santé au moment de l’embauche ou de la mise "
            "en place de la couverture, jusqu’à l’échéance de ce contrat individuel"
        ),
        legal_basis="Code de la sécurité sociale, art. D911-2, 2°",
        opening=Opening.DROIT,
        end_rule=EndRule.COVERED_UNTIL,
        moment=Moment.HIRE_OR_SETUP,
        far_end=FarEnd(
            FIRST_TERM,
            ", plus d’un an après la demande\xa0: c’est la première échéance qui compte.",
            "Cass. soc. 13 janvier 2021, n° 19-19.219",
        ),
        extra_fields=("couverture_jusquau",),
        pieces=(CARTE,),
    ),
    MotifEntry(
        code=MotifCode.ACS_CMUC,
        family=MotifFamily.SOLIDAIRE,
        label="ACS ou CMU-C",
        declaration="je bénéficie de l’aide à l’acquisition d’une complémentaire santé ou de la CMU complémentaire",
        legal_basis="Code de la sécurité sociale, art. D911-2, 1° (rédaction antérieure au 1er novembre 2019)",
        opening=Opening.DROIT,
        end_rule=EndRule.COVERED_UNTIL,
        moment=Moment.ANY_TIME,
        in_force_until=date(2019, 10, 31),
        extra_fields=("couverture_jusquau",),
        pieces=(Piece("document_affiliation", "Document d’affiliation"),),
    ),
    MotifEntry(
        code=MotifCode.C2S,
        family=MotifFamily.SOLIDAIRE,
        label="Complémentaire santé solidaire",
        declaration="je bénéficie de la Complémentaire santé solidaire",
        legal_basis="Code de la sécurité sociale, art. D911-2, 1° et L861-3",
        opening=Opening.DROIT,
        end_rule=EndRule.COVERED_UNTIL,
        moment=Moment.OTHER_COVER,
        far_end=FarEnd(SOLIDARITY, "\xa0: un droit ouvert pour plus d’un an est rare."),
        in_force_from=date(2019, 11, 1),
        extra_fields=("couverture_jusquau",),
        pieces=(Piece("attestation_c2s", "Attestation de Complémentaire santé solidaire"),),
    ),
    MotifEntry(
        code=MotifCode.CDD_12_MOIS_ET_PLUS,
        family=MotifFamily.CDD,
        label="12 mois ou plus, couvert à titre individuel",
        declaration=(
            "je suis titulaire d’un contrat à durée déterminée ou d’apprentissage d’au moins douze mois et je suis "
            "couvert(e) par une assurance individuelle frais de santé"
        ),
        legal_basis="Code de la sécurité sociale, art. R242-1-6, 2° a",
        opening=Opening.ACTE,
        end_rule=EndRule.CONTRACT_END,
        moment=Moment.ANY_TIME,
        length=Length(
            LONG_CONTRACT, True, f"{LONG_CONTRACT} mois ou plus", f"Ce contrat dure moins de {LONG_CONTRACT}\xa0mois"
        ),
        acte_label="CDD ou apprenti, 12 mois ou plus, couvert à titre individuel",
        contract_types=FIXED_TERM,
        yearly_proof=True,
        extra_fields=("debut_contrat", "fin_contrat"),
        pieces=(Piece("carte_mutuelle", CARTE.label, CARTE.help_text, by_law=True),),
    ),
    MotifEntry(
        code=MotifCode.CDD_MOINS_12_MOIS,
        family=MotifFamily.CDD,
        label="Moins de 12 mois, même sans autre couverture",
        declaration="je suis titulaire d’un contrat à durée déterminée ou d’apprentissage de moins de douze mois",
        legal_basis="Code de la sécurité sociale, art. R242-1-6, 2° b",
        opening=Opening.ACTE,
        end_rule=EndRule.CONTRACT_END,
        moment=Moment.ANY_TIME,
        length=Length(
            LONG_CONTRACT, False, f"moins de {LONG_CONTRACT} mois", f"Ce contrat dure {LONG_CONTRACT}\xa0mois ou plus"
        ),
        acte_label="CDD ou apprenti, moins de 12 mois, même sans couverture",
        contract_types=FIXED_TERM,
        extra_fields=("debut_contrat", "fin_contrat"),
    ),
    MotifEntry(
        code=MotifCode.TEMPS_PARTIEL,
        family=MotifFamily.TEMPS_PARTIEL,
        label="Temps partiel ou apprenti, cotisation d’au moins 10 % du brut",
        help_text="Si la cotisation atteint 10 % de votre salaire brut.",
        declaration=(
            "je suis salarié(e) à temps partiel ou apprenti(e) et l’adhésion me conduirait à acquitter une cotisation "
            "au moins égale à 10 % de ma rémunération brute"
        ),
        legal_basis="Code de la sécurité sociale, art. R242-1-6, 2° c",
        opening=Opening.ACTE,
        end_rule=EndRule.OPEN,
        moment=Moment.ANY_TIME,
        part_time=True,
        acte_label="Temps partiel ou apprenti, cotisation d’au moins 10 % du brut",
        yearly_proof=True,
        extra_fields=("cotisation", "brut"),
        pieces=(Piece("bulletin_paie", "Bulletin de paie"),),
    ),
    MotifEntry(
        code=MotifCode.CONTRAT_COURT,
        family=MotifFamily.CONTRAT_COURT,
        label="CDD ou mission, couverture de moins de 3 mois (versement santé)",
        help_text="Vous êtes couvert par ailleurs par un contrat responsable.",
        declaration=(
            "la durée de la couverture collective dont je bénéficierais est inférieure à trois mois et je suis "
            "couvert(e) par ailleurs par un contrat responsable"
        ),
        legal_basis="Code de la sécurité sociale, art. L911-7, III",
        opening=Opening.DROIT,
        end_rule=EndRule.CONTRACT_END,
        moment=Moment.HIRE_OR_SETUP,
        length=Length(SHORT_COVER, False, "une couverture de moins de 3 mois"),
        contract_types=(ContractType.CDD.value, ContractType.MISSION.value),
        extra_fields=("debut_contrat", "fin_contrat"),
        pieces=(Piece("attestation_contrat_responsable", "Attestation de contrat responsable", by_law=True),),
    ),
    MotifEntry(
        code=MotifCode.PRESENT_AVANT_DUE,
        family=MotifFamily.PRESENT,
        label="Présent avant la mise en place par décision unilatérale (DUE)",
        declaration=(
            "j’étais présent(e) dans l’entreprise avant la mise en place de la couverture par décision unilatérale "
            "de l’employeur avec cotisation à la charge des salariés"
        ),
        legal_basis="Loi n° 89-1009 du 31 décembre 1989, art. 11",
        opening=Opening.DROIT,
        end_rule=EndRule.OPEN,
        moment=Moment.SETUP,
        due_only=True,
    ),
)


BY_CODE: dict[str, MotifEntry] = {entry.code.value: entry for entry in CATALOGUE}
OPENED_BY_ACTE: tuple[tuple[str, str], ...] = tuple(
    (entry.code.value, entry.acte_label) for entry in CATALOGUE if entry.opening is Opening.ACTE
)


def load() -> int:
    """Add the motifs of the catalogue of which the database has no edition. Returns how many were added.

    A motif that an administrator closed, or of which the editions were dated anew, stays as it is.
    """
    added = 0
    known = set(Motif.objects.values_list("code", flat=True))
    for position, entry in enumerate(CATALOGUE):
        if entry.code in known:
            continue
        motif, created = Motif.objects.get_or_create(
            code=entry.code.value,
            in_force_from=entry.in_force_from,
            defaults={
                "in_force_until": entry.in_force_until,
                "family": entry.family,
                "label": entry.label,
                "help_text": entry.help_text,
                "declaration": entry.declaration,
                "legal_basis": entry.legal_basis,
                "opening": entry.opening,
                "due_only": entry.due_only,
                "contract_types": list(entry.contract_types),
                "extra_fields": list(entry.extra_fields),
                "end_rule": entry.end_rule,
                "yearly_proof": entry.yearly_proof,
                "position": position,
            },
        )
        if created:
            added += 1
            RequiredJustificatif.objects.bulk_create(
                RequiredJustificatif(
                    motif=motif,
                    code=piece.code,
                    label=piece.label,
                    help_text=piece.help_text,
                    by_law=piece.by_law,
                    position=order,
                )
                for order, piece in enumerate(entry.pieces)
            )
    return added
