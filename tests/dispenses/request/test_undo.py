"""The undo window: nothing of a decision shows or leaves before it has passed; undoing leaves the request as it was."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.services import GESTIONNAIRE
from dispenses.enums import Pending
from dispenses.exceptions import Code, TransitionRefused
from dispenses.models import Complement, Dispense, PendingDecision, PieceVerdict, TimelineEvent
from dispenses.queue import assignments
from dispenses.request import sending
from dispenses.request import undo as request_undo
from dispenses.request.decisions.accept import Accept, AcceptContent
from dispenses.request.decisions.complement import ComplementContent
from dispenses.request.decisions.content import Content
from dispenses.request.decisions.refuse import RefuseContent
from dispenses.request.decisions.registry import decide
from dispenses.request.decisions.reopen import ReopenContent
from dispenses.request.decisions.verdicts import Judgement
from notifications.models import OutgoingCall, OutgoingEmail
from tests.dispenses.request.test_races import together
from tests.factories import DispenseFactory, LeadFactory, StaffFactory, WebhookEndpointFactory
from tests.refusals import refused

CONTENTS: dict[str, Content] = {
    "request_complement": ComplementContent(
        message="Il manque la carte.",
        judgements=(Judgement("carte_mutuelle", "Carte", "rejected", "Illisible."),),
    ),
    "accept": AcceptContent(comment="Dossier complet"),
    "refuse": RefuseContent(reason="Ne vous cite pas.", rule="art. D911-2", de_droit=True),
    "reopen": ReopenContent(reason="Erreur de lecture."),
}


@pytest.fixture(autouse=True)
def five_minutes(settings: Any) -> None:
    settings.PORTAL_UNDO_SECONDS = 300


def take(dispense: Dispense, name: str, user: User | None = None) -> PendingDecision:
    found = request_undo.take(
        number=dispense.number,
        user=user or StaffFactory(),
        seen=dispense.status_at.isoformat(),
        content=CONTENTS[name],
    )
    assert found is not None
    return found


def trace(dispense: Dispense) -> tuple[Any, ...]:
    """Everything that somebody outside the centre could see of a request."""
    row = Dispense.objects.filter(number=dispense.number).values().get()
    return (
        row,
        TimelineEvent.objects.count(),
        Complement.objects.count(),
        PieceVerdict.objects.count(),
        OutgoingEmail.objects.count(),
        OutgoingCall.objects.count(),
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("stage", "name"),
    [
        ("in_progress", "request_complement"),
        ("in_progress", "accept"),
        ("in_progress", "refuse"),
        ("awaiting_complement", "refuse"),
        ("accepted", "reopen"),
        ("refused", "reopen"),
    ],
)
def test_a_decision_shows_nothing_until_its_time_and_undone_never_does(stage: str, name: str) -> None:
    dispense = DispenseFactory(**{stage: True})
    WebhookEndpointFactory(owner=f"employer:{dispense.employee.employer_id}")
    before, author = trace(dispense), LeadFactory()
    pending = take(dispense, name, author)
    assert trace(dispense) == before
    assert request_undo.settle_due(timezone.now()) == 0
    request_undo.undo(number=dispense.number, pk=pending.pk, user=author)
    assert request_undo.settle_due(timezone.now() + timedelta(hours=1)) == 0
    assert trace(dispense) == before
    pending.refresh_from_db()
    assert (pending.state, pending.settled_by) == (Pending.UNDONE, author)
    again = take(dispense, name, author)
    assert request_undo.settle_due(again.effective_at) == 1
    assert request_undo.settle_due(again.effective_at) == 0
    assert TimelineEvent.objects.filter(dispense=dispense, transition=name).count() == 1
    assert OutgoingEmail.objects.count() > before[4]
    assert OutgoingCall.objects.count() == before[5] + 1


@pytest.mark.django_db
def test_undoing_is_refused_once_it_took_effect_or_by_another() -> None:
    dispense, author = DispenseFactory(in_progress=True), StaffFactory()
    pending = take(dispense, "accept", author)
    with refused(TransitionRefused, Code.NOT_THEIRS):
        request_undo.undo(number=dispense.number, pk=pending.pk, user=StaffFactory())
    PendingDecision.objects.filter(pk=pending.pk).update(effective_at=timezone.now())
    with refused(TransitionRefused, Code.IN_EFFECT):
        request_undo.undo(number=dispense.number, pk=pending.pk, user=author)
    request_undo.settle_due(timezone.now())
    with refused(TransitionRefused, Code.IN_EFFECT):
        request_undo.undo(number=dispense.number, pk=pending.pk, user=LeadFactory(), may_undo_all=True)
    assert Dispense.objects.get(number=dispense.number).status == "accepted"


@pytest.mark.django_db
def test_what_the_employee_does_meanwhile_wins() -> None:
    dispense = DispenseFactory(in_progress=True)
    pending = take(dispense, "accept")
    sending.withdraw(dispense=dispense, user=dispense.employee.user)
    assert request_undo.settle_due(pending.effective_at) == 0
    pending.refresh_from_db()
    assert pending.state == Pending.VOID
    assert "demande annulée" in pending.told
    assert Dispense.objects.get(number=dispense.number).status == "withdrawn"


@pytest.mark.django_db
def test_a_second_reviewer_is_told_and_the_request_is_nobodys_to_take() -> None:
    dispense, author = DispenseFactory(in_progress=True), StaffFactory()
    take(dispense, "accept", author)
    with refused(TransitionRefused, Code.BEING_DECIDED, words=author.full_name):
        take(dispense, "refuse")
    assert assignments.take_next(user=StaffFactory()) is None


@pytest.mark.django_db
def test_what_would_be_refused_later_is_refused_at_once() -> None:
    dispense = DispenseFactory(in_progress=True)
    seen = dispense.status_at.isoformat()
    today, hired_on = timezone.localdate(), dispense.hired_on
    wrong: list[tuple[Content, Code, str]] = [
        (RefuseContent(reason="Non", rule=" ", de_droit=True), Code.RULE_MISSING, "rule"),
        (RefuseContent(reason="Non", rule="art. 1"), Code.NOT_CONFIRMED, "de_droit"),
        (RefuseContent(reason=" ", rule="art. 1", de_droit=True), Code.REASON_MISSING, ""),
        (AcceptContent(ends_on=today, end_reason=" "), Code.END_UNEXPLAINED, "end_reason"),
        (AcceptContent(ends_on=hired_on - timedelta(days=1), end_reason="x"), Code.END_BEFORE_HIRING, "ends_on"),
        (AcceptContent(ends_on=today + timedelta(days=4000), end_reason="x"), Code.END_TOO_FAR, "ends_on"),
        (AcceptContent(effective_on=hired_on, effective_reason=" "), Code.START_UNEXPLAINED, "effective_reason"),
        (
            AcceptContent(effective_on=hired_on - timedelta(days=1), effective_reason="x"),
            Code.START_BEFORE_HIRING,
            "effective_on",
        ),
        (
            AcceptContent(effective_on=today + timedelta(days=4000), effective_reason="x"),
            Code.START_TOO_FAR,
            "effective_on",
        ),
        (
            AcceptContent(
                effective_on=today + timedelta(days=9),
                effective_reason="x",
                ends_on=today + timedelta(days=8),
                end_reason="x",
            ),
            Code.END_BEFORE_START,
            "ends_on",
        ),
        (ComplementContent(message=" "), Code.REASON_MISSING, ""),
        (
            ComplementContent(
                message="Il manque la carte.", judgements=(Judgement("carte", "Carte", "rejected", " "),)
            ),
            Code.VERDICT_UNEXPLAINED,
            "raison_carte",
        ),
        (ReopenContent(reason="Erreur"), Code.CHANGED, ""),
    ]
    for content, code, field in wrong:
        with refused(TransitionRefused, code, field=field):
            request_undo.take(number=dispense.number, user=StaffFactory(), seen=seen, content=content)
    assert not PendingDecision.objects.exists()


@pytest.mark.django_db
def test_the_end_date_and_its_reason_reach_the_decision() -> None:
    dispense = DispenseFactory(in_progress=True)
    until = timezone.localdate() + timedelta(days=90)
    content = AcceptContent(ends_on=until, end_reason="Date inscrite sur l’attestation.", comment="Bien reçu")
    seen = dispense.status_at.isoformat()
    pending = request_undo.take(number=dispense.number, user=StaffFactory(), seen=seen, content=content)
    assert pending is not None
    request_undo.settle_due(pending.effective_at)
    now = Dispense.objects.get(number=dispense.number)
    assert now.ends_on == until
    assert now.decision_reason == "Bien reçu\nDate inscrite sur l’attestation."


@pytest.mark.django_db
def test_another_first_day_and_its_reason_reach_the_decision_and_the_employee() -> None:
    dispense = DispenseFactory(in_progress=True)
    rule = dispense.effective_on
    assert rule is not None
    since = rule + timedelta(days=3)
    content = AcceptContent(effective_on=since, effective_reason="La couverture du conjoint commence ce jour-là.")
    seen = dispense.status_at.isoformat()
    pending = request_undo.take(number=dispense.number, user=StaffFactory(), seen=seen, content=content)
    assert pending is not None
    dispense.refresh_from_db()
    assert dispense.effective_on == rule
    request_undo.settle_due(pending.effective_at)
    dispense.refresh_from_db()
    assert dispense.effective_on == since
    said = f"À compter du {since:%d/%m/%Y}\xa0: La couverture du conjoint commence ce jour-là."
    assert dispense.decision_reason == said
    accepted = dispense.events.get(transition="accept")
    assert accepted.comment == said
    decide(ReopenContent(reason="À revoir."), dispense=dispense, user=LeadFactory())
    dispense.refresh_from_db()
    assert (dispense.effective_on, dispense.ends_on, dispense.confirm_by) == (rule, None, None)
    assert dispense.events.get(transition="accept").comment == said


@pytest.mark.django_db
def test_the_page_tells_the_decision_and_undoes_it(client: Client) -> None:
    author = StaffFactory()
    client.force_login(author)
    dispense = DispenseFactory(in_progress=True)
    page = reverse("admin:dispenses_dispense_change", args=[dispense.number])
    pending = take(dispense, "accept", author)
    text = client.get(page).content.decode()
    assert "Annuler cette décision" in text
    assert "/decision/refuse/" not in text
    url = reverse("admin:dispenses_dispense_annuler", args=[dispense.number, pending.pk])
    assert client.get(url).status_code == 302
    assert PendingDecision.objects.get().state == Pending.WAITING
    text = client.post(url, follow=True).content.decode()
    assert "est comme avant" in text
    assert "sans effet" in text
    assert "déjà annulée" in client.post(url, follow=True).content.decode()
    assert client.post(url.replace(f"/{pending.pk}/", "/999999/")).status_code == 404
    client.force_login(dispense.employee.user)
    assert "Demande validée" not in client.get(reverse("demandes")).content.decode()


@pytest.mark.django_db
def test_a_reopened_request_is_decided_and_told_anew() -> None:
    dispense, staff = DispenseFactory(refused=True), StaffFactory()
    decide(ReopenContent(reason="Erreur de lecture."), dispense=dispense, user=staff)
    now = Dispense.objects.get(number=dispense.number)
    assert (now.status, now.decided_at, now.decision_reason) == ("in_progress", None, "")
    decide(AcceptContent(), dispense=now, user=staff)
    mails = OutgoingEmail.objects.filter(dedup_key__startswith=f"dispense-decided:{now.number}")
    assert mails.filter(to=now.employee.user.email).count() == 2
    assert now.events.filter(transition="refuse").get().comment


@pytest.mark.django_db
def test_reopening_gives_way_to_a_newer_request() -> None:
    dispense = DispenseFactory(refused=True)
    newer = DispenseFactory(employee=dispense.employee)
    with refused(TransitionRefused, Code.ANOTHER_REQUEST, words=f"N°{newer.number}"):
        decide(ReopenContent(reason="Erreur."), dispense=dispense, user=StaffFactory())
    assert Dispense.objects.get(number=dispense.number).status == "refused"


@pytest.mark.django_db
def test_reopening_wants_its_right(client: Client) -> None:
    dispense = DispenseFactory(accepted=True)
    url = reverse("admin:dispenses_dispense_decision", args=[dispense.number, "reopen"])
    data = {"reopen-seen": dispense.status_at.isoformat(), "reopen-reason": "Erreur."}
    client.force_login(StaffFactory())
    assert client.post(url, data).status_code == 403
    client.force_login(LeadFactory())
    assert (
        "Rouvrir la demande"
        in client.get(reverse("admin:dispenses_dispense_change", args=[dispense.number])).content.decode()
    )
    assert client.post(url, data).status_code == 302
    assert PendingDecision.objects.get().name == "reopen"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_undoing_and_taking_effect_at_the_same_instant_leave_one_truth() -> None:
    dispense, author = DispenseFactory(in_progress=True), StaffFactory()
    pending = take(dispense, "accept", author)

    def undo() -> object:
        return request_undo.undo(number=dispense.number, pk=pending.pk, user=author)

    acts: list[Callable[[], object]] = [undo, *[lambda: request_undo.settle_due(pending.effective_at)] * 3]
    together(*acts)
    pending.refresh_from_db()
    status = Dispense.objects.get(number=dispense.number).status
    mails = OutgoingEmail.objects.filter(dedup_key=f"dispense-decided:{dispense.number}").count()
    assert (pending.state, status, mails) in {("undone", "in_progress", 0), ("done", "accepted", 1)}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_reviewers_at_once_take_one_decision() -> None:
    dispense = DispenseFactory(in_progress=True)
    one, two = StaffFactory(), StaffFactory()
    together(lambda: take(dispense, "accept", one), lambda: take(dispense, "refuse", two))
    assert PendingDecision.objects.filter(state=Pending.WAITING).count() == 1


@pytest.mark.django_db
def test_a_lost_race_keeps_what_was_typed(client: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    take(dispense, "accept")
    client.force_login(StaffFactory())
    url = reverse("admin:dispenses_dispense_decision", args=[dispense.number, "refuse"])
    data = {"seen": dispense.status_at.isoformat(), "reason": "Texte à garder", "rule": "art. 9", "de_droit": "on"}
    response: HttpResponse = client.post(url, {f"refuse-{key}": value for key, value in data.items()})
    assert response.status_code == 409
    assert "Texte à garder" in response.content.decode()


def post(client: Client, dispense: Dispense, name: str, **fields: str) -> HttpResponse:
    url = reverse("admin:dispenses_dispense_decision", args=[dispense.number, name])
    return client.post(url, {f"{name}-{key}": value for key, value in fields.items()})


@pytest.mark.django_db
def test_both_words_are_shown_to_the_one_who_came_second(client: Client) -> None:
    dispense, author = DispenseFactory(in_progress=True), StaffFactory()
    take(dispense, "request_complement", author)
    client.force_login(StaffFactory())
    seen = dispense.status_at.isoformat()
    typed = {"message": "Texte à garder", "avis_carte_mutuelle": "accepted"}
    text = post(client, dispense, "request_complement", seen=seen, **typed).content.decode()
    kept = text.partition('id="s-garde"')[2].partition("</section>")[0]
    assert "Accepté" in kept
    for words in (
        author.full_name,
        "Il manque la carte.",
        "À remplacer. Illisible.",
        "Texte à garder",
        "Seuls son auteur",
    ):
        assert words in text
    assert "Annuler cette décision" not in text


@pytest.mark.django_db
def test_a_second_click_is_the_same_decision_and_another_one_is_told(client: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    client.force_login(StaffFactory())
    seen = dispense.status_at.isoformat()
    for _ in range(2):
        assert post(client, dispense, "accept", seen=seen, comment="Bien reçu").status_code == 302
    answer = post(client, dispense, "accept", seen=seen, comment="Autre chose")
    assert answer.status_code == 409
    assert "vous venez de la décider" in answer.content.decode()
    assert PendingDecision.objects.get().data["comment"] == "Bien reçu"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("stage", "name", "fields"),
    [
        (
            "in_progress",
            "request_complement",
            {"message": "Ligne 1", "avis_carte_mutuelle": "rejected", "raison_carte_mutuelle": "Trop floue."},
        ),
        (
            "in_progress",
            "accept",
            {
                "effective_on": "2029-01-31",
                "effective_why": "Lue elle aussi.",
                "ends_on": "2030-01-31",
                "end_why": "Lue.",
                "comment": "Merci.",
            },
        ),
        ("in_progress", "refuse", {"reason": "Elle ne vous cite pas.", "rule": "art. 9", "de_droit": "on"}),
        ("accepted", "reopen", {"reason": "Erreur de lecture."}),
    ],
)
def test_the_words_of_an_undone_decision_come_back_in_its_form(
    client: Client, stage: str, name: str, fields: dict[str, str]
) -> None:
    dispense, lead = DispenseFactory(**{stage: True}), LeadFactory()
    client.force_login(lead)
    post(client, dispense, name, seen=dispense.status_at.isoformat(), **fields)
    taken = PendingDecision.objects.get()
    url = reverse("admin:dispenses_dispense_annuler", args=[dispense.number, taken.pk])
    form = client.post(url, follow=True).context["decisions"]
    back = next(one["form"] for one in form if one["name"] == name)
    values = {field.name: field.value() for field in back}
    assert {key: str(values[key]) for key in fields if key not in ("de_droit", "message")} == {
        key: value for key, value in fields.items() if key not in ("de_droit", "message")
    }
    assert values.get("de_droit", True)
    assert str(values.get("message", "Ligne 1")).startswith("Ligne 1")
    post(client, dispense, name, **{key: str(value) for key, value in values.items() if value and key != "phrases"})
    assert PendingDecision.objects.get(state=Pending.WAITING).data == taken.data


@pytest.mark.django_db
def test_words_come_back_to_their_request_only(client: Client) -> None:
    dispense, other, author = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True), StaffFactory()
    pending = take(dispense, "request_complement", author)
    client.force_login(author)
    page = reverse("admin:dispenses_dispense_change", args=[dispense.number])
    request_undo.undo(number=dispense.number, pk=pending.pk, user=author)
    for asked in ("", "x", "٣", "9" * 30, "0"):
        assert client.get(page, {"reprendre": asked}).context["opened"] == ""
    assert client.get(page, {"reprendre": pending.pk}).context["opened"] == "request_complement"
    elsewhere = reverse("admin:dispenses_dispense_change", args=[other.number])
    assert client.get(elsewhere, {"reprendre": pending.pk}).context["opened"] == ""


@pytest.mark.django_db
def test_a_void_decision_says_why_and_what_it_said(client: Client) -> None:
    dispense, author = DispenseFactory(in_progress=True), StaffFactory()
    take(dispense, "request_complement", author)
    sending.withdraw(dispense=dispense, user=dispense.employee.user)
    client.force_login(author)
    text = client.get(reverse("admin:dispenses_dispense_change", args=[dispense.number])).content.decode()
    after = text.partition("Décisions restées sans effet")[2]
    assert "Complément demandé" in after
    assert "Il manque la carte." in after
    assert PendingDecision.objects.get().told.partition("\xa0")[0] in after


@pytest.mark.django_db
def test_one_that_breaks_stops_no_other_and_is_given_up_after_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True)
    pending = take(bad, "accept")
    take(good, "accept")
    apply = Accept.apply

    def breaks(accept: Accept, dispense: Dispense, *rest: Any) -> None:
        if dispense.pk == bad.pk:
            raise ValueError("cas imprévu")
        apply(accept, dispense, *rest)

    monkeypatch.setattr(Accept, "apply", breaks)
    assert request_undo.settle_due(timezone.now() + timedelta(minutes=6)) == 1
    assert Dispense.objects.get(pk=good.pk).status == "accepted"
    pending.refresh_from_db()
    assert pending.state == Pending.WAITING
    assert request_undo.settle_due(timezone.now() + timedelta(minutes=66)) == 0
    pending.refresh_from_db()
    assert pending.state == Pending.VOID
    assert "Un problème est survenu chez nous" in pending.told
    assert Dispense.objects.get(pk=bad.pk).status == "in_progress"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["accept", "reopen"])
def test_who_may_decide_no_more_when_the_time_comes_decides_nothing(name: str) -> None:
    author = LeadFactory()
    stage = {"accept": "in_progress", "reopen": "refused"}[name]
    kept, gone = DispenseFactory(**{stage: True}), DispenseFactory(**{stage: True})
    take(kept, name, author)
    assert request_undo.settle_due(timezone.now() + timedelta(minutes=6)) == 1
    pending = take(gone, name, author)
    if name == "reopen":
        author.groups.set(Group.objects.filter(name=GESTIONNAIRE))
    else:
        User.objects.filter(pk=author.pk).update(is_active=False)
    before = trace(gone)
    assert request_undo.settle_due(timezone.now() + timedelta(minutes=6)) == 0
    assert trace(gone) == before
    pending.refresh_from_db()
    assert pending.state == Pending.VOID
    assert pending.told == f"{author.full_name} n’a plus le droit de prendre cette décision."


@pytest.mark.django_db
def test_reopening_is_refused_at_once_when_another_request_is_open() -> None:
    dispense = DispenseFactory(refused=True)
    newer = DispenseFactory(employee=dispense.employee)
    with refused(TransitionRefused, Code.ANOTHER_REQUEST, words=f"N°{newer.number}"):
        take(dispense, "reopen", LeadFactory())
    assert not PendingDecision.objects.exists()
