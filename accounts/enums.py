from django.db import models


class ContractType(models.TextChoices):
    CDI = "cdi", "CDI"
    CDD = "cdd", "CDD"
    APPRENTI = "apprenti", "Apprentissage"
    MISSION = "mission", "Contrat de mission"


class ActeKind(models.TextChoices):
    ACCORD = "accord", "Accord collectif"
    REFERENDUM = "referendum", "Référendum"
    DUE = "due", "Décision unilatérale de l’employeur (DUE)"


class OptionalMotif(models.TextChoices):
    """Motifs that exist only where the acte opens them (Code de la sécurité sociale, R242-1-6, 2°)."""

    CDD_12_MOIS_ET_PLUS = "cdd_12_mois_et_plus", "CDD ou apprenti, 12 mois ou plus, couvert à titre individuel"
    CDD_MOINS_12_MOIS = "cdd_moins_12_mois", "CDD ou apprenti, moins de 12 mois, même sans couverture"
    TEMPS_PARTIEL = "temps_partiel", "Temps partiel ou apprenti, cotisation d’au moins 10 % du brut"


class RevocationReason(models.TextChoices):
    RESENT = "resent", "Remplacée par un nouveau lien"
    CORRESPONDENT = "correspondent", "Révoquée par le correspondant"
    NOT_ME = "not_me", "Signalée par le destinataire : ne fait pas partie de l’entreprise"
    DEACTIVATED = "deactivated", "Compte désactivé"


class Standing(models.IntegerChoices):
    """Where an employee stands, in the order in which one reminds them."""

    INVITED = 0, "Invité"
    ACTIVE = 1, "Compte activé, choix à faire"
    TO_COMPLETE = 2, "Dossier à compléter"
    IN_PROGRESS = 3, "Dispense en cours"
    DISPENSED = 4, "Dispensé"


class Digest(models.TextChoices):
    NEVER = "never", "Jamais"
    DAILY = "daily", "Chaque jour ouvré"
    WEEKLY = "weekly", "Chaque lundi"


class CompanyAct(models.TextChoices):
    """What a correspondent did for the company; kept for the others to see."""

    CORRECTED = "corrected", "Informations corrigées"
    RESENT = "resent", "Lien renvoyé"
    REVOKED = "revoked", "Lien révoqué"
    REMINDED = "reminded", "Relance de plusieurs salariés"
    COLLEAGUE_INVITED = "colleague_invited", "Correspondant invité"
    COLLEAGUE_WITHDRAWN = "colleague_withdrawn", "Correspondant retiré"


class ImportStatus(models.TextChoices):
    ANALYSING = "analysing", "Lecture en cours"
    REFUSED = "refused", "Fichier refusé"
    READY = "ready", "À vérifier"
    IMPORTING = "importing", "Import en cours"
    DONE = "done", "Terminé"
    GIVEN_UP = "given_up", "Abandonné"


class InvitationState(models.TextChoices):
    """What a link answers at a given instant."""

    LIVE = "live", "Valable"
    USED = "used", "Utilisée"
    REVOKED = "revoked", "Révoquée"
    EXPIRED = "expired", "Expirée"


class ApiScope(models.TextChoices):
    """What a token of the API may do."""

    READ = "employees:read", "Lire l’état des salariés"
    WRITE = "employees:write", "Pré-affilier et mettre à jour les salariés"
