"""How much is measured: everything, or little of it with PORTAL_BENCH_QUICK=1, to try the bench itself."""

import os

QUICK = os.environ.get("PORTAL_BENCH_QUICK") == "1"


def sized(full: int, quick: int) -> int:
    """`full`, or `quick` when the bench is only being tried: its ratios are then worth nothing."""
    return quick if QUICK else full


def spaced(count: int) -> str:
    """A count as French writes it: 100 000."""
    return f"{count:,}".replace(",", "\xa0")
