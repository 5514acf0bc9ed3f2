"""The text of a file, whatever encoding it was saved in: told from the letters that it would give, line by line.

UTF-8 is certain where it decodes. The other encodings all decode everything: French words are likely in one of them
alone. Text that was encoded twice (« ChloÃ© ») is brought back. What cannot be told is refused, never guessed.
"""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from accounts.imports.exceptions import Code, FileRefused

CHUNK = 1024 * 1024  # bytes
SAMPLE = 256 * 1024  # bytes of doubtful lines that are weighed
LEGACY = ("cp1252", "iso-8859-15", "mac_roman", "cp850")
FOREIGN = 0.4  # share of letters beyond ASCII past which a text is not in a Latin script, whatever it decodes to
_WEIGHTS = {
    **dict.fromkeys("é", 10),
    **dict.fromkeys("èàç", 5),
    **dict.fromkeys("êëïîôûâœüùöä", 4),
    **dict.fromkeys("ÉÈÀÇÊËÎÏÔÛŒ", 3),
}
_OUTSIDE = re.compile(r"(.?)([^\x00-\x7f])(?=(.?))", re.DOTALL)
_PUNCTUATION = "’‘“”«»–—…€°\xa0"  # of French texts
_RUN = re.compile(r"[^\x00-\x7f]+")
_ENCODED_TWICE = re.compile("[ÃÂÅâ][^\x00-\x7f]|[√├Ô][^\x00-\x7f]")
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|$)")
ADVICE = (
    "Dans Excel, choisissez «\xa0Enregistrer sous\xa0», puis «\xa0CSV UTF-8 (délimité par des virgules)\xa0» "
    "ou «\xa0Classeur Excel (.xlsx)\xa0», et déposez ce nouveau fichier."
)


def unreadable() -> FileRefused:
    """Accented letters that nobody could tell."""
    return FileRefused(f"Les lettres accentuées de ce fichier ne sont pas lisibles. {ADVICE}", code=Code.ENCODING)


def as_utf8(path: Path, folder: Path) -> Path:
    """The file itself when it is plain UTF-8, or a copy in UTF-8 in `folder`. Raises FileRefused."""
    if (twice := _in_utf8(path)) is False:
        return path
    legacy = None if twice else _legacy(path)
    copy = folder / "texte.csv"
    with copy.open("w", encoding="utf-8", newline="") as target:
        for line in _lines(path):
            target.write(once(_decoded(line, legacy)))
    return copy


def once(text: str) -> str:
    """The text, « ChloÃ© » brought back to « Chloé »; no word of any language has such letters side by side."""
    for _ in range(2):
        if not _ENCODED_TWICE.search(text):
            return text
        text = _RUN.sub(_brought_back, text)
    return text


def _brought_back(found: "re.Match[str]") -> str:
    for encoding in ("cp1252", "latin-1", "mac_roman", "cp850"):
        try:
            return found[0].encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return found[0]


def _in_utf8(path: Path) -> bool | None:
    """None: it is not UTF-8 all along. Otherwise whether some of it may have been encoded twice."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    twice, rest = False, ""
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                text = decoder.decode(chunk)
                if not text.isascii():
                    twice = twice or bool(_ENCODED_TWICE.search(rest + text))
                rest = text[-1:]
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return twice


def _lines(path: Path) -> Iterator[bytes]:
    """Lines with their ends, be they of one kind or of another."""
    with path.open("rb") as file:
        for line in file:
            if b"\r" in line[:-2]:
                yield from filter(None, _LINE.findall(line))
            else:
                yield line


def _decoded(line: bytes, legacy: str | None) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode(legacy or "cp1252", errors="replace")


def _legacy(path: Path) -> str:
    """The encoding in which the lines that are not UTF-8 read as French, or near it. Raises FileRefused."""
    sample = bytearray()
    for line in _lines(path):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            sample += line
            if len(sample) > SAMPLE:
                break
    texts = [(name, bytes(sample).decode(name, errors="replace")) for name in LEGACY]
    weighed = sorted(((weight(text), -rank, name, text) for rank, (name, text) in enumerate(texts)), reverse=True)
    best, others = weighed[0], weighed[1:]
    if best[0] <= 0 or any(other[0] == best[0] and other[3] != best[3] for other in others):
        raise unreadable()
    letters = [sign for sign in best[3] if sign.isalpha()]
    if sum(not sign.isascii() for sign in letters) > FOREIGN * len(letters):
        raise unreadable()
    return best[2]


def weight(text: str) -> int:
    """How likely a text is: usual letters weigh for it; capitals and signs inside words, controls weigh against it."""
    return sum(_weight(*found) for found in _OUTSIDE.findall(text))


def _weight(before: str, sign: str, after: str) -> int:
    inside = before.isalpha() and after.isalpha()
    if sign.isalpha():
        if sign.isupper() and before.islower():
            return -5
        return _WEIGHTS.get(sign, 1 if sign <= "ÿ" and sign not in "ªº" else 0)
    if sign in _PUNCTUATION:
        return -4 if inside and sign not in "’‘" else 1
    return -4 if sign.isprintable() and sign != "\ufffd" else -10
