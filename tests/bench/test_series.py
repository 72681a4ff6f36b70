from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from bench.series import LINES_A_ROW, as_registry, as_table, records
from netwatch.exposition.dialect import Dialect
from netwatch.exposition.text import render

Samples = set[tuple[str, frozenset[tuple[str, str]], float]]


def samples(text: bytes) -> Samples:
    families = text_string_to_metric_families(text.decode())
    return {
        (sample.name, frozenset(sample.labels.items()), sample.value)
        for family in families
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def test_both_renderers_are_given_the_same_data() -> None:
    counted = records(10 * LINES_A_ROW)
    ours = b"".join(render([as_table(counted)], Dialect.TEXT))
    assert samples(ours) == samples(generate_latest(as_registry(counted)))
    assert len(samples(ours)) == 10 * LINES_A_ROW
