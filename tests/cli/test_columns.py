from netwatch.cli.columns import aligned, called
from tests.nouns import a_check, a_target

HEADS = ("target", "a", "b", "c", "mean")


def test_the_first_column_is_to_the_left_and_all_others_to_the_right() -> None:
    rows = [(["wiki", "1", "2", "3", "1.000ms"], ""), (["a", "10", "20", "30", "2ms"], "slow (1)")]
    assert aligned(HEADS, rows) == [
        " target   a   b   c     mean",
        " wiki     1   2   3  1.000ms",
        " a       10  20  30      2ms  slow (1)",
    ]


def test_several_columns_of_words_are_to_the_left() -> None:
    rows = [(["wiki", "east", "1", "2", "3", "1ms"], ""), (["a", "", "1", "0", "1", ""], "timeout")]
    assert aligned(("target", "zone", "a", "b", "c", "mean"), rows, words=2) == [
        " target  zone  a  b  c  mean",
        " wiki    east  1  2  3   1ms",
        " a             1  0  1  timeout",
    ]


def test_reasons_stand_in_place_of_figures_that_are_not_there() -> None:
    rows = [(["wiki", "1", "0", "1", ""], "timeout (1)")]
    assert aligned(HEADS, rows)[1] == " wiki    1  0  1  timeout (1)"


def test_a_target_is_called_by_its_check_where_there_may_be_many() -> None:
    target = a_target("wiki", check=a_check("web"))
    assert called(target, by_check=False) == "wiki (10.0.0.7)"
    assert called(target, by_check=True) == "web: wiki (10.0.0.7)"
