"""« Nous contacter », open to everybody."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.exceptions import SentTooOften
from accounts.models import User
from dispenses.contact import questions
from dispenses.contact.forms import QuestionForm
from portal.lib.client import client_network


@login_not_required
def contact(request: HttpRequest) -> HttpResponse:
    """The form, the address and the telephone; once sent, the same page says that the question has arrived."""
    user = request.user if isinstance(request.user, User) else None
    numbers = questions.own_numbers(user)
    asked_for = request.GET.get("demande", "")
    form = QuestionForm(
        request.POST if request.method == "POST" else None,
        subjects=questions.SUBJECTS[questions.asker_of(user)],
        numbers=numbers,
        known=user is not None,
        initial={"number": asked_for if asked_for in map(str, numbers) else ""},
    )
    status = HTTPStatus.OK
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            questions.ask(
                user=user,
                name=user.full_name if user else given["name"],
                email=user.email if user else given["email"],
                subject=given["subject"],
                number=int(given["number"]) if given.get("number") else None,
                text=given["text"],
                network=client_network(request),
            )
        except SentTooOften as refusal:
            form.add_error(None, f"{refusal} Ce que vous avez écrit reste ici.")
            status = HTTPStatus.TOO_MANY_REQUESTS
        else:
            how = (
                "attendra dans votre espace\xa0: un e-mail vous préviendra"
                if given.get("number")
                else "parviendra par e-mail"
            )
            messages.success(request, f"Votre question est arrivée au centre de gestion. La réponse vous {how}.")
            return redirect("contact")
    return render(request, "dispenses/contact/contact.html", {"form": form}, status=status)
