"""The numbers of the law, each with its article. Who checks, asks or estimates reads them here."""

from datetime import date
from decimal import Decimal

from portal.lib.dates import add_months

LEAST_SHARE = Decimal("0.10")
"""Of the gross pay that the contribution must reach (Code de la sécurité sociale, R242-1-6, 2° c)."""

LONG_CONTRACT = 12
"""Months from which a fixed-term contract also wants a cover of one’s own (R242-1-6, 2° a and b)."""

SHORT_COVER = 3
"""Months under which a cover is too short to be joined (L911-7, III)."""

YEARLY = 1
"""Years that a yearly proof holds (D911-2, 3°)."""

MOMENT_DAYS = 60
"""Days after the hire or the setting up. D911-5 gives no number: while a link of activation lives, nobody wonders."""

FIRST_TERM = 12
"""Months within which an individual contract comes to its first term (Cass. soc. 13 January 2021, n° 19-19.219)."""

FARTHEST_END = 3
"""Years after the start of a dispense beyond which the end of the other cover is taken for a slip: prudence."""

SOLIDARITY_MONTHS = 13
"""Months that a right to the Complémentaire santé solidaire (L861-3) seldom passes: it is granted for a year."""

EARLIEST_ANSWER, LATEST_ANSWER = date(1950, 1, 1), date(2100, 12, 31)
"""Between which days, both included, an answer that is a date is taken: others are slips."""

KEPT_FROM_RECEIPT = 6
"""Years that the evidence is kept from its receipt (L243-16)."""

KEPT_FROM_END = 3
"""Years that it is kept past the civil year in which the dispense ended (L244-3)."""

CHECKED_YEARS = 3
"""Civil years before the present one that a control reaches (L244-3)."""

FORMAL = Decimal("1.5")
"""Times the missing contributions, for a document not produced (L133-4-8)."""

SUBSTANCE = Decimal(3)
"""Times the missing contributions, for the other breaches that are not of particular gravity (L133-4-8)."""


def reaches_share(contribution: Decimal, gross: Decimal) -> bool:
    """Whether a contribution weighs enough on a gross pay of the same month, in euros (R242-1-6, 2° c)."""
    return contribution >= gross * LEAST_SHARE


def share_in_words() -> str:
    """« 10 % », with its space that no line breaks."""
    return f"{LEAST_SHARE * 100:.0f}\xa0%"


def lasts(start: date, end: date, months: int) -> bool:
    """Whether a contract from `start` to `end`, both included, lasts at least so many months."""
    return (end - add_months(start, months)).days >= -1
