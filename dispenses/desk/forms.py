"""What is typed on the page of a request, but for its decisions, whose forms are theirs."""

from django import forms

from dispenses.contact.forms import MOST
from portal.lib.fields import ParagraphsField


class NoteForm(forms.Form):
    """An internal note."""

    note = forms.CharField(
        label="Nouvelle note",
        help_text="Pour le centre seulement\xa0: ni le salarié ni l’employeur ne la voient. Elle ne s’efface pas.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Écrivez la note avant de l’ajouter"},
    )


class MessageForm(forms.Form):
    """A message to the employee about the request."""

    message = ParagraphsField(
        label="Message",
        help_text="Le salarié le lit dans son espace\xa0; l’e-mail n’en dit rien. "
        "Pour une pièce ou une précision qui manque, demandez plutôt un complément.",
        max_length=MOST,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": "Écrivez le message avant de l’envoyer",
            "max_length": f"Un message compte {MOST} caractères au plus\xa0: le message n’est pas parti",
            "null_characters_not_allowed": "Un caractère ne s’affiche pas\xa0: le message n’est pas parti",
        },
    )
