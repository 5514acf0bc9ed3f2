"""What is typed on the page of a request, but for its decisions, whose forms are theirs."""

from django import forms


class NoteForm(forms.Form):
    """An internal note."""

    note = forms.CharField(
        label="Nouvelle note",
        help_text="Pour le centre seulement\xa0: ni le salarié ni l’employeur ne la voient. Elle ne s’efface pas.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Écrivez la note avant de l’ajouter"},
    )
