"""The request, step by step, over a draft row."""

from collections.abc import Callable
from itertools import chain
from typing import Any

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.models import User
from accounts.permissions import get_own_employee, person
from dispenses.exceptions import DispenseIncomplete, TransitionRefused
from dispenses.law.answers import precisions_in_words
from dispenses.law.assessment import Assessment
from dispenses.law.cases import full_label
from dispenses.law.situation import Ground, Reason
from dispenses.member import motifs, upload
from dispenses.member.forms import Better, MotifForm, PrecisionsForm, SendForm, SituationForm, shown_answers
from dispenses.member.steps import TITLES, first_blocked, first_unfinished, input_name, problem_links
from dispenses.models import Dispense, Motif
from dispenses.request import contents, eligibility, sending
from dispenses.request import drafts as request_drafts
from dispenses.request.permissions import (
    get_own_begun,
    get_own_dispense,
    get_own_draft,
    get_own_draft_and_granted,
    own_dispenses,
)
from dispenses.workflow import Status
from portal.lib.kept import Reading

LATER, BEFORE = "plus_tard", "precedent"
UNAVAILABLE = "impossible_"  # begins the name of the field that says why a document cannot be given
REASON_LENGTH = 500
BETTER = "choisir"  # the button that takes the motif which fits an answer better
# How a step loads its request, with what it reads beside it.
LOADERS: dict[str, Callable[[User, int], Dispense]] = {
    "situation": get_own_begun,
    "motif": get_own_draft_and_granted,
    "justificatifs": get_own_draft,
    "verification": get_own_dispense,
}


def demande_reprendre(request: HttpRequest, number: int) -> HttpResponse:
    """Go on with a draft at its first step that is not finished; a request that was sent is followed."""
    return _resumed(person(request), number)


def _resumed(user: User, number: int) -> HttpResponse:
    dispense = get_own_dispense(user, number)
    if dispense.status != Status.DRAFT or dispense.abandoned_at:
        return redirect("demandes")
    return redirect(f"demande_{first_unfinished(dispense)}", number=number)


def demande_nouvelle(request: HttpRequest) -> HttpResponse:
    """Begin or resume the draft of one of one's employments (POST); a GET resumes the only draft, or goes home."""
    user = person(request)
    if request.method != "POST":
        drafts = list(own_dispenses(user).filter(status=Status.DRAFT.value, abandoned_at__isnull=True)[:2])
        return _resumed(user, drafts[0].number) if len(drafts) == 1 else redirect("accueil")
    employee = get_own_employee(user, request.POST.get("employee", ""))
    try:
        draft = request_drafts.get_or_create_draft(employee=employee)
    except TransitionRefused as refusal:
        messages.info(request, str(refusal))
        return redirect("demandes")
    return _resumed(user, draft.number)


def _draft(request: HttpRequest, number: int, step: str) -> Dispense | HttpResponse:
    """The draft, or where to go instead: a sent request to its acknowledgement, a skipped step to the first undone."""
    dispense = LOADERS[step](person(request), number)
    if dispense.status == Status.AWAITING_COMPLEMENT:
        return redirect("demande_completer", number=dispense.number)
    if dispense.status != Status.DRAFT:
        if request.method != "POST" or step != "verification":  # a second click on Envoyer needs no word
            messages.info(request, f"La demande N°{dispense.number} est déjà envoyée\xa0: elle ne se modifie plus.")
        if dispense.status != Status.IN_PROGRESS:
            return redirect("demandes")
        return redirect("demande_accuse", number=dispense.number)
    if dispense.abandoned_at:
        messages.info(request, "Cette demande est abandonnée. Reprenez-la ci-dessous, ou commencez-en une autre.")
        return redirect("demandes")
    if blocked := first_blocked(dispense, step):
        return redirect(f"demande_{blocked}", number=dispense.number)
    return dispense


