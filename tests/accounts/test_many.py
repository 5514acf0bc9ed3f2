"""Many employees at once: the same rows and the same mails as one by one."""

import re
from datetime import date
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import services
from accounts.employee.fields import Declared
from accounts.models import Employee, Employer, Invitation
from accounts.nir import seal_nir
from accounts.services.many import pre_affiliate_many
from notifications import delivery
from notifications.models import OutgoingEmail
from tests.factories import CorrespondentFactory, EmployeeFactory, EmployerFactory

pytestmark = pytest.mark.django_db


def person(rank: int, **given: Any) -> Declared:
    values = {
        "matricule": f"M{rank}",
        "first_name": "Zoé\t\\",
        "last_name": f"L’Hôte\n{rank}",
        "professional_email": f"zoe{rank}@exemple.fr",
        "hired_on": date(2026, 9, 1),
        "contract_type": "cdi",
    }
    return Declared(**{**values, **given})


def declare(employer: Employer, people: list[Declared]) -> None:
    by = CorrespondentFactory(employer=employer).user
    pre_affiliate_many(by=by, employer=employer, people=people, now=timezone.now())


def test_every_value_is_stored_as_it_is() -> None:
    nir = seal_nir("295109912611193")
    values = {"birth_name": "N\\N", "birth_date": date(1995, 10, 2), "sealed_nir": nir, "part_time": True}
    others = {"contract_ends_on": date(2027, 1, 1), "category": "Cadre", "establishment_siret": "73282932000074"}
    employer = EmployerFactory()
    declare(employer, [person(1, **values, **others), person(2)])
    first, second = Employee.objects.filter(employer=employer).order_by("matricule")
    for name, value in {**values, **others}.items():
        assert getattr(first, name) == value
    assert (first.first_name, first.last_name) == ("Zoé\t\\", "L’Hôte\n1")
    assert first.masked_nir.endswith(" 93")
    assert (second.birth_name, second.birth_date, second.part_time, second.masked_nir) == ("", None, False, "")


def test_the_mails_carry_a_link_that_works_and_the_same_words_as_one_by_one() -> None:
    employer = EmployerFactory()
    declare(employer, [person(1), person(2)])
    assert not any(row.text_body or row.html_body for row in OutgoingEmail.objects.filter(kind="invitation"))
    assert "activation" not in "".join(OutgoingEmail.objects.values_list("context", flat=True))
    mail.outbox.clear()
    delivery.deliver()
    by = CorrespondentFactory(employer=employer).user
    services.pre_affiliate(
        by=by,
        employer=employer,
        declared=person(3),
    )
    delivery.deliver()
    bodies = {message.to[0]: str(message.body) for message in mail.outbox if "zoe" in message.to[0]}
    links = {address: re.findall(r"/activation/([\w-]{43})/", body)[0] for address, body in bodies.items()}
    assert len(set(links.values())) == 3
    for address, secret in links.items():
        assert services.find_invitation(secret).employee.professional_email == address
    plain = {re.sub(r"/activation/[\w-]+/|[123]", "", body) for body in bodies.values()}
    assert len(plain) == 1
    assert set(OutgoingEmail.objects.values_list("context", flat=True)) == {""}


def test_one_who_is_already_there_undoes_all() -> None:
    employer = EmployerFactory()
    EmployeeFactory(employer=employer, matricule="M2")
    with pytest.raises(IntegrityError), transaction.atomic():
        declare(employer, [person(1), person(2)])
    assert Employee.objects.filter(employer=employer).count() == 1
    assert not Invitation.objects.filter(employee__matricule="M1").exists()


def test_nobody_is_nothing() -> None:
    declare(EmployerFactory(), [])
    assert not Invitation.objects.exists()
