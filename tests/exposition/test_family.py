"""Families that Prometheus would not take are refused where they are written."""

import re

import pytest

from netwatch.exposition.family import Family, Kind


@pytest.mark.parametrize(
    ("name", "kind", "label", "unit", "problem"),
    [
        ("1st", Kind.GAUGE, "", "", "'1st' is not a metric name, expected"),
        ("", Kind.GAUGE, "", "", "'' is not a metric name, expected"),
        ("job:up", Kind.GAUGE, "", "", "'job:up' is not a metric name, expected"),
        ("up\n", Kind.GAUGE, "", "", "is not a metric name, expected"),
        ("netwatch_lost", Kind.COUNTER, "", "", "counter netwatch_lost: expected a name that ends"),
        ("rtt", Kind.GAUGE, "", "seconds", "rtt: expected its unit at the end of it: _seconds"),
        ("cpu_total", Kind.COUNTER, "", "seconds", "cpu_total: expected its unit at the end"),
        ("seconds", Kind.GAUGE, "", "seconds", "seconds: expected its unit at the end"),
        ("up", Kind.GAUGE, "a-b", "", "up: 'a-b' cannot be its label"),
        ("rtt", Kind.HISTOGRAM, "le", "", "rtt: 'le' cannot be its label"),
        ("rtt", Kind.SUMMARY, "quantile", "", "rtt: 'quantile' cannot be its label"),
    ],
)
def test_a_family_that_cannot_be_says_why(
    name: str, kind: Kind, label: str, unit: str, problem: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        Family(name=name, kind=kind, help="", key="x", label=label, unit=unit)


@pytest.mark.parametrize(
    ("name", "kind", "stem", "names"),
    [
        ("a_total", Kind.COUNTER, "a", {"a", "a_total"}),
        ("a_total", Kind.GAUGE, "a_total", {"a_total"}),
        ("a", Kind.HISTOGRAM, "a", {"a", "a_bucket", "a_sum", "a_count"}),
        ("a", Kind.SUMMARY, "a", {"a", "a_sum", "a_count"}),
    ],
)
def test_a_family_takes_the_names_of_its_samples_too(
    name: str, kind: Kind, stem: str, names: set[str]
) -> None:
    family = Family(name=name, kind=kind, help="", key="x")
    assert (family.stem, set(family.names)) == (stem, names)


def test_the_unit_of_a_counter_stands_before_total() -> None:
    family = Family(name="cpu_seconds_total", kind=Kind.COUNTER, help="", key="x", unit="seconds")
    assert family.stem == "cpu_seconds"
