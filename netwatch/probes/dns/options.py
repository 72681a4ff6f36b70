"""The options of the DNS probe, all together."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from netwatch.attempt import Probe
from netwatch.exposition.family import Family
from netwatch.options import PositiveDuration
from netwatch.probe import AttemptOptions, Services
from netwatch.probes.dns.families import FAMILIES
from netwatch.probes.dns.probe import DnsProbe
from netwatch.probes.dns.question import QuestionOptions
from netwatch.probes.dns.reply import ReplyOptions
from netwatch.probes.dns.transport import Transport, TransportOptions


class DnsOptions(AttemptOptions, ReplyOptions, TransportOptions, QuestionOptions):
    """Ask name servers one question, and judge what they answer."""

    families: ClassVar[tuple[Family, ...]] = FAMILIES
    buckets: ClassVar[tuple[float, ...]] = (
        *(250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3),
        *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
    )
    trace_is_the_answer: ClassVar[bool] = True

    interval: Annotated[PositiveDuration, Field(ge=0.1, le=3600)] = 15.0
    """Time between two attempts at one server."""
    timeout: Annotated[PositiveDuration, Field(ge=0.01, le=60)] = 5.0
    """An attempt that takes longer has failed."""
    histogram: Literal["auto", "target", "zone", "off"] = "auto"
    """Whose durations share a histogram: each target's own, all of a zone's, or none;
    `auto` is `target` up to 30 targets, and `zone` above."""

    def open(self, services: Services) -> Probe:
        transport = Transport(self, self.timeout, services.contexts)
        return DnsProbe(self.queries(), transport, self, services.resolve)
