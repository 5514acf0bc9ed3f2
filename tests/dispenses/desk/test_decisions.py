"""Decisions taken from the page of a request."""

import html
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from dispenses.models import Complement, Dispense, Motif, PendingDecision, StandardPhrase
from dispenses.request import sending
from dispenses.request.decisions import complement_preview, registry
from dispenses.request.decisions.complement import ComplementContent
from notifications import wording
from notifications.models import EmailText, OutgoingEmail
from tests.dispenses.request.test_races import together
from tests.factories import ActeFactory, DispenseFactory, StaffFactory
from tests.pages import page_of

QUEUE = "/gestion/dispenses/dispense/"
WORDS = {
    "request_complement": {"message": "Il manque le verso de la carte."},
    "accept": {"comment": ""},
    "refuse": {"reason": "L’attestation ne vous cite pas.", "rule": "art. D911-2, 3° a", "de_droit": "on"},
}
TARGETS = {"request_complement": "awaiting_complement", "accept": "accepted", "refuse": "refused"}
MAILS = {"request_complement": "complement-requested:", "accept": "dispense-decided:", "refuse": "dispense-decided:"}


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(StaffFactory())
    return client


def page(number: int) -> str:
    return reverse("admin:dispenses_dispense_change", args=[number])


def decide(client: Client, dispense: Dispense, name: str, *, button: str = "", **changes: str) -> HttpResponse:
    """Post the form of a decision as the page of `dispense`, in the state that we hold, gave it."""
    data = {"seen": dispense.status_at.isoformat(), **WORDS[name], **changes}
    url = reverse("admin:dispenses_dispense_decision", args=[dispense.number, name])
    pressed = {button: "1"} if button else {}
    return client.post(url, {f"{name}-{key}": value for key, value in data.items()} | pressed)


def decision_mails(dispense: Dispense) -> int:
    return OutgoingEmail.objects.filter(dedup_key=f"dispense-decided:{dispense.number}").count()


@pytest.mark.django_db
@pytest.mark.parametrize("name", list(TARGETS))
def test_a_decision_is_taken_told_and_leads_to_the_next_request(desk: Client, name: str) -> None:
    dispense, following = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True)
    response = decide(desk, dispense, name)
    assert response.status_code == 302
    assert response.url == page(following.number)
    done = Dispense.objects.get(number=dispense.number)
    assert done.status == TARGETS[name]
    event = done.events.get(transition=name)
    assert event.comment == next(iter(WORDS[name].values()))
    assert OutgoingEmail.objects.filter(dedup_key__startswith=MAILS[name]).count() == 1
    assert f"Demande N°{dispense.number}" in desk.get(response.url).content.decode()
    last = decide(desk, following, "accept", comment="Dossier complet")
    assert last.url == QUEUE


@pytest.mark.django_db
def test_the_next_request_is_the_one_after_in_the_queue(desk: Client) -> None:
    first, second, third = (DispenseFactory(in_progress=True) for _ in range(3))
    assert decide(desk, second, "accept").url == page(third.number)
    assert decide(desk, third, "accept").url == page(first.number)


@pytest.mark.django_db
def test_a_request_that_awaits_a_complement_may_be_refused_only(desk: Client) -> None:
    dispense = DispenseFactory(awaiting_complement=True)
    text = desk.get(page(dispense.number)).content.decode()
    assert "decision/refuse/" in text
    assert "decision/accept/" not in text
    assert "decision/request_complement/" not in text
    response = decide(desk, dispense, "accept")
    assert response.status_code == 409
    assert "en attente de complément" in response.content.decode()
    assert decide(desk, dispense, "refuse").status_code == 302
    assert Dispense.objects.get(number=dispense.number).status == "refused"


