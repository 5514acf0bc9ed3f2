"""What the employee says of a dispense granted: nothing has changed, something changes, « je souhaite adhérer »."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.permissions import person
from accounts.read_only import read_only_words
from dispenses.enums import EndCause, YearlyPolicy
from dispenses.exceptions import Code, DispenseIncomplete, TransitionRefused
from dispenses.life import changing, confirming
from dispenses.life.attestation import attestation_pdf, may_be_attested
from dispenses.life.beginning import has_begun
from dispenses.life.changing import Change
from dispenses.life.confirmations import acte_on, due_before_end, policy_on
from dispenses.life.today import due_on, today_of
from dispenses.member import upload
from dispenses.member.forms import ChangeForm, ConfirmForm, LeaveForm
from dispenses.member.home import given_up_of
from dispenses.member.steps import input_name
from dispenses.models import Dispense
from dispenses.request import contents, drafts
from dispenses.request.endings import ANNOUNCED
from dispenses.request.permissions import get_own_dispense
from dispenses.request.receipts import confirmation_pdf
from dispenses.workflow import Status

SEND, CORRECT = "envoyer", "modifier"
GRANTED = {Status.ACCEPTED, Status.ENDED}


def _granted(request: HttpRequest, number: int) -> Dispense | HttpResponse:
    """A dispense that was granted, or where the request is followed."""
    dispense = get_own_dispense(person(request), number)
    if dispense.status not in GRANTED:
        messages.info(request, f"La demande N°{number} n’est pas une dispense accordée.")
        return redirect("demandes")
    return dispense


def _elsewhere(request: HttpRequest, dispense: Dispense, refusal: TransitionRefused) -> HttpResponse:
    """Say why not, on the page that tells what there is to do."""
    messages.info(request, str(refusal))
    return redirect("demande_fin", number=dispense.number) if refusal.code == Code.OVER else redirect("demandes")


def demande_confirmer(request: HttpRequest, number: int) -> HttpResponse:
    """« Rien n’a changé »: what was declared, the box, and a document where one is asked for."""
    dispense = _granted(request, number)
    if isinstance(dispense, HttpResponse):
        return dispense
    today = timezone.localdate()
    try:
        confirming.check_time(dispense, today)
    except TransitionRefused as refusal:
        if request.method == "POST" and confirming.last_confirmed(dispense) == today:  # the other click won
            return redirect("demande_confirmee", number=number)
        return _elsewhere(request, dispense, refusal)
    dispense.acte_of_its_day = acte_on(dispense, today)
    policy = policy_on(dispense, today)
    form, errors = ConfirmForm(), upload.Errors()
    if request.method == "POST":
        try:
            answer, form, errors = _confirm(request, dispense, policy)
        except TransitionRefused as refusal:
            return _elsewhere(request, dispense, refusal)
        if answer:
            return answer
    context = {
        "form": form,
        "today": today_of(dispense, today),
        "facts": contents.answers_in_words(dispense),
        "declared_on": confirming.declared_on(dispense),
        "asks_document": policy is YearlyPolicy.DOCUMENT,
        "text": confirming.text(dispense, today),
        "acte_text": contents.acte_text(dispense),
        **upload.files_context(dispense, errors),
    }
    return render(request, "dispenses/member/confirmer.html", context, status=upload.page_status(request))


def _confirm(
    request: HttpRequest, dispense: Dispense, policy: YearlyPolicy
) -> tuple[HttpResponse | None, ConfirmForm, upload.Errors]:
    """What the page sends: files first, then the signature; where to go, or what is wrong. Raises TransitionRefused."""
    form, errors = ConfirmForm(request.POST), upload.Errors()
    if policy is YearlyPolicy.DOCUMENT:
        upload.arrange(request, dispense)
        errors = upload.join(request, dispense)
        if upload.is_asked(request):
            there = None if errors else redirect("demande_confirmer", number=dispense.number)
            return there, ConfirmForm(), errors
        errors = {input_name(code): (message,) for code, message in confirming.lacking(dispense, policy)} | errors
    if form.is_valid() and not errors:
        try:
            confirming.confirm(dispense=dispense, user=person(request))
        except DispenseIncomplete as incomplete:  # the file was withdrawn in another tab
            return None, form, {"autre": tuple(message for _, message in incomplete.missing)}
        return redirect("demande_confirmee", number=dispense.number), form, errors
    return None, form, errors


@require_safe
def demande_confirmee(request: HttpRequest, number: int) -> HttpResponse:
    """The confirmation is received: until when, and its acknowledgement."""
    dispense = _granted(request, number)
    if isinstance(dispense, HttpResponse):
        return dispense
    confirmed_on = confirming.last_confirmed(dispense)
    if confirmed_on is None:
        return redirect("demande_confirmer", number=number)
    context = {
        "dispense": dispense,
        "confirmed_on": confirmed_on,
        "confirm_by": due_before_end(dispense),
        "today": today_of(dispense, timezone.localdate()),
    }
    return render(request, "dispenses/member/confirmee.html", context)


@require_safe
def demande_confirmation(request: HttpRequest, number: int) -> HttpResponse:
    """The acknowledgement of the last confirmation as a PDF. Raises Http404 before the first."""
    declaration = confirming.last_confirmation(get_own_dispense(person(request), number))
    if declaration is None:
        raise Http404("Aucune confirmation pour cette demande.")
    response = HttpResponse(confirmation_pdf(declaration), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="confirmation-{number}.pdf"'
    return response


@require_safe
def demande_attestation(request: HttpRequest, number: int) -> HttpResponse:
    """The attestation of the dispense, as it stands today, as a PDF."""
    dispense = _granted(request, number)
    if isinstance(dispense, HttpResponse):
        return dispense
    today = timezone.localdate()
    if not may_be_attested(dispense, today):
        messages.info(request, f"La dispense N°{number} n’a jamais commencé\xa0: elle n’a pas d’attestation.")
        return redirect("demandes")
    response = HttpResponse(attestation_pdf(dispense, today), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="attestation-dispense-{number}.pdf"'
    return response


def demande_changement(request: HttpRequest, number: int) -> HttpResponse:
    """« Ma situation change »: what changes and until which day, then what follows, then the sending."""
    form = ChangeForm(request.POST if request.method == "POST" else None)
    return _announce(request, number, form, EndCause.SITUATION)


def demande_adhesion(request: HttpRequest, number: int) -> HttpResponse:
    """« Je souhaite adhérer »: the last day of the dispense, then what follows, then the sending."""
    today = timezone.localdate()
    form = LeaveForm(request.POST if request.method == "POST" else None, initial={"last_day": today})
    return _announce(request, number, form, EndCause.GIVEN_UP)


def _announce(request: HttpRequest, number: int, form: LeaveForm, cause: EndCause) -> HttpResponse:
    dispense = _granted(request, number)
    if isinstance(dispense, HttpResponse):
        return dispense
    today, follows, errors = timezone.localdate(), None, upload.Errors()
    try:
        changing.check_open(dispense, today)
        if request.method == "POST":
            if isinstance(form, ChangeForm):
                upload.arrange(request, dispense)
                errors = upload.join(request, dispense)
            if form.is_valid():
                follows = _what_follows(form, dispense, errors, cause)
        if follows and SEND in request.POST:
            return _send(request, dispense, form, cause)
    except TransitionRefused as refusal:
        return _elsewhere(request, dispense, refusal)
    if CORRECT in request.POST or upload.REMOVE in request.POST:
        follows = None
    first, last = changing.bounds(dispense, today)
    eve = None if has_begun(dispense, today) else first
    if eve and form.initial:
        form.initial["last_day"] = eve
    context = {
        "form": form,
        "dispense": dispense,
        "today": today_of(dispense, today),
        "eve": eve,
        "last": last if changing.own_end(dispense) else None,
        "announced": dispense.ends_on if dispense.end_cause in ANNOUNCED else None,
        "gives_up": cause is EndCause.GIVEN_UP,
        "follows": follows,
        "upload_errors": errors,
        "limits": upload.accepted(),
        "files": upload.files_of(dispense),
        "number": number,
    }
    page = "dispenses/member/suites.html" if follows else "dispenses/member/changement.html"
    return render(request, page, context, status=upload.page_status(request))


def _what_follows(
    form: LeaveForm, dispense: Dispense, errors: upload.Errors, cause: EndCause
) -> changing.Announced | None:
    """What the day given brings; None, the form saying why, when it is out of bounds or a file was refused."""
    try:
        follows = changing.what_follows(dispense, form.cleaned_data["last_day"], timezone.localdate(), cause)
    except TransitionRefused as refusal:
        form.add_error("last_day", str(refusal))
        return None
    return None if errors else follows


def _send(request: HttpRequest, dispense: Dispense, form: LeaveForm, cause: EndCause) -> HttpResponse:
    """Announce the end, begin a request for the other cover if there is one. Raises TransitionRefused."""
    reason = form.reason() if isinstance(form, ChangeForm) else f"{changing.GIVEN_UP}."
    last_day = form.cleaned_data["last_day"]
    changing.announce(dispense=dispense, user=person(request), last_day=last_day, cause=cause, reason=reason)
    if form.cleaned_data.get("change") != Change.OTHER_COVER:
        return redirect("demande_fin", number=dispense.number)
    given_up = drafts.given_up_by(dispense.employee)
    try:
        draft = drafts.get_or_create_draft(employee=dispense.employee, follows=dispense)
    except TransitionRefused as refusal:
        messages.info(request, str(refusal))
        return redirect("demande_fin", number=dispense.number)
    messages.success(
        request,
        "Votre changement est enregistré, votre employeur et vous le recevez par e-mail. "
        "Il reste à demander une dispense pour votre autre couverture\xa0: c’est ici."
        + (" La demande que vous aviez abandonnée est de nouveau là, avec vos fichiers." if given_up else ""),
    )
    return redirect("demande_situation", number=draft.number)


@require_safe
def demande_fin(request: HttpRequest, number: int) -> HttpResponse:
    """What follows the last day of a dispense: who does what, and from when."""
    dispense = _granted(request, number)
    if isinstance(dispense, HttpResponse):
        return dispense
    if words := read_only_words(dispense.employee.employer):  # nothing of what follows may be done any more
        messages.info(request, words)
        return redirect("demandes")
    today = timezone.localdate()
    said = today_of(dispense, today)
    if dispense.ends_on is None and said.may_change:
        return redirect("demandes")
    context = {
        "dispense": dispense,
        "employer": dispense.employee.employer,
        "today": said,
        "due": due_on(dispense, today),
        "announced": dispense.end_cause in ANNOUNCED,
        "gives_up": dispense.end_cause == EndCause.GIVEN_UP,
        "given_up": given_up_of(drafts.given_up_by(dispense.employee)),
    }
    return render(request, "dispenses/member/fin.html", context)
