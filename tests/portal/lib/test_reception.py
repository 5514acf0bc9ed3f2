"""What is kept of a form whose files found no room: all that was typed, and where each file was."""

import io
import random

import pytest
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http.multipartparser import MultiPartParser

from portal.lib.reception import LONGEST_HEAD, MOST_TYPED, TypedParts

TYPE = "multipart/form-data; boundary=limite"
FILE = b'--limite\r\nContent-Disposition: form-data; name="fichier_autre"; filename="a.pdf"\r\n\r\n'
CONTENTS = {
    "ordinary": b"%PDF" + bytes(range(256)) * 50,
    "empty": b"",
    "nearly a delimiter": b"\r\n--limit\r\n--limitation"[:9] + b"\r\n--limi\r\r\n-" * 30,
    "lines": b"\r\n" * 100,
    "a head": b'\r\n\r\nContent-Disposition: form-data; name="x"\r\n\r\n',
}


def field(name: str, value: str) -> bytes:
    return f'--limite\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def form(content: bytes) -> bytes:
    typed = [field("csrfmiddlewaretoken", "abc"), field("q-assureur", "Mutuelle « été »\r\nde l’Est")]
    return b"".join([*typed, FILE, content, b"\r\n", field("joindre", "autre"), field("vide", ""), b"--limite--\r\n"])


def kept(body: bytes, *, piece: int) -> TypedParts:
    parts = TypedParts(TYPE)
    for place in range(0, len(body), piece):
        parts.feed(body[place : place + piece])
    return parts


@pytest.mark.parametrize("name", CONTENTS)
def test_what_surrounds_a_file_is_kept_however_it_comes(name: str) -> None:
    body = form(CONTENTS[name])
    for piece in [1, 2, 7, 64, len(body), *(random.randint(3, 200) for _ in range(10))]:
        assert kept(body, piece=piece).body() == form(b"")


def test_django_reads_it() -> None:
    body = kept(form(CONTENTS["ordinary"]), piece=100).body()
    meta = {"CONTENT_TYPE": TYPE, "CONTENT_LENGTH": str(len(body))}
    post, files = MultiPartParser(meta, io.BytesIO(body), [MemoryFileUploadHandler()]).parse()
    assert (post["q-assureur"], post["joindre"], post["vide"]) == ("Mutuelle « été »\r\nde l’Est", "autre", "")
    assert files["fichier_autre"].size == 0


def test_a_body_that_is_cut_keeps_what_came() -> None:
    whole = form(b"0" * 1000)
    parts = kept(whole[: whole.index(b"0" * 1000) + 500], piece=90)
    assert not parts.lost
    assert parts.body() == form(b"").split(FILE)[0] + FILE


@pytest.mark.parametrize(
    "content_type",
    ["", "application/json", "multipart/form-data", "multipart/form-data; boundary=", "text/plain; boundary=limite"],
)
def test_what_is_no_form_is_lost(content_type: str) -> None:
    parts = TypedParts(content_type)
    parts.feed(form(b"0"))
    assert parts.lost


def test_the_boundary_is_read_as_it_is_written() -> None:
    for content_type in ('Multipart/Form-Data;charset=utf-8; BOUNDARY="limite"', "multipart/form-data;boundary=limite"):
        parts = TypedParts(content_type)
        parts.feed(form(b"0"))
        assert parts.body() == form(b"")


def test_no_more_is_held_than_a_form_may_say() -> None:
    parts = TypedParts(TYPE)
    parts.feed(b"--limite\r\nContent-Disposition: form-data; name=x\r\n\r\n")
    for _ in range(2 * MOST_TYPED // 1000):
        parts.feed(b"0" * 1000)
    assert parts.lost
    endless = kept(b"--limite\r\n" + b"0" * (2 * LONGEST_HEAD), piece=100)
    assert endless.lost
