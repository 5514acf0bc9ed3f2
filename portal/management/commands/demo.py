from typing import Any

from django.core.management.base import BaseCommand

from portal.dev import demo


class Command(BaseCommand):
    help = "Remplit une base vide avec des données de démonstration."

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = demo.load()
        self.stdout.write("Données de démonstration chargées." if loaded else "La base contient déjà des données.")
