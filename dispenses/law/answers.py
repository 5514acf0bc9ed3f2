"""The answers to a motif's questions: from the texts typed to clean values, or to what to correct.

A date is typed in three parts and kept as "jour/mois/année", right or wrong, so that nothing typed is lost.
"""

import re
from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.utils import timezone

from dispenses.enums import EndRule
from dispenses.law.cases import full_label
from dispenses.law.catalogue import BY_CODE
from dispenses.law.numbers import EARLIEST_ANSWER, LATEST_ANSWER, reaches_share, share_in_words
from dispenses.law.questions import CONTRACT, COVERED_SINCE, END_QUESTIONS, QUESTIONS, SHARE, Kind, Question
from dispenses.models import Motif
from portal.lib.fields import ThreePartDateField
from portal.lib.typography import NBSP, euros, long_day

TEXT_LENGTH = 120
COVER_OVER = "Cette couverture est terminée\xa0: indiquez une date à venir"
COVER_BACKWARDS = "La couverture ne peut pas finir avant de commencer\xa0: vérifiez les deux dates"
MAX_EUROS = Decimal(100_000)
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
    return ThreePartDateField(label=question.label, min_date=EARLIEST_ANSWER, max_date=LATEST_ANSWER)


_date_reader = lru_cache(_date_field)  # shared by requests: its errors are raised, what it notes of them is not read


def _clean_one(question: Question, raw: str) -> object:
    if question.kind is Kind.DATE:
        return _date_reader(question).clean(date_parts(raw))
    text = " ".join(raw.split())
    if not text:
        raise ValidationError(f"Indiquez la réponse à «{NBSP}{question.label}{NBSP}»")
    if question.kind is Kind.EUROS:
        return _clean_euros(question, text)
    if question.kind is Kind.CHOICE:
        if text not in dict(question.choices):
            raise ValidationError(f"Choisissez une réponse à «{NBSP}{question.label}{NBSP}»")
        return text
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
    covered_until = END_QUESTIONS[EndRule.COVERED_UNTIL.value]
    until = cleaned.get(covered_until)
    if isinstance(until, date) and until < timezone.localdate():
        errors[covered_until] = COVER_OVER
    since = cleaned.get(COVERED_SINCE)
    if isinstance(since, date) and isinstance(until, date) and until < since:
        errors[covered_until] = COVER_BACKWARDS
    for refusal in BY_CODE[motif.code].refusals if motif.code in BY_CODE else ():
        if cleaned.get(refusal.question) == refusal.value:
            errors[refusal.question] = refusal.words
    start, end = map(cleaned.get, CONTRACT)
    if isinstance(start, date) and isinstance(end, date):
        errors |= _check_contract(motif, start, end)
    contribution, gross = map(cleaned.get, SHARE)
    if isinstance(contribution, Decimal) and isinstance(gross, Decimal) and not reaches_share(contribution, gross):
        errors[SHARE[0]] = (
            f"La cotisation n’atteint pas {share_in_words()} du salaire brut\xa0: ce motif ne peut pas être invoqué"
        )
    return errors


def _check_contract(motif: Motif, start: date, end: date) -> dict[str, str]:
    _, asked = CONTRACT
    if end < start:
        return {asked: "La fin du contrat doit suivre son début"}
    if end < timezone.localdate():
        return {asked: "Ce contrat est terminé\xa0: indiquez une date à venir"}
    length = BY_CODE[motif.code].length if motif.code in BY_CODE else None
    if length and length.instead and not length.fits(start, end):
        right = full_label(BY_CODE[length.instead.value])
        return {asked: f"{length.lasts_otherwise}\xa0: son motif est «\xa0{right}\xa0»"}
    return {}


def precisions_in_words(motif: Motif, raw: dict[str, str]) -> list[tuple[str, str]]:
    """The answers as (label, value) pairs; an answer that is not valid yet is shown as typed."""
    cleaned, _ = clean_precisions(motif, raw)
    return [(q.label, _in_words(q, cleaned.get(q.key), raw.get(q.key, ""))) for q in questions_of(motif)]


def _in_words(question: Question, value: object, raw: str) -> str:
    if question.kind is Kind.CHOICE:
        return dict(question.choices).get(str(value or raw), raw)
    if isinstance(value, date):
        return long_day(value)
    if isinstance(value, Decimal):
        return euros(value)
    return str(value) if value is not None else raw
