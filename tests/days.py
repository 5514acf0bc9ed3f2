"""Days on which clocks, calendars and people disagree, and how a day is written.

A day is written as a wall time of Paris in ISO 8601, `2028-02-29T01:30`. A wall time that comes twice, on the last
Sunday of October, is the first of the two (summer time) unless an offset says which: `2027-10-31T02:30+01:00`. One that
does not exist, on the last Sunday of March, is read with the offset from before the change, as PostgreSQL and Python's
`fold=0` do: 2:30 is then the instant that clocks in Paris show as 3:30.

`python -m tests.days COMMIT` prints the day that a commit draws.
"""

import sys
from datetime import UTC, datetime

from portal.lib import dates

DAYS = {
    "the hour that is missing in March": "2027-03-28T02:30",
    "the doubled hour of October, first time": "2027-10-31T02:30+02:00",
    "the doubled hour of October, second time": "2027-10-31T02:30+01:00",
    "a night of summer": "2027-07-15T02:30",
    "29 February": "2028-02-29T01:30",
    "the last minutes of a year": "2026-12-31T23:58",
    "the first minutes of a year": "2027-01-01T00:02",
    "the last day of a month": "2027-04-30T18:00",
    "before 8:00 UTC": "2027-01-12T08:30",
    "just before midnight": "2027-06-15T23:58",
    "just after midnight": "2027-06-16T00:02",
    "a Sunday": "2027-02-07T11:00",
    "a public holiday": "2027-05-06T10:00",
    "five years on": "2031-11-28T14:00",
}


def instant(day: str) -> datetime:
    """The instant, in UTC, of a day written as above. A ValueError when it is written otherwise."""
    read = datetime.fromisoformat(day)
    return read.astimezone(UTC) if read.tzinfo else dates.instant(read.date(), read.hour, read.minute)


def drawn(commit: str) -> str:
    """The day, among those of DAYS, of a commit's hash in hexadecimal: always the same for one commit."""
    return list(DAYS.values())[int(commit, 16) % len(DAYS)]


if __name__ == "__main__":
    print(drawn(sys.argv[1]))
