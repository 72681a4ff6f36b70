from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from netwatch.exposition.dialect import Dialect
from netwatch.exposition.foreign import ForeignFamilies
from netwatch.foreign import Passage
from netwatch.scraping.options import PassOptions
from netwatch.scraping.passing import SLICE_LINES, Passing
from netwatch.wire.promtext import TextReader, read
from tests.exposition.oracle import parse

FIXTURES = Path(__file__).parent.parent / "fixtures/kube-proxy"
REAL = (FIXTURES / "metrics-v1.36-iptables.txt").read_text()


def passed(text: str, **options: object) -> Passage:
    passing = Passing(PassOptions.model_validate(options), "node-1")
    reader = TextReader(passing.take)
    for _ in read(reader, [text.encode()]):
        pass
    return passing.passage(invalid_lines=reader.invalid_lines)


def lines_of(passage: Passage) -> list[str]:
    text = b"".join(part for family in passage.families for part in family.text)
    return text.decode().splitlines()


def shown(passage: Passage, dialect: Dialect = Dialect.TEXT) -> str:
    page = ForeignFamilies()
    page.put("a", passage)
    return b"".join(page.render_alone(dialect)).decode()


def test_all_of_a_real_page_may_be_passed_on_in_both_formats() -> None:
    passage = passed(REAL)
    assert passage.dropped == {}
    for dialect in Dialect:
        names = {
            s.name for family in parse(shown(passage, dialect), dialect) for s in family.samples
        }
        assert names == {s.name for f in parse(REAL, Dialect.TEXT) for s in f.samples}


def test_families_are_chosen_by_name() -> None:
    passage = passed(REAL, allow=["kubeproxy_*", "go_*"], deny=["go_*", "*_bucket*", "*duration*"])
    names = {family.name for family in passage.families}
    assert names
    assert all(name.startswith("kubeproxy_") and "duration" not in name for name in names)


def test_names_that_would_be_ours_get_a_prefix() -> None:
    passage = passed("# TYPE process_x gauge\nprocess_x 1\na 1\n", prefix="kube_proxy_")
    assert lines_of(passage) == ["kube_proxy_process_x 1", "a 1"]
    assert passage.families[0].names == {"kube_proxy_process_x"}


def test_labels_are_added_and_those_of_the_same_name_stay_visible() -> None:
    passage = passed('a{job="x",b=""} 1\n', labels={"job": 'k"p', "none": ""}, target_label="node")
    assert lines_of(passage) == ['a{exported_job="x",job="k\\"p",node="node-1"} 1']
    assert passage.labels == {"job": 'k"p', "node": "node-1"}


def test_labels_are_renamed_and_dropped_but_never_those_of_a_distribution() -> None:
    text = '# TYPE a histogram\na_bucket{le="+Inf",x="1",y="2"} 1\n'
    passage = passed(text, rename_labels={"x": "z"}, drop_labels=["y", "l*"])
    assert lines_of(passage) == ['a_bucket{le="+Inf",z="1"} 1']


def test_series_that_come_twice_are_dropped_and_counted() -> None:
    passage = passed('a{x="1",y="2"} 1\na{y="2",x="1"} 2\na{x="3"} 1\n', drop_labels=["x", "y"])
    assert lines_of(passage) == ["a 1"]
    assert passage.dropped == {"duplicate": 2}
    assert lines_of(passed('a{x="1",y="2"} 1\na{y="2",x="1",z=""} 2\n')) == ['a{x="1",y="2"} 1']


def test_wrong_lines_are_counted() -> None:
    assert passed("a 1\nnonsense\n").dropped == {"invalid": 1}


def test_families_that_are_too_many_series_are_left_out_whole() -> None:
    text = 'a{x="1"} 1\nb{x="1"} 1\nb{x="2"} 1\nb{x="3"} 1\nc 1\n'
    passage = passed(text, max_series=2)
    assert lines_of(passage) == ['a{x="1"} 1', "c 1"]
    assert passage.dropped == {"limit": 3}


def test_times_are_kept_in_the_unit_of_each_format_unless_they_are_not_wanted() -> None:
    (family,) = passed("a 1 1700000000123\n").families
    assert (family.text, family.openmetrics) == (
        (b"a 1 1700000000123\n",),
        (b"a 1 1700000000.123\n",),
    )
    (family,) = passed("a 1 1700000000123\n", honor_timestamps=False).families
    assert family.text == family.openmetrics == (b"a 1\n",)


def test_a_large_family_is_shown_in_slices() -> None:
    text = "".join(f'a{{x="{number}"}} 1\n' for number in range(3 * SLICE_LINES + 1))
    (family,) = passed(text).families
    assert [part.count(b"\n") for part in family.text] == [SLICE_LINES] * 3 + [1]
    assert family.series == 3 * SLICE_LINES + 1


LINES = st.sampled_from(
    [
        *REAL.splitlines()[::25],
        "# TYPE a counter",
        "# TYPE a histogram",
        "# TYPE a_bucket gauge",
        "a 1",
        'a_bucket{le="1"} 2',
        'a{x="1"} 2 3',
        'a{x="1"',
        "<html>",
    ]
)


@given(st.lists(LINES | st.text(), max_size=40), st.integers(0, 20))
def test_whatever_a_program_says_what_is_shown_of_it_is_valid(lines: list[str], cut: int) -> None:
    text = "\n".join((*lines, ""))
    passage = passed(text[: len(text) - cut], labels={"job": "x"}, prefix="p_")
    families = parse(shown(passage), Dialect.TEXT)
    names = [family.name for family in families if family.type != "counter"]
    assert len(names) == len(set(names))
    series = [(s.name, *sorted(s.labels.items())) for f in families for s in f.samples]
    assert len(series) == len(set(series)) == sum(family.series for family in passage.families)
    assert all(("job", "x") in labels for labels in series)
