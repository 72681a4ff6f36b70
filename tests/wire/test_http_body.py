import gzip

import pytest

from netwatch.wire.content_coding import PIECE_BYTES, MalformedBodyError
from netwatch.wire.http_body import Body, TooLargeError


def add(body: Body, data: bytes) -> int:
    """Have it taken; return how often it gave way."""
    return sum(1 for _ in body.add(data))


def test_a_body_has_the_size_and_the_content_that_it_has_unpacked() -> None:
    body = Body(" GZip ", 10, keep=True)
    for byte in gzip.compress(b"hello"):
        add(body, bytes([byte]))
    body.end()
    assert (body.size_bytes, body.content) == (5, b"hello")


def test_what_nobody_asks_for_is_not_kept() -> None:
    body = Body("", 10, keep=False)
    add(body, b"hello")
    assert (body.size_bytes, body.content) == (5, b"")


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_a_body_may_be_as_large_as_the_limit_and_no_larger(coding: str) -> None:
    wire = {"": bytes(6), "gzip": gzip.compress(bytes(6))}[coding]
    add(Body(coding, 6, keep=True), wire)
    with pytest.raises(TooLargeError):
        add(Body(coding, 5, keep=True), wire)


def test_megabytes_that_come_as_a_few_bytes_are_unpacked_in_parts() -> None:
    body = Body("gzip", 10**7, keep=True)
    assert add(body, gzip.compress(bytes(5_000_000))) >= 5_000_000 / PIECE_BYTES
    assert max(map(len, body.parts)) <= PIECE_BYTES
    assert body.content == bytes(5_000_000)


def test_a_bomb_is_unpacked_no_further_than_the_limit() -> None:
    bomb = gzip.compress(gzip.compress(bytes(10**8)) * 10)
    body = Body("gzip", PIECE_BYTES, keep=True)
    with pytest.raises(TooLargeError):
        add(body, bomb)
    assert body.size_bytes <= 2 * PIECE_BYTES


def test_an_unknown_coding_matters_only_to_those_who_want_to_read() -> None:
    body = Body("br", 10, keep=False)
    add(body, b"\x0b\x02")
    assert body.size_bytes == 2
    with pytest.raises(MalformedBodyError, match="'br'"):
        Body("br", 10, keep=True)
