"""Every address of the portal × every kind of person, from the URLconf: an address without a line here fails.

Outcomes: a status code, « conn » for a redirect to the sign-in page, « 302 » for a redirect elsewhere.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts import tokens
from accounts.imports import runs
from accounts.models import (
    ApiToken,
    Appointment,
    ColleagueInvitation,
    Correspondent,
    Employee,
    Employer,
    ImportRun,
    Invitation,
    JournalEntry,
    ReminderRun,
    StaffAccount,
    TryCount,
    User,
)
from accounts.services import GESTIONNAIRE, digest_token
from dispenses.life import confirming
from dispenses.models import (
    Dispense,
    EvidencePack,
    Forgetting,
    LeavingFile,
    LegalHold,
    ListExport,
    Motif,
    PayrollFile,
    PayrollProfile,
    Question,
    StandardPhrase,
    Tombstone,
    Transfer,
)
from dispenses.request import phrases
from notifications.models import EmailText, OutgoingCall, OutgoingEmail, WebhookEndpoint
from portal import readiness
from tests.accounts.company_files import as_csv, person, upload
from tests.dispenses.packs.packs import ready_pack
from tests.factories import (
    ActeTextFactory,
    AdministratorFactory,
    ApiTokenFactory,
    CorrespondentFactory,
    DispenseFactory,
    EmployeeFactory,
    EmployerFactory,
    InvitationFactory,
    LeadFactory,
    OutgoingCallFactory,
    PayrollProfileFactory,
    StaffFactory,
    UserFactory,
    add_pictures,
)
from tests.shared import made_for_all

PEOPLE = ("anonyme", "titulaire", "autre", "correspondant", "autre_corr", "centre", "hors_groupe", "superuser")
COLLEAGUE_TOKEN = "c" * 43
STAFF = ("centre", "responsable", "administrateur", "hors_groupe", "superuser")
ROLES = (*PEOPLE[:5], *STAFF)
SAME_PAGES = {"responsable": "centre", "administrateur": "centre"}  # outside the admin

# anonyme · titulaire · autre · correspondant · autre_corr · centre · hors_groupe · superuser
TABLE: dict[str, str] = {
    "admin:login": "conn 403 403 403 403 302 302 302",
    "admin:logout": "conn 302 302 302 302 405 405 405",
    "connexion": "200 302 302 302 302 302 302 302",
    "organisation": "404 404 404 404 404 404 404 404",
    "organisation_retour": "404 404 404 404 404 404 404 404",
    "deconnexion": "405 405 405 405 405 405 405 405",
    "mot_de_passe_oublie": "200 200 200 200 200 200 200 200",
    "mot_de_passe_fait": "conn 200 200 200 200 200 200 200",
    "mot_de_passe_nouveau": "302 410 302 302 302 302 302 302",
    "second_facteur": "conn 404 404 302 302 302 302 302",
    "second_facteur_adresse": "conn 404 404 200 200 200 200 200",
    "second_facteur_activer": "conn 404 404 302 302 302 302 302",
    "second_facteur_secours": "conn 404 404 302 302 302 302 302",
    "second_facteur_gerer": "conn 404 404 302 302 302 302 302",
    "second_facteur_cle": "conn 405 405 405 405 405 405 405",
    "cle_ajouter": "conn 404 404 302 302 302 302 302",
    "cle_enregistrer": "conn 404 404 302 302 302 302 302",
    "cle_retirer": "conn 405 405 405 405 405 405 405",
    "mes_informations": "conn 200 200 200 200 200 200 200",
    "mes_donnees": "conn 200 200 200 200 200 200 200",
    "mes_donnees_copie": "conn 302 302 302 302 302 302 302",
    "mon_adresse": "conn 200 200 200 200 302 302 302",
    "mon_adresse_code": "conn 302 302 302 302 302 302 302",
    "mon_adresse_retablir": "410 410 410 410 410 410 410 410",
    "mes_sessions": "conn 200 200 200 200 200 200 200",
    "correspondant_invitation": "200 200 200 200 200 200 200 200",
    "collegue_renvoyer": "conn 405 405 405 405 405 405 405",
    "collegue_annuler": "conn 405 405 405 405 405 405 405",
    "activation_terminee": "conn 200 200 200 200 200 200 200",
    "activation": "200 200 200 200 200 200 200 200",
    "activation_compte": "302 302 302 302 302 302 302 302",
    "activation_lettre": "200 200 200 200 200 200 200 200",
    "activation_code": "405 405 405 405 405 405 405 405",
    "activation_rattacher": "conn 302 302 302 302 302 302 302",
    "activation_rattacher_code": "conn 405 405 405 405 405 405 405",
    "activation_pas_moi": "200 200 200 200 200 200 200 200",
    "activation_nouveau_lien": "405 405 405 405 405 405 405 405",
    "pre_affilier": "conn 404 404 200 404 404 404 404",
    "salarie": "conn 404 404 200 404 404 404 404",
    "corriger": "conn 404 404 200 404 404 404 404",
    "depart": "conn 404 404 200 404 404 404 404",
    "affiliation": "conn 404 404 200 404 404 404 404",
    "relancer": "conn 404 404 200 404 404 404 404",
    "lettres": "conn 404 404 200 404 404 404 404",
    "lettre_imprimer": "conn 405 405 405 405 405 405 405",
    "relance_annuler": "conn 405 405 405 405 405 405 405",
    "equipe": "conn 404 404 200 404 404 404 404",
    "equipe_retirer": "conn 404 404 200 404 404 404 404",
    "guide_a_partager": "conn 404 404 200 404 404 404 404",
    "guide_affiche": "conn 404 404 200 404 404 404 404",
    "aide_correspondant": "conn 403 403 200 200 403 403 403",
    "guide_changer": "conn 405 405 405 405 405 405 405",
    "recapitulatif": "conn 405 405 405 405 405 405 405",
    "desabonner": "200 200 200 200 200 200 200 200",
    "importer": "conn 404 404 200 404 404 404 404",
    "import_oublier": "conn 405 405 405 405 405 405 405",
    "import_modele_csv": "conn 200 200 200 200 200 200 200",
    "import_modele_xlsx": "conn 200 200 200 200 200 200 200",
    "import_salaries": "conn 404 404 200 404 404 404 404",
    "import_departs": "conn 404 404 200 404 404 404 404",
    "import_invitations": "conn 405 405 405 405 405 405 405",
    "import_lancer": "conn 405 405 405 405 405 405 405",
    "import_colonnes": "conn 405 405 405 405 405 405 405",
    "import_abandonner": "conn 405 405 405 405 405 405 405",
    "import_erreurs": "conn 404 404 200 404 404 404 404",
    "renvoyer": "conn 405 405 405 405 405 405 405",
    "revoquer": "conn 404 404 200 404 404 404 404",
    "api_acces": "conn 404 404 200 404 404 404 404",
    "jeton_nouveau": "conn 404 404 200 404 404 404 404",
    "jeton_revoquer": "conn 404 404 200 404 404 404 404",
    "jeton_reprendre": "conn 404 404 200 404 404 404 404",
    "webhook_nouveau": "conn 404 404 200 404 404 404 404",
    "webhook": "conn 404 404 200 404 404 404 404",
    "webhook_essai": "conn 405 405 405 405 405 405 405",
    "webhook_secret": "conn 404 404 200 404 404 404 404",
    "webhook_pause": "conn 405 405 405 405 405 405 405",
    "webhook_supprimer": "conn 404 404 200 404 404 404 404",
    "webhook_renvoyer": "conn 405 405 405 405 405 405 405",
    "paie": "conn 404 404 200 404 404 404 404",
    "paie_nouveau": "conn 405 405 405 405 405 405 405",
    "paie_profil": "conn 404 404 200 404 404 404 404",
    "paie_modifier": "conn 404 404 200 404 404 404 404",
    "paie_copier": "conn 405 405 405 405 405 405 405",
    "paie_supprimer": "conn 404 404 200 404 404 404 404",
    "paie_depuis": "conn 405 405 405 405 405 405 405",
    "paie_au": "conn 404 404 200 404 404 404 404",
    "paie_reprendre": "conn 404 404 200 404 404 404 404",
    "accueil": "conn 200 200 302 302 302 302 302",
    "salaries": "conn 403 403 200 200 403 403 403",
    "exporter": "conn 404 404 200 404 404 404 404",
    "preuves": "conn 403 403 200 200 403 403 403",
    "preuves_demander": "conn 405 405 405 405 405 405 405",
    "preuves_telecharger": "conn 404 404 200 404 404 404 404",
    "acte_texte": "conn 200 200 200 404 404 404 404",
    "puis_je": "200 200 200 200 200 200 200 200",
    "puis_je_entreprise": "302 302 302 302 302 302 302 302",
    "puis_je_demander": "conn 405 405 405 405 405 405 405",
    "lettre_pdf": "200 200 200 200 200 200 200 200",
    "lettre_texte": "200 200 200 200 200 200 200 200",
    "demandes": "conn 200 200 200 200 200 200 200",
    "demande_nouvelle": "conn 302 302 302 302 302 302 302",
    "demande_reprendre": "conn 302 404 404 404 404 404 404",
    "demande_situation": "conn 200 404 404 404 404 404 404",
    "demande_motif": "conn 200 404 404 404 404 404 404",
    "demande_justificatifs": "conn 200 404 404 404 404 404 404",
    "justificatif_ajouter": "conn 405 405 405 405 405 405 405",
    "justificatif": "conn 200 404 404 404 404 404 404",
    "demande_documents": "conn 200 404 404 404 404 404 404",
    "justificatif_apercu": "conn 200 404 404 404 404 404 404",
    "justificatif_page": "conn 200 404 404 404 404 404 404",
    "justificatif_ensemble": "conn 200 404 404 404 404 404 404",
    "justificatif_monter": "conn 405 405 405 405 405 405 405",
    "justificatif_retirer": "conn 405 405 405 405 405 405 405",
    "demande_verification": "conn 200 404 404 404 404 404 404",
    "demande_accuse": "conn 200 404 404 404 404 404 404",
    "demande_recu": "conn 200 404 404 404 404 404 404",
    "demande_messages": "conn 200 404 404 404 404 404 404",
    "demande_completer": "conn 200 404 404 404 404 404 404",
    "demande_completer_motif": "conn 302 404 404 404 404 404 404",
    "demande_annuler": "conn 200 404 404 404 404 404 404",
    "demande_confirmer": "conn 200 404 404 404 404 404 404",
    "demande_confirmee": "conn 200 404 404 404 404 404 404",
    "demande_confirmation": "conn 200 404 404 404 404 404 404",
    "demande_attestation": "conn 302 404 404 404 404 404 404",
    "demande_changement": "conn 200 404 404 404 404 404 404",
    "demande_adhesion": "conn 200 404 404 404 404 404 404",
    "demande_fin": "conn 200 404 404 404 404 404 404",
    "demande_abandonner": "conn 200 404 404 404 404 404 404",
    "api_documentation": "200 200 200 200 200 200 200 200",
    "api:openapi-json": "200 200 200 200 200 200 200 200",
    "api:api-root": "404 404 404 404 404 404 404 404",
    "api:token": "401 401 401 401 401 401 401 401",
    "api:employees": "401 401 401 401 401 401 401 401",
    "api:employee": "401 401 401 401 401 401 401 401",
    "api:payroll": "401 401 401 401 401 401 401 401",
    "mentions_legales": "200 200 200 200 200 200 200 200",
    "donnees_personnelles": "200 200 200 200 200 200 200 200",
    "accessibilite": "200 200 200 200 200 200 200 200",
    "aide": "200 200 200 200 200 200 200 200",
    "contact": "200 200 200 200 200 200 200 200",
    "sante": "200 200 200 200 200 200 200 200",
    "sante_pret": "200 200 200 200 200 200 200 200",
    "metrics": "404 404 404 404 404 404 404 404",
    "robots": "200 200 200 200 200 200 200 200",
    "favicon": "204 204 204 204 204 204 204 204",
    "marque": "404 404 404 404 404 404 404 404",
}

# Addresses of the admin: Gestionnaire, Responsable, Administrateur, a staff account without any group, a superuser.
# Three outcomes: Gestionnaire and Responsable alike, Administrateur as without a group, superuser. Others never enter.
ADMIN: dict[str, str] = {
    "admin:index": "200 200 200",
    "admin:password_change": "302 302 302",
    "admin:password_change_done": "200 200 200",
    "admin:autocomplete": "403 403 403",
    "admin:jsi18n": "200 200 200",
    "admin:exploitation": "403 403 200 403 200",
    "admin:view_on_site": "404 404 404",
    "admin:accounts_trycount_changelist": "403 403 200 403 200",
    "admin:accounts_trycount_add": "403 403 403",
    "admin:accounts_trycount_history": "403 403 200 403 200",
    "admin:accounts_trycount_delete": "403 403 403 403 403",
    "admin:accounts_trycount_change": "403 403 200 403 200",
    "gestion/accounts/trycount/<path:object_id>/": "302 302 302",
    "admin:accounts_apitoken_revoquer": "403 200 200 403 200",
    "admin:accounts_apitoken_changelist": "200 200 200 403 200",
    "admin:accounts_apitoken_add": "403 403 403",
    "admin:accounts_apitoken_history": "200 200 200 403 200",
    "admin:accounts_apitoken_delete": "403 403 403 403 403",
    "admin:accounts_apitoken_change": "200 200 200 403 200",
    "gestion/accounts/apitoken/<path:object_id>/": "302 302 302",
    "admin:accounts_journalentry_exporter": "403 200 200 403 200",
    "admin:accounts_journalentry_changelist": "403 200 200 403 200",
    "admin:accounts_journalentry_add": "403 403 403",
    "admin:accounts_journalentry_history": "403 200 200 403 200",
    "admin:accounts_journalentry_delete": "403 403 403",
    "admin:accounts_journalentry_change": "403 200 200 403 200",
    "gestion/accounts/journalentry/<path:object_id>/": "302 302 302",
    "admin:dispenses_motif_changelist": "200 200 200 403 200",
    "admin:dispenses_motif_add": "403 403 403",
    "admin:dispenses_motif_history": "200 200 200 403 200",
    "admin:dispenses_motif_delete": "403 403 403",
    "admin:dispenses_motif_change": "200 200 200 403 200",
    "admin:dispenses_motif_edition": "403 403 200 403 200",
    "admin:dispenses_motif_fin": "403 403 200 403 200",
    "admin:dispenses_motif_apercu": "200 200 200 403 200",
    "gestion/dispenses/motif/<path:object_id>/": "302 302 302",
    "admin:dispenses_question_changelist": "200 403 200",
    "admin:dispenses_question_add": "403 403 403",
    "admin:dispenses_question_history": "200 403 200",
    "admin:dispenses_question_delete": "403 403 403",
    "admin:dispenses_question_change": "200 403 200",
    "gestion/dispenses/question/<path:object_id>/": "302 302 302",
    "admin:dispenses_standardphrase_changelist": "200 200 200 403 200",
    "admin:dispenses_standardphrase_add": "403 403 200 403 200",
    "admin:dispenses_standardphrase_history": "200 200 200 403 200",
    "admin:dispenses_standardphrase_delete": "403 403 200 403 200",
    "admin:dispenses_standardphrase_change": "200 200 200 403 200",
    "gestion/dispenses/standardphrase/<path:object_id>/": "302 302 302",
    "admin:dispenses_dispense_vie": "200 403 200",
    "admin:dispenses_dispense_suivante": "302 403 302",
    "admin:dispenses_dispense_journal": "403 200 403 403 200",
    "admin:dispenses_dispense_journal_exporter": "403 200 403 403 200",
    "admin:dispenses_dispense_consultations": "200 403 200",
    "admin:dispenses_dispense_comme_le_salarie": "200 403 200",
    "admin:dispenses_dispense_presence": "405 403 405",
    "admin:dispenses_dispense_note": "302 403 302",
    "admin:dispenses_dispense_message": "302 403 302",
    "admin:dispenses_dispense_attribuer": "405 403 405",
    "admin:dispenses_dispense_employeurs": "200 403 200",
    "admin:dispenses_dispense_chiffres": "403 200 403 403 200",
    "admin:dispenses_dispense_tableau": "403 404 403 403 404",
    "admin:dispenses_dispense_vue_enregistrer": "302 403 302",
    "admin:dispenses_dispense_vue": "302 403 302",
    "admin:dispenses_dispense_decision": "302 403 302",
    "admin:dispenses_dispense_annuler": "302 403 302",
    "admin:dispenses_dispense_lot": "403 200 403 403 200",
    "admin:dispenses_dispense_lot_resultat": "403 404 403 403 404",
    "admin:dispenses_dispense_lot_annuler": "403 404 403 403 404",
    "admin:dispenses_dispense_justificatif": "200 403 200",
    "admin:dispenses_dispense_original": "405 403 405",
    "admin:dispenses_dispense_page": "200 403 200",
    "admin:dispenses_dispense_changelist": "200 403 200",
    "admin:dispenses_dispense_add": "403 403 403",
    "admin:dispenses_dispense_history": "200 403 200",
    "admin:dispenses_dispense_delete": "403 403 403",
    "admin:dispenses_dispense_change": "200 403 200",
    "gestion/dispenses/dispense/<path:object_id>/": "302 302 302",
    "admin:auth_user_password_change": "403 403 200",
    "admin:accounts_user_changelist": "403 403 200",
    "admin:accounts_user_add": "403 403 200",
    "admin:accounts_user_history": "403 403 200",
    "admin:accounts_user_delete": "403 403 403",
    "admin:accounts_user_change": "403 403 200",
    "gestion/accounts/user/<path:object_id>/": "302 302 302",
    "admin:accounts_staffaccount_second_facteur": "403 403 200 403 200",
    "admin:accounts_staffaccount_changelist": "403 403 200 403 200",
    "admin:accounts_staffaccount_add": "403 403 200 403 200",
    "admin:accounts_staffaccount_history": "403 403 200 403 200",
    "admin:accounts_staffaccount_delete": "403 403 403 403 403",
    "admin:accounts_staffaccount_change": "403 403 200 403 200",
    "gestion/accounts/staffaccount/<path:object_id>/": "302 302 302",
    "admin:accounts_correspondent_second_facteur": "403 403 200 403 200",
    "admin:accounts_employer_texte": "200 200 200 403 200",
    "admin:accounts_employer_ferme": "200 403 200",
    "admin:accounts_employer_ferme_exporter": "200 403 200",
    "admin:accounts_employer_changelist": "200 200 200 403 200",
    "admin:accounts_employer_add": "403 403 200 403 200",
    "admin:accounts_employer_history": "200 200 200 403 200",
    "admin:accounts_employer_delete": "403 403 403",
    "admin:accounts_employer_change": "200 200 200 403 200",
    "gestion/accounts/employer/<path:object_id>/": "302 302 302",
    "admin:accounts_correspondent_changelist": "200 200 200 403 200",
    "admin:accounts_correspondent_add": "403 403 200 403 200",
    "admin:accounts_correspondent_history": "200 200 200 403 200",
    "admin:accounts_correspondent_delete": "403 403 200 403 200",
    "admin:accounts_correspondent_change": "200 200 200 403 200",
    "gestion/accounts/correspondent/<path:object_id>/": "302 302 302",
    "admin:accounts_appointment_decider": "403 403 302 403 302",
    "admin:accounts_appointment_changelist": "403 403 200 403 200",
    "admin:accounts_appointment_add": "403 403 403",
    "admin:accounts_appointment_history": "403 403 200 403 200",
    "admin:accounts_appointment_delete": "403 403 403",
    "admin:accounts_appointment_change": "403 403 200 403 200",
    "gestion/accounts/appointment/<path:object_id>/": "302 302 302",
    "admin:accounts_employee_changelist": "200 403 200",
    "admin:accounts_employee_add": "403 403 403",
    "admin:accounts_employee_detacher": "403 200 403 403 200",
    "admin:accounts_employee_corriger": "200 403 200",
    "admin:accounts_employee_renvoyer": "302 403 302",
    "admin:accounts_employee_history": "200 403 200",
    "admin:accounts_employee_delete": "403 403 403",
    "admin:accounts_employee_change": "200 403 200",
    "gestion/accounts/employee/<path:object_id>/": "302 302 302",
    "admin:notifications_emailtext_message": "403 403 200 403 200",
    "admin:notifications_emailtext_origine": "403 403 302 403 302",
    "admin:notifications_emailtext_essai": "403 403 200 403 200",
    "admin:notifications_emailtext_changelist": "403 403 200 403 200",
    "admin:notifications_emailtext_add": "403 403 403 403 403",
    "admin:notifications_emailtext_history": "403 403 200 403 200",
    "admin:notifications_emailtext_delete": "403 403 403 403 403",
    "admin:notifications_emailtext_change": "403 403 200 403 200",
    "gestion/notifications/emailtext/<path:object_id>/": "302 302 302",
    "admin:notifications_outgoingemail_changelist": "200 200 200 403 200",
    "admin:notifications_outgoingemail_add": "403 403 403",
    "admin:notifications_outgoingemail_history": "200 200 200 403 200",
    "admin:notifications_outgoingemail_delete": "403 403 403",
    "admin:notifications_outgoingemail_change": "200 200 200 403 200",
    "gestion/notifications/outgoingemail/<path:object_id>/": "302 302 302",
    "admin:dispenses_dispense_exporter": "200 403 200",
    "admin:dispenses_evidencepack_telecharger": "403 200 403 403 200",
    "admin:dispenses_evidencepack_changelist": "403 200 200 403 200",
    "admin:dispenses_evidencepack_add": "403 403 403",
    "admin:dispenses_evidencepack_history": "403 200 200 403 200",
    "admin:dispenses_evidencepack_delete": "403 403 403",
    "admin:dispenses_evidencepack_change": "403 200 200 403 200",
    "gestion/dispenses/evidencepack/<path:object_id>/": "302 302 302",
    "admin:dispenses_listexport_changelist": "403 200 200 403 200",
    "admin:dispenses_listexport_add": "403 403 403",
    "admin:dispenses_listexport_history": "403 200 200 403 200",
    "admin:dispenses_listexport_delete": "403 403 403",
    "admin:dispenses_listexport_change": "403 200 200 403 200",
    "gestion/dispenses/listexport/<path:object_id>/": "302 302 302",
    "admin:dispenses_legalhold_changelist": "403 200 200 403 200",
    "admin:dispenses_legalhold_add": "403 403 200 403 200",
    "admin:dispenses_legalhold_history": "403 200 200 403 200",
    "admin:dispenses_legalhold_delete": "403 403 403",
    "admin:dispenses_legalhold_change": "403 200 200 403 200",
    "gestion/dispenses/legalhold/<path:object_id>/": "302 302 302",
    "admin:dispenses_forgetting_changelist": "403 200 200 403 200",
    "admin:dispenses_forgetting_add": "403 403 403",
    "admin:dispenses_forgetting_history": "403 200 200 403 200",
    "admin:dispenses_forgetting_delete": "403 403 403",
    "admin:dispenses_forgetting_change": "403 200 200 403 200",
    "gestion/dispenses/forgetting/<path:object_id>/": "302 302 302",
    "admin:dispenses_transfer_changelist": "403 200 200 403 200",
    "admin:dispenses_transfer_add": "403 403 200 403 200",
    "admin:dispenses_transfer_history": "403 200 200 403 200",
    "admin:dispenses_transfer_delete": "403 403 403",
    "admin:dispenses_transfer_change": "403 200 200 403 200",
    "gestion/dispenses/transfer/<path:object_id>/": "302 302 302",
    "admin:dispenses_tombstone_changelist": "403 200 200 403 200",
    "admin:dispenses_tombstone_add": "403 403 403",
    "admin:dispenses_tombstone_history": "403 200 200 403 200",
    "admin:dispenses_tombstone_delete": "403 403 403",
    "admin:dispenses_tombstone_change": "403 200 200 403 200",
    "gestion/dispenses/tombstone/<path:object_id>/": "302 302 302",
    "admin:dispenses_leavingfile_changelist": "403 403 200 403 200",
    "admin:dispenses_leavingfile_add": "403 403 403",
    "admin:dispenses_leavingfile_history": "403 403 200 403 200",
    "admin:dispenses_leavingfile_delete": "403 403 403",
    "admin:dispenses_leavingfile_change": "403 403 200 403 200",
    "gestion/dispenses/leavingfile/<path:object_id>/": "302 302 302",
    "admin:app_list": "200 200 200 404 200",
    "gestion/(?P<url>.*)$": "404 404 404",
}


def addresses(patterns: list[Any], namespace: str = "", route: str = "") -> Iterator[tuple[str, str]]:
    """(key, route) of every pattern: the key is the qualified name, or the route of a pattern without a name."""
    for pattern in patterns:
        full = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from addresses(pattern.url_patterns, inner, full)
        elif isinstance(pattern, URLPattern):
            yield (f"{namespace}{pattern.name}" if pattern.name else full), full


ADDRESSES = dict(addresses(get_resolver().url_patterns))


@pytest.fixture(scope="module")
def made_world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Path], dict[str, Any]]]:
    with made_for_all(django_db_blocker, tmp_path_factory.mktemp("world"), make_world) as given:
        yield given


@pytest.fixture
def world(
    made_world: Callable[[Path], dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """One employer, its people, four requests of one person, and everybody else: made once for a module's tests."""
    monkeypatch.setattr(readiness, "_probers", {})  # who may read it, not what it says: threads see no test's rows
    return made_world(tmp_path)


