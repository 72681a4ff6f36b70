from collections import Counter

import pytest

from netwatch.exposition.dialect import Dialect
from netwatch.exposition.foreign import ForeignFamilies, Refusal
from netwatch.foreign import ForeignFamily, Passage
from tests.exposition.oracle import parse

ENDS = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}


def a_family(name: str, kind: str = "gauge", *lines: str, help_: str = "Some.") -> ForeignFamily:
    lines = lines or (f"{name} 1",)
    text = tuple(f"{line}\n".encode() for line in lines)
    return ForeignFamily(
        name=name,
        kind=kind,
        help=help_,
        names=frozenset({name, *(name + end for end in ENDS.get(kind, ()))}),
        text=text,
        openmetrics=text,
        series=len(lines),
    )


def a_passage(*families: ForeignFamily, **labels: str) -> Passage:
    return Passage(families=families, labels=labels)


def shown(page: ForeignFamilies, dialect: Dialect = Dialect.TEXT, *names: str) -> str:
    return b"".join(page.render_alone(dialect, frozenset(names))).decode()


def test_a_family_of_two_sources_has_one_header() -> None:
    page = ForeignFamilies()
    page.put("a", a_passage(a_family("x", "gauge", 'x{job="a"} 1'), a_family("y"), job="a"))
    page.put("b", a_passage(a_family("x", "gauge", 'x{job="b"} 2', help_="Other."), job="b"))
    assert shown(page) == (
        "# HELP x Some.\n# TYPE x gauge\n"
        'x{job="a"} 1\nx{job="b"} 2\n'
        "# HELP y Some.\n# TYPE y gauge\ny 1\n"
    )


def test_what_comes_anew_takes_the_place_of_what_was_and_what_is_removed_is_gone() -> None:
    page = ForeignFamilies()
    page.put("a", a_passage(a_family("x"), a_family("y")))
    page.put("a", a_passage(a_family("y", "counter")))
    assert shown(page) == "# HELP y Some.\n# TYPE y counter\ny 1\n"
    page.remove("a")
    assert (shown(page), len(page)) == ("", 0)


@pytest.mark.parametrize("name", ["process_cpu_seconds_total", "netwatch_target_up"])
def test_our_names_are_ours(name: str) -> None:
    page = ForeignFamilies(frozenset({"process_cpu_seconds_total"}))
    refused = page.put("a", a_passage(a_family(name), a_family("x")))
    assert refused == Counter({Refusal.NAME: 1})
    assert name not in shown(page)
    assert "x 1" in shown(page)


def test_a_sample_may_not_have_a_name_of_ours_either() -> None:
    page = ForeignFamilies(frozenset({"x_sum"}))
    assert page.put("a", a_passage(a_family("x", "summary", "x_sum 1"))) == {Refusal.NAME: 1}


def test_a_family_of_another_type_is_refused_and_the_first_one_stays() -> None:
    page = ForeignFamilies()
    page.put("a", a_passage(a_family("x"), job="a"))
    assert page.put("b", a_passage(a_family("x", "counter"), job="b")) == {Refusal.KIND: 1}
    assert page.put("a", a_passage(a_family("x"), job="a")) == {}
    page.remove("a")
    assert page.put("b", a_passage(a_family("x", "counter"), job="b")) == {}


def test_part_of_one_family_is_not_another() -> None:
    page = ForeignFamilies()
    page.put("a", a_passage(a_family("x", "histogram", 'x_bucket{le="+Inf"} 1'), job="a"))
    assert page.put("b", a_passage(a_family("x_sum"), job="b")) == {Refusal.KIND: 1}


def test_series_that_could_be_those_of_another_source_are_refused() -> None:
    page = ForeignFamilies()
    page.put("a", a_passage(a_family("x"), job="one", target="a"))
    assert page.put("b", a_passage(a_family("x"), job="one")) == {Refusal.LABELS: 1}
    assert page.put("c", a_passage(a_family("x"), job="one", target="c")) == {}


def test_names_choose_families_by_their_samples_too() -> None:
    page = ForeignFamilies()
    page.put("a", a_passage(a_family("x", "summary", "x_sum 1", "x_count 1"), a_family("y")))
    assert shown(page, Dialect.TEXT, "x_sum") == (
        "# HELP x Some.\n# TYPE x summary\nx_sum 1\nx_count 1\n"
    )


def test_openmetrics_has_the_same_names_of_samples_and_its_own_types() -> None:
    page = ForeignFamilies(frozenset({"taken"}))
    page.put(
        "a",
        a_passage(
            a_family("a_total", "counter"),
            a_family("b", "counter"),
            a_family("c_bytes"),
            a_family("c_bytes_total", "counter"),
            a_family("taken_total", "counter"),
            a_family("d", "untyped"),
        ),
    )
    families = parse(shown(page, Dialect.OPENMETRICS), Dialect.OPENMETRICS)
    assert [(family.name, family.type) for family in families] == [
        ("a", "counter"),
        ("b", "unknown"),
        ("c_bytes", "gauge"),
        ("c_bytes_total", "unknown"),
        ("taken_total", "unknown"),
        ("d", "unknown"),
    ]
    samples = [sample.name for family in families for sample in family.samples]
    assert samples == ["a_total", "b", "c_bytes", "c_bytes_total", "taken_total", "d"]


def test_a_rendering_shows_the_moment_when_it_began() -> None:
    page = ForeignFamilies()
    page.put("a", a_passage(a_family("x"), a_family("y")))
    rendering = page.render(Dialect.TEXT)
    first = next(rendering)
    page.remove("a")
    assert b"y 1" in first + b"".join(rendering)
