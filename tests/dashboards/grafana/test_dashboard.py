from hypothesis import given
from hypothesis import strategies as st

from dashboards.grafana.dashboard import GRID_WIDTH, Row
from tests.dashboards.grafana.panels import a_panel, model_of, place

sizes = st.tuples(st.integers(1, GRID_WIDTH), st.integers(1, 12))


def test_a_panel_stands_beside_the_one_before_while_there_is_room() -> None:
    row = Row("All", [a_panel(), a_panel(height=4), a_panel(width=24), a_panel(width=6)])
    heading, *panels = model_of(row)["panels"]
    assert place(heading) == (0, 0, 24, 1)
    assert [place(panel) for panel in panels] == [
        (0, 1, 12, 8),
        (12, 1, 12, 4),
        (0, 9, 24, 8),
        (0, 17, 6, 8),
    ]


def test_a_closed_row_holds_its_panels_and_an_open_one_is_followed_by_them() -> None:
    closed = Row("Closed", [a_panel("inside")], repeat="node", is_closed=True)
    first, second, third = model_of(closed, Row("Open", [a_panel("after")]))["panels"]
    assert [panel["title"] for panel in first["panels"]] == ["inside"]
    assert (first["collapsed"], first["repeat"]) == (True, "node")
    assert (second["collapsed"], second["panels"], third["title"]) == (False, [], "after")


@given(st.lists(st.lists(sizes, min_size=1, max_size=6), min_size=1, max_size=4))
def test_panels_never_overlap_whatever_their_sizes(rows: list[list[tuple[int, int]]]) -> None:
    made = model_of(
        *(
            Row("Any", [a_panel(width=width, height=height) for width, height in row])
            for row in rows
        )
    )
    covered: set[tuple[int, int]] = set()
    for panel in made["panels"]:
        x, y, width, height = place(panel)
        cells = {(x + across, y + down) for across in range(width) for down in range(height)}
        assert x + width <= GRID_WIDTH
        assert not covered & cells
        covered |= cells


def test_every_panel_has_a_number_of_its_own() -> None:
    made = model_of(Row("One", [a_panel(), a_panel()]), Row("Two", [a_panel()]))
    assert [panel["id"] for panel in made["panels"]] == [1, 2, 3, 4, 5]
