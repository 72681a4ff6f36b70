"""Service path: does the address of a service answer where its endpoints do.

Whoever rewrites that address into one of an endpoint on this node (kube-proxy, or what stands in
for it) is the difference between the two, and no metric of its own would show that it fails.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from netwatch.attempt import Attempt
from netwatch.exposition.family import Family, Kind
from netwatch.model import Outcome, ProbeError
from netwatch.net.connect import connect
from netwatch.options import PositiveDuration
from netwatch.probe import AttemptOptions, Services
from netwatch.wire.hostname import MAX_PORT

PATIENCE_SECONDS = 0.25
"""After this without an answer the endpoints are asked, too."""
DOUBT_SECONDS = 1.0
"""For so long endpoints may answer after the service's own address has failed."""

FAMILIES = (
    Family(
        name="netwatch_service_path_up",
        kind=Kind.GAUGE,
        help="Whether the service's own address answers; absent where neither it nor any endpoint "
        "does, and so nothing is known of the path.",
        key="service_path_up",
    ),
    Family(
        name="netwatch_service_path_endpoints",
        kind=Kind.GAUGE,
        help="Endpoints of the service that were asked directly, by whether they answered; absent "
        "while the service's own address answers.",
        key="service_path_endpoints",
        label="answer",
    ),
)


class ServicePathOptions(AttemptOptions):
    """Connect to the address of a service, and to endpoints behind it where that fails."""

    families: ClassVar[tuple[Family, ...]] = FAMILIES
    buckets: ClassVar[tuple[float, ...]] = (
        *(250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3),
        *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
    )

    interval: Annotated[PositiveDuration, Field(ge=0.1, le=3600)] = 15.0
    """Time between two attempts at one service."""
    timeout: Annotated[PositiveDuration, Field(ge=0.01, le=60)] = 5.0
    """A service whose own address takes longer has failed."""
    histogram: Literal["auto", "target", "zone", "off"] = "auto"
    """Whose durations share a histogram: each service's own, all of a zone's, or none; `auto` is
    `target` up to 30 services, and `zone` above."""
    port: Annotated[int, Field(ge=0, le=MAX_PORT)] = 0
    """The port of services that name none."""
    endpoints: Annotated[int, Field(ge=1, le=100)] = 3
    """How many of the endpoints to ask with each attempt; all have their turn."""

    def open(self, services: Services) -> "ServicePathProbe":
        del services
        return ServicePathProbe(self)


@dataclass(slots=True)
class _Turn:
    """Where among the endpoints of a service the next attempt begins."""

    next: int = 0

    def take(self, backends: tuple[tuple[str, int], ...], count: int) -> Iterator[tuple[str, int]]:
        """Yield the next `count` of them, each once at most."""
        taken = min(count, len(backends))
        for step in range(taken):
            yield backends[(self.next + step) % len(backends)]
        self.next = (self.next + taken) % max(len(backends), 1)


class ServicePathProbe:
    """Asks endpoints only where the service's own address fails, or is long in answering."""

    def __init__(self, options: ServicePathOptions) -> None:
        self._options = options

    async def measure(self, attempt: Attempt) -> None:
        port = attempt.endpoint.port or self._options.port
        if not port:
            raise ProbeError(
                Outcome.LOCAL, "found no port, expected one at the target or the option port"
            )
        failed = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            doubt = group.create_task(self._doubt(attempt, failed), name="endpoints")
            failure = await _failure(attempt, port)
            if failure:
                failed.set()
                await asyncio.wait([doubt], timeout=DOUBT_SECONDS)
            doubt.cancel()
        if failure:
            raise failure
        attempt.values.pop("service_path_endpoints", None)
        attempt.values["service_path_up"] = 1.0

    async def _doubt(self, attempt: Attempt, failed: asyncio.Event) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await failed.wait()
        backends, answers = attempt.endpoint.backends, {"yes": 0.0, "no": 0.0}
        if backends:
            attempt.values["service_path_endpoints"] = answers
        async with asyncio.TaskGroup() as group:
            for backend in attempt.memory.recall(_Turn).take(backends, self._options.endpoints):
                group.create_task(_ask(attempt, answers, *backend), name="endpoint")


async def _failure(attempt: Attempt, port: int) -> OSError | None:
    """Return how the connection to the service's own address failed."""
    try:
        with attempt.timed("connect"):
            stream = await connect(attempt.endpoint.address, port)
    except OSError as error:
        return error
    stream.close()
    return None


async def _ask(attempt: Attempt, answers: dict[str, float], address: str, port: int) -> None:
    """Count whether an endpoint answers; where one does, the service's own address should, too."""
    try:
        (await connect(address, port)).close()
    except OSError as error:
        answers["no"] += 1
        attempt.note(f"endpoint {address} port {port}: {error.strerror}")
    else:
        answers["yes"] += 1
        attempt.values["service_path_up"] = 0.0
        attempt.note(f"endpoint {address} port {port} answers")
