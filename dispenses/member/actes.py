"""The text of the employer's acte, which one reads before signing."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from accounts.permissions import person
from dispenses.documents import acte_texts, storage
from dispenses.exceptions import NotReleased
from dispenses.request.permissions import get_acte_text

UNAVAILABLE = "L’acte de votre entreprise n’est pas disponible pour l’instant. Réessayez dans quelques minutes."


@require_safe
def acte_texte(request: HttpRequest, text_id: int) -> HttpResponseBase:
    """The PDF, as an attachment; home, with the reason, when it may not be handed over now."""
    found = get_acte_text(person(request), text_id)
    acte_texts.settle(found)
    try:
        return storage.announce(found) if request.method == "HEAD" else storage.release(found)
    except (NotReleased, OSError) as error:
        messages.error(request, str(error) if isinstance(error, NotReleased) else UNAVAILABLE)
    return redirect("accueil")
