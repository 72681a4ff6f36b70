import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.grpc import MalformedGrpcError
from netwatch.wire.grpchealth import health_request, health_status

STATUSES = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN", "UNRECOGNIZED"}


@pytest.mark.parametrize(
    ("service", "message"),
    [
        ("", b""),
        ("wiki", b"\x0a\x04wiki"),
        ("é", b"\x0a\x02\xc3\xa9"),
        ("x" * 300, b"\x0a\xac\x02" + b"x" * 300),
    ],
)
def test_a_request_names_the_service(service: str, message: bytes) -> None:
    assert health_request(service) == message


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (b"", "UNKNOWN"),
        (b"\x08\x00", "UNKNOWN"),
        (b"\x08\x01", "SERVING"),
        (b"\x08\x02", "NOT_SERVING"),
        (b"\x08\x03", "SERVICE_UNKNOWN"),
        (b"\x08\x04", "UNRECOGNIZED"),
        (b"\x08" + b"\xff" * 9 + b"\x01", "UNRECOGNIZED"),  # -1
        (b"\x08\x02\x08\x01", "SERVING"),  # the last one counts
        (b"\x12\x02hi\x19" + bytes(8) + b"\x25" + bytes(4) + b"\x28\x07\x08\x01", "SERVING"),
    ],
)
def test_a_response_is_a_status(message: bytes, status: str) -> None:
    assert health_status(message) == status


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (b"\x08", "found a number without an end"),
        (b"\x08\xff", "found a number without an end"),
        (b"\x08" + b"\xff" * 10 + b"\x01", "found a number without an end"),
        (b"\x12\x05hi", "found the beginning of a field"),
        (b"\x25\0\0", "found the beginning of a field"),
        (b"\x0b", "found a field of type 3"),
    ],
)
def test_what_is_no_response_is_told(message: bytes, said: str) -> None:
    with pytest.raises(MalformedGrpcError, match=said):
        health_status(message)


@given(st.binary())
def test_any_bytes_are_one_of_five_statuses_or_malformed(message: bytes) -> None:
    try:
        status = health_status(message)
    except MalformedGrpcError:
        return
    assert status in STATUSES


@given(st.text(min_size=1, max_size=400))
def test_a_request_read_as_fields_is_one_whole_field(service: str) -> None:
    assert health_status(health_request(service)) == "UNKNOWN"
