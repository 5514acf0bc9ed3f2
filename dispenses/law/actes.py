"""The employers' actes, as pages read them: each employer's kept a moment in each process.

What is decided or signed is read from the database, never from here: see dispenses.request.
"""

import time

from accounts.models import Acte

KEPT_SECONDS = 10.0
KEPT_EMPLOYERS = 2000

_kept: dict[int, tuple[float, list[Acte]]] = {}


def of_employer(employer: int) -> list[Acte]:
    """Every version of the employer's acte; to read only: several requests share them."""
    now = time.monotonic()
    until, actes = _kept.get(employer, (0.0, []))
    if now >= until:
        if len(_kept) >= KEPT_EMPLOYERS:
            forget()
        actes = list(Acte.objects.filter(employer=employer))
        _kept[employer] = now + KEPT_SECONDS, actes
    return actes


def forget() -> None:
    """Read the database again at the next page."""
    _kept.clear()
