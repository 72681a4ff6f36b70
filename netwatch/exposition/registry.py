"""The few series of the agent about itself, which prometheus_client counts and renders."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    Metric,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.openmetrics import exposition as openmetrics

from netwatch.exposition.dialect import Dialect


def process_registry() -> CollectorRegistry:
    """Make a registry that tells of this process: its CPU, memory, files, Python and garbage."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def render_registry(
    registry: CollectorRegistry, dialect: Dialect, names: frozenset[str] = frozenset()
) -> Iterator[bytes]:
    """Yield the text of each family that has a sample, without `# EOF`; `names` as in `render`.

    Left out are `_created` samples: they would be one more series for each counter.
    """
    generate = openmetrics.generate_latest if dialect is Dialect.OPENMETRICS else generate_latest
    for metric in registry.collect():
        family = _without_created(metric)
        taken = {family.name, *(sample.name for sample in family.samples)}
        if family.samples and (not names or names & taken):
            yield generate(_Collected((family,))).removesuffix(b"# EOF\n")


@dataclass(frozen=True)
class _Collected:
    """What generate_latest takes: something to collect from."""

    families: tuple[Metric, ...]

    def collect(self) -> Iterable[Metric]:
        return self.families


def _without_created(metric: Metric) -> Metric:
    # The library's own switch, disable_created_metrics(), is global to the process.
    family = Metric(metric.name, metric.documentation, metric.type, metric.unit)
    created = f"{metric.name}_created"
    family.samples = [sample for sample in metric.samples if sample.name != created]
    return family
