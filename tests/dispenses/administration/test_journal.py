"""The journal of administration: every act of the admin is in it, with what changed, and nobody rewrites it."""

import csv
import io

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import JournalEntry, StaffAccount
from dispenses.models import LegalHold, ListExport, StandardPhrase
from dispenses.queue import assignments
from dispenses.request import phrases
from tests.factories import (
    AdministratorFactory,
    DispenseFactory,
    EmployerFactory,
    LeadFactory,
    StaffFactory,
    UserFactory,
)
from tests.pages import page_of

pytestmark = pytest.mark.django_db
LIST = reverse("admin:accounts_journalentry_changelist")


@pytest.fixture
def administrator():
    return AdministratorFactory(first_name="Ada", last_name="Roux")


@pytest.fixture
def client(administrator):
    client = Client()
    client.force_login(administrator)
    return client


def last():
    return JournalEntry.objects.first()


def test_a_change_says_who_what_and_each_value_before_and_after(client, administrator):
    member = StaffFactory(first_name="Léa", last_name="Martin")
    page = reverse("admin:accounts_staffaccount_change", args=[member.pk])
    sent = {"first_name": "Léa", "last_name": "Durand", "is_active": "on", "roles": ["Gestionnaire", "Administrateur"]}
    assert client.post(page, sent).status_code == 302
    entry = last()
    assert entry.who == f"Ada Roux <{administrator.email}>"
    assert (entry.act, entry.kind, entry.object_id) == ("changed", "membre du centre", str(member.pk))
    assert "Nom\xa0: Martin → Durand" in entry.detail
    roles = next(line for line in entry.detail.splitlines() if line.startswith("Groupes"))
    assert roles.startswith("Groupes\xa0: Gestionnaire\xa0: examine les demandes → Administrateur")
    assert "Gestionnaire\xa0: examine" in roles.split("→")[1]
    assert "Prénom" not in entry.detail


def test_what_is_added_and_lifted_is_there(client):
    employer = EmployerFactory(name="Bijoux SA")
    add = reverse("admin:dispenses_legalhold_add")
    assert client.post(add, {"employer": employer.pk, "reason": "Contrôle en cours"}).status_code == 302
    assert last().act == "added"
    assert "Employeur\xa0: — → Bijoux SA" in last().detail
    hold = LegalHold.objects.get()
    assert client.post(reverse("admin:dispenses_legalhold_change", args=[hold.pk]), {"lift": "on"}).status_code == 302
    assert last().act == "changed"
    assert "— → oui" in last().detail or "non → oui" in last().detail


def test_rows_deleted_together_have_a_line_each(client):
    phrases.load()
    gone = list(StandardPhrase.objects.all()[:3])
    data = {"action": "delete_selected", "_selected_action": [row.pk for row in gone], "post": "yes"}
    client.post(reverse("admin:dispenses_standardphrase_changelist"), data)
    lines = JournalEntry.objects.filter(act="deleted")
    assert {line.object_id for line in lines} == {str(row.pk) for row in gone}
    assert lines.count() == 3


def test_a_reassignment_is_in_it():
    lead, other = LeadFactory(), StaffFactory()
    dispense = DispenseFactory(in_progress=True)
    assignments.assign(number=dispense.number, to=other, by=lead, may_reassign=True)
    assignments.assign(number=dispense.number, to=lead, by=lead, may_reassign=True)
    assert LogEntry.objects.count() == JournalEntry.objects.count() > 0
    assert "→" in last().detail