def _posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, be it nothing: an empty page sent is judged too."""
    return request.POST if request.method == "POST" else None


def put_off(request: HttpRequest) -> HttpResponse:
    """« Enregistrer et finir plus tard »."""
    messages.success(
        request, "Vos réponses sont enregistrées, mais pas encore envoyées. Vous pouvez reprendre quand vous voulez."
    )
    return redirect("demandes")


def _onward(request: HttpRequest, number: int, *, before: str, after: str) -> HttpResponse:
    """Where a step that is kept leads, by the button that was pressed."""
    if LATER in request.POST:
        return put_off(request)
    return redirect(before if BEFORE in request.POST else after, number=number)


def demande_situation(request: HttpRequest, number: int) -> HttpResponse:
    """Step 1: who, which matricule, hired when."""
    dispense = _draft(request, number, "situation")
    if isinstance(dispense, HttpResponse):
        return dispense
    form = SituationForm(_posted(request), initial={"matricule": dispense.matricule, "hired_on": dispense.hired_on})
    if request.method == "POST" and form.is_valid():
        try:
            request_drafts.save_situation(dispense=dispense, **form.cleaned_data)
        except TransitionRefused as refusal:
            messages.info(request, str(refusal))
            return redirect("demandes")
        return put_off(request) if LATER in request.POST else redirect("demande_motif", number=number)
    context = {"form": form, "dispense": dispense, "steps": TITLES, "current": 1}
    return render(request, "dispenses/member/situation.html", context)


def _motifs_today(dispense: Dispense) -> Reading[eligibility.Found]:
    """How each motif stands today for the person."""
    return eligibility.offered(
        dispense.employee, timezone.localdate(), hired_on=dispense.hired_on, granted=dispense.granted_of_page
    )


def _motif_form(posted: QueryDict | None, dispense: Dispense) -> MotifForm:
    """The motifs as they stand today for the person, the one of the draft chosen."""
    offer, initial = motifs.offer_of(_motifs_today(dispense)), {}
    if chosen := dispense.motif:
        is_closed = any(motif.code == chosen.code for motif in offer.closed)
        initial = {"motif": chosen.code, "famille": motifs.CLOSED + chosen.code if is_closed else chosen.family}
    return MotifForm(posted, offer=offer, initial=initial)


def demande_motif(request: HttpRequest, number: int) -> HttpResponse:
    """Step 2: the motif, among those that the law and the acte open today, or one that is closed but may be sent."""
    dispense = _draft(request, number, "motif")
    if isinstance(dispense, HttpResponse):
        return dispense
    form = _motif_form(_posted(request), dispense)
    if request.method == "POST" and form.is_valid():
        chosen: Motif = form.cleaned_data["chosen"]
        try:
            request_drafts.choose_motif(dispense=dispense, motif=chosen)
        except TransitionRefused as refusal:
            form.add_error("motif", str(refusal))
        else:
            return _onward(request, number, before="demande_situation", after="demande_justificatifs")
    elif BEFORE in request.POST:  # a choice that is not made yet prevents nobody from going back
        return redirect("demande_situation", number=number)
    context = {
        "form": form,
        "dispense": dispense,
        "steps": TITLES,
        "current": 2,
        "contract": motifs.contract_in_words(dispense.employee),
    }
    return render(request, "dispenses/member/motif.html", context)


def receive(request: HttpRequest, dispense: Dispense, form: PrecisionsForm) -> upload.Errors:
    """Keep what the page sends, whatever the button: answers, removals, files. Returns errors by input name.

    Raises TransitionRefused once the request is sent.
    """
    request_drafts.save_answers(dispense=dispense, answers=form.typed(), unavailable=_unavailable(request, dispense))
    upload.arrange(request, dispense)
    return upload.join(request, dispense)


def _unavailable(request: HttpRequest, dispense: Dispense) -> dict[str, str]:
    """Why documents cannot be given, by their code, as the page says it."""
    words = {
        piece.code: request.POST[name]
        for piece in contents.pieces(dispense, joined=())
        if (name := f"{UNAVAILABLE}{input_name(piece.code)}") in request.POST and piece.code
    }
    return {code: " ".join(said.replace("\0", "").split())[:REASON_LENGTH] for code, said in words.items()}


def only_keeps(request: HttpRequest) -> bool:
    """Whether the button pressed asks to keep the page as it is, not to judge it."""
    return upload.is_asked(request)


def motif_of(dispense: Dispense) -> Motif:
    """Its motif. Raises TypeError for a draft that has none yet."""
    if dispense.motif is None:
        raise TypeError("Cette étape suit le choix du motif.")
    return dispense.motif


def demande_justificatifs(request: HttpRequest, number: int) -> HttpResponse:
    """Step 3: the motif's questions and documents. Every button keeps what was typed."""
    dispense = _draft(request, number, "justificatifs")
    if isinstance(dispense, HttpResponse):
        return dispense
    motif = motif_of(dispense)
    form, errors = None, upload.Errors()
    if request.method == "POST":
        posted = PrecisionsForm(request.POST, motif=motif, raw={})
        try:
            errors = receive(request, dispense, posted)
        except TransitionRefused as refusal:
            messages.info(request, str(refusal))
            return redirect("demandes")
        if BETTER in request.POST:
            return _choose(request, dispense, request.POST[BETTER])
        if LATER in request.POST and not errors:
            return put_off(request)
        if BEFORE in request.POST and not errors:
            return redirect("demande_motif", number=number)
        dispense = get_own_draft(person(request), number)
        if only_keeps(request) or LATER in request.POST or BEFORE in request.POST:
            if not errors:
                return redirect("demande_justificatifs", number=number)
            form = PrecisionsForm(motif=motif, raw=posted.typed())
        else:
            form = posted
            errors = lacking_files(dispense) | errors
            if _is_answered(form, dispense) and not errors:
                return redirect("demande_verification", number=number)
    joined = upload.files_of(dispense)
    context = {
        "form": form,
        "questions": form.shown(number) if form else shown_answers(motif, contents.raw_answers(dispense)),
        "steps": TITLES,
        "current": 3,
        "warnings": _warnings(dispense, contents.assessment(dispense, joined=joined)),
        **upload.files_context(dispense, errors, joined=joined),
    }
    return render(request, "dispenses/member/justificatifs.html", context, status=upload.page_status(request))


