"""The fields that an employer declares of an employee, each told once.

The correspondent's form, the company's file, the API, the exports and what is said of a correction all read FIELDS, in
the order of the file. A new field is an attribute of Employee and of Declared, and an entry here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django import forms
from django.db import models

from accounts.employee import typed, values
from accounts.nir import clear_nir, masked_nir

Read = Callable[[str, date], Any]  # (the text made tidy, today) → its value; raises values.ValueRefused


@dataclass(frozen=True, slots=True)
class Declared:
    """An employee as their employer declares them; the address in lower case, the NIR sealed (accounts.nir)."""

    matricule: str
    first_name: str
    last_name: str
    professional_email: str
    hired_on: date
    contract_type: str
    birth_name: str = ""
    birth_date: date | None = None
    sealed_nir: str = ""
    contract_ends_on: date | None = None
    left_on: date | None = None
    part_time: bool = False
    category: str = ""
    establishment_siret: str = ""
    affiliated_on: date | None = None

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True)
class Asked:
    """How the correspondent's forms ask it: its rank, the form's field.

    `first`: among what is seen at once. `corrected`: at a correction too, where no page of its own changes it.
    """

    rank: int
    make: Callable[[], forms.Field]
    first: bool = False
    corrected: bool = True


@dataclass(frozen=True)
class EmployeeField:
    """One field. `attribute` is Employee's; `name` the one of the API, and of what changed in a preview."""

    attribute: str
    label: str
    subject: str  # how a sentence about its value begins
    heading: str  # of the file's column
    synonyms: tuple[str, ...]  # other headings that the column answers to, made plain
    read: Read
    description: str  # for integrators
    example: str = ""  # in the model of the file
    required: bool = False  # in the file, for everybody
    may_be_blank: bool = False  # its column is required, not each of its cells
    name: str = ""
    kind: Any = str  # of the API's value
    told: bool = False  # whether the API gives it back
    asked: Asked | None = None  # None: the form does not ask it
    export: str = ""  # heading in the list « Mes salariés », "" for one that it does not hold
    words: Callable[[Any], str] | None = None  # how a stored value is said, when it is not as it is stored

    @property
    def api_name(self) -> str:
        return self.name or self.attribute

    @cached_property
    def choices(self) -> dict[Any, str]:
        """The label of each value, when the database keeps one of a few; none otherwise."""
        return {value: str(label) for value, label in values.stored(self.attribute).choices or ()}

    @property
    def is_date(self) -> bool:
        return isinstance(values.stored(self.attribute), models.DateField)

    def exported(self, value: Any) -> Any:
        """A stored value as a file of the portal writes it: the label of a choice."""
        return self.choices.get(value, value)

    def in_words(self, value: Any) -> str:
        """A stored value as a page says it."""
        if self.words:
            return self.words(value) or "–"
        if isinstance(value, bool):
            return "oui" if value else "non"
        if isinstance(value, date):
            return f"{value:%d/%m/%Y}"
        return str(self.exported(value) or "–")


def _masked(sealed: str) -> str:
    """The NIR as it may be shown, "" without one or when no known secret key opens it."""
    return masked_nir(clear_nir(sealed))


def _whenever(read: Callable[[str], Any]) -> Read:
    """A reader that does not look at today."""
    return lambda text, _today: read(text)


