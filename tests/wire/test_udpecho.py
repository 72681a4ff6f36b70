import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.udpecho import (
    HEADER_BYTES,
    MAGIC,
    EchoReply,
    decode_reply,
    echo_request,
    reply_to,
)

NONCE = b"12345678"

nonces = st.binary(min_size=8, max_size=8)
sequences = st.integers(0, 2**32 - 1)
sizes = st.integers(HEADER_BYTES, 2000)
almost = st.builds(bytes.__add__, st.just(MAGIC), st.binary(max_size=40)) | st.binary()


@given(nonces, sequences, sizes)
def test_a_request_comes_back_as_its_reply(nonce: bytes, sequence: int, size: int) -> None:
    reply = reply_to(echo_request(nonce, sequence, size))
    assert reply
    assert decode_reply(reply) == EchoReply(nonce, sequence)


@given(nonces, sequences, sizes)
def test_a_reply_is_as_long_as_its_request(nonce: bytes, sequence: int, size: int) -> None:
    request = echo_request(nonce, sequence, size)
    assert len(request) == len(reply_to(request) or b"") == size


def test_the_layout_is_as_documented() -> None:
    request = echo_request(NONCE, 7, 26)
    assert request == b"netwatch\x01\0\0\0\0\0\0\x0712345678\0\0"
    assert reply_to(request) == b"netwatch\x02\0\0\0\0\0\0\x0712345678\0\0"


@given(almost)
def test_no_answer_is_answered_again(datagram: bytes) -> None:
    answer = reply_to(datagram)
    assert answer is None or reply_to(answer) is None


@given(almost)
def test_any_answer_is_as_long_as_what_was_asked_and_a_reply(datagram: bytes) -> None:
    answer = reply_to(datagram)
    assert answer is None or (len(answer) == len(datagram) and decode_reply(answer))


@pytest.mark.parametrize("length", range(HEADER_BYTES))
def test_a_cut_off_datagram_is_neither_request_nor_reply(length: int) -> None:
    request = echo_request(NONCE, 7, HEADER_BYTES)
    assert reply_to(request[:length]) is None
    assert decode_reply((reply_to(request) or b"")[:length]) is None


@pytest.mark.parametrize("place", range(12))
def test_a_datagram_of_another_kind_is_neither_request_nor_reply(place: int) -> None:
    request = bytearray(echo_request(NONCE, 7, HEADER_BYTES))
    request[place] ^= 0x80
    assert reply_to(bytes(request)) is None
    assert decode_reply(bytes(request)) is None
