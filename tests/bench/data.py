"""People, requests and sessions in a prepared database. Prints what the load generator asks for, as JSON."""

import json

import django

django.setup()

from django.test import Client  # noqa: E402

from accounts.models import Employee  # noqa: E402
from tests.factories import DispenseFactory, EmployeeFactory, EmployerFactory, StaffFactory  # noqa: E402

PEOPLE = 8
COLLEAGUES = 2000


def main() -> None:
    employer, staff = EmployerFactory(), StaffFactory()
    Employee.objects.bulk_create(EmployeeFactory.build_batch(COLLEAGUES, employer=employer))
    pages: dict[str, list[tuple[str, str]]] = {
        name: [] for name in ("nue", "accueil", "suivi", "situation", "motif", "justificatifs", "ajouter")
    }
    for _ in range(PEOPLE):
        employee = EmployeeFactory(employer=employer, activated=True)
        DispenseFactory(employee=employee, refused=True, staff=staff)
        DispenseFactory(employee=employee, withdrawn=True)
        draft = DispenseFactory(employee=employee)
        client = Client()
        client.force_login(employee.user)
        client.get(
            "/mes-informations/", headers={"host": "127.0.0.1"}
        )  # a browser that has seen one form sends both cookies
        cookie = "; ".join(f"{name}={client.cookies[name].value}" for name in ("session", "csrf"))
        pages["nue"].append(("/bench/", cookie))
        pages["accueil"].append(("/", cookie))
        pages["suivi"].append(("/demandes/", cookie))
        pages["ajouter"].append((f"/demandes/{draft.number}/justificatifs/ajouter/", cookie))
        for step in ("situation", "motif", "justificatifs"):
            pages[step].append((f"/demandes/{draft.number}/{step}/", cookie))
    print(json.dumps(pages))


if __name__ == "__main__":
    main()
