"""The decisions of the centre as forms. `seen` carries the instant of the status that the page showed."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms

from dispenses.enums import Judged
from dispenses.exceptions import TransitionRefused
from dispenses.models import Dispense
from dispenses.reading import PieceState
from dispenses.services.decisions import refuse_end

NBSP = "\xa0"
NOT_JUDGED = ("", "Pas d’avis")
Phrases = list[tuple[str, str]]


class DecisionForm(forms.Form):
    """Common to the decisions. `phrases`: standard ones as (key, text), ticked to be added to the text."""

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

    def ticked(self) -> list[str]:
        """The standard phrases chosen, whether or not the rest of the form is right."""
        chosen = self.data.getlist(self.add_prefix("phrases")) if hasattr(self.data, "getlist") else []
        return [self.offered[key] for key in chosen if key in self.offered]

    def composed(self) -> str:
        """What was typed, then what was ticked and is not in it yet."""
        typed = str(self.data.get(self.add_prefix(self.text_field), "")).replace("\r\n", "\n").strip()
        added = [line for line in self.lines() if line not in typed]
        return "\n".join(filter(None, [typed, *added]))

    def lines(self) -> list[str]:
        return self.ticked()


class ComplementForm(DecisionForm):
    """What is missing; a verdict and a reason for each document asked for."""

    message = forms.CharField(
        label="Ce qui manque",
        help_text="Le salarié lit ce texte tel quel, dans l’e-mail et son suivi\xa0: n’écrivez rien sur sa santé.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": f"Indiquez ce qui manque{NBSP}: le salarié le lira"},
    )
    text_field = "message"

    def __init__(self, *args: Any, pieces: Iterable[PieceState] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pieces = [piece for piece in pieces if piece.code]
        for piece in self.pieces:
            self.fields[f"avis_{piece.code}"] = forms.ChoiceField(
                label=piece.label,
                required=False,
                choices=[NOT_JUDGED, *Judged.choices],
                initial="" if piece.provided or not piece.required else Judged.MISSING.value,
            )
            self.fields[f"raison_{piece.code}"] = forms.CharField(
                label=f"Pourquoi à remplacer\xa0: {piece.label}",
                help_text="Demandé si le document est à remplacer. Le salarié le lit.",
                required=False,
                max_length=1000,
            )
        names = [f"{kind}_{piece.code}" for piece in self.pieces for kind in ("avis", "raison")]
        self.order_fields([*names, "phrases", "message"])

    def _typed(self, name: str) -> str:
        return str(self.data.get(self.add_prefix(name), "")).strip()

    def lines(self) -> list[str]:
        said = []
        for piece in self.pieces:
            verdict, reason = self._typed(f"avis_{piece.code}"), self._typed(f"raison_{piece.code}")
            if verdict == Judged.MISSING:
                said.append(f"Document manquant{NBSP}: {piece.label}.")
            elif verdict == Judged.REJECTED:
                said.append(f"Document à remplacer{NBSP}: {piece.label}. {reason}".strip())
        return [*said, *self.ticked()]

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
