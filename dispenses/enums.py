from django.db import models


class MotifFamily(models.TextChoices):
    """First level of the choice of a motif; a family with several open motifs is nested."""

    COUVERT = "couvert_par_ailleurs", "Par un autre contrat collectif"
    INDIVIDUELLE = "individuelle", "Par une assurance individuelle à l’embauche"
    SOLIDAIRE = "solidaire", "Par la Complémentaire santé solidaire"
    CDD = "cdd", "CDD ou apprentissage"
    TEMPS_PARTIEL = "temps_partiel", "Temps partiel ou apprentissage"
    CONTRAT_COURT = "contrat_court", "CDD ou mission de courte durée"
    PRESENT = "present", "Présent avant la mise en place de la couverture"


class Opening(models.TextChoices):
    DROIT = "droit", "De droit"
    ACTE = "acte", "Ouvert par l’acte de l’employeur"


class EndRule(models.TextChoices):
    """Where the date on which a dispense ends comes from."""

    COVERED_UNTIL = "covered_until", "Fin de la couverture déclarée"
    CONTRACT_END = "contract_end", "Fin du contrat de travail"
    OPEN = "open", "Pas de date connue d’avance"


class Yearly(models.TextChoices):
    """What asks that a dispense be confirmed each year, if anything does."""

    NONE = "none", "Rien"
    PRUDENCE = "prudence", "La prudence de l’assureur"
    LAW = "law", "La loi"


class YearlyPolicy(models.TextChoices):
    """What is asked of the employee each year, for a motif that is to be confirmed."""

    NOTHING = "nothing", "Rien"
    UNCHANGED = "unchanged", "«\xa0Rien n’a changé\xa0», signé à nouveau"
    DOCUMENT = "document", "Un nouveau document"


class EndCause(models.TextChoices):
    """Why the last day of a dispense is what it is."""

    RULE = "rule", "Fin prévue par le motif"
    REPLACED = "replaced", "Nouvelle dispense accordée"
    SITUATION = "situation", "Changement de situation"
    GIVEN_UP = "given_up", "Renonciation à la dispense"
    DEPARTURE = "departure", "Fin du contrat de travail"
    CONTRACT = "contract", "Changement de contrat"
    UNCONFIRMED = "unconfirmed", "Absence de confirmation annuelle"


class ScanStatus(models.TextChoices):
    """Where the antivirus stands with a justificatif."""

    PENDING = "pending", "Analyse antivirus en cours"
    CLEAN = "clean", "Aucun virus trouvé"
    INFECTED = "infected", "Contient un virus"
    FAILED = "failed", "Analyse antivirus impossible"
    DISABLED = "disabled", "Antivirus désactivé"


class PreviewStatus(models.TextChoices):
    PENDING = "pending", "Aperçu en préparation"
    READY = "ready", "Aperçu prêt"
    FAILED = "failed", "Aperçu impossible"


class PhraseKind(models.TextChoices):
    """Where the centre uses a standard phrase."""

    COMPLEMENT = "complement", "Demande de complément"
    PIECE = "piece", "Document écarté : pourquoi"
    REFUSAL = "refusal", "Refus"
    END_DATE = "end_date", "Date de fin modifiée : pourquoi"
    REOPEN = "reopen", "Réouverture : pourquoi"


class Judged(models.TextChoices):
    """What the centre says of one document asked for."""

    ACCEPTED = "accepted", "Accepté"
    REJECTED = "rejected", "À remplacer"
    MISSING = "missing", "À joindre"


class Pending(models.TextChoices):
    """Where a decision stands between the moment it is taken and the end of its undo window."""

    WAITING = "waiting", "En attente d’effet"
    DONE = "done", "A pris effet"
    UNDONE = "undone", "Annulée par le centre"
    VOID = "void", "Sans effet"


class Reading(models.TextChoices):
    """How a document, or the page of the employee, was read."""

    PAGES = "pages", "Aperçu"
    COPY = "copy", "Copie"
    ORIGINAL = "original", "Original"
    PAGE = "page", "Page du salarié"


