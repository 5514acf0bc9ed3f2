"""Who answers for the portal, as the law wants it said to everybody: each a line of the environment.

Loi n° 2004-575 (LCEN), art. 1-1: who edits the site, who directs the publication, who hosts it. Code de la
consommation, art. L616-1: the mediator. RGPD, art. 13: the data protection officer, and who receives the data.
"""

from dataclasses import asdict, dataclass

from django.core.exceptions import ImproperlyConfigured

from portal.settings import env

ACPR = "Autorité de contrôle prudentiel et de résolution (ACPR), 4 place de Budapest, CS 92459, 75436 Paris Cedex 09"
NOBODY = "aucun"


@dataclass(frozen=True)
class Legal:
    """One line of text each, "" for what is not said; `processors`: separated by semicolons, or « aucun »."""

    company: str
    director: str
    host: str
    supervisor: str
    mediator: str
    data_officer: str
    processors: str

    @property
    def processor_list(self) -> list[str]:
        """Who works on the data for the insurer, and at what."""
        return [one.strip() for one in self.processors.split(";") if one.strip() not in {"", NOBODY}]


def read_legal() -> Legal:
    """What the environment says."""
    return Legal(
        company=env.text("PORTAL_LEGAL_COMPANY", ""),
        director=env.text("PORTAL_LEGAL_DIRECTOR", ""),
        host=env.text("PORTAL_LEGAL_HOST", ""),
        supervisor=env.text("PORTAL_LEGAL_SUPERVISOR", ACPR),
        mediator=env.text("PORTAL_LEGAL_MEDIATOR", ""),
        data_officer=env.text("PORTAL_LEGAL_DATA_OFFICER", ""),
        processors=env.text("PORTAL_LEGAL_PROCESSORS", ""),
    )


def check_legal(legal: Legal) -> None:
    """Raises ImproperlyConfigured, with every variable that is missing: a portal open to the public says them all."""
    if absent := [f"PORTAL_LEGAL_{name.upper()}" for name, said in asdict(legal).items() if not said.strip()]:
        raise ImproperlyConfigured(f"{', '.join(absent)}\xa0: obligatoire en production (mentions légales).")
