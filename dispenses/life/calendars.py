"""The end of a dispense as an event of a calendar (RFC 5545), joined to mails. It names no motif."""

from datetime import UTC, date, datetime, time
from urllib.parse import urlsplit

from django.conf import settings
from icalendar import Calendar, Event

from dispenses.models import Dispense
from portal.lib.dates import ONE_DAY

CALENDAR = "fin de dispense"  # its name among the files that mails join
CALENDAR_TYPE = "text/calendar"
NOTICE = (
    "Dernier jour de votre dispense. Dès le lendemain, l’affiliation au contrat de votre entreprise est due, "
    "sauf nouvelle dispense ou fin de votre contrat de travail."
)


def key_of(dispense: Dispense, told_on: date) -> str:
    """What a mail is written with: number, last day, day of the mail."""
    return f"{dispense.number}/{dispense.ends_on:%Y-%m-%d}/{told_on:%Y-%m-%d}"


def calendar_of(key: str) -> bytes:
    """An event of the whole last day; for one request always the same event, which a later mail moves.

    Raises ValueError for a key that `key_of` did not make.
    """
    number, last_day, told_on = key.split("/")
    day = date.fromisoformat(last_day)
    event = Event()
    event.add("uid", f"fin-dispense-{int(number)}@{urlsplit(settings.PORTAL_BASE_URL).hostname}")
    event.add("dtstamp", datetime.combine(date.fromisoformat(told_on), time(), UTC))
    event.add("dtstart", day)
    event.add("dtend", day + ONE_DAY)
    event.add("summary", f"Fin de ma dispense N°{number}")
    event.add("description", NOTICE)
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    calendar = Calendar()
    calendar.add("prodid", f"-//{settings.PORTAL_NAME}//Dispenses//FR")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
