"""What may be the name of a person or a company: any script, but no address, which a mail would turn into a link."""

import re
import unicodedata
from itertools import pairwise

from django.core.exceptions import ValidationError

REMEDY = "retirez-la, ou mettez une espace après le point"

# Dots that browsers read as « . » in the name of a machine (UTS #46).
_DOTS = str.maketrans({"\u3002": ".", "\uff0e": ".", "\uff61": "."})
_PLAIN_ADDRESS = re.compile(
    r"//|\\\\|\bwww\d?\.|\w@\w|\b(?:https?|ftp|mailto|javascript|data|tel):(?=\S)", re.IGNORECASE
)
# Without one of these signs, or one beyond the Latin letters that may be another form of them, no text is an address.
_OF_ADDRESSES = re.compile(r"[.:/\\@]|[^\x00-\u024f]")
_NUMERIC = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
_DOTTED = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_END = re.compile(r"[^\W\d_]{2,}|xn--[\w-]+", re.IGNORECASE)
# Shortened words and initials that people write without a blank after their point: « M.Dupont », « S.A.S.Durand ».
_SHORTENED = {
    *("mm", "mme", "mlle", "mmes", "mr", "mrs", "ms", "me", "dr", "pr", "prof", "st", "ste", "sts", "sté", "sr", "jr"),
    *("cie", "ets", "éts", "éta", "ph", "gén", "col", "cdt", "cap", "lt", "vve", "fr", "abbé", "no", "né", "née"),
}
# After such a word, these alone are taken for the end of an address.
_COMMON_ENDS = {
    *("com", "net", "org", "info", "biz", "eu", "fr", "re", "be", "ch", "lu", "uk", "us", "ca", "io", "co", "me", "tv"),
    *("xyz", "online", "site", "shop", "app", "dev", "top", "club", "link", "click", "page", "web", "ly", "gl", "to"),
}


def holds_address(text: str) -> bool:
    """Whether a text holds a URL, « www. », an e-mail address or the name of a machine, as mail programs find them."""
    if not _OF_ADDRESSES.search(text):
        return False
    plain = unicodedata.normalize("NFKC", text).translate(_DOTS)
    if _PLAIN_ADDRESS.search(plain) or _NUMERIC.search(plain):
        return True
    return any(_is_machine(*pair) for found in _DOTTED.findall(plain) for pair in pairwise(found.split(".")))


def refuse_link(text: str) -> None:
    """Validator of a company's name, which the centre writes: « Booking.com » is one, an address to click is not.

    Raises ValidationError, in French.
    """
    if _PLAIN_ADDRESS.search(unicodedata.normalize("NFKC", text).translate(_DOTS)):
        raise ValidationError("Ce nom contient une adresse Internet ou e-mail\xa0: retirez-la", code="address")


def _is_machine(label: str, end: str) -> bool:
    """Whether « label.end » may be the name of a machine rather than a shortened word and the next one."""
    if not _END.fullmatch(end):
        return False
    shortened = len(label) == 1 or label.lower() in _SHORTENED
    return not shortened or end.lower() in _COMMON_ENDS


def refuse_address(text: str) -> None:
    """Validator of a field that holds a name. Raises ValidationError, in French."""
    if holds_address(text):
        raise ValidationError(f"Ce nom contient une adresse Internet ou e-mail\xa0: {REMEDY}", code="address")