def _warnings(dispense: Dispense, found: Assessment) -> tuple[Reason, ...]:
    """What to look at though the request may be sent; nothing beside what the law refuses, which is said elsewhere."""
    answers = contents.raw_answers(dispense)
    refused = [
        reason
        for reason in found.against
        if not reason.leaves_room
        and reason.ground is not Ground.PROOF
        and (not reason.question or answers.get(reason.question))
    ]
    return () if refused else found.warnings


def consequences(found: Assessment) -> dict[str, Any]:
    """What the page about the costs of the choice reads of how the request stands."""
    return {"found": found, "moment": found.moment.event.value if found.moment else ""}


def lacking_files(dispense: Dispense) -> upload.Errors:
    """What is said, by input name, of each document that has to be joined."""
    lacking = [piece for piece in contents.pieces(dispense) if piece.is_lacking]
    return {input_name(piece.code): (contents.lacking(piece),) for piece in lacking}


def _is_answered(form: PrecisionsForm, dispense: Dispense) -> bool:
    """Whether the answers, kept in the request, are complete and not refused by the law; else the form says why."""
    found = contents.assessment(dispense)
    if form.is_valid():
        form.judge(found)
    codes = {reason.question: reason.instead for reason in found.against if reason.instead}
    if codes:
        form.better = {
            question: Better(motif.code, full_label(motif), one.may_be_sent)
            for motif, one in chain(*motifs.split(_motifs_today(dispense)))
            for question, code in codes.items()
            if motif.code == code
        }
    return form.is_valid()


def _choose(request: HttpRequest, dispense: Dispense, code: str) -> HttpResponse:
    """Take another motif, from the page of the one that does not fit; the answers stay, where it asks the same."""
    chosen = next((motif for motif, _ in chain(*motifs.split(_motifs_today(dispense))) if motif.code == code), None)
    if chosen is None:
        return redirect("demande_motif", number=dispense.number)
    try:
        request_drafts.choose_motif(dispense=dispense, motif=chosen)
    except TransitionRefused as refusal:
        messages.info(request, str(refusal))
        return redirect("demande_motif", number=dispense.number)
    messages.success(request, f"Motif choisi\xa0: «\xa0{full_label(chosen)}\xa0».")
    return redirect("demande_justificatifs", number=dispense.number)


def demande_verification(request: HttpRequest, number: int) -> HttpResponse:
    """Step 4: everything on one page, the declaration word for word, Envoyer."""
    dispense = _draft(request, number, "verification")
    if isinstance(dispense, HttpResponse):
        return dispense
    prefetch_related_objects([dispense], "justificatifs", "motif__required_justificatifs")
    form = SendForm(_posted(request))
    found = contents.assessment(dispense)
    problems = contents.missing(dispense, found)
    if request.method == "POST" and form.is_valid():
        try:
            sending.submit(dispense=dispense, user=person(request))
        except DispenseIncomplete as incomplete:
            problems = incomplete.missing
        except TransitionRefused:  # the other click won
            return redirect("demande_accuse", number=number)
        else:
            return redirect("demande_accuse", number=number)
    context = {
        "form": form,
        "dispense": dispense,
        "steps": TITLES,
        "current": 4,
        "precisions": precisions_in_words(motif_of(dispense), contents.raw_answers(dispense)),
        "pieces": [piece for piece in contents.pieces(dispense) if piece.required or piece.files],
        "problems": problem_links(dispense, problems, found),
        "warnings": _warnings(dispense, found),
        **consequences(found),
        "declaration": contents.declaration_text(dispense),
        "acte_text": contents.acte_text(dispense),
    }
    return render(request, "dispenses/member/verification.html", context)
