import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Metric

from netwatch.exposition.dialect import Dialect
from netwatch.wire.promline import MAX_LINE_BYTES, TextSample
from netwatch.wire.promtext import MAX_FAMILIES, PIECE_BYTES, TextReader, read
from tests.exposition.oracle import Sheet, expected, meaning, parse, sheets

FIXTURES = Path(__file__).parent.parent / "fixtures/kube-proxy"


def families_of(text: str | bytes, *, openmetrics: bool = False) -> tuple[list[Metric], int]:
    """Read it, and return the families in the form of prometheus_client, and the wrong lines."""
    body = text.encode() if isinstance(text, str) else text
    found: dict[str, Metric] = {}

    def metric(name: str) -> Metric:
        family = reader.families[name]
        stem = name.removesuffix("_total") if family.kind == "counter" else name
        kind = family.kind.replace("untyped", "unknown")
        return found.setdefault(name, Metric(stem, family.help, kind))

    reader = TextReader(
        lambda family, sample: metric(family.name).add_sample(
            sample.name,
            {name: sample.label(name) for name, _ in sample.labels},
            sample.number,
        ),
        openmetrics=openmetrics,
    )
    for _ in read(reader, [body]):
        pass
    for name, family in found.items():
        family.documentation = reader.families[name].help
    return list(found.values()), reader.invalid_lines


def theirs(text: str, dialect: Dialect = Dialect.TEXT) -> list[Metric]:
    return [family for family in parse(text, dialect) if family.samples]


@pytest.mark.parametrize("mode", ["iptables", "nftables"])
def test_a_real_page_means_what_prometheus_makes_of_it(mode: str) -> None:
    text = (FIXTURES / f"metrics-v1.36-{mode}.txt").read_text()
    found, invalid = families_of(text)
    assert invalid == 0
    assert meaning(found) == meaning(theirs(text))


@given(sheets())
def test_the_text_format_means_what_prometheus_makes_of_it(sheet: Sheet) -> None:
    text = expected(sheet, Dialect.TEXT)
    found, invalid = families_of(text)
    assert invalid == 0
    assert said(found) == said(theirs(text))


@given(sheets())
def test_openmetrics_means_what_prometheus_makes_of_it(sheet: Sheet) -> None:
    text = expected(sheet, Dialect.OPENMETRICS)
    found, invalid = families_of(text, openmetrics=True)
    assert invalid == 0
    assert said(found) == said(theirs(text, Dialect.OPENMETRICS))


def said(families: list[Metric]) -> list[object]:
    """Units are in the names, and the space around a help says nothing."""
    for family in families:
        family.unit = ""
        family.documentation = family.documentation.strip()
    return meaning(families)


LINES = st.sampled_from(
    [
        "# HELP a Some help.",
        "# HELP a Other help.",
        "# TYPE a counter",
        "# TYPE a histogram",
        "# TYPE a_sum gauge",
        "# TYPE b weird",
        "# a comment",
        "#",
        "",
        "a 1",
        'a{x="1"} 2 3',
        'a_bucket{le="1"} 2',
        "a_bucket 2",
        "a_sum 3",
        "a_count 3",
        "b NaN",
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
        "<html>",
    ]
)


@given(
    lines=st.lists(LINES | st.text(), max_size=30), cut=st.integers(0, 3), openmetrics=st.booleans()
)
def test_whatever_comes_is_read_and_each_name_is_of_one_family(
    *, lines: list[str], cut: int, openmetrics: bool
) -> None:
    body = "\n".join((*lines, "")).encode(errors="replace")
    owners: dict[str, str] = {}
    reader = TextReader(
        lambda family, sample: owners.update(
            {sample.name: owners.get(sample.name, family.name) or family.name}
        ),
        openmetrics=openmetrics,
    )
    for _ in read(reader, [body[: len(body) - cut]]):
        pass
    for name, owner in owners.items():
        assert name in reader.families[owner].names


def test_the_first_type_of_a_name_holds() -> None:
    (family,), invalid = families_of('# TYPE a gauge\na 1\n# TYPE a counter\na{x="1"} 2\n')
    assert (family.type, len(family.samples), invalid) == ("gauge", 2, 1)


def test_a_family_in_two_places_is_one() -> None:
    text = '# TYPE a gauge\na{x="1"} 1\nb 1\n# TYPE a gauge\na{x="2"} 1\n'
    found, invalid = families_of(text)
    assert ([family.name for family in found], invalid) == (["a", "b"], 0)
    assert len(found[0].samples) == 2


def test_a_histogram_after_a_sample_of_its_name_is_none() -> None:
    found, invalid = families_of('a_sum 1\n# TYPE a histogram\na_bucket{le="1"} 1\n')
    assert [family.name for family in found] == ["a_sum", "a_bucket"]
    assert invalid == 1


def test_a_bucket_without_its_bound_is_none() -> None:
    found, invalid = families_of("# TYPE a histogram\na_bucket 1\na_sum 1\n")
    assert [sample.name for sample in found[0].samples] == ["a_sum"]
    assert invalid == 1


