"""The mails about people: their invitation, their account, their sign-in, and what correspondents learn of it."""

from datetime import date, timedelta
from typing import Annotated

from notifications.enums import Urgency
from notifications.messages import ContactEmail, LastDay, Mark, Message, PersonName, link, mail

EmployeeName = Annotated[str, Mark("salarie", "Virginie Durand", essential=True)]
EmployerName = Annotated[str, Mark("entreprise", "Ateliers du Levant")]
ActivationUrl = Annotated[str, link("lien_activation")]
SignInUrl = Annotated[str, link("lien_connexion")]
GuideAt = Annotated[str, Mark("lien_guide", "https://portail.example/guide/exemple/")]  # no text needs it
HomeUrl = Annotated[str, link("lien_espace")]
SessionsUrl = Annotated[str, link("lien_sessions")]
PasswordUrl = Annotated[str, link("lien_mot_de_passe")]
EmployeesUrl = Annotated[str, link("lien_salaries")]
AccountName = Annotated[str, Mark("titulaire_du_compte", "Paul Durand", essential=True)]
ChangedBy = Annotated[str, Mark("auteur", "le logiciel de l’entreprise (jeton «\xa0SIRH\xa0»)", essential=True)]
KeyName = Annotated[str, Mark("cle", "Clé du bureau", essential=True)]
Hours = Annotated[int, Mark("heures", 72, essential=True)]


@mail
class Invitation(Message):
    kind = "invitation"
    label = "Invitation"
    subject = "{employer_name} vous invite à activer votre espace santé"
    sensitive = True
    person_name: PersonName
    employer_name: EmployerName
    activation_url: ActivationUrl
    sign_in_url: SignInUrl
    expires_on: LastDay
    guide_at: GuideAt = ""  # "" in those that were written before it


@mail
class InvitationReminder(Message):
    kind = "invitation_reminder"
    label = "Rappel d’invitation"
    subject = "Rappel : activez votre espace santé avant le {expires_on:%d/%m/%Y}"
    sensitive = True
    person_name: PersonName
    employer_name: EmployerName
    activation_url: ActivationUrl
    sign_in_url: SignInUrl
    expires_on: LastDay
    days_left: Annotated[int, Mark("jours_restants", 7)]


@mail
class ChoiceAwaited(Message):
    kind = "choice_awaited"
    label = "Relance\xa0: choix à faire"
    subject = "{employer_name} : votre choix pour la complémentaire santé est attendu"
    person_name: PersonName
    employer_name: EmployerName
    home_url: HomeUrl


@mail
class FileAwaited(Message):
    kind = "file_awaited"
    label = "Relance\xa0: dossier à compléter"
    subject = "{employer_name} : votre dossier attend un complément"
    person_name: PersonName
    employer_name: EmployerName
    home_url: HomeUrl


@mail
class ActivationCode(Message):
    kind = "activation_code"
    label = "Code d’activation"
    subject = "Votre code de confirmation"
    sensitive = True
    lives = timedelta(days=1)
    urgency = Urgency.AWAITED
    person_name: PersonName
    code: Annotated[str, Mark("code", "482913", private=True, essential=True)]
    minutes: Annotated[int, Mark("minutes", 15, essential=True)]


@mail
class AttachingCode(Message):
    kind = "attaching_code"
    label = "Code de rattachement"
    subject = "Votre code pour rattacher {employer_name} à un compte"
    sensitive = True
    lives = timedelta(days=1)
    urgency = Urgency.AWAITED
    person_name: PersonName
    account_name: AccountName
    employer_name: EmployerName
    code: Annotated[str, Mark("code", "482913", private=True, essential=True)]
    minutes: Annotated[int, Mark("minutes", 15, essential=True)]


@mail
class EmployerAttached(Message):
    kind = "employer_attached"
    label = "Entreprise rattachée à un compte"
    subject = "{employer_name} est rattaché à un compte"
    person_name: PersonName
    account_name: AccountName
    employer_name: EmployerName
    identifier: Annotated[str, Mark("identifiant", "virginie.durand@exemple.fr", essential=True)]
    sign_in_url: SignInUrl