@pytest.fixture
def own_world(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The same, for a module whose other tests are to find nothing."""
    monkeypatch.setattr(readiness, "_probers", {})
    return make_world()


def make_world() -> dict[str, Any]:
    employer = CorrespondentFactory().employer
    owner = UserFactory()
    draft, sent, awaiting = (
        DispenseFactory(employee__employer=employer, employee__user=owner, **stage)
        for stage in ({}, {"in_progress": True}, {"awaiting_complement": True})
    )
    granted = confirmed_and_ending(DispenseFactory(employee__employer=employer, employee__user=owner, accepted=True))
    invitation = InvitationFactory(employee=EmployeeFactory(employer=employer))
    token, call = ApiTokenFactory(employer=employer), OutgoingCallFactory(endpoint__owner=f"employer:{employer.pk}")
    mail = OutgoingEmail.objects.first()
    asker = employer.correspondents.get().user
    pack = ready_pack(employer, asker)
    export = ListExport.objects.create(user=asker, employer=employer, what="salaries", form="csv", rows=1)
    hold = LegalHold.objects.create(employer=employer, reason="Contrôle", placed_by=asker)
    text = ActeTextFactory(acte__employer=employer)
    payroll_file = PayrollFile.objects.create(
        profile=PayrollProfileFactory(employer=employer),
        user=asker,
        day=timezone.localdate(),
        after_rank=0,
        up_to_rank=0,
        rows=0,
    )
    phrases.load()
    colleague = ColleagueInvitation.objects.create(
        employer=employer,
        email="collegue@exemple.fr",
        token_hash=tokens.hash_token(COLLEAGUE_TOKEN),
        invited_by=asker,
        sent_at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=7),
    )
    assert mail is not None
    objects = {
        Dispense: sent.pk,
        Motif: Motif.objects.first().pk,
        User: owner.pk,
        Employer: employer.pk,
        Employee: sent.employee_id,
        Correspondent: employer.correspondents.get().pk,
        Invitation: invitation.pk,
        Appointment: Appointment.objects.create(employer=employer, user=StaffFactory(), asked_by=asker).pk,
        Group: Group.objects.get(name=GESTIONNAIRE).pk,
        StaffAccount: StaffFactory().pk,
        EmailText: EmailText.objects.create(kind="invitation", original=True, written_by="x").pk,
        StandardPhrase: StandardPhrase.objects.first().pk,
        Question: Question.objects.create(
            asker="visitor", name="x", email="x@y.fr", subject="other", text="z", network="192.0.2.1"
        ).pk,
        EvidencePack: pack.pk,
        ListExport: export.pk,
        LegalHold: hold.pk,
        Transfer: Transfer.objects.create(
            former=employer, new=EmployerFactory(), day=date(2020, 1, 1), planned_by=asker, finished_at=timezone.now()
        ).pk,
        Forgetting: Forgetting.objects.create(dispense=sent, employer=employer, kept_until=date(2026, 1, 1)).pk,
        Tombstone: Tombstone.objects.create(
            number=1, employer=employer, submitted_on=date(2010, 1, 1), outcome="refused", forgotten_on=date(2020, 1, 1)
        ).pk,
        LeavingFile: LeavingFile.objects.create(key="aa/a", number=1).pk,
        OutgoingEmail: mail.pk,
        ApiToken: token.pk,
        TryCount: TryCount.objects.create(kind="account", account="a").pk,
        JournalEntry: JournalEntry.objects.create(user=asker, who="x", act="added", kind="motif", object="y").pk,
    }
    return {
        "objects": {f"{model._meta.app_label}/{model._meta.model_name}": str(pk) for model, pk in objects.items()},
        "draft": draft,
        "sent": sent,
        "awaiting": awaiting,
        "granted": granted,
        "values": {
            "version": "aucune",
            "token": invitation.token,
            "invitation_id": colleague.pk,
            "employer_id": employer.pk,
            "token_id": token.pk,
            "passkey_id": 1,
            "endpoint_id": call.endpoint_id,
            "call_id": call.pk,
            "employee_id": invitation.employee_id,
            "chase_id": ReminderRun.objects.create(employer=employer, asked_by=asker).pk,
            "role_id": employer.correspondents.get().pk,
            "signed": digest_token(employer.correspondents.get()),
            "run_id": import_to_correct(employer).pk,
            "pk": add_pictures(sent.justificatifs.first()).pk,
            "pack_id": pack.pk,
            "text_id": text.pk,
            "profile_id": payroll_file.profile_id,
            "file_id": payroll_file.pk,
            "acte_id": text.acte_id,
            "liste": "salaries",
            "forme": "csv",
            "paper": "a4",
            "page": 1,
            "name": "accept",
            "piece": "attestation_conjoint",
            "key": "00000000-0000-4000-8000-000000000000",
        },
        "colleague": {"token": COLLEAGUE_TOKEN},
        "reset": {
            "uidb64": urlsafe_base64_encode(force_bytes(owner.pk)),
            "token": default_token_generator.make_token(owner),
        },
        "people": {
            "titulaire": owner,
            "autre": EmployeeFactory(activated=True, employer=employer).user,
            "correspondant": employer.correspondents.get().user,
            "autre_corr": CorrespondentFactory().user,
            "centre": StaffFactory(),
            "responsable": LeadFactory(),
            "administrateur": AdministratorFactory(),
            "hors_groupe": StaffFactory(in_group=False),
            "superuser": UserFactory(is_staff=True, is_superuser=True),
        },
    }


def import_to_correct(employer: Employer) -> ImportRun:
    """A file that was read, of which a line is to be corrected."""
    by = employer.correspondents.get().user
    run = runs.start(employer=employer, by=by, upload=upload(as_csv([person(1, email="x")])))
    runs.work(run.pk)
    return run


def confirmed_and_ending(dispense: Dispense) -> Dispense:
    """A dispense on which each gesture of its employee has its page: confirmed, to be confirmed again, about to end."""
    today = timezone.localdate()
    Dispense.objects.filter(pk=dispense.pk).update(confirm_by=today, ends_on=today + timedelta(days=30))
    confirming.confirm(dispense=dispense, user=dispense.employee.user)
    Dispense.objects.filter(pk=dispense.pk).update(unconfirmed_since=today)
    return dispense


GRANTED_PAGES = ("confirmer", "confirmee", "confirmation.pdf", "changement", "adhesion", "fin")
DRAFT_PAGES = ("situation", "motif", "justificatifs", "verification", "abandonner")


def address(key: str, world: dict[str, Any]) -> str:
    """A real address for a pattern, with the identifiers of objects that exist."""
    route = ADDRESSES[key].replace("^", "").replace("$", "").replace("(?P<url>.*)", "nulle-part")
    page = route.rsplit(">/", 1)[-1].strip("/")
    of = "draft" if page in DRAFT_PAGES else "awaiting" if page == "completer" else "sent"
    of = "granted" if page in GRANTED_PAGES else of
    values = {**world["values"], "number": world[of].number}
    if key == "correspondant_invitation":
        values.update(world["colleague"])
    if "uidb64" in route:
        values.update(world["reset"])
    if route.startswith("gestion/"):
        model = "/".join(route.split("/")[1:3])
        values |= {"object_id": world["objects"].get(model, "1"), "id": world["people"]["titulaire"].pk}
        if "<int:number>" not in route and model in world["objects"]:
            values["pk"] = world["objects"][model]
        values |= {"content_type_id": "1", "app_label": "dispenses", "kind": "invitation"}
        values["form"] = "csv" if "/exporter/" in route else "texte"
    parts = []
    for part in route.split("/"):
        name = part.strip("<>").rsplit(":", 1)[-1] if part.startswith("<") else ""
        if part.startswith("(?P<app_label>"):
            name = "app_label"
        parts.append(str(values[name]) if name else part)
    return "/" + "/".join(parts)


def outcome(response: HttpResponse) -> str:
    if response.status_code in (301, 302) and response["Location"].startswith(("/connexion/", "/gestion/login/")):
        return "conn"
    code = "302" if response.status_code in (301, 302) else str(response.status_code)
    if response.streaming:
        b"".join(response.streaming_content)
    return code


def expected(key: str, role: str) -> str:
    if key in TABLE:
        return dict(zip(PEOPLE, TABLE[key].split(), strict=True))[SAME_PAGES.get(role, role)]
    outcomes = ADMIN[key].split()
    if len(outcomes) == 3:
        examining, without, superuser = outcomes
        outcomes = [examining, examining, without, without, superuser]
    return dict(zip(STAFF, outcomes, strict=True)).get(role, "conn")


def signed_in(role: str, world: dict[str, Any]) -> Client:
    client = Client()
    if role != "anonyme":
        client.force_login(world["people"][role], backend="django.contrib.auth.backends.ModelBackend")
    return client


def visits(role: str, world: dict[str, Any]) -> Iterator[Client]:
    """A browser of that person for each address: signed in once, and again when an address ended the session."""
    session = signed_in(role, world).cookies
    while True:
        client = Client()
        client.cookies = session
        if role != "anonyme" and not client.session.exists(client.session.session_key):
            client = signed_in(role, world)
            session = client.cookies
        yield client


def test_every_address_has_one_line() -> None:
    assert set(ADDRESSES) == {*TABLE, *ADMIN}
    assert not set(TABLE) & set(ADMIN)


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_each_person_reads_what_is_theirs_and_nothing_else(role: str, world: dict[str, Any]) -> None:
    browsers = visits(role, world)
    found = {key: outcome(next(browsers).get(address(key, world))) for key in ADDRESSES}
    assert found == {key: expected(key, role) for key in ADDRESSES}


@pytest.mark.django_db
@pytest.mark.parametrize("role", [role for role in ROLES if role not in ("anonyme", "titulaire")])
def test_nobody_acts_on_the_request_of_another(role: str, world: dict[str, Any]) -> None:
    pages = [key for key, route in ADDRESSES.items() if route.startswith("demandes/<int:number>/")]
    assert len(pages) > 10
    before = list(Dispense.objects.order_by("number").values("number", "status", "updated_at"))
    found = {key: outcome(signed_in(role, world).post(address(key, world), {"raison": "x"})) for key in pages}
    reading_only = {
        "demande_accuse",
        "demande_recu",
        "demande_confirmee",
        "demande_confirmation",
        "demande_attestation",
        "demande_fin",
        "justificatif",
        "justificatif_apercu",
        "justificatif_ensemble",
        "justificatif_page",
        "demande_documents",
    }
    assert found == {key: "405" if key in reading_only else "404" for key in pages}
    assert list(Dispense.objects.order_by("number").values("number", "status", "updated_at")) == before


@pytest.mark.django_db
@pytest.mark.parametrize("role", [role for role in ROLES if role not in ("anonyme", "correspondant")])
def test_nobody_acts_on_the_employees_of_another_employer(role: str, world: dict[str, Any]) -> None:
    mails = OutgoingEmail.objects.count()
    for key in ("pre_affilier", "renvoyer", "revoquer"):
        assert outcome(signed_in(role, world).post(address(key, world))) == "404", key
    assert OutgoingEmail.objects.count() == mails
    assert Invitation.objects.get(pk=int(world["objects"]["accounts/invitation"])).revoked_at is None


@pytest.mark.django_db
@pytest.mark.parametrize("role", [role for role in ROLES if role not in ("anonyme", "correspondant")])
def test_nobody_touches_the_api_of_another_employer(role: str, world: dict[str, Any]) -> None:
    pages = [key for key, route in ADDRESSES.items() if route.startswith("employeur/<int:employer_id>/api/")]
    assert len(pages) == 11
    found = {key: outcome(signed_in(role, world).post(address(key, world), {"url": "https://x.fr/"})) for key in pages}
    assert found == {key: "405" if key in ("api_acces", "webhook") else "404" for key in pages}
    assert ApiToken.objects.get().revoked_at is None
    endpoint, call = WebhookEndpoint.objects.get(), OutgoingCall.objects.get()
    assert (endpoint.removed_at, endpoint.paused_at, endpoint.former_secret_until) == (None, None, None)
    assert call.status == "sent"


@pytest.mark.django_db
@pytest.mark.parametrize("role", [role for role in ROLES if role not in ("anonyme", "correspondant")])
def test_nobody_touches_the_payroll_of_another_employer(role: str, world: dict[str, Any]) -> None:
    pages = [key for key, route in ADDRESSES.items() if route.startswith("employeur/<int:employer_id>/paie/")]
    assert len(pages) == 9
    data = {"modele": "generique", "name": "Pris"}
    found = {key: outcome(signed_in(role, world).post(address(key, world), data)) for key in pages}
    reading_only = ("paie", "paie_profil", "paie_au", "paie_reprendre")
    assert found == {key: "405" if key in reading_only else "404" for key in pages}
    assert PayrollProfile.objects.get().name != "Pris"
    assert PayrollFile.objects.get().taken_at is None
    assert not ListExport.objects.filter(what="paie").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_only_the_centre_decides(role: str, world: dict[str, Any]) -> None:
    sent = world["sent"]
    data = {"accept-seen": sent.status_at.isoformat(), "accept-comment": ""}
    answer = outcome(signed_in(role, world).post(address("admin:dispenses_dispense_decision", world), data))
    deciders = ("centre", "responsable", "superuser")
    assert answer == ("302" if role in deciders else "403" if role in STAFF else "conn")
    assert Dispense.objects.get(number=sent.number).status == ("accepted" if role in deciders else "in_progress")


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_only_the_centre_says_that_a_dispense_stands(role: str, world: dict[str, Any]) -> None:
    sent = world["sent"]
    decided = {"status": "accepted", "decided_at": sent.submitted_at, "decided_by": User.objects.first()}
    Dispense.objects.filter(number=sent.number).update(
        look_on=date(2027, 3, 1), look_acte_on=date(2027, 3, 1), **decided
    )
    data = {"uphold-seen": sent.status_at.isoformat(), "uphold-reason": "Vérifiée."}
    url = reverse("admin:dispenses_dispense_decision", args=[sent.number, "uphold"])
    answer = outcome(signed_in(role, world).post(url, data))
    deciders = ("centre", "responsable", "superuser")
    assert answer == ("302" if role in deciders else "403" if role in STAFF else "conn")
    assert (Dispense.objects.get(number=sent.number).look_on is None) is (role in deciders)
