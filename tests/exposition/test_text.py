"""What we render, a Prometheus reads as it reads prometheus_client's rendering of the same."""

from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.exposition.dialect import Dialect
from netwatch.exposition.family import Family, Kind
from netwatch.exposition.histogram import Histogram
from netwatch.exposition.table import Table
from netwatch.exposition.text import render
from tests.exposition.oracle import Sheet, expected, meaning, parse, sheets

SENT = Family(name="sent_total", kind=Kind.COUNTER, help="Sent.", key="sent")
FAILED = Family(name="failed_total", kind=Kind.COUNTER, help="No.", key="failed", label="reason")
RTT = Family(name="rtt_seconds", kind=Kind.HISTOGRAM, help="RTT.", key="rtt", unit="seconds")
EVERY_DIALECT = pytest.mark.parametrize("dialect", Dialect)


def rendered(
    *tables: Table, dialect: Dialect = Dialect.TEXT, names: frozenset[str] = frozenset()
) -> str:
    return b"".join(render(tables, dialect, names)).decode()


@EVERY_DIALECT
@given(sheet=sheets())
def test_any_table_means_what_the_client_library_would_say(dialect: Dialect, sheet: Sheet) -> None:
    eof = "# EOF\n" if dialect is Dialect.OPENMETRICS else ""
    text = rendered(sheet.table(), dialect=dialect) + eof
    assert meaning(parse(text, dialect)) == meaning(parse(expected(sheet, dialect), dialect))


@given(sheets(), st.sampled_from(Dialect), st.integers(1, 50))
def test_slices_of_any_size_are_the_same_text(
    sheet: Sheet, dialect: Dialect, slice_lines: int
) -> None:
    slices = list(render([sheet.table()], dialect, slice_lines=slice_lines))
    assert b"".join(slices).decode() == rendered(sheet.table(), dialect=dialect)
    assert all(slices)


def counting(targets: Sequence[str]) -> Table:
    table = Table([SENT, FAILED, RTT])
    for number, target in enumerate(targets):
        rtt = Histogram((0.1,))
        rtt.observe(number)
        record = SimpleNamespace(sent=number, failed={"timeout": 1}, rtt=rtt)
        table.add({"target": target}, record)
    return table


def test_a_scrape_reads_like_this() -> None:
    assert rendered(counting(["a"])).splitlines() == [
        "# HELP sent_total Sent.",
        "# TYPE sent_total counter",
        'sent_total{target="a"} 0',
        "# HELP failed_total No.",
        "# TYPE failed_total counter",
        'failed_total{target="a",reason="timeout"} 1',
        "# HELP rtt_seconds RTT.",
        "# TYPE rtt_seconds histogram",
        'rtt_seconds_bucket{target="a",le="0.1"} 1',
        'rtt_seconds_bucket{target="a",le="+Inf"} 1',
        'rtt_seconds_sum{target="a"} 0.0',
        'rtt_seconds_count{target="a"} 1',
    ]


def test_openmetrics_names_the_family_without_total_and_tells_the_unit() -> None:
    text = rendered(counting(["a"]), dialect=Dialect.OPENMETRICS)
    assert "# TYPE sent counter\nsent_total{" in text
    assert "# TYPE rtt_seconds histogram\n# UNIT rtt_seconds seconds\n" in text


def test_all_lines_of_a_family_stand_together() -> None:
    lines = rendered(counting(["a", "b"])).splitlines()
    assert [line.split("{")[0] for line in lines if "_total{" in line] == [
        "sent_total",
        "sent_total",
        "failed_total",
        "failed_total",
    ]
    assert sum(line.startswith("# TYPE") for line in lines) == 3


@EVERY_DIALECT
@pytest.mark.parametrize(
    "record",
    [SimpleNamespace(), SimpleNamespace(sent=None, failed=None), SimpleNamespace(failed={})],
)
def test_a_family_without_a_series_is_left_out(dialect: Dialect, record: object) -> None:
    table = Table([SENT, FAILED, RTT])
    table.add({"target": "a"}, record)
    assert not rendered(table, dialect=dialect)


def test_a_slice_is_made_when_it_is_asked_for() -> None:
    table = Table([SENT])
    early, late = SimpleNamespace(sent=1), SimpleNamespace(sent=1)
    table.add({"target": "early"}, early)
    table.add({"target": "late"}, late)
    slices = render([table], Dialect.TEXT, slice_lines=1)
    first = next(slices)
    early.sent = late.sent = 2
    assert first.endswith(b'sent_total{target="early"} 1\n')
    assert list(slices) == [b'sent_total{target="late"} 2\n']


def test_rows_that_come_go_or_change_meanwhile_do_not_disturb_a_render() -> None:
    table = Table([SENT])
    rows = [table.add({"target": str(i)}, SimpleNamespace(sent=i)) for i in range(3)]
    undisturbed = rendered(table)
    slices = render([table], Dialect.TEXT, slice_lines=1)
    text = next(slices)
    table.remove(rows[1])
    table.relabel(rows[2], {"target": "0"})
    table.add({"target": "new"}, SimpleNamespace(sent=9))
    assert (text + b"".join(slices)).decode() == undisturbed
    assert rendered(table).splitlines()[2:] == [
        'sent_total{target="0"} 0',
        'sent_total{target="0"} 2',
        'sent_total{target="new"} 9',
    ]


def test_reasons_that_come_meanwhile_do_not_disturb_a_render() -> None:
    table = Table([FAILED])
    record = SimpleNamespace(failed={"timeout": 1, "refused": 2})
    table.add({}, record)
    slices = render([table], Dialect.TEXT, slice_lines=1)
    next(slices)
    record.failed["reset"] = 3
    assert list(slices) == [b'failed_total{reason="refused"} 2\n']


def test_a_removed_row_is_gone_from_the_next_scrape() -> None:
    table = Table([SENT])
    row = table.add({"target": "a"}, SimpleNamespace(sent=1))
    table.add({"target": "b"}, SimpleNamespace(sent=1))
    table.remove(row)
    assert 'target="a"' not in rendered(table)
    assert 'target="b"' in rendered(table)


@EVERY_DIALECT
@pytest.mark.parametrize(
    ("names", "families"),
    [
        ({"sent"}, {"sent_total"}),
        ({"sent_total"}, {"sent_total"}),
        ({"rtt_seconds"}, {"rtt_seconds_bucket", "rtt_seconds_sum", "rtt_seconds_count"}),
        ({"rtt_seconds_bucket"}, {"rtt_seconds_bucket", "rtt_seconds_sum", "rtt_seconds_count"}),
        ({"sent", "failed_total", "other"}, {"sent_total", "failed_total"}),
        ({"other"}, set()),
    ],
)
def test_names_select_whole_families(dialect: Dialect, names: set[str], families: set[str]) -> None:
    text = rendered(counting(["a"]), dialect=dialect, names=frozenset(names))
    assert {line.split("{")[0] for line in text.splitlines() if "{" in line} == families


def test_a_label_value_that_is_no_unicode_does_not_cost_the_scrape() -> None:
    table = Table([SENT])
    table.add({"target": "eth\udcff"}, SimpleNamespace(sent=1))
    assert 'sent_total{target="eth?"} 1' in rendered(table)


def test_a_long_table_comes_in_slices_of_about_the_same_length() -> None:
    table = counting([str(i) for i in range(100)])
    lengths = [text.count(b"\n") for text in render([table], Dialect.TEXT, slice_lines=50)]
    assert len(lengths) > 5
    assert all(50 <= length < 60 for length in lengths[:-1])
