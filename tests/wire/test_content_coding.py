import gzip
import zlib
from collections.abc import Callable
from contextlib import suppress
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.content_coding import CODINGS, PIECE_BYTES, Decoder, MalformedBodyError


def bare_deflate(data: bytes) -> bytes:
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflate.compress(data) + deflate.flush()


CODED: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
}


def decoded(coding: str, *pieces: bytes) -> bytes:
    decoder = Decoder(coding)
    found = b"".join(part for piece in pieces for part in decoder.decode(piece))
    decoder.end()
    return found


@given(st.binary(), st.sampled_from(sorted(CODINGS)))
def test_what_was_coded_is_decoded_however_it_is_cut(data: bytes, coding: str) -> None:
    wire = CODED[coding](data)
    assert decoded(coding, wire) == data
    assert decoded(coding, *(bytes([byte]) for byte in wire)) == data


@given(st.binary())
def test_deflate_may_come_without_the_format_around_it(data: bytes) -> None:
    wire = bare_deflate(data)
    assert decoded("deflate", wire) == data
    assert decoded("deflate", *(bytes([byte]) for byte in wire)) == data


@given(st.binary(), st.binary())
def test_one_member_of_gzip_may_follow_the_other(one: bytes, other: bytes) -> None:
    assert decoded("gzip", gzip.compress(one) + gzip.compress(other)) == one + other


@pytest.mark.parametrize("members", [1, 1000])
def test_a_bomb_is_unpacked_no_further_than_it_is_asked_for(members: int) -> None:
    bomb = gzip.compress(bytes(10**7 // members)) * members
    assert len(bomb) < 10**5
    first, second = islice(Decoder("gzip").decode(bomb), 2)
    assert set(first + second) == {0}
    assert len(first + second) <= 2 * PIECE_BYTES


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_body_that_stops_in_the_middle_is_malformed(coding: str) -> None:
    with pytest.raises(MalformedBodyError, match="stops in the middle"):
        decoded(coding, CODED[coding](b"hello")[:-1])


def test_no_body_at_all_is_well() -> None:
    assert decoded("gzip") == b""


def test_what_goes_on_after_its_end_is_malformed() -> None:
    with pytest.raises(MalformedBodyError, match="goes on"):
        decoded("deflate", zlib.compress(b"hello") + b"more")


def test_a_coding_that_cannot_be_undone_is_named() -> None:
    with pytest.raises(MalformedBodyError, match="found the coding 'br', expected gzip"):
        Decoder("br")


@given(st.sampled_from(["gzip", "deflate"]), st.lists(st.binary()))
def test_any_bytes_are_decoded_or_malformed(coding: str, pieces: list[bytes]) -> None:
    decoder = Decoder(coding)
    with suppress(MalformedBodyError):
        for piece in pieces:
            assert all(len(part) <= PIECE_BYTES for part in decoder.decode(piece))
        decoder.end()
