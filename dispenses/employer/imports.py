"""A whole company in one file: choose it, look at what it says, import it, follow."""

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from accounts.employee.fields import BY_HEADING, FIELDS
from accounts.enums import ImportStatus
from accounts.imports import inviting, model, runs
from accounts.imports.analysis import SHOWN
from accounts.imports.receiving import CompanyFileHandler
from accounts.models import ImportRun
from accounts.permissions import get_managed_employer, get_managed_import, get_open_employer, get_open_import, person
from accounts.services.sending_days import DayRefused, last_day, read_day
from dispenses.employer.absents import may_propose
from portal.lib.typography import long_day

RECENT = 10
LATER, NEVER = "jour", "jamais"  # when the invitations leave
TWO_ANSWERS = (
    "Vous avez saisi un jour sans choisir «\xa0Un jour choisi\xa0». "
    "Gardez «\xa0Un jour choisi\xa0», ou effacez le jour si vous choisissez un autre envoi."
)
MEGABYTE = 1_000_000
NOT_KEPT = (
    "Le fichier n’a pas pu être enregistré\xa0: un problème est survenu chez nous. Réessayez dans quelques minutes."
)


@csrf_exempt  # the file must come in by our own handler: the check is made once it is set
def importer(request: HttpRequest, employer_id: int) -> HttpResponse:
    """Choose a file; earlier imports of the employer."""
    handler = CompanyFileHandler(request)
    request.upload_handlers = [handler]
    return _importer(request, employer_id, handler)


@csrf_protect
def _importer(request: HttpRequest, employer_id: int, handler: CompanyFileHandler) -> HttpResponse:
    user = person(request)
    employer = get_open_employer(user, employer_id)
    error, status = "", 200
    if request.method == "POST":
        upload = request.FILES.get("fichier")
        if handler.failed:
            error, status = NOT_KEPT, 503
        elif handler.too_large:
            status = 413
            most = settings.PORTAL_IMPORT_MAX_BYTES // MEGABYTE
            error = (
                f"Ce fichier dépasse {most}\xa0Mo. Partagez-le en plusieurs fichiers, ou enregistrez-le au format CSV."
            )
        elif not isinstance(upload, UploadedFile) or not upload.size:
            status = 422
            error = (
                "Choisissez un fichier CSV ou XLSX"
                if upload is None
                else "Ce fichier est vide. Choisissez-en un autre."
            )
        else:
            try:
                hidden = "masquees" in request.POST
                run = runs.start(employer=employer, by=user, upload=upload, with_hidden=hidden)
                return redirect("import_salaries", run_id=run.pk)
            except OSError:
                error, status = NOT_KEPT, 503
    recent = ImportRun.objects.filter(employer=employer).select_related("created_by")[:RECENT]
    chosen = [(BY_HEADING[column].label, heading) for column, heading in employer.import_headings.items()]
    context = {"employer": employer, "error": error, "recent": recent, "columns": FIELDS, "chosen": chosen}
    return render(request, "dispenses/employer/importer.html", context, status=status)


@require_POST
def import_oublier(request: HttpRequest, employer_id: int) -> HttpResponse:
    """Forget the answers given about columns that resemble each other."""
    runs.forget_headings(get_managed_employer(person(request), employer_id))
    messages.success(request, "Vos réponses sur les colonnes sont oubliées\xa0: la question sera posée de nouveau.")
    return redirect("importer", employer_id=employer_id)


