"""The queue of questions asked from the contact form: those that wait first, each answered once, by mail."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import HttpRequest

from accounts.permissions import person
from dispenses.contact import questions
from dispenses.exceptions import TransitionRefused
from dispenses.models import Question


class Answered(admin.SimpleListFilter):
    title = "réponse"
    parameter_name = "reponse"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("attendue", "Attendue"), ("donnee", "Donnée")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Question]) -> QuerySet[Question]:
        if self.value() in {"attendue", "donnee"}:
            return queryset.filter(answered_at__isnull=self.value() == "attendue")
        return queryset


@admin.register(Question)
class QuestionAdmin(admin.ModelAdmin[Question]):
    """Only the answer is written, once: saving sends it."""

    list_display = ("asked_at", "subject", "asker", "name", "number", "answered_at")
    list_filter = (Answered,)
    fields = ("subject", "asker", "name", "email", "number", "asked_at", "text", "answer", "answered_at", "answered_by")
    list_select_related = False
    save_as = False

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["gestion-desk.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Question]:
        """The oldest that waits first, then what was answered last; never what the reader is a party to."""
        waiting = F("answered_at").desc(nulls_first=True)
        return questions.open_to(person(request)).order_by(waiting, "asked_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Question | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Question | None = None) -> bool:
        """Of one answered already, nothing is written any more."""
        return super().has_change_permission(request, obj) and (obj is None or obj.answered_at is None)

    def get_readonly_fields(self, request: HttpRequest, obj: Question | None = None) -> tuple[str, ...]:
        return tuple(name for name in self.fields if name != "answer")

    def get_form(self, request: HttpRequest, obj: Question | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if field := form.base_fields.get("answer"):
            field.required = True
            field.help_text = (
                "Part par e-mail dès l’enregistrement, telle quelle\xa0; sur une demande, elle attend la personne "
                "dans son espace et un e-mail la prévient. N’y écrivez rien sur la santé."
            )
            field.error_messages["required"] = "Écrivez la réponse"
        return form

    def save_model(self, request: HttpRequest, obj: Question, form: Any, change: bool) -> None:
        """Send the answer; nothing is sent when a colleague was faster."""
        try:
            questions.answer(question=obj, user=person(request), text=form.cleaned_data["answer"])
        except TransitionRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "Votre réponse est partie.")
