"""The words of the law on which each motif rests, as they stand in docs/law: quoted on pages, never paraphrased."""

from dispenses.law.codes import MotifCode

ANOTHER_JOB = (
    "Les salariés qui bénéficient, pour les mêmes risques, y compris en tant qu'ayants droit, de prestations servies "
    "au titre d'un autre emploi en tant que bénéficiaire de l'un ou l'autre des dispositifs suivants"
)
CUT = "[…]"
"""Stands between two passages that the article does not hold side by side."""

QUOTATIONS: dict[MotifCode, str] = {
    **dict.fromkeys(
        (MotifCode.CONJOINT, MotifCode.PARENT, MotifCode.MULTI_EMPLOYEUR),
        f"{ANOTHER_JOB} {CUT} Dispositif de garanties remplissant les conditions mentionnées au 4° du II de l'article "
        "L. 242-1",
    ),
    MotifCode.ALSACE_MOSELLE: (
        f"{ANOTHER_JOB} {CUT} Régime local d'assurance maladie du Haut-Rhin, du Bas-Rhin et de la Moselle"
    ),
    MotifCode.CAMIEG: (
        f"{ANOTHER_JOB} {CUT} Régime complémentaire d'assurance maladie des industries électriques et gazières"
    ),
    MotifCode.FONCTION_PUBLIQUE: (
        f"{ANOTHER_JOB} {CUT} participation de l'Etat et de ses établissements publics au financement de la protection "
        f"sociale complémentaire de leurs personnels {CUT} participation des collectivités territoriales et de leurs "
        "établissements publics au financement de la protection sociale complémentaire de leurs agents"
    ),
    MotifCode.MADELIN: (
        f"{ANOTHER_JOB} {CUT} Contrats d'assurance de groupe issus de la loi n° 94-126 du 11 février 1994 relative à "
        "l'initiative et à l'entreprise individuelle"
    ),
    MotifCode.ACTE_F_COUVERTURE_COLLECTIVE: (
        "Des salariés qui bénéficient par ailleurs, y compris en tant qu'ayants droit, d'une couverture collective "
        "relevant d'un dispositif de prévoyance complémentaire conforme à un de ceux fixés par arrêté du ministre "
        "chargé de la sécurité sociale, à condition de le justifier chaque année."
    ),
    MotifCode.INDIVIDUELLE: (
        "Les salariés couverts par une assurance individuelle de frais de santé au moment de la mise en place des "
        "garanties ou de l'embauche si elle est postérieure. La dispense ne peut jouer que jusqu'à échéance du contrat "
        "individuel"
    ),
    MotifCode.ACTE_E_INDIVIDUELLE: (
        "Des salariés couverts par une assurance individuelle de frais de santé au moment de la mise en place des "
        "garanties ou de l'embauche si elle est postérieure. La dispense ne peut alors jouer que jusqu'à échéance du "
        "contrat individuel"
    ),
    MotifCode.C2S: (
        "Les salariés bénéficiaires d'une couverture complémentaire en application de l'article L. 861-3 . La dispense "
        "ne peut jouer que jusqu'à la date à laquelle les salariés cessent de bénéficier de cette couverture"
    ),
    MotifCode.ACTE_D_C2S: (
        "Des salariés bénéficiaires d'une couverture complémentaire en application de l'article L. 861-3 . La dispense "
        "ne peut alors jouer que jusqu'à la date à laquelle les salariés cessent de bénéficier de cette couverture"
    ),
    MotifCode.CDD_12_MOIS_ET_PLUS: (
        "Des salariés et apprentis bénéficiaires d'un contrat à durée déterminée ou d'un contrat de mission d'une "
        "durée au moins égale à douze mois à condition de justifier par écrit en produisant tous documents d'une "
        "couverture individuelle souscrite par ailleurs pour le même type de garanties"
    ),
    MotifCode.CDD_MOINS_12_MOIS: (
        "Des salariés et apprentis bénéficiaires d'un contrat à durée déterminée ou d'un contrat de mission d'une "
        "durée inférieure à douze mois, même s'ils ne bénéficient pas d'une couverture individuelle souscrite par "
        "ailleurs"
    ),
    MotifCode.TEMPS_PARTIEL: (
        "Des salariés à temps partiel et apprentis dont l'adhésion au système de garanties les conduirait à "
        "s'acquitter d'une cotisation au moins égale à 10 % de leur rémunération brute"
    ),
    MotifCode.CONTRAT_COURT: (
        "Les salariés en contrat à durée déterminée ou en contrat de mission peuvent se dispenser, à leur initiative, "
        "de l'obligation d'affiliation si la durée de la couverture collective à adhésion obligatoire dont ils "
        f"bénéficient {CUT} est inférieure à un seuil fixé par décret et s'ils justifient bénéficier d'une couverture "
        "respectant les conditions fixées à l'article L. 871-1."
    ),
    MotifCode.PRESENT_AVANT_DUE: (
        "dispositions de l' article 11 de la loi n° 89-1009 du 31 décembre 1989 faisant obstacle à ce que les salariés "
        "employés par l'entreprise lors de la mise en place par voie de décision unilatérale de l'employeur d'un "
        f"système de garanties collectif {CUT} soient contraints de cotiser contre leur gré à ce système."
    ),
    MotifCode.ACTE_1_PRESENT: (
        "Lorsque les garanties ont été mises en place par une décision unilatérale et que le dispositif prévoit que "
        "les salariés embauchés avant la mise en place des garanties peuvent en être dispensés"
    ),
}
"""By code; no entry for a motif whose text is no longer in force."""

QUOTED_FROM: dict[MotifCode, str] = {
    MotifCode.PRESENT_AVANT_DUE: "cité par le Code de la sécurité sociale, art. R242-1-6",
}
"""Where the words stand when it is not the motif's own basis."""
