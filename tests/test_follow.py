from dataclasses import dataclass, field, replace
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.endpoint import Endpoint
from netwatch.follow import Follower, told_apart
from netwatch.model import Target
from tests.nouns import a_check

WIKI = Endpoint(name="wiki", host="wiki", address="10.0.0.7", family=4)


@dataclass
class Followed:
    """Whom a follower told of, in order; `here` is who is followed now."""

    told: list[tuple[str, str]] = field(default_factory=list)
    here: list[Target] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.follower = Follower(a_check(), join=self._join, change=self._change, leave=self._leave)

    def follow(self, *endpoints: Endpoint) -> list[tuple[str, str]]:
        self.told.clear()
        self.follower.follow(endpoints)
        return self.told

    def _join(self, target: Target) -> None:
        self.here.append(target)
        self.told.append(("join", target.endpoint.name))

    def _change(self, target: Target) -> None:
        assert target in self.here
        self.told.append(("change", target.endpoint.name))

    def _leave(self, target: Target) -> None:
        self.here.remove(target)
        self.told.append(("leave", target.endpoint.name))


@pytest.fixture
def followed() -> Followed:
    return Followed()


def test_what_is_new_joins_and_what_is_gone_leaves_first(followed: Followed) -> None:
    other = replace(WIKI, name="other")
    assert followed.follow(WIKI) == [("join", "wiki")]
    assert followed.follow(other) == [("leave", "wiki"), ("join", "other")]
    assert followed.follow() == [("leave", "other")]
    assert len(followed.follower) == 0


def test_the_same_snapshot_again_changes_nothing(followed: Followed) -> None:
    followed.follow(WIKI)
    assert followed.follow(replace(WIKI)) == []


@pytest.mark.parametrize(
    "change",
    [{"zone": "b"}, {"labels": (("team", "docs"),)}, {"host": "wiki.example"}, {"problem": "x"}],
    ids=str,
)
def test_a_change_of_what_is_no_identity_keeps_the_target(
    followed: Followed, change: dict[str, object]
) -> None:
    followed.follow(WIKI)
    (target,) = followed.here
    changed = replace(WIKI, **change)  # type: ignore[arg-type]  # by keyword
    assert followed.follow(changed) == [("change", "wiki")]
    assert followed.here == [target]
    assert target.endpoint == changed


@pytest.mark.parametrize(
    "change", [{"name": "w"}, {"address": "10.0.0.8"}, {"family": 6}, {"port": 80}], ids=str
)
def test_a_change_of_identity_is_another_target(
    followed: Followed, change: dict[str, object]
) -> None:
    followed.follow(WIKI)
    (before,) = followed.here
    followed.follow(replace(WIKI, **change))  # type: ignore[arg-type]  # by keyword
    (after,) = followed.here
    assert after is not before


def test_two_endpoints_of_one_identity_are_one_target(followed: Followed) -> None:
    assert followed.follow(WIKI, replace(WIKI, zone="b")) == [("join", "wiki")]
    assert [target.endpoint.zone for target in followed.here] == ["b"]


@given(st.lists(st.sets(st.sampled_from("abcdef"))))
def test_those_followed_are_those_of_the_latest_snapshot(snapshots: list[set[str]]) -> None:
    followed = Followed()
    objects: dict[str, Target] = {}
    for names in snapshots:
        followed.follow(*(replace(WIKI, name=name) for name in sorted(names)))
        now = {target.endpoint.name: target for target in followed.here}
        assert set(now) == names
        assert len(followed.follower) == len(followed.here) == len(names)
        assert all(now[name] is objects[name] for name in now.keys() & objects.keys())
        objects = now


@given(st.lists(st.tuples(st.sets(st.sampled_from("abcdef")), st.integers(0, 6)), min_size=1))
def test_whatever_is_left_half_done_the_latest_snapshot_is_followed(
    snapshots: list[tuple[set[str], int]],
) -> None:
    followed = Followed()
    for names, done in snapshots:
        snapshot = tuple(replace(WIKI, name=name) for name in sorted(names))
        list(islice(followed.follower.steps(snapshot), done))
    latest, _ = snapshots[-1]
    followed.follow(*(replace(WIKI, name=name) for name in latest))
    assert {target.endpoint.name for target in followed.here} == latest


def test_each_step_is_one_target_and_what_stays_is_none(followed: Followed) -> None:
    followed.follow(WIKI, replace(WIKI, name="old"))
    steps = followed.follower.steps((WIKI, replace(WIKI, name="a"), replace(WIKI, name="b")))
    assert len(list(steps)) == 3


def test_targets_know_whether_they_are_followed_only_for_their_turn() -> None:
    here: list[Target] = []
    for are_rotating in (True, False):
        follower = Follower(
            a_check(),
            join=here.append,
            change=here.append,
            leave=here.remove,
            are_rotating=are_rotating,
        )
        follower.follow((WIKI,))
    assert [target.is_rotating for target in here] == [True, False]


def test_ports_of_one_service_have_names_of_their_own() -> None:
    dns, metrics = (replace(WIKI, name="kube-system/dns", port=port) for port in (53, 9153))
    v6 = replace(WIKI, name="fd00::1", address="fd00::1", family=6)
    twice = (dns, metrics, replace(v6, port=80), replace(v6, port=81), replace(WIKI, port=443))
    names = [endpoint.name for endpoint in told_apart(twice)]
    assert names == [
        "kube-system/dns:53",
        "kube-system/dns:9153",
        "[fd00::1]:80",
        "[fd00::1]:81",
        "wiki",
    ]


def test_a_service_of_one_port_is_called_as_it_is_on_each_of_its_addresses() -> None:
    endpoints = (replace(WIKI, port=53), replace(WIKI, address="fd00::7", family=6, port=53))
    assert told_apart(endpoints) == endpoints


@given(
    st.lists(
        st.builds(
            replace,
            st.just(WIKI),
            name=st.sampled_from("ab"),
            address=st.sampled_from(("10.0.0.7", "10.0.0.8")),
            port=st.integers(0, 3),
        ),
        max_size=8,
    )
)
def test_no_two_targets_of_a_check_are_one_series(endpoints: list[Endpoint]) -> None:
    followed = Followed()
    followed.follow(*told_apart(tuple(endpoints)))
    shown = [(target.endpoint.name, target.endpoint.address) for target in followed.here]
    assert len(shown) == len(set(shown)) == len({endpoint.identity for endpoint in endpoints})
