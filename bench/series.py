"""Many lines of metrics, for our renderer and reader, and for those of prometheus_client."""

from dataclasses import dataclass

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client import Histogram as ClientHistogram

from netwatch.exposition.family import Family, Kind
from netwatch.exposition.histogram import Histogram
from netwatch.exposition.table import Table

BOUNDS = (25e-6, 1e-4, 2.5e-4, 1e-3, 2.5e-3, 1e-2, 2.5e-2, 0.1, 0.3, 1.0, 3.0)
OBSERVED = (0.0002, 0.0013, 0.0021, 0.04)

FAMILIES = (
    *(
        Family(name=f"bench_{key}_total", kind=Kind.COUNTER, help="Of it.", key=key)
        for key in ("sent", "received", "lost")
    ),
    *(
        Family(name=f"bench_{key}_seconds", kind=Kind.GAUGE, help="Of it.", key=key)
        for key in ("min", "max", "mean")
    ),
    Family(name="bench_rtt_seconds", kind=Kind.HISTOGRAM, help="Of it.", key="rtt"),
)
LINES_A_ROW = 6 + len(BOUNDS) + 3


@dataclass(slots=True)
class Record:
    """What is counted of one target."""

    sent: int
    received: int
    lost: int
    min: float
    max: float
    mean: float
    rtt: Histogram


def records(lines: int) -> dict[str, Record]:
    """Return as many targets, by name, as make about so many lines."""
    found = {}
    for number in range(lines // LINES_A_ROW):
        rtt = Histogram(BOUNDS)
        for seconds in OBSERVED:
            rtt.observe(seconds)
        found[f"node-{number}"] = Record(number, number, 0, 0.0002, 0.04, number / 7000, rtt)
    return found


def labels(name: str) -> dict[str, str]:
    """Return the five labels of every target."""
    return {"check": "nodes", "probe": "icmp", "target": name, "address": "10.0.0.7", "zone": "a"}


def as_table(counted: dict[str, Record]) -> Table:
    """Put the records where our renderer takes them from."""
    table = Table(FAMILIES)
    for name, record in counted.items():
        table.add(labels(name), record)
    return table


def page(lines: int) -> bytes:
    """Return about so many lines as other programs have them."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # the library's; for all registries
    return generate_latest(as_registry(records(lines)))


def as_registry(counted: dict[str, Record]) -> CollectorRegistry:
    """Count the same in metrics of prometheus_client."""
    registry = CollectorRegistry()
    for family in FAMILIES:
        _add_metric(registry, family, counted)
    return registry


def _add_metric(registry: CollectorRegistry, family: Family, counted: dict[str, Record]) -> None:
    names = tuple(labels(""))
    match family.kind:
        case Kind.COUNTER:
            counter = Counter(family.name, family.help, names, registry=registry)
            for name, record in counted.items():
                counter.labels(*labels(name).values()).inc(getattr(record, family.key))
        case Kind.GAUGE:
            gauge = Gauge(family.name, family.help, names, registry=registry)
            for name, record in counted.items():
                gauge.labels(*labels(name).values()).set(getattr(record, family.key))
        case _:
            histogram = ClientHistogram(
                family.name, family.help, names, buckets=BOUNDS, registry=registry
            )
            for name in counted:
                for seconds in OBSERVED:
                    histogram.labels(*labels(name).values()).observe(seconds)
