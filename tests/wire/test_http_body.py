import gzip

import pytest

from netwatch.wire.content_coding import MalformedBodyError
from netwatch.wire.http_body import Body, TooLargeError


def test_a_body_has_the_size_and_the_content_that_it_has_unpacked() -> None:
    body = Body(" GZip ", 10, keep=True)
    for byte in gzip.compress(b"hello"):
        body.add(bytes([byte]))
    body.end()
    assert (body.size_bytes, body.content) == (5, b"hello")


def test_what_nobody_asks_for_is_not_kept() -> None:
    body = Body("", 10, keep=False)
    body.add(b"hello")
    assert (body.size_bytes, body.content) == (5, b"")


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_a_body_may_be_as_large_as_the_limit_and_no_larger(coding: str) -> None:
    wire = {"": bytes(6), "gzip": gzip.compress(bytes(6))}[coding]
    Body(coding, 6, keep=True).add(wire)
    with pytest.raises(TooLargeError):
        Body(coding, 5, keep=True).add(wire)


def test_an_unknown_coding_matters_only_to_those_who_want_to_read() -> None:
    body = Body("br", 10, keep=False)
    body.add(b"\x0b\x02")
    assert body.size_bytes == 2
    with pytest.raises(MalformedBodyError, match="'br'"):
        Body("br", 10, keep=True)
