"""A cluster whose agents ping each other, as Prometheus would have scraped it.

Cluster({"a": "west", "b": "west", "c": "east"}, loss=cut_off("c", at=10)).series()
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tests.charts.rules.promtool import Series, Values, counted, over

Loss = Callable[[str, str, float], float]
"""Share of the pings that are lost, by who sends them, to whom, and in which minute."""


def cut_off(*nodes: str, at: float = 0.0, until: float = 1e9) -> Loss:
    """Let nothing go to or from these nodes."""

    def loss(node: str, target: str, minute: float) -> float:
        return float(at <= minute < until and not {node, target}.isdisjoint(nodes))

    return loss


def none(node: str, target: str, minute: float) -> float:
    del node, target, minute
    return 0.0


def address(node: str) -> str:
    """Return by which address others know a node whose name is one letter."""
    return f"10.0.0.{ord(node)}"


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """`zones` by name of the node; all else by name, and by minute of the story.

    `is_scraped`: whether Prometheus has the node's agent. `is_judged`: whether agents call the node
    up or down; they do not while it is new or leaves. `is_known`: whether it is a target at all.
    """

    zones: Mapping[str, str]
    loss: Loss = none
    rtt_seconds: Callable[[str, str, float], float] = lambda _node, _target, _minute: 0.001
    is_scraped: Callable[[str, float], bool] = lambda _node, _minute: True
    is_judged: Callable[[str, float], bool] = lambda _node, _minute: True
    is_known: Callable[[str, float], bool] = lambda _node, _minute: True
    minutes: float = 40
    check: str = "nodes"
    network: str = "host"

    def series(self) -> Series:
        """Return all of it; every node is pinged by all, itself too."""
        return dict(self._series())

    def _series(self) -> Iterator[tuple[str, Values]]:
        for node in self.zones:
            yield f"netwatch_build_info{{{self._here(node)}}}", self._while_scraped(node)
            for target in self.zones:
                yield from self._pings(node, target)

    def _while_scraped(self, node: str) -> Values:
        return over(self.minutes, lambda minute: 1 if self.is_scraped(node, minute) else None)

    def _here(self, node: str) -> str:
        return f'network="{self.network}", node="{node}", node_zone="{self.zones[node]}"'

    def _pings(self, node: str, target: str) -> Iterator[tuple[str, Values]]:
        zone = self.zones[target]
        labels = f'check="{self.check}", probe="icmp", target="{target}", zone="{zone}"'
        labels = f'{{{labels}, address="{address(target)}", {self._here(node)}}}'

        def lost(minute: float) -> float:
            return 0.0 if node == target else self.loss(node, target, minute)

        def is_seen(minute: float) -> bool:
            return self.is_scraped(node, minute) and self.is_known(target, minute)

        def up(minute: float) -> float | None:
            return float(lost(minute) < 1) if is_seen(minute) and judged(minute) else None

        def judged(minute: float) -> bool:
            return self.is_judged(target, minute)

        def rtt(minute: float) -> float | None:
            is_there = is_seen(minute) and lost(minute) < 1
            return self.rtt_seconds(node, target, minute) if is_there else None

        def count(rate: Callable[[float], float]) -> Values:
            return counted(over(self.minutes, lambda m: rate(m) if is_seen(m) else None))

        yield f"netwatch_target_up{labels}", over(self.minutes, up)
        yield f"netwatch_icmp_rtt_mean_seconds{labels}", over(self.minutes, rtt)
        yield f"netwatch_icmp_packets_sent_total{labels}", count(lambda _: 1.0)
        yield f"netwatch_icmp_packets_received_total{labels}", count(lambda m: 1.0 - lost(m))
