class TransitionRefused(Exception):
    """A move that the process does not allow now; the message is French and meant for the person."""


class JustificatifRefused(Exception):
    """A file that cannot be joined; the message is French and meant for the person."""


class UploadTooLarge(JustificatifRefused):
    """A file over the limit."""


class StorageUnavailable(JustificatifRefused):
    """A file that we could not keep: nothing wrong with it, the same sending may succeed later."""


class TooManyUploads(JustificatifRefused):
    """A person who sent too much in an hour; `seconds` until the file would be accepted."""

    def __init__(self, message: str, *, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class DispenseIncomplete(Exception):
    """A request that cannot be sent yet: `steps` lists what is missing as (step name, French message)."""

    def __init__(self, missing: list[tuple[str, str]]) -> None:
        super().__init__(" ".join(message for _, message in missing))
        self.missing = missing


class NotReleased(Exception):
    """A document that may not be handed over now; the message is French and meant for the person."""


class EditionRefused(Exception):
    """An edition of a motif that cannot be made, closed, changed or dropped; the message is French."""


class PackRefused(Exception):
    """A pack cannot be asked for or taken now; the French message says why."""


class ExportRefused(Exception):
    """A list that cannot leave in the form asked; the French message says what to do."""
