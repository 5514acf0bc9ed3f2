"""The phrases that the centre writes again and again."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from dispenses.enums import PhraseKind
from portal.lib import placeholders

# What each mark becomes, by kind (dispenses.request.phrases gives the values). Never the motif: these texts are mailed.
COMMON_MARKS = {
    "prenom": "prénom du salarié",
    "nom": "nom du salarié",
    "entreprise": "raison sociale de l’employeur",
    "numero": "numéro de la demande",
}
DOCUMENT_MARK = {"document": "nom du document demandé"}
DATE_MARK = {"date": "date de fin de la dispense"}
MARKS: dict[str, dict[str, str]] = {
    PhraseKind.COMPLEMENT.value: COMMON_MARKS | DOCUMENT_MARK,
    PhraseKind.PIECE.value: COMMON_MARKS | DOCUMENT_MARK,
    PhraseKind.REFUSAL.value: COMMON_MARKS,
    PhraseKind.END_DATE.value: COMMON_MARKS | DATE_MARK,
    PhraseKind.REOPEN.value: COMMON_MARKS,
}


class StandardPhrase(models.Model):
    """A phrase offered to whoever examines a request; for every motif and document unless it names one."""

    kind = models.CharField("usage", max_length=12, choices=PhraseKind.choices)
    title = models.CharField("titre", max_length=80, help_text="Ce que lit la personne qui choisit la phrase.")
    text = models.TextField("texte", max_length=1000)
    motif = models.SlugField("motif", max_length=50, blank=True, help_text="Code du motif. Vide\xa0: tous.")
    piece = models.SlugField("document", max_length=50, blank=True, help_text="Code du document. Vide\xa0: tous.")
    position = models.PositiveSmallIntegerField("ordre", default=0)
    active = models.BooleanField("proposée", default=True)

    class Meta:
        verbose_name = "phrase type"
        verbose_name_plural = "phrases types"
        ordering: ClassVar[list[str]] = ["kind", "position", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["kind", "title"],
                name="phrase_title_once",
                violation_error_message="Une phrase de cet usage porte déjà ce titre.",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Raises ValidationError, at the text, for a mark that its kind does not know."""
        self.text = self.text.strip()
        if wrong := placeholders.problems(self.text, MARKS.get(self.kind, COMMON_MARKS)):
            raise ValidationError({"text": wrong})
