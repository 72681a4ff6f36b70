"""The part of a scrape that prometheus_client renders."""

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

from netwatch.exposition.dialect import Dialect
from netwatch.exposition.registry import process_registry, render_registry

EVERY_DIALECT = pytest.mark.parametrize("dialect", Dialect)


def rendered(
    registry: CollectorRegistry, dialect: Dialect, names: frozenset[str] = frozenset()
) -> str:
    return b"".join(render_registry(registry, dialect, names)).decode()


def counting() -> CollectorRegistry:
    registry = CollectorRegistry()
    Counter("reloads", "Reloads.", registry=registry).inc()
    Histogram("lag_seconds", "Lag.", buckets=(1,), registry=registry).observe(0.5)
    Gauge("source_age_seconds", "Age.", ["source"], registry=registry)
    Info("build", "Build.", registry=registry).info({"version": "1"})
    return registry


def test_it_tells_of_the_process_python_and_the_garbage_collector() -> None:
    text = rendered(process_registry(), Dialect.TEXT)
    for name in ("process_cpu_seconds_total", "python_info", "python_gc_collections_total"):
        assert f"# TYPE {name} " in text


@EVERY_DIALECT
def test_there_are_no_created_series_and_no_families_without_a_sample(dialect: Dialect) -> None:
    text = rendered(counting(), dialect)
    assert "_created" not in text
    assert "source_age_seconds" not in text
    assert "reloads_total 1.0\n" in text
    assert 'lag_seconds_bucket{le="1.0"} 1.0\n' in text
    assert "# EOF" not in text


@EVERY_DIALECT
@pytest.mark.parametrize(
    ("name", "samples"),
    [
        ("reloads", {"reloads_total"}),
        ("reloads_total", {"reloads_total"}),
        ("lag_seconds", {"lag_seconds_bucket", "lag_seconds_count", "lag_seconds_sum"}),
        ("lag_seconds_bucket", {"lag_seconds_bucket", "lag_seconds_count", "lag_seconds_sum"}),
        ("build_info", {"build_info"}),
        ("other", set()),
    ],
)
def test_names_select_whole_families(dialect: Dialect, name: str, samples: set[str]) -> None:
    lines = rendered(counting(), dialect, frozenset({name})).splitlines()
    assert {
        line.replace("{", " ").split()[0] for line in lines if not line.startswith("#")
    } == samples


def test_the_registry_is_left_as_it_was() -> None:
    registry = counting()
    rendered(registry, Dialect.TEXT)
    assert registry.get_sample_value("reloads_created") is not None