@require_safe
def import_modele(request: HttpRequest, kind: str) -> HttpResponse:
    """The file to start from."""
    if kind == "csv":
        answer = HttpResponse(model.as_csv(), content_type="text/csv; charset=utf-8")
    else:
        answer = HttpResponse(model.as_xlsx(), content_type=model.XLSX_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="modele-salaries.{kind}"'
    return answer


@require_safe
def import_salaries(request: HttpRequest, run_id: int) -> HttpResponse:
    """One import: being read, to be checked, running, done."""
    run = get_managed_import(person(request), run_id)
    return render(request, "dispenses/employer/import.html", _context(run))


def _context(run: ImportRun) -> dict[str, Any]:
    total = run.to_write if run.status != ImportStatus.ANALYSING else 0
    percent = run.position * 100 // total if total else 0
    absents = {"absents": run.preview.get("absents", [])[:SHOWN], "may_propose": may_propose(run)}
    today = timezone.localdate()
    uninvited = inviting.waiting(run).count()
    mailed = bool(run.created) and not uninvited and not run.preview.get("by_letter")
    days = {"first": today, "last": last_day(today), "uninvited": uninvited, "mailed": mailed}
    return {"run": run, "employer": run.employer, "percent": percent, **days, **run.preview, **absents}


@require_POST
def import_lancer(request: HttpRequest, run_id: int) -> HttpResponse:
    """Write what the preview announced."""
    user = person(request)
    run = get_open_import(user, run_id)
    day, wrong = _day(request, run)
    if wrong:
        return _shown(request, run, wrong)
    if not runs.confirm(run=run, by=user, day=day):
        messages.info(request, "Cet import est déjà lancé, ou n’a rien à importer.")
    return redirect("import_salaries", run_id=run.pk)


def _day(request: HttpRequest, run: ImportRun) -> tuple[date | None, str]:
    """The day that the form chose for the invitations, None for none or at once, and what is wrong with it.

    A day typed beside another choice is no such choice: only the one that the page showed may stay there.
    """
    typed = request.POST.get("jour", "")
    if request.POST.get("quand") != LATER:
        shown = timezone.localdate(run.invite_at).isoformat() if run.invite_at else ""
        return None, TWO_ANSWERS if typed not in ("", shown) else ""
    try:
        return read_day(typed, timezone.localdate()), ""
    except DayRefused as refusal:
        return None, str(refusal)


def _shown(request: HttpRequest, run: ImportRun, wrong: str) -> HttpResponse:
    """The page of the import, with what is wrong with the day that was chosen."""
    context = {**_context(run), "wrong": wrong, "jour": request.POST.get("jour", "")[:10], "quand": LATER}
    return render(request, "dispenses/employer/import.html", context, status=422)


@require_POST
def import_invitations(request: HttpRequest, run_id: int) -> HttpResponse:
    """Choose another day for the invitations that wait, today, or none."""
    run = get_open_import(person(request), run_id)
    now = timezone.now()
    day, wrong = _day(request, run)
    if wrong:
        return _shown(request, run, wrong)
    if request.POST.get("quand") != NEVER:
        day = day or timezone.localdate(now)
    if not inviting.choose(run=run, day=day, now=now):
        messages.info(request, "Ces invitations sont déjà parties, ou l’import n’est pas terminé.")
    elif day is None:
        messages.success(request, "L’envoi est annulé. Ces salariés seront invités le jour que vous choisirez ici.")
    elif day <= timezone.localdate(now):
        messages.success(request, "Les invitations partent dans la minute.")
    else:
        messages.success(request, f"Les invitations partiront le {long_day(day)}.")
    return redirect("import_salaries", run_id=run.pk)


@require_POST
def import_colonnes(request: HttpRequest, run_id: int) -> HttpResponse:
    """Say which heading is which column, once for this file and the next ones."""
    run = get_open_import(person(request), run_id)
    asked = {one["column"]: one["options"] for one in run.preview.get("questions", [])}
    chosen = {column: request.POST.get(f"colonne-{column}", "") for column in asked}
    if any(heading not in asked[column] for column, heading in chosen.items()):
        messages.error(request, "Choisissez une colonne pour chaque question.")
    elif not asked or not runs.answer(run=run, chosen=chosen):
        messages.info(request, "Cette question a déjà sa réponse.")
    return redirect("import_salaries", run_id=run.pk)


@require_POST
def import_abandonner(request: HttpRequest, run_id: int) -> HttpResponse:
    """Give the file up: nothing of it is kept."""
    run = get_managed_import(person(request), run_id)
    if runs.give_up(run=run):
        messages.success(request, "Le fichier est abandonné\xa0: rien n’a été enregistré.")
        return redirect("importer", employer_id=run.employer_id)
    messages.info(request, "Cet import ne peut plus être abandonné.")
    return redirect("import_salaries", run_id=run.pk)


@require_safe
def import_erreurs(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """The lines to correct, as a file that can be corrected and sent again. Raises Http404 without any."""
    run = get_managed_import(person(request), run_id)
    if not run.to_correct or not run.errors:
        raise Http404
    try:
        return FileResponse(
            run.errors.open("rb"),
            as_attachment=True,
            filename=f"lignes-a-corriger-{run.pk}.csv",
            content_type="text/csv; charset=utf-8",
        )
    except OSError as error:
        raise Http404 from error