FIELDS: tuple[EmployeeField, ...] = (
    EmployeeField(
        "matricule",
        label="Matricule",
        subject="Le matricule",
        heading="matricule",
        synonyms=("n matricule", "numero matricule", "mat", "matricule salarie", "id salarie"),
        read=_whenever(values.matricule),
        description=f"Matricule, unique chez l’employeur, {values.MATRICULE_LENGTH} caractères au plus.",
        example="A1042",
        required=True,
        told=True,
        asked=Asked(4, typed.matricule, first=True),
        export="Matricule",
    ),
    EmployeeField(
        "sealed_nir",
        name="nir",
        label="NIR",
        subject="Le NIR",
        heading="nir",
        synonyms=("nss", "numero securite sociale", "n securite sociale", "n ss", "numero ss", "insee"),
        read=_whenever(values.nir),
        description="NIR, 13 chiffres ou 15 avec la clé. Chiffré, jamais rendu.",
        asked=Asked(12, typed.nir),
        words=_masked,
    ),
    EmployeeField(
        "birth_name",
        label="Nom de naissance",
        subject="Le nom de naissance",
        heading="nom_naissance",
        synonyms=(
            *("nom de naissance", "nom patronymique", "nom de famille", "nom naiss"),
            *("nom de jeune fille", "nom jeune fille"),
        ),
        read=_whenever(values.name),
        description="Nom de naissance.",
        example="DURAND",
        asked=Asked(10, typed.birth_name),
    ),
    EmployeeField(
        "last_name",
        label="Nom",
        subject="Le nom d’usage",
        heading="nom_usage",
        synonyms=("nom d usage", "nom usuel", "nom marital", "nom d epouse"),
        read=_whenever(values.name),
        description="Nom d’usage. À défaut, le nom de naissance.",
        told=True,
        asked=Asked(2, typed.last_name, first=True),
        export="Nom",
    ),
    EmployeeField(
        "first_name",
        label="Prénom",
        subject="Le prénom",
        heading="prenom",
        synonyms=("prenoms", "first name", "prenom usuel"),
        read=_whenever(values.name),
        description="Prénom ; vide pour qui n’a qu’un nom.",
        example="Virginie",
        required=True,
        may_be_blank=True,
        told=True,
        asked=Asked(1, typed.first_name, first=True),
        export="Prénom",
    ),
    EmployeeField(
        "birth_date",
        label="Date de naissance",
        subject="La date de naissance",
        heading="date_naissance",
        synonyms=("date de naissance", "ne le", "nee le", "naissance", "date naiss"),
        read=values.birth_date,
        description="Date de naissance, AAAA-MM-JJ.",
        example="14/07/1988",
        asked=Asked(11, typed.birth_date),
    ),
    EmployeeField(
        "professional_email",
        label="Adresse e-mail",
        subject="L’adresse e-mail",
        heading="email",
        synonyms=(
            *("e mail", "mail", "courriel", "adresse e mail", "adresse email", "adresse mail"),
            *("email professionnel", "e mail professionnel", "mail professionnel", "email pro", "mail pro"),
            "adresse electronique",
        ),
        read=_whenever(values.email),
        description="Adresse où part l’invitation.",
        example="virginie.durand@exemple.fr",
        required=True,
        may_be_blank=True,
        told=True,
        asked=Asked(3, typed.professional_email, first=True),
        export="E-mail professionnel",
    ),
    EmployeeField(
        "hired_on",
        label="Date d’embauche",
        subject="La date d’embauche",
        heading="date_embauche",
        synonyms=(
            *("date d embauche", "embauche", "date entree", "date d entree", "entree"),
            *("date debut contrat", "date de debut de contrat", "date debut"),
        ),
        read=values.hire_date,
        description="Date d’embauche, AAAA-MM-JJ.",
        example="05/09/2018",
        required=True,
        told=True,
        asked=Asked(5, typed.hired_on, first=True),
        export="Date d’embauche",
    ),
    EmployeeField(
        "contract_type",
        label="Type de contrat",
        subject="Le type de contrat",
        heading="type_contrat",
        synonyms=("type de contrat", "contrat", "nature contrat", "nature du contrat"),
        read=_whenever(values.contract),
        description="« cdi », « cdd », « apprenti » ou « mission ». À défaut, cdd s’il a une fin, ou cdi.",
        example="CDI",
        told=True,
        asked=Asked(6, typed.contract_type, first=True),
        export="Type de contrat",
    ),
    EmployeeField(
        "contract_ends_on",
        label="Fin du contrat",
        subject="La date de fin de contrat",
        heading="date_fin_contrat",
        synonyms=(
            *("date de fin de contrat", "fin de contrat", "fin contrat", "date fin"),
            *("date sortie", "date de sortie", "sortie"),
        ),
        read=_whenever(values.end_date),
        description="Fin du contrat, AAAA-MM-JJ. Celle d’un CDI est sa date de départ.",
        asked=Asked(7, typed.contract_ends_on, first=True),
    ),
    EmployeeField(
        "left_on",
        label="Date de départ",
        subject="La date de départ",
        heading="date_depart",
        synonyms=(
            *("date du depart", "depart", "dernier jour de travail", "dernier jour travaille", "dernier jour"),
            *("parti le", "date de rupture", "date rupture"),
        ),
        read=values.leaving_date,
        description="Dernier jour de travail, AAAA-MM-JJ, jusqu’à un an à l’avance.",
        told=True,
        asked=Asked(14, typed.left_on, corrected=False),
        export="Date de départ",
    ),
    EmployeeField(
        "part_time",
        label="Temps partiel",
        subject="Le temps partiel",
        heading="temps_partiel",
        synonyms=("tps partiel", "partiel", "temps partiel o n"),
        read=_whenever(values.yes_or_no),
        description="Temps partiel.",
        example="non",
        kind=bool,
        asked=Asked(8, typed.part_time),
    ),
    EmployeeField(
        "category",
        label="Catégorie",
        subject="La catégorie",
        heading="categorie",
        synonyms=("college", "statut", "csp", "categorie objective", "categorie professionnelle"),
        read=_whenever(values.category),
        description=f"Catégorie de personnel, {values.CATEGORY_LENGTH} caractères au plus.",
        example="Non cadre",
        asked=Asked(9, typed.category),
        export="Catégorie",
    ),
    EmployeeField(
        "establishment_siret",
        name="siret",
        label="SIRET",
        subject="Le SIRET",
        heading="siret",
        synonyms=("siret etablissement", "n siret", "numero siret", "etablissement"),
        read=_whenever(values.siret),
        description="SIRET de l’établissement.",
        asked=Asked(13, typed.establishment_siret),
    ),
    EmployeeField(
        "affiliated_on",
        label="Affilié le",
        subject="La date d’affiliation",
        heading="date_affiliation",
        synonyms=("date d affiliation", "affiliation", "affilie depuis", "date d adhesion", "date adhesion"),
        read=values.affiliation_date,
        description="Premier jour de l’affiliation à la complémentaire santé, AAAA-MM-JJ.",
        told=True,
        asked=Asked(15, typed.affiliated_on, corrected=False),
        export="Affilié le",
    ),
)

ATTRIBUTES = tuple(field.attribute for field in FIELDS)
BY_NAME = {field.api_name: field for field in FIELDS}
BY_HEADING = {field.heading: field for field in FIELDS}
BY_ATTRIBUTE = {field.attribute: field for field in FIELDS}
DATES = tuple(field.attribute for field in FIELDS if field.is_date)
EXPORTED = tuple(field for field in FIELDS if field.export)
TOLD = tuple(field for field in FIELDS if field.told)
_RANKS = {field.asked.rank: field for field in FIELDS if field.asked}
ASKED = tuple(field for _, field in sorted(_RANKS.items()))
CORRECTED = tuple(field for field in ASKED if field.asked and field.asked.corrected)
