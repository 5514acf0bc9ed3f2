"""Wordings of the mails: one line a kind, a page to write and try one, its versions."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from notifications import wording
from notifications.messages import Message, declared, message_of
from notifications.models import EmailText
from notifications.originals import original
from notifications.rendering import render, render_wording
from notifications.wording import Wording
from portal.lib import numbers, placeholders
from portal.lib.read_only import ReadOnly

# A mail carries its style in attributes, as mail readers want it; nothing else of it may do anything.
MAIL_CSP = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


class WordingForm(forms.Form):
    """The three texts of a mail, judged together with the marks of its kind."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=20)
    subject = forms.CharField(
        label="Objet", max_length=150, error_messages={"required": "Écrivez un objet"}, widget=forms.TextInput()
    )
    body = forms.CharField(
        label="Texte",
        max_length=5000,
        help_text="Une ligne vide sépare deux paragraphes. La signature et les coordonnées s’ajoutent seules.",
        widget=forms.Textarea(attrs={"rows": 14}),
        error_messages={"required": "Écrivez le texte du message"},
    )
    button = forms.CharField(
        label="Libellé du bouton",
        max_length=60,
        help_text="Le bouton et son adresse en clair sont toujours dans le message.",
        error_messages={"required": "Écrivez le libellé du bouton"},
    )

    def __init__(self, *args: Any, message: type[Message], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.message = message
        if not wording.button_field(message):
            del self.fields["button"]

    def wording(self) -> Wording:
        """What was typed, once valid."""
        data = self.cleaned_data
        return Wording(data["subject"], data["body"], data.get("button", ""))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        typed = Wording(data.get("subject", ""), data.get("body", ""), data.get("button", ""))
        for part, found in wording.problems(self.message, typed).items():
            if part in data:  # an empty part is told already
                self.add_error(part, found)
        return data


@admin.register(EmailText)
class EmailTextAdmin(ReadOnly, admin.ModelAdmin[EmailText]):
    """Versions are written once: the pages are ours, Django's only show the history."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("message/<slug:kind>/", wrap(self.wording_view), name="notifications_emailtext_message"),
            path("message/<slug:kind>/origine/", wrap(self.origin_view), name="notifications_emailtext_origine"),
            path("message/<slug:kind>/essai/<slug:form>/", wrap(self.trial_view), name="notifications_emailtext_essai"),
        ]
        return [*own, *super().get_urls()]

    # Rights

    def _message(self, request: HttpRequest, kind: str, *, writing: bool) -> type[Message]:
        """The kind of mail, for who may read or write its wording. Raises Http404 for a kind that does not exist."""
        may_read = self.has_view_permission(request)
        if not may_read or (writing and not self.may_write(request)):
            raise PermissionDenied
        try:
            return message_of(kind)
        except KeyError as error:
            raise Http404 from error

    def may_write(self, request: HttpRequest) -> bool:
        """Whether the reader may change wordings."""
        return request.user.has_perm("notifications.change_emailtext")

    # Pages

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Every kind of mail, its subject, whether its wording is the default one."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        wording.forget()
        lines = [_line(message) for message in declared()]
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": "Textes des e-mails"}
        return TemplateResponse(request, "admin/notifications/emailtext/liste.html", {**context, "lines": lines})

    def wording_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Write the wording of a kind of mail; `?version=` begins from a former one."""
        message = self._message(request, kind, writing=request.method == "POST")
        wording.forget()
        current = wording.current(kind)
        seen = str(current.pk) if current else ""
        form = WordingForm(
            request.POST if request.method == "POST" else None,
            message=message,
            initial={"seen": seen, **vars(self._begin(request, message, current))},
        )
        if form.is_bound and form.is_valid():
            if self._store(request, kind, form):
                messages.success(request, "Le texte est enregistré. Les prochains messages le reprennent.")
                return redirect("admin:notifications_emailtext_message", kind)
            form.add_error(None, "Ce texte a changé entre-temps. Relisez les versions ci-dessous, puis enregistrez.")
            form.data = {**request.POST.dict(), "seen": seen}
        return self._page(request, message, form, current)

    def _begin(self, request: HttpRequest, message: type[Message], current: EmailText | None) -> Wording:
        if asked := numbers.key(request.GET.get("version", "")):
            former = EmailText.objects.filter(kind=message.kind, pk=asked, original=False).first()
            if former:
                return wording.wording_of(former)
        return wording.wording_of(current) if current else original(message)

    def _store(self, request: HttpRequest, kind: str, form: WordingForm) -> bool:
        """Write a version down, unless another one came since the page was read."""
        with transaction.atomic():
            last = EmailText.objects.select_for_update().filter(kind=kind).order_by("-pk").first()
            now = str(last.pk) if last and not last.original else ""
            if form.cleaned_data["seen"] != now:
                return False
            texts = vars(form.wording())
            row = EmailText.objects.create(kind=kind, written_by=str(request.user), **texts)
            self.log_addition(request, row, "Texte modifié")
        wording.forget()
        return True

    def _page(
        self, request: HttpRequest, message: type[Message], form: WordingForm, current: EmailText | None
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": message.label,
            "kind": message.kind,
            "form": form,
            "current": current,
            "broken": current is not None and bool(wording.problems(message, wording.wording_of(current))),
            "may_write": self.may_write(request),
            "marks": _marks(message),
            "versions": list(EmailText.objects.filter(kind=message.kind).order_by("-pk")[:50]),
        }
        return TemplateResponse(request, "admin/notifications/emailtext/message.html", context)

    def origin_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Back to the default wording (POST)."""
        message = self._message(request, kind, writing=True)
        if request.method == "POST" and EmailText.objects.filter(kind=kind).exists():
            row = EmailText.objects.create(kind=message.kind, original=True, written_by=str(request.user))
            self.log_addition(request, row, "Retour au texte d’origine")
            wording.forget()
            messages.success(request, "Le texte d’origine est de nouveau envoyé.")
        return redirect("admin:notifications_emailtext_message", kind)

    def trial_view(self, request: HttpRequest, kind: str, form: str) -> HttpResponse:
        """The mail with believable values, as HTML or text: what is sent now (GET), or what was just typed (POST)."""
        message = self._message(request, kind, writing=request.method == "POST")
        if form not in {"html", "texte"}:
            raise Http404
        example = wording.sample(message)
        if request.method == "POST":
            typed = WordingForm(request.POST, message=message)
            if not typed.is_valid():
                return self._page(request, message, typed, wording.current(kind))
            subject, text, html = render_wording(example, typed.wording())
        else:
            subject, text, html = render(example)
        if form == "html":
            return HttpResponse(html, headers={"Content-Security-Policy": MAIL_CSP})
        return HttpResponse(f"Objet\xa0: {subject}\n\n{text}", content_type="text/plain; charset=utf-8")


def _line(message: type[Message]) -> dict[str, Any]:
    current = wording.current(message.kind)
    broken = current is not None and bool(wording.problems(message, wording.wording_of(current)))
    return {
        "kind": message.kind,
        "label": message.label,
        "subject": current.subject if current else original(message).subject,
        "current": current,
        "broken": broken,
    }


def _marks(message: type[Message]) -> list[tuple[str, str, bool]]:
    """(mark, an example, whether the text must have it) of each mark."""
    example, required = wording.sample(message), wording.required_marks(message)
    shown = wording.marks(message)
    return [(mark, placeholders.fill(f"{{{mark}}}", wording.shown_values(example)), mark in required) for mark in shown]
