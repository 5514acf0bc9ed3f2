"""Motifs by edition: a new one closes the former the day before, a used one is never rewritten."""

from datetime import date, timedelta
from unittest import mock

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Acte
from dispenses.exceptions import Code, DispenseIncomplete, EditionRefused
from dispenses.law import catalogue, editing, editions
from dispenses.models import Motif, RequiredJustificatif
from dispenses.request import contents, eligibility, joining, sending
from tests.factories import ActeFactory, AdministratorFactory, DispenseFactory, EmployeeFactory, StaffFactory
from tests.pages import page_of
from tests.refusals import refused

pytestmark = pytest.mark.django_db


def motif(code: str = "conjoint") -> Motif:
    return Motif.objects.get(code=code)


def at(name: str, edition: Motif) -> str:
    return reverse(f"admin:dispenses_motif_{name}", args=[edition.pk])


@pytest.fixture
def admin(client):
    client.force_login(AdministratorFactory())
    return client


def open_to(employee, day):
    """The editions that the employee may choose on that day."""
    return [edition for edition, found in eligibility.offered(employee, day) if found.may_be_sent]


def typed(edition: Motif, **changes):
    pieces = list(edition.required_justificatifs.all())
    answers = {
        "label": edition.label,
        "help_text": edition.help_text,
        "declaration": edition.declaration,
        "legal_basis": edition.legal_basis,
        "family": edition.family,
        "opening": edition.opening,
        "contract_types": edition.contract_types,
        "extra_fields": edition.extra_fields,
        "end_rule": edition.end_rule,
        "yearly": edition.yearly,
        "position": edition.position,
        "required_justificatifs-TOTAL_FORMS": len(pieces) + 1,
        "required_justificatifs-INITIAL_FORMS": len(pieces),
    }
    for index, piece in enumerate(pieces):
        prefix = f"required_justificatifs-{index}"
        answers |= {
            f"{prefix}-id": piece.pk,
            f"{prefix}-label": piece.label,
            f"{prefix}-help_text": piece.help_text,
            f"{prefix}-position": piece.position,
        }
    answers[f"required_justificatifs-{len(pieces)}-position"] = 0
    return answers | changes


def test_a_new_edition_closes_the_former_the_day_before(admin):
    today = timezone.localdate()
    former = motif()
    page = admin.get(at("edition", former))
    assert page.status_code == 200
    answer = admin.post(at("edition", former), {"starts_on": f"{today:%Y-%m-%d}"})
    edition = Motif.objects.get(code="conjoint", in_force_from=today)
    assert answer["Location"] == at("change", edition)
    former.refresh_from_db()
    assert former.in_force_until == today - timedelta(days=1)
    assert [(p.code, p.label) for p in edition.required_justificatifs.all()] == [
        (p.code, p.label) for p in former.required_justificatifs.all()
    ]
    employee = EmployeeFactory()
    assert [m.pk for m in open_to(employee, today) if m.code == "conjoint"] == [edition.pk]
    assert "Nouvelle édition créée" in admin.get(at("history", edition)).content.decode()


def test_a_request_keeps_the_edition_that_was_signed():
    dispense = DispenseFactory(in_progress=True)
    signed = dispense.declarations.get()
    edition = editing.new_edition(motif=dispense.motif, starts_on=timezone.localdate())
    Motif.objects.filter(pk=edition.pk).update(label="Nouveau nom", declaration="autre chose")
    dispense.refresh_from_db()
    assert dispense.motif.label == signed.motif_label == "Employeur conjoint"


@pytest.mark.parametrize(
    ("days", "said"),
    [(-1, "le passé ne se réécrit pas"), (None, "Indiquez une date"), ("32/13/2030", "Cette date n’existe pas")],
)
def test_odd_starts_are_refused_in_words(admin, days, said):
    day = timezone.localdate() + timedelta(days=days) if isinstance(days, int) else days or ""
    page = admin.post(at("edition", motif()), {"starts_on": str(day)})
    assert said in page.content.decode()
    assert Motif.objects.filter(code="conjoint").count() == 1


