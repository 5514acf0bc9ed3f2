"""The two employers of a transfer."""

import pytest

from accounts.models import Employer
from tests.factories import ActeFactory, CorrespondentFactory, EmployerFactory


@pytest.fixture
def former() -> Employer:
    """Who transfers its people: an acte that opens every motif, a correspondent."""
    employer: Employer = EmployerFactory(name="Ateliers du Levant")
    CorrespondentFactory(employer=employer)
    ActeFactory(employer=employer)
    return employer


@pytest.fixture
def new() -> Employer:
    """Who receives them: an acte that opens no motif, a correspondent."""
    employer: Employer = EmployerFactory(name="Comptoir du Nord")
    CorrespondentFactory(employer=employer)
    ActeFactory(employer=employer, opened_motifs=[])
    return employer
