"""Internal notes of the centre, on the page of a request."""

from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from dispenses.desk import queries, views
from dispenses.desk.add_note import add_note
from dispenses.desk.forms import NoteForm
from dispenses.desk.rights import ADD_NOTE, Desk, reader
from dispenses.models import Dispense
from dispenses.parties import interests


def note(desk: Desk, request: HttpRequest, number: int) -> HttpResponse:
    """Add a note; what was typed comes back with its error. A GET (sign-in in between) goes back to the request."""
    author = reader(desk, request)
    if not author.has_perm(ADD_NOTE):
        raise PermissionDenied
    dispense = queries.get_request(number, interests(author))
    form = NoteForm(request.POST or None)
    if request.method != "POST":
        return redirect("admin:dispenses_dispense_change", dispense.number)
    if not form.is_valid():
        return _wrong(desk, request, dispense, form)
    add_note(dispense=dispense, author=author, text=form.cleaned_data["note"])
    messages.success(request, "Note ajoutée. Le salarié et l’employeur ne la voient pas.")
    return redirect(reverse("admin:dispenses_dispense_change", args=[dispense.number]) + "#s-notes")


def _wrong(desk: Desk, request: HttpRequest, dispense: Dispense, form: forms.Form) -> HttpResponse:
    return views.request_with(desk, request, dispense, note=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
