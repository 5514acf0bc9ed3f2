"""The codes by which the motifs are known. Outside `law`, one is named by its MotifCode, never by a text."""

from enum import StrEnum


class MotifCode(StrEnum):
    CONJOINT = "conjoint"
    PARENT = "parent"
    MULTI_EMPLOYEUR = "multi_employeur"
    ALSACE_MOSELLE = "alsace_moselle"
    CAMIEG = "camieg"
    FONCTION_PUBLIQUE = "fonction_publique"
    MADELIN = "madelin"
    ACTE_F_COUVERTURE_COLLECTIVE = "acte_f_couverture_collective"
    INDIVIDUELLE = "individuelle"
    ACTE_E_INDIVIDUELLE = "acte_e_individuelle"
    ACS_CMUC = "acs_cmuc"
    C2S = "c2s"
    ACTE_D_C2S = "acte_d_c2s"
    CDD_12_MOIS_ET_PLUS = "cdd_12_mois_et_plus"
    CDD_MOINS_12_MOIS = "cdd_moins_12_mois"
    TEMPS_PARTIEL = "temps_partiel"
    CONTRAT_COURT = "contrat_court"
    PRESENT_AVANT_DUE = "present_avant_due"
    ACTE_1_PRESENT = "acte_1_present"