@pytest.mark.django_db
@pytest.mark.parametrize("stage", ["accepted", "refused", "withdrawn", "ended"])
@pytest.mark.parametrize("name", list(TARGETS))
def test_a_closed_request_keeps_its_decision(desk: Client, stage: str, name: str) -> None:
    dispense = DispenseFactory(**{stage: True})
    mails = OutgoingEmail.objects.count()
    assert "/decision/" not in desk.get(page(dispense.number)).content.decode()
    response = decide(desk, dispense, name)
    assert response.status_code == 409
    assert "a changé entre-temps" in response.content.decode()
    assert Dispense.objects.get(number=dispense.number).status == stage
    assert OutgoingEmail.objects.count() == mails


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "empty", "words"),
    [
        ("request_complement", "message", "Indiquez ce qui manque"),
        ("refuse", "reason", "Indiquez la raison du refus"),
        ("refuse", "rule", "Indiquez la règle sur laquelle le refus se fonde"),
    ],
)
@pytest.mark.parametrize("blank", ["", "   \n"])
def test_what_is_required_is_asked_for_and_the_rest_kept(
    desk: Client, name: str, empty: str, words: str, blank: str
) -> None:
    dispense = DispenseFactory(in_progress=True)
    response = decide(desk, dispense, name, **{empty: blank})
    text = response.content.decode()
    assert response.status_code == 422
    assert f'href="#id_{name}-{empty}"' in text
    assert text.count(words) == 2
    assert "<title>Erreur" in text
    for key, value in WORDS[name].items():
        if key != empty:
            assert value.replace("'", "&#x27;") in text
    assert Dispense.objects.get(number=dispense.number).status == "in_progress"


