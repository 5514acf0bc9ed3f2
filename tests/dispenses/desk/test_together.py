"""Several people of the centre on one request: who is there, what changed, the notes they leave each other."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.nir import seal_nir
from dispenses.desk.add_note import add_note
from dispenses.desk.presence import in_words
from dispenses.desk.together import purge_presence
from dispenses.models import Dispense, InternalNote, Presence, QueueEntry
from dispenses.request import sending, undo
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.refuse import RefuseContent
from dispenses.request.decisions.registry import decide
from notifications.models import OutgoingEmail
from portal.middleware import SEEN
from tests.dispenses.request.test_races import together
from tests.factories import CorrespondentFactory, DispenseFactory, EmployeeFactory, StaffFactory, UserFactory
from tests.pages import page_of

pytestmark = pytest.mark.django_db
ROOT = Path(settings.BASE_DIR)
SECRET = "Dossier douteux, à revoir avec Paul"


def signed_in(first_name: str, **fields: Any) -> Client:
    client = Client()
    client.force_login(StaffFactory(first_name=first_name, last_name="Centre", **fields))
    return client


@pytest.fixture
def anne() -> Client:
    return signed_in("Anne")


@pytest.fixture
def paul() -> Client:
    return signed_in("Paul")


def page(dispense: Dispense) -> str:
    return reverse("admin:dispenses_dispense_change", args=[dispense.number])


def beat(client: Client, dispense: Dispense, **data: str) -> dict[str, str]:
    url = reverse("admin:dispenses_dispense_presence", args=[dispense.number])
    answer = client.post(url, {"seen": dispense.status_at.isoformat(), **data}, headers={"X-Background": "1"})
    assert answer.status_code == 200
    found: dict[str, str] = answer.json()
    return found


def add(client: Client, dispense: Dispense, text: str) -> Any:
    return client.post(reverse("admin:dispenses_dispense_note", args=[dispense.number]), {"note": text})


# Presence


def test_each_sees_the_other_and_nobody_sees_themselves(anne: Client, paul: Client) -> None:
    dispense, other = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True)
    assert "aussi sur cette demande" not in anne.get(page(dispense)).content.decode()
    assert "Anne Centre est aussi sur cette demande." in paul.get(page(dispense)).content.decode()
    assert beat(anne, dispense)["others"] == "Paul Centre est aussi sur cette demande."
    assert beat(anne, other)["others"] == ""
    assert "aussi sur cette demande" not in paul.get(page(other)).content.decode().replace("Anne Centre est aussi", "")


def test_whoever_is_silent_or_leaves_is_gone(anne: Client, paul: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        beat(anne, dispense)
        clock.shift(timedelta(seconds=39))
        assert beat(paul, dispense)["others"]
        clock.shift(timedelta(seconds=1))
        assert beat(paul, dispense)["others"] == ""
        assert beat(anne, dispense)["others"]
        assert beat(paul, dispense, leave="1") == {}
        assert beat(anne, dispense)["others"] == ""


def test_one_row_for_one_person_on_one_request_then_none(anne: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(5):
            anne.get(page(dispense))
            beat(anne, dispense)
            clock.shift(timedelta(seconds=15))
        assert Presence.objects.count() == 1
        assert purge_presence(timezone.now()) == 0
        clock.shift(timedelta(minutes=11))
        assert purge_presence(timezone.now()) == 1


def test_a_heartbeat_is_cheap_whatever_the_crowd(anne: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    beat(anne, dispense)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            beat(anne, dispense)
        return len(queries)

    alone = cost()
    for name in ("Paul", "Inès", "Luc"):
        beat(signed_in(name), dispense)
    assert cost() == alone <= 8


def test_a_heartbeat_does_not_keep_a_session_alive(anne: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        anne.get(page(dispense))
        seen = anne.session[SEEN]
        clock.shift(timedelta(seconds=settings.PORTAL_SESSION_IDLE - 10))
        beat(anne, dispense)
        assert anne.session[SEEN] == seen
        clock.shift(timedelta(seconds=20))
        url = reverse("admin:dispenses_dispense_presence", args=[dispense.number])
        assert anne.post(url, {"seen": ""}, headers={"X-Background": "1"}).status_code == 302


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], ""),
        (["A"], "A est aussi sur cette demande."),
        (["A", "B"], "A et B sont aussi sur cette demande."),
        (["A", "B", "C"], "A, B et 1 autre personne sont aussi sur cette demande."),
        (["A", "B", "C", "D"], "A, B et 2 autres personnes sont aussi sur cette demande."),
    ],
)
def test_presence_in_words(names: list[str], words: str) -> None:
    assert in_words(names) == words


@pytest.mark.time_machine("2026-11-25T09:42:00+01:00", tick=False)
def test_a_waiting_decision_is_told_then_its_undoing(anne: Client, paul: Client, settings: Any) -> None:
    settings.PORTAL_UNDO_SECONDS = 300
    dispense, author = DispenseFactory(in_progress=True), StaffFactory(first_name="Luc", last_name="Centre")
    assert beat(anne, dispense, pending="")["changed"] == ""
    content = RefuseContent(reason="Non", rule="art. 9", de_droit=True)
    seen = dispense.status_at.isoformat()
    taken = undo.take(number=dispense.number, user=author, seen=seen, content=content)
    assert taken
    told = beat(anne, dispense, pending="")["changed"]
    assert told == "Luc Centre vient de décider\xa0: demande refusée, avec effet à 9\xa0h\xa047."
    luc = Client()
    luc.force_login(author)
    assert beat(luc, dispense, pending="")["changed"].startswith("Vous venez de décider")
    assert f'data-pending="{taken.pk}"' in paul.get(page(dispense)).content.decode()
    assert beat(paul, dispense, pending=str(taken.pk))["changed"] == ""
    undo.undo(number=dispense.number, pk=taken.pk, user=author)
    assert beat(anne, dispense, pending="")["changed"] == ""
    undone = beat(paul, dispense, pending=str(taken.pk))["changed"]
    assert undone == "La décision a été annulée par Luc Centre\xa0: la demande est comme avant."
    for forged in ("x", "9" * 30, "٣"):
        assert beat(paul, dispense, pending=forged)["changed"] == "La décision qui attendait n’attend plus."


def test_a_draft_or_an_unknown_number_has_no_heartbeat(anne: Client) -> None:
    for number in (DispenseFactory().number, 1, 10**25):
        assert anne.post(f"/gestion/dispenses/dispense/{number}/presence/", {"seen": ""}).status_code == 404
    assert not Presence.objects.exists()


# A page that is out of date


def test_a_decision_of_another_is_told(anne: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    assert beat(anne, dispense)["changed"] == ""
    decide(AcceptContent(), dispense=dispense, user=StaffFactory(first_name="Paul", last_name="Centre"))
    said = beat(anne, dispense)["changed"]
    assert "demande validée, par Paul Centre" in said
    assert "son statut est maintenant «\xa0traitée\xa0»" in said
    assert beat(anne, Dispense.objects.get(pk=dispense.pk))["changed"] == ""


def test_what_the_employee_does_is_told(anne: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    sending.withdraw(dispense=dispense, user=dispense.employee.user)
    said = beat(anne, dispense)["changed"]
    assert f"demande annulée, par {dispense.employee.full_name}" in said
    day = timezone.localdate(dispense.events.latest("at").at)
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert f"a changé le {day:%d/%m/%Y}" in beat(signed_in("Luc"), dispense)["changed"]


@pytest.mark.parametrize("seen", ["", "hier", "x" * 5000, "\0"])
def test_a_forged_instant_is_only_out_of_date(anne: Client, seen: str) -> None:
    assert beat(anne, DispenseFactory(in_progress=True), seen=seen)["changed"]


# Notes


def test_a_note_is_read_by_the_centre_newest_first(anne: Client, paul: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    assert add(anne, dispense, f"{SECRET}\n<script>alert(1)</script>").url == f"{page(dispense)}#s-notes"
    add(paul, dispense, "Vu avec Anne")
    text = paul.get(page(dispense)).content.decode()
    assert text.index("Vu avec Anne") < text.index(SECRET)
    assert "Anne Centre" in text
    assert "<script>alert" not in text
    for stage in ("awaiting_complement", "accepted", "refused", "withdrawn", "ended"):
        assert add(anne, DispenseFactory(**{stage: True}), "Une note").status_code == 302


def test_the_employee_and_the_employer_never_see_a_note(anne: Client) -> None:
    employer = CorrespondentFactory().employer
    dispense = DispenseFactory(employee=EmployeeFactory(activated=True, employer=employer), awaiting_complement=True)
    add(anne, dispense, SECRET)
    sending.complete(dispense=dispense, user=dispense.employee.user)
    decide(AcceptContent(), dispense=dispense, user=StaffFactory())
    owner, correspondent = Client(), Client()
    owner.force_login(dispense.employee.user)
    correspondent.force_login(employer.correspondents.get().user)
    for client, paths in (
        (owner, ["/", "/demandes/", f"/demandes/{dispense.number}/accuse/", f"/demandes/{dispense.number}/documents/"]),
        (correspondent, ["/employeur/"]),
    ):
        for path in paths:
            answer = client.get(path, follow=True)
            assert answer.status_code == 200, path
            assert SECRET not in answer.content.decode()
    for mail in OutgoingEmail.objects.all():
        assert SECRET not in f"{mail.subject}{mail.text_body}{mail.html_body}"
    assert SECRET not in "".join(dispense.events.values_list("comment", flat=True))


@pytest.mark.parametrize(
    ("text", "words"), [("", "Écrivez la note"), ("  \n", "Écrivez la note"), ("é" * 4001, "4001")]
)
def test_a_wrong_note_is_said_and_kept(anne: Client, text: str, words: str) -> None:
    dispense = DispenseFactory(in_progress=True)
    answer = add(anne, dispense, text)
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert words in shown
    assert text.strip() in shown
    assert '<details class="desk-decision desk-nouvelle-note" open>' in shown
    assert not InternalNote.objects.exists()


def test_a_note_sent_twice_is_one(anne: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        add(anne, dispense, SECRET)
        add(anne, dispense, f" {SECRET} ")
        add(anne, dispense, "Autre chose")
        assert InternalNote.objects.count() == 2
        clock.shift(timedelta(minutes=2))
        add(anne, dispense, SECRET)
    assert InternalNote.objects.count() == 3


def test_notes_are_never_changed() -> None:
    dispense = DispenseFactory(in_progress=True)
    note = add_note(dispense=dispense, author=StaffFactory(), text=SECRET)
    for act in (
        note.save,
        note.delete,
        InternalNote.objects.all().delete,
        lambda: InternalNote.objects.update(text="Rien"),
    ):
        with pytest.raises(TypeError):
            act()
    assert InternalNote.objects.get().text == SECRET


def test_who_may_only_look_adds_no_note(client: Client) -> None:
    reader = StaffFactory(in_group=False)
    reader.user_permissions.add(Permission.objects.get(codename="view_dispense"))
    client.force_login(reader)
    dispense = DispenseFactory(in_progress=True)
    assert "Ajouter une note" not in client.get(page(dispense)).content.decode()
    assert add(client, dispense, "Une note").status_code == 403
    assert add(client, DispenseFactory(), "Une note").status_code == 403


def test_a_draft_has_no_note(anne: Client) -> None:
    assert add(anne, DispenseFactory(), "Une note").status_code == 404


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_double_click_leaves_one_note_and_one_presence() -> None:
    dispense, author = DispenseFactory(in_progress=True), StaffFactory()

    def click(act: Callable[[Client], object]) -> Callable[[], object]:
        client = Client()
        client.force_login(author)
        return lambda: act(client)

    together(*[click(lambda client: add(client, dispense, SECRET)) for _ in range(3)])
    together(*[click(lambda client: beat(client, dispense)) for _ in range(4)])
    assert InternalNote.objects.count() == 1
    assert Presence.objects.count() == 1


# The person's other requests


def test_other_requests_of_the_person_as_far_as_rights_go(client: Client) -> None:
    user = UserFactory()
    here, there = (EmployeeFactory(activated=True, user=user) for _ in range(2))
    old, elsewhere = DispenseFactory(employee=here, withdrawn=True), DispenseFactory(employee=there, accepted=True)
    draft = DispenseFactory(employee=there)
    dispense = DispenseFactory(employee=here, in_progress=True)
    client.force_login(StaffFactory())
    text = client.get(page(dispense)).content.decode()
    for shown in (old, elsewhere):
        assert page(shown) in text
    assert there.employer.name in text
    assert page(draft) not in text
    narrow = StaffFactory(in_group=False)
    narrow.user_permissions.add(Permission.objects.get(codename="view_dispense"))
    client.force_login(narrow)
    text = client.get(page(dispense)).content.decode()
    assert page(old) in text
    assert there.employer.name not in text


# Its place in the queue


def test_the_page_leads_to_its_neighbours_in_my_queue(client: Client) -> None:
    me, other = StaffFactory(), StaffFactory(first_name="Luc", last_name="Autre")
    requests = [DispenseFactory(in_progress=True) for _ in range(5)]
    for days, dispense in enumerate(requests):
        QueueEntry.objects.filter(pk=dispense.pk).update(due_on=timezone.localdate() + timedelta(days=days - 1))
    now = timezone.now()
    QueueEntry.objects.filter(pk=requests[1].pk).update(assigned_to=other, assigned_at=now)
    QueueEntry.objects.filter(pk=requests[3].pk).update(assigned_to=me, assigned_at=now)
    client.force_login(me)

    def shown(dispense: Dispense) -> tuple[int | None, int | None, str]:
        answer = client.get(page(dispense))
        before, after = answer.context["preceding"], answer.context["following"]
        return before and before.number, after and after.number, page_of(answer)

    first, others, third, mine, last = requests
    before, after, text = shown(first)
    assert (before, after) == (None, third.number)
    assert "En retard" in text
    assert "À personne" in text
    before, after, text = shown(third)
    assert (before, after) == (first.number, mine.number)
    assert f'rel="prev" href="{page(first)}"' in text
    assert f'rel="next" href="{page(mine)}"' in text
    before, after, text = shown(mine)
    assert (before, after) == (third.number, last.number)
    assert "À vous" in text
    before, after, text = shown(last)
    assert (before, after) == (mine.number, first.number)
    assert "À Luc Autre" in shown(others)[2]
    decide(AcceptContent(), dispense=third, user=me)
    assert "Dans le délai" in shown(third)[2]


def test_the_nir_is_masked_and_the_contract_told(anne: Client) -> None:
    employee = EmployeeFactory(
        activated=True,
        sealed_nir=seal_nir("255081416802538"),
        contract_type="cdd",
        contract_ends_on=date(2027, 6, 30),
        part_time=True,
    )
    text = page_of(anne.get(page(DispenseFactory(employee=employee, in_progress=True))))
    assert "• •• •• •• ••• ••• 38" in text
    assert "2550814168025" not in text
    assert "CDD, temps partiel, jusqu’au 30\xa0juin 2027" in text
    assert "<dt>NIR</dt>" not in anne.get(page(DispenseFactory(in_progress=True))).content.decode()


def test_the_queue_counts_the_notes(anne: Client) -> None:
    noted, bare = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True)
    for text in ("Une note", "Une autre"):
        add(anne, noted, text)
    queue = anne.get("/gestion/dispenses/dispense/")
    assert {row.number: row.notes for row in queue.context["rows"]} == {noted.number: 2, bare.number: 0}
    assert "2&nbsp;notes" in queue.content.decode()


def test_nothing_but_the_desk_reads_the_notes() -> None:
    """Whatever is mailed, exported or shown elsewhere is written without them; what forgets them reads none."""
    rooms = [
        path for room in ("portal", "dispenses", "accounts", "notifications") for path in (ROOT / room).rglob("*.py")
    ]
    readers = {
        path.relative_to(ROOT).as_posix()
        for path in rooms
        if "migrations" not in path.parts and "InternalNote" in path.read_text(encoding="utf-8")
    }
    assert readers == {
        "dispenses/models/__init__.py",
        "dispenses/models/notes.py",
        "dispenses/desk/add_note.py",
        "dispenses/desk/request_context.py",
        "dispenses/desk/queries.py",
        "dispenses/keeping/register.py",
        "dispenses/keeping/evidence.py",
    }
    used = [
        path.relative_to(ROOT).as_posix()
        for path in rooms
        if not {"desk", "migrations"} & {*path.parts}
        and re.search(r"dispense\.notes\b|[\"']notes[\"']", path.read_text(encoding="utf-8"))
    ]
    assert used == ["dispenses/models/notes.py"]
