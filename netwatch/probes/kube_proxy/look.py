"""One look at a kube-proxy: its health, its metrics and its mode, and what is to be made of it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from netwatch.attempt import Attempt
from netwatch.httpclient.client import ClientOptions, HttpClient
from netwatch.model import Outcome, ProbeError
from netwatch.options import PositiveDuration
from netwatch.probes.kube_proxy.figures import Figures
from netwatch.probes.kube_proxy.health import Verdict, ask_health
from netwatch.probes.kube_proxy.history import History
from netwatch.probes.kube_proxy.loopback import Ask, is_answered
from netwatch.scraping.names import NamePatternItem
from netwatch.scraping.options import PassedLabel, PassOptions, patterns
from netwatch.scraping.passing import Passing
from netwatch.scraping.reading import page_url, read_page
from netwatch.wire.hostname import MAX_PORT
from netwatch.wire.http_url import HttpUrl, Origin
from netwatch.wire.promline import TextSample
from netwatch.wire.promtext import TextFamily

MODES = frozenset({b"iptables", b"ipvs", b"nftables", b"kernelspace", b"userspace"})
_MOST_MODE_BYTES = 4096
_SUCCESS = 200

PortOrNone = Annotated[int, Field(ge=0, le=MAX_PORT)]


class LookOptions(PassOptions, ClientOptions):
    """Where to look, and what is right."""

    metrics_port: PortOrNone = 10249
    """Where its metrics are, for targets that name no port, on loopback of either family; 0 where
    it has none."""
    health_port: PortOrNone = 10256
    """Where its health is, in the same way; 0 where it tells none."""
    must_exist: bool = False
    """Whether it is down when nobody listens from the start on. Else it is `absent`: another
    program may do its work (Cilium). Where somebody was seen to listen, nobody is always down."""
    max_sync_pending: Annotated[PositiveDuration, Field(ge=1)] = 60.0
    """For how long changes may wait without any sync before it is taken for stalled."""
    max_body_bytes: Annotated[int, Field(ge=1, le=2**30)] = 10 * 2**20
    """A larger page of metrics, decompressed, is a failure, and is read no further."""
    allow: list[NamePatternItem] = Field(
        default_factory=lambda: patterns("kubeproxy_*", "rest_client_*")
    )
    """Families to pass on, by name: globs, or regular expressions between slashes."""
    labels: dict[PassedLabel, str] = Field(default_factory=lambda: {"job": "kube-proxy"})
    """Labels to add to each series; one that it has already becomes `exported_…`."""


@dataclass(slots=True)
class Look:
    """Use it once: `make` it. `now` is monotonic seconds."""

    options: LookOptions
    client: HttpClient
    attempt: Attempt
    history: History
    now: Callable[[], float]
    verdict: Verdict | None = None
    pending_seconds: dict[str, float] = field(default_factory=dict)

    async def make(self) -> None:
        """Ask all that there is to ask, and then judge."""
        asked = list(self._questions())
        missing = [port for port, ask in asked if not await self._is_answered(port, ask)]
        self.attempt.phase = ""  # from here on it is about all of them
        self._judge_missing(missing, are_all=len(missing) == len(asked))
        self._judge()

    def _questions(self) -> Iterator[tuple[int, Ask]]:
        """Yield at which port to ask what; a kube-proxy that hangs shows by its health first."""
        if self.options.health_port:
            yield self.options.health_port, self._ask_health
        endpoint = self.attempt.endpoint
        if port := endpoint.port or self.options.metrics_port:
            yield port, self._ask_metrics

    async def _is_answered(self, port: int, ask: Ask) -> bool:
        if not await is_answered(ask, self.attempt.endpoint.host):
            return False
        self.history.ports_seen.add(port)
        return True

    @contextmanager
    def _part(self, phase: str) -> Iterator[Attempt]:
        """Time a part of the look; what it finds out of the connection stands among our values."""
        with self.attempt.timed(phase):
            yield Attempt(self.attempt.endpoint, self.attempt.note, values=self.attempt.values)

    async def _ask_health(self, host: str) -> None:
        origin = Origin("http", host, self.options.health_port)
        with self._part("health") as part:
            self.verdict = await ask_health(self.client, part, origin)
        values = self.attempt.values
        values["kube_proxy_healthy"] = float(self.verdict.is_healthy)
        if self.verdict.node_eligible is not None:
            values["kube_proxy_node_eligible"] = float(self.verdict.node_eligible)

    async def _ask_metrics(self, host: str) -> None:
        endpoint, options = self.attempt.endpoint, self.options
        url = page_url(endpoint, "http", "/metrics", port=options.metrics_port)
        url = url._replace(origin=url.origin._replace(host=host))
        figures, passing = Figures(), Passing(options, endpoint.name)

        def take(family: TextFamily, sample: TextSample) -> None:
            figures.take(family, sample)
            passing.take(family, sample)

        with self._part("metrics") as part:
            page = await read_page(
                self.client, part, url, max_bytes=options.max_body_bytes, take=take
            )
        self.attempt.passage = passing.passage(invalid_lines=page.invalid_lines)
        self.attempt.values["kube_proxy_metrics_up"] = 1.0
        self._write_down(figures)
        with self._part("mode") as part:
            await self._ask_mode(part, url._replace(target="/proxyMode"))

    async def _ask_mode(self, part: Attempt, url: HttpUrl) -> None:
        response, body = await self.client.get(part, url, accept="*/*", max_bytes=_MOST_MODE_BYTES)
        if response.status == _SUCCESS:
            mode = body.strip()
            known = mode.decode() if mode in MODES else "other"
            self.attempt.values["kube_proxy_mode"] = {known: 1.0}

    def _write_down(self, figures: Figures) -> None:
        history, values = self.history, self.attempt.values
        self.pending_seconds = history.pending_seconds(figures.queued, figures.synced, self.now())
        values["kube_proxy_sync_pending"] = self.pending_seconds
        values["kube_proxy_sync_failures"] = history.new_failures(figures.failures)
        values["kube_proxy_pending_changes"] = figures.pending_changes
        values["kube_proxy_restarts"] = history.restarts(figures.started)
        if figures.version:
            values["kube_proxy_version"] = {figures.version: 1.0}

    def _judge_missing(self, missing: list[int], *, are_all: bool) -> None:
        """Fail for ports where nobody listens, but for those where nobody ever has."""
        if missing and self.verdict:
            self.attempt.values["kube_proxy_metrics_up"] = 0.0
            self.attempt.note(f"nobody listens at {_ports(missing)}, where its metrics should be")
        must = self.options.must_exist
        lost = [port for port in missing if must or port in self.history.ports_seen]
        if lost:
            raise ProbeError(Outcome.REFUSED, f"nobody listens at {_ports(lost)}")
        if missing and are_all:
            self._is("absent")
            raise ProbeError(Outcome.ABSENT, f"nobody has ever listened at {_ports(missing)}")

    def _judge(self) -> None:
        most = self.options.max_sync_pending
        stalled = {name: wait for name, wait in self.pending_seconds.items() if wait > most}
        if self.verdict and not self.verdict.is_healthy:
            self._is("unhealthy")
            said = _times("no update for", self.verdict.stale_seconds)
            raise ProbeError(Outcome.MISMATCH, f"it calls itself unhealthy{said}")
        if stalled:
            self._is("stalled")
            raise ProbeError(Outcome.MISMATCH, f"no sync comes{_times('waiting for', stalled)}")
        if self.verdict:
            self._is("draining" if self.verdict.node_eligible is False else "healthy")

    def _is(self, state: str) -> None:
        self.attempt.values["kube_proxy_state"] = {state: 1.0}


def _ports(ports: list[int]) -> str:
    return f"port {' or '.join(map(str, ports))}"


def _times(words: str, seconds: Mapping[str, float]) -> str:
    """Say for how long, by IP family: `: no update for 130 s (IPv6)`."""
    told = (f"{words} {wait:.0f} s ({family})" for family, wait in seconds.items())
    return ": " + ", ".join(told) if seconds else ""