def test_a_sample_that_has_the_name_of_a_histogram_is_none() -> None:
    found, invalid = families_of("# TYPE a histogram\na 1\na_sum 1\n")
    assert [sample.name for sample in found[0].samples] == ["a_sum"]
    assert (len(found), invalid) == (1, 1)


def test_a_help_may_come_before_or_after_the_type() -> None:
    text = "# HELP a Before.\n# TYPE a gauge\na 1\n# TYPE b gauge\n# HELP b After\\n.\nb 1\n"
    found, _ = families_of(text)
    assert [family.documentation for family in found] == ["Before.", "After\n."]


def test_a_last_line_that_was_cut_off_does_not_count() -> None:
    found, invalid = families_of("a 1\nb 12")
    assert ([family.name for family in found], invalid) == (["a"], 1)


def test_a_line_that_is_too_long_does_not_count_and_those_around_it_do() -> None:
    long = f'b{{x="{"y" * MAX_LINE_BYTES}"}} 1\n'
    found, invalid = families_of(f"a 1\n{long}c 1\n")
    assert ([family.name for family in found], invalid) == (["a", "c"], 1)


def test_more_families_than_anybody_has_are_no_more_read() -> None:
    found, invalid = families_of("".join(f"a{number} 1\n" for number in range(MAX_FAMILIES + 5)))
    assert (len(found), invalid) == (MAX_FAMILIES, 5)


def test_what_is_no_utf_8_is_replaced() -> None:
    found, invalid = families_of(b'a{x="\xff"} 1\n')
    assert found[0].samples[0].labels == {"x": "\N{REPLACEMENT CHARACTER}"}
    assert invalid == 0


def test_openmetrics_kinds_are_told_in_the_words_of_the_text_format() -> None:
    text = """\
# TYPE a counter
# HELP a Counted.
a_total 1 # {trace="x"} 1
a_created 2
# TYPE b info
b_info{version="1"} 1
# TYPE c stateset
c{c="on"} 1
# TYPE d unknown
d 1
# TYPE e gaugehistogram
e_bucket{le="+Inf"} 1
e_gsum 1
# EOF
"""
    found, invalid = families_of(text, openmetrics=True)
    assert invalid == 0
    kinds = {family.name: family.type for family in found}
    assert kinds == {
        "a": "counter",
        "b_info": "gauge",
        "c": "gauge",
        "d": "unknown",
        "e_bucket": "unknown",
        "e_gsum": "unknown",
    }
    assert [sample.name for sample in found[0].samples] == ["a_total"]
    assert found[0].documentation == "Counted."


LONGEST = b'c{d="' + b"x" * (MAX_LINE_BYTES - 10) + b'"} 1'
TOO_LONG = b'c{d="x' + b"x" * (MAX_LINE_BYTES - 10) + b'"} 1'
TOO_LONG_IN_BYTES = b'c{d="' + "ä".encode() * (MAX_LINE_BYTES - 10) + b'"} 1'
LINES = st.sampled_from(
    [b"a 1", b"", b"nonsense", b"# TYPE b counter", b"b 2", LONGEST, TOO_LONG, TOO_LONG_IN_BYTES]
)


@pytest.mark.parametrize(
    ("line", "counts"), [(LONGEST, (1, 0)), (TOO_LONG, (0, 1)), (TOO_LONG_IN_BYTES, (0, 1))]
)
def test_a_line_that_is_too_long_is_wrong_and_those_around_it_are_not(
    line: bytes, counts: tuple[int, int]
) -> None:
    samples, invalid = taken([b"a 1\n" + line + b"\nb 2\n"])
    assert (len(samples) - 2, invalid) == counts


@given(st.lists(LINES, max_size=8), st.booleans(), st.lists(st.integers(0, 60_000), max_size=8))
def test_however_a_body_is_cut_it_says_the_same(
    lines: list[bytes],
    is_whole: bool,  # noqa: FBT001  # hypothesis
    cuts: list[int],
) -> None:
    body = b"\n".join(lines) + (b"\n" if is_whole else b"")
    places = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    parts = [body[start:end] for start, end in itertools.pairwise(places)]
    assert taken(parts) == taken([body])


def taken(parts: list[bytes]) -> tuple[list[TextSample], int]:
    """Return the samples, and the number of lines that are wrong."""
    samples: list[TextSample] = []
    reader = TextReader(lambda _, sample: samples.append(sample))
    for _ in read(reader, parts):
        pass
    return samples, reader.invalid_lines


def test_five_megabytes_are_read_in_parts_between_which_others_have_their_turn() -> None:
    line = b'kubeproxy_sync_proxy_rules_duration_seconds_bucket{ip_family="IPv4",le="0.064"} 1\n'
    body = line * (5_000_000 // len(line))
    samples = 0

    def count(*_: object) -> None:
        nonlocal samples
        samples += 1

    steps = sum(1 for _ in read(TextReader(count), [body]))
    assert samples == body.count(b"\n")
    assert steps >= len(body) / PIECE_BYTES
