"""The database of a process of the tests: a copy of one made once, with every table, the motifs and the groups.

The migrations run once for all the processes of a run (on SQLite for all its passes, see tests/prepared.py). SQLite
copies page by page; PostgreSQL copies a database from its template. A transactional test, which empties every table,
has these rows written again at its end.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.color import no_style
from django.db import connection, transaction
from django.test import TransactionTestCase

from tests import prepared
from tests.servers import postgresql

Rows = dict[str, tuple[list[str], list[tuple[Any, ...]]]]
"""Of each table that has rows: its columns, its rows."""


def _copy_on_sqlite() -> None:
    connection.ensure_connection()
    with closing(sqlite3.connect(prepared.tables())) as source:
        source.backup(connection.connection)


def _make_template(url: str, name: str) -> Callable[[Path], None]:
    def make(_: Path) -> None:
        with postgresql.connected(url) as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"')
        prepared.fill(urlsplit(url)._replace(path=f"/{name}").geturl())
        with postgresql.connected(url, name) as cursor:  # a transactional test empties every table once over
            cursor.execute("ALTER TABLE accounts_journalentry DISABLE TRIGGER accounts_journal_never_emptied")

    return make


def use_copies(run_name: str) -> None:
    """The default connection makes its test database so from now on; `run_name` ends the names of its databases."""
    creation = connection.creation
    if connection.vendor == "postgresql":
        url, template = os.environ["DATABASE_URL"], f"modele_{run_name}"
        connection.settings_dict["TEST"]["TEMPLATE"] = template

    def create(verbosity: int = 1, autoclobber: bool = False, serialize: bool = True, keepdb: bool = False) -> str:
        name = creation._get_test_db_name()
        if connection.vendor == "postgresql":
            prepared.once(template, _make_template(url, template))
            creation._create_test_db(verbosity, autoclobber, keepdb)
            connection.close()
            with postgresql.connected(url) as cursor:  # nobody keeps these rows: no commit waits for the disk
                cursor.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
        settings.DATABASES[connection.alias]["NAME"] = connection.settings_dict["NAME"] = name
        if connection.vendor == "sqlite":
            _copy_on_sqlite()
        connection.ensure_connection()
        return name

    creation.create_test_db = create


def _tables() -> list[str]:
    return connection.introspection.django_table_names(only_existing=True, include_views=False)


def read() -> Rows:
    found: Rows = {}
    with connection.cursor() as cursor:
        for table in _tables():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            if rows := cursor.fetchall():
                found[table] = ([column[0] for column in cursor.description], rows)
    return found


def _write(rows: Rows) -> None:
    quoted = connection.ops.quote_name
    with transaction.atomic(), connection.cursor() as cursor:
        for table, (columns, lines) in rows.items():
            line = f"({', '.join(['%s'] * len(columns))})"
            into = f"INSERT INTO {quoted(table)} ({', '.join(map(quoted, columns))}) VALUES "
            cursor.execute(into + ", ".join([line] * len(lines)), [value for row in lines for value in row])


def _empty(tables: list[str]) -> None:
    """Delete every row. PostgreSQL is far longer to truncate a hundred tables: what is faster asks for a superuser."""
    if connection.vendor != "postgresql" or not _is_superuser():
        flush = connection.ops.sql_flush(no_style(), tables, reset_sequences=False, allow_cascade=False)
        connection.ops.execute_sql_flush(flush)
        return
    quoted = connection.ops.quote_name
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{t}' WHERE EXISTS (SELECT FROM {quoted(t)})" for t in tables))
        held = [name for (name,) in cursor.fetchall()]
        cursor.execute("SET LOCAL session_replication_role = replica")  # neither triggers nor foreign keys
        for name in held:
            cursor.execute(f"DELETE FROM {quoted(name)}")
        cursor.execute("SET LOCAL session_replication_role = origin")


def _is_superuser() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT usesuper FROM pg_user WHERE usename = current_user")
        return bool(cursor.fetchone()[0])


def keep_rows() -> None:
    """What the database holds now is what each transactional test leaves in it."""
    rows, tables = read(), _tables()

    def teardown(self: TransactionTestCase) -> None:
        _empty(tables)
        _write(rows)

    TransactionTestCase._fixture_teardown = teardown
