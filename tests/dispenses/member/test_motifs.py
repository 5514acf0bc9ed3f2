"""What the law opens and closes, as the pages of the request say it: the choice, the answers, the verification."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client

from accounts.enums import ActeKind, ContractType
from dispenses.law.assessment import assess
from dispenses.law.cases import full_label
from dispenses.law.situation import Person, Situation
from dispenses.member import motifs
from dispenses.models import Declaration, Dispense, Motif
from dispenses.request import contents, sending
from dispenses.workflow import Status
from portal.lib.dates import add_months
from tests.dispenses.member.test_wizard import signed_in, text, url
from tests.factories import (
    TYPED,
    ActeFactory,
    DispenseFactory,
    EmployeeFactory,
    StaffFactory,
    add_file,
)

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine("2026-03-20T12:00:00+01:00")]
TODAY = date(2026, 3, 20)
LATE = TODAY - timedelta(days=100)  # after the moment of the hire, before the first term of an insurance
SENT_ALL_THE_SAME = "Vous pouvez envoyer cette demande, mais"
CLOSED = "Motifs fermés pour vous aujourd’hui"


def draft(hired_on: date = LATE, code: str = "", *, opened: tuple[str, ...] = (), **employee: object) -> Dispense:
    """A draft of somebody hired that day, under an accord of 2020 that opens these motifs."""
    acte = ActeFactory(kind=ActeKind.ACCORD, opened_motifs=list(opened))
    who = EmployeeFactory(activated=True, employer=acte.employer, hired_on=hired_on, **employee)
    motif = Motif.objects.get(code=code) if code else None
    return DispenseFactory(employee=who, motif=motif, answers={})


def parts(dispense: Dispense) -> tuple[str, str]:
    """What the page says of the motifs open, and of those closed."""
    page = text(signed_in(dispense).get(url("motif", dispense)))
    offered, _, closed = page.partition(CLOSED)
    return offered, closed.partition("</details>")[0]


def about(closed: str, label: str) -> str:
    """What is said of one closed motif."""
    return next(block for block in closed.split('<div class="ea-choice">') if label in block)


def dates(key: str, day: date) -> dict[str, str]:
    """A date as a page sends it."""
    return {f"{key}_{part}": str(value) for part, value in enumerate((day.day, day.month, day.year))}


# The choice


def test_a_closed_motif_says_why_by_which_article_and_what_would_open_it() -> None:
    _, closed = parts(draft())
    alone = about(closed, "Assurance individuelle à l’embauche")
    assert "Demande du 20/03/2026\xa0: ce motif s’invoque à l’embauche ou à la mise en place" in alone
    assert "Code de la sécurité sociale, art. D911-5." in alone
    assert "Ouverture possible\xa0: une nouvelle embauche" in alone
    assert SENT_ALL_THE_SAME in alone
    assert 'value="ferme-individuelle"' in alone
    part_time = about(closed, "Temps partiel ou apprenti")
    assert "ni temps partiel ni apprentissage" in part_time
    assert "Ouverture possible\xa0: si l’employeur corrige le temps de travail." in part_time
    assert "<input" not in part_time
    assert SENT_ALL_THE_SAME not in part_time
    assert closed.index("Assurance individuelle à l’embauche") < closed.index("Temps partiel ou apprenti")
    assert "/contact/" in closed


def test_no_motif_is_there_twice() -> None:
    offered, closed = parts(draft())
    open_labels = re.findall(r'<input type="radio" name="motif" value="(\w+)"', offered)
    assert open_labels == [*dict.fromkeys(open_labels)]
    closed_codes = re.findall(r'id="p-(\w+)"', closed)
    assert closed_codes == [*dict.fromkeys(closed_codes)]
    assert not set(closed_codes) & set(open_labels)
    assert {*closed_codes, *open_labels, "c2s"} == {
        *Motif.objects.exclude(code="acs_cmuc").values_list("code", flat=True)
    }


def test_an_edition_to_come_of_a_motif_in_force_is_not_offered() -> None:
    now = Motif.objects.get(code="c2s")
    later = Motif(code="c2s", label="Plus tard", in_force_from=TODAY + timedelta(days=5), opening=now.opening)
    situation = Situation(Person(ContractType.CDI, TODAY), [], TODAY)
    offered, closed = motifs.split([(motif, assess(motif, situation)) for motif in (later, now)])
    assert [motif.label for motif, _ in offered] == [now.label]
    assert closed == []


def test_what_a_motif_depends_on_is_said_under_its_label() -> None:
    offered, _ = parts(draft())
    condition = f"Ouvert si l’autre couverture a commencé le {TODAY - timedelta(days=60):%d/%m/%Y} ou après."
    assert offered.count(condition) == 2  # once for the family of which each case depends on it, once for the C2S
    recent, _ = parts(draft(TODAY - timedelta(days=5)))
    assert "Ouvert si" not in recent
    fixed, _ = parts(draft(TODAY, contract_type=ContractType.CDD, opened=("cdd_moins_12_mois", "cdd_12_mois_et_plus")))
    assert "Ouvert pour moins de 12\xa0mois." in fixed
    assert "Ouvert pour 12\xa0mois ou plus." in fixed


def test_the_first_family_says_what_its_cases_have_in_common_and_dependants_are_another_matter() -> None:
    page = text(signed_in(one := draft()).get(url("motif", one)))
    assert "y compris en tant qu’ayant droit, d’une des couvertures suivantes, au titre d’un autre emploi" in page
    assert "Vos ayants droit" in page
    assert "à demander à votre employeur (Code de la sécurité sociale, art. D911-3)" in page


def test_documents_are_the_insurer_s_unless_the_law_demands_them() -> None:
    offered, _ = parts(draft(TODAY, contract_type=ContractType.CDD))
    assert "Les documents à joindre sont demandés par l’assureur" in offered
    assert "À joindre, exigé par la loi\xa0: Attestation de contrat responsable." in offered
    assert "À joindre\xa0: Attestation de Complémentaire santé solidaire." in offered


def test_a_closed_motif_leads_to_the_one_that_the_acte_opens() -> None:
    offered, closed = parts(draft(opened=("acte_e_individuelle",)))
    assert "Assurance individuelle, ouverte par l’acte" in offered
    alone = about(closed, "Assurance individuelle à l’embauche")
    assert 'Choisissez plutôt «\xa0<a href="#f-individuelle">Assurance individuelle, ouverte par l’acte' in alone


def test_a_closed_motif_is_chosen_with_its_warning_and_sent() -> None:
    dispense = draft()
    client = signed_in(dispense)
    assert client.post(url("motif", dispense), {"famille": "ferme-individuelle"}).url == url("justificatifs", dispense)
    page = text(client.get(url("motif", dispense)))
    assert re.search(r'value="ferme-individuelle"[^>]* checked', page)
    assert re.search(r"<details[^>]* open", page)
    assert SENT_ALL_THE_SAME in text(client.get(url("justificatifs", dispense)))
    add_file(dispense, "carte_mutuelle")
    answers = {"assureur": "Lac", **dates("couverture_depuis", LATE - timedelta(days=9))}
    answers |= dates("couverture_jusquau", TODAY + timedelta(days=30))
    assert client.post(url("justificatifs", dispense), answers).url == url("verification", dispense)
    page = text(client.get(url("verification", dispense)))
    assert SENT_ALL_THE_SAME in page
    assert "La loi ne donne pas de nombre de jours\xa0: celui-ci est l’usage de l’assureur." in page
    assert client.post(url("verification", dispense), {"honour": "on"}).url == url("accuse", dispense)
    desk = Client()
    desk.force_login(StaffFactory())
    seen = desk.get(f"/gestion/dispenses/dispense/{dispense.number}/change/").content.decode()
    assert "ce motif s’invoque à l’embauche" in seen


def test_an_old_cover_is_warned_of_though_its_motif_was_offered() -> None:
    dispense = draft(code="conjoint")
    client = signed_in(dispense)
    assert SENT_ALL_THE_SAME not in text(client.get(url("justificatifs", dispense)))
    assert client.post(url("justificatifs", dispense), TYPED).url == url("verification", dispense)
    assert SENT_ALL_THE_SAME in text(client.get(url("verification", dispense)))


@pytest.mark.parametrize("value", ["ferme-temps_partiel", "ferme-", "ferme-rien", "ferme-conjoint"])
def test_what_may_not_be_sent_is_not_chosen(value: str) -> None:
    dispense = draft()
    page = text(signed_in(dispense).post(url("motif", dispense), {"famille": value}))
    assert "Sélectionnez un motif de dispense" in page
    dispense.refresh_from_db()
    assert dispense.motif is None


def test_the_last_choice_counts() -> None:
    """A nested choice hidden since is still sent by a browser."""
    dispense = draft()
    client = signed_in(dispense)
    client.post(url("motif", dispense), {"famille": "ferme-individuelle", "motif": "conjoint"})
    dispense.refresh_from_db()
    assert dispense.motif is not None
    assert dispense.motif.code == "individuelle"
    client.post(url("motif", dispense), {"famille": "couvert_par_ailleurs", "motif": "conjoint"})
    dispense.refresh_from_db()
    assert dispense.motif.code == "conjoint"


# The answers


def test_a_choice_is_made_among_radios_and_kept() -> None:
    dispense = draft(code="conjoint")
    client = signed_in(dispense)
    page = text(client.get(url("justificatifs", dispense)))
    assert page.count('type="radio" name="nature_contrat"') == 2
    page = text(client.post(url("justificatifs", dispense), {"assureur": "Lac"}))
    assert 'href="#id_nature_contrat_0"' in page
    assert "Indiquez la réponse à «\xa0Quel est ce contrat\xa0?\xa0»" in page
    page = text(client.post(url("justificatifs", dispense), {"nature_contrat": "collective"}))
    assert re.search(r'value="collective"[^>]* checked', page)
    assert re.search(r'value="collective"[^>]* checked', text(client.get(url("justificatifs", dispense))))
    assert f'href="{url("justificatifs", dispense)}#id_couverture_depuis_0"' in text(
        client.get(url("verification", dispense))
    )
    client.post(url("justificatifs", dispense), {"nature_contrat": "", "plus_tard": "1"})
    assert f'href="{url("justificatifs", dispense)}#id_nature_contrat_0"' in text(
        client.get(url("verification", dispense))
    )


def test_an_answer_that_the_law_refuses_leads_to_the_motif_that_fits() -> None:
    dispense = draft(code="conjoint")
    client = signed_in(dispense)
    page = text(client.post(url("justificatifs", dispense), {**TYPED, "nature_contrat": "individuelle"}))
    assert "Ce motif demande un contrat collectif et obligatoire." in page
    assert 'name="choisir" value="individuelle"' in page
    answer = client.post(url("justificatifs", dispense), {**TYPED, "assureur": "Rives", "choisir": "individuelle"})
    assert answer.url == url("justificatifs", dispense)
    dispense.refresh_from_db()
    assert dispense.motif is not None
    assert (dispense.motif.code, dispense.answers["assureur"]) == ("individuelle", "Rives")


def test_nothing_is_said_to_be_sendable_beside_a_refused_answer() -> None:
    dispense = draft(code="conjoint")
    client = signed_in(dispense)
    client.post(url("justificatifs", dispense), {**TYPED, "nature_contrat": "individuelle"})
    for step in ("justificatifs", "verification"):
        assert SENT_ALL_THE_SAME not in text(client.get(url(step, dispense)))


def test_a_better_motif_that_is_closed_is_said_to_be() -> None:
    dispense = draft(date(2018, 9, 3), "conjoint")  # the first term of an insurance of 2018 is over
    page = text(signed_in(dispense).post(url("justificatifs", dispense), {**TYPED, "nature_contrat": "individuelle"}))
    assert 'name="choisir"' not in page
    assert "«\xa0Assurance individuelle à l’embauche\xa0» n’est pas ouvert pour vous aujourd’hui." in page


CDDS = ("cdd_moins_12_mois", "cdd_12_mois_et_plus")


@pytest.mark.parametrize(("code", "right", "months"), [(*CDDS, 14), (*reversed(CDDS), 6)])
def test_a_contract_of_another_length_leads_to_the_other_motif(code: str, right: str, months: int) -> None:
    dispense = draft(TODAY, code, opened=CDDS, contract_type=ContractType.CDD)
    client = signed_in(dispense)
    typed = {"assureur": "Lac", **dates("couverture_depuis", LATE), **dates("debut_contrat", TODAY)}
    typed |= dates("fin_contrat", add_months(TODAY, months))
    page = text(client.post(url("justificatifs", dispense), typed))
    label = full_label(Motif.objects.get(code=right, in_force_until=None))
    spaced = page.replace("\xa0", " ")
    assert f"12 mois{' ou plus' if months > 12 else ''} : son motif est « {label} »".replace("\xa0", " ") in spaced
    assert re.search(f'name="choisir" value="{right}"[^>]*>Choisir plutôt\\s+«\xa0{label}\xa0»', page)
    assert client.post(url("justificatifs", dispense), {**typed, "choisir": right}).url == url(
        "justificatifs", dispense
    )
    dispense.refresh_from_db()
    assert dispense.motif is not None
    assert dispense.motif.code == right
    page = text(client.get(url("justificatifs", dispense)))
    assert re.search(f'name="fin_contrat_2" value="{add_months(TODAY, months).year}"', page)
    assert re.search(f'name="debut_contrat_0" value="{TODAY.day}"', page)


def test_the_other_length_that_the_acte_does_not_open_is_said_to_be_closed() -> None:
    dispense = draft(TODAY, CDDS[0], opened=CDDS[:1], contract_type=ContractType.CDD)
    typed = {**dates("debut_contrat", TODAY), **dates("fin_contrat", add_months(TODAY, 14))}
    page = text(signed_in(dispense).post(url("justificatifs", dispense), typed))
    assert 'name="choisir"' not in page
    assert "n’est pas ouvert pour vous aujourd’hui" in page


@pytest.mark.parametrize("code", ["temps_partiel", "rien", "", "\x00", "acs_cmuc"])
def test_a_motif_that_is_not_open_is_not_taken_from_an_answer(code: str) -> None:
    dispense = draft(code="conjoint")
    answer = signed_in(dispense).post(url("justificatifs", dispense), {**TYPED, "choisir": code})
    assert answer.url == url("motif", dispense)
    dispense.refresh_from_db()
    assert dispense.motif is not None
    assert dispense.motif.code == "conjoint"


def test_what_the_law_has_against_an_answer_is_said_at_its_question() -> None:
    dispense = draft(TODAY, "contrat_court", contract_type=ContractType.CDD)
    client = signed_in(dispense)
    answers = {"couverture_par": "individuelle", "assureur": "Lac", **dates("couverture_depuis", date(2024, 1, 1))}
    answers |= dates("debut_contrat", TODAY) | dates("fin_contrat", TODAY + timedelta(days=200))
    page = text(client.post(url("justificatifs", dispense), answers))
    assert 'href="#id_fin_contrat_0"' in page
    words = "alors que ce motif demande une couverture de moins de 3\xa0mois."
    assert page.count(words) == 2  # on top and at the field
    page = text(client.get(url("verification", dispense)))
    assert f'href="{url("justificatifs", dispense)}#id_fin_contrat_0"' in page
    assert words in page


# The verification, and after


def verification(dispense: Dispense) -> str:
    return text(signed_in(dispense).get(url("verification", dispense)))


def test_what_the_choice_costs_is_said_before_it_is_signed() -> None:
    page = verification(draft(TODAY - timedelta(days=5), "conjoint"))
    said, _, after = page.partition("<h2>Déclaration</h2>")
    assert "la part de la cotisation que paie votre employeur" in said
    assert "la portabilité\xa0: si votre contrat de travail est rompu" in said
    assert "Vous pouvez y revenir à tout moment" in said
    assert "Ce que vous perdez" not in after
    assert "prendra effet le <strong>15\xa0mars 2026</strong>, jour de votre embauche" in said
    assert "Elle n’a pas de date de fin connue" in said
    assert (
        "la première fois au plus tard le <strong>20\xa0mars 2027</strong>\xa0: c’est demandé par l’assureur." in said
    )
    assert "versement santé" not in said
    assert said.count("Demandé par l’assureur.") == 2
    assert "Exigé par la loi" not in said


def test_an_end_and_the_day_after_are_said() -> None:
    dispense = draft(TODAY, "c2s")
    dispense.answers = {"couverture_depuis": "1/10/2025", "couverture_jusquau": "30/9/2026"}
    dispense.save()
    page = verification(dispense)
    assert "Elle finira le <strong>30\xa0septembre 2026</strong>, ce jour compris." in page
    assert "Vous devrez adhérer à partir du 1er\xa0octobre 2026." in page
    assert "la confirmer chaque année" not in page


def test_a_short_contract_gives_right_to_the_payment_of_the_employer() -> None:
    dispense = draft(TODAY, "contrat_court", contract_type=ContractType.CDD)
    dispense.answers = {"debut_contrat": "20/3/2026", "fin_contrat": "30/4/2026"}
    dispense.save()
    page = verification(dispense)
    assert "versement santé" in page
    assert "Exigé par la loi." in page
    assert "avec votre contrat de travail" in page


def test_a_proof_of_the_law_is_said_to_be_the_law_s() -> None:
    dispense = draft(LATE, "acte_f_couverture_collective", opened=("acte_f_couverture_collective",))
    page = verification(dispense)
    assert "c’est demandé par la loi." in page
    assert "si vous l’envoyez aujourd’hui" in page


def test_the_declaration_says_informed_given_up_insurer_and_end() -> None:
    dispense = draft(TODAY, "individuelle")
    dispense.answers = {"assureur": "Rives {x}", "couverture_depuis": "1/1/2025", "couverture_jusquau": "31/12/2026"}
    declared = contents.declaration_text(dispense)
    first, second, important = declared.split("\n\n")
    assert "Je déclare sur l’honneur être dans une des situations suivantes\xa0: je suis couvert(e)" in first
    assert first.endswith(
        "Cette autre couverture est assurée par\xa0: Rives {x}. Cette couverture prend fin le 31\xa0décembre\xa02026."
    )
    assert second.startswith("J’ai été préalablement informé(e) par mon employeur des conséquences de mon choix.")
    assert "Je renonce à la part de la cotisation" in second
    assert important.startswith("IMPORTANT\xa0: Il appartient à l’adhérent de justifier annuellement")
    dispense.answers = {}
    assert contents.declaration_text(dispense).split("\n\n")[0].endswith("contrat individuel.")


def test_a_declaration_signed_before_stays_and_the_complement_signs_the_present_one() -> None:
    dispense = DispenseFactory(awaiting_complement=True)
    Declaration.objects.filter(dispense=dispense).update(text="Ma déclaration d’autrefois")
    owner = dispense.employee.user
    assert owner is not None
    add_file(dispense, "carte_mutuelle")
    sending.complete(dispense=dispense, user=owner)
    old, new = Declaration.objects.filter(dispense=dispense).order_by("pk").values_list("text", flat=True)
    assert old == "Ma déclaration d’autrefois"
    assert "J’ai été préalablement informé(e)" in new


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (Status.IN_PROGRESS, "Prise d’effet, si elle est acceptée"),
        (Status.AWAITING_COMPLEMENT, "Prise d’effet, si elle est acceptée"),
        (Status.ACCEPTED, "Dispense à compter du"),
        (Status.REFUSED, ""),
    ],
)
def test_the_first_day_of_a_dispense_is_in_its_card(stage: Status, words: str) -> None:
    dispense = DispenseFactory(stage=stage, employee=EmployeeFactory(activated=True, hired_on=TODAY))
    page = text(signed_in(dispense).get("/demandes/"))
    assert (f"<dt>{words}</dt> <dd>20\xa0mars 2026</dd>" in page) is bool(words)
    assert ("À confirmer au plus tard le" in page) is (stage is Status.ACCEPTED)
    accuse = text(signed_in(dispense).get(url("accuse", dispense)))
    assert (f"<dt>{words}</dt> <dd>20\xa0mars 2026</dd>" in accuse) is bool(words)
