import pytest

from netwatch.scraping.names import matches_any, parse_name_pattern


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("kubeproxy_*", "kubeproxy_sync", True),
        ("kubeproxy_*", "my_kubeproxy_sync", False),
        ("go_?c", "go_gc", True),
        ("go_[ab]", "go_b", True),
        ("a.b", "acb", False),
        ("/go_(gc|info)/", "go_gc", True),
        ("/go_(gc|info)/", "go_gc_more", False),
        ("/", "/", True),
    ],
)
def test_a_pattern_is_the_whole_of_a_name(pattern: str, name: str, *, matches: bool) -> None:
    assert parse_name_pattern(pattern).matches(name) is matches


def test_one_of_several_suffices_and_none_is_nothing() -> None:
    patterns = [parse_name_pattern(text) for text in ("a*", "b*")]
    assert matches_any(patterns, "bc")
    assert not matches_any(patterns, "cb")
    assert not matches_any([], "a")


@pytest.mark.parametrize("value", ["", 5, None, "/(/"])
def test_what_is_no_pattern_is_an_error(value: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_name_pattern(value)
