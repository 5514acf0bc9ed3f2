"""Texts made by the code follow French typography."""

from datetime import date
from decimal import Decimal

import pytest

from portal.lib import typography


def test_no_line_breaks_before_a_sign_or_a_unit() -> None:
    said = typography.spaced("Quoi ? « Oui » : 12 mois, 10 %")
    assert said == "Quoi\u00a0? «\u00a0Oui\u00a0»\u00a0: 12\u00a0mois, 10\u00a0%"
    assert typography.spaced("Par exemple, 1 1 2027.") == "Par exemple, 1\u00a01\u00a02027."
    assert typography.quoted("a", "b") == "«\u00a0a\u00a0», «\u00a0b\u00a0»"


@pytest.mark.parametrize(
    ("text", "value", "written"),
    [
        ("De {nom}", "Amel", "D’{nom}"),
        ("de\u00a0{nom}", "Amel", "d’{nom}"),
        ("que { nom }", "Élodie", "qu’{ nom }"),
        ("de {nom}", "Paul", "de {nom}"),
        ("de {nom}", "Hakim", "de {nom}"),
        ("de {nom}", "", "de {nom}"),
        ("de {nom}", 11, "de {nom}"),
        ("de {nom}", '<a href="#">', "de {nom}"),
        ("monde {nom}", "Amel", "monde {nom}"),
        ("de\n{nom}", "Amel", "de\n{nom}"),
        ("Ana de Almeida, {nom}", "Amel", "Ana de Almeida, {nom}"),
        ("de {autre}", "Amel", "de {autre}"),
    ],
)
def test_de_is_elided_before_a_mark_and_nowhere_else(text: str, value: object, written: str) -> None:
    assert typography.elided(text, {"nom": value}) == written


def test_numbers_and_amounts() -> None:
    assert typography.thousands(1234567) == "1\u202f234\u202f567"
    assert typography.thousands(1234, "\u00a0") == "1\u00a0234"
    assert typography.euros(Decimal("1234.5")) == "1234,50\u00a0€"
    assert typography.euros(Decimal("1234.5"), typography.NARROW) == "1\u202f234,50\u00a0€"
    assert [typography.size(size) for size in (None, 1, 412_400, 2_800_000)] == [
        "0\u00a0Ko", "1\u00a0Ko", "412\u00a0Ko", "2,8\u00a0Mo",
    ]  # fmt: skip


def test_days() -> None:
    assert typography.long_day(date(2026, 5, 1)) == "1er\u00a0mai\u00a02026"
    assert typography.long_day(date(2018, 9, 5), " ") == "5\u00a0septembre 2018"
    assert typography.short_day(date(2018, 9, 5)) == "05/09/2018"


@pytest.mark.parametrize(
    ("name", "of_name"),
    [
        ("Amel Haddou", "d’Amel Haddou"),
        ("Élodie", "d’Élodie"),
        ("Hélène", "d’Hélène"),
        ("Hakim", "de Hakim"),
        ("Yves", "d’Yves"),
        ("Yasmine", "de Yasmine"),
        ("Œuvre des villages", "d’Œuvre des villages"),
        ("Camille", "de Camille"),
        ("", "de "),
        ("{entreprise}", "de {entreprise}"),
    ],
)
def test_de_is_elided_before_what_is_heard_as_a_vowel(name: str, of_name: str) -> None:
    assert typography.of(name) == of_name
    assert typography.that(name) == of_name.replace("d’", "qu’").replace("de ", "que ")