@pytest.mark.django_db
def test_too_long_words_are_refused_with_their_limit(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    assert decide(desk, dispense, "refuse", rule="x" * 201).status_code == 422
    assert decide(desk, dispense, "request_complement", message="x" * 4001).status_code == 422
    assert decide(desk, dispense, "request_complement", message="a\0b").status_code == 422


@pytest.mark.django_db
def test_a_page_read_before_the_employee_completed_decides_nothing(desk: Client) -> None:
    read = DispenseFactory(in_progress=True)
    registry.decide(ComplementContent(message="Il manque la carte."), dispense=read, user=StaffFactory())
    sending.complete(dispense=read, user=read.employee.user)
    response = decide(desk, read, "refuse")
    text = response.content.decode()
    assert response.status_code == 409
    assert "a changé entre-temps" in text
    assert "Rien n’a été modifié" in text
    assert WORDS["refuse"]["reason"] in text
    now = Dispense.objects.get(number=read.number)
    assert now.status == "in_progress"
    assert decision_mails(read) == 0
    assert now.status_at.isoformat() in text
    assert decide(desk, now, "refuse").status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("seen", ["", "hier", "2026-01-01T00:00:00+00:00", "x" * 41])
def test_a_forged_guard_decides_nothing(desk: Client, seen: str) -> None:
    dispense = DispenseFactory(in_progress=True)
    assert decide(desk, dispense, "accept", seen=seen).status_code in (409, 422)
    assert Dispense.objects.get(number=dispense.number).status == "in_progress"


@pytest.mark.django_db
def test_a_get_changes_nothing_and_goes_back_to_the_request(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    response = desk.get(reverse("admin:dispenses_dispense_decision", args=[dispense.number, "accept"]))
    assert response.url == page(dispense.number)
    assert Dispense.objects.get(number=dispense.number).status == "in_progress"
    for name in ("withdraw", "end", "submit", "autre"):
        url = reverse("admin:dispenses_dispense_decision", args=[dispense.number, name])
        assert desk.post(url, {f"{name}-seen": dispense.status_at.isoformat()}).status_code == 404


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("names", [("accept", "refuse"), ("accept", "accept"), ("refuse", "request_complement")])
def test_two_members_of_the_centre_decide_at_once(names: tuple[str, str]) -> None:
    dispense = DispenseFactory(in_progress=True)

    def one(name: str) -> Callable[[], object]:
        client = Client()
        client.force_login(StaffFactory())
        return lambda: decide(client, dispense, name)

    answers = together(*[one(name) for name in names])
    assert all(isinstance(answer, HttpResponse) for answer in answers), answers
    assert sorted(answer.status_code for answer in answers) == [302, 409]
    loser = next(answer for answer in answers if answer.status_code == 409)
    assert "a changé entre-temps" in loser.content.decode()
    winner = names[next(i for i, answer in enumerate(answers) if answer.status_code == 302)]
    now = Dispense.objects.get(number=dispense.number)
    assert now.status == TARGETS[winner]
    assert now.events.filter(transition__in=names).count() == 1
    assert decision_mails(dispense) == (1 if now.status in ("accepted", "refused") else 0)


@pytest.mark.django_db
def test_another_end_than_the_rules_wants_its_reason(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    response = decide(desk, dispense, "accept", ends_on="2030-01-31")
    assert response.status_code == 422
    assert "indiquez pourquoi" in response.content.decode()
    assert decide(desk, dispense, "accept", ends_on="1990-01-31", end_why="x").status_code == 422
    assert decide(desk, dispense, "accept", ends_on="2030-01-31", end_why="Date lue.").status_code == 302
    now = Dispense.objects.get(number=dispense.number)
    assert (str(now.ends_on), now.decision_reason) == ("2030-01-31", "Date lue.")


@pytest.mark.django_db
def test_another_first_day_than_the_rules_wants_its_reason_after_the_hire_before_the_end(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    hired_on, rule = dispense.hired_on, dispense.effective_on
    assert f'value="{rule:%Y-%m-%d}"' in desk.get(page(dispense.number)).content.decode()
    for typed, said in (
        ({"effective_on": "2029-01-31"}, "indiquez pourquoi"),
        ({"effective_on": "1990-01-31", "effective_why": "x"}, f"avant l’embauche, le {hired_on:%d/%m/%Y}"),
        ({"effective_on": "31/02/2029", "effective_why": "x"}, "Écrivez la date de début"),
        ({"effective_on": "", "effective_why": "x"}, "Cette raison explique un autre début"),
        (
            {"effective_on": "2029-01-31", "effective_why": "x", "ends_on": "2029-01-30", "end_why": "x"},
            "finirait le 30/01/2029, avant de commencer le 31/01/2029",
        ),
    ):
        answer = decide(desk, dispense, "accept", **typed)
        assert answer.status_code == 422, typed
        assert said in answer.content.decode()
    assert decide(desk, dispense, "accept", effective_on="2029-01-31", effective_why="Lue.").status_code == 302
    now = Dispense.objects.get(number=dispense.number)
    assert (str(now.effective_on), now.decision_reason) == ("2029-01-31", "À compter du 31/01/2029\xa0: Lue.")
    text = page_of(desk.get(page(dispense.number))).replace("&nbsp;", "\xa0")
    assert "31\xa0janvier 2029" in text
    assert "D’après la règle" in text
    desk.force_login(dispense.employee.user)
    assert "À compter du 31/01/2029" in page_of(desk.get(reverse("demandes"))).replace("&nbsp;", "\xa0")


@pytest.mark.django_db
def test_the_page_says_the_dates_that_the_rules_give_and_what_the_texts_leave_open(desk: Client) -> None:
    employer = ActeFactory(yearly_policies=["fonction_publique:document"]).employer
    dispense = DispenseFactory(
        in_progress=True,
        employee__employer=employer,
        motif=Motif.objects.get(code="fonction_publique"),
        answers={
            "emploi_couvrant": "conjoint",
            "employeur_public": "Mairie",
            "assureur": "Mutuelle",
            "couverture_depuis": "1/1/2020",
        },
    )
    text = page_of(desk.get(page(dispense.number))).replace("&nbsp;", "\xa0")
    assert "<dt>À compter du</dt>" in text
    assert "<dt>Serait à confirmer</dt>" in text
    assert "Un nouveau document, demandé par la prudence de l’assureur" in text
    assert "Point que les textes laissent ouvert" in text
    assert "n’est pas nommé par l’article D911-2, 3° b" in text
    assert "Moment de la demande" in text  # long after the hire and the cover: a warning


@pytest.mark.django_db
def test_refusing_de_droit_wants_its_confirmation(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    response = decide(desk, dispense, "refuse", de_droit="")
    assert response.status_code == 422
    assert "cochez la confirmation" in response.content.decode()
    assert Dispense.objects.get(number=dispense.number).status == "in_progress"


@pytest.mark.django_db
def test_verdicts_are_asked_their_reason_then_enough_and_read_in_the_portal_only(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    verdicts = {"avis_carte_mutuelle": "rejected", "message": ""}
    text = decide(desk, dispense, "request_complement", **verdicts).content.decode()
    assert "Indiquez pourquoi ce document est à remplacer" in text
    verdicts["raison_carte_mutuelle"] = "Elle est illisible."
    assert decide(desk, dispense, "request_complement", **verdicts).status_code == 302
    mail = OutgoingEmail.objects.get(dedup_key__startswith="complement-requested:")
    assert "document par document, dans votre espace" in mail.text_body
    assert "carte" not in mail.text_body.lower()
    assert "illisible" not in mail.text_body
    desk.force_login(dispense.employee.user)
    page_text = desk.get(reverse("demande_completer", args=[dispense.number])).content.decode()
    assert "À remplacer" in page_text
    assert "«\xa0Elle est illisible.\xa0»" in page_text.replace("&nbsp;", "\xa0")


@pytest.mark.django_db
def test_ticked_phrases_join_the_text_by_their_button_or_with_the_decision(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    phrase = StandardPhrase.objects.create(kind="complement", title="Verso", text="Joignez le verso, {prenom}.")
    added = f"Joignez le verso, {dispense.employee.first_name}."
    typed = {"message": "Bonjour.", "phrases": str(phrase.pk)}
    composed = decide(desk, dispense, "request_complement", **typed, button="composer")
    text = composed.content.decode()
    assert composed.status_code == 200
    assert f"Bonjour.\n{added}</textarea>" in text
    assert " checked" not in text.partition("Phrases types")[2].partition("</fieldset>")[0]
    assert Dispense.objects.get(number=dispense.number).status == "in_progress"
    stale = decide(desk, dispense, "request_complement", message="Bonjour.", phrases="999999")
    assert "Cette phrase n’est plus proposée" in stale.content.decode()
    assert decide(desk, dispense, "request_complement", **typed).status_code == 302
    assert Complement.objects.get(dispense=dispense).message == f"Bonjour.\n{added}"


@pytest.mark.django_db
def test_a_phrase_about_the_end_says_the_date_that_was_typed(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    phrase = StandardPhrase.objects.create(
        kind="end_date", title="Document", text="La fin retenue, le {date}, est lue."
    )
    assert "La fin retenue, le jour indiqué, est lue." in desk.get(page(dispense.number)).content.decode()
    answer = decide(desk, dispense, "accept", ends_on="2030-01-31", phrases=str(phrase.pk))
    assert answer.status_code == 302
    assert Dispense.objects.get(number=dispense.number).decision_reason == "La fin retenue, le 31/01/2030, est lue."


@pytest.mark.django_db
def test_a_reason_for_another_end_wants_that_end(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    answer = decide(desk, dispense, "accept", end_why="Date du document.")
    assert answer.status_code == 422
    assert "Cette raison explique une autre date de fin" in answer.content.decode()
    assert "Date du document." in answer.content.decode()


# Preview


@pytest.mark.django_db
def test_the_preview_is_the_mail_and_the_page_of_the_employee_and_saves_nothing(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    EmailText.objects.create(
        kind="complement_requested", subject="Dossier {numero}", body="Cher {nom}\xa0: {message}", button="Voir"
    )
    wording.forget()
    typed = {"message": "Il manque <une> page.", "avis_carte_mutuelle": "rejected", "raison_carte_mutuelle": "Floue."}
    before = OutgoingEmail.objects.count()
    answer = decide(desk, dispense, "request_complement", **typed, button="previsualiser")
    shown = html.unescape(answer.content.decode().partition('id="apercu"')[2])
    assert answer.status_code == 200
    assert f"Dossier {dispense.number}" in shown
    assert dispense.employee.user.email in shown
    assert (
        f"Cher {dispense.employee.full_name}\xa0: Il manque <une> page.\nCe qui est à joindre ou à remplacer" in shown
    )
    assert "à remplacer. Floue." in shown
    assert "Ce texte part par e-mail et nomme" not in shown
    assert "Il manque &lt;une&gt; page." in answer.content.decode().partition("<textarea")[2]
    assert (OutgoingEmail.objects.count(), Complement.objects.count()) == (before, 0)
    assert not PendingDecision.objects.exists()
    assert Dispense.objects.get(number=dispense.number).status == "in_progress"

    assert decide(desk, dispense, "request_complement", **typed).status_code == 302
    mail = OutgoingEmail.objects.get(dedup_key__startswith="complement-requested:")
    assert mail.text_body.strip() in shown
    wording.forget()


@pytest.mark.django_db
def test_a_motif_is_named_by_its_label_or_in_full() -> None:
    dispense = DispenseFactory(in_progress=True)
    dispense.motif = next(motif for motif in Motif.objects.all() if motif.full_label != motif.label)
    for words in (dispense.motif.label, dispense.motif.full_label):
        assert complement_preview.named(dispense, f"Revoyez\xa0: {words.upper()}.") == [words]


@pytest.mark.django_db
def test_the_preview_warns_of_a_mail_that_names_the_motif_or_a_document(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    file = dispense.justificatifs.first()
    for words in (dispense.motif.label, "copie de votre CARTE mutuelle", file.name):
        answer = decide(desk, dispense, "request_complement", message=f"Revoyez\xa0: {words}.", button="previsualiser")
        assert "Ce texte part par e-mail et nomme" in answer.content.decode()


@pytest.mark.django_db
def test_what_is_wrong_is_corrected_before_it_is_previewed(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    answer = decide(desk, dispense, "request_complement", message=" ", button="previsualiser")
    assert answer.status_code == 422
    assert 'id="apercu"' not in answer.content.decode()
