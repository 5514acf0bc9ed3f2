"""« Puis-je être dispensé ? »: which motifs a cover, a contract and a moment lead to."""

from dispenses.law.codes import MotifCode

# value, words, motifs that it leads to
COVERS: tuple[tuple[str, str, tuple[MotifCode, ...]], ...] = (
    (
        "conjoint",
        "Par le contrat collectif de mon conjoint ou de ma conjointe",
        (MotifCode.CONJOINT, MotifCode.ACTE_F_COUVERTURE_COLLECTIVE),
    ),
    (
        "parent",
        "Par le contrat collectif de l’un de mes parents",
        (MotifCode.PARENT, MotifCode.ACTE_F_COUVERTURE_COLLECTIVE),
    ),
    ("employeur", "Par le contrat d’un autre de mes employeurs", (MotifCode.MULTI_EMPLOYEUR,)),
    ("public", "Par un employeur public (État, collectivité)", (MotifCode.FONCTION_PUBLIQUE,)),
    ("alsace", "Par le régime local d’Alsace-Moselle", (MotifCode.ALSACE_MOSELLE,)),
    ("camieg", "Par la CAMIEG (industries électriques et gazières)", (MotifCode.CAMIEG,)),
    ("madelin", "Par un contrat Madelin de travailleur indépendant", (MotifCode.MADELIN,)),
    ("individuelle", "Par une mutuelle que je paie moi-même", (MotifCode.INDIVIDUELLE, MotifCode.ACTE_E_INDIVIDUELLE)),
    ("c2s", "Par la Complémentaire santé solidaire", (MotifCode.C2S, MotifCode.ACTE_D_C2S)),
    ("non", "Par rien de tout cela", ()),
)
NO_COVER = "non"
CONTRACTS: tuple[tuple[str, str, tuple[MotifCode, ...]], ...] = (
    ("cdi", "CDI à temps plein", ()),
    ("partiel", "Temps partiel", (MotifCode.TEMPS_PARTIEL,)),
    (
        "apprenti",
        "Apprentissage",
        (MotifCode.TEMPS_PARTIEL, MotifCode.CDD_MOINS_12_MOIS, MotifCode.CDD_12_MOIS_ET_PLUS),
    ),
    ("long", "CDD de 12 mois ou plus", (MotifCode.CDD_12_MOIS_ET_PLUS,)),
    ("court", "CDD de moins de 12 mois", (MotifCode.CDD_MOINS_12_MOIS,)),
    ("tres_court", "CDD ou mission de moins de 3 mois", (MotifCode.CONTRAT_COURT, MotifCode.CDD_MOINS_12_MOIS)),
)
# Motifs that also want a cover of one's own, and the covers that do (R242-1-6, 2° a).
NEED_COVER: dict[MotifCode, set[str]] = {MotifCode.CDD_12_MOIS_ET_PLUS: {"individuelle"}}
PRESENT = {MotifCode.PRESENT_AVANT_DUE, MotifCode.ACTE_1_PRESENT}


def codes(*, cover: str, contract: str, present: bool) -> set[str]:
    """Codes of the motifs that these answers lead to; `present`: there before the employer decided alone."""
    found = {code for value, _, listed in COVERS if value == cover for code in listed}
    for value, _, listed in CONTRACTS:
        if value == contract:
            found |= {code for code in listed if cover in NEED_COVER.get(code, {cover})}
    if cover == NO_COVER:
        found.discard(MotifCode.CONTRAT_COURT)  # L911-7, III: only for who is covered elsewhere
    return {code.value for code in found | (PRESENT if present else set())}
