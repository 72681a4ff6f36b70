import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.bytesize import parse_byte_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("10MB", 10 * 2**20),
        ("10MiB", 10 * 2**20),
        ("512KB", 512 * 1024),
        ("1.5KB", 1536),
        ("1GB512MB", 1536 * 2**20),
        ("7B", 7),
        ("0", 0),
        (0, 0),
    ],
)
def test_it_reads_sizes_of_base_two(text: object, size: int) -> None:
    assert parse_byte_size(text) == size


@pytest.mark.parametrize(
    "value", ["", "10", 10, "10mb", "-1KB", "MB", "10 MB", None, "9" * 30 + "EB"]
)
def test_what_is_no_size_is_said_with_what_is(value: object) -> None:
    with pytest.raises(ValueError, match=r"found .*, expected a size such as 512KB or 10MB"):
        parse_byte_size(value)


@given(st.text())
def test_any_text_is_a_size_or_refused(text: str) -> None:
    try:
        assert parse_byte_size(text) >= 0
    except ValueError as error:
        assert "expected a size" in str(error)  # noqa: PT017 - either way is right
