"""Migrate the database that the parts copy, load the motifs, collect the static files."""

import django

django.setup()

from django.core.management import call_command  # noqa: E402


def main() -> None:
    call_command("prepare", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


if __name__ == "__main__":
    main()
