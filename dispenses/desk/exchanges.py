"""Messages with the employee about a request, on its page: the centre writes, or answers in the queue of questions."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from dispenses.contact import questions
from dispenses.desk import queries
from dispenses.desk.rights import Desk, decider
from dispenses.exceptions import TransitionRefused
from dispenses.parties import interests


def message(desk: Desk, request: HttpRequest, number: int) -> HttpResponse:
    """Write to the employee. A GET (sign-in in between) goes back to the request."""
    author = decider(desk, request)
    dispense = queries.get_request(number, interests(author))
    if request.method == "POST":
        try:
            questions.write(dispense=dispense, user=author, text=request.POST.get("message", "")[:4000])
        except TransitionRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "Message envoyé. Un e-mail prévient le salarié, sans dire quoi.")
    return redirect(reverse("admin:dispenses_dispense_change", args=[dispense.number]) + "#s-messages")
