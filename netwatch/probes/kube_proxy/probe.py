"""The kube-proxy probe: its options, and what it keeps from one look to the next."""

import time
from collections.abc import Callable
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from netwatch.attempt import Attempt
from netwatch.exposition.family import Family
from netwatch.httpclient.client import HttpClient
from netwatch.options import PositiveDuration
from netwatch.probe import AttemptOptions, Services
from netwatch.probes.kube_proxy.families import FAMILIES
from netwatch.probes.kube_proxy.history import History
from netwatch.probes.kube_proxy.look import Look, LookOptions


class KubeProxyOptions(LookOptions, AttemptOptions):
    """Ask kube-proxy for its health and its metrics."""

    families: ClassVar[tuple[Family, ...]] = FAMILIES
    buckets: ClassVar[tuple[float, ...]] = (
        *(1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 500e-3),
        *(1.0, 2.5, 5.0),
    )
    usual_target: ClassVar[str] = "127.0.0.1"

    interval: Annotated[PositiveDuration, Field(ge=1, le=3600)] = 15.0
    """Time between two looks; its metrics as they are shown are up to so much older than ours."""
    timeout: Annotated[PositiveDuration, Field(ge=0.01, le=300)] = 5.0
    """A look that takes longer has failed."""
    histogram: Literal["auto", "target", "zone", "off"] = "auto"
    """Whose durations share a histogram: each target's own, all of a zone's, or none; `auto` is
    `target` up to 30 targets, and `zone` above."""

    def open(self, services: Services) -> "KubeProxyProbe":
        return KubeProxyProbe(self, HttpClient(self, services.resolve, services.contexts))


class KubeProxyProbe:
    """Looks at the kube-proxies of one check."""

    def __init__(
        self,
        options: LookOptions,
        client: HttpClient,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`now` is monotonic seconds."""
        self._options = options
        self._client = client
        self._now = now

    async def measure(self, attempt: Attempt) -> None:
        history = attempt.memory.recall(History)
        await Look(self._options, self._client, attempt, history, self._now).make()
