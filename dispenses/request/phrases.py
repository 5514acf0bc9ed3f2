"""Standard phrases: which are offered, what their marks become for one request, and those of the first day."""

from datetime import date

from django.db.models import Q, QuerySet

from dispenses.enums import PhraseKind
from dispenses.law.codes import MotifCode
from dispenses.models import Dispense, StandardPhrase
from portal.lib import placeholders


def offered(motif: str) -> QuerySet[StandardPhrase]:
    """Active phrases of a motif's code, those of every motif and its own; those of one document if about documents."""
    about = Q(piece="") | Q(kind=PhraseKind.PIECE.value)
    return StandardPhrase.objects.filter(about, Q(motif="") | Q(motif=motif), active=True)


def values(dispense: Dispense, *, document: str = "", until: date | None = None) -> dict[str, str]:
    """What every mark becomes for this request; `document` is the label of the document spoken of, `until` an end."""
    return {
        "prenom": dispense.employee.first_name,
        "nom": dispense.employee.last_name,
        "entreprise": dispense.employee.employer.name,
        "numero": str(dispense.number),
        "document": document or "le document demandé",
        "date": f"{until:%d/%m/%Y}" if until else "jour indiqué",  # after « le », « au », « du »
    }


def written(phrase: StandardPhrase, dispense: Dispense, *, document: str = "", until: date | None = None) -> str:
    """The phrase's text for this request. A mark that nobody knows (a row written by hand) is left as it is."""
    known = values(dispense, document=document, until=until)
    unknown = {name: f"{{{name}}}" for name in placeholders.marks(phrase.text)}
    return placeholders.fill(phrase.text, unknown | known)


FIRST: tuple[tuple[PhraseKind, str, str, str], ...] = (
    (
        PhraseKind.COMPLEMENT,
        "Document manquant",
        "Il manque un document à votre dossier. Joignez-le, puis renvoyez votre demande\xa0: "
        "les réponses déjà données sont conservées.",
        "",
    ),
    (
        PhraseKind.COMPLEMENT,
        "Document illisible",
        "Un document reçu est illisible. Photographiez-le à plat et en pleine lumière, les quatre coins visibles, "
        "ou joignez le PDF d’origine.",
        "",
    ),
    (
        PhraseKind.COMPLEMENT,
        "Votre nom n’apparaît pas",
        "Un document reçu ne porte pas votre nom. Joignez une attestation qui vous cite, {prenom} {nom}, "
        "parmi les bénéficiaires.",
        "",
    ),
    (
        PhraseKind.COMPLEMENT,
        "Document trop ancien",
        "Un document reçu porte sur une période passée. Joignez celui de l’année en cours.",
        "",
    ),
    (
        PhraseKind.COMPLEMENT,
        "Document incomplet",
        "Une partie d’un document manque. Joignez toutes ses pages, recto et verso.",
        "",
    ),
    (
        PhraseKind.COMPLEMENT,
        "Dates différentes",
        "Les dates que vous avez indiquées ne sont pas celles d’un document reçu. Corrigez vos réponses ou joignez "
        "le bon document.",
        "",
    ),
    (
        PhraseKind.PIECE,
        "Contrat obligatoire non précisé",
        "L’attestation ne précise pas que la couverture est collective et obligatoire. Demandez à l’organisme "
        "ou à l’employeur de votre conjoint une attestation qui le mentionne.",
        MotifCode.CONJOINT.value,
    ),
    (PhraseKind.PIECE, "Illisible", "Le document est illisible.", ""),
    (PhraseKind.PIECE, "Ne cite pas le salarié", "Le document ne cite pas {prenom} {nom}.", ""),
    (PhraseKind.PIECE, "Période passée", "Le document porte sur une période passée.", ""),
    (PhraseKind.PIECE, "Autre document", "Ce n’est pas le document demandé («\xa0{document}\xa0»).", ""),
    (
        PhraseKind.REFUSAL,
        "Contrat individuel",
        "La couverture dont vous justifiez est individuelle, alors que le cas invoqué suppose une couverture "
        "collective et obligatoire. Votre adhésion au contrat de {entreprise} est donc maintenue.",
        MotifCode.CONJOINT.value,
    ),
    (
        PhraseKind.REFUSAL,
        "Demandée trop tard",
        "Ce cas s’invoque à l’embauche ou à la mise en place de la couverture, et ce moment est passé. Votre adhésion "
        "au contrat de {entreprise} est donc maintenue.",
        MotifCode.INDIVIDUELLE.value,
    ),
    (
        PhraseKind.REFUSAL,
        "Cas non prévu par l’acte",
        "L’acte qui met en place la couverture chez {entreprise} ne prévoit pas ce cas de dispense. Votre adhésion "
        "est donc maintenue.",
        "",
    ),
    (
        PhraseKind.REFUSAL,
        "Complément jamais reçu",
        "Le document demandé ne nous est pas parvenu malgré nos rappels. Vous pouvez déposer une nouvelle demande, "
        "complète, à tout moment où la loi l’ouvre.",
        "",
    ),
    (
        PhraseKind.END_DATE,
        "Échéance du document",
        "La fin retenue, le {date}, est celle qui est inscrite sur le document reçu.",
        "",
    ),
    (
        PhraseKind.END_DATE,
        "Fin du contrat de travail",
        "La fin retenue, le {date}, est celle du contrat de travail.",
        "",
    ),
    (PhraseKind.REOPEN, "Erreur du centre", "La décision reposait sur une erreur de lecture de notre part.", ""),
    (PhraseKind.REOPEN, "Pièce nouvelle", "Un document reçu depuis change l’examen de la demande N°{numero}.", ""),
)


def load() -> int:
    """Give an empty database the phrases of the first day; the centre's own are never touched. Returns how many."""
    if StandardPhrase.objects.exists():
        return 0
    rows = [
        StandardPhrase(kind=kind, title=title, text=text, motif=motif, position=position)
        for position, (kind, title, text, motif) in enumerate(FIRST)
    ]
    return len(StandardPhrase.objects.bulk_create(rows))
