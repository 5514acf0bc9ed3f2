"""The columns that a file for payroll may have: each told once, for the form, the files and docs/exports.md."""

from collections.abc import Callable
from dataclasses import dataclass

from accounts.models import Employer
from dispenses.models import PayrollProfile
from dispenses.queue.payroll import PayrollFacts
from dispenses.queue.standing import GROUPS
from portal.lib.cells import Value


@dataclass(frozen=True)
class PayrollColumn:
    """One column: its key in a profile, its usual heading, what it reads."""

    key: str
    heading: str
    read: Callable[[PayrollFacts, Employer], Value]


COLUMNS: tuple[PayrollColumn, ...] = (
    PayrollColumn("matricule", "Matricule", lambda facts, _: facts.matricule),
    PayrollColumn("nom", "Nom", lambda facts, _: facts.last_name),
    PayrollColumn("prenom", "Prénom", lambda facts, _: facts.first_name),
    PayrollColumn("siret", "SIRET", lambda facts, employer: facts.establishment_siret or employer.siret),
    PayrollColumn("embauche", "Date d’embauche", lambda facts, _: facts.hired_on),
    PayrollColumn("depart", "Dernier jour de travail", lambda facts, _: facts.left_on),
    PayrollColumn("dispense", "Dispense", lambda facts, _: facts.told.dispensed),
    PayrollColumn("debut", "Dispense à compter du", lambda facts, _: facts.told.effective_on),
    PayrollColumn("fin", "Dispense jusqu’au", lambda facts, _: facts.told.ends_on),
    PayrollColumn("affiliation", "Affiliation due le", lambda facts, _: facts.told.affiliation_due_on),
    PayrollColumn("pourquoi", "Groupe du motif", lambda facts, _: GROUPS.get(facts.told.motif_family, "")),
)
BY_KEY = {column.key: column for column in COLUMNS}


def chosen(profile: PayrollProfile) -> list[tuple[PayrollColumn, str]]:
    """The columns of a profile and their headings, in order; one that is known no more is left out."""
    return [(BY_KEY[key], heading) for key, heading in profile.columns if key in BY_KEY]
