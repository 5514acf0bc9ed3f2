from celery import shared_task

from notifications import delivery


@shared_task(name="notifications.tasks.deliver")
def deliver() -> None:
    delivery.deliver()


@shared_task(name="notifications.tasks.requeue_stuck")
def requeue_stuck() -> None:
    delivery.requeue_stuck()


@shared_task(name="notifications.tasks.purge_old")
def purge_old() -> None:
    delivery.purge_old()
