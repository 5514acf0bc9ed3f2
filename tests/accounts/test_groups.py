"""The three groups of the centre: exactly their rights, kept; the former single group becomes Gestionnaire."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from accounts.services import ADMINISTRATEUR, GESTIONNAIRE, RESPONSABLE, ensure_groups, groups
from dispenses.rights import OWN_THINGS
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


def rights(name):
    found = Group.objects.get(name=name).permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in found}


def test_each_group_has_exactly_its_rights_whatever_it_had():
    Group.objects.get(name=GESTIONNAIRE).permissions.set(Permission.objects.all())
    Group.objects.get(name=ADMINISTRATEUR).permissions.clear()
    ensure_groups()
    assert {name: rights(name) for name in groups.GROUPS} == {n: set(r) for n, r in groups.GROUPS.items()}
    assert rights(GESTIONNAIRE) < rights(RESPONSABLE)


def test_who_decides_does_not_administer_and_the_reverse():
    deciding = {"dispenses.change_dispense", "dispenses.view_dispense", "dispenses.reopen_dispense"}
    assert not deciding & rights(ADMINISTRATEUR)
    changing = {
        right for right in rights(RESPONSABLE) if right.split(".")[1].startswith(("add_", "change_", "delete_"))
    }
    assert {right for right in changing if not right.endswith("_dispense")} == OWN_THINGS


def test_an_unknown_right_is_an_error_not_a_gap(monkeypatch):
    monkeypatch.setitem(groups.GROUPS, GESTIONNAIRE, ("dispenses.fly_dispense",))
    with pytest.raises(LookupError, match="fly_dispense"):
        ensure_groups()


@pytest.mark.parametrize("both", [False, True])
def test_members_of_the_former_group_become_gestionnaires(both):
    Group.objects.all().delete()
    old = Group.objects.create(name="Centre de gestion")
    member = StaffFactory(in_group=False)
    member.groups.add(old)
    if both:
        Group.objects.create(name=GESTIONNAIRE)
    import_module("accounts.migrations.0002_three_groups").rename(apps, None)
    assert [group.name for group in member.groups.all()] == [GESTIONNAIRE]
    assert not Group.objects.filter(name="Centre de gestion").exists()
