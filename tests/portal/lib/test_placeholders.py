"""Marks in texts that people write: judged when typed, filled as plain text and nothing more."""

import pytest

from portal.lib import placeholders


def test_marks_are_found_once_each_in_order():
    assert placeholders.marks("{a} puis {b}, et encore { a }") == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Bonjour {nom}", ""),
        ("Bonjour {inconnu}", "Le repère {inconnu} n’existe pas ici. Repères possibles\xa0: {nom}, {numero}"),
        ("Bonjour {", "Une accolade est seule"),
        ("Bonjour {{nom}}", "Une accolade est seule"),
        ("{nom.__class__}", "Le repère {nom.__class__} n’existe pas ici"),
        ("{% now %}", "Le repère {% now %} n’existe pas ici"),
        ("{}", "Le repère {} n’existe pas ici"),
    ],
)
def test_wrong_marks_are_told(text, said):
    wrong = placeholders.problems(text, ["nom", "numero"])
    assert bool(wrong) == bool(said)
    assert said in " ".join(wrong)


def test_a_missing_mark_is_told():
    assert placeholders.problems("Bonjour", ["lien"], ["lien"]) == ["Le repère {lien} est indispensable dans ce texte"]


def test_a_value_is_never_read_again():
    assert placeholders.fill("{a} puis {b}", {"a": "{b}", "b": "{{ secret }}"}) == "{b} puis {{ secret }}"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Le document ne cite pas {prenom} {nom}.", "Le document ne cite pas Suharto."),
        ("{prenom} {nom}, joignez la carte", "Suharto, joignez la carte"),
        ("Bonjour {prenom},", "Bonjour,"),
        ("Bonjour {prenom}", "Bonjour"),
        ("({prenom})", "()"),
    ],
)
def test_an_empty_value_leaves_no_blank_behind(text: str, written: str) -> None:
    assert placeholders.fill(text, {"prenom": "", "nom": "Suharto"}) == written
