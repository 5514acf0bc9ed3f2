from celery import shared_task
from django.utils import timezone

from accounts import services
from accounts.imports import runs


@shared_task(name="accounts.tasks.answer_password_resets")
def answer_password_resets() -> None:
    services.answer_password_resets()


@shared_task(name="accounts.tasks.expire_invitations")
def expire_invitations() -> None:
    services.expire_invitations(timezone.now())


@shared_task(name="accounts.tasks.remind_invitations")
def remind_invitations() -> None:
    services.remind_invitations(timezone.now())


@shared_task(name="accounts.tasks.purge_never_activated")
def purge_never_activated() -> None:
    services.purge_never_activated(timezone.now())


@shared_task(name="accounts.tasks.purge_idempotency")
def purge_idempotency() -> None:
    services.purge_idempotency(timezone.now())


@shared_task(name="accounts.tasks.work_on_import")
def work_on_import(pk: int) -> None:
    runs.work(pk)


@shared_task(name="accounts.tasks.sweep_imports")
def sweep_imports() -> None:
    runs.sweep()


@shared_task(name="accounts.tasks.purge_imports")
def purge_imports() -> None:
    runs.purge(timezone.now())


@shared_task(name="accounts.tasks.send_reminders")
def send_reminders(pk: int) -> None:
    services.work_on_reminders(pk)


@shared_task(name="accounts.tasks.sweep_reminders")
def sweep_reminders() -> None:
    services.sweep_reminders()
