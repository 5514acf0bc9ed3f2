"""The questions of « Puis-je être dispensé ? »: few, in a GET form, none about who one is."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from accounts.employee import typed
from accounts.enums import ActeKind, ContractType
from dispenses.law.answers import COVER_BACKWARDS, COVER_OVER
from dispenses.law.guide import WITH_AN_END, GuideAnswers
from dispenses.law.numbers import EARLIEST_ANSWER, LATEST_ANSWER
from dispenses.law.questions import (
    BY_A_JOB,
    COVERING_JOB,
    GUIDE_QUESTIONS,
    NO,
    OTHER_COVER,
    PRESENT,
    QUESTIONS,
    REACHES_SHARE,
    YES,
    Cover,
)
from dispenses.law.situation import Person
from portal.lib.fields import ThreePartDateField
from portal.lib.typography import NBSP, long_day

UNKNOWN = "ne_sait_pas"
DONT_KNOW = (UNKNOWN, "Je ne sais pas")
SENT = "voir"  # told by the form, so that a bare address is a first visit
PAID, FREE, AGREED = "decision_payante", "decision_gratuite", "accord"
SET_UP: tuple[tuple[str, str], ...] = (
    (PAID, "Par une décision de l’employeur, qui fait payer une part aux salariés"),
    (FREE, "Par une décision de l’employeur, qui paie tout"),
    (AGREED, "Par un accord collectif ou un référendum"),
    DONT_KNOW,
)
SET_UP_KINDS = {PAID: ActeKind.DUE.value, FREE: ActeKind.DUE.value, AGREED: ActeKind.ACCORD.value}
FIXED_TERM = (ContractType.CDD, ContractType.MISSION, ContractType.APPRENTI)

# What each answer asks next: by field, then by value, names of fields.
FOLLOWING: dict[str, dict[str, tuple[str, ...]]] = {
    "couverture": {
        cover.value: (
            *(("emploi",) if cover in BY_A_JOB else ()),
            *(("depuis",) if cover is not Cover.NONE else ()),
            *(("jusquau",) if cover in WITH_AN_END else ()),
        )
        for cover in Cover
    },
    "contrat": {
        **{kind.value: ("fin",) for kind in FIXED_TERM},
        ContractType.APPRENTI.value: ("fin", "part"),
    },
    "temps_partiel": {YES: ("part",)},
    "present": {YES: ("mise_en_place", "par")},
}


class AskingRadios(forms.RadioSelect):
    """Radios of which some open a question that follows: `data-demande` names it, for the style sheet."""

    def __init__(self, following: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__()
        self.following = following

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Django's option, with the names of the questions that it opens."""
        option = super().create_option(*args, **kwargs)
        if asked := self.following.get(str(option["value"])):
            option["attrs"]["data-demande"] = " ".join(asked)
        return option


def _radios(
    name: str, label: str, choices: tuple[tuple[str, str], ...], *, hint: str = "", error: str = "", **more: Any
) -> forms.ChoiceField:
    message = error or f"Choisissez une des réponses à «{NBSP}{label}{NBSP}»"
    return forms.ChoiceField(
        label=label,
        help_text=hint,
        choices=choices,
        widget=AskingRadios(FOLLOWING.get(name, {})),
        error_messages={"required": message, "invalid_choice": message},
        **more,
    )


def _day(label: str, hint: str = "") -> ThreePartDateField:
    return ThreePartDateField(
        label=label, help_text=hint, required=False, min_date=EARLIEST_ANSWER, max_date=LATEST_ANSWER
    )


def _asked(key: str, name: str, *, unknown: bool = False, **more: Any) -> forms.ChoiceField:
    """A question of the law, in its own words."""
    question = GUIDE_QUESTIONS.get(key) or QUESTIONS[key]
    choices = (*question.choices, DONT_KNOW) if unknown else question.choices
    return _radios(name, question.label, choices, hint=question.hint, **more)


