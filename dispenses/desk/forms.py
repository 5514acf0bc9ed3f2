"""The decisions of the centre as forms. `seen` carries the instant of the status that the page showed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict

from dispenses.desk.documents import unopened
from dispenses.enums import Judged
from dispenses.exceptions import TransitionRefused
from dispenses.models import Dispense
from dispenses.request.contents import PieceState
from dispenses.request.decisions import refuse_end

NBSP = "\xa0"
NOT_JUDGED = ("", "Pas d’avis")
ONE_BY_ONE = "Ce qui est à joindre ou à remplacer est indiqué, document par document, dans votre espace."
Phrases = list[tuple[str, str]]


class DecisionForm(forms.Form):
    """Common to the decisions. `phrases`: standard ones as (key, text); those that are ticked join the text posted."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=40)
    text_field = ""

    def __init__(self, *args: Any, phrases: Phrases | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = dict(phrases or [])
        if phrases and self.text_field:
            self.fields["phrases"] = forms.MultipleChoiceField(
                label="Phrases types à ajouter au texte",
                required=False,
                choices=phrases,
                widget=forms.CheckboxSelectMultiple,
                error_messages={"invalid_choice": "Cette phrase n’est plus proposée"},
            )
            self.order_fields(["phrases"])

    def compose(self) -> None:
        """Complete the text that was posted with what was ticked, which is ticked no more."""
        if not isinstance(self.data, QueryDict):
            return
        data, name, ticks = self.data.copy(), self.add_prefix(self.text_field), self.add_prefix("phrases")
        typed = data.get(name, "").replace("\r\n", "\n").strip()
        chosen = data.getlist(ticks)
        lines = [*self.lines(), *(self.offered[key] for key in chosen if key in self.offered)]
        data[name] = "\n".join(filter(None, [typed, *(line for line in lines if line not in typed)]))
        data.setlist(ticks, [key for key in chosen if key not in self.offered])
        self.data = data

    def plain_fields(self) -> list[forms.BoundField]:
        """The fields that the page shows one below the other."""
        return list(self)

    def lines(self) -> list[str]:
        """What the rest of the form adds to the text."""
        return []


class ComplementForm(DecisionForm):
    """What is missing; a verdict and a reason for each document asked for.

    The text leaves by e-mail, which names no document: the verdicts are read in the portal.
    """

    message = forms.CharField(
        label="Ce qui manque",
        help_text="Le salarié lit ce texte tel quel, dans l’e-mail et son suivi\xa0: "
        "n’écrivez rien sur sa santé et ne nommez pas les documents.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": f"Indiquez ce qui manque{NBSP}: le salarié le lira"},
    )
    text_field = "message"

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
            infected = unopened(piece.files)
            verdict = forms.ChoiceField(
                label=piece.label,
                required=False,
                choices=[NOT_JUDGED, *Judged.choices],
                initial=Judged.REJECTED.value
                if infected
                else Judged.MISSING.value
                if piece.required and not piece.files
                else "",
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
            self.fields[f"avis_{piece.code}"], self.fields[f"raison_{piece.code}"] = verdict, reason
        names = [f"{kind}_{piece.code}" for piece in self.pieces for kind in ("avis", "raison")]
        self.order_fields([*names, "phrases", "message"])

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
            if verdict == Judged.REJECTED and not reason:
                self.add_error(
                    f"raison_{piece.code}", f"Indiquez pourquoi ce document est à remplacer{NBSP}: {piece.label}"
                )
            if verdict:
                judgements.append(
                    {
                        "piece": piece.code,
                        "label": piece.label,
                        "verdict": verdict,
                        "reason": reason if verdict == Judged.REJECTED else "",
                    }
                )
        return {**cleaned, "judgements": judgements}


class AcceptForm(DecisionForm):
    """The end of the dispense is the rule's unless another is given with its reason."""

    ends_on = forms.DateField(
        label="Dispense valable jusqu’au",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        help_text="Une autre date que celle de la règle demande une raison. Vide\xa0: la date de la règle.",
        error_messages={"invalid": "Écrivez la date de fin sous la forme jj/mm/aaaa"},
    )
    end_why = forms.CharField(
        label="Pourquoi cette autre date de fin",
        required=False,
        max_length=1000,
        help_text="Visible du salarié dans son suivi.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    comment = forms.CharField(
        label="Commentaire",
        help_text="Visible du salarié dans son suivi.",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    text_field = "end_why"

    def __init__(self, *args: Any, dispense: Dispense | None = None, rule: date | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dispense, self.rule = dispense, rule
        self.fields["ends_on"].initial = rule
        self.order_fields(["ends_on", "phrases", "end_why", "comment"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        until = cleaned.get("ends_on")
        if cleaned.get("end_why") and "ends_on" in cleaned and until in (None, self.rule):
            self.add_error(
                "ends_on", "Cette raison explique une autre date de fin\xa0: indiquez-la ou effacez la raison"
            )
        if until and until != self.rule and self.dispense:
            try:
                refuse_end(self.dispense, until, cleaned.get("end_why", ""))
            except TransitionRefused as refusal:
                self.add_error("end_why" if "indiquez pourquoi" in str(refusal) else "ends_on", str(refusal))
        return cleaned


class RefuseForm(DecisionForm):
    """A reason, the rule it rests on and, when the motif is de droit, a confirmation."""

    reason = forms.CharField(
        label="Raison du refus",
        help_text="Le salarié lit ce texte tel quel dans son suivi.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": f"Indiquez la raison du refus{NBSP}: le salarié la lira"},
    )
    rule = forms.CharField(
        label="Règle invoquée",
        help_text="L’article ou la clause de l’acte, par exemple «\xa0R242-1-6, 2° a\xa0».",
        max_length=200,
        widget=forms.TextInput(attrs={"list": "regles-du-refus", "autocomplete": "off"}),
        error_messages={"required": "Indiquez la règle sur laquelle le refus se fonde"},
    )
    text_field = "reason"

    def __init__(self, *args: Any, de_droit: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if de_droit:
            self.fields["de_droit"] = forms.BooleanField(
                label="Je confirme que ce refus d’un motif de droit se fonde sur la loi ou sur une preuve absente",
                error_messages={"required": "Ce motif est de droit\xa0: cochez la confirmation pour refuser"},
            )


class ReopenForm(DecisionForm):
    reason = forms.CharField(
        label="Raison de la réouverture",
        help_text="Le salarié lit ce texte tel quel dans son suivi. La décision prise reste dans l’historique.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": f"Indiquez la raison de la réouverture{NBSP}: le salarié la lira"},
    )
    text_field = "reason"


class NoteForm(forms.Form):
    """An internal note."""

    note = forms.CharField(
        label="Nouvelle note",
        help_text="Pour le centre seulement\xa0: ni le salarié ni l’employeur ne la voient. Elle ne s’efface pas.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Écrivez la note avant de l’ajouter"},
    )


FORMS: dict[str, type[DecisionForm]] = {
    "request_complement": ComplementForm,
    "accept": AcceptForm,
    "refuse": RefuseForm,
    "reopen": ReopenForm,
}