def test_editions_never_overlap():
    today = timezone.localdate()
    first = motif()
    second = editing.new_edition(motif=first, starts_on=today + timedelta(days=30))
    for edition, day in ((first, today), (second, today + timedelta(days=30)), (second, today)):
        with pytest.raises(EditionRefused):
            editing.new_edition(motif=edition, starts_on=day)
    with refused(EditionRefused, Code.NOT_THE_LAST):
        editing.close_motif(motif=first, last_day=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Motif.objects.filter(pk=first.pk).update(in_force_until=None)
    days = [today + timedelta(days=n) for n in (0, 29, 30, 31)]
    employee = EmployeeFactory()
    for day in days:
        assert len([m for m in open_to(employee, day) if m.code == "conjoint"]) == 1


def test_half_a_new_edition_is_none():
    with (
        mock.patch.object(RequiredJustificatif.objects, "bulk_create", side_effect=OSError),
        pytest.raises(OSError),
    ):
        editing.new_edition(motif=motif(), starts_on=timezone.localdate())
    assert motif().in_force_until is None


def test_a_motif_ends_and_opens_again(admin):
    today = timezone.localdate()
    assert admin.get(at("fin", motif())).status_code == 200
    assert admin.post(at("fin", motif()), {"last_day": f"{today:%Y-%m-%d}"}).status_code == 302
    assert motif().in_force_until == today
    employee = DispenseFactory().employee
    assert not eligibility.motif_for(employee, motif(), today + timedelta(days=1)).may_be_sent
    assert "se ferme aujourd’hui" in admin.post(at("fin", motif()), {"last_day": "2001-01-01"}).content.decode()
    admin.post(at("fin", motif()), {"last_day": ""})
    assert motif().in_force_until is None


@pytest.mark.parametrize("stage", [{}, {"in_progress": True}])
def test_an_edition_that_a_request_uses_is_read_only_and_says_why(admin, stage):
    used = DispenseFactory(**stage).motif
    page = admin.get(at("change", used)).content.decode()
    assert "Cette édition est en lecture seule" in page
    assert 'name="_save"' not in page
    assert "Nouvelle édition à partir du" in page
    assert admin.post(at("change", used), typed(used, label="Pirate")).status_code == 403
    assert admin.post(at("delete", used), {"post": "yes"}).status_code == 403
    assert motif().label == "Employeur conjoint"


def test_a_free_edition_is_written_with_its_documents(admin):
    free = motif()
    before = list(free.required_justificatifs.all())
    new = f"required_justificatifs-{len(before)}"
    answers = typed(
        free,
        label="Conjoint ou partenaire",
        declaration=" je suis couvert  par lui . ",
        **{f"{new}-label": "Livret de famille", f"{new}-position": 5, "required_justificatifs-0-DELETE": "on"},
    )
    answer = admin.post(at("change", free), answers)
    assert answer.status_code == 302, answer.content.decode()
    free.refresh_from_db()
    assert (free.label, free.declaration) == ("Conjoint ou partenaire", "je suis couvert par lui")
    assert [p.code for p in free.required_justificatifs.all()] == ["carte_mutuelle", "livret_de_famille"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"label": ""}, "Ce champ est obligatoire"),
        ({"end_rule": "covered_until"}, "cochez-la"),
        ({"extra_fields": ["cotisation"]}, "se demandent ensemble"),
        ({"extra_fields": ["pirate"]}, "pirate"),
        ({"opening": "pirate"}, "pirate"),
        ({"required_justificatifs-0-label": ""}, "Ce champ est obligatoire"),
    ],
)
def test_wrong_editions_are_told(admin, changes, said):
    page = admin.post(at("change", motif()), typed(motif(), **changes))
    assert page.status_code == 200
    assert said in page.content.decode()


