"""One scrape of everything."""

import shutil
import subprocess
from types import SimpleNamespace

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge

from netwatch.exposition.dialect import Dialect
from netwatch.exposition.family import Family, Kind
from netwatch.exposition.foreign import ForeignFamilies
from netwatch.exposition.histogram import Histogram, Summary
from netwatch.exposition.registry import process_registry
from netwatch.exposition.store import Store
from netwatch.exposition.table import Table
from netwatch.foreign import ForeignFamily, Passage
from tests.exposition.oracle import parse

EVERY_DIALECT = pytest.mark.parametrize("dialect", Dialect)
FAMILIES = (
    Family(name="netwatch_up", kind=Kind.GAUGE, help="Whether it is up.", key="up"),
    Family(
        name="netwatch_failures_total",
        kind=Kind.COUNTER,
        help='Failures, "by" reason.',
        key="failures",
        label="reason",
    ),
    Family(
        name="netwatch_rtt_seconds",
        kind=Kind.HISTOGRAM,
        help="Round trips.",
        key="rtt",
        unit="seconds",
    ),
    Family(
        name="netwatch_phase_seconds",
        kind=Kind.SUMMARY,
        help="Time in each phase.",
        key="phases",
        label="phase",
        unit="seconds",
    ),
)
SERIES = 1 + 2 + 4 + 2


def measured() -> Table:
    table = Table(FAMILIES)
    rtt, tls = Histogram((0.001,)), Summary()
    rtt.observe(0.0005)
    tls.observe(0.25)
    record = SimpleNamespace(
        up=True, failures={"timeout": 2, "refused": 1}, rtt=rtt, phases={"tls": tls}
    )
    table.add({"check": "nodes", "target": 'a "b" \\ \n', "zone": ""}, record)
    return table


def store(registry: CollectorRegistry) -> Store:
    made = Store(registry)
    made.add(measured())
    return made


def rendered(
    made: Store, dialect: Dialect = Dialect.TEXT, names: frozenset[str] = frozenset()
) -> str:
    return b"".join(made.render(dialect, names)).decode()


def test_prometheus_text_is_read_whole() -> None:
    text = rendered(store(process_registry()))
    types = {family.name: family.type for family in parse(text, Dialect.TEXT)}
    assert types["netwatch_rtt_seconds"] == "histogram"
    assert types["netwatch_failures"] == types["process_cpu_seconds"] == "counter"
    assert "unknown" not in types.values()
    assert "# EOF" not in text


def test_openmetrics_is_read_whole_and_ends_once() -> None:
    text = rendered(store(process_registry()), Dialect.OPENMETRICS)
    types = {family.name: family.type for family in parse(text, Dialect.OPENMETRICS)}
    assert types["netwatch_rtt_seconds"] == "histogram"
    assert types["netwatch_failures"] == types["process_cpu_seconds"] == "counter"
    assert text.count("# EOF\n") == 1
    assert text.endswith("\n# EOF\n")


def test_an_empty_store_is_an_empty_scrape() -> None:
    assert not rendered(Store(CollectorRegistry()))
    assert rendered(Store(CollectorRegistry()), Dialect.OPENMETRICS) == "# EOF\n"


@EVERY_DIALECT
def test_a_scrape_tells_how_many_series_the_tables_had(dialect: Dialect) -> None:
    registry = CollectorRegistry()
    made = store(registry)
    Gauge("netwatch_series", "Series.", registry=registry).set_function(lambda: made.series)
    assert f"netwatch_series {SERIES}.0\n" in rendered(made, dialect)


def test_a_scrape_of_some_families_does_not_change_the_number_of_series() -> None:
    made = store(CollectorRegistry())
    rendered(made)
    rendered(made, names=frozenset({"netwatch_up"}))
    assert made.series == SERIES


@EVERY_DIALECT
def test_names_select_from_tables_and_registry_alike(dialect: Dialect) -> None:
    text = rendered(store(process_registry()), dialect, frozenset({"netwatch_up", "python_info"}))
    samples = [line.split("{")[0] for line in text.splitlines() if not line.startswith("#")]
    assert samples == ["netwatch_up", "python_info"]


def test_its_names_are_those_of_families_and_samples() -> None:
    names = store(process_registry()).names()
    assert {"netwatch_up", "python_info", "process_cpu_seconds_total"} <= names
    assert {"netwatch_failures", "netwatch_failures_total"} <= names


@EVERY_DIALECT
def test_foreign_families_stand_after_ours_and_before_the_end(dialect: Dialect) -> None:
    foreign, text = ForeignFamilies(), (b"theirs 1\n",)
    family = ForeignFamily(
        name="theirs",
        kind="gauge",
        help="",
        names=frozenset({"theirs"}),
        text=text,
        openmetrics=text,
        series=1,
    )
    made = Store(process_registry(), foreign)
    foreign.put("them", Passage(families=(family,)))
    assert "theirs" not in made.names()
    whole = rendered(made, dialect).removesuffix("# EOF\n")
    assert whole.endswith("# TYPE theirs gauge\ntheirs 1\n")
    assert rendered(made, dialect, frozenset({"theirs"})).count("theirs 1\n") == 1


def test_two_tables_cannot_have_one_family() -> None:
    made = store(CollectorRegistry())
    with pytest.raises(ValueError, match="netwatch_up"):
        made.add(Table(FAMILIES[:1]))
    assert rendered(made).count("# TYPE netwatch_up ") == 1


def test_a_table_cannot_have_a_name_of_the_registry() -> None:
    registry = CollectorRegistry()
    Gauge("netwatch_up", "Taken.", registry=registry)
    with pytest.raises(ValueError, match="netwatch_up"):
        Store(registry).add(measured())


def test_the_registry_cannot_have_a_name_of_a_table() -> None:
    registry = CollectorRegistry()
    store(registry)
    with pytest.raises(ValueError, match="netwatch_failures"):
        Counter("netwatch_failures", "Taken.", registry=registry)


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_promtool_finds_nothing_to_complain_of() -> None:
    text = rendered(store(process_registry()))
    run = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