class PackStatus(models.TextChoices):
    """Where a pack of evidence stands."""

    QUEUED = "queued", "Demandé"
    PREPARING = "preparing", "En préparation"
    READY = "ready", "Prêt"
    FAILED = "failed", "Échec"
    EXPIRED = "expired", "Expiré"


class CopyStatus(models.TextChoices):
    """Where the copy of a person's data stands."""

    QUEUED = "queued", "En préparation"
    READY = "ready", "Prête"
    FAILED = "failed", "Échec"


class PackStep(models.TextChoices):
    """What the preparation of a pack has to do next."""

    EMPLOYEES = "employees", "Dispenses à écrire"
    END = "end", "Listes et sceau à écrire"
    JOIN = "join", "Morceaux à assembler"
    DONE = "done", "Rien"


class Lack(models.TextChoices):
    """What a granted dispense lacks in front of an inspector."""

    DECLARATION = "declaration", "Déclaration signée absente"
    PIECE = "piece", "Justificatif demandé absent"
    YEARLY = "yearly", "Preuve annuelle non renouvelée"
    NOT_OPENED = "not_opened", "Motif que l’acte n’ouvre pas"
    PAST_END = "past_end", "Dispense en cours après sa date de fin"
    END_CANCELLED = "end_cancelled", "Fin annulée\xa0: dispense tenue pour finie pendant un temps"
    NO_ACTE = "no_acte", "Aucun acte en vigueur à la date de la déclaration"
    FILE_LOST = "file_lost", "Fichier introuvable ou altéré"
    FILE_INFECTED = "file_infected", "Fichier mis à l’écart (virus)"
    FILE_NOT_SCANNED = "file_not_scanned", "Fichier sans verdict de l’antivirus"
    NOT_SHOWN_AFFILIATED = "not_affiliated", "Dispense finie\xa0: affiliation à vérifier"


class PayrollForm(models.TextChoices):
    """Of which kind a file for payroll is."""

    CSV = "csv", "Fichier texte (CSV)"
    XLSX = "xlsx", "Classeur (XLSX)"


class PayrollSeparator(models.TextChoices):
    """What stands between two cells of a line."""

    SEMICOLON = "semicolon", "Point-virgule"
    COMMA = "comma", "Virgule"
    TAB = "tab", "Tabulation"
    PIPE = "pipe", "Barre verticale"


class PayrollEncoding(models.TextChoices):
    """How the letters of a text file are written."""

    UTF8_MARKED = "utf8_marked", "UTF-8, avec sa marque (tableurs)"
    UTF8 = "utf8", "UTF-8, sans marque"
    WINDOWS = "windows", "Windows-1252 (logiciels anciens)"


class PayrollDates(models.TextChoices):
    """How a day is written."""

    FRENCH = "french", "31/12/2027"
    ISO = "iso", "2027-12-31"
    DIGITS_FRENCH = "digits_french", "31122027"
    DIGITS = "digits", "20271231"


class Correction(models.TextChoices):
    """What the employee may correct of a request already sent, when a complement opens it."""

    IDENTITY = "identity", "Son matricule et sa date d’embauche"
    MOTIF = "motif", "Son motif"


class Turn(models.TextChoices):
    """What a document is once a complement came back."""

    NEW = "new", "Nouveau"
    SAME = "same", "Inchangé"
    FORMER = "former", "Remplacé"


class Asker(models.TextChoices):
    """Who asks the centre a question."""

    EMPLOYEE = "employee", "Salarié"
    CORRESPONDENT = "correspondent", "Correspondant"
    VISITOR = "visitor", "Sans compte"


class Subject(models.TextChoices):
    """What a question of the contact form is about."""

    REQUEST = "request", "Ma demande de dispense"
    DOCUMENT = "document", "Un document à joindre"
    JOINING = "joining", "Mon adhésion ou ma cotisation"
    RIGHT = "right", "Puis-je être dispensé\xa0?"
    EMPLOYEES = "employees", "Mes salariés et leurs invitations"
    EVIDENCE = "evidence", "Les preuves, la paie, l’API"
    LINK = "link", "Mon lien d’activation"
    ACCOUNT = "account", "Mon compte ou ma connexion"
    DATA = "data", "Mes données personnelles"
    OTHER = "other", "Autre chose"
