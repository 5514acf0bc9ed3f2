"""Messages between the employee and the centre about a request, outside of a complement."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.exceptions import SentTooOften
from accounts.permissions import person
from dispenses.contact import questions
from dispenses.enums import Subject
from dispenses.member.forms import MessageForm
from dispenses.request.permissions import get_own_dispense
from dispenses.workflow import Status
from portal.lib.client import client_network


def demande_messages(request: HttpRequest, number: int) -> HttpResponse:
    """What was written about a request, by both, and a new message to the centre."""
    user = person(request)
    dispense = get_own_dispense(user, number)
    if dispense.status == Status.DRAFT:
        messages.info(request, "Cette demande n’est pas encore envoyée. Pour toute question, utilisez ce formulaire.")
        return redirect("contact")
    form, status = MessageForm(request.POST if request.method == "POST" else None), HTTPStatus.OK
    if request.method == "POST" and form.is_valid():
        try:
            questions.ask(
                user=user,
                name=user.full_name,
                email=user.email,
                subject=Subject.REQUEST,
                number=number,
                text=form.cleaned_data["text"],
                network=client_network(request),
            )
        except SentTooOften as refusal:
            form.add_error(None, f"{refusal} Ce que vous avez écrit reste ici.")
            status = HTTPStatus.TOO_MANY_REQUESTS
        else:
            messages.success(request, "Votre message est arrivé au centre de gestion.")
            return redirect("demande_messages", number=number)
    context = {"form": form, "dispense": dispense, "exchanges": questions.of_request(dispense)}
    return render(request, "dispenses/member/messages.html", context, status=status)
