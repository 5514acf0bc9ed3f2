"""The motifs as first loaded; afterwards the database is the truth.

Law: Code de la sécurité sociale, articles D911-2 to D911-6, R242-1-6, L911-7, L861-3; loi n° 89-1009, article 11.
"""

from datetime import date

from accounts.enums import ContractType
from dispenses.enums import EndRule, MotifFamily, Opening, Yearly
from dispenses.law.cases import FarEnd, Length, Moment, MotifEntry, Piece, Refusal
from dispenses.law.codes import MotifCode
from dispenses.law.numbers import FIRST_TERM, LONG_CONTRACT, SHORT_COVER, SOLIDARITY_MONTHS, share_in_words
from dispenses.law.questions import (
    BY_A_JOB,
    COLLECTIVE,
    COLLECTIVE_COVERS,
    CONTRACT,
    CONTRACT_KIND,
    COVERED_BY,
    COVERED_SINCE,
    COVERING_JOB,
    INDIVIDUAL,
    NO,
    PRESENT,
    PUBLIC,
    REACHES_SHARE,
    SHARE,
    SOLIDARITY,
    THIS_JOB,
    Cover,
)
from dispenses.models import Motif, RequiredJustificatif

FIXED_TERM = (ContractType.CDD.value, ContractType.MISSION.value, ContractType.APPRENTI.value)


OTHER_JOB = "au titre d’un autre emploi"
"""D911-2, 3°: what the whole first family rests on. It comes from another job, one's own or that of who covers."""

FREE_CHOICE = "Loi n° 89-1009 du 31 décembre 1989, art. 11"
D911_2_3 = "Code de la sécurité sociale, art. D911-2, 3°"
BY_THIS_JOB = (
    "Cette couverture vient de l’emploi pour lequel la dispense est demandée\xa0: la loi n’ouvre la dispense que par "
    "un autre emploi, le vôtre ou celui d’un proche."
)
INDIVIDUAL_CONTRACT = (
    "Ce motif demande un contrat collectif et obligatoire. Un contrat individuel n’ouvre pas cette dispense\xa0: voyez "
    "l’assurance individuelle."
)
NO_HEALTH_PAYMENT = (
    "Le versement santé de l’employeur, auquel ce motif donne droit, ne se cumule pas avec cette couverture"
)
HEALTH_PAYMENT = "Code de la sécurité sociale, art. L911-7-1, II"
NOT_BY_THIS_JOB = Refusal(COVERING_JOB, THIS_JOB, BY_THIS_JOB, f"{D911_2_3}, et L911-7, IV")
SHARE_TOO_SMALL = Refusal(
    REACHES_SHARE,
    NO,
    f"La cotisation n’atteint pas {share_in_words()} du salaire brut.",
    "Code de la sécurité sociale, art. R242-1-6, 2° c",
)
CAME_LATER = "Il faut avoir été dans l’entreprise avant que la complémentaire santé y soit mise en place."
NOT_INDIVIDUAL = Refusal(CONTRACT_KIND, INDIVIDUAL, INDIVIDUAL_CONTRACT, f"{D911_2_3} a", MotifCode.INDIVIDUELLE)

CARTE = Piece(
    "carte_mutuelle",
    "Copie de votre carte mutuelle",
    "La carte de tiers payant en cours de validité, recto et verso.",
)
TERM = Piece(
    "carte_mutuelle",
    "Copie de votre carte mutuelle",
    "La carte ou l’échéancier qui porte la date d’échéance du contrat.",
)

