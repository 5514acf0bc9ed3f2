"""Under which keys the outbox, which knows neither employer nor person, keeps what belongs to one."""


def webhook_owner(employer_id: int) -> str:
    """The owner of an employer's webhook addresses."""
    return f"employer:{employer_id}"


def webhook_holder(user_id: int) -> str:
    """Who answers for a webhook address."""
    return f"user:{user_id}"


def number_in(key: str) -> int:
    """The employer, or the person, of a key."""
    return int(key.partition(":")[2])
