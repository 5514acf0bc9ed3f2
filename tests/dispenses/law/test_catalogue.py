"""A motif or a question that was added is told everywhere: what is forgotten is found here."""

import ast
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

from dispenses.administration.actes import ActeWithMotifsForm
from dispenses.enums import EndRule, MotifFamily, Opening
from dispenses.law.cases import Length, Moment
from dispenses.law.catalogue import BY_CODE, CATALOGUE
from dispenses.law.codes import MotifCode
from dispenses.law.editing import COPIED, PIECE_COPIED
from dispenses.law.questions import END_QUESTIONS, QUESTIONS, TOGETHER
from dispenses.member.motifs import SECTIONS
from dispenses.models import Motif, RequiredJustificatif
from dispenses.queue.standing import GROUPS

APART = {"individuelle", "temps_partiel", "contrat_court"}  # also words: of families, of a column of the file


def test_each_code_has_one_motif() -> None:
    assert [entry.code for entry in CATALOGUE] == list(MotifCode)
    assert list(BY_CODE) == [code.value for code in MotifCode]


def test_each_family_is_offered_once_and_has_a_group() -> None:
    offered = [family for _, families in SECTIONS for family in families]
    assert sorted(offered) == sorted(MotifFamily)
    assert set(GROUPS) == set(MotifFamily.values)


def test_a_motif_that_the_acte_opens_has_a_name_in_its_form() -> None:
    opened = {entry.code.value: entry.acte_label for entry in CATALOGUE if entry.opening is Opening.ACTE}
    assert all(opened.values())
    offered = [pair for _, group in ActeWithMotifsForm.base_fields["opened_motifs"].choices for pair in group]
    assert [code for code, _ in offered] == list(opened)
    assert all(words.startswith(opened[code]) for code, words in offered)
    assert not [entry.code for entry in CATALOGUE if entry.acte_label and entry.opening is not Opening.ACTE]


def test_each_end_is_asked_for() -> None:
    assert set(END_QUESTIONS) == set(EndRule.values) - {EndRule.OPEN.value}
    for entry in CATALOGUE:
        assert END_QUESTIONS.get(entry.end_rule.value) in {None, *entry.extra_fields}, entry.code
        for pair in TOGETHER:
            assert len(set(pair) & set(entry.extra_fields)) in {0, 2}, entry.code


def test_each_question_is_asked_by_a_motif_and_each_that_is_asked_exists() -> None:
    assert {key for entry in CATALOGUE for key in entry.extra_fields} == set(QUESTIONS)
    assert {key for pair in TOGETHER for key in pair} | set(END_QUESTIONS.values()) <= set(QUESTIONS)


def test_a_contract_whose_length_counts_is_asked_for() -> None:
    for entry in CATALOGUE:
        if entry.length:
            assert {"debut_contrat", "fin_contrat"} <= set(entry.extra_fields), entry.code


@pytest.mark.parametrize(
    ("end", "fits"), [(date(2027, 1, 4), False), (date(2027, 1, 5), True), (date(2028, 1, 1), True)]
)
def test_a_length_counts_both_days(end: date, fits: bool) -> None:
    assert Length(12, True, "").fits(date(2026, 1, 6), end) is fits
    assert Length(12, False, "").fits(date(2026, 1, 6), end) is not fits


def test_any_time_is_chosen_for_motifs_of_the_acte_or_of_the_past_alone() -> None:
    free = [entry for entry in CATALOGUE if entry.moment is Moment.ANY_TIME]
    assert all(entry.opening is Opening.ACTE or entry.in_force_until for entry in free)


def test_a_new_edition_copies_all_that_the_former_said() -> None:
    of_their_own = {"id", "in_force_from", "in_force_until"}
    assert {field.attname for field in Motif._meta.concrete_fields} == {*COPIED, *of_their_own}
    assert {field.attname for field in RequiredJustificatif._meta.concrete_fields} == {*PIECE_COPIED, "id", "motif_id"}


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def test_no_code_of_a_motif_and_no_question_is_written_outside_the_law() -> None:
    words = (
        {code.value for code in MotifCode} | {key for pair in TOGETHER for key in pair} | set(END_QUESTIONS.values())
    )
    words -= APART | {"cotisation"}  # also a field of the pack's form
    found = [
        f"{path.relative_to(settings.BASE_DIR)}:{line} {text}"
        for room in ("accounts", "dispenses", "notifications")
        for path in sorted((settings.BASE_DIR / room).rglob("*.py"))
        if "migrations" not in path.parts and path.parent.name != "law"
        for line, text in _texts(path)
        if text in words
    ]
    assert found == []
