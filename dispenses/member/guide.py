"""« Puis-je être dispensé ? »: three questions that lead to the right motifs."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dispenses.law.rules import in_force
from dispenses.member.forms import GuideForm
from dispenses.models import Motif


@require_safe
def puis_je(request: HttpRequest) -> HttpResponse:
    """The questions, then the cases in force today that the answers lead to, with what to prepare."""
    form = GuideForm(request.GET or None)
    motifs: list[Motif] | None = None
    if form.is_valid():
        today, codes = timezone.localdate(), form.codes()
        motifs = [
            motif
            for motif in Motif.objects.filter(code__in=codes).prefetch_related("required_justificatifs")
            if in_force(motif.in_force_from, motif.in_force_until, today)
        ]
    return render(request, "dispenses/member/puis_je.html", {"form": form, "motifs": motifs})
