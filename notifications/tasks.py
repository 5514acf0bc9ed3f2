"""What workers run, each under the name by which the schedule and the messages on their way call it.

A task is its function: here they are only gathered, so that Celery finds them all.
"""

from notifications.delivery import deliver, purge_old, requeue_stuck
from notifications.webhooks.delivery import deliver as deliver_webhooks
from notifications.webhooks.delivery import purge_old as purge_webhooks
from notifications.webhooks.delivery import requeue_stuck as sweep_webhooks

__all__ = ["deliver", "deliver_webhooks", "purge_old", "purge_webhooks", "requeue_stuck", "sweep_webhooks"]
