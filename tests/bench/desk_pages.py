"""One portal with the number of requests given: answers « page » on its input with the seconds that it took.

Run by tests.bench.desk, one process for each number of requests.
"""

import itertools
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median

import django

django.setup()

from django.contrib.auth.models import Permission  # noqa: E402
from django.test import Client  # noqa: E402

from dispenses.models import QueueEntry  # noqa: E402
from tests.bench import desk_data  # noqa: E402
from tests.factories import LeadFactory  # noqa: E402

QUEUE = "/gestion/dispenses/dispense/"
EACH = 3  # times that a page is asked for at each question


def addresses(count: int) -> dict[str, Iterator[str]]:
    """Addresses of each page, never twice the same in a row."""
    numbers = [desk_data.FIRST + 20 * n for n in range(1, count // 20)]
    names = desk_data.STARTS  # a full page of people, whatever the number of requests
    deep = QueueEntry.objects.filter(status="in_progress").order_by("due_on", "pk")[count // 25]
    return {
        "file": itertools.repeat(QUEUE),
        "file, au milieu": itertools.repeat(f"{QUEUE}?apres={deep.due_on}_{deep.pk}"),
        "file d’un employeur": (f"{QUEUE}?employeur=Employeur+{n % 20:05}" for n in itertools.count()),
        "recherche d’un nom": (f"{QUEUE}?q={name}" for name in itertools.cycle(names)),
        "recherche d’un matricule": (f"{QUEUE}?q=M{n:07}" for n in itertools.cycle(range(1, count, 7))),
        "demande": (f"{QUEUE}{number}/change/" for number in itertools.cycle(numbers)),
        "chiffres": itertools.repeat(f"{QUEUE}chiffres/"),
        "liste d’origine": itertools.repeat("/origine/dispenses/dispense/?status__exact=in_progress"),
    }


def main() -> None:
    count = int(sys.argv[1])
    start = time.perf_counter()
    desk_data.fill(count)
    print(f"{count} demandes en {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    lead = LeadFactory()
    lead.user_permissions.add(Permission.objects.get(codename="view_dispense"))
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(lead)
    asked = addresses(count)

    def seconds(page: str) -> float:
        times = []
        for _ in range(EACH):
            address = next(asked[page])
            begun = time.perf_counter()
            answer = client.get(address)
            times.append(time.perf_counter() - begun)
            assert answer.status_code == 200, (address, answer.status_code)
        return median(times)

    answer_each(seconds)


def answer_each(seconds: Callable[[str], float]) -> None:
    print("prêt", flush=True)
    for line in sys.stdin:
        print(seconds(line.strip()), flush=True)


if __name__ == "__main__":
    main()