@mail
class EmployerDetached(Message):
    kind = "employer_detached"
    label = "Entreprise détachée d’un compte"
    subject = "{employer_name} n’est plus rattaché à un compte"
    person_name: PersonName
    account_name: AccountName
    employer_name: EmployerName
    identifier: Annotated[str, Mark("identifiant", "virginie.durand@exemple.fr", essential=True)]


@mail
class AddressAlreadyUsed(Message):
    kind = "address_already_used"
    label = "Adresse déjà utilisée"
    subject = "Vous avez déjà un compte"
    person_name: PersonName
    employer_name: EmployerName
    sign_in_url: SignInUrl


@mail
class AccountOpened(Message):
    kind = "account_opened"
    label = "Compte ouvert"
    subject = "Votre compte est ouvert"
    person_name: PersonName
    identifier: Annotated[str, Mark("identifiant", "virginie.durand@exemple.fr", essential=True)]
    sign_in_url: SignInUrl


@mail
class PasswordReset(Message):
    kind = "password_reset"
    label = "Mot de passe oublié"
    subject = "Choisissez un nouveau mot de passe"
    sensitive = True
    lives = timedelta(days=2)
    urgency = Urgency.AWAITED
    person_name: PersonName
    reset_url: PasswordUrl
    hours: Hours


@mail
class PasswordChanged(Message):
    kind = "password_changed"
    label = "Mot de passe modifié"
    subject = "Votre mot de passe a été modifié"
    person_name: PersonName
    contact_email: ContactEmail


@mail
class AddressCode(Message):
    kind = "address_code"
    label = "Code avant le second facteur"
    subject = "Votre code pour protéger votre compte"
    sensitive = True
    lives = timedelta(days=1)
    urgency = Urgency.AWAITED
    person_name: PersonName
    code: Annotated[str, Mark("code", "482913", private=True, essential=True)]
    minutes: Annotated[int, Mark("minutes", 15, essential=True)]


@mail
class NewAddressCode(Message):
    kind = "new_address_code"
    label = "Code de la nouvelle adresse"
    subject = "Votre code pour changer d’adresse"
    sensitive = True
    lives = timedelta(days=1)
    urgency = Urgency.AWAITED
    person_name: PersonName
    code: Annotated[str, Mark("code", "482913", private=True, essential=True)]
    minutes: Annotated[int, Mark("minutes", 15, essential=True)]


@mail
class NewAddressTaken(Message):
    kind = "new_address_taken"
    label = "Nouvelle adresse déjà prise"
    subject = "Cette adresse a déjà un compte"
    contact_email: ContactEmail


@mail
class OwnAddressChanged(Message):
    kind = "own_address_changed"
    label = "Adresse du compte modifiée par son titulaire"
    subject = "L’adresse de votre compte est modifiée"
    person_name: PersonName
    before: Annotated[str, Mark("avant", "alix@exemple.fr")]
    after: Annotated[str, Mark("apres", "alix.martin@exemple.fr", essential=True)]
    contact_email: ContactEmail


@mail
class OwnAddressReplaced(Message):
    """To the former address: whoever still reads it may take the account back."""

    kind = "own_address_replaced"
    label = "Adresse du compte modifiée (ancienne adresse)"
    subject = "L’adresse de votre compte est modifiée"
    sensitive = True
    lives = timedelta(days=3)
    person_name: PersonName
    before: Annotated[str, Mark("avant", "alix@exemple.fr")]
    after: Annotated[str, Mark("apres", "alix.martin@exemple.fr", essential=True)]
    undo_url: Annotated[str, link("lien_retablir")]
    undo_days: Annotated[int, Mark("jours", 3, essential=True)]
    contact_email: ContactEmail


@mail
class SecondFactorSet(Message):
    kind = "second_factor_set"
    label = "Second facteur posé"
    subject = "Un second facteur protège votre compte"
    person_name: PersonName
    contact_email: ContactEmail


@mail
class SecondFactorReset(Message):
    kind = "second_factor_reset"
    label = "Second facteur réinitialisé"
    subject = "Votre second facteur est réinitialisé"
    person_name: PersonName
    sign_in_url: SignInUrl
    contact_email: ContactEmail


