"""Under which key the outbox, which knows no employer, keeps what belongs to one."""


def webhook_owner(employer_id: int) -> str:
    """The owner of an employer's webhook addresses."""
    return f"employer:{employer_id}"
