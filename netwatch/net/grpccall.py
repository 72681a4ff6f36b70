"""One unary gRPC call over a connection that is open already, by the library h2.

h2 only translates between bytes and events, so the socket, the handshake, the deadline and the
clock are the same as those of every other probe.
"""

from collections.abc import Iterable

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings

from netwatch import __version__
from netwatch.model import Outcome, ProbeError
from netwatch.net.stream import Stream
from netwatch.wire.document import described
from netwatch.wire.grpc import GrpcCall, GrpcStatus, frame, status_of
from netwatch.wire.http2 import Goodbyes

MAX_RECEIVED_BYTES = 100_000
"""A reply has about a hundred."""

_STREAM_ID = 1
_SETTINGS = b"\x04"  # the type of frame with which a server begins
_QUOTED_BYTES = 200


async def unary_call(stream: Stream, call: GrpcCall) -> tuple[GrpcStatus, bytes]:
    """Return how the call ended, and the data of the reply: a message in its frame, if it is OK.

    Raises OSError, MalformedGrpcError, and ProbeError: RESET where the peer ends connection or
    stream before it has answered, PROTOCOL where it speaks no HTTP/2.
    """
    connection = _opened()
    connection.send_headers(_STREAM_ID, call.headers(f"netwatch/{__version__}"))
    connection.send_data(_STREAM_ID, frame(call.message), end_stream=True)
    reply, goodbyes, received_bytes = _Reply(), Goodbyes(_STREAM_ID), 0
    while not reply.is_complete:
        await stream.send(connection.data_to_send())
        data = await stream.receive()
        if not data:
            raise ProbeError(Outcome.RESET, _left(goodbyes))
        received_bytes += len(data)
        _expect_http2(data, received_bytes)
        reply.take(_events(connection, goodbyes.without(data)))
    return status_of(reply.headers), bytes(reply.data)


def _opened() -> H2Connection:
    """Return a connection that takes no pushed streams.

    Its window is never opened again: a reply has no more than 65,535 bytes.
    """
    connection = H2Connection(H2Configuration(client_side=True, header_encoding=None))
    connection.local_settings = Settings(
        client=True,
        initial_values={
            SettingCodes.ENABLE_PUSH: 0,
            SettingCodes.MAX_HEADER_LIST_SIZE: connection.DEFAULT_MAX_HEADER_LIST_SIZE,
        },
    )
    connection.initiate_connection()
    return connection


def _left(goodbyes: Goodbyes) -> str:
    """Say that the peer ended before it answered."""
    why = "is shutting down, and " if goodbyes.are_heard else ""
    return f"the peer {why}closed the connection before it answered"


def _expect_http2(data: bytes, received_bytes: int) -> None:
    """Raise ProbeError for what h2 would keep and wait on: up to 16 MiB of anything."""
    if received_bytes == len(data) and data[3:4] not in (b"", _SETTINGS):  # RFC 9113 section 3.4
        found = described(data[:_QUOTED_BYTES].decode("utf-8", "backslashreplace"))
        raise ProbeError(Outcome.PROTOCOL, f"found {found}, expected HTTP/2")
    if received_bytes > MAX_RECEIVED_BYTES:
        raise ProbeError(
            Outcome.PROTOCOL, f"found more than {MAX_RECEIVED_BYTES} bytes, expected a few"
        )


def _events(connection: H2Connection, data: bytes) -> list[Event]:
    try:
        return connection.receive_data(data)
    except ProtocolError as error:
        raise ProbeError(Outcome.PROTOCOL, f"malformed HTTP/2: {error}") from error


class _Reply:
    """What has come of the answer so far."""

    def __init__(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.data = bytearray()
        self.is_complete = False

    def take(self, events: Iterable[Event]) -> None:
        for event in events:
            if not self.is_complete:  # what comes after the answer is no concern of ours
                self._take(event)

    def _take(self, event: Event) -> None:
        match event:
            case ResponseReceived(headers=headers) | TrailersReceived(headers=headers):
                self.headers |= {bytes(name): bytes(value) for name, value in headers}
            case DataReceived(data=data):
                self.data += data
            case StreamEnded():
                self.is_complete = True
            case StreamReset(error_code=code):
                raise ProbeError(Outcome.RESET, f"the peer reset the stream ({_name(code)})")
            case ConnectionTerminated(error_code=ErrorCodes.NO_ERROR):
                raise ProbeError(Outcome.RESET, "the peer is shutting down, and takes no call")
            case ConnectionTerminated(error_code=code):
                raise ProbeError(Outcome.RESET, f"the peer ended the connection ({_name(code)})")


def _name(code: object) -> str:
    return code.name if isinstance(code, ErrorCodes) else f"code {code}"
