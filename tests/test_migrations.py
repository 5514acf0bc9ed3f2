"""Migrations are safe beside the code of before: it goes on reading and writing while, and after, they are applied."""

from collections.abc import Iterator

import pytest
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django_migration_linter.migration_linter import MigrationLinter

# The last one of each room that was written before it was looked at.
BEFORE = {"accounts": "0036_keys_that_change", "dispenses": "0039_transfers", "notifications": "0018_request_of_a_mail"}
# Those that may do what the rule refuses, and why nobody suffers from it: {("room", "0099_name"): "why"}.
ALLOWED: dict[tuple[str, str], str] = {
    ("accounts", "0047_one_address"): "a unique rule in place of a stricter one, which the code of before keeps to",
    ("dispenses", "0056_motif_in_full"): "a longer column, whose rows are not written anew: all that was written fits",
}


def since() -> Iterator[migrations.Migration]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    for (room, name), migration in sorted(loader.disk_migrations.items()):
        if room in BEFORE and name > BEFORE[room] and (room, name) not in ALLOWED:
            yield migration


def complaints(migration: migrations.Migration) -> list[str]:
    """What an image of before would suffer from: columns dropped, renamed, without a default…"""
    linter = MigrationLinter(no_cache=True, no_output=True)
    said: list[str] = []
    linter.print_errors = lambda errors: said.extend(error.message for error in errors)
    linter.lint_migration(migration)
    return said


def test_each_room_has_its_mark() -> None:
    names = set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
    assert set(BEFORE.items()) <= names
    assert set(ALLOWED) <= names


@pytest.mark.postgresql
@pytest.mark.django_db
def test_no_new_migration_takes_from_the_image_of_before_what_it_uses() -> None:
    found = {f"{one.app_label}.{one.name}": complaints(one) for one in since()}
    assert {name: said for name, said in found.items() if said} == {}


def test_what_writes_rows_anew_does_it_in_transactions_of_its_own() -> None:
    """One over the whole table holds its rows for minutes: see 0036_no_own_end for one that goes by batches."""
    wrong = [
        f"{one.app_label}.{one.name}"
        for one in since()
        if one.atomic and any(isinstance(operation, migrations.RunPython) for operation in one.operations)
    ]
    assert wrong == []


# The rule itself


def made(*operations: migrations.operations.base.Operation) -> list[str]:
    """What is said of a migration of a portal's table that does this."""
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        state = MigrationLoader(connection).project_state()
        for operation in operations:
            after = state.clone()
            operation.state_forwards("accounts", after)
            operation.database_forwards("accounts", editor, state, after)
            state = after
    linter = MigrationLinter(no_cache=True, no_output=True)
    analyser = linter.sql_analyser_class(exclude_migration_tests=[])
    analyser.analyse([line for line in editor.collected_sql if not line.startswith("--")])
    return [error.code for error in analyser.errors]


@pytest.mark.postgresql
@pytest.mark.django_db
def test_what_is_refused_and_what_is_not() -> None:
    assert made(migrations.AddField("employer", "autre", models.TextField(default=""))) == ["NOT_NULL"]
    assert made(migrations.RemoveField("employer", "name")) == ["DROP_COLUMN"]
    assert made(migrations.RenameField("employer", "name", "autre")) == ["RENAME_COLUMN"]
    assert made(migrations.AddField("employer", "autre", models.TextField(null=True))) == []
    assert made(migrations.AddField("employer", "autre", models.TextField(db_default=""))) == []
