"""Ask the employee for what is missing, with a verdict on each document.

The text leaves by e-mail, which names no document: the verdicts are read in the portal.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from django import forms

from accounts.models import User
from dispenses.enums import Correction, Judged, PhraseKind
from dispenses.exceptions import Code, TransitionRefused
from dispenses.models import Complement, Dispense, Justificatif, StandardPhrase
from dispenses.request import contents, emails, phrases
from dispenses.request.contents import PieceState
from dispenses.request.decisions import complement_preview, verdicts
from dispenses.request.decisions.base import Decision
from dispenses.request.decisions.content import Content, labelled
from dispenses.request.decisions.form import DecisionForm
from dispenses.request.decisions.verdicts import Judgement

NOT_JUDGED = ("", "Pas d’avis")
# Why a file proves nothing, as a property of it; of one file, of several.
UNOPENED = (
    (
        "is_infected",
        ("contient un virus et n’a pas pu être ouvert", "contiennent un virus et n’ont pas pu être ouverts"),
    ),
    ("is_unreadable", ("est abîmé et n’a pas pu être lu", "sont abîmés et n’ont pas pu être lus")),
)
ONE_BY_ONE = "Ce qui est à joindre ou à remplacer est indiqué, document par document, dans votre espace."


@dataclass(frozen=True, kw_only=True)
class ComplementContent(Content):
    message: str = field(default="", metadata=labelled("Ce qui manque"))
    corrections: tuple[str, ...] = field(default=(), metadata=labelled(""))  # told by `words`
    judgements: tuple[Judgement, ...] = field(default=(), metadata=labelled(""))  # each under its document's name

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        judgements = tuple(Judgement(**one) for one in data.get("judgements", []))
        return super().read({**data, "judgements": judgements, "corrections": tuple(data.get("corrections", ()))})

    def words(self) -> list[tuple[str, str]]:
        opened = [Correction(one).label for one in self.corrections]
        may_correct = [("Le salarié peut corriger", ", ".join(opened))] if opened else []
        return super().words() + may_correct + [(one.label, one.words()) for one in self.judgements]


class ComplementForm(DecisionForm):
    """What is missing; a verdict and a reason for each document asked for."""

    message = forms.CharField(
        label="Ce qui manque",
        help_text="Le salarié lit ce texte tel quel, dans l’e-mail et son suivi\xa0: "
        "n’écrivez rien sur sa santé et ne nommez pas les documents.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Indiquez ce qui manque\xa0: le salarié le lira"},
    )
    corrections = forms.MultipleChoiceField(
        label="Le salarié peut aussi corriger",
        required=False,
        choices=Correction.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Cette correction n’existe pas"},
    )
    text_field = "message"
    content_class = ComplementContent

    def __init__(
        self,
        *args: Any,
        pieces: Iterable[PieceState] = (),
        reasons: Mapping[str, Sequence[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.reasons = reasons or {}
        self.pieces = [piece for piece in pieces if piece.code]
        for piece in self.pieces:
            self.fields |= _verdict_fields(piece)
        names = [f"{kind}_{piece.code}" for piece in self.pieces for kind in ("avis", "raison")]
        self.order_fields([*names, "corrections", "phrases", "message"])

    def judged(self) -> list[dict[str, Any]]:
        """The verdict and the reason of each document, with the reasons proposed, for the page."""
        return [
            {
                "verdict": self[f"avis_{piece.code}"],
                "reason": self[f"raison_{piece.code}"],
                "code": piece.code,
                "proposed": self.reasons.get(piece.code, ()),
            }
            for piece in self.pieces
        ]

    def plain_fields(self) -> list[forms.BoundField]:
        return [field for field in self if not field.name.startswith(("avis_", "raison_"))]

    def lines(self) -> list[str]:
        given = {self.data.get(self.add_prefix(f"avis_{piece.code}")) for piece in self.pieces}
        return [ONE_BY_ONE] if given & {Judged.REJECTED.value, Judged.MISSING.value} else []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        judgements = []
        for piece in self.pieces:
            verdict, reason = cleaned.pop(f"avis_{piece.code}", ""), cleaned.pop(f"raison_{piece.code}", "")
            kept = Judgement(piece.code, piece.label, verdict, reason if verdict == Judged.REJECTED else "")
            if kept.unexplained:
                self.add_error(f"raison_{piece.code}", unexplained(kept))
            if verdict:
                judgements.append(kept)
        return {**cleaned, "judgements": tuple(judgements), "corrections": tuple(cleaned.get("corrections", ()))}

    @classmethod
    def initial_of(cls, content: Content) -> dict[str, Any]:
        initial = super().initial_of(content)
        for one in initial.pop("judgements"):
            initial[f"avis_{one.piece}"], initial[f"raison_{one.piece}"] = one.verdict, one.reason
        return initial


def _verdict_fields(piece: PieceState) -> dict[str, forms.Field]:
    infected = unopened(piece.files)
    missing = Judged.MISSING.value if piece.required and not piece.files else ""
    verdict = forms.ChoiceField(
        label=piece.label,
        required=False,
        choices=[NOT_JUDGED, *Judged.choices],
        initial=Judged.REJECTED.value if infected else missing,
    )
    reason = forms.CharField(
        label=f"Pourquoi à remplacer\xa0: {piece.label}",
        help_text="Le salarié le lit dans son espace, pas dans l’e-mail.",
        initial=infected,
        required=False,
        max_length=1000,
        widget=forms.TextInput(attrs={"list": f"raisons-{piece.code}", "autocomplete": "off"}),
    )
    verdict.said_optional = reason.said_optional = True  # type: ignore[attr-defined]
    return {f"avis_{piece.code}": verdict, f"raison_{piece.code}": reason}


class ComplementMany(forms.Form):
    message = forms.CharField(
        label="Ce qui manque",
        error_messages={"required": "Indiquez ce qui manque\xa0: chaque salarié le lira"},
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Chaque salarié lit ce texte tel quel\xa0: n’écrivez rien sur sa santé.",
    )


class RequestComplement(Decision[ComplementContent]):
    name = "request_complement"
    label = "Demander un complément"
    button = "Demander le complément"
    done = "complément demandé"
    key = "C"
    phrase_kind = PhraseKind.COMPLEMENT
    text = "message"
    previews = True
    many = ComplementMany
    content = ComplementContent
    form_class = ComplementForm

    def about(self, dispense: Dispense, standard_phrases: Sequence[StandardPhrase]) -> dict[str, Any]:
        pieces = [piece for piece in contents.pieces(dispense, sent_only=True) if piece.required or piece.recommended]
        return {
            "pieces": pieces,
            "reasons": {piece.code: _reasons(standard_phrases, dispense, piece) for piece in pieces},
        }

    def proposed(self, dispense: Dispense, texts: list[tuple[StandardPhrase, str]]) -> dict[str, Any]:
        return {"message": complement_for(dispense.justificatifs.all())}

    def check(self, dispense: Dispense, content: ComplementContent) -> None:
        super().check(dispense, content)
        for judgement in content.judgements:
            if judgement.unexplained:
                raise TransitionRefused(
                    unexplained(judgement), code=Code.VERDICT_UNEXPLAINED, field=f"raison_{judgement.piece}"
                )

    def apply(self, dispense: Dispense, user: User, content: ComplementContent, at: datetime) -> None:
        message = content.message.strip()
        self.move(dispense, user, at, comment=message)
        complement = Complement.objects.create(
            dispense=dispense, message=message, asked_at=at, asked_by=user, corrections=list(content.corrections)
        )
        verdicts.write(dispense, content.judgements, user, at, complement)
        emails.complement_requested(dispense, complement)

    def preview(self, dispense: Dispense, user: User, content: ComplementContent) -> dict[str, Any]:
        return complement_preview.of(dispense, user, content.message.strip(), content.judgements)


def _reasons(standard_phrases: Sequence[StandardPhrase], dispense: Dispense, piece: PieceState) -> list[str]:
    """What is often said of that document when it is to be replaced."""
    said = [
        phrase for phrase in standard_phrases if phrase.kind == PhraseKind.PIECE and phrase.piece in ("", piece.code)
    ]
    return [phrases.written(phrase, dispense, document=piece.label) for phrase in said]


def unexplained(judgement: Judgement) -> str:
    return f"Indiquez pourquoi ce document est à remplacer\xa0: {judgement.label}"


def unopened(files: Iterable[Justificatif]) -> str:
    """What the employee reads in the portal of the files of a document that prove nothing; "" when all stand."""
    held = list(files)
    sentences = (
        _to_replace([f"«\xa0{file.name}\xa0»" for file in held if getattr(file, why)], *words)
        for why, words in UNOPENED
    )
    return " ".join(filter(None, sentences))


def _to_replace(names: list[str], one: str, many: str) -> str:
    if not names:
        return ""
    if len(names) == 1:
        return f"Le fichier {names[0]} {one}. Joignez-en une autre copie."
    return f"Les fichiers {', '.join(names)} {many}. Joignez-en une autre copie."


def complement_for(files: Iterable[Justificatif]) -> str:
    """The same in an e-mail, which names no file: their names may tell of one's health."""
    held = list(files)
    sentences = (_counted(sum(1 for file in held if getattr(file, why)), *words) for why, words in UNOPENED)
    return " ".join(filter(None, sentences))


def _counted(count: int, one: str, many: str) -> str:
    if not count:
        return ""
    if count == 1:
        return f"Un fichier reçu {one}. Joignez-en une autre copie."
    return f"{count} fichiers reçus {many}. Joignez-en une autre copie."
