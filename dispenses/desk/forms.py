"""The three decisions of the centre. `seen` carries the instant of the status that the page showed."""

from django import forms

NBSP = "\xa0"


class DecisionForm(forms.Form):
    """Common to the three decisions."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=40)


class ComplementForm(DecisionForm):
    message = forms.CharField(
        label="Ce qui manque",
        help_text="Le salarié lit ce texte tel quel, dans l’e-mail et son suivi\xa0: n’écrivez rien sur sa santé.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": f"Indiquez ce qui manque{NBSP}: le salarié le lira"},
    )


class AcceptForm(DecisionForm):
    comment = forms.CharField(
        label="Commentaire",
        help_text="Visible du salarié dans son suivi.",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RefuseForm(DecisionForm):
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
        error_messages={"required": "Indiquez la règle sur laquelle le refus se fonde"},
    )


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
}
