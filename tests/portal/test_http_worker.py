"""What the web worker refuses to read: a request of which a proxy in front might see the end elsewhere."""

import pytest
from waitress.adjustments import Adjustments

from portal.http_worker import StrictChannel, StrictParser

HEAD = b"POST /connexion/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
CHUNKS = b"\r\n\r\n0\r\n\r\n"

TWO_WAYS = {
    "a length and chunks": HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked" + CHUNKS,
    "chunks and a length": HEAD + b"transfer-encoding: chunked\r\ncontent-length: 4" + CHUNKS,
    "two lengths": HEAD + b"Content-Length: 0\r\nContent-Length: 4\r\n\r\nabcd",
    "twice the same length": HEAD + b"Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
    "a list of lengths": HEAD + b"Content-Length: 4, 4\r\n\r\nabcd",
    "a signed length": HEAD + b"Content-Length: +4\r\n\r\nabcd",
    "an underlined length": HEAD + b"Content-Length: 1_0\r\n\r\n0123456789",
    "a blank before the colon": HEAD + b"Content-Length : 4\r\n\r\nabcd",
    "a length without end": HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nabcd",
    "a folded coding": HEAD + b"Transfer-Encoding:\r\n chunked\r\nContent-Length: 5" + CHUNKS,
    "a folded header": HEAD + b"X: a\r\n\tb\r\n\r\n",
    "a coding twice": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity" + CHUNKS,
    "an unknown coding": HEAD + b"Transfer-Encoding: xchunked" + CHUNKS,
    "a coding behind a vertical tab": HEAD + b"Transfer-Encoding: \x0bchunked" + CHUNKS,
    "chunks before HTTP/1.1": HEAD.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked" + CHUNKS,
    "a bare carriage return": HEAD + b"X: a\rContent-Length: 4\r\n\r\nabcd",
    "a NUL": HEAD + b"X: a\0b\r\n\r\n",
}
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
BAD_CHUNKS = {
    "no number": b"zz\r\nab\r\n0\r\n\r\n",
    "a sign": b"-2\r\nab\r\n0\r\n\r\n",
    "a prefix": b"0x2\r\nab\r\n0\r\n\r\n",
    "an underline": b"0_2\r\nab\r\n0\r\n\r\n",
    "another end of line": b"2\nab\r\n0\r\n\r\n",
    "an end of line in an extension": b"2;\nxx\r\nab\r\n0\r\n\r\n",
    "a size too small": b"2\r\nabXX0\r\n\r\n",
}


def parsed(sent: bytes) -> StrictParser:
    """What is made of these bytes, come at once."""
    parser = StrictParser(Adjustments())
    while sent and not parser.completed:
        taken = parser.received(sent)
        sent = sent[taken:]
    return parser


@pytest.mark.parametrize("name", TWO_WAYS)
def test_what_may_be_read_in_two_ways_is_refused(name: str) -> None:
    parser = parsed(TWO_WAYS[name])
    assert parser.completed
    assert parser.error is not None


@pytest.mark.parametrize("name", BAD_CHUNKS)
def test_a_size_of_chunk_that_is_no_number_is_refused(name: str) -> None:
    assert parsed(CHUNKED + BAD_CHUNKS[name]).error is not None


def test_an_honest_request_passes() -> None:
    for sent in (HEAD + b"Content-Length: 4\r\n\r\nabcd", CHUNKED + b"4\r\nabcd\r\n0\r\n\r\n"):
        parser = parsed(sent)
        assert (parser.completed, parser.error) == (True, None)
        assert parser.get_body_stream().read() == b"abcd"
    assert StrictChannel.parser_class is StrictParser


def test_names_with_an_underline_are_no_headers() -> None:
    parser = parsed(
        HEAD + b"X_Forwarded_For: 203.0.113.9\r\nTransfer_Encoding: chunked\r\nContent-Length: 4\r\n\r\nabcd"
    )
    assert parser.error is None
    assert "X_FORWARDED_FOR" not in parser.headers
    assert parser.get_body_stream().read() == b"abcd"
