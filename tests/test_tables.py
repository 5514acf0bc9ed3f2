"""Each test finds the rows of the start; one that has no database is known as such, and runs on one database only."""

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import TransactionTestCase

from dispenses.models import Motif
from tests import tables
from tests.factories import AdministratorFactory, DispenseFactory


@pytest.mark.django_db(transaction=True)
def test_a_test_that_empties_the_tables_leaves_those_of_the_start() -> None:
    before = in_order(tables.read())
    assert {Motif._meta.db_table, Group._meta.db_table, ContentType._meta.db_table} <= set(before)
    DispenseFactory(accepted=True, staff=AdministratorFactory())
    Group.objects.all().delete()
    TransactionTestCase()._fixture_teardown()
    assert in_order(tables.read()) == before


def in_order(found: tables.Rows) -> tables.Rows:
    """A database promises no order."""
    return {name: (columns, sorted(rows, key=repr)) for name, (columns, rows) in found.items()}


@pytest.mark.django_db
def test_every_migration_was_run() -> None:
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []


@pytest.fixture
def someone(db: None) -> None: ...


def test_without_a_database(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("no_database")
    with pytest.raises(RuntimeError, match="Database access not allowed"):
        Motif.objects.count()


@pytest.mark.django_db
def test_with_a_database(request: pytest.FixtureRequest) -> None:
    assert not request.node.get_closest_marker("no_database")


def test_with_a_database_of_a_fixture(request: pytest.FixtureRequest, someone: None) -> None:
    assert not request.node.get_closest_marker("no_database")


@pytest.mark.postgresql
def test_on_postgresql_alone(request: pytest.FixtureRequest) -> None:
    assert not request.node.get_closest_marker("no_database")
