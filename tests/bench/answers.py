"""Whether a page that takes an address answers as fast for one that has an account as for one that has none.

Pages asked in turn in one process, each with an address that was not asked before: nothing waits, nothing is refused.
`python -m tests.bench.answers` is the measure, in a process of its own.
"""

import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from pathlib import Path
from statistics import median

from tests.bench.databases import prepared
from tests.bench.figures import Figure, compare
from tests.bench.mann_whitney import p_value
from tests.bench.processes import answer_of
from tests.bench.sizes import sized
from tests.bench.turns import pairs_in_turns

TRIES, WARM_UP = sized(200, 5), 5
GOAL = 1.05  # of the median of the turns, in either direction
INVITED = 25  # by one company: it may not have many more that wait for an answer
CHANCE = 0.01  # p below: a difference that is hardly by chance


def figures(folder: Path) -> Iterator[Figure]:
    """For each page, known against unknown: the ratio of their times, then p that the two do not differ."""
    with prepared(folder) as base:
        measured = answer_of("tests.bench.answers", base.environment)
    for name, found in measured.items():
        known, unknown = found["known"], found["unknown"]
        p, detail = p_value(known, unknown), f"{TRIES} essais chacun, {base.server}"
        slower = {"ours": known, "theirs": unknown}
        if median(known) < median(unknown):
            slower = {"ours": unknown, "theirs": known}
        yield compare(
            f"{name}, adresse connue / inconnue", **slower, goal=GOAL, better="lower", unit="ms", detail=detail
        )
        yield Figure(f"{name}, p de Mann-Whitney", p, p, p, TRIES, CHANCE, "higher", detail)


def _timed(ask: Callable[[str], int], addresses: Iterator[str], status: int) -> float:
    """Milliseconds of one try. Raises AssertionError for another answer."""
    address = next(addresses)
    begun = time.perf_counter()
    answer = ask(address)
    spent = time.perf_counter() - begun
    assert answer == status, (address, answer)
    return spent * 1000


def main() -> None:
    import django

    django.setup()

    from django.contrib.auth.hashers import make_password
    from django.test import Client
    from django.urls import reverse

    from accounts.models import User
    from tests.factories import CorrespondentFactory

    count = 3 * (TRIES + WARM_UP)
    password, networks = make_password("une phrase que personne ne donne"), iter(range(1, 2 * count + 1))
    User.objects.bulk_create(
        User(email=f"connu-{number}@banc.example", first_name="A", last_name="B", password=password)
        for number in range(count)
    )
    client = Client(SERVER_NAME="127.0.0.1")
    companies = []
    for role in CorrespondentFactory.create_batch(2 * count // 3 // INVITED + 1):
        companies.append((Client(SERVER_NAME="127.0.0.1"), reverse("equipe", args=[role.employer_id])))
        companies[-1][0].force_login(role.user)
    inviting = cycle(companies)

    def sign_in(address: str) -> int:
        number = next(networks)  # its own for each: what is counted together would make it wait
        sent = {"username": address, "password": "un mot de passe faux"}
        return client.post(
            reverse("connexion"), sent, REMOTE_ADDR=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        ).status_code

    def ask_again(address: str) -> int:
        return client.post(reverse("mot_de_passe_oublie"), {"email": address}).status_code

    def invite(address: str) -> int:
        sent = {"first_name": "Camille", "last_name": "Roy", "email": address}
        correspondent, page = next(inviting)
        return correspondent.post(page, sent).status_code

    addresses = {
        way: iter([f"{word}-{number}@banc.example" for number in range(count)])
        for way, word in (("known", "connu"), ("unknown", "absent"))
    }
    asked: dict[str, tuple[Callable[[str], int], int]] = {
        "connexion": (sign_in, 200),
        "mot de passe oublié": (ask_again, 200),
        "inviter un collègue": (invite, 302),
    }
    pairs = {
        name: {way: partial(_timed, ask, addresses[way], status) for way in addresses}
        for name, (ask, status) in asked.items()
    }
    print(json.dumps(pairs_in_turns(pairs, TRIES, warm_up=WARM_UP)))


if __name__ == "__main__":
    main()
