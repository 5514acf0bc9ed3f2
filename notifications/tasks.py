from celery import shared_task

from notifications import delivery
from notifications.webhooks import delivery as webhooks


@shared_task(name="notifications.tasks.deliver")
def deliver() -> None:
    delivery.deliver()


@shared_task(name="notifications.tasks.requeue_stuck")
def requeue_stuck() -> None:
    delivery.requeue_stuck()


@shared_task(name="notifications.tasks.purge_old")
def purge_old() -> None:
    delivery.purge_old()


@shared_task(name="notifications.tasks.deliver_webhooks", acks_late=False)
def deliver_webhooks() -> None:
    webhooks.deliver()


@shared_task(name="notifications.tasks.sweep_webhooks")
def sweep_webhooks() -> None:
    webhooks.requeue_stuck()


@shared_task(name="notifications.tasks.purge_webhooks")
def purge_webhooks() -> None:
    webhooks.purge_old()