def test_no_more_documents_than_a_request_may_hold(admin, settings):
    settings.PORTAL_UPLOAD_MAX_FILES = 2
    page = admin.post(at("change", motif()), typed(motif(), **{"required_justificatifs-2-label": "Un de trop"}))
    assert "Une demande reçoit 2 fichiers au plus" in page.content.decode()


def test_an_edition_taken_while_it_is_edited_is_not_rewritten(admin):
    """A draft takes the edition after the page's rights were read and before the row is locked."""
    free = motif()

    def taken(edition):
        DispenseFactory()
        return []

    with mock.patch("dispenses.law.editing.lock_editions", side_effect=taken):
        answer = admin.post(at("change", free), typed(free, label="Trop tard"), follow=True)
    assert "Une demande vient d’utiliser cette édition" in answer.content.decode()
    assert motif().label == "Employeur conjoint"


def test_an_edition_made_by_mistake_goes_and_the_former_opens_again(admin):
    former = motif()
    edition = editing.new_edition(motif=former, starts_on=timezone.localdate())
    assert admin.get(at("delete", edition)).status_code == 200
    assert admin.post(at("delete", edition), {"post": "yes"}).status_code == 302
    assert motif().in_force_until is None
    assert admin.post(at("delete", motif()), {"post": "yes"}).status_code == 403


def test_the_preview_is_the_wizard_s_own(admin):
    page = admin.get(at("apercu", motif())).content.decode()
    for words in ("Employeur conjoint", "Nom de l’assureur", "Attestation de la mutuelle obligatoire", "renoncez"):
        assert words in page
    text = page[page.index("<main") :]
    assert text.count("<fieldset disabled") + text.count('<fieldset class="ea-stack" disabled') == 2


def test_the_preview_of_what_was_typed_saves_nothing(admin):
    free = motif()
    answers = typed(free, label="Nom neuf", declaration="je vis ailleurs", **{"required_justificatifs-0-label": "Acte"})
    page = admin.post(at("apercu", free), answers).content.decode()
    for words in ("Nom neuf", "je vis ailleurs", "Acte", "rien n’est enregistré"):
        assert words in page
    assert motif().label == "Employeur conjoint"
    assert not RequiredJustificatif.objects.filter(label="Acte").exists()
    wrong = admin.post(at("apercu", free), typed(free, label=""))
    assert wrong.status_code == 422
    assert "Corrigez d’abord" in wrong.content.decode()


def test_a_reviewer_reads_and_dates_nothing(client):
    client.force_login(StaffFactory())
    assert client.get(at("change", motif())).status_code == 200
    assert client.get(at("apercu", motif())).status_code == 200
    for name, data in (("edition", {"starts_on": "2099-01-01"}), ("fin", {}), ("apercu", typed(motif()))):
        assert client.post(at(name, motif()), data).status_code == 403
    assert client.get(reverse("admin:dispenses_motif_edition", args=[10**18])).status_code == 404
    assert Motif.objects.filter(code="conjoint").count() == 1


def test_loading_the_catalogue_again_leaves_what_administrators_did():
    editing.new_edition(motif=motif(), starts_on=timezone.localdate())
    Motif.objects.filter(code="camieg").update(in_force_from=date(2026, 1, 1))
    count = Motif.objects.count()
    assert catalogue.load() == 0
    assert Motif.objects.count() == count


# Documents that an acte only recommends


def without_files(**employee):
    draft = DispenseFactory(**employee)
    for file in draft.justificatifs.all():
        joining.remove_justificatif(justificatif=file)
    return draft


def lower(draft, *pieces):
    return ActeFactory(employer=draft.employee.employer, recommended_pieces=list(pieces))


