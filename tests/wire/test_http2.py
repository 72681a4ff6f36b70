import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.http2 import Goodbyes


def frame(kind: int, body: bytes = b"") -> bytes:
    return len(body).to_bytes(3) + bytes([kind, 0]) + bytes(4) + body


def goaway(last_stream_id: int, code: int = 0) -> bytes:
    return frame(7, last_stream_id.to_bytes(4) + code.to_bytes(4) + b"bye")


SETTINGS, DATA = frame(4), frame(0, b"answer")


@pytest.mark.parametrize("last_stream_id", [1, 3, 2**31 - 1])
def test_a_goodbye_that_lets_the_stream_go_on_is_held_back(last_stream_id: int) -> None:
    goodbyes = Goodbyes(stream_id=1)
    assert goodbyes.without(SETTINGS + goaway(last_stream_id) + DATA) == SETTINGS + DATA
    assert goodbyes.are_heard


@pytest.mark.parametrize("end", [goaway(0), goaway(1, code=11), frame(7, b"short")])
def test_what_ends_the_stream_is_passed_on(end: bytes) -> None:
    goodbyes = Goodbyes(stream_id=1)
    assert goodbyes.without(end + DATA) == end + DATA
    assert not goodbyes.are_heard


@given(
    st.lists(st.builds(frame, st.integers(0, 6), st.binary(max_size=20))),
    st.lists(st.integers(1, 7)),
)
def test_all_other_frames_come_through_whole_however_they_are_cut(
    frames: list[bytes], cuts: list[int]
) -> None:
    said = b"".join((*frames, goaway(1), DATA))
    goodbyes, passed_on = Goodbyes(stream_id=1), b""
    for cut in cuts:
        passed_on += goodbyes.without(said[:cut])
        said = said[cut:]
    assert passed_on + goodbyes.without(said) == b"".join((*frames, DATA))


@given(st.binary())
def test_any_bytes_are_held_or_passed_on(data: bytes) -> None:
    assert data.startswith(Goodbyes(stream_id=1).without(data)) or b"\x07" in data
