"""Filters that a person keeps under a name, and may share with the whole centre."""

from dataclasses import dataclass

from django import forms
from django.db.models import Q
from django.http import QueryDict

from accounts.models import User
from dispenses.desk.criteria import Criteria, read
from dispenses.models import SavedView
from portal.lib.typography import NBSP

MAX_VIEWS = 30
SHOWN = 60


@dataclass(frozen=True)
class NamedView:
    pk: int
    name: str
    query: str
    mine: bool
    shared: bool
    owner: str
    current: bool


class SaveViewForm(forms.Form):
    name = forms.CharField(
        label="Nom de la vue",
        max_length=60,
        error_messages={
            "required": "Donnez un nom à la vue",
            "max_length": f"Le nom de la vue tient en 60{NBSP}caractères",
        },
    )
    shared = forms.BooleanField(label="Partager avec l’équipe", required=False)


def views_of(user: User, current: Criteria) -> list[NamedView]:
    """The person's own views, then those that others share, by name."""
    found = SavedView.objects.filter(Q(owner=user) | Q(shared=True)).select_related("owner")[:SHOWN]
    named = [
        NamedView(
            pk=view.pk,
            name=view.name,
            query=view.query,
            mine=view.owner_id == user.pk,
            shared=view.shared,
            owner=view.owner.full_name,
            current=read(QueryDict(view.query)) == current,
        )
        for view in found
    ]
    return sorted(named, key=lambda view: not view.mine)


def save(*, owner: User, name: str, shared: bool, criteria: Criteria) -> str:
    """Keep the criteria under a name, in place of the person's own of that name. Returns "" or what prevents it."""
    own = SavedView.objects.filter(owner=owner)
    if not own.filter(name=name).exists() and own.count() >= MAX_VIEWS:
        return f"Vous avez déjà {MAX_VIEWS}{NBSP}vues. Supprimez-en une avant d’en enregistrer une autre."
    SavedView.objects.update_or_create(
        owner=owner, name=name, defaults={"query": criteria.query[:500], "shared": shared}
    )
    return ""
