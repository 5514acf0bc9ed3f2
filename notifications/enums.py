from django.db import models


class EmailStatus(models.TextChoices):
    QUEUED = "queued", "À envoyer"
    SENDING = "sending", "Envoi en cours"
    RETRY = "retry", "À réessayer"
    SENT = "sent", "Envoyé"
    FAILED = "failed", "Échec définitif"


class CallStatus(models.TextChoices):
    """Where a webhook call stands: the states of a mail, said of an event."""

    QUEUED = "queued", "À envoyer"
    SENDING = "sending", "Envoi en cours"
    RETRY = "retry", "À réessayer"
    SENT = "sent", "Reçu"
    FAILED = "failed", "Abandonné"


class EmailKind(models.TextChoices):
    INVITATION = "invitation", "Invitation"
    INVITATION_REMINDER = "invitation_reminder", "Rappel d’invitation"
    ACTIVATION_CODE = "activation_code", "Code d’activation"
    ADDRESS_ALREADY_USED = "address_already_used", "Adresse déjà utilisée"
    ACCOUNT_OPENED = "account_opened", "Compte ouvert"
    PASSWORD_RESET = "password_reset", "Mot de passe oublié"
    PASSWORD_CHANGED = "password_changed", "Mot de passe modifié"
    SECOND_FACTOR_SET = "second_factor_set", "Second facteur posé"
    SECOND_FACTOR_RESET = "second_factor_reset", "Second facteur réinitialisé"
    RECOVERY_CODE_USED = "recovery_code_used", "Code de secours utilisé"
    NOT_ACTIVATED_YET = "not_activated_yet", "Compte pas encore activé"
    CORRESPONDENT_WELCOME = "correspondent_welcome", "Bienvenue au correspondant"
    STAFF_WELCOME = "staff_welcome", "Bienvenue au centre de gestion"
    EMPLOYEE_ACTIVATED = "employee_activated", "Compte activé (correspondant)"
    CORRESPONDENT_DIGEST = "correspondent_digest", "Récapitulatif du correspondant"
    NOT_ME = "not_me", "Ne fait pas partie de l’entreprise (correspondant)"
    NEW_LINK_REQUESTED = "new_link_requested", "Nouveau lien demandé (correspondant)"
    DECISION_TO_CORRESPONDENT = "decision_to_correspondent", "Décision (correspondant)"
    DISPENSE_RECEIVED = "dispense_received", "Accusé de réception"
    COMPLEMENT_REQUESTED = "complement_requested", "Complément demandé"
    COMPLEMENT_REMINDER = "complement_reminder", "Rappel de complément"
    COMPLEMENT_RECEIVED = "complement_received", "Complément reçu"
    JUSTIFICATIF_INFECTED = "justificatif_infected", "Document à remplacer"
    DISPENSE_ACCEPTED = "dispense_accepted", "Dispense acceptée"
    DISPENSE_REFUSED = "dispense_refused", "Dispense refusée"
    DISPENSE_WITHDRAWN = "dispense_withdrawn", "Demande annulée"
    PACK_READY = "pack_ready", "Dossier de preuves prêt (correspondant)"
    DISPENSE_REOPENED = "dispense_reopened", "Demande rouverte"
    DISPENSE_ENDED = "dispense_ended", "Dispense échue"
