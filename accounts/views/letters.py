"""« J’ai reçu une lettre »: its code, typed in place of a link."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from accounts import services
from accounts.exceptions import ActivationRefused, WaitBeforeTrying
from accounts.forms import LetterForm
from accounts.views.session import too_many
from portal.lib.client import client_network


@login_not_required
@sensitive_post_parameters("code")
def activation_lettre(request: HttpRequest) -> HttpResponse:
    """The code leads to the activation; a wrong one is counted, and after some of them the next try waits."""
    form = LetterForm(request.POST if request.method == "POST" else None)
    waits: WaitBeforeTrying | None = None
    if request.method == "POST" and form.is_valid():
        try:
            token = services.open_letter(code=form.cleaned_data["code"], address=client_network(request))
        except ActivationRefused as refusal:
            form.add_error("code", str(refusal))
        except WaitBeforeTrying as wait:
            waits = wait
            form.add_error("code", str(wait))
        else:
            return redirect("activation", token=token)
    return too_many(render(request, "accounts/lettre.html", {"form": form}), waits)
