from celery import shared_task
from django.utils import timezone

from dispenses import services


@shared_task(name="dispenses.tasks.end_dispenses")
def end_dispenses() -> None:
    services.end_dispenses(timezone.localdate())


@shared_task(name="dispenses.tasks.purge_drafts")
def purge_drafts() -> None:
    services.purge_drafts(timezone.now())
