"""« Fichiers pour la paie »: the profiles of a company, what their files hold, and the files themselves."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.models import Employer
from accounts.permissions import get_managed_employer, person
from dispenses.employer.payroll_forms import DayForm, ProfileForm
from dispenses.exceptions import ExportRefused
from dispenses.exports.payroll import files, presets, profiles
from dispenses.exports.payroll.access import get_payroll_file, get_payroll_profile
from dispenses.exports.payroll.columns import chosen
from dispenses.models import PayrollProfile

LAST_FILES = 5


def _employer(request: HttpRequest, employer_id: int) -> Employer:
    return get_managed_employer(person(request), employer_id)


def _profile(request: HttpRequest, employer_id: int, profile_id: int) -> PayrollProfile:
    return get_payroll_profile(_employer(request, employer_id), profile_id)


@require_safe
def paie(request: HttpRequest, employer_id: int) -> HttpResponse:
    """The company's profiles with their markers, and the models to begin with."""
    employer = _employer(request, employer_id)
    rows = [(profile, files.marker(profile)) for profile in employer.payroll_profiles.order_by("name", "pk")]
    context = {"employer": employer, "rows": rows, "presets": presets.PRESETS}
    return render(request, "dispenses/employer/paie.html", context)


@require_POST
def paie_nouveau(request: HttpRequest, employer_id: int) -> HttpResponse:
    """A profile made from a model."""
    user = person(request)
    employer = get_managed_employer(user, employer_id)
    preset = presets.BY_KEY_OF_PRESET.get(request.POST.get("modele", ""))
    if preset is None:
        raise Http404("Aucun modèle de ce nom.")
    try:
        made = profiles.add(employer=employer, by=user, name=preset.name, values=preset.fields())
    except ExportRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("paie", employer_id=employer.pk)
    messages.success(request, f"Le profil «\xa0{made.name}\xa0» est ajouté. Changez ce qu’il vous plaît.")
    return redirect("paie_modifier", employer_id=employer.pk, profile_id=made.pk)


@require_safe
def paie_profil(request: HttpRequest, employer_id: int, profile_id: int) -> HttpResponse:
    """A profile: its marker, its first lines, what leaves."""
    return _profile_page(
        request, _profile(request, employer_id, profile_id), DayForm(initial={"jour": timezone.localdate()})
    )


def paie_modifier(request: HttpRequest, employer_id: int, profile_id: int) -> HttpResponse:
    """Rename a profile, order its columns, change its format."""
    profile = _profile(request, employer_id, profile_id)
    form = ProfileForm(request.POST if request.method == "POST" else None, profile=profile)
    if request.method == "POST" and form.is_valid():
        try:
            changed = profiles.change(
                profile=profile, by=person(request), name=form.cleaned_data["name"], values=form.values()
            )
        except ExportRefused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, "Le profil est enregistré." if changed else "Rien n’a changé.")
            return redirect("paie_profil", employer_id=profile.employer_id, profile_id=profile.pk)
    context = {"employer": profile.employer, "profile": profile, "form": form}
    return render(request, "dispenses/employer/paie_modifier.html", context)


@require_POST
def paie_copier(request: HttpRequest, employer_id: int, profile_id: int) -> HttpResponse:
    """Another profile of the same format, without a marker."""
    profile = _profile(request, employer_id, profile_id)
    try:
        made = profiles.copy(profile=profile, by=person(request))
    except ExportRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("paie", employer_id=profile.employer_id)
    messages.success(request, f"Le profil «\xa0{profile.name}\xa0» est copié.")
    return redirect("paie_modifier", employer_id=profile.employer_id, profile_id=made.pk)


def paie_supprimer(request: HttpRequest, employer_id: int, profile_id: int) -> HttpResponse:
    """Forget a profile: the GET asks for confirmation."""
    profile = _profile(request, employer_id, profile_id)
    if request.method == "POST":
        profiles.remove(profile=profile, by=person(request))
        messages.success(request, f"Le profil «\xa0{profile.name}\xa0» est supprimé.")
        return redirect("paie", employer_id=employer_id)
    context = {"employer": profile.employer, "profile": profile}
    return render(request, "dispenses/employer/paie_supprimer.html", context)


@require_POST
def paie_depuis(request: HttpRequest, employer_id: int, profile_id: int) -> HttpResponseBase:
    """What changed since the last file taken. A POST: the marker moves once the file has left."""
    profile = _profile(request, employer_id, profile_id)
    try:
        return files.since_last(profile, user=person(request))
    except ExportRefused as refusal:
        return _refused(request, profile, refusal)


@require_GET
def paie_au(request: HttpRequest, employer_id: int, profile_id: int) -> HttpResponseBase:
    """Everybody on a day; the marker stays."""
    profile = _profile(request, employer_id, profile_id)
    form = DayForm(request.GET)
    if not form.is_valid():
        return _profile_page(request, profile, form)
    try:
        return files.at(profile, form.cleaned_data["jour"], user=person(request))
    except ExportRefused as refusal:
        return _refused(request, profile, refusal)


@require_GET
def paie_reprendre(request: HttpRequest, employer_id: int, profile_id: int, file_id: int) -> HttpResponseBase:
    """A file once more; the marker stays."""
    profile = _profile(request, employer_id, profile_id)
    try:
        return files.again(get_payroll_file(profile, file_id), user=person(request))
    except ExportRefused as refusal:
        return _refused(request, profile, refusal)


def _refused(request: HttpRequest, profile: PayrollProfile, refusal: ExportRefused) -> HttpResponse:
    messages.error(request, str(refusal))
    return redirect("paie_profil", employer_id=profile.employer_id, profile_id=profile.pk)


def _profile_page(request: HttpRequest, profile: PayrollProfile, form: DayForm) -> HttpResponse:
    last = files.marker(profile)
    context = {
        "employer": profile.employer,
        "profile": profile,
        "marker": last,
        "files": profile.files.select_related("user")[:LAST_FILES],
        "headings": [heading for _, heading in chosen(profile)],
        "lines": files.preview(profile),
        "form": form,
    }
    return render(request, "dispenses/employer/paie_profil.html", context)
