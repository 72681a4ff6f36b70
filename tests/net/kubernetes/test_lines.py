from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.net.kubernetes.errors import MalformedAnswerError
from netwatch.net.kubernetes.lines import Lines

LINE = st.binary(min_size=1, max_size=20).filter(lambda line: b"\n" not in line)


@given(st.lists(LINE), st.lists(st.integers(0, 400)))
def test_lines_are_the_same_however_the_stream_is_cut(found: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(line + b"\n" for line in found)
    places = [0, *sorted(cuts), len(stream)]
    lines = Lines()
    chunks = [stream[start:end] for start, end in pairwise(places)]
    assert [line for chunk in chunks for line in lines.feed(chunk)] == found


def test_a_line_without_its_end_is_none_yet() -> None:
    lines = Lines()
    assert list(lines.feed(b"one\ntw")) == [b"one"]
    assert list(lines.feed(b"o\n\n")) == [b"two"]


@pytest.mark.parametrize(
    "chunks", [[b"x" * 11], [b"x" * 6, b"x" * 5], [b"ok\n" + b"x" * 11 + b"\n"]]
)
def test_a_line_that_is_too_long_is_refused_before_its_end(chunks: list[bytes]) -> None:
    lines = Lines(max_bytes=10)
    with pytest.raises(MalformedAnswerError, match="found a line of more than 10 bytes"):
        _ = [line for chunk in chunks for line in lines.feed(chunk)]


def test_a_line_of_just_that_length_is_well() -> None:
    assert list(Lines(max_bytes=10).feed(b"x" * 10 + b"\n")) == [b"x" * 10]