@mail
class RecoveryCodeUsed(Message):
    kind = "recovery_code_used"
    label = "Code de secours utilisé"
    subject = "Un code de secours vient de servir"
    person_name: PersonName
    codes_left: Annotated[int, Mark("codes_restants", 9)]
    contact_email: ContactEmail


@mail
class IdentityLinked(Message):
    kind = "identity_linked"
    label = "Compte relié à l’organisation"
    subject = "Votre compte est relié à votre organisation"
    person_name: PersonName
    organisation: Annotated[str, Mark("nom_organisation", "ProConnect", essential=True)]
    contact_email: ContactEmail


@mail
class PasskeyAdded(Message):
    kind = "passkey_added"
    label = "Clé d’accès ajoutée"
    subject = "Une clé d’accès est ajoutée à votre compte"
    person_name: PersonName
    key_name: KeyName
    contact_email: ContactEmail


@mail
class PasskeyRemoved(Message):
    kind = "passkey_removed"
    label = "Clé d’accès retirée"
    subject = "Une clé d’accès est retirée de votre compte"
    person_name: PersonName
    key_name: KeyName
    contact_email: ContactEmail


@mail
class NewDevice(Message):
    kind = "new_device"
    label = "Connexion depuis un nouvel appareil"
    subject = "Nouvelle connexion à votre compte"
    person_name: PersonName
    device: Annotated[str, Mark("appareil", "Firefox sur Windows", essential=True)]
    moment: Annotated[str, Mark("date_connexion", "21 novembre 2026 à 10\xa0h\xa032", essential=True)]
    sessions_url: SessionsUrl
    contact_email: ContactEmail


@mail
class NotActivatedYet(Message):
    kind = "not_activated_yet"
    label = "Compte pas encore activé"
    subject = "Votre compte n’est pas encore activé"
    person_name: PersonName
    employer_name: EmployerName


@mail
class CorrespondentWelcome(Message):
    kind = "correspondent_welcome"
    label = "Bienvenue au correspondant"
    subject = "Votre espace correspondant pour {employer_name}"
    sensitive = True
    lives = timedelta(days=2)
    person_name: PersonName
    employer_name: EmployerName
    set_password_url: PasswordUrl
    sign_in_url: SignInUrl
    hours: Hours


@mail
class StaffWelcome(Message):
    kind = "staff_welcome"
    label = "Bienvenue au centre de gestion"
    subject = "Votre compte du centre de gestion"
    sensitive = True
    lives = timedelta(days=2)
    person_name: PersonName
    set_password_url: PasswordUrl
    sign_in_url: SignInUrl
    hours: Hours


@mail
class EmployeeActivated(Message):
    kind = "employee_activated"
    label = "Compte activé (correspondant)"
    subject = "{employee_name} a activé son compte"
    employee_name: EmployeeName
    employer_name: EmployerName
    list_url: EmployeesUrl


@mail
class AddressChanged(Message):
    kind = "address_changed"
    label = "Adresse professionnelle modifiée (correspondant)"
    subject = "L’adresse professionnelle de {employee_name} a changé"
    employee_name: EmployeeName
    employer_name: EmployerName
    before: Annotated[str, Mark("ancienne_adresse", "virginie@ancien.exemple", private=True, essential=True)]
    after: Annotated[str, Mark("nouvelle_adresse", "virginie@exemple.fr", private=True, essential=True)]
    by: ChangedBy
    list_url: EmployeesUrl


@mail
class AddressesChanged(Message):
    kind = "addresses_changed"
    label = "Adresses professionnelles modifiées (correspondant)"
    subject = "{employer_name} : des adresses professionnelles ont changé"
    employer_name: EmployerName
    count: Annotated[int, Mark("nombre", 23, essential=True)]
    changes: Annotated[
        str,
        Mark("changements", "Virginie Durand\xa0: virginie@ancien.exemple → virginie@exemple.fr", private=True),
    ]
    by: ChangedBy
    list_url: EmployeesUrl


@mail
class NotMe(Message):
    kind = "not_me"
    label = "Ne fait pas partie de l’entreprise (correspondant)"
    subject = "Une invitation est arrivée à la mauvaise personne"
    employee_name: EmployeeName
    employer_name: EmployerName
    list_url: EmployeesUrl


