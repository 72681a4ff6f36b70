"""Label sets, read back by the client library's parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from netwatch.exposition.labels import LABEL_NAME, label_set, with_label

LABELS = st.dictionaries(st.from_regex(LABEL_NAME, fullmatch=True), st.text(), max_size=5)


def parsed(written: str) -> dict[str, str]:
    (family,) = text_string_to_metric_families(f"up{written} 1\n")
    return family.samples[0].labels


@given(LABELS)
def test_any_labels_are_read_back_as_they_were(labels: dict[str, str]) -> None:
    assert parsed(label_set(labels)) == labels


@given(LABELS, st.text())
def test_one_more_label_comes_last(labels: dict[str, str], value: str) -> None:
    labels.pop("reason", None)
    assert list(parsed(with_label(label_set(labels), "reason", value)).items()) == [
        *labels.items(),
        ("reason", value),
    ]


def test_an_empty_value_is_written_and_no_labels_are_nothing() -> None:
    assert label_set({"zone": "", "check": "a"}) == '{zone="",check="a"}'
    assert not label_set({})


def test_quotes_backslashes_and_line_breaks_are_escaped() -> None:
    assert label_set({"path": 'C:\\new "one"\n'}) == r'{path="C:\\new \"one\"\n"}'


@pytest.mark.parametrize("name", ["", "1st", "a-b", "a b", "é", "__name__", "zone\n", 'a"'])
def test_a_label_name_that_prometheus_does_not_allow_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a label name, expected"):
        label_set({name: "x"})
