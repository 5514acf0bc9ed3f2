from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dispenses.models import Dispense, Tombstone
from dispenses.request import history

SHOWN = 50


class Command(BaseCommand):
    help = "Vérifie que l’historique des demandes est celui qui a été scellé : code 1 s’il a été touché."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("numbers", nargs="*", type=int, help="numéros de demandes (toutes sans numéro)")
        parser.add_argument("--seal", default="", help="empreinte lue sur un accusé ou dans un dossier, d’une demande")

    def handle(self, *args: Any, **options: Any) -> None:
        numbers: list[int] = options["numbers"]
        if options["seal"]:
            self._look_for(numbers, options["seal"].strip().lower())
        forgotten = Tombstone.objects.in_bulk(numbers)
        for tombstone in forgotten.values():
            self.stdout.write(f"Dispense N°{tombstone.number} : effacée le {tombstone.forgotten_on:%d/%m/%Y}.")
        found = list(history.verify(numbers or None))
        known = set(Dispense.objects.filter(pk__in=numbers).values_list("pk", flat=True)) | forgotten.keys()
        found += [history.Break(number, 0, "demande inconnue") for number in numbers if number not in known]
        for one in found[:SHOWN]:
            where = f", ligne {one.rank}" if one.rank else ""
            self.stdout.write(f"Dispense N°{one.number}{where} : {one.words}.")
        if found:
            raise CommandError(f"{len(found)} différence(s) avec ce qui a été scellé.")
        self.stdout.write("L’historique est celui qui a été scellé.")

    def _look_for(self, numbers: list[int], shown: str) -> None:
        if len(numbers) != 1:
            raise CommandError("Une empreinte se cherche dans une demande : donnez son numéro.")
        if Tombstone.objects.filter(pk=numbers[0], seal=shown).exists():
            return
        dispense = Dispense.objects.filter(pk=numbers[0]).first()
        if dispense is None or not history.holds(dispense, shown):
            raise CommandError(f"Cette empreinte n’est pas dans l’historique de la dispense N°{numbers[0]}.")
