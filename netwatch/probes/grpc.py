"""gRPC: does a server say of a service that it is healthy (grpc.health.v1)."""

import re
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from netwatch.attempt import Attempt, Probe
from netwatch.exposition.family import Family, Kind
from netwatch.handshake import shake_hands
from netwatch.model import Outcome, ProbeError
from netwatch.net.connect import connect
from netwatch.net.lookup import address_now
from netwatch.net.stream import Stream
from netwatch.net.tls import TlsOptions
from netwatch.options import SECRET, PositiveDuration, SourceAddress
from netwatch.probe import AttemptOptions, Services
from netwatch.wire.document import described
from netwatch.wire.grpc import GrpcCall, GrpcCode, GrpcStatus, MalformedGrpcError, unframe
from netwatch.wire.grpchealth import CHECK_PATH, SERVING, health_request, health_status
from netwatch.wire.hostname import MAX_PORT
from netwatch.wire.listen import ListenAddress

FAMILIES = (
    Family(
        name="netwatch_grpc_status_code",
        kind=Kind.GAUGE,
        help="Status code of the latest answer: 0 is OK, 12 that there is no health service.",
        key="grpc_status_code",
    ),
    Family(
        name="netwatch_grpc_serving",
        kind=Kind.GAUGE,
        help="1 for what the server said of the service: SERVING, NOT_SERVING, UNKNOWN, "
        "SERVICE_UNKNOWN or UNRECOGNIZED.",
        key="grpc_serving",
        label="status",
    ),
)

MakeCall = Callable[[Stream, GrpcCall], Awaitable[tuple[GrpcStatus, bytes]]]

_OWN_HEADERS = frozenset({"connection", "content-type", "host", "te", "user-agent"})


def _metadata_name(name: str) -> str:
    is_name = re.fullmatch(r"[a-z0-9_.-]+", name) and not name.startswith("grpc-")
    if not is_name or name in _OWN_HEADERS:
        expected = 'lower-case letters, digits, "-", "_" and "."; none that gRPC sets itself'
        raise ValueError(f"found {described(name)}, expected a metadata name: {expected}")
    return name


def _metadata_value(value: str) -> str:
    if not re.fullmatch(r"[ -~]*", value):
        raise ValueError("found other characters, expected printable ASCII")
    return value


class GrpcOptions(AttemptOptions):
    """Ask gRPC servers whether they are healthy; needs the extra `grpc`."""

    families: ClassVar[tuple[Family, ...]] = FAMILIES
    buckets: ClassVar[tuple[float, ...]] = (
        *(500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3),
        *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
    )

    interval: Annotated[PositiveDuration, Field(ge=0.1, le=3600)] = 15.0
    """Time between two attempts at one target."""
    timeout: Annotated[PositiveDuration, Field(ge=0.01, le=60)] = 5.0
    """An attempt that takes longer has failed."""
    port: Annotated[int, Field(ge=0, le=MAX_PORT)] = 0
    """The port of targets that name none."""
    service: Annotated[str, Field(max_length=1000)] = ""
    """The service to ask for, such as `shop.v1.Cart`; empty for the server as a whole."""
    metadata: dict[
        Annotated[str, AfterValidator(_metadata_name)],
        Annotated[str, AfterValidator(_metadata_value)],
    ] = Field(default_factory=dict, json_schema_extra=SECRET)
    """What to send along, such as `authorization: Bearer ${TOKEN}`."""
    authority: Annotated[str, AfterValidator(_metadata_value)] = ""
    """The server that is asked for; empty for the target's host and port."""
    transport: Literal["tcp", "tls"] = "tcp"
    """Whether to speak TLS."""
    tls: TlsOptions = Field(default_factory=TlsOptions)
    """How to speak TLS."""
    source_address: SourceAddress = ""
    """Connect from this address of this host; empty lets the kernel choose."""
    interface: str = ""
    """Connect through this interface; empty lets the kernel choose."""
    histogram: Literal["auto", "target", "zone", "off"] = "auto"
    """Whose durations share a histogram: each target's own, all of a zone's, or none;
    `auto` is `target` up to 30 targets, and `zone` above."""

    @model_validator(mode="after")
    def _needs_its_library(self) -> Self:
        if find_spec("h2") is None:
            raise ValueError('found no library h2, expected it: pip install "netwatch-agent[grpc]"')
        return self

    def open(self, services: Services) -> Probe:
        from netwatch.net.grpccall import unary_call  # noqa: PLC0415 - an extra

        return GrpcProbe(self, services, unary_call)


class GrpcProbe:
    """Makes a connection, and a call of the health service, for each attempt."""

    def __init__(self, options: GrpcOptions, services: Services, make_call: MakeCall) -> None:
        self._options = options
        self._services = services
        self._make_call = make_call

    async def measure(self, attempt: Attempt) -> None:
        options, endpoint = self._options, attempt.endpoint
        port = endpoint.port or options.port
        if not port:
            raise ProbeError(
                Outcome.LOCAL, "found no port, expected one at the target or the option port"
            )
        with attempt.timed("resolve"):
            address = await address_now(endpoint, self._services.resolve)
        attempt.note(f"{endpoint.host} is {address}")

        async def connected() -> Stream:
            return await connect(
                address, port, source_address=options.source_address, interface=options.interface
            )

        with attempt.timed("connect"):
            stream = await connected()
        with stream:
            attempt.note(f"connected to {address} port {port}")
            if options.transport == "tls":
                await shake_hands(
                    attempt,
                    stream,
                    self._services.contexts,
                    options.tls,
                    host=endpoint.host,
                    connect_again=connected,
                    alpn=("h2",),
                )
            with attempt.timed("check"):
                await self._check(attempt, stream, port)

    async def _check(self, attempt: Attempt, stream: Stream, port: int) -> None:
        options = self._options
        host = attempt.endpoint.host.partition("%")[0]
        call = GrpcCall(
            scheme="https" if options.transport == "tls" else "http",
            authority=options.authority or str(ListenAddress(host, port)),
            path=CHECK_PATH,
            message=health_request(options.service),
            metadata=options.metadata,
        )
        attempt.note(f"asking {call.authority} for the service {described(options.service)}")
        try:
            status, data = await self._make_call(stream, call)
            attempt.values["grpc_status_code"] = float(status.code)
            attempt.note(f"the call ended as {status}")
            expect_ok(status)
            serving = health_status(unframe(data))
        except MalformedGrpcError as error:
            raise ProbeError(Outcome.PROTOCOL, str(error)) from error
        attempt.values["grpc_serving"] = {serving: 1.0}
        attempt.note(f"the service is {serving}")
        if serving != SERVING:
            raise ProbeError(Outcome.MISMATCH, f"the service is {serving}")


def expect_ok(status: GrpcStatus) -> None:
    """Raise ProbeError where the server did not answer the question."""
    match status.code:
        case GrpcCode.OK:
            return
        case GrpcCode.UNIMPLEMENTED:
            detail = f"the server has no health service ({status})"
        case GrpcCode.NOT_FOUND:
            detail = f"the server does not know the service ({status})"
        case _:
            detail = str(status)
    raise ProbeError(Outcome.MISMATCH, detail)
