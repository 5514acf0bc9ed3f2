"""The extra questions that a motif may ask, by key: one place for their wording, kind and limits."""

from dataclasses import dataclass
from enum import StrEnum

from dispenses.enums import EndRule
from dispenses.law.numbers import share_in_words


class Kind(StrEnum):
    TEXT = "text"
    DATE = "date"
    EUROS = "euros"
    CHOICE = "choice"


@dataclass(frozen=True)
class Question:
    """One question: `kind` tells the type of its cleaned value (str, date, or Decimal in euros a month).

    `choices`: (value, words) of the answers offered, the cleaned value is one of the values.
    """

    key: str
    label: str
    kind: Kind
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()


class Cover(StrEnum):
    """What may cover an employee beside the employer's scheme, and through whom: what a motif may rest on."""

    SPOUSE = "conjoint"
    PARENT = "parent"
    OTHER_EMPLOYER = "autre_employeur"
    PUBLIC = "public"
    ALSACE_MOSELLE = "alsace_moselle"
    CAMIEG = "camieg"
    MADELIN = "madelin"
    INDIVIDUAL = "individuelle"
    SOLIDARITY = "c2s"
    NONE = "aucune"


BY_A_JOB = (Cover.PUBLIC, Cover.ALSACE_MOSELLE, Cover.CAMIEG, Cover.MADELIN)
"""Covers of which one asks by whose job they come: the first three say it."""

COLLECTIVE_COVERS = (Cover.SPOUSE, Cover.PARENT, Cover.OTHER_EMPLOYER)

INDIVIDUAL, COLLECTIVE, SOLIDARITY, PUBLIC = "individuelle", "collective", "c2s", "publique"
THIS_JOB = "cet_emploi"
INSURER = "assureur"
COVERED_SINCE = "couverture_depuis"
CONTRACT_KIND = "nature_contrat"
COVERING_JOB = "emploi_couvrant"
COVERED_BY = "couverture_par"
OTHER_COVER = "couverture"
REACHES_SHARE = "part_atteinte"
PRESENT = "present"
YES, NO = "oui", "non"

QUESTIONS: dict[str, Question] = {
    question.key: question
    for question in (
        Question(INSURER, "Nom de l’assureur", Kind.TEXT, "Le nom de la mutuelle, inscrit sur la carte."),
        Question(
            "titulaire", "Nom et prénom du titulaire du contrat", Kind.TEXT, "La personne par qui vous êtes couvert."
        ),
        Question(
            CONTRACT_KIND,
            "Quel est ce contrat\xa0?",
            Kind.CHOICE,
            "L’attestation le dit\xa0: «\xa0collectif et obligatoire\xa0».",
            (
                (COLLECTIVE, "Un contrat collectif, celui de son employeur"),
                (INDIVIDUAL, "Un contrat individuel, qu’il ou elle paie"),
            ),
        ),
        Question(
            COVERING_JOB,
            "Par quel emploi avez-vous cette couverture\xa0?",
            Kind.CHOICE,
            "",
            (
                ("autre_emploi", "Un autre emploi que j’exerce"),
                ("conjoint", "L’emploi de mon conjoint, de ma conjointe ou de mon partenaire"),
                ("parent", "L’emploi d’un de mes parents"),
                (THIS_JOB, "Cet emploi, pour lequel je demande la dispense"),
            ),
        ),
        Question(
            COVERED_BY,
            "Qui vous couvre par ailleurs\xa0?",
            Kind.CHOICE,
            "",
            (
                (INDIVIDUAL, "Un contrat que je paie moi-même"),
                (SOLIDARITY, "La Complémentaire santé solidaire"),
                (COLLECTIVE, "Un contrat collectif obligatoire, y compris celui d’un proche"),
                (PUBLIC, "Un contrat payé en partie par une collectivité publique"),
            ),
        ),
        Question(
            COVERED_SINCE, "Couverture depuis le", Kind.DATE, "Le premier jour où cette couverture vous a protégé."
        ),
        Question("autre_employeur", "Nom de l’autre employeur", Kind.TEXT),
        Question("employeur_public", "Nom de l’employeur public", Kind.TEXT),
        Question(
            "couverture_jusquau",
            "Couverture jusqu’au",
            Kind.DATE,
            "La date de fin ou d’échéance inscrite sur votre document.",
        ),
        Question("debut_contrat", "Début du contrat de travail", Kind.DATE),
        Question("fin_contrat", "Fin du contrat de travail", Kind.DATE),
        Question("cotisation", "Cotisation mensuelle à votre charge, en euros", Kind.EUROS, "Par exemple, 42,50."),
        Question("brut", "Salaire brut mensuel, en euros", Kind.EUROS, "Celui de votre bulletin de paie."),
    )
}

GUIDE_QUESTIONS: dict[str, Question] = {
    question.key: question
    for question in (
        Question(
            OTHER_COVER,
            "Par quoi êtes-vous déjà couvert ou couverte\xa0?",
            Kind.CHOICE,
            "",
            (
                (Cover.SPOUSE, "Le contrat obligatoire de l’employeur de mon conjoint ou partenaire"),
                (Cover.PARENT, "Le contrat obligatoire de l’employeur d’un de mes parents"),
                (Cover.OTHER_EMPLOYER, "Le contrat obligatoire d’un autre de mes employeurs"),
                (Cover.INDIVIDUAL, "Une mutuelle payée par moi-même"),
                (Cover.SOLIDARITY, "La Complémentaire santé solidaire"),
                (Cover.PUBLIC, "Une mutuelle d’agents de l’État ou d’une collectivité"),
                (Cover.ALSACE_MOSELLE, "Le régime local d’Alsace-Moselle"),
                (Cover.CAMIEG, "La CAMIEG (industries électriques et gazières)"),
                (Cover.MADELIN, "Un contrat Madelin de travailleur indépendant"),
                (Cover.NONE, "Rien de tout cela"),
            ),
        ),
        Question(
            REACHES_SHARE,
            f"Votre cotisation atteindrait-elle {share_in_words()} de votre salaire brut\xa0?",
            Kind.CHOICE,
            "Demandez le montant de la cotisation à votre employeur.",
            ((YES, "Oui"), (NO, "Non")),
        ),
        Question(
            PRESENT,
            "Étiez-vous déjà dans l’entreprise quand la complémentaire santé y a été mise en place\xa0?",
            Kind.CHOICE,
            "",
            ((YES, "Oui"), (NO, "Non")),
        ),
    )
}
"""What the public guide alone asks, in place of what a motif asks afterwards."""


def question_of(key: str) -> Question:
    """A question by its key, of a motif or of the guide. Raises KeyError for none."""
    return QUESTIONS.get(key) or GUIDE_QUESTIONS[key]


END_QUESTIONS: dict[str, str] = {
    EndRule.COVERED_UNTIL.value: "couverture_jusquau",
    EndRule.CONTRACT_END.value: "fin_contrat",
}
"""The question whose answer is the end of the dispense, by EndRule."""

CONTRACT = ("debut_contrat", "fin_contrat")
SHARE = ("cotisation", "brut")
TOGETHER = (CONTRACT, SHARE)
"""Questions that are asked together: one says nothing without the other."""
