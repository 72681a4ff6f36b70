import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.table import Table, placed

DOCUMENT = """\
What it means.

<!-- cpu: made by scripts/bench -->
old
<!-- end of cpu -->

What it does not mean.
"""


def test_columns_stand_in_line_under_a_caption() -> None:
    table = Table("CPU in ms:", ["", "fping"], [["10 targets", "52.0"], ["100", "-"]])
    assert str(table).splitlines() == [
        "CPU in ms:",
        "",
        "|            | fping |",
        "| ---        | ---:  |",
        "| 10 targets | 52.0  |",
        "| 100        | -     |",
    ]


def test_a_table_takes_the_place_of_the_one_before_and_leaves_the_prose() -> None:
    once = placed(DOCUMENT, "cpu", "new")
    assert "old" not in once
    assert once.startswith("What it means.\n\n<!-- cpu: made by scripts/bench -->\n\nnew\n\n<!--")
    assert once.endswith("<!-- end of cpu -->\n\nWhat it does not mean.\n")


def test_tables_of_others_stay() -> None:
    both = DOCUMENT + DOCUMENT.replace("cpu", "rtt")
    assert placed(both, "rtt", "new") == DOCUMENT + placed(DOCUMENT, "cpu", "new").replace(
        "cpu", "rtt"
    )


@given(st.text(alphabet=st.characters(exclude_characters="<")))
def test_writing_again_replaces_what_was_written(content: str) -> None:
    assert placed(placed(DOCUMENT, "cpu", content), "cpu", "new") == placed(DOCUMENT, "cpu", "new")


@pytest.mark.parametrize("document", ["", DOCUMENT.replace("<!-- end of cpu -->\n", "")])
def test_a_document_without_the_markers_is_refused(document: str) -> None:
    with pytest.raises(ValueError, match="found no markers of cpu, expected <!-- cpu: made by"):
        placed(document, "cpu", "new")
