"""Health check of the web container: asks /sante under a host name that the portal serves. Standard library only."""

import os
import sys
import urllib.error
import urllib.request
from pathlib import Path

ADDRESS = "http://127.0.0.1:8000/sante"


def host() -> str:
    """The first name of PORTAL_ALLOWED_HOSTS (or of the file in PORTAL_ALLOWED_HOSTS_FILE)."""
    names = os.environ.get("PORTAL_ALLOWED_HOSTS", "")
    if not names and (path := os.environ.get("PORTAL_ALLOWED_HOSTS_FILE")):
        names = Path(path).read_text(encoding="utf-8")
    return names.split(",")[0].strip().lstrip(".").replace("*", "") or "localhost"


def main() -> int:
    """0 when the portal and its database answer within 4 seconds; with --alive, when the portal answers anything.

    A port that is closed is no sign of death either: a web that stops closes it first, then ends the uploads on their
    way. One that hangs keeps its port open, and says nothing.
    """
    words = sys.argv[1:]
    alive = "--alive" in words
    address = next((word for word in words if not word.startswith("--")), ADDRESS)
    request = urllib.request.Request(address, headers={"Host": host()})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=4) as answer:  # noqa: S310
            return 0 if alive or answer.status == 200 else 1
    except urllib.error.HTTPError as error:
        error.close()
        return 0 if alive else 1
    except OSError as error:
        return 0 if alive and isinstance(getattr(error, "reason", error), ConnectionRefusedError) else 1


if __name__ == "__main__":
    raise SystemExit(main())
