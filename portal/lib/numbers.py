"""Whole numbers that come as texts, from a form or an address."""

MAX_DIGITS = 18  # of a number that every database holds


def key(text: str) -> int:
    """The key of a row that `text` writes in digits; 0, which no row has, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else 0
