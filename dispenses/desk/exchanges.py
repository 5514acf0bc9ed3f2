"""Messages with the employee about a request, on its page: the centre writes, or answers in the queue of questions."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from dispenses.contact import questions
from dispenses.desk import queries, views
from dispenses.desk.forms import MessageForm
from dispenses.desk.rights import Desk, decider
from dispenses.exceptions import TransitionRefused
from dispenses.parties import interests


def message(desk: Desk, request: HttpRequest, number: int) -> HttpResponse:
    """Write to the employee; what was typed comes back with its error. A GET (sign-in in between) shows the request."""
    author = decider(desk, request)
    dispense = queries.get_request(number, interests(author))
    form = MessageForm(request.POST or None)
    if request.method != "POST":
        return redirect("admin:dispenses_dispense_change", dispense.number)
    if form.is_valid():
        try:
            questions.write(dispense=dispense, user=author, text=form.cleaned_data["message"])
        except TransitionRefused as refusal:
            form.add_error("message", str(refusal))
        else:
            messages.success(request, "Message envoyé. Un e-mail prévient le salarié, sans dire quoi.")
            return redirect(reverse("admin:dispenses_dispense_change", args=[dispense.number]) + "#s-messages")
    return views.request_with(desk, request, dispense, message=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