@mail
class NewLinkRequested(Message):
    kind = "new_link_requested"
    label = "Nouveau lien demandé (correspondant)"
    subject = "{employee_name} demande un nouveau lien d’activation"
    employee_name: EmployeeName
    employer_name: EmployerName
    list_url: EmployeesUrl


MemberName = Annotated[str, Mark("membre", "Alix Martin", essential=True)]


@mail
class AppointmentToConfirm(Message):
    kind = "appointment_to_confirm"
    label = "Nomination à confirmer (administrateur)"
    subject = "Une nomination attend votre accord"
    person_name: PersonName
    member_name: MemberName
    employer_name: EmployerName
    asked_by: Annotated[str, Mark("demandeur", "Paul Durand")]
    decide_url: Annotated[str, link("lien_nomination")]


@mail
class RightsChanged(Message):
    kind = "rights_changed"
    label = "Droits d’un membre du centre modifiés (administrateur)"
    subject = "Les droits de {member_name} ont changé"
    person_name: PersonName
    member_name: MemberName
    identifier: Annotated[str, Mark("identifiant", "alix.martin@mutuelle.exemple", essential=True)]
    before: Annotated[str, Mark("avant", "Gestionnaire")]
    after: Annotated[str, Mark("apres", "Gestionnaire, Responsable", essential=True)]
    changed_by: Annotated[str, Mark("auteur", "Paul Durand", essential=True)]


@mail
class IdentifierChanged(Message):
    kind = "identifier_changed"
    label = "Adresse du compte modifiée par le centre"
    subject = "L’adresse de votre compte a été modifiée"
    person_name: PersonName
    before: Annotated[str, Mark("avant", "alix@exemple.fr")]
    after: Annotated[str, Mark("apres", "alix.martin@exemple.fr", essential=True)]
    contact_email: ContactEmail


@mail
class AppointmentSettled(Message):
    kind = "appointment_settled"
    label = "Nomination décidée (membre du centre)"
    subject = "Nomination pour {employer_name} : {outcome}"
    person_name: PersonName
    member_name: MemberName
    employer_name: EmployerName
    outcome: Annotated[str, Mark("suite", "confirmée", essential=True)]
    settled_by: Annotated[str, Mark("decideur", "Paul Durand")]


@mail
class ColleagueInvitation(Message):
    kind = "colleague_invitation"
    label = "Invitation d’un collègue (correspondant)"
    subject = "{employer_name} vous invite à devenir correspondant"
    sensitive = True
    person_name: PersonName
    invited_by: Annotated[str, Mark("inviteur", "Nadia Benali", essential=True)]
    employer_name: EmployerName
    join_url: Annotated[str, link("lien_invitation")]
    expires_on: LastDay


@mail
class ColleagueInvitationExpired(Message):
    kind = "colleague_expired"
    label = "Invitation d’un collègue expirée (correspondant)"
    subject = "Une invitation à devenir correspondant a expiré"
    person_name: PersonName
    employer_name: EmployerName
    identifier: Annotated[str, Mark("identifiant", "nadia.benali@exemple.fr", essential=True)]
    list_url: EmployeesUrl


@mail
class CorrespondentJoined(Message):
    kind = "correspondent_joined"
    label = "Nouveau correspondant (correspondant)"
    subject = "{employer_name} a un nouveau correspondant"
    colleague_name: Annotated[str, Mark("collegue", "Nadia Benali", essential=True)]
    employer_name: EmployerName
    identifier: Annotated[str, Mark("identifiant", "nadia.benali@exemple.fr", essential=True)]
    list_url: EmployeesUrl


@mail
class ContractEnds(Message):
    kind = "contract_ends"
    label = "Fin du contrat d’assurance d’une entreprise (correspondant)"
    subject = "{employer_name} : le contrat d’assurance a pour dernier jour le {last_day:%d/%m/%Y}"
    employer_name: EmployerName
    last_day: Annotated[date, Mark("dernier_jour", date(2027, 1, 31), essential=True)]
    read_only_from: Annotated[date, Mark("lecture_seule", date(2027, 2, 1), essential=True)]
    evidence_url: Annotated[str, link("lien_preuves")]
