"""Rows come, change and go."""

import pytest

from netwatch.exposition.family import Family, Kind
from netwatch.exposition.table import Table

LOST = Family(name="lost_total", kind=Kind.COUNTER, help="", key="lost")
FAILED = Family(name="failed_total", kind=Kind.COUNTER, help="", key="failed", label="reason")
RTT = Family(name="rtt_seconds", kind=Kind.HISTOGRAM, help="", key="rtt", unit="seconds")


def test_rows_are_shown_in_the_order_they_came() -> None:
    table = Table([LOST])
    first, second = object(), object()
    table.add({"target": "a"}, first)
    table.add({"target": "b"}, second)
    assert table.snapshot() == (['{target="a"}', '{target="b"}'], [first, second])


def test_a_relabelled_row_keeps_its_record() -> None:
    table = Table([LOST])
    record = object()
    row = table.add({"zone": "a"}, record)
    table.relabel(row, {"zone": "b"})
    assert table.snapshot() == (['{zone="b"}'], [record])


def test_a_removed_row_is_gone_and_cannot_go_twice() -> None:
    table = Table([LOST])
    row = table.add({}, object())
    table.remove(row)
    assert len(table) == 0
    with pytest.raises(KeyError):
        table.remove(row)


def test_a_snapshot_does_not_change_with_the_table() -> None:
    table = Table([LOST])
    row = table.add({"zone": "a"}, 1)
    snapshot = table.snapshot()
    table.relabel(row, {"zone": "b"})
    table.add({"zone": "c"}, 2)
    assert snapshot == (['{zone="a"}'], [1])


@pytest.mark.parametrize("label", ["reason", "le"])
def test_a_label_that_a_family_sets_itself_is_refused(label: str) -> None:
    table = Table([LOST, FAILED, RTT])
    with pytest.raises(ValueError, match=f"label {label} is set by the metric families"):
        table.add({label: "x"}, object())
    row = table.add({}, object())
    with pytest.raises(ValueError, match=f"label {label} is set by the metric families"):
        table.relabel(row, {label: "x"})
    assert len(table) == 1


@pytest.mark.parametrize(
    "clash",
    [
        RTT,
        Family(name="rtt_seconds_count", kind=Kind.GAUGE, help="", key="x"),
        Family(name="rtt_seconds", kind=Kind.GAUGE, help="", key="x"),
    ],
)
def test_two_families_cannot_share_a_sample_name(clash: Family) -> None:
    with pytest.raises(ValueError, match="is another family's"):
        Table([RTT, clash])
