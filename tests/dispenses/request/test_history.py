"""The history of a request is sealed: whatever is done to it in SQL, behind the portal, is found."""

from io import BytesIO, StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pypdf import PdfReader

from dispenses.models import Declaration, Dispense, TimelineEvent
from dispenses.request import history
from dispenses.request.receipts import receipt_pdf
from tests.factories import DispenseFactory

pytestmark = pytest.mark.django_db
EVENTS, DECLARATIONS = TimelineEvent._meta.db_table, Declaration._meta.db_table
REQUESTS = Dispense._meta.db_table


@pytest.fixture
def decided() -> Dispense:
    """A request that was sent and granted: a declaration, then two events."""
    return DispenseFactory(accepted=True)


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def found() -> list[str]:
    return [one.words for one in history.verify()]


def event(dispense: Dispense, rank: int) -> TimelineEvent:
    return TimelineEvent.objects.get(dispense=dispense, rank=rank)


def test_what_the_portal_writes_is_whole(decided: Dispense) -> None:
    DispenseFactory()
    DispenseFactory(ended=True)
    DispenseFactory(withdrawn=True)
    assert [entry.rank for entry in history.entries(decided)] == [1, 2, 3]
    assert (decided.history_rank, decided.history_seal) == (3, event(decided, 3).seal)
    assert found() == []
    said = StringIO()
    call_command("verify_history", stdout=said)
    assert "est celui qui a été scellé" in said.getvalue()


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        (EVENTS, "comment", "autre chose"),
        (EVENTS, "at", "2020-01-01T00:00:00+00:00"),
        (EVENTS, "to_status", "refused"),
        (EVENTS, "actor_label", "Quelqu’un d’autre"),
        (EVENTS, "files", '["autre.pdf"]'),
        (DECLARATIONS, "text", "je ne renonce à rien"),
        (DECLARATIONS, "answers", '[["Motif", "Autre"]]'),
        (DECLARATIONS, "signed_at", "2020-01-01T00:00:00+00:00"),
    ],
)
def test_a_changed_row_is_found(decided: Dispense, table: str, column: str, value: str) -> None:
    sql(f"UPDATE {table} SET {column} = %s WHERE dispense_id = %s", value, decided.pk)
    assert any("modifié" in words for words in found())


@pytest.mark.parametrize("rank", [2, 3])
def test_a_removed_row_is_found(decided: Dispense, rank: int) -> None:
    sql(f"DELETE FROM {EVENTS} WHERE dispense_id = %s AND rank = %s", decided.pk, rank)
    assert found() != []


def test_the_last_rows_removed_with_the_head_set_back_are_found_by_the_receipt(decided: Dispense) -> None:
    shown = event(decided, 3).seal
    sql(f"DELETE FROM {EVENTS} WHERE dispense_id = %s AND rank = 3", decided.pk)
    Dispense.objects.update(history_rank=2, history_seal=event(decided, 2).seal)
    assert found() == []
    with pytest.raises(CommandError, match="n’est pas dans l’historique"):
        call_command("verify_history", decided.pk, seal=shown)


def test_two_rows_exchanged_are_found(decided: Dispense) -> None:
    sql(f"UPDATE {EVENTS} SET rank = 5 - rank WHERE dispense_id = %s", decided.pk)
    assert found() != []


def test_a_row_added_is_found(decided: Dispense) -> None:
    TimelineEvent.objects.create(dispense=decided, transition="end", from_status="accepted", to_status="ended")
    assert any("ajouté hors du portail" in words for words in found())


def test_a_row_moved_to_another_request_is_found(decided: Dispense) -> None:
    other = DispenseFactory(accepted=True)
    sql(f"UPDATE {EVENTS} SET dispense_id = %s WHERE dispense_id = %s AND rank = 3", other.pk, decided.pk)
    assert {one.number for one in history.verify()} == {decided.pk, other.pk}


def test_another_head_is_found_and_told_by_the_command(decided: Dispense) -> None:
    sql(f"UPDATE {REQUESTS} SET history_seal = %s", "0" * 64)
    said = StringIO()
    with pytest.raises(CommandError, match="1 différence"):
        call_command("verify_history", stdout=said)
    assert f"Dispense N°{decided.pk}" in said.getvalue()
    with pytest.raises(CommandError, match="donnez son numéro"):
        call_command("verify_history", seal="0" * 64)


def test_the_receipt_shows_the_seal_of_its_sending(decided: Dispense) -> None:
    shown = "".join(page.extract_text() for page in PdfReader(BytesIO(receipt_pdf(decided))).pages)
    assert event(decided, 2).seal in "".join(shown.split())
    call_command("verify_history", decided.pk, seal=event(decided, 2).seal, stdout=StringIO())
    assert history.first_seal(DispenseFactory()) == ""