CATALOGUE: tuple[MotifEntry, ...] = (
    MotifEntry(
        code=MotifCode.CONJOINT,
        family=MotifFamily.COUVERT,
        label="Employeur conjoint",
        help_text="Vous êtes couvert comme ayant droit par la mutuelle obligatoire de votre conjoint.",
        declaration=(
            f"je bénéficie, {OTHER_JOB} et en qualité d’ayant droit, de la couverture collective et obligatoire de "
            "l’employeur de mon conjoint, de ma conjointe ou de mon partenaire"
        ),
        legal_basis="Code de la sécurité sociale, art. D911-2, 3° a",
        opening=Opening.DROIT,
        end_rule=EndRule.OPEN,
        moment=Moment.OTHER_COVER,
        covers=(Cover.SPOUSE,),
        yearly=Yearly.PRUDENCE,
        refusals=(NOT_INDIVIDUAL,),
        extra_fields=(CONTRACT_KIND, "assureur", "titulaire", COVERED_SINCE),
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
        code=MotifCode.PARENT,
        family=MotifFamily.COUVERT,
        label="Employeur d’un parent",
        help_text="Vous êtes couvert comme ayant droit par la mutuelle obligatoire de votre père ou de votre mère.",
        declaration=(
            f"je bénéficie, {OTHER_JOB} et en qualité d’ayant droit, de la couverture collective et obligatoire de "
            "l’employeur d’un de mes parents"
        ),
        legal_basis="Code de la sécurité sociale, art. D911-2, 3° a",
        opening=Opening.DROIT,
        end_rule=EndRule.OPEN,
        moment=Moment.OTHER_COVER,
        covers=(Cover.PARENT,),
        yearly=Yearly.PRUDENCE,
        refusals=(NOT_INDIVIDUAL,),
        extra_fields=(CONTRACT_KIND, "assureur", "titulaire", COVERED_SINCE),
        pieces=(
            Piece(
                "attestation_parent",
                "Attestation de la mutuelle obligatoire de votre parent",
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
        declaration=(
            f"je bénéficie, {OTHER_JOB}, de la couverture collective et obligatoire d’un autre de mes employeurs"
        ),
        legal_basis="Code de la sécurité sociale, art. D911-2, 3° a",
        opening=Opening.DROIT,
        end_rule=EndRule.OPEN,
        moment=Moment.OTHER_COVER,
        covers=(Cover.OTHER_EMPLOYER,),
        yearly=Yearly.PRUDENCE,
        extra_fields=("autre_employeur", "assureur", COVERED_SINCE),
        pieces=(Piece("attestation_employeur", "Attestation de votre autre employeur"),),
    ),
    MotifEntry(
        code=MotifCode.ALSACE_MOSELLE,
        family=MotifFamily.COUVERT,
        label="Régime local Alsace-Moselle (Bas-Rhin, Haut-Rhin, Moselle)",
        help_text="Par un autre emploi, le vôtre ou celui d’un proche\xa0: pas par celui-ci.",
        declaration=(
            f"je bénéficie, {OTHER_JOB}, y compris en tant qu’ayant droit, du régime local d’assurance maladie "
            "d’Alsace-Moselle"
        ),
        legal_basis="Code de la sécurité sociale, art. D911-2, 3° d",
        opening=Opening.DROIT,
        end_rule=EndRule.OPEN,
        moment=Moment.OTHER_COVER,
        covers=(Cover.ALSACE_MOSELLE,),
        yearly=Yearly.PRUDENCE,
        refusals=(NOT_BY_THIS_JOB,),
        extra_fields=(COVERING_JOB, COVERED_SINCE),
        pieces=(Piece("attestation_regime_local", "Attestation du régime local"),),
    ),
    MotifEntry(
        code=MotifCode.CAMIEG,
        family=MotifFamily.COUVERT,
        label="CAMIEG (industries électriques et gazières)",
        help_text="Par un autre emploi, le vôtre ou celui d’un proche\xa0: pas par celui-ci.",
        declaration=(
            f"je bénéficie, {OTHER_JOB}, y compris en tant qu’ayant droit, du régime complémentaire des industries "
            "électriques et gazières (CAMIEG)"
        ),
        legal_basis="Code de la sécurité sociale, art. D911-2, 3° e",
        opening=Opening.DROIT,
        end_rule=EndRule.OPEN,
        moment=Moment.OTHER_COVER,
        covers=(Cover.CAMIEG,),
        yearly=Yearly.PRUDENCE,
        refusals=(NOT_BY_THIS_JOB,),
        extra_fields=(COVERING_JOB, COVERED_SINCE),
        pieces=(Piece("attestation_camieg", "Attestation CAMIEG"),),
    ),
    MotifEntry(
        code=MotifCode.FONCTION_PUBLIQUE,
        family=MotifFamily.COUVERT,
        label="Mutuelle des agents de l’État ou des collectivités",
        help_text="Par votre autre emploi d’agent public, ou par celui d’un proche.",
        declaration=(
            f"je bénéficie, {OTHER_JOB}, y compris en tant qu’ayant droit, d’une couverture au titre de la "
            "participation d’un employeur public à la protection sociale complémentaire de ses agents"
        ),
        legal_basis="Code de la sécurité sociale, art. D911-2, 3° b",
        opening=Opening.DROIT,
        end_rule=EndRule.OPEN,
        moment=Moment.OTHER_COVER,
        covers=(Cover.PUBLIC,),
        yearly=Yearly.PRUDENCE,
        refusals=(NOT_BY_THIS_JOB,),
        extra_fields=(COVERING_JOB, "employeur_public", "assureur", COVERED_SINCE),
        pieces=(Piece("attestation_administration", "Attestation de l’administration ou de l’assureur"),),
        to_confirm=(
            "Base légale à confirmer pour un agent de l’État\xa0: le décret n° 2022-633 n’est pas nommé par "
            "l’article D911-2, 3° b."
        ),
    ),
    MotifEntry(
        code=MotifCode.MADELIN,
        family=MotifFamily.COUVERT,
        label="Contrat groupe Madelin",
        help_text="Par votre activité indépendante, ou par celle d’un proche.",
        declaration=(
            f"je bénéficie, {OTHER_JOB}, y compris en tant qu’ayant droit, d’un contrat d’assurance de groupe dit "
            "« Madelin »"
        ),
        legal_basis="Code de la sécurité sociale, art. D911-2, 3° c",
        opening=Opening.DROIT,
        end_rule=EndRule.OPEN,
        moment=Moment.OTHER_COVER,
        covers=(Cover.MADELIN,),
        yearly=Yearly.PRUDENCE,
        refusals=(NOT_BY_THIS_JOB,),
        extra_fields=(COVERING_JOB, "assureur", COVERED_SINCE),
        pieces=(Piece("attestation_madelin", "Attestation Madelin"),),
    ),
    MotifEntry(
        code=MotifCode.ACTE_F_COUVERTURE_COLLECTIVE,
        family=MotifFamily.COUVERT,
        label="Autre couverture collective, à tout moment",
        help_text="L’acte de votre entreprise l’ouvre sans délai, à condition de le justifier chaque année.",
        declaration=(
            "je bénéficie par ailleurs, y compris en tant qu’ayant droit, d’une couverture collective relevant d’un "
            "dispositif de prévoyance complémentaire, que je justifie chaque année"
        ),
        legal_basis="Code de la sécurité sociale, art. R242-1-6, 2° f",
        opening=Opening.ACTE,
        end_rule=EndRule.OPEN,
        moment=Moment.ANY_TIME,
        covers=(*COLLECTIVE_COVERS, *BY_A_JOB),
        acte_label="Autre couverture collective, à tout moment, justifiée chaque année",
        yearly=Yearly.LAW,
        refusals=(
            Refusal(
                CONTRACT_KIND,
                INDIVIDUAL,
                INDIVIDUAL_CONTRACT,
                "Code de la sécurité sociale, art. R242-1-6, 2° f",
                MotifCode.ACTE_E_INDIVIDUELLE,
            ),
            Refusal(
                COVERING_JOB,
                THIS_JOB,
                "Cette couverture vient de l’emploi pour lequel la dispense est demandée, et non d’«\xa0ailleurs\xa0».",
                "Code de la sécurité sociale, art. R242-1-6, 2° f",
            ),
        ),
        unless=(MotifCode.CONJOINT, MotifCode.PARENT, MotifCode.MULTI_EMPLOYEUR),
        extra_fields=(CONTRACT_KIND, "assureur", "titulaire", COVERED_SINCE),
        pieces=(
            Piece(
                "attestation_collective",
                "Attestation de la couverture collective",
                "Elle vous cite comme bénéficiaire. La loi demande de la renouveler chaque année.",
                by_law=True,
            ),
        ),
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
        covers=(Cover.INDIVIDUAL,),
        individual=True,
        far_end=FarEnd(
            FIRST_TERM,
            ", à plus d’un an du début\xa0: c’est la première échéance qui compte.",
            "Cass. soc. 13 janvier 2021, n° 19-19.219",
        ),
        extra_fields=("assureur", COVERED_SINCE, "couverture_jusquau"),
        pieces=(TERM,),
    ),
    MotifEntry(
        code=MotifCode.ACTE_E_INDIVIDUELLE,
        family=MotifFamily.INDIVIDUELLE,
        label="Assurance individuelle, ouverte par l’acte de l’entreprise",
        help_text="Jusqu’à l’échéance de votre contrat, même s’il se renouvelle ensuite.",
        declaration=(
            "j’étais couvert(e) par une assurance individuelle frais de santé au moment de l’embauche ou de la mise en "
            "place de la couverture, jusqu’à l’échéance de ce contrat individuel"
        ),
        legal_basis="Code de la sécurité sociale, art. R242-1-6, 2° e",
        opening=Opening.ACTE,
        end_rule=EndRule.COVERED_UNTIL,
        moment=Moment.ANY_TIME,
        covers=(Cover.INDIVIDUAL,),
        individual=True,
        acte_label="Assurance individuelle à l’embauche ou à la mise en place",
        unless=(MotifCode.INDIVIDUELLE,),
        far_end=FarEnd(
            FIRST_TERM,
            ", à plus d’un an du début\xa0: c’est la première échéance qui compte.",
            "Cass. soc. 13 janvier 2021, n° 19-19.219",
        ),
        extra_fields=("assureur", COVERED_SINCE, "couverture_jusquau"),
        pieces=(TERM,),
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
        covers=(Cover.SOLIDARITY,),
        far_end=FarEnd(SOLIDARITY_MONTHS, "\xa0: un droit ouvert pour plus d’un an est rare."),
        in_force_from=date(2019, 11, 1),
        extra_fields=(COVERED_SINCE, "couverture_jusquau"),
        pieces=(Piece("attestation_c2s", "Attestation de Complémentaire santé solidaire"),),
    ),
    MotifEntry(
        code=MotifCode.ACTE_D_C2S,
        family=MotifFamily.SOLIDAIRE,
        label="Complémentaire santé solidaire, à tout moment",
        help_text="L’acte de votre entreprise l’ouvre sans délai.",
        declaration="je bénéficie de la Complémentaire santé solidaire",
        legal_basis="Code de la sécurité sociale, art. R242-1-6, 2° d",
        opening=Opening.ACTE,
        end_rule=EndRule.COVERED_UNTIL,
        moment=Moment.ANY_TIME,
        covers=(Cover.SOLIDARITY,),
        acte_label="Complémentaire santé solidaire, à tout moment",
        unless=(MotifCode.C2S,),
        far_end=FarEnd(SOLIDARITY_MONTHS, "\xa0: un droit ouvert pour plus d’un an est rare."),
        extra_fields=(COVERED_SINCE, "couverture_jusquau"),
        pieces=(Piece("attestation_c2s", "Attestation de Complémentaire santé solidaire"),),
    ),
    MotifEntry(
        code=MotifCode.CDD_12_MOIS_ET_PLUS,
        family=MotifFamily.CDD,
        label="12 mois ou plus, couvert à titre individuel",
        declaration=(
            "je suis titulaire d’un contrat à durée déterminée, de mission ou d’apprentissage d’au moins douze mois et "
            "je suis couvert(e) par une assurance individuelle frais de santé"
        ),
        legal_basis="Code de la sécurité sociale, art. R242-1-6, 2° a",
        opening=Opening.ACTE,
        end_rule=EndRule.CONTRACT_END,
        moment=Moment.ANY_TIME,
        covers=(Cover.INDIVIDUAL,),
        length=Length(
            *(LONG_CONTRACT, True, f"{LONG_CONTRACT} mois ou plus"),
            lasts_otherwise=f"Ce contrat dure moins de {LONG_CONTRACT}\xa0mois",
            instead=MotifCode.CDD_MOINS_12_MOIS,
        ),
        acte_label="CDD, mission ou apprenti, 12 mois ou plus, couvert à titre individuel",
        contract_types=FIXED_TERM,
        yearly=Yearly.PRUDENCE,
        extra_fields=("assureur", COVERED_SINCE, *CONTRACT),
        pieces=(Piece("carte_mutuelle", CARTE.label, CARTE.help_text, by_law=True),),
    ),
    MotifEntry(
        code=MotifCode.CDD_MOINS_12_MOIS,
        family=MotifFamily.CDD,
        label="Moins de 12 mois, même sans autre couverture",
        declaration=(
            "je suis titulaire d’un contrat à durée déterminée, de mission ou d’apprentissage de moins de douze mois"
        ),
        legal_basis="Code de la sécurité sociale, art. R242-1-6, 2° b",
        opening=Opening.ACTE,
        end_rule=EndRule.CONTRACT_END,
        moment=Moment.ANY_TIME,
        length=Length(
            *(LONG_CONTRACT, False, f"moins de {LONG_CONTRACT} mois"),
            lasts_otherwise=f"Ce contrat dure {LONG_CONTRACT}\xa0mois ou plus",
            instead=MotifCode.CDD_12_MOIS_ET_PLUS,
        ),
        acte_label="CDD, mission ou apprenti, moins de 12 mois, même sans couverture",
        contract_types=FIXED_TERM,
        extra_fields=CONTRACT,
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
        refusals=(SHARE_TOO_SMALL,),
        acte_label="Temps partiel ou apprenti, cotisation d’au moins 10 % du brut",
        yearly=Yearly.PRUDENCE,
        extra_fields=SHARE,
        to_confirm="Les textes ne disent pas si les 10\xa0% comptent aussi la cotisation de prévoyance.",
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
        covers=(*COLLECTIVE_COVERS, Cover.INDIVIDUAL, Cover.SOLIDARITY, Cover.PUBLIC, Cover.MADELIN),
        length=Length(SHORT_COVER, False, "une couverture de moins de 3 mois"),
        contract_types=(ContractType.CDD.value, ContractType.MISSION.value),
        refusals=(
            Refusal(
                COVERED_BY,
                SOLIDARITY,
                f"{NO_HEALTH_PAYMENT}\xa0: invoquez plutôt la Complémentaire santé solidaire.",
                f"{HEALTH_PAYMENT} (L861-3), et D911-2, 1°",
                MotifCode.C2S,
            ),
            Refusal(
                COVERED_BY,
                COLLECTIVE,
                f"{NO_HEALTH_PAYMENT}\xa0: invoquez plutôt le contrat collectif qui vous couvre.",
                HEALTH_PAYMENT,
                MotifCode.CONJOINT,
            ),
            Refusal(COVERED_BY, PUBLIC, f"{NO_HEALTH_PAYMENT}.", HEALTH_PAYMENT),
        ),
        extra_fields=(COVERED_BY, "assureur", COVERED_SINCE, *CONTRACT),
        to_confirm="Les textes ne disent pas de quel jour un contrat court renouvelé perd ce motif.",
        health_payment=True,
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
        legal_basis=FREE_CHOICE,
        opening=Opening.DROIT,
        end_rule=EndRule.OPEN,
        moment=Moment.SETUP,
        due_only=True,
        refusals=(Refusal(PRESENT, NO, CAME_LATER, FREE_CHOICE),),
    ),
    MotifEntry(
        code=MotifCode.ACTE_1_PRESENT,
        family=MotifFamily.PRESENT,
        label="Présent avant la mise en place, comme l’acte de l’entreprise le prévoit",
        declaration=(
            "j’étais présent(e) dans l’entreprise avant la mise en place de la couverture par décision unilatérale de "
            "l’employeur, qui prévoit cette dispense"
        ),
        legal_basis="Code de la sécurité sociale, art. R242-1-6, 1°",
        opening=Opening.ACTE,
        end_rule=EndRule.OPEN,
        moment=Moment.ANY_TIME,
        before_set_up=True,
        refusals=(Refusal(PRESENT, NO, CAME_LATER, "Code de la sécurité sociale, art. R242-1-6, 1°"),),
        acte_label="Présent avant la mise en place par décision unilatérale",
        unless=(MotifCode.PRESENT_AVANT_DUE,),
    ),
)


BY_CODE: dict[str, MotifEntry] = {entry.code.value: entry for entry in CATALOGUE}
OPENED_BY_ACTE: tuple[MotifEntry, ...] = tuple(entry for entry in CATALOGUE if entry.opening is Opening.ACTE)


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
                "yearly": entry.yearly,
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
