"""« Mes salariés » of an employer of 100,000 beside one of 1,000, turn by turn in one process.

`python -m tests.bench.salaries` is the measure, in a process of its own.
"""

import json
import os
import time
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

from tests.bench.databases import prepared
from tests.bench.figures import Figure, compare
from tests.bench.processes import answer_of
from tests.bench.sizes import sized, spaced
from tests.bench.turns import pairs_in_turns

FEW, MANY = 1_000, sized(100_000, 3_000)
ROUNDS, SHOWN = sized(21, 2), 8
GOAL = 0.66
# Of 100 employees, how many stand where: invited, active, to complete, in progress, dispensed.
SHARES = (20, 25, 5, 10, 40)


def figures(folder: Path) -> Iterator[Figure]:
    """The first page, a page in the middle, and a filtered one."""
    with prepared(folder) as base:
        measured = answer_of("tests.bench.salaries", base.environment | {"WEB_CONCURRENCY": "1"})
    said = {"goal": GOAL, "unit": "pages/s", "detail": f"{SHOWN} pages chacun, {base.server}"}
    for name, found in measured.items():
        sizes = f"{spaced(MANY)} / {spaced(FEW)}"
        yield compare(f"mes salariés, {name}, {sizes}", found["many"], found["few"], **said)


def _company(size: int) -> int:
    """An employer, its employees and their invitations."""
    from datetime import timedelta

    from django.utils import timezone

    from accounts.models import Employee, Employer, Invitation

    employer = Employer.objects.create(name=f"Banc salariés {size}", siret=f"8{size:013d}")
    wheres = [standing for standing, share in enumerate(SHARES) for _ in range(share)]
    now = timezone.now()
    for first in range(0, size, 5000):
        made = Employee.objects.bulk_create(
            Employee(
                employer=employer,
                first_name="Virginie",
                last_name=f"Durand-{index * 7919 % size:06d}",
                professional_email=f"v{index}@salaries{size}.example",
                matricule=f"S-{index:06d}",
                hired_on=date(2018, 9, 3),
                contract_type="cdi",
                standing=wheres[index % 100],
                sort_name=f"durand{index * 7919 % size:06d} virginie",
                search=f"durand-{index * 7919 % size:06d} virginie s-{index:06d} v{index}@salaries{size}.example",
            )
            for index in range(first, min(first + 5000, size))
        )
        Invitation.objects.bulk_create(
            Invitation(employee=one, sent_at=now, expires_at=now + timedelta(days=60)) for one in made
        )
    return employer.pk


def _addresses(employer_id: int) -> dict[str, str]:
    from accounts import listing
    from accounts.models import Employee

    everyone = Employee.objects.filter(employer_id=employer_id).order_by(*listing.ORDER.by())
    middle = everyone[everyone.count() // 2].pk
    start = f"/employeur/?employeur={employer_id}"
    return {"première page": start, "page du milieu": f"{start}&apres={middle}", "un état": f"{start}&etat=en_cours"}


def main() -> None:
    import django

    django.setup()
    from django.db import connection
    from django.test import Client
    from django.urls import reverse

    from accounts.models import Employer
    from tests.factories import CorrespondentFactory

    sizes = {"few": _company(FEW), "many": _company(MANY)}
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    clients, asked = {}, {}
    for name, employer_id in sizes.items():
        clients[name] = Client(headers={"host": "127.0.0.1"})
        clients[name].force_login(CorrespondentFactory(employer=Employer.objects.get(pk=employer_id)).user)
        asked[name] = {
            what: address.replace("/employeur/", reverse("salaries"))
            for what, address in _addresses(employer_id).items()
        }

    def speed(name: str, what: str) -> float:
        start = time.perf_counter()
        for _ in range(SHOWN):
            assert clients[name].get(asked[name][what]).status_code == 200, what
        return SHOWN / (time.perf_counter() - start)

    pairs = {what: {name: partial(speed, name, what) for name in ("many", "few")} for what in asked["few"]}
    print(json.dumps(pairs_in_turns(pairs, ROUNDS, warm_up=1)))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench.settings")
    main()
