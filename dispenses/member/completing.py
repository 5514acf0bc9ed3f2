"""« Compléter ma demande »: the answer to a complement, and what the centre opens to correction."""

from dataclasses import replace
from itertools import chain

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.permissions import person
from dispenses.enums import Correction
from dispenses.exceptions import DispenseIncomplete, TransitionRefused
from dispenses.law.assessment import first_confirmation
from dispenses.member import motifs, upload
from dispenses.member.forms import MotifForm, PrecisionsForm, SendForm, SituationForm
from dispenses.member.wizard import LATER, consequences, lacking_files, motif_of, only_keeps, put_off, receive
from dispenses.models import Complement, Dispense
from dispenses.request import contents, eligibility, sending
from dispenses.request import drafts as request_drafts
from dispenses.request.permissions import get_own_dispense
from dispenses.workflow import Status


def _awaited(request: HttpRequest, number: int) -> tuple[Dispense, Complement] | HttpResponse:
    """The request, with what its employee corrects, and the complement that it awaits; or where it is followed."""
    dispense = get_own_dispense(person(request), number)
    complement = contents.open_complement(dispense)
    if dispense.status != Status.AWAITING_COMPLEMENT or complement is None:
        messages.info(request, "Aucun complément n’est attendu pour cette demande.")
        return redirect("demandes")
    return contents.prepared(dispense), complement


def _situation(request: HttpRequest, dispense: Dispense, complement: Complement) -> SituationForm | None:
    """The matricule and the date of hire, where the centre opens them."""
    if Correction.IDENTITY not in complement.corrections:
        return None
    initial = {"matricule": dispense.matricule, "hired_on": dispense.hired_on}
    return SituationForm(request.POST if request.method == "POST" else None, initial=initial)


def _keep_situation(situation: SituationForm | None, dispense: Dispense) -> bool:
    """Keep what is right of it; whether all of it is."""
    if situation is None:
        return True
    if situation.is_valid():
        request_drafts.correct(dispense=dispense, **situation.cleaned_data)
        return True
    return False


def demande_completer(request: HttpRequest, number: int) -> HttpResponse:
    """Earlier answers and documents, one sending."""
    found = _awaited(request, number)
    if isinstance(found, HttpResponse):
        return found
    dispense, complement = found
    motif = motif_of(dispense)
    form = PrecisionsForm(motif=motif, raw=contents.raw_answers(dispense))
    situation = _situation(request, dispense, complement)
    send = SendForm()
    errors: upload.Errors = {}
    if request.method == "POST":
        posted = PrecisionsForm(request.POST, motif=motif, raw={})
        try:
            is_right = _keep_situation(situation, dispense)
            errors = receive(request, dispense, posted)
            if "changer_motif" in request.POST and not errors:
                return redirect("demande_completer_motif", number=number)
            if not errors and LATER in request.POST and is_right:
                return put_off(request)
            if not errors and only_keeps(request) and is_right:
                return redirect("demande_completer", number=number)
            if only_keeps(request) or LATER in request.POST:
                form = PrecisionsForm(motif=motif, raw=posted.typed())
            else:
                form, send = posted, SendForm(request.POST)
                errors = lacking_files(contents.prepared(get_own_dispense(person(request), number))) | errors
                if form.is_valid() & send.is_valid() and is_right and not errors:
                    sending.complete(dispense=dispense, user=person(request))
                    messages.success(request, "Votre complément est envoyé. Votre demande est de nouveau en cours.")
                    return redirect("demandes")
        except DispenseIncomplete as incomplete:
            for _, message in incomplete.missing:
                send.add_error(None, message)
        except TransitionRefused as refusal:
            messages.info(request, str(refusal))
            return redirect("demandes")
        dispense = contents.prepared(get_own_dispense(person(request), number))
    joined = upload.files_of(dispense)
    assessed = contents.assessment(dispense, day=contents.asked_on(dispense), joined=joined)
    confirm_by = first_confirmation(assessed.yearly, timezone.localdate(), assessed.ends_on)  # from the last signature
    context = {
        "form": form,
        "situation": situation,
        "may_change_motif": Correction.MOTIF in complement.corrections,
        "send": send,
        "complement": complement,
        "declaration": contents.declaration_text(dispense),
        **consequences(replace(assessed, confirm_by=confirm_by)),
        **upload.files_context(dispense, errors, joined=joined),
    }
    return render(request, "dispenses/member/completer.html", context, status=upload.page_status(request))


def demande_completer_motif(request: HttpRequest, number: int) -> HttpResponse:
    """Another motif for a request already sent, among those open on its day, where the centre asks for it."""
    found = _awaited(request, number)
    if isinstance(found, HttpResponse):
        return found
    dispense, complement = found
    if Correction.MOTIF not in complement.corrections:
        return redirect("demande_completer", number=number)
    of_day = eligibility.offered(dispense.employee, contents.asked_on(dispense), hired_on=dispense.hired_on)
    offer = motifs.offer_of(of_day)
    chosen = motif_of(dispense)
    closed = {motif.code for motif, _ in chain(*motifs.split(of_day)) if motif.code not in offer.motifs}
    family = motifs.CLOSED + chosen.code if chosen.code in closed else chosen.family
    initial = {"motif": chosen.code, "famille": family}
    form = MotifForm(request.POST if request.method == "POST" else None, offer=offer, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            request_drafts.correct(dispense=dispense, motif=form.cleaned_data["chosen"])
        except TransitionRefused as refusal:
            form.add_error("motif", str(refusal))
        else:
            return redirect("demande_completer", number=number)
    return render(request, "dispenses/member/completer_motif.html", {"form": form, "dispense": dispense})
