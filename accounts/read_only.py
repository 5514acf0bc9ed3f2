"""Employers whose contract with the insurer is over: all of theirs may be read, nothing changes (docs/adr/0065)."""

from django.utils import timezone

from accounts.exceptions import ContractOver
from accounts.models import Employer
from portal.lib.typography import long_day


def read_only_words(employer: Employer) -> str:
    """Since when and why nothing changes any more, for a person; "" while the contract goes on."""
    if employer.insured_until is None or not employer.is_read_only(timezone.localdate()):
        return ""
    return (
        f"Le contrat de l’entreprise {employer.name} avec l’assureur a pris fin le "
        f"{long_day(employer.insured_until)}\xa0: tout se consulte encore, rien ne se modifie plus."
    )


def refuse_over(employer: Employer) -> None:
    """Raises ContractOver once the insurer's contract of the employer is over."""
    if words := read_only_words(employer):
        raise ContractOver(words, employer_id=employer.pk)
