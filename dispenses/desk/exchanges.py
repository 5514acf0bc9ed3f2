"""Messages with the employee about a request, on its page: the centre writes, or answers in the queue of questions."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from dispenses.contact import questions
from dispenses.contact.forms import MOST
from dispenses.desk import queries
from dispenses.desk.rights import Desk, decider
from dispenses.exceptions import Code, TransitionRefused
from dispenses.parties import interests
from portal.lib.fields import ParagraphsField

MESSAGE = ParagraphsField(
    max_length=MOST,
    required=False,
    error_messages={
        "max_length": f"Un message compte {MOST} caractères au plus",
        "null_characters_not_allowed": "Le message contient un caractère qui ne s’affiche pas",
    },
)


def _typed(request: HttpRequest) -> str:
    """The message. Raises TransitionRefused for one that is too long, or that no keyboard types."""
    try:
        return str(MESSAGE.clean(request.POST.get("message", "")))
    except ValidationError as error:
        raise TransitionRefused(
            f"{' '.join(error.messages)}\xa0: le message n’est pas parti.", code=Code.REASON_MISSING
        ) from error


def message(desk: Desk, request: HttpRequest, number: int) -> HttpResponse:
    """Write to the employee. A GET (sign-in in between) goes back to the request."""
    author = decider(desk, request)
    dispense = queries.get_request(number, interests(author))
    if request.method == "POST":
        try:
            questions.write(dispense=dispense, user=author, text=_typed(request))
        except TransitionRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "Message envoyé. Un e-mail prévient le salarié, sans dire quoi.")
    return redirect(reverse("admin:dispenses_dispense_change", args=[dispense.number]) + "#s-messages")
