"""The register: each kind of thing kept, for how long, from when, why, and which job of the schedule forgets it.

The privacy page is this register. `tests/dispenses/keeping/test_register.py` compares it with the models, with the jobs
of CELERY_BEAT_SCHEDULE and with the settings, so that nothing is kept without a word.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from django.conf import settings

from accounts.services import colleagues, idempotency, invitations, own_address, passwords
from dispenses.contact.questions import QUESTIONS_KEPT
from dispenses.documents import reconciliation
from dispenses.keeping.journals import JOURNALS_KEPT
from dispenses.law.numbers import KEPT_FROM_END, KEPT_FROM_RECEIPT
from dispenses.request import bulk, drafts
from notifications import delivery
from notifications.webhooks import delivery as webhooks
from portal.lib.typography import NBSP


def _days(length: timedelta) -> str:
    return f"{length.days}{NBSP}jours"


def _hours(length: timedelta) -> str:
    return f"{length // timedelta(hours=1)}{NBSP}heures"


REQUESTS = "Vos demandes"
ACCOUNT = "Votre compte"
COMPANY = "Votre entreprise"
CENTRE = "Le centre de gestion"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One kind of thing. `length` says how long and from when; « {NAME} » in it is the setting of that name.

    `models`: labels of the rows. `jobs`: names in CELERY_BEAT_SCHEDULE of what forgets it; none for what goes with
    something else, or stays.
    """

    group: str
    what: str
    length: str
    why: str
    models: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The length as it is now."""
        return self.length.format(**{name: getattr(settings, name) for name in self.settings})


REGISTER: tuple[Kept, ...] = (
    Kept(
        group=REQUESTS,
        what="Demande envoyée\xa0: réponses, déclarations, justificatifs, échanges, historique, décision",
        length=f"{KEPT_FROM_RECEIPT}{NBSP}ans à partir de votre dernier envoi, et au moins jusqu’au 31{NBSP}décembre "
        f"de la {KEPT_FROM_END}e{NBSP}année qui suit la fin de la dispense, le refus ou l’annulation. "
        "Tant que la dispense dure, quand elle n’a pas de fin",
        why="Votre employeur doit pouvoir la présenter à l’URSSAF "
        "(Code de la sécurité sociale, articles L243-16 et L244-3)",
        models=(
            "dispenses.Dispense",
            "dispenses.Complement",
            "dispenses.ComplementReminder",
            "dispenses.Declaration",
            "dispenses.InternalNote",
            "dispenses.Justificatif",
            "dispenses.LegalHold",
            "dispenses.LifeStep",
            "dispenses.PendingDecision",
            "dispenses.PieceVerdict",
            "dispenses.QueueEntry",
            "dispenses.TimelineEvent",
            "dispenses.Forgetting",
            "dispenses.LeavingFile",
            "dispenses.TransferredDispense",
        ),
        jobs=("forget-evidence",),
    ),
    Kept(
        group=REQUESTS,
        what="Numéro, dates et issue d’une demande effacée, empreinte de son historique",
        length="Sans limite\xa0: ni votre nom, ni le motif, ni rien de ce que vous avez répondu n’y est",
        why="Dire qu’elle a existé et ce qu’elle est devenue",
        models=("dispenses.Tombstone",),
    ),
    Kept(
        group=REQUESTS,
        what="Brouillon jamais envoyé, et ses documents",
        length=f"{_days(drafts.DRAFT_LIFETIME)} après sa dernière modification\xa0; un e-mail vous prévient "
        f"{_days(drafts.DRAFT_NOTICE)} avant. {_days(drafts.ABANDONED_KEPT)} après son abandon",
        why="Vous laisser le temps de finir",
        jobs=("purge-drafts",),
    ),
    Kept(
        group=REQUESTS,
        what="Journal des consultations\xa0: qui a ouvert lequel de vos documents, et quand",
        length=f"{JOURNALS_KEPT}{NBSP}ans",
        why="Pouvoir répondre à qui demande qui a vu ses documents",
        models=("dispenses.Consultation",),
        jobs=("purge-journals",),
    ),
    Kept(
        group=REQUESTS,
        what="Nombre et taille des fichiers que vous envoyez",
        length="Une heure, effacés à l’envoi suivant",
        why="Qu’un seul compte ne remplisse pas notre espace",
        models=("dispenses.ReceivedUpload",),
    ),
    Kept(
        group=REQUESTS,
        what="Question posée par le formulaire de contact, message sur une demande, et leurs réponses",
        length=f"{QUESTIONS_KEPT}{NBSP}ans à partir de la question ou du message\xa0; sur une demande, pas plus "
        "qu’elle, et plus longtemps si une procédure la fait garder",
        why="Vous répondre, et retrouver ce qui a été dit",
        models=("dispenses.Question",),
        jobs=("purge-questions",),
    ),
    Kept(
        group=REQUESTS,
        what="Fichier resté seul après un envoi interrompu",
        length=_days(reconciliation.SET_APART),
        why="S’assurer qu’il n’est la preuve de rien",
        models=("dispenses.UnknownObject",),
        jobs=("reconcile-storage",),
    ),
    Kept(
        group=ACCOUNT,
        what="Compte jamais activé, et ses invitations",
        length=f"{_days(invitations.NEVER_ACTIVATED_KEPT)} après la fin du dernier lien d’activation",
        why="Votre employeur peut vous inviter à nouveau",
        models=("accounts.Invitation", "accounts.InvitationLink"),
        jobs=("purge-never-activated",),
    ),
    Kept(
        group=ACCOUNT,
        what="Compte activé\xa0: identité, adresses, matricule, embauche et contrat, second facteur, clés d’accès, "
        "identité dans votre organisation",
        length="Tant que votre entreprise vous déclare ou qu’une demande vous concerne, puis jusqu’à ce que vous en "
        "demandiez l’effacement",
        why="Vous reconnaître, et dire à qui appartient une demande",
        models=(
            "accounts.User",
            "accounts.Employee",
            "accounts.Authenticator",
            "accounts.AddressCode",
            "accounts.RecoveryCode",
            "accounts.Passkey",
            "accounts.Identity",
        ),
    ),
    Kept(
        group=ACCOUNT,
        what="Copie de vos données, faite à votre demande",
        length=f"{{PORTAL_DATA_DAYS}}{NBSP}jours",
        why="Vous laisser le temps de la télécharger",
        models=("dispenses.DataCopy",),
        jobs=("prepare-data-copies",),
        settings=("PORTAL_DATA_DAYS",),
    ),
    Kept(
        group=ACCOUNT,
        what="Accord pour les e-mails commerciaux, et sa date",
        length="Jusqu’à ce que vous le retiriez, dans «\xa0Mes données\xa0»",
        why="Votre consentement",
    ),
    Kept(
        group=ACCOUNT,
        what="Session ouverte, appareil reconnu",
        length="Jusqu’à la fin de la session, le jour même",
        why="Vous garder connecté, et vous montrer où votre compte est ouvert",
        models=("accounts.Session", "sessions.Session"),
        jobs=("purge-sessions",),
    ),
    Kept(
        group=ACCOUNT,
        what="Essais de mot de passe, demandes de clé d’accès",
        length="Quelques minutes à un jour",
        why="Arrêter qui cherche à deviner un mot de passe",
        models=("accounts.TryCount", "accounts.PasskeyChallenge"),
        jobs=("purge-tries", "purge-challenges"),
    ),
    Kept(
        group=ACCOUNT,
        what="Adresse e-mail que votre compte avait avant",
        length=f"{own_address.UNDO_DAYS}{NBSP}jours après son remplacement",
        why="Vous rendre votre compte si quelqu’un d’autre en a changé l’adresse",
        models=("accounts.FormerAddress",),
        jobs=("purge-addresses",),
    ),
    Kept(
        group=ACCOUNT,
        what="Demande d’un nouveau mot de passe",
        length=f"{passwords.KEPT_DAYS}{NBSP}jours",
        why="Limiter le nombre d’e-mails envoyés",
        models=("accounts.PasswordResetRequest",),
        jobs=("password-resets",),
    ),
    Kept(
        group=ACCOUNT,
        what="E-mails que nous vous envoyons",
        length=f"{_days(delivery.KEPT)}. Le texte qui porte un lien ou un code secret est effacé dès son départ",
        why="Savoir s’ils sont partis, et les renvoyer",
        models=("notifications.OutgoingEmail",),
        jobs=("purge-mails",),
    ),
    Kept(
        group=COMPANY,
        what="Fichier de salariés importé, ses lignes refusées et son aperçu",
        length=f"{{PORTAL_IMPORT_KEPT_DAYS}}{NBSP}jours\xa0; d’un import terminé restent le nom du fichier, la date "
        "et les chiffres, d’un import refusé ou abandonné rien",
        why="Corriger ce qui a été refusé",
        models=("accounts.ImportRun",),
        jobs=("purge-imports",),
        settings=("PORTAL_IMPORT_KEPT_DAYS",),
    ),
    Kept(
        group=COMPANY,
        what="Invitation d’un collègue restée sans réponse",
        length=f"Valable {{PORTAL_COLLEAGUE_INVITATION_DAYS}}{NBSP}jours, gardée {_days(colleagues.KEPT)} de plus",
        why="Savoir qui a été invité, et par qui",
        models=("accounts.ColleagueInvitation",),
        jobs=("expire-colleagues",),
        settings=("PORTAL_COLLEAGUE_INVITATION_DAYS",),
    ),
    Kept(
        group=COMPANY,
        what="Dossier de preuves préparé pour l’employeur",
        length=f"{{PORTAL_PACK_DAYS}}{NBSP}jours",
        why="Laisser le temps de le télécharger",
        jobs=("prepare-packs",),
        settings=("PORTAL_PACK_DAYS",),
    ),
    Kept(
        group=COMPANY,
        what="Journal des dossiers de preuves et des exports\xa0: qui les a demandés, qui les a pris, quand",
        length=f"{JOURNALS_KEPT}{NBSP}ans",
        why="Savoir où sont allées des données",
        models=("dispenses.EvidencePack", "dispenses.PackReading", "dispenses.ListExport"),
        jobs=("purge-journals",),
    ),
    Kept(
        group=COMPANY,
        what="Ce que la paie a su\xa0: matricule, établissement, départ, dispensé ou non, dates, groupe du motif",
        length=f"Le dernier état, autant que la fiche du salarié\xa0; les précédents, {JOURNALS_KEPT}{NBSP}ans",
        why="Que la paie ne reçoive que ce qui a changé, et puisse reprendre un fichier",
        models=("dispenses.PayrollChange", "dispenses.PayrollFile"),
        jobs=("purge-journals",),
    ),
    Kept(
        group=COMPANY,
        what="Messages envoyés aux logiciels de l’entreprise, et leurs réponses",
        length=f"{_days(webhooks.KEPT)}\xa0; {_hours(idempotency.KEPT)} pour la réponse à un appel",
        why="Les envoyer à nouveau s’ils se perdent",
        models=("notifications.OutgoingCall", "accounts.IdempotentRequest"),
        jobs=("purge-webhooks", "purge-idempotency"),
    ),
    Kept(
        group=COMPANY,
        what="Ce que les correspondants ont fait pour l’entreprise, et leurs relances",
        length="Autant que la fiche du salarié ou de l’entreprise",
        why="Savoir qui a déclaré, corrigé ou relancé",
        models=("accounts.CompanyEvent", "accounts.ReminderRun"),
    ),
    Kept(
        group=COMPANY,
        what="Entreprise, ses actes et leurs textes, transferts, correspondants et leurs accès, profils de paie",
        length="Tant que l’entreprise est adhérente et qu’une demande de ses salariés est gardée",
        why="Savoir quelle règle s’appliquait, et qui agit pour l’entreprise",
        models=(
            "accounts.Employer",
            "accounts.Acte",
            "accounts.Correspondent",
            "accounts.Appointment",
            "accounts.ApiToken",
            "dispenses.ActeText",
            "dispenses.Transfer",
            "dispenses.PayrollBook",
            "dispenses.PayrollProfile",
            "notifications.WebhookEndpoint",
        ),
    ),
    Kept(
        group=CENTRE,
        what="Décision prise sur plusieurs demandes à la fois",
        length=f"{_days(bulk.KEPT)}\xa0; chaque demande garde sa décision",
        why="Montrer ce qui a été fait",
        models=("dispenses.BulkRun", "dispenses.BulkLine"),
        jobs=("purge-bulk",),
    ),
    Kept(
        group=CENTRE,
        what="Présence d’un gestionnaire sur une page",
        length="Quelques minutes",
        why="Éviter que deux personnes traitent la même demande",
        models=("dispenses.Presence",),
        jobs=("purge-presence",),
    ),
    Kept(
        group=CENTRE,
        what="Vues et dernière visite d’un gestionnaire",
        length="Autant que son compte",
        why="Retrouver son travail",
        models=("dispenses.SavedView", "dispenses.DeskVisit"),
    ),
    Kept(
        group=CENTRE,
        what="Journal de l’administration\xa0: qui a changé un réglage, un compte ou un droit",
        length="Sans limite",
        why="Que personne ne puisse effacer la trace de ce qu’il a fait",
        models=("accounts.JournalEntry", "admin.LogEntry"),
    ),
    Kept(
        group=CENTRE,
        what="Chiffres par semaine, sans nom ni numéro",
        length="Sans limite",
        why="Suivre l’activité\xa0: ils ne disent rien de personne",
        models=("dispenses.WeeklyFigure", "dispenses.QueueDepth", "dispenses.EmployerRank"),
    ),
)

NOBODY_S: frozenset[str] = frozenset(
    {
        "auth.Group",
        "auth.Permission",
        "contenttypes.ContentType",
        "dispenses.Motif",
        "dispenses.RequiredJustificatif",
        "dispenses.StandardPhrase",
        "notifications.EmailText",
        "notifications.Heartbeat",
        "notifications.Maintenance",
        "notifications.Tally",
    }
)
"""Rows that say nothing of a person: what the portal is set to."""


def by_group() -> Iterator[tuple[str, list[Kept]]]:
    """The register as its page shows it."""
    for group, entries in groupby(REGISTER, key=lambda kept: kept.group):
        yield group, list(entries)
