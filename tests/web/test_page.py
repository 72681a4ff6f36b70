import re
from collections.abc import Sequence
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.model import Outcome, Status
from netwatch.sinks.turns import Turn
from netwatch.tracking import Standing
from netwatch.web.page import MOST_ROWS, page, summary
from tests.nouns import a_check, a_target

UP, DOWN, DEGRADED, NEW = Status.UP, Status.DOWN, Status.DEGRADED, Status.NEW


def standing(
    name: str = "wiki",
    status: Status = UP,
    *,
    check: str = "nodes",
    zone: str = "",
    loss: float = 0.0,
    why: str = "",
) -> Standing:
    target = a_target(name, check=a_check(check), zone=zone)
    return Standing(target, status, 1_700_000_000.0, loss, why)


class Reader(HTMLParser):
    """What a browser makes of a page: its tags, and the texts of the cells of each row."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.rows: list[list[str]] = []
        self.heading = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        del attrs
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        match self.tags[-1:]:
            case ["td" | "th"]:
                self.rows[-1][-1] += data
            case ["h1"]:
                self.heading += data


def test_what_is_worst_comes_first() -> None:
    reader = Reader(
        page(
            [
                standing("fine", UP),
                standing("fresh", NEW),
                standing("b-dead", DOWN, loss=1, why="timeout (4)"),
                standing("weak", DEGRADED, loss=0.2),
                standing("a-dead", DOWN),
            ]
        )
    )
    head, *rows = reader.rows
    assert head == ["check", "target", "zone", "state", "since", "failed", "why"]
    names = [row[1].partition(" ")[0] for row in rows]
    assert names == ["a-dead", "b-dead", "weak", "fresh", "fine"]
    assert rows[1] == [
        "nodes",
        "b-dead (10.0.0.7)",
        "",
        "down",
        "2023-11-14 22:13:20Z",
        "100%",
        "timeout (4)",
    ]
    assert reader.heading == "Of 5 targets: 2 down, 1 degraded, 1 not known yet."


def test_names_that_look_like_markup_are_text() -> None:
    evil = "<script>alert('&amp;')</script>"
    text = page([standing(evil, DOWN, check=evil, zone=evil, why=evil)])
    assert "<script" not in text
    (row,) = Reader(text).rows[1:]
    assert row[:3] == [evil, f"{evil} (10.0.0.7)", evil]
    assert row[6] == evil


@given(st.text(), st.text(), st.text())
def test_whatever_the_names_are_the_markup_is_the_same(name: str, zone: str, why: str) -> None:
    plain = Reader(page([standing()])).tags
    assert Reader(page([standing(name, zone=zone, why=why)])).tags == plain


def test_more_rows_than_anybody_reads_are_left_to_the_metrics() -> None:
    standings = [standing(str(number)) for number in range(MOST_ROWS + 7)]
    text = page([*standings, standing("dead", DOWN)])
    rows = Reader(text).rows[1:]
    assert len(rows) == MOST_ROWS
    assert rows[0][1].startswith("dead ")
    assert re.search(r"\b8 more are in /metrics\.", text)
    assert "more are in" not in page(standings[:MOST_ROWS])


@pytest.mark.parametrize(
    ("statuses", "sentence"),
    [
        ([], "Nothing is measured: no source names a target."),
        ([UP, UP], "All 2 are up."),
        ([UP, NEW], "Of 2 targets: 1 not known yet."),
        ([DOWN, UP, DOWN], "Of 3 targets: 2 down."),
        ([DEGRADED, DOWN], "Of 2 targets: 1 down, 1 degraded."),
        ([UP, Status.LEAVING], "Of 2 targets: 1 leaving."),
    ],
)
def test_one_sentence_says_how_things_are(statuses: list[Status], sentence: str) -> None:
    standings = [standing(str(number), status) for number, status in enumerate(statuses)]
    assert summary(standings) == sentence
    assert Reader(page(standings)).heading == sentence


def test_what_is_wrong_with_the_agent_itself_is_on_the_page_and_escaped() -> None:
    text = page([standing("fine", UP)], ["nodes: <file>: No such file or directory"])
    assert "<li>nodes: &lt;file&gt;: No such file or directory" in text


def a_turn(name: str, *outcomes: Outcome, detail: str = "") -> Turn:
    turn = Turn(a_target(name, check=a_check("nodes"), zone="a"))
    for outcome in outcomes:
        turn.count(1_700_000_000.0, outcome, 0.002 if outcome is Outcome.OK else None, detail)
    return turn


def test_the_worst_turns_stand_below_and_are_not_among_the_targets() -> None:
    turns = [
        a_turn("kube-3", Outcome.TIMEOUT, Outcome.TIMEOUT, detail="<host>"),
        a_turn("kube-4", Outcome.OK, Outcome.TIMEOUT),
    ]
    reader = Reader(page([standing("fine")], turns=turns))
    assert reader.heading == "The only target is up."
    head, *rows = reader.rows[2:]
    assert head == ["check", "target", "zone", "last tried", "mean", "failed", "why"]
    when = "2023-11-14 22:13:20Z"
    assert rows == [
        ["nodes", "kube-3 (10.0.0.7)", "a", when, "", "100%", "timeout: <host> (2)"],
        ["nodes", "kube-4 (10.0.0.7)", "a", when, "2.000ms", "50%", "timeout (1)"],
    ]


def test_without_turns_there_is_no_word_of_them() -> None:
    assert "turns" not in page([standing("fine")])
