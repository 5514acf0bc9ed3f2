"""Every component of the pages in each of its states, for development: routed when PORTAL_DEV_MAILBOX is on."""

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import states
from dispenses.workflow import STATUSES
from portal.icons import ICONS
from portal.lib.badges import Badge, Tone
from portal.lib.fields import ThreePartDateField

LEVELS = ("info", "success", "warning", "error")
STEPS = ("Votre situation", "Motif", "Justificatifs", "Vérification et envoi")


class Fields(forms.Form):
    """A field of each kind that pages have."""

    name = forms.CharField(label="Nom de l’autre employeur", help_text="Comme sur son bulletin de paie.")
    email = forms.EmailField(label="Adresse e-mail personnelle", required=False)
    password = forms.CharField(label="Mot de passe", widget=forms.PasswordInput)
    day = ThreePartDateField(label="Date d’embauche", help_text="Par exemple 03 09 2018.")
    contract = forms.ChoiceField(
        label="Type de contrat", choices=[("cdi", "CDI"), ("cdd", "CDD")], widget=forms.RadioSelect
    )
    category = forms.ChoiceField(label="Catégorie", choices=[("", "Choisissez"), ("cadre", "Cadre")])
    message = forms.CharField(label="Votre message", widget=forms.Textarea(attrs={"rows": 4}))
    agreed = forms.BooleanField(label="J’ai lu les conséquences de la dispense")


@login_not_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The page of components. Raises Http404 outside of development."""
    if not settings.PORTAL_DEV_MAILBOX:
        raise Http404
    context = {
        "filled": Fields(initial={"name": "Comptoir du Sud", "contract": "cdi"}, prefix="rempli"),
        "form": Fields({"email": "virginie", "day_0": "31", "day_1": "2", "day_2": "2018"}),
        "badges": [
            ("Ce que vaut une demande", [facts.badge for facts in STATUSES.values()]),
            ("Où en est un salarié", [state.badge for state in states.STATES]),
            ("Tons", [Badge(tone.name.capitalize(), "info", tone) for tone in Tone]),
        ],
        "levels": LEVELS,
        "steps": STEPS,
        "icons": sorted(ICONS),
        "shares": [(state.counted, state.fill) for state in states.STATES],
    }
    return render(request, "dev/composants.html", context)
