"""Profiles to begin with: a company copies one, then changes what it likes."""

from dataclasses import dataclass, field
from typing import Any

from dispenses.enums import PayrollDates, PayrollEncoding, PayrollForm, PayrollSeparator
from dispenses.exports.payroll.columns import BY_KEY


@dataclass(frozen=True)
class Preset:
    """A model of profile: its key in addresses, its name, what it is good for, its columns, its other values."""

    key: str
    name: str
    purpose: str
    columns: tuple[str, ...]
    values: dict[str, Any] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        """The fields of the profile that it makes, but for its name."""
        return {"columns": [[key, BY_KEY[key].heading] for key in self.columns], **self.values}


NEEDED = ("matricule", "siret", "dispense", "debut", "fin", "affiliation")

PRESETS: tuple[Preset, ...] = (
    Preset(
        "generique",
        "Paie générique",
        "Toutes les données utiles, «\xa0oui\xa0» ou «\xa0non\xa0», pour un tableur ou la plupart des logiciels.",
        ("matricule", "nom", "prenom", "siret", "dispense", "debut", "fin", "affiliation", "pourquoi"),
    ),
    Preset(
        "codes",
        "Paie, codes 1 et 0",
        "Le strict nécessaire, sans nom, en codes et en dates sans séparateur, pour un import automatique.",
        NEEDED,
        {
            "yes_code": "1",
            "no_code": "0",
            "dates": PayrollDates.DIGITS.value,
            "encoding": PayrollEncoding.UTF8.value,
        },
    ),
    Preset(
        "ancien",
        "Paie, logiciel ancien",
        "«\xa0O\xa0» ou «\xa0N\xa0», tabulations et lettres de Windows, sans ligne d’en-têtes.",
        NEEDED,
        {
            "yes_code": "O",
            "no_code": "N",
            "dates": PayrollDates.DIGITS_FRENCH.value,
            "separator": PayrollSeparator.TAB.value,
            "encoding": PayrollEncoding.WINDOWS.value,
            "with_headings": False,
        },
    ),
    Preset(
        "classeur",
        "Classeur à relire",
        "Un classeur pour une personne qui saisit à la main, salariés partis compris.",
        ("matricule", "nom", "prenom", "embauche", "depart", "dispense", "debut", "fin", "affiliation", "pourquoi"),
        {"form": PayrollForm.XLSX.value, "with_gone": True},
    ),
)
BY_KEY_OF_PRESET = {preset.key: preset for preset in PRESETS}
