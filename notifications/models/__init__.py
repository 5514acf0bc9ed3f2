"""What leaves the portal: one row per e-mail and per webhook call, written in the transaction of its cause."""

from notifications.models.emails import DUE_STATUSES, OutgoingEmail
from notifications.models.heartbeats import Heartbeat
from notifications.models.maintenance import Maintenance
from notifications.models.tallies import Tally
from notifications.models.texts import EmailText
from notifications.models.webhooks import OutgoingCall, WebhookEndpoint

__all__ = [
    "DUE_STATUSES",
    "EmailText",
    "Heartbeat",
    "Maintenance",
    "OutgoingCall",
    "OutgoingEmail",
    "Tally",
    "WebhookEndpoint",
]
