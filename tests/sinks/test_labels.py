from dataclasses import replace

from netwatch.sinks.labels import labels_of
from tests.nouns import a_check, a_target


def test_a_target_has_the_five_labels_and_then_its_own() -> None:
    target = a_target("wiki", "10.0.0.7", check=a_check("web", probe="http"), zone="a")
    target.endpoint = replace(target.endpoint, labels=(("team", "docs"),))
    assert list(labels_of(target).items()) == [
        ("check", "web"),
        ("probe", "http"),
        ("target", "wiki"),
        ("address", "10.0.0.7"),
        ("zone", "a"),
        ("team", "docs"),
    ]