def test_a_password_is_named_never_written():
    superuser = UserFactory(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(superuser)
    member = StaffFactory()
    page = reverse("admin:auth_user_password_change", args=[member.pk])
    words = "girafe-violette-sur-un-toit"
    data = {"password1": words, "password2": words, "usable_password": "true"}
    assert client.post(page, data).status_code == 302
    assert JournalEntry.objects.exists()
    assert words not in "".join(entry.detail for entry in JournalEntry.objects.all())


def test_every_page_of_the_admin_reports_to_it():
    names = {model: [base.__name__ for base in type(page).__mro__] for model, page in admin.site._registry.items()}
    assert [model for model, bases in names.items() if "Journaled" not in bases] == []


def test_an_act_that_cannot_be_written_down_is_not_done(client, monkeypatch):
    def fails(**_):
        raise DatabaseError("plus de place")

    monkeypatch.setattr(JournalEntry.objects, "create", fails)
    client.raise_request_exception = False
    data = {"email": "neuf@mutuelle.exemple", "first_name": "Neuf", "last_name": "Roux", "roles": ["Gestionnaire"]}
    client.post(reverse("admin:accounts_staffaccount_add"), data)
    assert not StaffAccount.objects.filter(email="neuf@mutuelle.exemple").exists()


def written():
    return JournalEntry.objects.create(user=UserFactory(), who="x", act="added", kind="motif", object="y")


def test_no_page_nor_statement_of_ours_rewrites_it():
    entry = written()
    superuser = UserFactory(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(superuser)
    for name in ("change", "delete"):
        page = reverse(f"admin:accounts_journalentry_{name}", args=[entry.pk])
        assert client.post(page, {"who": "autre", "post": "yes"}).status_code == 403
    entry.who = "autre"
    for rewriting in (
        entry.save,
        entry.delete,
        JournalEntry.objects.all().delete,
        lambda: JournalEntry.objects.update(who="autre"),
    ):
        with pytest.raises(TypeError):
            rewriting()
    assert JournalEntry.objects.get().who == "x"


@pytest.mark.postgresql
@pytest.mark.parametrize(
    "statement", ["UPDATE accounts_journalentry SET who = 'z'", "DELETE FROM accounts_journalentry"]
)
def test_the_database_refuses_it_too(statement):
    written()
    with pytest.raises(DatabaseError, match="ne se modifie pas"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(JournalEntry._meta.db_table))
    assert JournalEntry.objects.get().who == "x"


@pytest.mark.postgresql
def test_the_database_refuses_to_be_emptied_of_it():
    written()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_journalentry ENABLE TRIGGER accounts_journal_never_emptied")
        with pytest.raises(DatabaseError, match="ne se modifie pas"), transaction.atomic():
            cursor.execute("TRUNCATE accounts_journalentry")
    assert JournalEntry.objects.get().who == "x"


def test_it_outlives_the_account_and_the_object(administrator):
    JournalEntry.objects.create(
        user=administrator, who="Ada Roux <ada@x.exemple>", act="added", kind="motif", object="y"
    )
    administrator.groups.clear()
    administrator.delete()
    client = Client()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    assert "Ada Roux" in page_of(client.get(LIST))


def test_the_file_holds_what_the_filters_leave_and_is_itself_written_down(client, administrator):
    for name in ("=1+1", "Autre"):
        JournalEntry.objects.create(user=administrator, who="x", act="added", kind="motif", object=name)
    answer = client.get(reverse("admin:accounts_journalentry_exporter", args=["csv"]), {"q": "1+1"})
    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")), delimiter=";"))
    assert len(lines) == 2
    assert lines[1][lines[0].index("Objet")] == "'=1+1"
    export = ListExport.objects.get()
    assert (export.what, export.user, export.filters) == ("administration", administrator, {"q": "1+1"})
    answer = client.get(reverse("admin:accounts_journalentry_exporter", args=["xlsx"]))
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    assert client.get(reverse("admin:accounts_journalentry_exporter", args=["pdf"])).status_code == 404


def test_the_list_asks_as_much_whatever_it_holds(client, django_assert_max_num_queries):
    user = UserFactory()
    for number in range(30):
        JournalEntry.objects.create(user=user, who="x", act="added", kind="motif", object=str(number))
    client.get(LIST)
    with django_assert_max_num_queries(9):
        client.get(LIST, {"periode": "7"})
