"""The answers to a motif's questions: from the texts typed to clean values, or to what to correct.

A date is typed in three parts and kept as "jour/mois/année", right or wrong, so that nothing typed is lost.
"""

import re
from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.utils import timezone

from dispenses.law.questions import QUESTIONS, Kind, Question
from dispenses.models import Motif
from portal.lib.dates import add_years
from portal.lib.fields import ThreePartDateField, in_words

TEXT_LENGTH = 120
MAX_EUROS = Decimal(100_000)
MIN_RATIO = Decimal("0.10")  # R242-1-6, 2° c
NBSP = "\xa0"
Clean = dict[str, object]


def questions_of(motif: Motif) -> list[Question]:
    """The questions that `motif` asks, in order."""
    return [QUESTIONS[key] for key in motif.extra_fields]


def date_parts(raw: str) -> list[str]:
    """The three texts of a date kept as typed."""
    return [*raw.split("/"), "", "", ""][:3]


def clean_precisions(motif: Motif, raw: dict[str, str]) -> tuple[Clean, dict[str, str]]:
    """Clean values by key (str, date, Decimal), and French messages by key for what is missing or wrong."""
    cleaned: Clean = {}
    errors: dict[str, str] = {}
    for question in questions_of(motif):
        try:
            cleaned[question.key] = _clean_one(question, raw.get(question.key, ""))
        except ValidationError as error:
            errors[question.key] = error.messages[0]
    if not errors:
        errors = _cross_check(motif, cleaned)
    return cleaned, errors


def wrong_date_parts(question: Question, raw: str) -> set[int]:
    """Which of jour (0), mois (1) and année (2) make the date kept as typed invalid; empty for all or none."""
    field = _date_field(question)
    with suppress(ValidationError):
        field.clean(date_parts(raw))
    return set(field.widget.wrong_parts)


def _date_field(question: Question) -> ThreePartDateField:
    return ThreePartDateField(label=question.label, min_date=date(1990, 1, 1), max_date=date(2100, 12, 31))


def _clean_one(question: Question, raw: str) -> object:
    if question.kind is Kind.DATE:
        return _date_field(question).clean(date_parts(raw))
    text = " ".join(raw.split())
    if not text:
        raise ValidationError(f"Indiquez la réponse à «{NBSP}{question.label}{NBSP}»")
    if question.kind is Kind.EUROS:
        return _clean_euros(question, text)
    if len(text) > TEXT_LENGTH or not text.isprintable():
        raise ValidationError(f"{question.label}{NBSP}: {TEXT_LENGTH} caractères visibles au maximum")
    return text


def _clean_euros(question: Question, text: str) -> Decimal:
    compact = re.sub(r"[\s€]", "", text).replace(",", ".")
    if not re.fullmatch(r"\d{1,7}(\.\d{1,2})?", compact, re.ASCII):
        raise ValidationError(f"{question.label}{NBSP}: écrivez un montant, par exemple 42,50")
    try:
        amount = Decimal(compact)
    except InvalidOperation as error:
        raise ValidationError(f"{question.label}{NBSP}: écrivez un montant, par exemple 42,50") from error
    if not 0 < amount <= MAX_EUROS:
        raise ValidationError(f"{question.label}{NBSP}: le montant doit être compris entre 0,01 et 100{NBSP}000{NBSP}€")
    return amount


def _cross_check(motif: Motif, cleaned: Clean) -> dict[str, str]:
    errors: dict[str, str] = {}
    until = cleaned.get("couverture_jusquau")
    if isinstance(until, date) and until < timezone.localdate():
        errors["couverture_jusquau"] = "Cette couverture est terminée\xa0: indiquez une date à venir"
    start, end = cleaned.get("debut_contrat"), cleaned.get("fin_contrat")
    if isinstance(start, date) and isinstance(end, date):
        errors |= _check_contract(motif, start, end)
    contribution, gross = cleaned.get("cotisation"), cleaned.get("brut")
    if isinstance(contribution, Decimal) and isinstance(gross, Decimal) and contribution < gross * MIN_RATIO:
        errors["cotisation"] = (
            "La cotisation n’atteint pas 10\xa0% du salaire brut\xa0: ce motif ne peut pas être invoqué"
        )
    return errors


def _check_contract(motif: Motif, start: date, end: date) -> dict[str, str]:
    if end < start:
        return {"fin_contrat": "La fin du contrat doit suivre son début"}
    if end < timezone.localdate():
        return {"fin_contrat": "Ce contrat est terminé\xa0: indiquez une date à venir"}
    long_enough = (end - add_years(start, 1)).days >= -1
    if motif.code == "cdd_12_mois_et_plus" and not long_enough:
        return {"fin_contrat": "Ce contrat dure moins de 12\xa0mois\xa0: choisissez l’autre motif de CDD"}
    if motif.code == "cdd_moins_12_mois" and long_enough:
        return {"fin_contrat": "Ce contrat dure 12\xa0mois ou plus\xa0: choisissez l’autre motif de CDD"}
    return {}


def precisions_in_words(motif: Motif, raw: dict[str, str]) -> list[tuple[str, str]]:
    """The answers as (label, value) pairs; an answer that is not valid yet is shown as typed."""
    cleaned, _ = clean_precisions(motif, raw)
    return [(q.label, _in_words(cleaned.get(q.key), raw.get(q.key, ""))) for q in questions_of(motif)]


def _in_words(value: object, raw: str) -> str:
    if isinstance(value, date):
        return in_words(value)
    if isinstance(value, Decimal):
        return f"{value:.2f}".replace(".", ",") + f"{NBSP}€"
    return str(value) if value is not None else raw
