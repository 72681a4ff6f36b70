from dashboards.grafana.scale import LOSS
from dashboards.grafana.table import Column, table

ROWS = {"node": "From", "target": "To"}


def test_other_columns_have_the_rows_of_the_first_one_alone() -> None:
    made = table("Pairs", "All.", ROWS, Column("Lost", "lost"), Column("Mean", "rtt"), sort="Lost")
    first, second = (target["expr"] for target in made.model(1, 0, 0)["targets"])
    assert first == "lost"
    assert second == "(rtt) and on (node, target) (lost)"


def test_columns_are_called_and_ordered_as_they_are_given() -> None:
    made = table("Pairs", "All.", ROWS, Column("Lost", "lost"), Column("Mean", "rtt"), sort="Lost")
    _, organize = made.model(1, 0, 0)["transformations"]
    names = {"node": "From", "target": "To", "Value #A": "Lost", "Value #B": "Mean"}
    assert organize["options"]["renameByName"] == names
    order = organize["options"]["indexByName"]
    assert sorted(order, key=order.__getitem__) == list(names)


def test_a_lone_query_has_no_letter_in_the_name_of_its_values() -> None:
    made = table("Pairs", "All.", {"node": "From"}, Column("Lost", "lost"), sort="Lost")
    _, organize = made.model(1, 0, 0)["transformations"]
    assert organize["options"]["renameByName"] == {"node": "From", "Value": "Lost"}


def test_a_column_with_a_scale_has_coloured_cells() -> None:
    made = table("Pairs", "All.", {}, Column("Lost", "lost", "percentunit", LOSS), sort="Lost")
    [override] = made.model(1, 0, 0)["fieldConfig"]["overrides"]
    settings = {each["id"]: each["value"] for each in override["properties"]}
    assert override["matcher"] == {"id": "byName", "options": "Lost"}
    assert settings["unit"] == "percentunit"
    assert settings["custom.cellOptions"]["type"] == "color-background"
    assert settings["thresholds"]["steps"][0] == {"color": "green", "value": None}
