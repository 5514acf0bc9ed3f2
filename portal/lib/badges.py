"""A badge: a few words, an icon and a tone. What has one (a status, a state) declares it; templates only draw it."""

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """What a colour says, by the end of its class in the style sheets."""

    PLAIN = ""
    RUN = "run"
    WAIT = "wait"
    OK = "ok"
    ERROR = "err"


@dataclass(frozen=True)
class Badge:
    """Drawn by templates/partials/badge.html. `icon`: a name of portal.icons."""

    label: str
    icon: str
    tone: Tone = Tone.PLAIN
