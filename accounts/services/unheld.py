"""What somebody held for a company stops with their right: tokens, webhook addresses, invitations of colleagues."""

from celery import shared_task

from accounts.models import Employer
from accounts.services.api_tokens import stop_unheld_tokens
from accounts.services.colleagues import end_unheld_invitations
from accounts.services.webhooks import pause_unheld_webhooks


def stop_unheld(*, employer: Employer | None = None) -> int:
    """Stop what is held, for one employer or for all, by who acts for it no more. Returns how many things stopped.

    What is stopped stays so, even if the right comes back, until a correspondent takes it up.
    """
    return (
        stop_unheld_tokens(employer=employer)
        + pause_unheld_webhooks(employer=employer)
        + end_unheld_invitations(employer=employer)
    )


@shared_task(name="accounts.tasks.sweep_unheld")
def sweep_unheld() -> int:
    """Stop what is held by who lost the right without a word, by a closed account. Returns how many."""
    return stop_unheld()