def test_a_recommended_document_may_be_missing():
    draft = without_files()
    lower(draft, "conjoint:carte_mutuelle")
    said = [message for _, message in contents.missing(draft)]
    assert said == ["Joignez le document demandé\xa0: Attestation de la mutuelle obligatoire de votre conjoint"]
    Acte.objects.update(recommended_pieces=["conjoint:carte_mutuelle", "conjoint:attestation_conjoint"])
    draft = type(draft).objects.get(pk=draft.pk)
    assert contents.missing(draft) == []
    assert sending.submit(dispense=draft, user=draft.employee.user).status == "in_progress"


def test_a_document_of_the_law_is_never_lowered():
    draft = without_files(motif=motif("contrat_court"), answers={})
    code = motif("contrat_court").required_justificatifs.get().code
    lower(draft, f"contrat_court:{code}")
    assert any("Joignez le document" in message for _, message in contents.missing(draft))


def test_another_employer_s_acte_and_a_past_one_lower_nothing():
    draft = without_files()
    ActeFactory(recommended_pieces=["conjoint:carte_mutuelle", "conjoint:attestation_conjoint"])
    past = lower(draft, "conjoint:carte_mutuelle", "conjoint:attestation_conjoint")
    past.in_force_until = date(2020, 12, 31)
    past.save()
    with pytest.raises(DispenseIncomplete):
        sending.submit(dispense=draft, user=draft.employee.user)


def test_what_a_page_keeps_of_an_acte_decides_nothing(client, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr("portal.lib.kept.clock", lambda: clock[0])
    draft = without_files()
    acte = lower(draft, "conjoint:carte_mutuelle", "conjoint:attestation_conjoint")
    client.force_login(draft.employee.user)
    address = reverse("demande_verification", args=[draft.number])
    assert client.get(address).status_code == 200
    Acte.objects.filter(pk=acte.pk).update(recommended_pieces=[])
    assert client.get(address).status_code == 200  # ten seconds at most
    answer = client.post(address, {"honour": "on"}, follow=True).content.decode()
    assert "Joignez le document demandé" in answer
    assert type(draft).objects.get(pk=draft.pk).status == "draft"
    clock[0] += 10
    page = client.get(reverse("demande_justificatifs", args=[draft.number])).content.decode()
    assert "(recommandé)" not in page


def test_a_sent_request_keeps_the_acte_of_its_day(client):
    draft = DispenseFactory(awaiting_complement=True)
    today = timezone.localdate()
    acte = lower(draft, "conjoint:carte_mutuelle")
    Acte.objects.filter(pk=acte.pk).update(in_force_from=today + timedelta(days=1))
    ActeFactory(employer=acte.employer, in_force_from=date(2015, 1, 1), in_force_until=today)
    states = {piece.code: piece.required for piece in contents.pieces(type(draft).objects.get(pk=draft.pk))}
    assert states["carte_mutuelle"]


def test_the_wizard_says_that_a_document_is_recommended(client, django_assert_num_queries):
    draft = without_files()
    lower(draft, "conjoint:carte_mutuelle")
    client.force_login(draft.employee.user)
    address = reverse("demande_justificatifs", args=[draft.number])
    page = client.get(address).content.decode()
    assert "Copie de votre carte mutuelle (recommandé)" in page
    assert "votre déclaration sur l’honneur suffit" in page


def test_the_choice_of_a_motif_says_which_documents_are_only_recommended(client):
    draft = without_files()
    lower(draft, "conjoint:carte_mutuelle")
    client.force_login(draft.employee.user)
    address = reverse("demande_motif", args=[draft.number])
    page = page_of(client.get(address))
    wanted = "Attestation de la mutuelle obligatoire de votre conjoint"
    assert f">À joindre&nbsp;: {wanted}.<" in page
    assert ">Recommandé&nbsp;: Copie de votre carte mutuelle.<" in page
    editions.actes_of.forget()
    Acte.objects.update(recommended_pieces=["conjoint:carte_mutuelle", "conjoint:attestation_conjoint"])
    page = client.get(address).content.decode()
    assert f">Recommandé&nbsp;: {wanted}, Copie de votre carte mutuelle.<" in page
