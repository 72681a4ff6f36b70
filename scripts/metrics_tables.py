"""Makes the tables of docs/metrics.md from the metric families of the code; prose stays by hand.

A table stands between `<!-- families: NAME -->` and `<!-- end -->`. `python -m
scripts.metrics_tables` writes all of them anew, and so does scripts/metrics.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from prometheus_client import Metric

from netwatch.check import SOURCE_FAMILIES
from netwatch.compat.ping_exporter import EXPORTER_FAMILIES, EXTERNAL_FAMILIES, NODE_FAMILIES
from netwatch.exposition.family import Family
from netwatch.net.ping.engine import Pinger
from netwatch.net.tls import TLS_FAMILIES
from netwatch.net.udpecho import UDP_ECHO_FAMILIES
from netwatch.prober import Prober
from netwatch.probes import PROBES
from netwatch.sampling import PEERS_FAMILIES
from netwatch.sinks.passing import PASSED_FAMILIES
from netwatch.sinks.prometheus import CHECK_FAMILIES, TARGET_FAMILIES
from netwatch.sinks.textfile import TEXTFILE_FAMILIES
from netwatch.tally import ATTEMPT_FAMILIES
from netwatch.vitals import LoopLag, ReloadRecord, Vitals

DOCUMENT = Path(__file__).parent.parent / "docs" / "metrics.md"

_HEAD = "| family | type | labels | meaning |\n|---|---|---|---|\n"
_BEGIN, _END = "<!-- families: {} -->\n", "<!-- end -->\n"
_TABLE = re.compile(_BEGIN.format(r"(\w+)") + ".*?" + _END, re.DOTALL)


@dataclass(frozen=True, slots=True)
class Row:
    """What a table says of one family; `labels` are those that it has beside its target's."""

    name: str
    kind: str
    labels: tuple[str, ...]
    help: str

    @classmethod
    def of(cls, family: Family) -> Self:
        labels = (family.label,) if family.label else ()
        return cls(family.name, family.kind, labels, family.help)

    @classmethod
    def of_metric(cls, metric: Metric) -> Self:
        """Describe a metric that has samples: only these tell its labels."""
        labels = tuple(metric.samples[0].labels)
        return cls(metric.samples[0].name, metric.type, labels, metric.documentation)

    def __str__(self) -> str:
        labels = ", ".join(f"`{label}`" for label in self.labels) or "none"
        return f"| `{self.name}` | {self.kind} | {labels} | {self.help} |\n"


def tables() -> Mapping[str, tuple[Row, ...]]:
    """Return the rows of each table, by its name."""
    attempts = [family for family in ATTEMPT_FAMILIES if family not in TLS_FAMILIES]
    found: dict[str, Iterable[Family]] = {
        "targets": (*TARGET_FAMILIES, *CHECK_FAMILIES),
        "attempts": attempts,
        "tls": TLS_FAMILIES,
        **{name: probe.families for name, probe in PROBES.items()},
        "passed": PASSED_FAMILIES,
        "sources": SOURCE_FAMILIES,
        "peers": PEERS_FAMILIES,
        "udp_echo": UDP_ECHO_FAMILIES,
        "textfile": TEXTFILE_FAMILIES,
        "ping_exporter": (*NODE_FAMILIES, *EXPORTER_FAMILIES, *EXTERNAL_FAMILIES),
    }
    made = {name: tuple(map(Row.of, families)) for name, families in found.items()}
    return {**made, "agent": tuple(_vitals())}


def _vitals() -> Iterator[Row]:
    """Describe what an agent says of itself, as one does whose check `nodes` had trouble."""
    vitals = Vitals(
        pinger=Pinger(lambda _: None),
        prober=Prober(lambda _: None),
        loop_lag=LoopLag(),
        reloads=ReloadRecord(),
        local_errors={"nodes": 1},
        series=lambda: 0,
    )
    yield from map(Row.of_metric, vitals.collect())


def rewritten(text: str) -> str:
    """Return the document with its tables made anew. Raises KeyError for one that nobody knows."""
    known = tables()

    def again(table: re.Match[str]) -> str:
        rows = "".join(map(str, known[table[1]]))
        return f"{_BEGIN.format(table[1])}\n{_HEAD}{rows}\n{_END}"

    return _TABLE.sub(again, text)


if __name__ == "__main__":
    DOCUMENT.write_text(rewritten(DOCUMENT.read_text()))
