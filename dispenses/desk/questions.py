"""The queue of questions asked from the contact form: those that wait first, each answered once, by mail."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from accounts.permissions import person
from dispenses.contact import questions
from dispenses.exceptions import TransitionRefused
from dispenses.models import Question


class Unsent(Exception):
    """An answer that did not leave, in words; what the page had begun to write is undone."""


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

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The question; posted once a colleague has answered, what was typed comes back beside the answer."""
        question = self.get_object(request, object_id)
        if request.method == "POST" and question and question.answered_at and self.has_change_permission(request):
            return self._answered_meanwhile(request, question, request.POST.get("answer", ""))
        return super().change_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Question, form: Any, change: bool) -> None:
        """Send the answer. Raises Unsent when it may not leave: a colleague was faster, or the reader is a party."""
        try:
            questions.answer(question=obj, user=person(request), text=form.cleaned_data["answer"])
        except TransitionRefused as refusal:
            raise Unsent(refusal) from refusal

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Unsent as refused:
            question = self.get_object(request, object_id or "")
            if question is None or question.answered_at is None:
                messages.error(request, str(refused))
                return redirect("admin:dispenses_question_changelist")
            return self._answered_meanwhile(request, question, request.POST.get("answer", ""))

    def response_change(self, request: HttpRequest, obj: Question) -> HttpResponse:
        messages.success(request, "Votre réponse est partie.")
        return redirect("admin:dispenses_question_changelist")

    def _answered_meanwhile(self, request: HttpRequest, question: Question, typed: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "title": "Un collègue a déjà répondu",
            "question": question,
            "typed": typed.strip(),
        }
        return TemplateResponse(request, "dispenses/desk/question_repondue.html", context, status=HTTPStatus.CONFLICT)
