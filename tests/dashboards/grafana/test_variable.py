import re

from dashboards.grafana.variable import Derived, Variable

NODE = Variable(name="node", label="node", title="Seen from", family="build_info")
CHECK = Variable(name="check", label="check", title="Check", family="target_up")


def test_what_was_chosen_before_narrows_the_values() -> None:
    query = CHECK.model(before=[NODE])["query"]["query"]
    assert query == 'label_values(target_up{node=~"$node"}, check)'


def test_all_is_chosen_at_first_and_takes_series_without_the_label_too() -> None:
    made = NODE.model(before=[])
    assert made["current"]["value"] == ["$__all"]
    assert made["allValue"] == ".*"
    assert made["multi"]


def test_a_variable_with_a_first_value_has_exactly_one() -> None:
    made = Variable(name="m", label="check", title="M", family="up", first="nodes").model(before=[])
    assert made["current"]["value"] == "nodes"
    assert not made["multi"]
    assert not made["includeAll"]


def test_a_derived_variable_is_all_that_its_expression_finds_and_nobody_sees_it() -> None:
    made = Derived(name="peer", label="target", expression="group by (target) (up)").model([])
    assert made["query"]["query"] == "query_result(group by (target) (up))"
    shown = '{target="node-a"} 1 1700000000000'
    assert re.findall(made["regex"].strip("/"), shown) == ["node-a"]
    assert (made["hide"], made["current"]["value"], made["allValue"]) == (2, ["$__all"], None)


def test_nothing_derived_chooses_nothing() -> None:
    """Without values it is the empty text, which series without the label would match."""
    matcher = Derived(name="peer", label="target", expression="up").matcher()
    assert matcher == 'target=~"$peer",target!=""'
