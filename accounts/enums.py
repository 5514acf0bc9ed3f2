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


class StaffGroup(models.TextChoices):
    """Groups of the management centre, by the name of their rows."""

    GESTIONNAIRE = "Gestionnaire"
    RESPONSABLE = "Responsable"
    ADMINISTRATEUR = "Administrateur"


class Act(models.TextChoices):
    """What a line of the journal of administration says was done."""

    ADDED = "added", "Ajout"
    CHANGED = "changed", "Modification"
    DELETED = "deleted", "Suppression"


class TryKind(models.TextChoices):
    """What wrong passwords, and wrong codes of letters, are counted by."""

    PLACE = "place", "Ce compte, depuis cette adresse"
    ACCOUNT = "account", "Ce compte, toutes adresses confondues"
    ADDRESS = "address", "Cette adresse, tous comptes confondus"
    DEVICE = "device", "Ce compte, depuis un appareil connu"
    CURRENT = "current", "Mot de passe actuel, une fois connecté"
    LETTER = "letter", "Code d’une lettre, depuis cette adresse"


class RevocationReason(models.TextChoices):
    RESENT = "resent", "Remplacée par un nouveau lien"
    CORRESPONDENT = "correspondent", "Révoquée par le correspondant"
    NOT_ME = "not_me", "Signalée par le destinataire : ne fait pas partie de l’entreprise"
    DEACTIVATED = "deactivated", "Compte désactivé"
    LEFT = "left", "Salarié parti"


class Digest(models.TextChoices):
    NEVER = "never", "Jamais"
    DAILY = "daily", "Chaque jour ouvré"
    WEEKLY = "weekly", "Chaque lundi"


class AppointmentState(models.TextChoices):
    WAITING = "waiting", "À confirmer"
    CONFIRMED = "confirmed", "Nomination confirmée"
    REFUSED = "refused", "Nomination refusée"


class CompanyAct(models.TextChoices):
    """What was done for the company, mostly by a correspondent; kept for them all to see."""

    CORRECTED = "corrected", "Informations corrigées"
    DEPARTED = "departed", "Départ déclaré"
    DEPARTURE_CANCELLED = "departure_cancelled", "Départ annulé"
    AFFILIATED = "affiliated", "Affiliation déclarée"
    AFFILIATION_CANCELLED = "unaffiliated", "Affiliation retirée"
    REHIRED = "rehired", "Nouvelle embauche"
    TRANSFERRED = "transferred", "Contrat transféré"
    RESENT = "resent", "Lien renvoyé"
    LETTER = "letter", "Lettre imprimée"
    REVOKED = "revoked", "Lien révoqué"
    CHASED = "chased", "Relance envoyée"
    REMINDED = "reminded", "Relance de plusieurs salariés"
    REMINDER_PLANNED = "reminder_planned", "Relance prévue"
    REMINDER_CANCELLED = "reminder_cancelled", "Relance annulée"
    COLLEAGUE_INVITED = "colleague_invited", "Correspondant invité"
    APPOINTED = "appointed", "Correspondant nommé"
    APPOINTMENT_ASKED = "appointment_asked", "Correspondant proposé"
    APPOINTMENT_REFUSED = "appointment_refused", "Correspondant proposé puis refusé"
    COLLEAGUE_RESENT = "colleague_resent", "Invitation de correspondant renvoyée"
    COLLEAGUE_CANCELLED = "colleague_cancelled", "Invitation de correspondant annulée"
    COLLEAGUE_EXPIRED = "colleague_expired", "Invitation de correspondant expirée"
    COLLEAGUE_JOINED = "colleague_joined", "Invitation de correspondant acceptée"
    COLLEAGUE_WITHDRAWN = "colleague_withdrawn", "Correspondant retiré"
    TOKEN_MADE = "token_made", "Jeton d’API créé"
    TOKEN_TAKEN_OVER = "token_taken_over", "Jeton d’API repris"
    TOKEN_STOPPED = "token_stopped", "Jeton d’API arrêté"
    TOKEN_REVOKED = "token_revoked", "Jeton d’API révoqué"
    WEBHOOK_ADDED = "webhook_added", "Webhook ajouté"
    WEBHOOK_SECRET = "webhook_secret", "Secret de webhook changé"
    WEBHOOK_PAUSED = "webhook_paused", "Webhook suspendu"
    WEBHOOK_RESUMED = "webhook_resumed", "Webhook repris"
    WEBHOOK_REMOVED = "webhook_removed", "Webhook supprimé"
    GUIDE_CHANGED = "guide_changed", "Adresse du guide changée"
    PAYROLL_ADDED = "payroll_added", "Profil de paie ajouté"
    PAYROLL_CHANGED = "payroll_changed", "Profil de paie modifié"
    PAYROLL_REMOVED = "payroll_removed", "Profil de paie supprimé"


class ImportStatus(models.TextChoices):
    ANALYSING = "analysing", "Lecture en cours"
    ASKING = "asking", "Une question"
    REFUSED = "refused", "Fichier refusé"
    READY = "ready", "À vérifier"
    IMPORTING = "importing", "Import en cours"
    DONE = "done", "Terminé"
    FAILED = "failed", "Interrompu"
    GIVEN_UP = "given_up", "Abandonné"


class InvitationState(models.TextChoices):
    """What a link answers at a given instant."""

    LIVE = "live", "Valable"
    USED = "used", "Utilisée"
    REVOKED = "revoked", "Révoquée"
    EXPIRED = "expired", "Expirée"


class TokenState(models.TextChoices):
    """What a token of the API opens at a given instant: a live one alone opens something."""

    LIVE = "live", "Valable"
    STOPPED = "stopped", "Arrêté"  # its holder acts for the employer no more; a correspondent may take it over
    REVOKED = "revoked", "Révoqué"
    EXPIRED = "expired", "Expiré"


class ApiScope(models.TextChoices):
    """What a token of the API may do."""

    READ = "employees:read", "Lire l’état des salariés"
    WRITE = "employees:write", "Pré-affilier et mettre à jour les salariés"
