import math
from dataclasses import FrozenInstanceError

import pytest

from netwatch.endpoint import Endpoint
from netwatch.model import Batch, Oddity, Outcome, ProbeError
from tests.nouns import a_batch, a_check, a_target


def test_an_outcome_is_written_as_in_metrics_and_json() -> None:
    assert f"{Outcome.OK}, {Outcome.LOCAL}" == "ok, local"


def test_a_probe_error_says_its_outcome_and_its_detail() -> None:
    error = ProbeError(Outcome.RESOLVE, "no such name")
    assert (str(error), error.outcome) == ("resolve: no such name", Outcome.RESOLVE)


def test_labels_and_zone_are_no_part_of_an_identity() -> None:
    here = Endpoint(name="a", host="a", address="::1", family=6, zone="x", labels=(("k", "v"),))
    assert here.identity == Endpoint(name="a", host="b", address="::1", family=6).identity


@pytest.mark.parametrize(
    ("name", "address", "text"),
    [
        ("wiki", "10.0.0.7", "wiki (10.0.0.7)"),
        ("10.0.0.7", "10.0.0.7", "10.0.0.7"),
        ("wiki", "", "wiki"),
    ],
)
def test_a_target_is_named_with_its_address_where_that_says_more(
    name: str, address: str, text: str
) -> None:
    assert str(a_target(name, address)) == text


def test_targets_and_checks_are_the_objects_they_are() -> None:
    check = a_check()
    assert a_check() != check
    first, second = a_target(check=check), a_target(check=check)
    assert first != second
    assert len({first, second, first}) == 2


def test_an_endpoint_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Endpoint(name="a", host="a").zone = "b"  # type: ignore[misc]  # that is the test


def test_a_batch_is_a_result_for_each_row() -> None:
    target = a_target()
    batch = a_batch(target, Outcome.OK, started=5.0, duration=0.25)
    batch.add(target, 6.0, Outcome.REFUSED, detail="port unreachable")
    ok, refused = batch.results()
    assert (ok.target, ok.started, ok.duration, ok.outcome) == (target, 5.0, 0.25, Outcome.OK)
    assert (refused.duration, refused.detail) == (None, "port unreachable")
    assert math.isnan(batch.durations[1])
    assert len(batch) == 2


def test_a_batch_of_oddities_alone_has_no_rows_and_is_not_empty() -> None:
    batch = Batch()
    assert not batch
    batch.oddities.append((a_target(), Oddity.LATE))
    assert batch
    assert len(batch) == 0
    assert list(batch.results()) == []
