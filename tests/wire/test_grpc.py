import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.grpc import (
    GrpcCall,
    GrpcCode,
    GrpcStatus,
    MalformedGrpcError,
    frame,
    status_of,
    unframe,
)

GOOD = {b":status": b"200", b"content-type": b"application/grpc"}


@given(st.binary())
def test_a_message_comes_out_of_its_frame_as_it_went_in(message: bytes) -> None:
    assert unframe(frame(message)) == message


@given(st.binary())
def test_any_bytes_are_one_message_or_malformed(data: bytes) -> None:
    try:
        message = unframe(data)
    except MalformedGrpcError:
        return
    assert frame(message) == data


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "found 0 bytes, expected a message"),
        (b"\0\0\0\0", "found 4 bytes, expected a message"),
        (b"\0\0\0\0\x02a", "found 1 bytes, expected one message of 2"),
        (b"\0\0\0\0\x01ab", "found 2 bytes, expected one message of 1"),
        (b"\x01\0\0\0\x01a", "found a compressed message"),
    ],
)
def test_what_is_no_message_is_told(data: bytes, said: str) -> None:
    with pytest.raises(MalformedGrpcError, match=said):
        unframe(data)


def test_headers_stand_in_the_order_that_grpc_wants_and_metadata_behind_them() -> None:
    call = GrpcCall("http", "wiki:443", "/a/b", b"", {"authorization": "Bearer x"})
    names = [name for name, _ in call.headers("netwatch/1")]
    assert names == [
        *(":method", ":scheme", ":path", ":authority", "te", "content-type"),
        *("user-agent", "authorization"),
    ]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({b"grpc-status": b"0"}, GrpcStatus(GrpcCode.OK, "")),
        ({b"grpc-status": b"14"}, GrpcStatus(GrpcCode.UNAVAILABLE, "")),
        ({b"grpc-status": b"99"}, GrpcStatus(GrpcCode.UNKNOWN, "")),
        (
            {b"grpc-status": b"5", b"grpc-message": b"no%20such%0Aservice %C3%A9"},
            GrpcStatus(GrpcCode.NOT_FOUND, '"no such\\nservice é"'),
        ),
        (
            {b"grpc-status": b"5", b"grpc-message": b"%FF%"},
            GrpcStatus(GrpcCode.NOT_FOUND, '"\\\\xff%"'),
        ),
        (
            {b"grpc-status": b"0", b"content-type": b"application/grpc+proto"},
            GrpcStatus(GrpcCode.OK, ""),
        ),
    ],
)
def test_a_status_is_read(headers: dict[bytes, bytes], status: GrpcStatus) -> None:
    assert status_of(GOOD | headers) == status


def test_a_status_is_told_with_the_words_of_the_server() -> None:
    assert str(GrpcStatus(GrpcCode.OK, "")) == "OK"
    assert str(GrpcStatus(GrpcCode.ABORTED, '"later"')) == 'ABORTED: "later"'


@pytest.mark.parametrize(
    ("http_status", "code"),
    [
        (b"400", GrpcCode.INTERNAL),
        (b"401", GrpcCode.UNAUTHENTICATED),
        (b"403", GrpcCode.PERMISSION_DENIED),
        (b"404", GrpcCode.UNIMPLEMENTED),
        (b"503", GrpcCode.UNAVAILABLE),
        (b"418", GrpcCode.UNKNOWN),
    ],
)
def test_who_answers_in_the_place_of_a_grpc_server_is_understood(
    http_status: bytes, code: GrpcCode
) -> None:
    headers = {b":status": http_status, b"content-type": b"text/html"}
    assert status_of(headers) == GrpcStatus(code, f'HTTP status "{http_status.decode()}"')


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({b"content-type": b"text/html"}, 'found content type "text/html", expected gRPC'),
        ({}, "found grpc-status nothing, expected a number"),
        ({b"grpc-status": b"fine"}, 'found grpc-status "fine", expected a number'),
        ({b"grpc-status": b"-1"}, 'found grpc-status "-1", expected a number'),
    ],
)
def test_what_is_no_grpc_is_told(headers: dict[bytes, bytes], said: str) -> None:
    with pytest.raises(MalformedGrpcError, match=said):
        status_of(GOOD | headers)


names = st.sampled_from([b":status", b"content-type", b"grpc-status", b"grpc-message"])


@given(st.dictionaries(names, st.binary() | st.sampled_from([b"200", b"application/grpc", b"7"])))
def test_any_headers_are_a_status_of_one_line_or_malformed(headers: dict[bytes, bytes]) -> None:
    try:
        status = status_of(headers)
    except MalformedGrpcError as error:
        said = str(error)
    else:
        said = str(status)
    assert "\n" not in said
    assert len(said) < 1000