class GuideForm(forms.Form):
    """The questions; those of the person, or of the acte, are left out where the portal knows the answer."""

    couverture = _asked(OTHER_COVER, "couverture", error="Indiquez par quoi vous êtes déjà couvert ou couverte")
    emploi = _asked(COVERING_JOB, "emploi", required=False)
    depuis = _day("Couverture depuis le", "Le premier jour où cette couverture vous a protégé.")
    jusquau = _day("Couverture jusqu’au", "La date de fin ou d’échéance inscrite sur votre document.")
    contrat = _radios(
        "contrat",
        "Quel est votre contrat de travail\xa0?",
        tuple(ContractType.choices),
        error="Indiquez votre contrat de travail",
    )
    embauche = typed.hired_on()
    fin = _day("Fin du contrat", "Après tous ses renouvellements, s’il y en a eu.")
    temps_partiel = _radios(
        "temps_partiel",
        "Travaillez-vous à temps partiel\xa0?",
        ((NO, "Non"), (YES, "Oui")),
        error="Indiquez si vous travaillez à temps partiel",
    )
    part = _asked(REACHES_SHARE, "part", unknown=True, required=False)
    present = _asked(PRESENT, "present", unknown=True, required=False)
    mise_en_place = _day("Mise en place le", "Le jour est écrit dans la décision ou dans l’accord.")
    par = _radios("par", "Comment a-t-elle été mise en place\xa0?", SET_UP, required=False)

    PERSON = ("contrat", "embauche", "fin", "temps_partiel")
    ACTE = ("present", "mise_en_place", "par")

    def __init__(self, *args: Any, person: Person | None = None, acte_known: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known_person = person
        left_out = (*(self.PERSON if person else ()), *(self.ACTE if acte_known else ()))
        for name in left_out:
            del self.fields[name]
        if person and not (person.part_time or person.is_apprentice):
            del self.fields["part"]
        for name in ("emploi", "part", "present", "par", "depuis", "jusquau", "fin", "mise_en_place"):
            if name in self.fields:
                self.fields[name].said_optional = True  # type: ignore[attr-defined]  # asked only where it counts

    @property
    def follows(self) -> dict[str, bool]:
        """Which questions another one opens: the style sheet hides them until then."""
        opened = {name for values in FOLLOWING.values() for names in values.values() for name in names}
        known_part = self.known_person is not None
        return {name: name in opened and not (name == "part" and known_part) for name in self.fields}

    @property
    def asked(self) -> list[tuple[forms.BoundField, bool]]:
        """Each question, and whether another one opens it."""
        return [(self[name], follows) for name, follows in self.follows.items()]

    def clean(self) -> dict[str, Any]:
        """Forget what is not asked after the other answers, and ask for what is."""
        data = super().clean() or {}
        asked = self._asked_after(data)
        for name, follows in self.follows.items():
            if follows and name not in asked:
                data.pop(name, None)
                with suppress(KeyError):
                    del self.errors[name]
        if "emploi" in asked and not data.get("emploi") and "emploi" not in self.errors:
            self.add_error("emploi", "Indiquez par quel emploi vous avez cette couverture")
        if data.get("par") in SET_UP_KINDS and not data.get("mise_en_place") and "mise_en_place" not in self.errors:
            words = f"Indiquez le jour de la mise en place, ou choisissez «{NBSP}Je ne sais pas{NBSP}»"
            self.add_error("mise_en_place", words)
        self._check_order(data)
        return data

    def _asked_after(self, data: dict[str, Any]) -> set[str]:
        return {name for field, values in FOLLOWING.items() for name in values.get(str(data.get(field) or ""), ())}

    def _check_order(self, data: dict[str, Any]) -> None:
        hired_on, end, since, until = (data.get(name) for name in ("embauche", "fin", "depuis", "jusquau"))
        if hired_on and end and end < hired_on:
            self.add_error("fin", f"La fin du contrat doit suivre l’embauche, le {long_day(hired_on)}")
        if until and until < timezone.localdate():
            self.add_error("jusquau", COVER_OVER)
        elif since and until and until < since:
            self.add_error("jusquau", COVER_BACKWARDS)

    def person(self) -> Person:
        """Who asks: as the employer declared them or, before that, as they say."""
        data = self.cleaned_data
        return self.known_person or Person(
            contract_type=data["contrat"],
            hired_on=data["embauche"],
            contract_ends_on=data.get("fin"),
            part_time=data["temps_partiel"] == YES,
        )

    def answers(self) -> GuideAnswers:
        """The other answers; what one does not know is as what was not asked."""
        data = {name: value for name, value in self.cleaned_data.items() if value != UNKNOWN}
        return GuideAnswers(
            cover=Cover(data["couverture"]),
            covering_job=data.get("emploi") or "",
            covered_since=data.get("depuis"),
            covered_until=data.get("jusquau"),
            reaches_share=data.get("part") or "",
            present=data.get("present") or "",
            set_up_kind=SET_UP_KINDS.get(data.get("par") or "", ""),
            set_up_on=data.get("mise_en_place"),
            share=data.get("par") == PAID,
        )

    def in_words(self) -> list[tuple[str, str]]:
        """The answers, each with its question, as the page and its print recall them."""
        found = []
        for name, field in self.fields.items():
            value = self.cleaned_data.get(name)
            if isinstance(value, date):
                found.append((str(field.label), long_day(value)))
            elif value and isinstance(field.widget, AskingRadios):
                choices = [(str(code), str(words)) for code, words in field.widget.choices]
                found.append((str(field.label), dict(choices)[value]))
        return found
