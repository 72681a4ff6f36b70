import asyncio
import socket
from collections.abc import Callable

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from hypothesis import given
from hypothesis import strategies as st

from netwatch.model import Outcome, ProbeError
from netwatch.net.grpccall import unary_call
from netwatch.net.stream import Stream
from netwatch.wire.grpc import GrpcCall, GrpcCode, GrpcStatus, MalformedGrpcError, frame

CALL = GrpcCall("http", "wiki:443", "/test.Test/Call", b"question", {"x-who": "netwatch"})
HEADERS = [(":status", "200"), ("content-type", "application/grpc")]
OK = [("grpc-status", "0")]

SETTINGS = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])

Script = Callable[[H2Connection], None]


def said_by_a_server(script: Script) -> bytes:
    """Return what a server sends that does as the script says when the call has come."""
    ours = H2Connection(H2Configuration(client_side=True))
    ours.initiate_connection()
    ours.send_headers(1, CALL.headers("test"), end_stream=True)
    server = H2Connection(H2Configuration(client_side=False))
    server.initiate_connection()
    server.receive_data(ours.data_to_send())
    script(server)
    return server.data_to_send()


async def answered(said: bytes) -> tuple[GrpcStatus, bytes]:
    """Call a peer that says these bytes, and ends."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1_000_000)
    with theirs, Stream(ours) as stream:
        for start in range(0, len(said), 10_000):
            theirs.send(said[start : start + 10_000])
        theirs.shutdown(socket.SHUT_WR)
        return await unary_call(stream, CALL)


def answer(server: H2Connection) -> None:
    server.send_headers(1, HEADERS)
    server.send_data(1, frame(b"answer"))
    server.send_headers(1, OK, end_stream=True)


async def test_an_answer_is_a_status_and_its_data() -> None:
    status, data = await answered(said_by_a_server(answer))
    assert (status, data) == (GrpcStatus(GrpcCode.OK, ""), frame(b"answer"))


async def test_an_answer_may_come_byte_by_byte() -> None:
    said = said_by_a_server(answer)
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    ours.setblocking(False)

    async def trickle() -> None:
        for byte in said:
            theirs.send(bytes([byte]))
            await asyncio.sleep(0)

    with theirs, Stream(ours) as stream:
        async with asyncio.TaskGroup() as group:
            group.create_task(trickle(), name="trickle")
            status, data = await unary_call(stream, CALL)
    assert (status.code, data) == (GrpcCode.OK, frame(b"answer"))


async def test_the_server_gets_the_call_with_its_metadata() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with theirs, Stream(ours) as stream:
        theirs.sendall(said_by_a_server(answer))
        await unary_call(stream, CALL)
        server = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        server.initiate_connection()
        events = server.receive_data(theirs.recv(65_535))
    (headers,) = [dict(event.headers) for event in events if hasattr(event, "headers")]
    (data,) = [event.data for event in events if hasattr(event, "data")]
    assert data == frame(b"question")
    assert headers[":path"] == "/test.Test/Call"
    assert headers[":authority"] == "wiki:443"
    assert headers["te"] == "trailers"
    assert headers["x-who"] == "netwatch"
    assert headers["user-agent"].startswith("netwatch/")


async def test_trailers_alone_are_an_answer() -> None:
    def refuse(server: H2Connection) -> None:
        server.send_headers(1, [*HEADERS, ("grpc-status", "12")], end_stream=True)

    status, data = await answered(said_by_a_server(refuse))
    assert (status.code, data) == (GrpcCode.UNIMPLEMENTED, b"")


async def test_pings_and_early_hints_are_no_answer_and_no_trouble() -> None:
    def chat(server: H2Connection) -> None:
        server.ping(b"12345678")
        server.send_headers(1, [(":status", "103"), ("link", "x")])
        answer(server)

    status, _ = await answered(said_by_a_server(chat))
    assert status.code is GrpcCode.OK


async def test_what_comes_after_the_answer_is_no_concern_of_ours() -> None:
    def leave(server: H2Connection) -> None:
        answer(server)
        server.close_connection()

    status, _ = await answered(said_by_a_server(leave))
    assert status.code is GrpcCode.OK


async def test_a_server_that_shuts_down_in_peace_answers_first() -> None:
    goodbye = b"\0\0\x08\x07\0\0\0\0\0" + (2**31 - 1).to_bytes(4) + bytes(4)
    status, data = await answered(SETTINGS + goodbye + said_by_a_server(answer))
    assert (status.code, data) == (GrpcCode.OK, frame(b"answer"))


@pytest.mark.parametrize(
    ("script", "outcome", "detail"),
    [
        (
            lambda server: server.close_connection(),
            Outcome.RESET,
            "the peer is shutting down, and closed the connection before it answered",
        ),
        (
            lambda server: server.close_connection(last_stream_id=0),
            Outcome.RESET,
            "the peer is shutting down, and takes no call",
        ),
        (
            lambda server: server.reset_stream(1, ErrorCodes.REFUSED_STREAM),
            Outcome.RESET,
            "the peer reset the stream (REFUSED_STREAM)",
        ),
        (
            lambda server: server.reset_stream(1, 4711),
            Outcome.RESET,
            "the peer reset the stream (code 4711)",
        ),
        (
            lambda server: server.close_connection(ErrorCodes.ENHANCE_YOUR_CALM),
            Outcome.RESET,
            "the peer ended the connection (ENHANCE_YOUR_CALM)",
        ),
        (
            lambda server: server.send_headers(1, HEADERS),
            Outcome.RESET,
            "the peer closed the connection before it answered",
        ),
    ],
)
async def test_a_peer_that_cuts_it_short_is_told(
    script: Script, outcome: Outcome, detail: str
) -> None:
    with pytest.raises(ProbeError) as told:
        await answered(said_by_a_server(script))
    assert (told.value.outcome, told.value.detail) == (outcome, detail)


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            'found "HTTP/1.1 400 Bad Request\\r\\n\\r\\n", expected HTTP/2',
        ),
        (b"\x15\x03\x03\0\x02\x02\x46", 'found "\\u0015\\u0003\\u0003\\u0000'),  # a TLS alert
        (b"\xff" * 1000, r'found "\\xff\\xff'),
        (SETTINGS + b"\xff" * 110_000, "found more than 100000 bytes, expected a few"),
        (SETTINGS + SETTINGS[:3] + b"\x01\x05\0\0\0\0", "malformed HTTP/2"),
    ],
    ids=["HTTP/1", "TLS alert", "garbage", "garbage later", "damage"],
)
async def test_a_peer_that_speaks_something_else_is_told(said: bytes, detail: str) -> None:
    with pytest.raises(ProbeError) as told:
        await answered(said)
    assert told.value.outcome is Outcome.PROTOCOL
    assert told.value.detail.startswith(detail)


async def test_a_pushed_stream_is_refused() -> None:
    def push(server: H2Connection) -> None:
        server.push_stream(1, 2, CALL.headers("test"))

    with pytest.raises(ProbeError, match="malformed HTTP/2"):
        await answered(said_by_a_server(push))


async def test_a_server_that_sends_without_end_is_cut_off_by_the_window() -> None:
    data = said_by_a_server(lambda server: server.send_headers(1, HEADERS))
    one_frame = (16_384).to_bytes(3) + b"\0\0" + (1).to_bytes(4) + bytes(16_384)
    with pytest.raises(ProbeError, match="malformed HTTP/2"):
        await answered(data + one_frame * 5)


async def test_a_call_that_waits_may_be_cancelled() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with theirs, Stream(ours) as stream, pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await unary_call(stream, CALL)


def outcome_of(said: bytes) -> object:
    try:
        return asyncio.run(answered(said))
    except (ProbeError, MalformedGrpcError) as error:
        return error


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_told(said: bytes) -> None:
    outcome_of(said)
    outcome_of(SETTINGS + said)


frames = st.builds(
    lambda kind, flags, stream, body: (
        len(body).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + body
    ),
    st.integers(0, 11),
    st.integers(0, 255),
    st.sampled_from([0, 1, 2, 3]),
    st.binary(max_size=60),
)


@given(st.lists(frames, max_size=6).map(b"".join))
def test_any_frames_are_an_answer_or_told(said: bytes) -> None:
    outcome_of(SETTINGS + said)


ANSWER = said_by_a_server(answer)


@given(st.integers(0, len(ANSWER) - 1), st.integers(1, 255))
def test_a_damaged_answer_is_an_answer_or_told(place: int, change: int) -> None:
    damaged = bytearray(ANSWER)
    damaged[place] ^= change
    outcome_of(bytes(damaged))
